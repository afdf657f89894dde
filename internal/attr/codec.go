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
// The codec walks the method to encode, decode, check ranges, compare, print
// iproute2's words, and find the name of the attribute that an error is about. Byte
// order, width, units, enumerations and whether the kernel accepts, changes or
// reports an attribute are properties of its row, so each fact about an attribute is
// stated once.
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

// mode is the purpose of a walk.
type mode uint8

const (
	encoding mode = iota
	decoding
	checking
	printing
	recording  // encoding, but with each row kept apart for comparison
	describing // reporting each row
	surveying  // recording the position of each row's field
	reading    // passing the place of each row's field to a reader of words
)

// props are the properties of a row besides its type, name and format.
type props struct {
	bits  property
	since Version
}

// property is a set of flags that apply to a row.
type property uint16

const (
	readOnly property = 1 << iota
	writeOnly
	createOnly
	mayHide  // not reported in every state, or to everyone
	wordless // iproute2 has no keyword for it
	slack    // the kernel rounds it to its own clock
	unnamed  // iproute2 takes the value without the name
	nested   // sent with NLA_F_NESTED
	noEvent  // changes of it are not reported
	hex
	numeric // iproute2 takes the number of an enumeration
	base16  // iproute2 reads the number in base 16, also without 0x
)

// are reports whether the properties include p.
func (a props) are(p property) bool {
	return a.bits&p != 0
}

// A Codec walks tables. One value serves one walk at a time and is meant to be
// reused: its buffers grow once.
//
// A table receives a Codec without properties. A property such as ReadOnly returns
// another Codec, by, that shares the walk and has the property. Properties therefore
// apply to one row and need no reset, even if the row is skipped.
type Codec struct {
	*walk
	props props
}

// walk is the state of a Codec during a walk.
type walk struct {
	mode mode
	due  [firstBit + 64]bool // rows to process: those set, or found
	by   Codec               // the walk with the properties of one row
	nest Codec               // decodes the contents of a row

	buf    []byte // encoded or printed output
	in     *contents
	keep   func([]byte) []byte // copies message bytes for fields; nil if fields share the message
	refs   []Ref
	err    error
	marks  []mark // of both sides of a comparison
	room   []byte // buffer for comparisons and sizes
	whole  bool   // a recording includes rows that are only reported
	tell   func(Row)
	survey *survey
	absent []string // words that iproute2 lacks
	alone  bool     // rows are printed without their names
	bits   bitStruct
	only   Set    // the rows that Copy copies; empty for all
	takes  string // the words of Takes for the next row
	key    string // the argument of Key for the next row
	all    bool   // Fields has the rows that are only reported
	field  Field
	offer  func(*Field)
}

// contents describes one nest while it is decoded.
type contents struct {
	data  []byte
	at    [firstBit]uint32 // offset of the attribute of each type in due
	found Set
	known Set  // types that a row asked for
	high  bool // the nest has types of firstBit or above
}

// A Ref is a link that a setting refers to by name, with its index once known.
type Ref struct {
	Type  uint16
	Name  string
	Index int
}

// SetRef returns refs with a reference for typ, replacing an earlier one. It does
// not change refs, because clones of a builder share it.
func SetRef(refs []Ref, typ uint16, name string) []Ref {
	return append(slices.Clip(DropRef(refs, typ)), Ref{Type: typ, Name: name})
}

// DropRef returns refs without the reference for typ. It does not change refs.
func DropRef(refs []Ref, typ uint16) []Ref {
	is := func(r Ref) bool { return r.Type == typ }
	if !slices.ContainsFunc(refs, is) {
		return refs
	}
	return slices.DeleteFunc(slices.Clone(refs), is)
}

// An Error is a problem with one attribute.
type Error struct {
	Name  string // the row's name, empty if the error is not about a single row
	Text  string
	Errno syscall.Errno // errno that the kernel would return; 0 means EINVAL
}

// Error returns the name and the text.
func (e *Error) Error() string {
	if e.Name == "" {
		return e.Text
	}
	return e.Name + ": " + e.Text
}

// Encode walks t and appends the attributes in set to b. Rows for links take their
// index from refs.
func (c *Codec) Encode(b []byte, set Set, refs []Ref, t Table) []byte {
	c.start(encoding, set, refs)
	c.buf = b
	t(c)
	return c.take()
}

// Size walks t and returns the number of bytes that the attributes of the rows in set take.
func (c *Codec) Size(set Set, t Table) int {
	c.open()
	c.room = c.Encode(c.room[:0], set, nil, t)
	return len(c.room)
}

// Check walks t and returns the problems of the rows in set, or nil.
func (c *Codec) Check(set Set, refs []Ref, t Table) error {
	c.start(checking, set, refs)
	t(c)
	return c.err
}

// Print walks t and appends the iproute2 arguments for the rows in set to b, each
// preceded by a space. The second result names the rows for which iproute2 has no
// keyword.
func (c *Codec) Print(b []byte, set Set, refs []Ref, t Table) ([]byte, []string) {
	c.start(printing, set, refs)
	c.buf, c.absent = b, nil
	t(c)
	return c.take(), c.absent
}

// Value walks t and returns the value of one row as iproute2 writes it, without the
// row's name.
func (c *Codec) Value(typ uint16, refs []Ref, t Table) string {
	c.start(printing, SetOf(typ), refs)
	c.buf, c.absent, c.alone = nil, nil, true
	t(c)
	c.alone = false
	return strings.TrimSpace(string(c.take()))
}

// Decode walks t and fills its fields from the attributes in b. It returns the set
// of rows found and any errors; a bad attribute does not stop it from decoding the
// others. Attributes without a row are passed to unknown, in order.
//
// Afterwards slice and string fields share the memory of b, which must not change
// from then on, unless Keep is in use.
func (c *Codec) Decode(b []byte, t Table, unknown func(wire.Attr)) (Set, error) {
	c.decode("", b, t)
	c.leftover(unknown)
	return c.in.known, c.err
}

// Keep sets a function that copies message bytes: from then on, slice and string
// fields hold the result of f instead of the message's memory. InPlace fields are
// excepted, and attributes passed to unknown by Decode still share the message.
func (c *Codec) Keep(f func([]byte) []byte) {
	c.open()
	c.keep = f
}

// Held returns the slice that a field holds for the message bytes b.
func (c *Codec) Held(b []byte) []byte {
	if c.walk == nil || c.keep == nil {
		return b
	}
	return c.keep(b)
}

// Copy walks from and to, which are the same table with different values, and copies the
// values of the rows in set. Rows for links take their index from refs.
func (c *Codec) Copy(set Set, refs []Ref, from, to Table) error {
	c.start(encoding, set, refs)
	c.only = set
	from(c)
	b := c.take()
	c.start(decoding, Set{}, nil)
	c.only = set
	c.index("", b)
	to(c)
	return c.err
}

// skips reports whether a row that shares its attribute with others is not decoded.
func (c *Codec) skips(member uint16) bool {
	return !c.only.Empty() && !c.only.Has(member)
}

// Describe walks t and calls tell for each of its rows.
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
	c.mode, c.refs, c.err, c.bits, c.only = m, refs, nil, bitStruct{}, Set{}
	clear(c.due[:])
	for typ := range set.All() {
		c.due[typ] = true
	}
}

// decode is Decode for a nest of the given name.
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

// take returns the buffer and drops it from c.
func (c *Codec) take() []byte {
	b := c.buf
	c.buf = nil
	return b
}

// index records the offset of each attribute in b. If a type occurs more than once,
// the last one counts, as in the kernel. The name is the nest's.
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

// payload returns the payload of attribute typ and whether it is present. Fields may
// retain it.
func (c *Codec) payload(typ uint16) ([]byte, bool) {
	data, ok := c.inPlace(typ)
	if !ok {
		return nil, false
	}
	return c.Held(data), true
}

// inPlace is payload without the copy made by Keep.
func (c *Codec) inPlace(typ uint16) ([]byte, bool) {
	if !c.due[typ] {
		return nil, false
	}
	c.in.known.Add(typ)
	return wire.Payload(c.in.data[c.in.at[typ]:]), true
}

// leftover passes attributes without a row to unknown.
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

// refuse fails a row for a value that the kernel would reject with errno.
func (c *Codec) refuse(errno syscall.Errno, name, format string, args ...any) {
	c.err = errors.Join(c.err, &Error{Name: name, Text: fmt.Sprintf(format, args...), Errno: errno})
}

// outOfRange is refuse for values that kernels reject with ERANGE or EINVAL.
func (c *Codec) outOfRange(name, format string, args ...any) {
	c.refuse(syscall.ERANGE, name, format, args...)
}

func (c *Codec) failf(name, format string, args ...any) {
	c.fail(name, fmt.Sprintf(format, args...))
}

// Width returns an error unless data has n bytes.
func Width(data []byte, n int) error {
	if len(data) == n {
		return nil
	}
	return fmt.Errorf("%d bytes where %d are due", len(data), n)
}

// width is Width for the row of the given name, which fails if the width is wrong.
func (c *Codec) width(name string, data []byte, n int) bool {
	if len(data) != n {
		c.fail(name, Width(data, n).Error())
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
