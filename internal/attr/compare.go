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
func (c *Codec) mark(typ uint16, name string, p props) {
	if c.mode != recording {
		return
	}
	start := 0
	if n := len(c.marks); n > 0 {
		start = c.marks[n-1].end
	}
	c.marks = append(c.marks, mark{typ, name, len(c.buf), p, c.buf[start:], nil})
}

// markPayload is mark for a row with a payload of its own.
func (c *Codec) markPayload(typ uint16, name string, p props, v Payload) {
	c.mark(typ, name, p)
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
	a := c.record(set, refs, want)
	b := c.record(set, nil, have)
	var diffs []Difference
	for _, m := range a {
		if (!m.props.writeOnly || m.props.createOnly) && !m.equal(find(b, m.typ)) {
			diffs = append(diffs, Difference{m.typ, m.name, m.props.createOnly})
		}
	}
	return diffs
}

func (c *Codec) record(set Set, refs []Ref, t Table) []mark {
	c.start(recording, set, refs)
	c.marks = nil
	t(c)
	c.take()
	return c.marks
}

func find(marks []mark, typ uint16) mark {
	for _, m := range marks {
		if m.typ == typ {
			return m
		}
	}
	return mark{}
}

func (m *mark) equal(o mark) bool {
	if part, ok := m.payload.(Partial); ok {
		return part.Within(o.payload)
	}
	return bytes.Equal(m.encoding, o.encoding) || m.props.slack && m.near(o)
}

// near reports whether two recorded numbers differ by no more than one.
func (m *mark) near(o mark) bool {
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
