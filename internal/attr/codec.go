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
	"slices"
	"strings"
	"syscall"

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
	surveying  // noting where the field of each row lies
)

// props are the properties of a row beside its type, name and format.
type props struct {
	bits  property
	since Version
}

// property is a set of properties that a row has or lacks.
type property uint16

const (
	readOnly property = 1 << iota
	writeOnly
	createOnly
	mayHide  // not reported in every state, or to everyone
	wordless // iproute2 has no word for it
	slack    // the kernel rounds it to its own clock
	unnamed  // iproute2 is told the value alone
	nested   // goes out with NLA_F_NESTED
	hex
	numeric // iproute2 is told the number of an enumeration
)

// are reports whether the properties include p.
func (a props) are(p property) bool {
	return a.bits&p != 0
}

// A Codec walks tables. One value serves one walk at a time and is meant to be
// reused: its buffers grow once.
//
// What a table is handed is a Codec without properties. A property, such as
// ReadOnly, hands on another, by, that shares the walk and has them; so they hold
// for one row and nobody has to take them back, which rows that are passed over
// would have to.
type Codec struct {
	*walk
	props props
}

// walk is what is going on in a Codec.
type walk struct {
	mode mode
	due  [firstBit + 64]bool // which rows there is something to do for: those set, or found
	by   Codec               // the walk with the properties of one row
	nest Codec               // decodes what lies in a row

	buf    []byte // what is encoded or printed
	in     *contents
	keep   func([]byte) []byte // what fields hold of a message, nil if it itself
	refs   []Ref
	err    error
	marks  []mark
	sides  [2]recorded // of a comparison
	tell   func(Row)
	survey *survey
	absent []string // words that iproute2 lacks
	alone  bool     // rows are printed without their names
	bits   bitStruct
}

// contents is what one nest holds, while it is decoded.
type contents struct {
	data  []byte
	at    [firstBit]uint32 // where the attribute of each type that is due begins
	found Set
	known Set  // types that a row asked for
	high  bool // there are types beyond those
}

// A Ref is a link that a setting refers to by name, and its index once known.
type Ref struct {
	Type  uint16
	Name  string
	Index int
}

// SetRef returns refs with a reference for typ in place of an earlier one. Refs
// itself is not changed, as clones of a builder share it.
func SetRef(refs []Ref, typ uint16, name string) []Ref {
	return append(slices.Clip(DropRef(refs, typ)), Ref{Type: typ, Name: name})
}

// DropRef returns refs without the reference for typ, and does not change refs.
func DropRef(refs []Ref, typ uint16) []Ref {
	is := func(r Ref) bool { return r.Type == typ }
	if !slices.ContainsFunc(refs, is) {
		return refs
	}
	return slices.DeleteFunc(slices.Clone(refs), is)
}

// An Error says what is wrong with one attribute.
type Error struct {
	Name  string // the row's name, empty if no single row is at fault
	Text  string
	Errno syscall.Errno // by which the kernel would refuse it; 0 is EINVAL
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
// must not change from then on, unless Keep says otherwise.
func (c *Codec) Decode(b []byte, t Table, unknown func(wire.Attr)) (Set, error) {
	c.decode("", b, t)
	c.leftover(unknown)
	return c.in.known, c.err
}

// Keep has fields that are slices or strings hold what f returns for their bytes,
// from then on, and not the memory of the message; but for those of InPlace. What
// Decode hands to unknown is the message's still.
func (c *Codec) Keep(f func([]byte) []byte) {
	c.open()
	c.keep = f
}

// Held returns what a field is to hold for bytes of a message.
func (c *Codec) Held(b []byte) []byte {
	if c.walk == nil || c.keep == nil {
		return b
	}
	return c.keep(b)
}

// Describe walks t and tells about each of its rows.
func (c *Codec) Describe(t Table, tell func(Row)) {
	c.start(describing, allOf, nil)
	c.tell = tell
	t(c)
	c.tell = nil
}

// open makes sure that there is a walk.
func (c *Codec) open() {
	if c.walk == nil {
		c.walk = &walk{}
		c.by.walk = c.walk
	}
}

func (c *Codec) start(m mode, set Set, refs []Ref) {
	c.open()
	c.mode, c.refs, c.err, c.bits = m, refs, nil, bitStruct{}
	clear(c.due[:])
	for typ := range set.All() {
		c.due[typ] = true
	}
}

// decode is Decode for a nest of that name.
func (c *Codec) decode(name string, b []byte, t Table) {
	c.start(decoding, Set{}, nil)
	c.index(name, b)
	t(c)
}

// decodeOnly is Decode for the rows in set.
func (c *Codec) decodeOnly(set Set, b []byte, t Table) error {
	c.start(decoding, Set{}, nil)
	c.index("", b)
	for typ := range c.in.found.Minus(set).All() {
		c.due[typ] = false
	}
	t(c)
	return c.err
}

// take hands out the buffer and keeps none of it.
func (c *Codec) take() []byte {
	b := c.buf
	c.buf = nil
	return b
}

// index notes where each attribute in b lies; of several with one type the last
// counts, as in the kernel. The name is that of the nest.
func (c *Codec) index(name string, b []byte) {
	if c.in == nil {
		c.in = &contents{}
	}
	in := c.in
	in.data, in.found, in.known, in.high = b, Set{}, Set{}, false
	for at := 0; at+wire.AttrLen <= len(b); {
		typ, n := wire.AttrHeader(b[at:])
		switch {
		case n < wire.AttrLen || n > len(b)-at:
			c.fail(name, wire.ErrTruncated.Error())
			return
		case typ < firstBit:
			in.at[typ] = uint32(at)
			in.found.Add(typ)
			c.due[typ] = true
		default:
			in.high = true
		}
		at += wire.Align(n)
	}
}

// payload returns what came for typ, and whether anything did. Fields may hold it.
func (c *Codec) payload(typ uint16) ([]byte, bool) {
	data, ok := c.inPlace(typ)
	if !ok {
		return nil, false
	}
	return c.Held(data), true
}

// inPlace is payload that stays where it is.
func (c *Codec) inPlace(typ uint16) ([]byte, bool) {
	if !c.due[typ] {
		return nil, false
	}
	c.in.known.Add(typ)
	return wire.Payload(c.in.data[c.in.at[typ]:]), true
}

// leftover hands on what no row asked for.
func (c *Codec) leftover(unknown func(wire.Attr)) {
	in := c.in
	if unknown == nil || !in.high && in.found.Minus(in.known).Empty() {
		return
	}
	for a, err := range wire.Attrs(in.data) {
		if err != nil {
			return
		}
		if a.Type >= firstBit || !in.known.Has(a.Type) {
			unknown(a)
		}
	}
}

func (c *Codec) fail(name, text string) {
	c.err = errors.Join(c.err, &Error{Name: name, Text: text})
}

// refuse fails a row whose value the kernel would refuse by errno.
func (c *Codec) refuse(errno syscall.Errno, name, format string, args ...any) {
	c.err = errors.Join(c.err, &Error{Name: name, Text: fmt.Sprintf(format, args...), Errno: errno})
}

// outOfRange is refuse for what kernels refuse by ERANGE or EINVAL.
func (c *Codec) outOfRange(name, format string, args ...any) {
	c.refuse(syscall.ERANGE, name, format, args...)
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
