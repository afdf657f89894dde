package attr

import (
	"encoding/binary"
	"errors"
	"net"
	"slices"
	"unsafe"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// Nest is a row for a nest that the kernel reports and that has its own table.
func Nest(c *Codec, typ uint16, name string, t Table) {
	if !c.due[typ] {
		return
	}
	if !c.reported(typ, name, "nest", nil) {
		c.noteNest(typ, t)
		c.markNest(typ, name, t)
		c.giveNest(t)
		return
	}
	data, _ := c.payload(typ)
	c.nest.decode(name, data, t)
	if err := c.nest.err; err != nil {
		c.err = errors.Join(c.err, err)
	}
}

// markNest adds a mark for each row of a nest, as one for the nest itself.
func (c *Codec) markNest(typ uint16, name string, t Table) {
	if !c.reporting() {
		return
	}
	due, first := c.due, len(c.marks)
	for i := range c.due {
		c.due[i] = true
	}
	t(&Codec{walk: c.walk})
	c.due = due
	for i := range c.marks[first:] {
		c.marks[first+i].typ, c.marks[first+i].name = typ, name
	}
}

// Strings is a row for a nest that repeats one string attribute.
func Strings(c *Codec, typ, elem uint16, name string, v *[]string) {
	if !c.due[typ] || !c.reported(typ, name, "list of strings", v) {
		return
	}
	for data := range c.elements(typ, elem, name) {
		*v = append(*v, wire.CString(data))
	}
}

// MACs is a row for a nest that repeats one attribute, an Ethernet address. The
// kernel ignores the order and duplicates, and reports its own order. Lists are
// therefore sorted when decoded, and sorted without duplicates when compared.
func MACs(c *Codec, typ, elem uint16, name string, v *[]net.HardwareAddr) {
	if !c.due[typ] || !c.row(typ, 0, name, "list of macs") {
		return
	}
	switch c.mode {
	case decoding:
		*v = slices.SortedFunc(c.macs(typ, elem, name), compareMACs)
	case checking:
		c.checkMACs(name, *v)
	case printing:
		c.printMACs(name, *v)
	case reading:
		c.give(asMACs, unsafe.Pointer(v), 0)
	case encoding:
		c.encodeMACs(typ, elem, *v)
	case recording:
		c.encodeMACs(typ, elem, slices.CompactFunc(slices.SortedFunc(slices.Values(*v), compareMACs), sameMAC))
		c.mark(typ, name)
	}
}

func (c *Codec) printMACs(name string, macs []net.HardwareAddr) {
	if !c.unnamed() {
		c.buf = append(append(c.buf, ' '), name...)
	}
	for _, mac := range macs {
		c.buf = append(append(c.buf, ' '), mac.String()...)
	}
}

func compareMACs(a, b net.HardwareAddr) int {
	return slices.Compare(a, b)
}

func sameMAC(a, b net.HardwareAddr) bool {
	return slices.Equal(a, b)
}

func (c *Codec) encodeMACs(typ, elem uint16, macs []net.HardwareAddr) {
	b, at := wire.Begin(c.buf, typ)
	for _, mac := range macs {
		b = wire.AppendAttr(b, elem, mac)
	}
	c.buf = wire.End(b, at)
}

// mostMACs is the maximum number of addresses in an attribute, whose length has 16
// bits.
const mostMACs = (1<<16 - 1 - wire.AttrLen) / (wire.AttrLen + 8)

func (c *Codec) checkMACs(name string, macs []net.HardwareAddr) {
	if len(macs) > mostMACs {
		c.outOfRange(name, "%d addresses, where at most %d fit a request", len(macs), mostMACs)
	}
	for _, mac := range macs {
		if len(mac) != macLen {
			c.outOfRange(name, "%q has %d bytes, where %d are due", mac.String(), len(mac), macLen)
		}
	}
}

// macs iterates over the Ethernet addresses in the nest typ.
func (c *Codec) macs(typ, elem uint16, name string) func(yield func(net.HardwareAddr) bool) {
	return func(yield func(net.HardwareAddr) bool) {
		for data := range c.elements(typ, elem, name) {
			if c.width(name, data, macLen) && !yield(net.HardwareAddr(data)) {
				return
			}
		}
	}
}

// elements iterates over the payloads of the attributes elem in the nest typ.
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

// U32s is a row for a fixed struct or an array of 32-bit members. A kernel may have
// fewer members or more.
func U32s(c *Codec, typ uint16, name string, v ...*uint32) {
	if c.due[typ] {
		c.members32(typ, name, v)
	}
}

// U64s is U32s for 64-bit members.
func U64s(c *Codec, typ uint16, name string, v ...*uint64) {
	if c.due[typ] {
		c.members64(typ, name, v)
	}
}

func (c *Codec) members32(typ uint16, name string, to []*uint32) {
	data := c.members(typ, name)
	noteMembers(c, members32, typ, to)
	markMembers(c, typ, name, to)
	for i := 0; i < len(to) && len(data) >= 4; i++ {
		*to[i], data = wire.Order.Uint32(data), data[4:]
	}
}

func (c *Codec) members64(typ uint16, name string, to []*uint64) {
	data := c.members(typ, name)
	noteMembers(c, members64, typ, to)
	markMembers(c, typ, name, to)
	for i := 0; i < len(to) && len(data) >= 8; i++ {
		*to[i], data = wire.Order.Uint64(data), data[8:]
	}
}

// members returns the bytes of all members.
func (c *Codec) members(typ uint16, name string) []byte {
	if !c.reported(typ, name, "members", nil) {
		return nil
	}
	data, _ := c.payload(typ)
	return data
}

// markMembers adds a mark for a struct of numbers.
func markMembers[T uint32 | uint64](c *Codec, typ uint16, name string, v []*T) {
	if !c.reporting() {
		return
	}
	for _, member := range v {
		c.buf = binary.NativeEndian.AppendUint64(c.buf, uint64(*member))
	}
	c.mark(typ, name)
}

// Array is a row for a packed array of numbers, of any length the kernel reports.
func Array[T ~uint16 | ~uint32](c *Codec, typ uint16, name string, v *[]T) {
	f := integer(unsafe.Sizeof(T(0)))
	if !c.due[typ] || !c.reported(typ, name, "array", v) {
		return
	}
	data, _ := c.payload(typ)
	for ; len(data) >= f.bytes; data = data[f.bytes:] {
		*v = append(*v, T(f.parse(data[:f.bytes])))
	}
}

// Raw is a row whose payload is kept unparsed for later use.
func Raw(c *Codec, typ uint16, name string, v *[]byte) {
	if !c.due[typ] || !c.reported(typ, name, "bytes", v) {
		c.note(typ, unsafe.Pointer(v), raw, 0, nil)
		return
	}
	*v, _ = c.payload(typ)
}

// InPlace is Raw for use while the message is still valid: Keep does not apply to
// it.
func InPlace(c *Codec, typ uint16, name string, v *[]byte) {
	if !c.due[typ] || !c.reported(typ, name, "bytes", v) {
		c.note(typ, unsafe.Pointer(v), inPlace, 0, nil)
		return
	}
	*v, _ = c.inPlace(typ)
}

// Report is a row for a struct of the given length that the kernel reports, and that
// parse reads into v.
func Report[T any](c *Codec, typ uint16, name string, bytes int, v *T, parse func(*T, []byte)) {
	if !c.due[typ] || !c.reported(typ, name, "struct", v) {
		return
	}
	if data, ok := c.payload(typ); ok && c.width(name, data, bytes) {
		parse(v, data)
	}
}

// Skip names known attributes that are ignored.
func Skip(c *Codec, types ...uint16) {
	for _, typ := range types {
		switch {
		case c.due[typ] && c.mode == decoding:
			c.in.known.Add(typ)
		case c.mode == surveying:
			c.noteSkipped(typ)
		}
	}
}

// A Payload is a value with its own encoding in an attribute.
type Payload interface {
	AppendPayload(b []byte) []byte
	ParsePayload(b []byte) error // b is only valid during the call
	AppendWords(b []byte) []byte // as iproute2 arguments
	Check() error
}

// A Partial is a Payload that may specify only part of the kernel's value.
type Partial interface {
	Payload
	Within(have Payload) bool
}

// A Comparer is a Payload with the type of a whole table, so that only it knows which
// fields make up its value.
type Comparer interface {
	Payload
	Same(have Payload) bool
}

// Custom is a row for a Payload, for values that no other row fits.
func Custom(c *Codec, typ uint16, name string, v Payload) {
	if c.due[typ] {
		c.custom(typ, name, v)
	}
}

func (c *Codec) custom(typ uint16, name string, v Payload) {
	if !c.row(typ, 0, name, "struct") {
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
		c.printPayload(name, v)
	case reading:
		c.givePayload(v)
	case surveying:
		c.notePayload(typ, v)
	default:
		b, at := wire.Begin(c.buf, wireType(typ, c.props.bits))
		c.buf = wire.End(v.AppendPayload(b), at)
		if c.mode == recording {
			c.addMark(typ, name, v)
		}
	}
}

// printPayload prints nothing for part of a value that asks for nothing.
func (c *Codec) printPayload(name string, v Payload) {
	if part, ok := v.(Partial); ok && len(part.AppendWords(nil)) == 0 {
		return
	}
	c.buf = v.AppendWords(c.word(name))
}

// wireType returns the type of a row with the properties p as it is sent.
func wireType(typ uint16, p property) uint16 {
	if p&nested != 0 {
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
