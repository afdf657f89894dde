package attr

import (
	"net"
	"net/netip"
	"strconv"
	"unsafe"

	"github.com/iplink-go/iplink/internal/wire"
)

// macLen is the length of an Ethernet address.
const macLen = 6

// MAC is a row for an Ethernet address.
func MAC(c *Codec, typ uint16, name string, v *net.HardwareAddr) {
	if c.due[typ] {
		c.hardware(typ, name, v, "mac", macLen)
	}
}

// Hardware is a row for a link-layer address of any kind of link: 6 bytes for
// Ethernet, 20 for InfiniBand, at most 32.
func Hardware(c *Codec, typ uint16, name string, v *net.HardwareAddr) {
	if c.due[typ] {
		c.hardware(typ, name, v, "hardware address", 0)
	}
}

// hardware processes a row for a link-layer address of width bytes, or of any length
// up to 32 if width is 0.
func (c *Codec) hardware(typ uint16, name string, v *net.HardwareAddr, format string, width int) {
	if !c.row(typ, 0, name, format) {
		return
	}
	switch c.mode {
	case decoding:
		if data, ok := c.payload(typ); ok && (width == 0 || c.width(name, data, width)) {
			*v = data
		}
	case checking:
		if n := len(*v); n == 0 || n > 32 || width != 0 && n != width {
			c.outOfRange(name, "%d bytes, where %d are due", len(*v), macLen)
		}
	case printing:
		c.buf = append(c.word(name), v.String()...)
	case reading:
		c.give(asHardware, unsafe.Pointer(v), width)
	case surveying:
		c.note(typ, unsafe.Pointer(v), raw, width, nil)
	default:
		c.buf = wire.AppendAttr(c.buf, typ, *v)
		c.mark(typ, name)
	}
}

// Addr is a row for an IP address that has one attribute number for IPv4 and another
// for IPv6. Its member in a Set is typ4.
func Addr(c *Codec, typ4, typ6 uint16, name string, v *netip.Addr) {
	if c.due[typ4] || c.due[typ6] {
		c.addr(typ4, typ6, name, v)
	}
}

// Addr4 is a row for an IPv4 address. The unspecified address is not sent: the kernel
// takes an absent one for it.
func Addr4(c *Codec, typ uint16, name string, v *netip.Addr) {
	if c.due[typ] {
		c.addrOf(typ, name, v, "ip4", addr4, 4)
	}
}

// Addr6 is Addr4 for an IPv6 address.
func Addr6(c *Codec, typ uint16, name string, v *netip.Addr) {
	if c.due[typ] {
		c.addrOf(typ, name, v, "ip6", addr6, 16)
	}
}

// Specified returns the zero Addr for the unspecified address, which stands for any.
func Specified(a netip.Addr) netip.Addr {
	if a.IsUnspecified() {
		return netip.Addr{}
	}
	return a
}

// addrOf processes a row for an address of the given number of bytes.
func (c *Codec) addrOf(typ uint16, name string, v *netip.Addr, format string, s shape, width int) {
	if !c.row(typ, 0, name, format) {
		return
	}
	switch c.mode {
	case decoding:
		if data, ok := c.payload(typ); ok && c.width(name, data, width) {
			*v, _ = netip.AddrFromSlice(data)
		}
	case checking:
		c.checkAddr(name, *v)
		if v.IsValid() && v.BitLen() != 8*width && !v.Is4In6() {
			c.failf(name, "%v is of the other family: the link has addresses of %d bytes", v, width)
		}
	case printing:
		c.buf = v.AppendTo(c.word(name))
	case reading:
		c.give(asAddr, unsafe.Pointer(v), width)
	case surveying:
		c.note(typ, unsafe.Pointer(v), s, width, nil)
	case encoding:
		if v.IsValid() && (!v.IsUnspecified() || !c.only.Empty()) {
			c.buf = wire.AppendAttr(c.buf, typ, v.AsSlice())
		}
	case recording:
		c.recordAddr(typ, name, *v)
	}
}

func (c *Codec) addr(typ4, typ6 uint16, name string, v *netip.Addr) {
	if !c.row(typ4, typ6, name, "ip") {
		return
	}
	switch c.mode {
	case decoding:
		c.decodeAddr(typ4, typ6, name, v)
	case checking:
		c.checkAddr(name, *v)
	case printing:
		c.buf = v.AppendTo(c.word(name))
	case reading:
		c.give(asAddr, unsafe.Pointer(v), 0)
	case surveying:
		c.note(typ4, unsafe.Pointer(v), addr4, 4, nil)
		c.note(typ6, unsafe.Pointer(v), addr6, 16, nil)
	case encoding:
		c.buf = appendAddr(c.buf, typ4, typ6, *v)
	case recording:
		c.recordAddr(typ4, name, *v)
	}
}

// ReportedAddr is a row for an IP address of either family that the kernel reports
// under one number.
func ReportedAddr(c *Codec, typ uint16, name string, v *netip.Addr) {
	if !c.due[typ] || !c.reported(typ, name, "ip", v) {
		c.note(typ, unsafe.Pointer(v), addrAny, 0, nil)
		return
	}
	if data, ok := c.payload(typ); ok {
		if *v, ok = netip.AddrFromSlice(data); !ok {
			c.failf(name, "%d bytes where 4 or 16 are due", len(data))
		}
	}
}

func (c *Codec) decodeAddr(typ4, typ6 uint16, name string, v *netip.Addr) {
	if data, ok := c.payload(typ4); ok && c.width(name, data, 4) {
		*v = netip.AddrFrom4([4]byte(data))
	}
	if data, ok := c.payload(typ6); ok && c.width(name, data, 16) {
		*v = netip.AddrFrom16([16]byte(data))
		c.in.known.Add(typ4)
	}
}

func (c *Codec) checkAddr(name string, v netip.Addr) {
	switch {
	case !v.IsValid():
		c.fail(name, "the zero netip.Addr is not an address")
	case v.Zone() != "":
		c.failf(name, "the zone of %s cannot be told to the kernel: name the link instead", v)
	case v.Is4In6():
		c.failf(name, "%s is an IPv4 address in IPv6 clothes: Unmap it", v)
	}
}

func appendAddr(b []byte, typ4, typ6 uint16, v netip.Addr) []byte {
	if v.Is4() {
		four := v.As4()
		return wire.AppendAttr(b, typ4, four[:])
	}
	six := v.As16()
	return wire.AppendAttr(b, typ6, six[:])
}

// recordAddr records nothing for an unspecified address: the kernel treats it as
// unset and does not report it.
func (c *Codec) recordAddr(typ uint16, name string, v netip.Addr) {
	if v.IsValid() && !v.IsUnspecified() {
		c.buf = append(c.buf, v.AsSlice()...)
	}
	c.mark(typ, name)
}

// Index is a row for the interface index of another link, which iproute2 takes by
// name. A caller that knows only the name passes it in refs. None is the iproute2
// word for "no link" if it differs from "no" followed by the row's name; it is empty
// if iproute2 has no such word.
func Index(c *Codec, typ uint16, name string, v *int, none ...string) {
	if c.due[typ] {
		c.ifindex(typ, name, v, none)
	}
}

func (c *Codec) ifindex(typ uint16, name string, v *int, none []string) {
	if !c.row(typ, 0, name, "ifindex") {
		return
	}
	switch c.mode {
	case decoding:
		if n, ok := c.parse(&u32, typ, name); ok {
			*v = int(n)
		}
	case checking:
		c.checkIndex(typ, name, *v)
	case printing:
		c.printIndex(typ, name, *v, none)
	case reading:
		c.giveIndex(v, none)
	case surveying:
		c.note(typ, unsafe.Pointer(v), ifindex, 4, nil)
	default:
		c.encodeNumber(&u32, typ, name, uint64(indexIn(c.refs, typ, *v)))
	}
}

func (c *Codec) checkIndex(typ uint16, name string, v int) {
	if _, named := c.ref(typ); !named && (v < 0 || v > 1<<31-1) {
		c.failf(name, "%d is not an interface index", v)
	}
}

// printIndex prints the name of the link as iproute2 takes it, "if7" if only the
// index is known, or the word for "no link", such as "nomaster".
func (c *Codec) printIndex(typ uint16, name string, index int, none []string) {
	switch r, named := c.ref(typ); {
	case named:
		c.buf = append(c.word(name), Quote(r.Name)...)
	case index != 0:
		c.buf = strconv.AppendInt(append(c.word(name), "if"...), int64(index), 10)
	case len(none) == 0:
		c.buf = append(append(c.buf, " no"...), name...)
	case none[0] == "":
		c.absent = append(c.absent, name)
	default:
		c.buf = append(append(c.buf, ' '), none[0]...)
	}
}

// indexIn returns the index that refs holds for the row typ, or v if there is none.
func indexIn(refs []Ref, typ uint16, v int) int {
	for _, r := range refs {
		if r.Type == typ {
			return r.Index
		}
	}
	return v
}
