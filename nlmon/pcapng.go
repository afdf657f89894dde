package nlmon

import (
	"encoding/binary"
	"io"
	"slices"
	"time"
)

// The pcapng format, draft-ietf-opsawg-pcapng: block types, and option codes by the
// block that contains them.
const (
	sectionHeader        = 0x0a0d0d0a
	interfaceDescription = 1
	interfaceStatistics  = 5
	enhancedPacket       = 6

	endOfOptions = 0
	shbUserAppl  = 4
	ifName       = 2
	ifTsResol    = 9
	epbDropCount = 4
	isbStartTime = 2
	isbEndTime   = 3
	isbIfRecv    = 4
	isbIfDrop    = 5
)

const (
	byteOrderMagic  = 0x1a2b3c4d
	unknownLength   = 1<<64 - 1
	linkTypeNetlink = 253
	nanoseconds     = 9 // decimal places of a second

	// Each packet with link type NETLINK begins with the header of a cooked capture,
	// which has no address.
	cookedLen     = 16
	cookedSent    = 4 // LINUX_SLL_OUTGOING; the kernel marks all packets with it
	arphrdNetlink = 824
)

// native is the byte order of files. Readers assume that the messages in a file have
// the same byte order.
var native = binary.NativeEndian

// A writer writes a file, block by block. It stops writing after an error.
type writer struct {
	w     io.Writer
	out   []byte // pending output for one Write
	body  []byte // of the current block
	start time.Time
	err   error
}

type option struct {
	code  uint16
	value []byte
}

// begin writes the blocks before the packets of an interface.
func (w *writer) begin(name string) {
	w.start = time.Now()
	b := native.AppendUint32(nil, byteOrderMagic)
	b = native.AppendUint16(b, 1) // version 1.0
	b = native.AppendUint16(b, 0)
	b = native.AppendUint64(b, unknownLength)
	w.block(sectionHeader, b, option{shbUserAppl, []byte("iplink")})
	b = native.AppendUint16(nil, linkTypeNetlink)
	b = native.AppendUint16(b, 0)
	b = native.AppendUint32(b, snapLen)
	w.block(interfaceDescription, b, option{ifName, []byte(name)}, option{ifTsResol, []byte{nanoseconds}})
	w.flush()
}

// packet writes a packet of the only interface.
func (w *writer) packet(p *Packet) {
	b := native.AppendUint32(w.body[:0], 0)
	b = appendTime(b, p.Time)
	b = native.AppendUint32(b, uint32(cookedLen+len(p.Data)))
	b = native.AppendUint32(b, uint32(cookedLen+p.Length))
	b = binary.BigEndian.AppendUint16(b, cookedSent)
	b = binary.BigEndian.AppendUint16(b, arphrdNetlink)
	b = append(b, make([]byte, 10)...)
	b = binary.BigEndian.AppendUint16(b, uint16(p.Family))
	w.body = append(b, p.Data...)
	var options []option
	if p.Dropped > 0 {
		options = append(options, counter(epbDropCount, uint64(p.Dropped)))
	}
	w.block(enhancedPacket, w.body, options...)
	w.flush()
}

// end writes the statistics of the only interface.
func (w *writer) end(s Stats) {
	now := appendTime(nil, time.Now())
	w.block(interfaceStatistics, slices.Concat(native.AppendUint32(nil, 0), now),
		option{isbStartTime, appendTime(nil, w.start)}, option{isbEndTime, now},
		counter(isbIfRecv, s.Packets+s.Dropped), counter(isbIfDrop, s.Dropped))
	w.flush()
}

func counter(code uint16, n uint64) option {
	return option{code, native.AppendUint64(nil, n)}
}

// appendTime appends the nanoseconds since 1970, upper half first, in either byte
// order.
func appendTime(b []byte, t time.Time) []byte {
	n := uint64(t.UnixNano())
	return native.AppendUint32(native.AppendUint32(b, uint32(n>>32)), uint32(n))
}

// block appends a block, with its length at both ends.
func (w *writer) block(typ uint32, body []byte, options ...option) {
	at := len(w.out)
	w.out = native.AppendUint32(w.out, typ)
	w.out = native.AppendUint32(w.out, 0)
	w.out = appendPadded(w.out, body)
	if len(options) > 0 {
		options = append(options, option{code: endOfOptions})
	}
	for _, o := range options {
		w.out = native.AppendUint16(w.out, o.code)
		w.out = native.AppendUint16(w.out, uint16(len(o.value)))
		w.out = appendPadded(w.out, o.value)
	}
	length := uint32(len(w.out) - at + 4)
	native.PutUint32(w.out[at+4:], length)
	w.out = native.AppendUint32(w.out, length)
}

func appendPadded(b, data []byte) []byte {
	return append(append(b, data...), make([]byte, -len(data)&3)...)
}

// flush writes the pending output.
func (w *writer) flush() {
	if w.err == nil {
		n, err := w.w.Write(w.out)
		if err == nil && n < len(w.out) {
			err = io.ErrShortWrite
		}
		w.err = err
	}
	w.out = w.out[:0]
}
