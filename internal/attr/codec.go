// Package attr is the codec that walks a kind's attribute table.
//
// A kind names each of its attributes once, in a method, as a program names its
// flags for package flag:
//
//	func (v *VXLANInfo) attrs(c *attr.Codec) {
//		attr.U32(c, uapi.IFLA_VXLAN_ID, "id", &v.VNI, 0, 1<<24-1)
//		attr.Bool(c, uapi.IFLA_VXLAN_LEARNING, "learning", &v.Learning)
//		attr.BE16(c.CreateOnly(), uapi.IFLA_VXLAN_PORT, "dstport", &v.Port)
//	}
//
// Walking the method, the codec encodes, decodes, checks ranges, compares,
// prints the words of iproute2, and finds the name of the attribute that an
// error is about. Byte order, width, units, enumerations and whether the kernel
// takes, changes or reports an attribute are properties of its row, so that no
// fact about an attribute stands in two places.
//
// The rows are functions rather than methods because Go methods have no type
// parameters, and a row must keep the named type of its field.
package attr

import (
	"errors"
	"fmt"
	"strings"

	"github.com/iplink-go/iplink/internal/wire"
)

// A Table is a method that names the attributes of one nest.
type Table func(*Codec)

// mode says what a walk is for.
type mode uint8

const (
	encoding mode = iota
	decoding
	checking
	printing
	recording  // encoding, with each row apart, to compare
	describing // telling about each row
)

// props are the properties of a row beside its type, name and format.
type props struct {
	readOnly, writeOnly, createOnly bool
	mayHide                         bool // not reported in every state, or to everyone
	wordless                        bool // iproute2 has no word for it
	slack                           bool // the kernel rounds it to its own clock
	unnamed                         bool // iproute2 is told the value alone
	nested                          bool // goes out with NLA_F_NESTED
	hex                             bool
	numeric                         bool // iproute2 is told the number of an enumeration
	since                           Version
}

// span is where a payload lies in the bytes that are decoded.
type span struct{ off, len uint32 }

// A Codec walks tables. One value serves one walk at a time and is meant to be
// reused: its buffers grow once.
type Codec struct {
	mode    mode
	next    props // of the row that comes next
	unnamed bool  // the present row is printed without its name
	alone   bool  // all rows are
	set     Set   // which rows are set, or were found

	buf []byte // what is encoded or printed

	data   []byte // what is decoded
	in     [firstBit]span
	known  Set // types that a row asked for
	refs   []Ref
	err    error
	marks  []mark
	tell   func(Row)
	absent []string // words that iproute2 lacks
	bits   bitStruct
}

// A Ref is a link that a setting refers to by name, and its index once known.
type Ref struct {
	Type  uint16
	Name  string
	Index int
}

// An Error says what is wrong with one attribute.
type Error struct {
	Name string // the row's name, empty if no single row is at fault
	Text string
}

// Error returns the name and the text.
func (e *Error) Error() string {
	if e.Name == "" {
		return e.Text
	}
	return e.Name + ": " + e.Text
}

// Encode walks t and appends to b the attributes that are in set. Rows for
// links take their index from refs.
func (c *Codec) Encode(b []byte, set Set, refs []Ref, t Table) []byte {
	c.start(encoding, set, refs)
	c.buf = b
	t(c)
	return c.take()
}

// Check walks t and returns what is wrong with the rows in set, nil if nothing.
func (c *Codec) Check(set Set, refs []Ref, t Table) error {
	c.start(checking, set, refs)
	t(c)
	return c.err
}

// Print walks t and appends to b the words by which iproute2 is told of the
// rows in set, each with a space before it. The second result names the rows
// that iproute2 has no word for.
func (c *Codec) Print(b []byte, set Set, refs []Ref, t Table) ([]byte, []string) {
	c.start(printing, set, refs)
	c.buf, c.absent = b, nil
	t(c)
	return c.take(), c.absent
}

// Value walks t and returns the value of one row in iproute2's words, without
// the row's name.
func (c *Codec) Value(typ uint16, refs []Ref, t Table) string {
	c.start(printing, SetOf(typ), refs)
	c.buf, c.absent, c.alone = nil, nil, true
	t(c)
	c.alone = false
	return strings.TrimSpace(string(c.take()))
}

// Decode walks t and fills its fields from the attributes in b. It returns the
// set of rows that were found and what went wrong; whatever can be decoded is.
// Attributes that no row asked for are handed to unknown, in order.
//
// Fields that are slices or strings afterwards share the memory of b, which
// must not change from then on.
func (c *Codec) Decode(b []byte, t Table, unknown func(wire.Attr)) (Set, error) {
	c.start(decoding, Set{}, nil)
	c.known = Set{}
	c.index("", b)
	t(c)
	c.leftover(b, unknown)
	return c.set.And(c.known), c.err
}

// Describe walks t and tells about each of its rows.
func (c *Codec) Describe(t Table, tell func(Row)) {
	c.start(describing, Set{}, nil)
	c.tell = tell
	t(c)
	c.tell = nil
}

func (c *Codec) start(m mode, set Set, refs []Ref) {
	c.mode, c.set, c.refs, c.err, c.next = m, set, refs, nil, props{}
	c.bits = bitStruct{}
}

// take hands out the buffer and keeps none of it.
func (c *Codec) take() []byte {
	b := c.buf
	c.buf = nil
	return b
}

// index notes where the payload of each attribute in b lies; of several with
// one type the last counts, as in the kernel. The name is that of the nest.
func (c *Codec) index(name string, b []byte) {
	c.data = b
	c.set = Set{}
	off := 0
	for a, err := range wire.Attrs(b) {
		if err != nil {
			c.fail(name, err.Error())
			return
		}
		if a.Type < firstBit {
			c.in[a.Type] = span{uint32(off + wire.AttrLen), uint32(len(a.Data))}
			c.set.Add(a.Type)
		}
		off += wire.Align(wire.AttrLen + len(a.Data))
	}
}

// payload returns what came for typ, and whether anything did.
func (c *Codec) payload(typ uint16) ([]byte, bool) {
	c.known.Add(typ)
	if !c.set.Has(typ) {
		return nil, false
	}
	s := c.in[typ]
	return c.data[s.off : s.off+s.len : s.off+s.len], true
}

func (c *Codec) leftover(b []byte, unknown func(wire.Attr)) {
	if unknown == nil {
		return
	}
	for a, err := range wire.Attrs(b) {
		if err != nil {
			return
		}
		if a.Type >= firstBit || !c.known.Has(a.Type) {
			unknown(a)
		}
	}
}

func (c *Codec) fail(name, text string) {
	c.err = errors.Join(c.err, &Error{Name: name, Text: text})
}

func (c *Codec) failf(name, format string, args ...any) {
	c.fail(name, fmt.Sprintf(format, args...))
}

// width reports whether data has n bytes, and fails the row if not.
func (c *Codec) width(name string, data []byte, n int) bool {
	if len(data) != n {
		c.failf(name, "%d bytes where %d are due", len(data), n)
	}
	return len(data) == n
}

// ref returns the reference for typ, if there is one.
func (c *Codec) ref(typ uint16) (Ref, bool) {
	for _, r := range c.refs {
		if r.Type == typ {
			return r, true
		}
	}
	return Ref{}, false
}
