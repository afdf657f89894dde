// Package wire appends and walks netlink messages and attributes in place, without
// allocating.
//
// A message is a 16-byte header, a fixed struct that belongs to its family, and
// attributes. An attribute has a length, a type and a payload, is padded to four
// bytes, and may contain further attributes in its payload (struct nlmsghdr and
// struct nlattr of include/uapi/linux/netlink.h). Integers are in the host's byte
// order unless a function says otherwise.
package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"iter"
	"unsafe"

	"github.com/iplink-go/iplink/internal/uapi"
)

// Sizes of the fixed parts, in bytes.
const (
	HeaderLen = 16 // struct nlmsghdr
	AttrLen   = 4  // struct nlattr
	LinkLen   = 16 // struct ifinfomsg
	WordLen   = 8  // an attribute of one to four bytes
)

// typeMask removes NLA_F_NESTED and NLA_F_NET_BYTEORDER from a type: not all senders
// set them, and nothing depends on them.
const typeMask = ^uint16(uapi.NLA_F_NESTED | uapi.NLA_F_NET_BYTEORDER)

// ErrTruncated means that a length points past the end of its container, or is too
// small to hold its own header.
var ErrTruncated = errors.New("truncated netlink data")

// Order is the byte order of the host, which netlink uses.
var Order = binary.NativeEndian

// Align rounds n up to the four-byte alignment of messages and attributes.
func Align(n int) int {
	return (n + 3) &^ 3
}

// AppendAttr appends an attribute with a copy of data as its payload.
func AppendAttr(b []byte, typ uint16, data []byte) []byte {
	b = append(appendAttrHeader(b, typ, len(data)), data...)
	return pad(b, len(data))
}

// AppendString appends an attribute with s and a terminating NUL.
func AppendString(b []byte, typ uint16, s string) []byte {
	b = append(appendAttrHeader(b, typ, len(s)+1), s...)
	return pad(append(b, 0), len(s)+1)
}

// AppendText appends an attribute with s and no NUL, as iproute2 sends kinds.
func AppendText(b []byte, typ uint16, s string) []byte {
	b = append(appendAttrHeader(b, typ, len(s)), s...)
	return pad(b, len(s))
}

// CString returns the bytes of b up to the first NUL. The string shares the
// memory of b, which must not change afterwards.
func CString(b []byte) string {
	if n := bytes.IndexByte(b, 0); n >= 0 {
		b = b[:n]
	}
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// AppendU8 appends an attribute of one byte.
func AppendU8(b []byte, typ uint16, v uint8) []byte {
	b, word := extend(b)
	PutU8(word, typ, v)
	return b
}

// AppendU16 appends an attribute of two bytes.
func AppendU16(b []byte, typ uint16, v uint16) []byte {
	b, word := extend(b)
	PutU16(word, typ, v)
	return b
}

// AppendU32 appends an attribute of four bytes.
func AppendU32(b []byte, typ uint16, v uint32) []byte {
	b, word := extend(b)
	PutU32(word, typ, v)
	return b
}

// AppendU64 appends an attribute of eight bytes.
func AppendU64(b []byte, typ uint16, v uint64) []byte {
	return Order.AppendUint64(appendAttrHeader(b, typ, 8), v)
}

// AppendFlag appends an attribute without a payload.
func AppendFlag(b []byte, typ uint16) []byte {
	return appendAttrHeader(b, typ, 0)
}

// Begin opens an attribute and returns its position. The caller appends the payload
// and then calls End with that position.
func Begin(b []byte, typ uint16) ([]byte, int) {
	return appendAttrHeader(b, typ, 0), len(b)
}

// End closes the attribute that Begin opened at the given position, and pads it. A
// payload beyond 65 531 bytes does not fit the 16-bit length, but no message longer
// than MaxLen is sent.
func End(b []byte, at int) []byte {
	n := len(b) - at
	Order.PutUint16(b[at:], uint16(n))
	return pad(b, n)
}

// A Link is the struct ifinfomsg that starts every RTM_*LINK message.
type Link struct {
	Family uint8
	Type   uint16
	Index  int32
	Flags  uint32
	Change uint32
}

// AppendLink appends l in the kernel's layout.
func AppendLink(b []byte, l Link) []byte {
	b = append(b, l.Family, 0)
	b = Order.AppendUint16(b, l.Type)
	b = Order.AppendUint32(b, uint32(l.Index))
	b = Order.AppendUint32(b, l.Flags)
	return Order.AppendUint32(b, l.Change)
}

// AppendLinkList appends the beginning of a request for a list of links. It includes
// an IFLA_EXT_MASK, because otherwise the kernel does not reserve room for the
// longest description in its namespace. A link whose description does not fit ends
// the list, without an error since Linux 6.10. The bit that is set affects only
// lists of AF_BRIDGE.
func AppendLinkList(b []byte) []byte {
	return AppendU32(AppendLink(b, Link{}), uapi.IFLA_EXT_MASK, uapi.RTEXT_FILTER_MRP)
}

// ParseLink splits b into its struct ifinfomsg and the attributes after it.
func ParseLink(b []byte) (Link, []byte, error) {
	if len(b) < LinkLen {
		return Link{}, nil, ErrTruncated
	}
	return Link{
		Family: b[0],
		Type:   Order.Uint16(b[2:]),
		Index:  int32(Order.Uint32(b[4:])),
		Flags:  Order.Uint32(b[8:]),
		Change: Order.Uint32(b[12:]),
	}, b[LinkLen:], nil
}

// A Header is the struct nlmsghdr that starts every message.
type Header struct {
	Len   uint32
	Type  uint16
	Flags uint16
	Seq   uint32
	PID   uint32
}

// BeginMessage appends a header that EndMessage completes.
func BeginMessage(b []byte, typ, flags uint16) ([]byte, int) {
	at := len(b)
	b = Order.AppendUint32(b, 0)
	b = Order.AppendUint16(b, typ)
	b = Order.AppendUint16(b, flags)
	return append(b, 0, 0, 0, 0, 0, 0, 0, 0), at
}

// EndMessage sets the length of the message that BeginMessage opened at the given
// position.
func EndMessage(b []byte, at int) []byte {
	Order.PutUint32(b[at:], uint32(len(b)-at))
	return b
}

// SetSeq sets the sequence number of the message at the start of b.
func SetSeq(b []byte, seq uint32) {
	Order.PutUint32(b[8:], seq)
}

// A Message is one message of a datagram.
type Message struct {
	Header
	Data []byte // after the header, within the walked bytes
}

// Messages iterates over the messages of a datagram. An invalid length ends the
// iteration with ErrTruncated.
func Messages(b []byte) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for len(b) >= HeaderLen {
			m := Message{Header: parseHeader(b)}
			if m.Len < HeaderLen || uint64(m.Len) > uint64(len(b)) {
				yield(Message{}, ErrTruncated)
				return
			}
			m.Data = b[HeaderLen:m.Len:m.Len]
			if !yield(m, nil) {
				return
			}
			b = b[min(Align(int(m.Len)), len(b)):]
		}
		if len(b) > 0 {
			yield(Message{}, ErrTruncated)
		}
	}
}

func parseHeader(b []byte) Header {
	return Header{
		Len:   Order.Uint32(b),
		Type:  Order.Uint16(b[4:]),
		Flags: Order.Uint16(b[6:]),
		Seq:   Order.Uint32(b[8:]),
		PID:   Order.Uint32(b[12:]),
	}
}

// An Attr is one attribute: its type without flag bits, and its payload within the
// walked bytes.
type Attr struct {
	Type uint16
	Data []byte
}

// Attrs iterates over attributes. An invalid length ends the iteration with
// ErrTruncated. As in the kernel, fewer than four bytes at the end are padding.
func Attrs(b []byte) iter.Seq2[Attr, error] {
	return func(yield func(Attr, error) bool) {
		for len(b) >= AttrLen {
			typ, n := AttrHeader(b)
			if n < AttrLen || n > len(b) {
				yield(Attr{}, ErrTruncated)
				return
			}
			if !yield(Attr{Type: typ, Data: b[AttrLen:n:n]}, nil) {
				return
			}
			b = b[min(Align(n), len(b)):]
		}
	}
}

func appendAttrHeader(b []byte, typ uint16, n int) []byte {
	b = append(b, 0, 0, 0, 0)
	putAttrHeader(b[len(b)-AttrLen:], typ, n)
	return b
}

// PutU8 writes the attribute of AppendU8 to the first WordLen bytes of b.
func PutU8(b []byte, typ uint16, v uint8) {
	_ = b[WordLen-1]
	putAttrHeader(b, typ, 1)
	Order.PutUint32(b[AttrLen:], 0)
	b[AttrLen] = v
}

// PutU16 writes the attribute of AppendU16 to the first WordLen bytes of b.
func PutU16(b []byte, typ uint16, v uint16) {
	_ = b[WordLen-1]
	putAttrHeader(b, typ, 2)
	Order.PutUint32(b[AttrLen:], 0)
	Order.PutUint16(b[AttrLen:], v)
}

// PutU32 writes the attribute of AppendU32 to the first WordLen bytes of b.
func PutU32(b []byte, typ uint16, v uint32) {
	_ = b[WordLen-1]
	putAttrHeader(b, typ, 4)
	Order.PutUint32(b[AttrLen:], v)
}

// extend appends WordLen bytes, and also returns a slice of them.
func extend(b []byte) ([]byte, []byte) {
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	return b, b[len(b)-WordLen:]
}

func putAttrHeader(b []byte, typ uint16, n int) {
	Order.PutUint16(b, uint16(AttrLen+n))
	Order.PutUint16(b[2:], typ)
}

// pad appends the zero bytes that align a payload of n bytes.
func pad(b []byte, n int) []byte {
	for range Align(n) - n {
		b = append(b, 0)
	}
	return b
}

// AttrHeader returns the type, without flag bits, and the length of the attribute at
// the start of b, which has at least four bytes. The length may be invalid.
func AttrHeader(b []byte) (typ uint16, n int) {
	return Order.Uint16(b[2:]) & typeMask, int(Order.Uint16(b))
}

// Payload returns the payload of the attribute at the start of b, whose length a
// walk has validated.
func Payload(b []byte) []byte {
	n := Order.Uint16(b)
	return b[AttrLen:n:n]
}
