package attr

import (
	"bytes"

	"github.com/iplink-go/iplink/internal/wire"
)

// A mark is where one row lies in what was recorded.
type mark struct {
	typ      uint16
	name     string
	end      int
	props    props
	encoding []byte
	payload  Payload // of a row that has one of its own
}

// mark notes, while recording, that what was appended since the last mark is
// the given row.
func (c *Codec) mark(typ uint16, name string) {
	if c.mode == recording {
		c.addMark(typ, name)
	}
}

func (c *Codec) addMark(typ uint16, name string) {
	start := 0
	if n := len(c.marks); n > 0 {
		start = c.marks[n-1].end
	}
	c.marks = append(c.marks, mark{typ, name, len(c.buf), c.props, c.buf[start:], nil})
}

// markPayload is mark for a row with a payload of its own.
func (c *Codec) markPayload(typ uint16, name string, v Payload) {
	c.mark(typ, name)
	if c.mode == recording {
		c.marks[len(c.marks)-1].payload = v
	}
}

// A Difference is a row in which two values of one table differ.
type Difference struct {
	Type       uint16
	Name       string
	CreateOnly bool
}

// Compare walks want and have, which are the same table with other values, and
// returns the rows of set that differ. Rows that cannot be read back are left
// out, unless they are fixed, which makes them part of another that can; and so
// is a difference of one tick in times that the kernel rounds.
func (c *Codec) Compare(set Set, refs []Ref, want, have Table) []Difference {
	return c.CompareReported(set, allOf, refs, want, have)
}

// CompareReported is Compare that leaves out rows which the kernel may hide and
// did: those that are not in reported.
func (c *Codec) CompareReported(set, reported Set, refs []Ref, want, have Table) []Difference {
	if set.Empty() {
		return nil
	}
	a := c.record(0, set, refs, want)
	b := c.record(1, set, nil, have)
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

// recorded is the memory that one side of a comparison is recorded in.
type recorded struct {
	buf   []byte
	marks []mark
}

func (c *Codec) record(side int, set Set, refs []Ref, t Table) []mark {
	c.start(recording, set, refs)
	r := &c.sides[side]
	clear(r.marks)
	c.buf, c.marks = r.buf[:0], r.marks[:0]
	t(c)
	r.buf, r.marks = c.take(), c.marks
	c.marks = nil
	return r.marks
}

// find returns the mark of a row, which is most likely at the same place as in
// the other side.
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

// near reports whether two recorded numbers differ by no more than one.
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
