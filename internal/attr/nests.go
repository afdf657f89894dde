package attr

import (
	"net"
	"slices"
	"unsafe"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// Nest is a row whose payload is a table of its own, which the kernel reports.
func Nest(c *Codec, typ uint16, name string, t Table) {
	c.next.readOnly = true
	if _, ok := c.row(typ, 0, name, "nest"); !ok || c.mode != decoding {
		return
	}
	data, ok := c.payload(typ)
	if !ok {
		return
	}
	in, outer, set, known := c.in, c.data, c.set, c.known
	c.index(name, data)
	t(c)
	c.in, c.data, c.set, c.known = in, outer, set, known
}

// Strings is a row of a nest that repeats one attribute, a string.
func Strings(c *Codec, typ, elem uint16, name string, v *[]string) {
	c.next.readOnly = true
	if _, ok := c.row(typ, 0, name, "list of strings"); !ok || c.mode != decoding {
		return
	}
	for data := range c.elements(typ, elem, name) {
		*v = append(*v, wire.CString(data))
	}
}

// MACs is a row of a nest that repeats one attribute, an Ethernet address. The
// order means nothing to the kernel, which reports its own: lists are read
// and compared sorted.
func MACs(c *Codec, typ, elem uint16, name string, v *[]net.HardwareAddr) {
	p, ok := c.row(typ, 0, name, "list of macs")
	if !ok {
		return
	}
	switch c.mode {
	case decoding:
		*v = slices.SortedFunc(c.macs(typ, elem, name), compareMACs)
	case checking:
		c.checkMACs(name, *v)
	case printing:
		c.printMACs(name, *v)
	case encoding:
		c.encodeMACs(typ, elem, *v)
	case recording:
		c.encodeMACs(typ, elem, slices.SortedFunc(slices.Values(*v), compareMACs))
		c.mark(typ, name, p)
	}
}

func (c *Codec) printMACs(name string, macs []net.HardwareAddr) {
	if !c.unnamed {
		c.buf = append(append(c.buf, ' '), name...)
	}
	for _, mac := range macs {
		c.buf = append(append(c.buf, ' '), mac.String()...)
	}
}

func compareMACs(a, b net.HardwareAddr) int {
	return slices.Compare(a, b)
}

func (c *Codec) encodeMACs(typ, elem uint16, macs []net.HardwareAddr) {
	b, at := wire.Begin(c.buf, typ)
	for _, mac := range macs {
		b = wire.AppendAttr(b, elem, mac)
	}
	c.buf = wire.End(b, at)
}

// mostMACs is how many fit the 16-bit length of an attribute.
const mostMACs = (1<<16 - 1 - wire.AttrLen) / (wire.AttrLen + 8)

func (c *Codec) checkMACs(name string, macs []net.HardwareAddr) {
	if len(macs) > mostMACs {
		c.failf(name, "%d addresses, where at most %d fit a request", len(macs), mostMACs)
	}
	for _, mac := range macs {
		if len(mac) != macLen {
			c.failf(name, "%q has %d bytes, where %d are due", mac.String(), len(mac), macLen)
		}
	}
}

// macs walks the Ethernet addresses in the nest typ.
func (c *Codec) macs(typ, elem uint16, name string) func(yield func(net.HardwareAddr) bool) {
	return func(yield func(net.HardwareAddr) bool) {
		for data := range c.elements(typ, elem, name) {
			if c.width(name, data, macLen) && !yield(net.HardwareAddr(data)) {
				return
			}
		}
	}
}

// elements walks the payloads of the attributes elem in the nest typ.
func (c *Codec) elements(typ, elem uint16, name string) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		data, _ := c.payload(typ)
		for a, err := range wire.Attrs(data) {
			if err != nil {
				c.fail(name, err.Error())
				return
			}
			if a.Type == elem && !yield(a.Data) {
				return
			}
		}
	}
}

// U32s is a row of a fixed struct of 32-bit members, or of an array of them. A
// kernel may know fewer members or more.
func U32s(c *Codec, typ uint16, name string, v ...*uint32) {
	c.members(&u32, typ, name, len(v), func(i int, n uint64) { *v[i] = uint32(n) })
}

// U64s is U32s for 64-bit members.
func U64s(c *Codec, typ uint16, name string, v ...*uint64) {
	c.members(&u64, typ, name, len(v), func(i int, n uint64) { *v[i] = n })
}

// Array is a row of as many numbers as the kernel reports, packed.
func Array[T ~uint16 | ~uint32](c *Codec, typ uint16, name string, v *[]T) {
	c.next.readOnly = true
	f := integer(unsafe.Sizeof(T(0)))
	if _, ok := c.row(typ, 0, name, "array"); !ok || c.mode != decoding {
		return
	}
	data, _ := c.payload(typ)
	for ; len(data) >= f.bytes; data = data[f.bytes:] {
		*v = append(*v, T(f.parse(data[:f.bytes])))
	}
}

// Raw is a row whose payload is kept as it came, for a later look.
func Raw(c *Codec, typ uint16, name string, v *[]byte) {
	c.next.readOnly = true
	if _, ok := c.row(typ, 0, name, "bytes"); !ok || c.mode != decoding {
		return
	}
	if data, ok := c.payload(typ); ok {
		*v = data
	}
}

// Report is a row for a struct of the given length that the kernel reports.
func Report(c *Codec, typ uint16, name string, bytes int, parse func([]byte)) {
	c.next.readOnly = true
	if _, ok := c.row(typ, 0, name, "struct"); !ok || c.mode != decoding {
		return
	}
	if data, ok := c.payload(typ); ok && c.width(name, data, bytes) {
		parse(data)
	}
}

// Skip names attributes that are known and not wanted.
func Skip(c *Codec, types ...uint16) {
	for _, typ := range types {
		c.known.Add(typ)
	}
}

// members decodes at most n members.
func (c *Codec) members(f *format, typ uint16, name string, n int, store func(int, uint64)) {
	c.next.readOnly = true
	if _, ok := c.row(typ, 0, name, "members"); !ok || c.mode != decoding {
		return
	}
	data, _ := c.payload(typ)
	for i := 0; len(data) >= f.bytes && i < n; i++ {
		store(i, f.parse(data))
		data = data[f.bytes:]
	}
}

// A Payload is a value that lies in an attribute in a way of its own.
type Payload interface {
	AppendPayload(b []byte) []byte
	ParsePayload(b []byte) error // b is only valid during the call
	AppendWords(b []byte) []byte // as iproute2 is told
	Check() error
}

// A Partial is a Payload that asks for part of what the kernel then has.
type Partial interface {
	Payload
	Within(have Payload) bool
}

// Custom is a row for what no other row fits.
func Custom(c *Codec, typ uint16, name string, v Payload) {
	p, ok := c.row(typ, 0, name, "struct")
	if !ok {
		return
	}
	switch c.mode {
	case decoding:
		c.parsePayload(typ, name, v)
	case checking:
		if err := v.Check(); err != nil {
			c.fail(name, err.Error())
		}
	case printing:
		c.buf = v.AppendWords(c.word(name))
	default:
		b, at := wire.Begin(c.buf, p.wireType(typ))
		c.buf = wire.End(v.AppendPayload(b), at)
		c.markPayload(typ, name, p, v)
	}
}

// wireType returns the type as it goes out.
func (p *props) wireType(typ uint16) uint16 {
	if p.nested {
		return typ | uapi.NLA_F_NESTED
	}
	return typ
}

func (c *Codec) parsePayload(typ uint16, name string, v Payload) {
	data, ok := c.payload(typ)
	if !ok {
		return
	}
	if err := v.ParsePayload(data); err != nil {
		c.fail(name, err.Error())
	}
}
