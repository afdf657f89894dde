package attr

import (
	"encoding/binary"
	"math/bits"
	"net"
	"net/netip"
	"slices"
	"time"
	"unsafe"

	"github.com/iplink-go/iplink/internal/wire"
)

// Encode is Codec.Encode for v. The attributes are in ascending order, followed by
// those that the table encodes.
func (l *Layout) Encode(c *Codec, b []byte, set Set, refs []Ref, v any) []byte {
	base, ok := l.base(v)
	if !ok {
		return c.Encode(b, set, refs, l.of(v))
	}
	b = l.encode(b, set.And(l.told), refs, base)
	if set = set.Minus(l.laid); set.Empty() {
		return b
	}
	return c.Encode(b, set, refs, l.of(v))
}

// encode appends rows that need no table. The most frequent shapes are written
// inline, without a function call, into room reserved beforehand.
func (l *Layout) encode(b []byte, set Set, refs []Ref, base unsafe.Pointer) []byte {
	room := wire.WordLen * (bits.OnesCount64(set.low) + bits.OnesCount64(set.high))
	b = slices.Grow(b, room)
	for half, first := set.low, uint16(0); ; half, first = set.high, 64 {
		for ; half != 0; half &= half - 1 {
			typ, n := first+uint16(bits.TrailingZeros64(half)), len(b)
			o, word := l.ops[typ%firstBit], b[n:n+wire.WordLen]
			switch v := unsafe.Add(base, o.at); o.shape {
			case number8, boolean:
				wire.PutU8(word, typ, *(*uint8)(v))
			case number32:
				wire.PutU32(word, typ, *(*uint32)(v))
			case big16:
				wire.PutU16(word, typ, network16(*(*uint16)(v)))
			case big32:
				wire.PutU32(word, typ, network32(*(*uint32)(v)))
			case ifindex:
				wire.PutU32(word, typ, uint32(indexIn(refs, typ, *(*int)(v))))
			default:
				b = slices.Grow(l.fields[typ].encode(b, typ, v), room)
				continue
			}
			b = b[:n+wire.WordLen]
		}
		if first != 0 {
			return b
		}
	}
}

// encode appends the field at v.
func (f *field) encode(b []byte, typ uint16, v unsafe.Pointer) []byte {
	switch f.shape {
	case addr4:
		return appendAddr(b, typ, f.six, *(*netip.Addr)(v))
	case duration:
		return f.unit.format.append(b, typ, uint64(*(*time.Duration)(v)/f.unit.of))
	case payload:
		b, at := wire.Begin(b, wireType(typ, f.bits))
		return wire.End(f.own(v).AppendPayload(b), at)
	case number16:
		return wire.AppendU16(b, typ, *(*uint16)(v))
	case number64:
		return wire.AppendU64(b, typ, *(*uint64)(v))
	case big64:
		return wire.AppendU64(b, typ, network64(*(*uint64)(v)))
	case textNUL:
		return wire.AppendString(b, typ, *(*string)(v))
	case textBare:
		return wire.AppendText(b, typ, *(*string)(v))
	case hardware:
		return wire.AppendAttr(b, typ, *(*net.HardwareAddr)(v))
	case flag:
		if *(*bool)(v) {
			return wire.AppendFlag(b, typ)
		}
	}
	return b
}

// network16 returns the number whose representation in memory is v in network byte
// order.
func network16(v uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], v)
	return wire.Order.Uint16(b[:])
}

func network32(v uint32) uint32 {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], v)
	return wire.Order.Uint32(b[:])
}

func network64(v uint64) uint64 {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], v)
	return wire.Order.Uint64(b[:])
}
