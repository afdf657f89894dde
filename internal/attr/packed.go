package attr

import (
	"math/bits"
	"unsafe"

	"github.com/iplink-go/iplink/internal/wire"
)

// Packed is an attribute of one number whose bits have rows of their own, without a mask:
// a request sets all bits. A bit without a row is sent as 0 and not decoded.
type Packed struct {
	typ    uint16
	format *format
}

// Packed16 and Packed32 return an attribute of 16 or 32 bits in the host's byte order,
// PackedBE16 and PackedBE32 one in network byte order.
func Packed16(typ uint16) Packed   { return Packed{typ, &u16} }
func Packed32(typ uint16) Packed   { return Packed{typ, &u32} }
func PackedBE16(typ uint16) Packed { return Packed{typ, &be16} }
func PackedBE32(typ uint16) Packed { return Packed{typ, &be32} }

// Bit is a row for the bit in mask. Its member in a Set is one of Bit. iproute2 writes it as
// "iseq" or "noiseq".
func (a Packed) Bit(c *Codec, member uint16, mask uint32, name string, v *bool) {
	a.bit(c, member, mask, name, v, asBool, (*Codec).printBool)
}

// Words is Bit for a bit that iproute2 sets with the words of the name, such as "tclass
// inherit", and clears in other ways.
func (a Packed) Words(c *Codec, member uint16, mask uint32, name string, v *bool) {
	a.bit(c, member, mask, name, v, asFlag, func(c *Codec, name string, v bool) {
		if v {
			c.printBool(name, v)
		}
	})
}

// Unless is Words for a bit that iproute2 sets with the value of another row, and clears
// with the words of the name, such as "noikey".
func (a Packed) Unless(c *Codec, member uint16, mask uint32, name string, v *bool) {
	a.bit(c, member, mask, name, v, asUnless, func(c *Codec, name string, v bool) {
		if !v {
			c.printBool(name, true)
		}
	})
}

func (a Packed) bit(c *Codec, member uint16, mask uint32, name string, v *bool, f form, print func(*Codec, string, bool)) {
	if !c.due[member] && !c.due[a.typ] || !c.row(member, a.typ, name, "bit") {
		return
	}
	switch c.mode {
	case printing:
		print(c, name, *v)
	case reading:
		c.give(f, unsafe.Pointer(v), 0)
	case decoding:
		if part, ok := a.part(c, member, mask, name); ok {
			*v = part != 0
		}
	default:
		a.add(c, member, mask, name, uint32(bit(*v)))
	}
}

// PackedNumber is a row for the number in the bits of mask. Its member in a Set is
// member.
func PackedNumber[T ~uint8 | ~uint32](a Packed, c *Codec, member uint16, mask uint32, name string, v *T) {
	if !c.due[member] && !c.due[a.typ] || !c.row(member, a.typ, name, "bits") {
		return
	}
	switch c.mode {
	case printing:
		c.buf = u32.appendText(c.word(name), uint64(*v), c.props.are(hex))
	case reading:
		c.giveNumber(integer(unsafe.Sizeof(*v)), unsafe.Pointer(v), packedLimits(mask))
	case checking:
		c.checkRange(name, uint64(*v), packedLimits(mask))
	case decoding:
		if part, ok := a.part(c, member, mask, name); ok {
			*v = T(part)
		}
	default:
		a.add(c, member, mask, name, uint32(*v))
	}
}

// packedLimits returns the bounds of the number in the bits of mask.
func packedLimits(mask uint32) []uint64 {
	return []uint64{0, uint64(mask >> bits.TrailingZeros32(mask))}
}

// part returns the bits of mask in the attribute, and false if the row is not decoded.
func (a Packed) part(c *Codec, member uint16, mask uint32, name string) (uint32, bool) {
	if c.skips(member) {
		return 0, false
	}
	word, ok := c.parse(a.format, a.typ, name)
	if !ok {
		return 0, false
	}
	c.in.known.Add(member)
	return uint32(word) & mask >> bits.TrailingZeros32(mask), true
}

// add adds the bits of mask to the attribute that the previous row began, or begins a
// new one. In a comparison each row stands for itself.
func (a Packed) add(c *Codec, member uint16, mask uint32, name string, v uint32) {
	v <<= bits.TrailingZeros32(mask)
	if c.mode == encoding && c.bits.typ == a.typ {
		v |= uint32(a.format.parse(c.buf[c.bits.at:][:a.format.bytes]))
		c.buf = c.buf[:c.bits.start]
	}
	switch c.mode {
	case encoding:
		c.bits = bitStruct{typ: a.typ, start: len(c.buf), at: len(c.buf) + wire.AttrLen}
		c.buf = a.format.append(c.buf, a.typ, uint64(v))
	case recording:
		c.encodeNumber(a.format, member, name, uint64(v))
	}
}
