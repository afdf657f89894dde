package attr

import (
	"encoding/binary"
	"net/netip"
	"reflect"
	"slices"
	"time"
	"unsafe"

	"github.com/iplink-go/iplink/internal/wire"
)

// A Layout decodes the messages of one table. It caches the offset and the shape of
// the field for each attribute, so that one pass over the attributes of a message
// decodes the plain rows without a walk, regardless of the table's size.
//
// A Layout adds no facts to the table. It leaves rows of unknown shape to the table,
// and also any message with an invalid payload, so that only the table produces
// errors.
type Layout struct {
	walk  func(v any, c *Codec)
	typ   reflect.Type     // a pointer to the struct
	fresh reflect.Value    // the initial value of the struct
	ops   [firstBit]op     // of each attribute
	more  [firstBit]*extra // of the attributes that need it
}

// An op holds the data needed to decode every attribute. It is small so that the ops
// of a whole table fit a few cache lines, and has four fields because the compiler
// keeps no larger struct in registers.
type op struct {
	at     uint32 // offset in the struct
	shape  shape
	member uint8 // of a Set; the IPv6 variant of an address uses the IPv4 number
	width  uint8 // length of the payload, 0 if it varies
}

// An extra holds the data that some shapes need besides an op.
type extra struct {
	count   int     // number of members
	unit    *unit   // of a time
	payload Payload // of a Payload row, as it was in the sample
	nest    *Layout // layout of a nest
}

// shape is the representation of a field in memory and in a payload.
type shape uint8

const (
	absent  shape = iota // the attribute has no row
	tabled               // left to the table
	several              // also left to the table: the attribute has several rows
	skipped
	number8
	number16
	number32
	number64
	big16
	big32
	big64
	boolean
	flag
	ifindex
	text
	addr4
	addr6
	addrAny // of either family, reported
	duration
	nanos
	raw
	inPlace
	members32
	members64
	nest
	payload
)

// NewLayout surveys the table of a struct. Sample points to a struct with its
// initial values, and walk walks the table of a given struct.
func NewLayout(sample any, walk func(v any, c *Codec)) *Layout {
	v := reflect.ValueOf(sample)
	l := &Layout{walk: walk, typ: v.Type(), fresh: reflect.New(v.Type().Elem()).Elem()}
	l.fresh.Set(v.Elem())
	var c Codec
	c.start(surveying, allOf, nil)
	c.survey = &survey{base: v.UnsafePointer(), size: v.Type().Elem().Size(), layout: l}
	walk(sample, &c)
	return l
}

// A survey is the state of the walk that builds a Layout.
type survey struct {
	base   unsafe.Pointer
	size   uintptr
	layout *Layout
}

// claim records that an attribute has a row. The row is left to the table until note
// records a shape. An attribute with several rows stays with the table.
func (s *survey) claim(typ, member uint16) {
	if typ >= firstBit {
		return
	}
	if o := &s.layout.ops[typ]; o.shape == absent {
		o.shape, o.member = tabled, uint8(member)
	} else {
		o.shape = several
	}
}

// note records the shape of a row whose field is at v, if this walk is a survey. A
// row that is not noted, or whose field lies outside the struct, is left to the
// table. The width of the payload is 0 if it varies.
func (c *Codec) note(typ uint16, v unsafe.Pointer, s shape, width int, more *extra) {
	if c.mode != surveying {
		return
	}
	at, l := uintptr(v)-uintptr(c.survey.base), c.survey.layout
	if o := &l.ops[typ]; o.shape == tabled && at < c.survey.size {
		o.at, o.shape, o.width = uint32(at), s, uint8(width)
		l.more[typ] = more
	}
}

// noteSkipped notes an attribute that the table skips.
func (c *Codec) noteSkipped(typ uint16) {
	c.survey.claim(typ, typ)
	c.note(typ, c.survey.base, skipped, 0, nil)
}

// noteMembers notes a row for a struct of numbers, if they are contiguous in memory.
func noteMembers[T uint32 | uint64](c *Codec, s shape, typ uint16, v []*T) {
	size := unsafe.Sizeof(T(0))
	for i := range v {
		if uintptr(unsafe.Pointer(v[i])) != uintptr(unsafe.Pointer(v[0]))+uintptr(i)*size {
			return
		}
	}
	c.note(typ, unsafe.Pointer(v[0]), s, 0, &extra{count: len(v)})
}

// notePayload notes a row for a Payload, if it is a pointer into the struct.
func (c *Codec) notePayload(typ uint16, v Payload) {
	if p := reflect.ValueOf(v); p.Kind() == reflect.Pointer {
		c.note(typ, p.UnsafePointer(), payload, 0, &extra{payload: v})
	}
}

// noteNest notes a row for a nest whose rows all have a known shape.
func (c *Codec) noteNest(typ uint16, t Table) {
	if c.mode != surveying {
		return
	}
	s := c.survey
	inner := new(Layout)
	c.survey = &survey{base: s.base, size: s.size, layout: inner}
	t(c)
	c.survey = s
	if !slices.ContainsFunc(inner.ops[:], func(o op) bool { return o.shape == tabled || o.shape == several }) {
		c.note(typ, s.base, nest, 0, &extra{nest: inner})
	}
}

// of returns the table of v.
func (l *Layout) of(v any) Table {
	return func(c *Codec) { l.walk(v, c) }
}

// twoWords is the memory layout of an interface value: a type word and a data word,
// which is the pointer if the interface holds one. Package reflect provides both,
// but takes several times as long as decoding a field.
type twoWords struct {
	typ, data unsafe.Pointer
}

// base returns the address of the struct v, if v has the Layout's type.
func (l *Layout) base(v any) (unsafe.Pointer, bool) {
	return (*twoWords)(unsafe.Pointer(&v)).data, reflect.TypeOf(v) == l.typ
}

// at returns the extra's Payload with the field at v as its value.
func (x *extra) at(v unsafe.Pointer) Payload {
	p := x.payload
	(*twoWords)(unsafe.Pointer(&p)).data = v
	return p
}

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

// Same returns those rows of set that are numbers, truth values or times with the same value
// in a and b, which must have the Layout's type. They need no walk to be compared.
func (l *Layout) Same(set Set, a, b any) (same Set) {
	v, ok := l.base(a)
	w, is := l.base(b)
	if !ok || !is {
		return same
	}
	for typ := range set.All() {
		if typ < firstBit && l.ops[typ].same(v, w) {
			same.Add(typ)
		}
	}
	return same
}

// same reports whether the field has a size of its own, and the same value in two structs.
func (o op) same(v, w unsafe.Pointer) bool {
	v, w = unsafe.Add(v, o.at), unsafe.Add(w, o.at)
	switch o.shape {
	case number8, boolean, flag:
		return *(*uint8)(v) == *(*uint8)(w)
	case number16, big16:
		return *(*uint16)(v) == *(*uint16)(w)
	case number32, big32:
		return *(*uint32)(v) == *(*uint32)(w)
	case number64, big64, duration, nanos:
		return *(*uint64)(v) == *(*uint64)(w)
	}
	return false
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
		if o.width != 0 && int(o.width) != len(data) || o.shape > several && !p.known.put(o.member) && o.shape != skipped {
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
		case tabled, several:
			p.rest.Add(typ)
		default:
			if !p.takeRare(l, typ, v, data) {
				return false
			}
		}
	}
	return true
}

// takeRare fills the field at v.
func (p *pass) takeRare(l *Layout, typ uint16, v unsafe.Pointer, data []byte) bool {
	switch more := l.more[typ]; l.ops[typ].shape {
	case number16:
		*(*uint16)(v) = wire.Order.Uint16(data)
	case big16:
		*(*uint16)(v) = binary.BigEndian.Uint16(data)
	case ifindex:
		*(*int)(v) = int(wire.Order.Uint32(data))
	case text:
		*(*string)(v) = wire.CString(p.codec.Held(data))
	case members64:
		decodeMembers(v, data, 8, more.count)
	case big32:
		*(*uint32)(v) = binary.BigEndian.Uint32(data)
	case number64:
		*(*uint64)(v) = wire.Order.Uint64(data)
	case big64:
		*(*uint64)(v) = binary.BigEndian.Uint64(data)
	case duration:
		*(*time.Duration)(v) = scale(more.unit.format.parse(data), more.unit.of)
	case addr4:
		*(*netip.Addr)(v) = netip.AddrFrom4([4]byte(data))
	case addr6:
		*(*netip.Addr)(v) = netip.AddrFrom16([16]byte(data))
		p.known.Add(typ)
	default:
		return p.fillLong(l, typ, v, data)
	}
	return true
}

// fillLong fills fields whose payload may have any length.
func (p *pass) fillLong(l *Layout, typ uint16, v unsafe.Pointer, data []byte) (ok bool) {
	switch more := l.more[typ]; l.ops[typ].shape {
	case raw:
		*(*[]byte)(v) = p.codec.Held(data)
	case flag:
		*(*bool)(v) = len(data) == 0 || slices.Max(data) != 0
	case addrAny:
		*(*netip.Addr)(v), ok = netip.AddrFromSlice(data)
		return ok
	case nanos:
		return decodeNanos((*time.Duration)(v), data)
	case members32:
		decodeMembers(v, data, 4, more.count)
	case nest:
		inner := pass{codec: p.codec, base: p.base}
		return inner.decode(more.nest, data)
	case payload:
		return more.at(v).ParsePayload(data) == nil
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
