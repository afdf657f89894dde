package attr

import (
	"reflect"
	"time"
	"unsafe"
)

// A Layout caches the structure of a table: the offset and the shape of the field
// for each attribute. Plain rows then need no walk. A message is decoded in one pass
// over its attributes, and a request is encoded from the settings that were made,
// regardless of the table's size.
//
// A Layout adds no facts to the table. It leaves rows of unknown shape to the table,
// and also any row with an invalid value or payload, so that only the table produces
// errors.
type Layout struct {
	walk   func(v any, c *Codec)
	typ    reflect.Type     // a pointer to the struct
	fresh  reflect.Value    // the initial value of the struct
	ops    [firstBit]op     // of each attribute
	fields [firstBit]*field // of the attributes in the table
	laid   Set              // attributes with a known shape
	told   Set              // the attributes in laid that can be sent
}

// An op holds the data needed to decode and encode every attribute. It is separate
// from field so that the ops of a whole table fit a few cache lines.
type op struct {
	at     uint32 // offset in the struct
	shape  shape
	member uint8 // of a Set
	width  uint8 // length of the payload, 0 if it varies
}

// A field is the description of one attribute in a Layout.
type field struct {
	shape   shape
	rows    uint8 // number of rows for the attribute
	bits    property
	member  uint16     // of a Set; the IPv6 variant of an address uses the IPv4 number
	six     uint16     // number of the IPv6 variant
	at      uintptr    // offset in the struct
	count   int        // number of members
	least   uint64     // limit of a number, a length, or a time in nanoseconds
	most    uint64     //
	words   vocabulary // of an enumeration
	unit    *unit      // of a time
	payload Payload    // of a Payload row, as it was in the sample
	nest    *Layout    // layout of a nest
}

// shape is the representation of a field in memory and in a payload.
type shape uint8

const (
	absent shape = iota // the attribute has no row
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
	textNUL  // ends with a NUL
	textBare // has no final NUL
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

// NewLayout surveys the table of a struct. Sample points to a struct with its
// initial values, and walk walks the table of a given struct.
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

// sort records which rows need no table, and builds the op of each row.
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

// base returns the address of the struct v, if v has the Layout's type.
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

// A survey is the state of the walk that builds a Layout.
type survey struct {
	base   unsafe.Pointer
	size   uintptr
	layout *Layout
}

// note records the shape of a row whose field is at v. A row that is not noted, or
// whose field lies outside the struct, is left to the table.
func (c *Codec) note(typ uint16, v unsafe.Pointer, f field) {
	s := c.survey
	f.at = uintptr(v) - uintptr(s.base)
	if old := s.layout.fields[typ]; old.rows == 1 && f.at < s.size {
		f.bits, f.member, f.rows = old.bits, old.member, 1
		*old = f
	}
}

// claim records that an attribute has a row. The row is left to the table until note
// records a shape. An attribute with several rows stays with the table.
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

// noteReported notes a row that the kernel only reports.
func (c *Codec) noteReported(typ uint16, v unsafe.Pointer, s shape) {
	if c.mode == surveying {
		c.note(typ, v, field{shape: s})
	}
}

// noteSkipped notes an attribute that the table skips.
func (c *Codec) noteSkipped(typ uint16) {
	c.survey.claim(typ, typ, readOnly)
	c.note(typ, c.survey.base, field{shape: skipped})
}

// noteNumber notes a row for one number.
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

// noteTime notes a row for a time.
func (c *Codec) noteTime(u *unit, typ uint16, v *time.Duration, limits []time.Duration) {
	f := field{shape: duration, unit: u, most: 1<<63 - 1}
	if len(limits) == 2 {
		f.least, f.most = uint64(limits[0]), uint64(limits[1])
	}
	c.note(typ, unsafe.Pointer(v), f)
}

// noteMembers notes a row for a struct of numbers, if they are contiguous in memory.
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

// notePayload notes a row for a Payload, if it is a pointer into the struct.
func (c *Codec) notePayload(typ uint16, v Payload) {
	if p := reflect.ValueOf(v); p.Kind() == reflect.Pointer {
		c.note(typ, p.UnsafePointer(), field{shape: payload, payload: v})
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
	if inner.plain() {
		inner.sort()
		c.note(typ, s.base, field{shape: nest, nest: inner})
	}
}

// plain reports whether no row is left to the table.
func (l *Layout) plain() bool {
	for _, f := range l.fields {
		if f != nil && f.shape == tabled {
			return false
		}
	}
	return true
}
