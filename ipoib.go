package iplink

import (
	"fmt"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
	"github.com/iplink-go/iplink/internal/words"
)

var ipoibKind = kind{
	config:      "INFINIBAND_IPOIB",
	info:        func() info { return new(IPoIBInfo) },
	mtu:         [2]uint32{72, 65520},
	parent:      true,
	hidesNetNS:  true,
	addrLen:     20,
	clamps:      true,
	afterCreate: attr.SetOf(uapi.IFLA_MTU),
	// Changing the mode, the kernel lets go of its lock and may not get it back. A request
	// that makes a link then frees it twice; one that changes it fails with EBUSY.
	dataAfter: attr.SetOf(uapi.IFLA_IPOIB_MODE),
	rewrites:  attr.SetOf(uapi.IFLA_ADDRESS),
	reason:    ipoibReason,
	defaults:  "mode datagram umcast 0 txqueuelen 256",
}

// IPoIBInfo holds the attributes of an IPoIB link.
type IPoIBInfo struct {
	// PKey is the partition key, including the full membership bit 0x8000
	// (IFLA_IPOIB_PKEY).
	PKey uint16
	// Mode is the transport (IFLA_IPOIB_MODE).
	Mode IPoIBMode
	// UMCast reports whether programs may send to multicast groups that they
	// have not joined (IFLA_IPOIB_UMCAST).
	UMCast bool
}

func (i *IPoIBInfo) attrs(c *attr.Codec) {
	attr.Custom(c.CreateOnly(), uapi.IFLA_IPOIB_PKEY, "pkey", (*ipoibPKey)(&i.PKey))
	attr.Enum(c, uapi.IFLA_IPOIB_MODE, "mode", &i.Mode, ipoibModes)
	attr.Custom(c, uapi.IFLA_IPOIB_UMCAST, "umcast", (*ipoibUMCast)(&i.UMCast))
}

// An IPoIBMode is a transport of InfiniBand.
type IPoIBMode uint16

// Transports of InfiniBand.
const (
	IPoIBDatagram  IPoIBMode = iota // unreliable datagram, RFC 4391
	IPoIBConnected                  // reliable connected, RFC 4755
)

var ipoibModes = attr.Words{"datagram", "connected"}

// String returns iproute2's word for the transport.
func (m IPoIBMode) String() string {
	return attr.Word(ipoibModes, m)
}

// MarshalText returns the result of String.
func (m IPoIBMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *IPoIBMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(ipoibModes, "IPoIB mode", text, m)
}

// ipoibPKey is a partition key in its attribute.
type ipoibPKey uint16

// ipoibFullMember is the full membership bit, which the kernel adds.
const ipoibFullMember = 0x8000

// AppendPayload appends the key in the form that the kernel stores.
func (k *ipoibPKey) AppendPayload(b []byte) []byte {
	return wire.Order.AppendUint16(b, uint16(*k)|ipoibFullMember)
}

// ParsePayload reads the key.
func (k *ipoibPKey) ParsePayload(b []byte) error {
	if err := attr.Width(b, 2); err != nil {
		return err
	}
	*k = ipoibPKey(wire.Order.Uint16(b))
	return nil
}

// AppendWords appends the key in hexadecimal.
func (k *ipoibPKey) AppendWords(b []byte) []byte {
	return fmt.Appendf(b, "%#x", uint16(*k)|ipoibFullMember)
}

// ReadWords reads the key.
func (k *ipoibPKey) ReadWords(_ string, args *words.Args) error {
	v, err := args.Number(16)
	*k = ipoibPKey(v)
	return err
}

// JSONValue returns the key.
func (k *ipoibPKey) JSONValue() any { return (*uint16)(k) }

// Check refuses invalid keys.
func (k *ipoibPKey) Check() error {
	if *k&^ipoibFullMember == 0 {
		return fmt.Errorf("%#x is not a partition key", uint16(*k))
	}
	return nil
}

// ipoibUMCast is a two-byte boolean.
type ipoibUMCast bool

// AppendPayload appends 1 or 0.
func (u *ipoibUMCast) AppendPayload(b []byte) []byte {
	return wire.Order.AppendUint16(b, u.number())
}

func (u *ipoibUMCast) number() uint16 {
	if *u {
		return 1
	}
	return 0
}

// ParsePayload reads any number other than 0 as true.
func (u *ipoibUMCast) ParsePayload(b []byte) error {
	if err := attr.Width(b, 2); err != nil {
		return err
	}
	*u = wire.Order.Uint16(b) != 0
	return nil
}

// AppendWords appends 1 or 0.
func (u *ipoibUMCast) AppendWords(b []byte) []byte {
	return fmt.Append(b, u.number())
}

// ReadWords reads a switch.
func (u *ipoibUMCast) ReadWords(_ string, args *words.Args) error {
	on, err := attr.ReadSwitch(args)
	*u = ipoibUMCast(on)
	return err
}

// JSONValue returns the switch.
func (u *ipoibUMCast) JSONValue() any { return (*bool)(u) }

// Check accepts both values.
func (u *ipoibUMCast) Check() error {
	return nil
}

// ipoibReason returns the meaning of an errno without a message from the driver.
func ipoibReason(errno syscall.Errno) string {
	switch errno {
	case syscall.ENODEV:
		return "the parent is not an IPoIB link"
	case syscall.EBUSY:
		return "the kernel gives up a change of the mode while another link is being changed: try again"
	case syscall.EINVAL:
		return "the parent must be the IPoIB link of the hardware, not one made on it, and support the mode"
	}
	return ""
}
