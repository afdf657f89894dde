package attr

import "fmt"

// A Version is a release of Linux, zero where it does not matter.
type Version struct{ Major, Minor uint8 }

// String returns major.minor.
func (v Version) String() string {
	return fmt.Sprintf("%d.%d", v.Major, v.Minor)
}

// ReadOnly says of the next row that the kernel reports it and cannot be told.
func (c *Codec) ReadOnly() *Codec {
	c.next.readOnly = true
	return c
}

// WriteOnly says of the next row that the kernel takes it and does not report
// it, so that nothing can be read back.
func (c *Codec) WriteOnly() *Codec {
	c.next.writeOnly = true
	return c
}

// CreateOnly says of the next row that it is fixed once the link exists.
func (c *Codec) CreateOnly() *Codec {
	c.next.createOnly = true
	return c
}

// MayHide says of the next row that the kernel does not report it in every state
// of the link or to every reader: its absence says nothing about its value.
func (c *Codec) MayHide() *Codec {
	c.next.mayHide = true
	return c
}

// Since says of the next row in which release of Linux it appeared, where that
// is later than the oldest release supported.
func (c *Codec) Since(major, minor uint8) *Codec {
	c.next.since = Version{major, minor}
	return c
}

// Wordless says of the next row that iproute2 has no word for it. Its name is
// then for errors only.
func (c *Codec) Wordless() *Codec {
	c.next.wordless = true
	return c
}

// Numeric says of the next row, an enumeration, that iproute2 is told its
// number.
func (c *Codec) Numeric() *Codec {
	c.next.numeric = true
	return c
}

// Unnamed says of the next row that iproute2 is told its value without its name.
func (c *Codec) Unnamed() *Codec {
	c.next.unnamed = true
	return c
}

// Hex says of the next row that it is printed in base 16.
func (c *Codec) Hex() *Codec {
	c.next.hex = true
	return c
}

// Nested says of the next row, which has a payload of its own, that the payload
// is a nest, and that the kernel insists on NLA_F_NESTED.
func (c *Codec) Nested() *Codec {
	c.next.nested = true
	return c
}

// A Row is what a table says about one attribute.
type Row struct {
	Type       uint16 // its number, or the member of Set for a bit
	Type6      uint16 // the number of the IPv6 variant, if there is one
	Name       string
	Format     string // "u32", "be16", "mac", …
	ReadOnly   bool
	WriteOnly  bool
	CreateOnly bool
	MayHide    bool
	Wordless   bool
	Since      Version // zero: in every release supported
}

// Settable reports whether the kernel takes it at creation or later.
func (r Row) Settable() bool {
	return !r.ReadOnly
}

// Changeable reports whether the kernel takes it for an existing link.
func (r Row) Changeable() bool {
	return !r.ReadOnly && !r.CreateOnly
}

// Readable reports whether the kernel reports it.
func (r Row) Readable() bool {
	return !r.WriteOnly
}

// row begins a row: it takes the pending properties and reports whether the
// row is to be dealt with in this walk.
func (c *Codec) row(typ, typ6 uint16, name, format string) (props, bool) {
	p := c.next
	c.next, c.unnamed = props{}, p.unnamed || c.alone
	switch c.mode {
	case describing:
		c.tell(Row{typ, typ6, name, format, p.readOnly, p.writeOnly, p.createOnly, p.mayHide, p.wordless, p.since})
		return p, false
	case decoding:
		return p, true
	case printing:
		return p, c.set.Has(typ) && !p.readOnly && c.hasWord(p, name)
	}
	return p, c.set.Has(typ) && !p.readOnly
}

// hasWord reports whether iproute2 has a word for the row, and notes its name
// if not.
func (c *Codec) hasWord(p props, name string) bool {
	if p.wordless && !c.alone {
		c.absent = append(c.absent, name)
	}
	return !p.wordless || c.alone
}
