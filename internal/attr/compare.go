package attr

import (
	"bytes"

	"github.com/iplink-go/iplink/internal/wire"
)

// A mark locates one row in the recorded bytes.
type mark struct {
	typ      uint16
	name     string
	end      int
	props    props
	encoding []byte
	payload  Payload // of a Payload row
}

// mark attributes the bytes appended since the last mark to the given row. It does
// nothing unless the codec is recording.
func (c *Codec) mark(typ uint16, name string) {
	if c.mode == recording {
		c.addMark(typ, name, nil)
	}
}

func (c *Codec) addMark(typ uint16, name string, v Payload) {
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
	c.open()
	clear(c.marks)
	c.buf, c.marks = c.room[:0], c.marks[:0]
	a := c.record(set, refs, want)
	b := c.record(set, nil, have)
	c.room = c.take()
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

func (m *mark) readable() bool {
	return !m.props.are(writeOnly) || m.props.are(createOnly)
}

// record walks t and returns the marks of its rows.
func (c *Codec) record(set Set, refs []Ref, t Table) []mark {
	c.start(recording, set, refs)
	n := len(c.marks)
	t(c)
	return c.marks[n:]
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
	if part, ok := m.payload.(Partial); ok {
		return part.Within(o.payload)
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
