package attr

import (
	"reflect"
	"time"
	"unsafe"
)

// A Layout is a table and what was found out about it once: where in the struct
// the field of each attribute lies, and in which shape. With that, plain rows
// need no walk: a message is decoded in one pass over what it holds, and a request
// encoded from the settings that were made, whatever else the table has.
//
// It holds no fact of its own. Rows of which it knows no shape are left to the
// table, and so is each row that is not as it should be, so that what there is to
// say about it is said in one place.
type Layout struct {
	walk   func(v any, c *Codec)
	typ    reflect.Type     // a pointer to the struct
	fresh  reflect.Value    // a struct as it is before it is filled
	ops    [firstBit]op     // of each attribute
	fields [firstBit]*field // of the attributes that it has
	laid   Set              // what has a shape here
	told   Set              // of that, what goes into a request
}

// An op is what decoding and encoding look at for every attribute, apart from the
// rest, so that all of a table fits a few cache lines.
type op struct {
	at     uint32 // where it lies in the struct
	shape  shape
	member uint8 // of a Set
	width  uint8 // of the payload, 0 if it may have several
}

// A field is what a Layout knows of one attribute.
type field struct {
	shape   shape
	rows    uint8 // that are about the attribute
	bits    property
	member  uint16     // of a Set; for the IPv6 variant of an address, that of the other
	six     uint16     // the number of the IPv6 variant
	at      uintptr    // where it lies in the struct
	count   int        // of members
	least   uint64     // of a number, a length, or a time in nanoseconds
	most    uint64     //
	words   vocabulary // of an enumeration
	unit    *unit      // of a time
	payload Payload    // of what has a payload of its own, as it lay in the sample
	nest    *Layout    // of what lies in it
}

// shape is how a field lies in memory and in a payload.
type shape uint8

const (
	absent shape = iota // there is no such row
	tabled              // left to the table
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
	textNUL  // ends in a NUL
	textBare // does not
	hardware
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

// NewLayout finds out what the table of a struct says. Sample is a pointer to such
// a struct as it is before it is filled, and walk walks the table of one.
func NewLayout(sample any, walk func(v any, c *Codec)) *Layout {
	v := reflect.ValueOf(sample)
	l := &Layout{walk: walk, typ: v.Type(), fresh: reflect.New(v.Type().Elem()).Elem()}
	l.fresh.Set(v.Elem())
	s := &survey{base: v.UnsafePointer(), size: v.Type().Elem().Size(), layout: l}
	var c Codec
	c.start(surveying, allOf, nil)
	c.survey = s
	walk(sample, &c)
	l.sort()
	return l
}

// sort finds out which rows need no table, and what there is to look at for each.
func (l *Layout) sort() {
	for typ, f := range l.fields {
		if f == nil {
			continue
		}
		l.ops[typ] = op{at: uint32(f.at), shape: f.shape, member: uint8(f.member), width: f.width()}
		if f.shape == tabled {
			continue
		}
		l.laid.Add(uint16(typ))
		if f.bits&readOnly == 0 {
			l.told.Add(uint16(typ))
		}
	}
}

// base returns where v lies, if it is what the Layout is about.
func (l *Layout) base(v any) (unsafe.Pointer, bool) {
	if reflect.TypeOf(v) != l.typ {
		return nil, false
	}
	return pointerIn(v), true
}

// of returns the table of v.
func (l *Layout) of(v any) Table {
	return func(c *Codec) { l.walk(v, c) }
}

// A survey is the walk that a Layout is made by.
type survey struct {
	base   unsafe.Pointer
	size   uintptr
	layout *Layout
}

// note notes the shape of a row whose field lies at v; a row that is not noted, or
// lies elsewhere, is left to the table.
func (c *Codec) note(typ uint16, v unsafe.Pointer, f field) {
	s := c.survey
	f.at = uintptr(v) - uintptr(s.base)
	if old := s.layout.fields[typ]; old.rows == 1 && f.at < s.size {
		f.bits, f.member, f.rows = old.bits, old.member, 1
		*old = f
	}
}

// claim notes that there is a row for an attribute, for the table to deal with
// until a shape is noted. If there are several they stay with it.
func (s *survey) claim(typ, member uint16, p property) {
	if typ >= firstBit {
		return
	}
	l := s.layout
	if l.fields[typ] == nil {
		l.fields[typ] = &field{bits: p, member: member}
	}
	f := l.fields[typ]
	f.shape = tabled
	f.rows++
}

// noteReported notes a row that the kernel reports and cannot be told.
func (c *Codec) noteReported(typ uint16, v unsafe.Pointer, s shape) {
	if c.mode == surveying {
		c.note(typ, v, field{shape: s})
	}
}

// noteSkipped notes an attribute that is not wanted.
func (c *Codec) noteSkipped(typ uint16) {
	c.survey.claim(typ, typ, readOnly)
	c.note(typ, c.survey.base, field{shape: skipped})
}

// noteNumber notes a row of one number.
func (c *Codec) noteNumber(f *format, typ uint16, v unsafe.Pointer, bytes uintptr, limits []uint64, words vocabulary) {
	if int(bytes) != f.bytes {
		return
	}
	n := field{shape: f.shape(), most: ^uint64(0), words: words}
	if len(limits) == 2 {
		n.least, n.most = limits[0], limits[1]
	}
	c.note(typ, v, n)
}

func (f *format) shape() shape {
	switch {
	case f.big:
		return map[int]shape{2: big16, 4: big32, 8: big64}[f.bytes]
	default:
		return map[int]shape{1: number8, 2: number16, 4: number32, 8: number64}[f.bytes]
	}
}

// noteTime notes a row of a time.
func (c *Codec) noteTime(u *unit, typ uint16, v *time.Duration, limits []time.Duration) {
	f := field{shape: duration, unit: u, most: 1<<63 - 1}
	if len(limits) == 2 {
		f.least, f.most = uint64(limits[0]), uint64(limits[1])
	}
	c.note(typ, unsafe.Pointer(v), f)
}

// noteMembers notes a row of members, if they follow one another in the struct.
func noteMembers[T uint32 | uint64](c *Codec, s shape, typ uint16, v []*T) {
	if c.mode != surveying {
		return
	}
	size := unsafe.Sizeof(T(0))
	for i := range v {
		if uintptr(unsafe.Pointer(v[i])) != uintptr(unsafe.Pointer(v[0]))+uintptr(i)*size {
			return
		}
	}
	c.note(typ, unsafe.Pointer(v[0]), field{shape: s, count: len(v)})
}

// notePayload notes a row with a payload of its own, if it lies in the struct.
func (c *Codec) notePayload(typ uint16, v Payload) {
	if p := reflect.ValueOf(v); p.Kind() == reflect.Pointer {
		c.note(typ, p.UnsafePointer(), field{shape: payload, payload: v})
	}
}

// noteNest notes a row of a nest whose rows need no table.
func (c *Codec) noteNest(typ uint16, t Table) {
	if c.mode != surveying {
		return
	}
	s := c.survey
	inner := new(Layout)
	c.survey = &survey{base: s.base, size: s.size, layout: inner}
	t(c)
	c.survey = s
	if inner.plain() {
		inner.sort()
		c.note(typ, s.base, field{shape: nest, nest: inner})
	}
}

// plain reports whether no row needs the table.
func (l *Layout) plain() bool {
	for _, f := range l.fields {
		if f != nil && f.shape == tabled {
			return false
		}
	}
	return true
}
