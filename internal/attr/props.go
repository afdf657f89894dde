package attr

import "fmt"

// A Version is a release of Linux. The zero Version stands for every supported
// release.
type Version struct{ Major, Minor uint8 }

// String returns major.minor.
func (v Version) String() string {
	return fmt.Sprintf("%d.%d", v.Major, v.Minor)
}

// ReadOnly marks the next row as reported by the kernel but not settable.
func (c *Codec) ReadOnly() *Codec {
	return c.with(readOnly, c.props.since)
}

// WriteOnly marks the next row as settable but not reported by the kernel, so that
// it cannot be read back.
func (c *Codec) WriteOnly() *Codec {
	return c.with(writeOnly, c.props.since)
}

// CreateOnly marks the next row as fixed once the link exists.
func (c *Codec) CreateOnly() *Codec {
	return c.with(createOnly, c.props.since)
}

// Optional marks the next row as one that the kernel does not report in every state
// of the link or to every reader. Its absence does not imply a value.
func (c *Codec) Optional() *Codec {
	return c.with(mayHide, c.props.since)
}

// Since sets the release of Linux that introduced the next row, if it is later than
// the oldest supported release.
func (c *Codec) Since(major, minor uint8) *Codec {
	return c.with(0, Version{major, minor})
}

// NoKeyword marks the next row as one without an iproute2 keyword. Its name is then
// used only in errors.
func (c *Codec) NoKeyword() *Codec {
	return c.with(wordless, c.props.since)
}

// Numeric marks the next row, an enumeration, as one that iproute2 takes as a
// number.
func (c *Codec) Numeric() *Codec {
	return c.with(numeric, c.props.since)
}

// ValueOnly marks the next row as one that iproute2 takes without its name.
func (c *Codec) ValueOnly() *Codec {
	return c.with(unnamed, c.props.since)
}

// Hex marks the next row as printed in base 16.
func (c *Codec) Hex() *Codec {
	return c.with(hex, c.props.since)
}

// Nested marks the payload of the next row, a Payload, as a nest for which the
// kernel requires NLA_F_NESTED.
func (c *Codec) Nested() *Codec {
	return c.with(nested, c.props.since)
}

// NoEvent marks the next row as one whose changes are not reported: a counter, a
// timer or another value that changes by itself.
func (c *Codec) NoEvent() *Codec {
	return c.with(noEvent, c.props.since)
}

// Base16 marks the next row, a number, as one that iproute2 reads in base 16, with or
// without "0x".
func (c *Codec) Base16() *Codec {
	return c.with(base16, c.props.since)
}

// Takes lists words that iproute2 takes for the next row and does not print, separated by
// spaces: another name of the row, such as "vni", or a word in place of a number, such as
// "none=0".
func (c *Codec) Takes(words string) *Codec {
	if c.mode == reading {
		c.takes = words
	}
	return c
}

// Key sets the name of the next row in JSON, where its word is the name of another setting,
// or "-" for a row without a JSON form.
func (c *Codec) Key(name string) *Codec {
	if c.mode == reading {
		c.key = name
	}
	return c
}

// A Row describes one attribute of a table.
type Row struct {
	Type       uint16 // attribute number, or the member of Set for a bit
	Type6      uint16 // number of the IPv6 variant, if any
	Name       string
	Format     string // "u32", "be16", "mac", …
	ReadOnly   bool
	WriteOnly  bool
	CreateOnly bool
	MayHide    bool
	Wordless   bool
	Since      Version // zero: in every supported release
}

// Settable reports whether the kernel accepts the attribute at creation or later.
func (r Row) Settable() bool {
	return !r.ReadOnly
}

// Changeable reports whether the kernel accepts the attribute for an existing link.
func (r Row) Changeable() bool {
	return !r.ReadOnly && !r.CreateOnly
}

// Readable reports whether the kernel reports the attribute.
func (r Row) Readable() bool {
	return !r.WriteOnly
}

// with returns a Codec for one row that has c's properties and p.
func (c *Codec) with(p property, since Version) *Codec {
	c.by.props = props{c.props.bits | p, since}
	return &c.by
}

// row begins a row and reports whether this walk processes it. Callers test due
// first, because most walks skip most rows. That test is short enough for the
// compiler to inline into the table, where the number is a constant and the test is
// a load and a comparison.
func (c *Codec) row(typ, typ6 uint16, name, format string) bool {
	switch p := c.props; c.mode {
	case decoding:
		return true
	case surveying:
		c.survey.claim(typ, typ)
		if typ6 != 0 {
			c.survey.claim(typ6, typ)
		}
		return true
	case describing:
		c.tell(Row{typ, typ6, name, format, p.are(readOnly), p.are(writeOnly), p.are(createOnly), p.are(mayHide), p.are(wordless), p.since})
		return false
	case printing:
		return !p.are(readOnly) && c.hasWord(name)
	case reading:
		c.field = Field{Type: typ, Name: name, props: p, takes: c.takes, key: c.key}
		c.takes, c.key = "", ""
		return c.all || !p.are(readOnly)
	}
	return c.reporting() || !c.whole && !c.props.are(readOnly)
}

// reporting reports whether this walk compares what the kernel reports, and the row
// is not one whose changes are ignored.
func (c *Codec) reporting() bool {
	return c.whole && !c.props.are(noEvent)
}

// reported begins a row that the kernel reports but does not accept, and returns
// whether to decode it. A comparison finds the row's value at v. If v is nil, the
// caller adds the mark.
func (c *Codec) reported(typ uint16, name, format string, v any) bool {
	if !c.ReadOnly().row(typ, 0, name, format) {
		return false
	}
	if c.mode == recording && v != nil {
		c.addMark(typ, name, v)
	}
	c.giveReport(v)
	return c.mode == decoding
}

// hasWord reports whether iproute2 has a keyword for the row, and records the row's
// name in absent if not.
func (c *Codec) hasWord(name string) bool {
	if c.props.are(wordless) && !c.alone {
		c.absent = append(c.absent, name)
	}
	return !c.props.are(wordless) || c.alone
}
