package attr

import (
	"encoding/binary"
	"strconv"
	"unsafe"

	"github.com/iplink-go/iplink/internal/wire"
)

// A format is the encoding of a number in a payload.
type format struct {
	name   string
	bytes  int
	big    bool // network byte order rather than the host's
	signed bool
	shape  shape
}

var (
	u8   = format{"u8", 1, false, false, number8}
	u16  = format{"u16", 2, false, false, number16}
	u32  = format{"u32", 4, false, false, number32}
	u64  = format{"u64", 8, false, false, number64}
	s8   = format{"s8", 1, false, true, number8}
	s32  = format{"s32", 4, false, true, number32}
	be16 = format{"be16", 2, true, false, big16}
	be32 = format{"be32", 4, true, false, big32}
	be64 = format{"be64", 8, true, false, big64}
)

// append appends an attribute that holds v.
func (f *format) append(b []byte, typ uint16, v uint64) []byte {
	if f.big {
		var data [8]byte
		binary.BigEndian.PutUint64(data[:], v)
		return wire.AppendAttr(b, typ, data[8-f.bytes:])
	}
	switch f.bytes {
	case 1:
		return wire.AppendU8(b, typ, byte(v))
	case 2:
		return wire.AppendU16(b, typ, uint16(v))
	case 4:
		return wire.AppendU32(b, typ, uint32(v))
	}
	return wire.AppendU64(b, typ, v)
}

// parse reads a number from exactly f.bytes bytes.
func (f *format) parse(b []byte) uint64 {
	switch {
	case f.bytes == 1:
		return f.extend(uint64(b[0]))
	case f.big:
		return f.parseBig(b)
	case f.bytes == 2:
		return uint64(wire.Order.Uint16(b))
	case f.bytes == 4:
		return f.extend(uint64(wire.Order.Uint32(b)))
	}
	return wire.Order.Uint64(b)
}

// parseBig is parse in network byte order.
func (f *format) parseBig(b []byte) uint64 {
	switch f.bytes {
	case 2:
		return uint64(binary.BigEndian.Uint16(b))
	case 4:
		return uint64(binary.BigEndian.Uint32(b))
	}
	return binary.BigEndian.Uint64(b)
}

// extend sign-extends a signed number to 64 bits.
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

// number lists the field types of a row for one number.
type number interface {
	~uint8 | ~uint16 | ~uint32 | ~uint64 | ~int8 | ~int32
}

// one processes a row for one number. Limits is empty, or the minimum and the
// maximum.
func one[T number](c *Codec, f *format, typ uint16, name string, v *T, limits []uint64) {
	if !c.row(typ, 0, name, f.name) {
		return
	}
	switch c.mode {
	case decoding:
		if n, ok := c.parse(f, typ, name); ok {
			*v = T(n)
		}
	case encoding:
		c.buf = f.append(c.buf, typ, uint64(*v))
	case checking:
		c.checkRange(name, uint64(*v), limits)
	case printing:
		c.buf = f.appendText(c.word(name), uint64(*v), c.props.are(hex))
	case reading:
		c.giveNumber(f, unsafe.Pointer(v), limits)
	case surveying:
		c.note(typ, unsafe.Pointer(v), f.shape, f.bytes, nil)
	default:
		c.encodeNumber(f, typ, name, uint64(*v))
	}
}

func (c *Codec) encodeNumber(f *format, typ uint16, name string, v uint64) {
	c.buf = f.append(c.buf, typ, v)
	c.mark(typ, name)
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
		c.outOfRange(name, "%d is not in %d…%d", v, limits[0], limits[1])
	}
}

// word appends the name of a row, surrounded by spaces.
func (c *Codec) word(name string) []byte {
	if c.unnamed() {
		return append(c.buf, ' ')
	}
	return append(append(append(c.buf, ' '), name...), ' ')
}

// unnamed reports whether the present row is printed without its name.
func (c *Codec) unnamed() bool {
	return c.alone || c.props.are(unnamed)
}

// U8 is a row for one byte, with an optional minimum and maximum.
func U8[T ~uint8](c *Codec, typ uint16, name string, v *T, limits ...uint64) {
	if c.due[typ] {
		one(c, &u8, typ, name, v, limits)
	}
}

// U16 is a row for two bytes.
func U16[T ~uint16](c *Codec, typ uint16, name string, v *T, limits ...uint64) {
	if c.due[typ] {
		one(c, &u16, typ, name, v, limits)
	}
}

// U32 is a row for four bytes.
func U32[T ~uint32](c *Codec, typ uint16, name string, v *T, limits ...uint64) {
	if c.due[typ] {
		one(c, &u32, typ, name, v, limits)
	}
}

// U64 is a row for eight bytes.
func U64[T ~uint64](c *Codec, typ uint16, name string, v *T, limits ...uint64) {
	if c.due[typ] {
		one(c, &u64, typ, name, v, limits)
	}
}

// S8 is a row for one signed byte.
func S8[T ~int8](c *Codec, typ uint16, name string, v *T) {
	if c.due[typ] {
		one(c, &s8, typ, name, v, nil)
	}
}

// S32 is a row for a signed number of four bytes.
func S32[T ~int32](c *Codec, typ uint16, name string, v *T) {
	if c.due[typ] {
		one(c, &s32, typ, name, v, nil)
	}
}

// BE16 is a row for two bytes in network byte order.
func BE16[T ~uint16](c *Codec, typ uint16, name string, v *T, limits ...uint64) {
	if c.due[typ] {
		one(c, &be16, typ, name, v, limits)
	}
}

// BE32 is a row for four bytes in network byte order.
func BE32[T ~uint32](c *Codec, typ uint16, name string, v *T, limits ...uint64) {
	if c.due[typ] {
		one(c, &be32, typ, name, v, limits)
	}
}

// BE64 is a row for eight bytes in network byte order.
func BE64[T ~uint64](c *Codec, typ uint16, name string, v *T, limits ...uint64) {
	if c.due[typ] {
		one(c, &be64, typ, name, v, limits)
	}
}
