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

// Decode is Codec.Decode for v, which must be as new.
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

// handUnknown hands on the attributes that are not known.
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
	rest    Set  // what the table is to deal with
	strange bool // there is more than the table knows
}

// decode fills the fields. It reports false if not everything is as it should be:
// if a length is wrong, or an attribute comes twice, of which the last counts.
func (p *pass) decode(l *Layout, b []byte) bool {
	for at := 0; at+wire.AttrLen <= len(b); {
		typ, n := wire.AttrHeader(b[at:])
		if n < wire.AttrLen || n > len(b)-at {
			return false
		}
		if !p.take(l, typ, b[at+wire.AttrLen:at+n:at+n]) {
			return false
		}
		at += wire.Align(n)
	}
	return true
}

func (p *pass) take(l *Layout, typ uint16, data []byte) bool {
	if typ >= firstBit {
		p.strange = true
		return true
	}
	f := l.fields[typ]
	switch {
	case f == nil:
		p.strange = true
		return true
	case f.shape == tabled:
		p.rest.Add(typ)
		return true
	case p.known.Has(f.member):
		return f.shape == skipped
	}
	p.known.Add(f.member)
	if typ != f.member {
		p.known.Add(typ)
	}
	return p.fill(f, unsafe.Add(p.base, f.at), data)
}

// fill fills the field that lies at v. It reports false if the payload is not as
// it should be.
func (p *pass) fill(f *field, v unsafe.Pointer, data []byte) bool {
	switch f.shape {
	case number32:
		if len(data) == 4 {
			*(*uint32)(v) = wire.Order.Uint32(data)
			return true
		}
		return false
	case boolean:
		if len(data) == 1 {
			*(*bool)(v) = data[0] != 0
			return true
		}
		return false
	case number8:
		if len(data) == 1 {
			*(*uint8)(v) = data[0]
			return true
		}
		return false
	case duration:
		if len(data) == f.unit.format.bytes {
			*(*time.Duration)(v) = scale(f.unit.format.parse(data), f.unit.of)
			return true
		}
		return false
	}
	if want := f.shape.width(); want != 0 {
		return len(data) == want && f.decodeWide(v, data)
	}
	return p.fillLong(f, v, data)
}

// width is the length of a payload that decodeWide decodes, 0 for others.
func (s shape) width() int {
	switch s {
	case number16, big16:
		return 2
	case big32, ifindex, addr4:
		return 4
	case number64, big64:
		return 8
	case addr6:
		return 16
	}
	return 0
}

func (f *field) decodeWide(v unsafe.Pointer, data []byte) bool {
	switch f.shape {
	case number16:
		*(*uint16)(v) = wire.Order.Uint16(data)
	case big16:
		*(*uint16)(v) = binary.BigEndian.Uint16(data)
	case big32:
		*(*uint32)(v) = binary.BigEndian.Uint32(data)
	case ifindex:
		*(*int)(v) = int(wire.Order.Uint32(data))
	case addr4:
		*(*netip.Addr)(v) = netip.AddrFrom4([4]byte(data))
	case number64:
		*(*uint64)(v) = wire.Order.Uint64(data)
	case big64:
		*(*uint64)(v) = binary.BigEndian.Uint64(data)
	case addr6:
		*(*netip.Addr)(v) = netip.AddrFrom16([16]byte(data))
	}
	return true
}

// fillLong fills fields of payloads that may have any length.
func (p *pass) fillLong(f *field, v unsafe.Pointer, data []byte) (ok bool) {
	switch f.shape {
	case textNUL, textBare:
		*(*string)(v) = wire.CString(p.codec.Held(data))
	case inPlace:
		*(*[]byte)(v) = data
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
		decodeMembers(unsafe.Slice((*uint32)(v), f.count), data, wire.Order.Uint32)
	case members64:
		decodeMembers(unsafe.Slice((*uint64)(v), f.count), data, wire.Order.Uint64)
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

// decodeMembers fills as many members as a kernel tells of.
func decodeMembers[T uint32 | uint64](to []T, data []byte, parse func([]byte) T) {
	size := int(unsafe.Sizeof(T(0)))
	for i := range to[:min(len(to), len(data)/size)] {
		to[i] = parse(data[i*size:])
	}
}

// own returns the field at v as what has a payload of its own.
func (f *field) own(v unsafe.Pointer) Payload {
	return reflect.NewAt(f.payload, v).Interface().(Payload)
}
