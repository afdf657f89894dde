package attr

import (
	"bytes"
	"reflect"
	"slices"

	"github.com/iplink-go/iplink/internal/wire"
)

// A mark locates one row in the recorded bytes.
type mark struct {
	typ      uint16
	name     string
	end      int
	props    props
	encoding []byte
	value    any // a pointer, of a row whose encoding may lack part of the value
}

// mark attributes the bytes appended since the last mark to the given row. It does
// nothing unless the codec is recording.
func (c *Codec) mark(typ uint16, name string) {
	if c.mode == recording {
		c.addMark(typ, name, nil)
	}
}

// addMark is mark for a codec that is recording. The row's value is at v, or v is nil
// if the encoding contains all of it.
func (c *Codec) addMark(typ uint16, name string, v any) {
	start := 0
	if n := len(c.marks); n > 0 {
		start = c.marks[n-1].end
	}
	c.marks = append(c.marks, mark{typ, name, len(c.buf), c.props, c.buf[start:], v})
}

// A Difference is a row that differs between two values of one table.
type Difference struct {
	Type       uint16
	Name       string
	CreateOnly bool
}

// Compare walks want and have, which are the same table with different values, and
// returns the rows of set that differ. It ignores rows that cannot be read back,
// unless they are create-only: those are part of another row that can be read. It
// also ignores a difference of one tick in times that the kernel rounds.
func (c *Codec) Compare(set Set, refs []Ref, want, have Table) []Difference {
	return c.CompareReported(set, allOf, refs, want, have)
}

// CompareReported is Compare, but it ignores rows that the kernel may omit and that
// are absent from reported.
func (c *Codec) CompareReported(set, reported Set, refs []Ref, want, have Table) []Difference {
	if set.Empty() {
		return nil
	}
	a, b := c.record(false, set, refs, want, have)
	var diffs []Difference
	for i := range a {
		m := &a[i]
		hidden := m.props.are(mayHide) && !reported.Has(m.typ)
		if !hidden && m.readable() && !m.equal(find(b, i, m.typ)) {
			diffs = append(diffs, Difference{m.typ, m.name, m.props.are(createOnly)})
		}
	}
	return diffs
}

// Changes walks two reports with the same table and returns the names of the rows
// that differ, except rows with the property NoEvent. A row that was found in only
// one of them differs: was and is hold the rows found in old and in now.
func (c *Codec) Changes(was, is Set, old, now Table) (names []string) {
	a, b := c.record(true, was.Or(is), nil, old, now)
	for i := range a {
		m := &a[i]
		if was.Has(m.typ) != is.Has(m.typ) || m.changed(find(b, i, m.typ)) {
			names = append(names, m.name)
		}
	}
	return slices.Compact(names) // a nest has several marks
}

// changed reports whether a row of a report differs from o, the same row of another.
func (m *mark) changed(o *mark) bool {
	switch v := m.value.(type) {
	case nil:
		return !bytes.Equal(m.encoding, o.encoding)
	case *[]byte:
		return !bytes.Equal(*v, *o.value.(*[]byte))
	case Comparer:
		return !v.Same(o.value.(Payload))
	}
	return !reflect.DeepEqual(m.value, o.value)
}

func (m *mark) readable() bool {
	return !m.props.are(writeOnly) || m.props.are(createOnly)
}

// record walks both tables and returns the marks of their rows. Only the first one
// takes refs. If whole is true, rows that are only reported are included.
func (c *Codec) record(whole bool, set Set, refs []Ref, want, have Table) (a, b []mark) {
	c.start(recording, set, refs)
	clear(c.marks)
	c.whole, c.buf, c.marks = whole, c.room[:0], c.marks[:0]
	want(c)
	n := len(c.marks)
	c.refs = nil
	have(c)
	c.room, c.whole = c.take(), false
	return c.marks[:n], c.marks[n:]
}

// find returns the mark of a row. It tries index i first, because both sides usually
// have the same order.
func find(marks []mark, i int, typ uint16) *mark {
	if i < len(marks) && marks[i].typ == typ {
		return &marks[i]
	}
	for i := range marks {
		if marks[i].typ == typ {
			return &marks[i]
		}
	}
	return &mark{}
}

func (m *mark) equal(o *mark) bool {
	if part, ok := m.value.(Partial); ok {
		have, _ := o.value.(Payload)
		return part.Within(have)
	}
	return bytes.Equal(m.encoding, o.encoding) || m.props.are(slack) && m.near(o)
}

// near reports whether two recorded numbers differ by at most one.
func (m *mark) near(o *mark) bool {
	if len(m.encoding) != len(o.encoding) || len(m.encoding) < wire.AttrLen {
		return false
	}
	f := &u32
	if len(m.encoding) == wire.AttrLen+u64.bytes {
		f = &u64
	}
	x, y := f.parse(m.encoding[wire.AttrLen:]), f.parse(o.encoding[wire.AttrLen:])
	return max(x, y)-min(x, y) <= 1
}
