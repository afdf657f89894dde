package attr

import (
	"encoding/binary"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"time"
	"unsafe"

	"github.com/iplink-go/iplink/internal/wire"
)

// Decode is Codec.Decode for v, which must have its initial values.
func (l *Layout) Decode(c *Codec, b []byte, v any, unknown func(wire.Attr)) (Set, error) {
	base, ok := l.base(v)
	if !ok {
		return c.Decode(b, l.of(v), unknown)
	}
	p := pass{codec: c, base: base}
	if !p.decode(l, b) {
		reflect.NewAt(l.typ.Elem(), base).Elem().Set(l.fresh)
		return c.Decode(b, l.of(v), unknown)
	}
	var err error
	if !p.rest.Empty() {
		err = c.decodeOnly(p.rest, b, l.of(v))
		p.known = p.known.Or(c.in.known)
	}
	if p.strange && unknown != nil {
		handUnknown(b, p.known, unknown)
	}
	return p.known, err
}

// handUnknown passes the attributes that are not in known to unknown.
func handUnknown(b []byte, known Set, unknown func(wire.Attr)) {
	for a := range wire.Attrs(b) {
		if a.Type >= firstBit || !known.Has(a.Type) {
			unknown(a)
		}
	}
}

// A pass is one pass over the attributes of a nest.
type pass struct {
	codec   *Codec
	base    unsafe.Pointer
	known   Set
	rest    Set  // attributes left to the table
	strange bool // the nest has attributes without a row
}

// decode fills the fields. It returns false if the table has to decode the message:
// if a length is wrong, or if an attribute occurs twice, in which case the last one
// counts. The most frequent shapes are handled inline, without a function call.
func (p *pass) decode(l *Layout, b []byte) bool {
	for len(b) >= wire.AttrLen {
		typ, n := wire.AttrHeader(b)
		if n < wire.AttrLen || n > len(b) {
			return false
		}
		data := b[wire.AttrLen:n:n]
		b = b[min(wire.Align(n), len(b)):]
		if typ >= firstBit {
			p.strange = true
			continue
		}
		o := l.ops[typ]
		if o.width != 0 && int(o.width) != len(data) || o.shape > tabled && !p.known.put(o.member) && o.shape != skipped {
			return false
		}
		switch v := unsafe.Add(p.base, o.at); o.shape {
		case number32:
			*(*uint32)(v) = wire.Order.Uint32(data)
		case boolean:
			*(*bool)(v) = data[0] != 0
		case number8:
			*(*uint8)(v) = data[0]
		case inPlace:
			*(*[]byte)(v) = data
		case skipped:
		case absent:
			p.strange = true
		case tabled:
			p.rest.Add(typ)
		default:
			if !p.takeRare(l.fields[typ], v, typ, data) {
				return false
			}
		}
	}
	return true
}

// width returns the length of the payload, or 0 if it varies.
func (f *field) width() uint8 {
	switch f.shape {
	case number8, boolean:
		return 1
	case number16, big16:
		return 2
	case number32, big32, ifindex, addr4:
		return 4
	case number64, big64:
		return 8
	case addr6:
		return 16
	case duration:
		return uint8(f.unit.format.bytes)
	}
	return 0
}

// takeRare fills the field at v.
func (p *pass) takeRare(f *field, v unsafe.Pointer, typ uint16, data []byte) bool {
	switch f.shape {
	case number16:
		*(*uint16)(v) = wire.Order.Uint16(data)
	case big16:
		*(*uint16)(v) = binary.BigEndian.Uint16(data)
	case ifindex:
		*(*int)(v) = int(wire.Order.Uint32(data))
	case textNUL, textBare:
		*(*string)(v) = wire.CString(p.codec.Held(data))
	case members64:
		decodeMembers(v, data, 8, f.count)
	case big32:
		*(*uint32)(v) = binary.BigEndian.Uint32(data)
	case number64:
		*(*uint64)(v) = wire.Order.Uint64(data)
	case big64:
		*(*uint64)(v) = binary.BigEndian.Uint64(data)
	case duration:
		*(*time.Duration)(v) = scale(f.unit.format.parse(data), f.unit.of)
	case addr4:
		*(*netip.Addr)(v) = netip.AddrFrom4([4]byte(data))
	case addr6:
		*(*netip.Addr)(v) = netip.AddrFrom16([16]byte(data))
		p.known.Add(typ)
	default:
		return p.fillLong(f, v, data)
	}
	return true
}

// fillLong fills fields whose payload may have any length.
func (p *pass) fillLong(f *field, v unsafe.Pointer, data []byte) (ok bool) {
	switch f.shape {
	case raw:
		*(*[]byte)(v) = p.codec.Held(data)
	case hardware:
		if f.least == f.most && len(data) != int(f.most) {
			return false
		}
		*(*net.HardwareAddr)(v) = p.codec.Held(data)
	case flag:
		*(*bool)(v) = len(data) == 0 || slices.Max(data) != 0
	case addrAny:
		*(*netip.Addr)(v), ok = netip.AddrFromSlice(data)
		return ok
	case nanos:
		return decodeNanos((*time.Duration)(v), data)
	case members32:
		decodeMembers(v, data, 4, f.count)
	case nest:
		inner := pass{codec: p.codec, base: p.base}
		return inner.decode(f.nest, data)
	case payload:
		return f.own(v).ParsePayload(data) == nil
	}
	return true
}

func decodeNanos(v *time.Duration, data []byte) bool {
	switch len(data) {
	case 4:
		*v = time.Duration(wire.Order.Uint32(data))
	case 8:
		*v = scale(wire.Order.Uint64(data), time.Nanosecond)
	default:
		return false
	}
	return true
}

// decodeMembers fills as many members of the given size as the kernel reports. Both
// sides use the host's byte order.
func decodeMembers(v unsafe.Pointer, data []byte, size, count int) {
	copy(unsafe.Slice((*byte)(v), size*count), data[:len(data)/size*size])
}

// own returns the field at v as a Payload.
func (f *field) own(v unsafe.Pointer) Payload {
	return withPointer(f.payload, v)
}
