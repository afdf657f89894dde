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
	return c.with(readOnly, c.props.since)
}

// WriteOnly says of the next row that the kernel takes it and does not report
// it, so that nothing can be read back.
func (c *Codec) WriteOnly() *Codec {
	return c.with(writeOnly, c.props.since)
}

// CreateOnly says of the next row that it is fixed once the link exists.
func (c *Codec) CreateOnly() *Codec {
	return c.with(createOnly, c.props.since)
}

// Optional says of the next row that the kernel does not report it in every state
// of the link or to every reader: its absence says nothing about its value.
func (c *Codec) Optional() *Codec {
	return c.with(mayHide, c.props.since)
}

// Since says of the next row in which release of Linux it appeared, where that
// is later than the oldest release supported.
func (c *Codec) Since(major, minor uint8) *Codec {
	return c.with(0, Version{major, minor})
}

// NoKeyword says of the next row that iproute2 has no word for it. Its name is
// then for errors only.
func (c *Codec) NoKeyword() *Codec {
	return c.with(wordless, c.props.since)
}

// Numeric says of the next row, an enumeration, that iproute2 is told its
// number.
func (c *Codec) Numeric() *Codec {
	return c.with(numeric, c.props.since)
}

// ValueOnly says of the next row that iproute2 is told its value without its name.
func (c *Codec) ValueOnly() *Codec {
	return c.with(unnamed, c.props.since)
}

// Hex says of the next row that it is printed in base 16.
func (c *Codec) Hex() *Codec {
	return c.with(hex, c.props.since)
}

// Nested says of the next row, which has a payload of its own, that the payload
// is a nest, and that the kernel insists on NLA_F_NESTED.
func (c *Codec) Nested() *Codec {
	return c.with(nested, c.props.since)
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

// with returns the Codec that has the properties of one row: another, and those
// that c has already.
func (c *Codec) with(p property, since Version) *Codec {
	c.by.props = props{c.props.bits | p, since}
	return &c.by
}

// row begins a row that is due, which every row asks first: it is not for most
// rows of most walks. The question is so short that the compiler takes a row up to
// there into the table, where the number is a constant and the answer a load and
// a test. It reports whether the row is to be dealt with in this walk.
func (c *Codec) row(typ, typ6 uint16, name, format string) bool {
	switch p := c.props; c.mode {
	case decoding:
		return true
	case surveying:
		c.survey.claim(typ, typ, p.bits)
		if typ6 != 0 {
			c.survey.claim(typ6, typ, p.bits)
		}
		return true
	case describing:
		c.tell(Row{typ, typ6, name, format, p.are(readOnly), p.are(writeOnly), p.are(createOnly), p.are(mayHide), p.are(wordless), p.since})
		return false
	case printing:
		return !p.are(readOnly) && c.hasWord(name)
	}
	return !c.props.are(readOnly)
}

// reported begins a row that the kernel reports and cannot be told.
func (c *Codec) reported(typ uint16, name, format string) bool {
	return c.ReadOnly().row(typ, 0, name, format) && c.mode == decoding
}

// hasWord reports whether iproute2 has a word for the row, and notes its name
// if not.
func (c *Codec) hasWord(name string) bool {
	if c.props.are(wordless) && !c.alone {
		c.absent = append(c.absent, name)
	}
	return !c.props.are(wordless) || c.alone
}
