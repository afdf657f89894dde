package attr

import (
	"slices"
	"unsafe"

	"github.com/iplink-go/iplink/internal/wire"
)

// Bool is a row for one byte that is 0 or 1. iproute2 writes it as "learning" or
// "nolearning".
func Bool(c *Codec, typ uint16, name string, v *bool) {
	if c.due[typ] {
		c.boolean(typ, name, v, asBool, (*Codec).printBool)
	}
}

// OnOff is a row for one byte that is 0 or 1. iproute2 writes it as "locked on" or
// "locked off".
func OnOff(c *Codec, typ uint16, name string, v *bool) {
	if c.due[typ] {
		c.boolean(typ, name, v, asSwitch, (*Codec).printOnOff)
	}
}

// Bool01 is a row for one byte that is 0 or 1. iproute2 writes it as "vlan_filtering
// 1" or "vlan_filtering 0".
func Bool01(c *Codec, typ uint16, name string, v *bool) {
	if c.due[typ] {
		c.boolean(typ, name, v, asSwitch, (*Codec).print01)
	}
}

func (c *Codec) printBool(name string, v bool) {
	c.buf = append(c.buf, ' ')
	if !v {
		c.buf = append(c.buf, "no"...)
	}
	c.buf = append(c.buf, name...)
}

func (c *Codec) printOnOff(name string, v bool) {
	c.buf = append(c.word(name), onOff(v)...)
}

func (c *Codec) print01(name string, v bool) {
	c.buf = append(c.word(name), '0'+bit(v))
}

func onOff(v bool) string {
	if v {
		return "on"
	}
	return "off"
}

func bit(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// boolean processes a row for one byte that is 0 or 1.
func (c *Codec) boolean(typ uint16, name string, v *bool, f form, print func(*Codec, string, bool)) {
	if !c.row(typ, 0, name, "bool") {
		return
	}
	switch c.mode {
	case decoding:
		if n, ok := c.parse(&u8, typ, name); ok {
			*v = n != 0
		}
	case printing:
		print(c, name, *v)
	case reading:
		c.give(f, unsafe.Pointer(v), 0)
	case surveying:
		c.note(typ, unsafe.Pointer(v), boolean, 1, nil)
	case encoding, recording:
		c.encodeNumber(&u8, typ, name, uint64(bit(*v)))
	}
}

// Flag is a row without a payload: its presence is its value, so false cannot be
// sent. If the kernel reports a byte instead, the byte is decoded.
func Flag(c *Codec, typ uint16, name string, v *bool) {
	if c.due[typ] {
		c.flag(typ, name, v, nil)
	}
}

// ByteFlag is a Flag that is sent as the byte 1. It, too, can be sent only as true.
func ByteFlag(c *Codec, typ uint16, name string, v *bool) {
	if c.due[typ] {
		c.flag(typ, name, v, []byte{1})
	}
}

func (c *Codec) flag(typ uint16, name string, v *bool, on []byte) {
	if !c.row(typ, 0, name, "flag") {
		return
	}
	switch c.mode {
	case decoding:
		if data, ok := c.payload(typ); ok {
			*v = len(data) == 0 || slices.Max(data) != 0
		}
	case printing:
		if *v {
			c.buf = append(append(c.buf, ' '), name...)
		}
	case reading:
		c.give(asFlag, unsafe.Pointer(v), 0)
	case surveying:
		c.note(typ, unsafe.Pointer(v), flag, 0, nil)
	case encoding, recording:
		c.encodeFlag(typ, name, *v, on)
	}
}

func (c *Codec) encodeFlag(typ uint16, name string, v bool, on []byte) {
	if v {
		c.buf = wire.AppendAttr(c.buf, typ, on)
	}
	c.mark(typ, name)
}

// bitStruct is the attribute that collects consecutive bit rows.
type bitStruct struct {
	typ   uint16
	start int // offset in the encoded message
	at    int // offset of its payload
}

// Bits is an attribute of two 32-bit words, values and a mask, whose bits each have
// their own row. The mask selects the bits that the values apply to.
type Bits struct {
	Type      uint16
	MaskFirst bool // the mask comes before the values
}

// Bit is a row for one bit of an attribute with a mask. iproute2 writes it as
// "mst_enabled 1". Rows of one attribute must be consecutive; those that are set are
// sent together, and other bits are left alone. The row's member in a Set is Bit(n).
func (a Bits) Bit(c *Codec, n uint, name string, v *bool) {
	a.bit(c, n, name, v, (*Codec).print01)
}

// OnOff is Bit in the form "loose_binding on".
func (a Bits) OnOff(c *Codec, n uint, name string, v *bool) {
	a.bit(c, n, name, v, (*Codec).printOnOff)
}

func (a Bits) bit(c *Codec, n uint, name string, v *bool, print func(*Codec, string, bool)) {
	if !c.due[Bit(n)] && !c.due[a.Type] || !c.row(Bit(n), a.Type, name, "bit") {
		return
	}
	switch c.mode {
	case decoding:
		a.decode(c, n, name, v)
	case printing:
		print(c, name, *v)
	case reading:
		c.give(asSwitch, unsafe.Pointer(v), 0)
	case encoding:
		a.encode(c, n, *v)
	case recording:
		c.buf = append(c.buf, bit(*v))
		c.mark(Bit(n), name)
	}
}

func (a Bits) decode(c *Codec, n uint, name string, v *bool) {
	data, ok := c.payload(a.Type)
	if !ok || c.skips(Bit(n)) || !c.width(name, data, 8) {
		return
	}
	value, mask := a.words(data)
	*v = wire.Order.Uint32(value)>>n&1 != 0
	if wire.Order.Uint32(mask)>>n&1 != 0 {
		c.in.known.Add(Bit(n))
	}
}

// encode sets bit n in the attribute that the previous row began, or begins a new
// one.
func (a Bits) encode(c *Codec, n uint, v bool) {
	if c.bits.typ != a.Type {
		c.bits = bitStruct{typ: a.Type, start: len(c.buf), at: len(c.buf) + wire.AttrLen}
		c.buf = wire.AppendU64(c.buf, a.Type, 0)
	}
	value, mask := a.words(c.buf[c.bits.at:])
	orBit(value, n, v)
	orBit(mask, n, true)
}

// BitChoice is a row for bits n and n+1 of an attribute with a mask. At most one of
// the two may be set: words[0] stands for neither, words[1] for bit n and words[2]
// for bit n+1. The row's member in a Set is Bit(n).
func BitChoice[T ~uint8](a Bits, c *Codec, n uint, name string, v *T, words Words) {
	if !c.due[Bit(n)] && !c.due[a.Type] || !c.row(Bit(n), a.Type, name, "bits") {
		return
	}
	switch c.mode {
	case decoding:
		var first, second bool
		a.decode(c, n, name, &first)
		a.decode(c, n+1, name, &second)
		*v = T(bit(first) | bit(second)<<1)
	case checking:
		if _, ok := words.of(uint64(*v)); !ok {
			c.outOfRange(name, "%d is not one of %s", *v, words.list())
		}
	case printing:
		c.buf = append(c.word(name), Word(words, *v)...)
	case reading:
		c.giveEnum(&u8, unsafe.Pointer(v), words)
	case encoding:
		a.encode(c, n, *v&1 != 0)
		a.encode(c, n+1, *v&2 != 0)
	case recording:
		c.buf = append(c.buf, byte(*v))
		c.mark(Bit(n), name)
	}
}

// words splits the payload into its values and its mask.
func (a Bits) words(data []byte) (value, mask []byte) {
	if a.MaskFirst {
		return data[4:8], data[:4]
	}
	return data[:4], data[4:8]
}

func orBit(word []byte, n uint, v bool) {
	wire.Order.PutUint32(word, wire.Order.Uint32(word)|uint32(bit(v))<<n)
}
