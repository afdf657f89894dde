package attr

import (
	"encoding/binary"
	"strconv"

	"github.com/iplink-go/iplink/internal/wire"
)

// A format is how a number lies in its payload.
type format struct {
	name   string
	bytes  int
	order  byteOrder
	signed bool
}

// byteOrder is what the standard library's byte orders have in common.
type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

var (
	u8   = format{"u8", 1, wire.Order, false}
	u16  = format{"u16", 2, wire.Order, false}
	u32  = format{"u32", 4, wire.Order, false}
	u64  = format{"u64", 8, wire.Order, false}
	s8   = format{"s8", 1, wire.Order, true}
	s32  = format{"s32", 4, wire.Order, true}
	be16 = format{"be16", 2, binary.BigEndian, false}
	be32 = format{"be32", 4, binary.BigEndian, false}
	be64 = format{"be64", 8, binary.BigEndian, false}
)

// append appends the bare bytes of v.
func (f *format) append(b []byte, v uint64) []byte {
	switch f.bytes {
	case 1:
		return append(b, byte(v))
	case 2:
		return f.order.AppendUint16(b, uint16(v))
	case 4:
		return f.order.AppendUint32(b, uint32(v))
	}
	return f.order.AppendUint64(b, v)
}

// parse reads a number from exactly f.bytes bytes.
func (f *format) parse(b []byte) uint64 {
	switch f.bytes {
	case 1:
		return f.extend(uint64(b[0]))
	case 2:
		return uint64(f.order.Uint16(b))
	case 4:
		return f.extend(uint64(f.order.Uint32(b)))
	}
	return f.order.Uint64(b)
}

// extend gives a signed number its sign in all 64 bits.
func (f *format) extend(v uint64) uint64 {
	if !f.signed {
		return v
	}
	unused := 64 - 8*f.bytes
	return uint64(int64(v<<unused) >> unused)
}

// appendText appends v in base 10 or 16.
func (f *format) appendText(b []byte, v uint64, hex bool) []byte {
	switch {
	case f.signed:
		return strconv.AppendInt(b, int64(v), 10)
	case hex:
		return strconv.AppendUint(append(b, "0x"...), v, 16)
	}
	return strconv.AppendUint(b, v, 10)
}

// number deals with a row that holds one number. It returns the number found
// and true when the walk decodes and there was one. Limits are none, the
// least and the most.
func (c *Codec) number(f *format, typ uint16, name string, v uint64, limits []uint64) (uint64, bool) {
	p, ok := c.row(typ, 0, name, f.name)
	if !ok {
		return 0, false
	}
	switch c.mode {
	case decoding:
		return c.parse(f, typ, name)
	case checking:
		c.checkRange(name, v, limits)
	case printing:
		c.buf = f.appendText(c.word(name), v, p.hex)
	default:
		c.encodeNumber(f, typ, name, v, p)
	}
	return 0, false
}

func (c *Codec) encodeNumber(f *format, typ uint16, name string, v uint64, p props) {
	b, at := wire.Begin(c.buf, typ)
	c.buf = wire.End(f.append(b, v), at)
	c.mark(typ, name, p)
}

func (c *Codec) parse(f *format, typ uint16, name string) (uint64, bool) {
	data, ok := c.payload(typ)
	if !ok || !c.width(name, data, f.bytes) {
		return 0, false
	}
	return f.parse(data), true
}

// checkRange fails the row unless v is within the limits.
func (c *Codec) checkRange(name string, v uint64, limits []uint64) {
	if len(limits) == 2 && (v < limits[0] || v > limits[1]) {
		c.failf(name, "%d is not in %d…%d", v, limits[0], limits[1])
	}
}

// word appends the name of a row and the spaces around it.
func (c *Codec) word(name string) []byte {
	if c.unnamed {
		return append(c.buf, ' ')
	}
	return append(append(append(c.buf, ' '), name...), ' ')
}

// U8 is a row of one byte, optionally with the least and the most it may be.
func U8[T ~uint8](c *Codec, typ uint16, name string, v *T, limits ...uint64) {
	if n, ok := c.number(&u8, typ, name, uint64(*v), limits); ok {
		*v = T(n)
	}
}

// U16 is a row of two bytes.
func U16[T ~uint16](c *Codec, typ uint16, name string, v *T, limits ...uint64) {
	if n, ok := c.number(&u16, typ, name, uint64(*v), limits); ok {
		*v = T(n)
	}
}

// U32 is a row of four bytes.
func U32[T ~uint32](c *Codec, typ uint16, name string, v *T, limits ...uint64) {
	if n, ok := c.number(&u32, typ, name, uint64(*v), limits); ok {
		*v = T(n)
	}
}

// U64 is a row of eight bytes.
func U64[T ~uint64](c *Codec, typ uint16, name string, v *T, limits ...uint64) {
	if n, ok := c.number(&u64, typ, name, uint64(*v), limits); ok {
		*v = T(n)
	}
}

// S8 is a row of one byte with a sign.
func S8[T ~int8](c *Codec, typ uint16, name string, v *T) {
	if n, ok := c.number(&s8, typ, name, uint64(int64(*v)), nil); ok {
		*v = T(n)
	}
}

// S32 is a row of four bytes with a sign.
func S32[T ~int32](c *Codec, typ uint16, name string, v *T) {
	if n, ok := c.number(&s32, typ, name, uint64(int64(*v)), nil); ok {
		*v = T(n)
	}
}

// BE16 is a row of two bytes in network byte order.
func BE16[T ~uint16](c *Codec, typ uint16, name string, v *T, limits ...uint64) {
	if n, ok := c.number(&be16, typ, name, uint64(*v), limits); ok {
		*v = T(n)
	}
}

// BE32 is a row of four bytes in network byte order.
func BE32[T ~uint32](c *Codec, typ uint16, name string, v *T, limits ...uint64) {
	if n, ok := c.number(&be32, typ, name, uint64(*v), limits); ok {
		*v = T(n)
	}
}

// BE64 is a row of eight bytes in network byte order.
func BE64[T ~uint64](c *Codec, typ uint16, name string, v *T, limits ...uint64) {
	if n, ok := c.number(&be64, typ, name, uint64(*v), limits); ok {
		*v = T(n)
	}
}
