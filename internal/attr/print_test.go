package attr_test

import (
	"net"
	"slices"
	"testing"

	"github.com/iplink-go/iplink/internal/attr"
)

func TestPrintWords(t *testing.T) {
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 1}
	for _, c := range []struct {
		name string
		row  func(*attr.Codec, *values)
		v    values
		want string
	}{
		{"no bool", func(c *attr.Codec, v *values) { attr.Bool(c, typ, "learning", &v.on) }, values{}, " nolearning"},
		{"off", func(c *attr.Codec, v *values) { attr.OnOff(c, typ, "locked", &v.on) }, values{}, " locked off"},
		{"0", func(c *attr.Codec, v *values) { attr.Bool01(c, typ, "mcast_querier", &v.on) }, values{}, " mcast_querier 0"},
		{"no flag", func(c *attr.Codec, v *values) { attr.Flag(c, typ, "gbp", &v.on) }, values{}, ""},
		{"hex", func(c *attr.Codec, v *values) { attr.U8(c.Hex(), typ, "tos", &v.u8) }, values{u8: 0x2c}, " tos 0x2c"},
		{"unnamed", func(c *attr.Codec, v *values) { attr.MAC(c.ValueOnly(), typ, "macaddr", &v.mac) }, values{mac: mac}, " 02:00:00:00:00:01"},
		{"unnamed enum", func(c *attr.Codec, v *values) { attr.Enum(c.ValueOnly(), typ, "mode", &v.enum, colours) }, values{enum: 4}, " green"},
		{"unnamed number", func(c *attr.Codec, v *values) { attr.U16(c.ValueOnly(), typ, "id", &v.u16) }, values{u16: 0x1234}, " 4660"},
		{"named list", func(c *attr.Codec, v *values) { attr.MACs(c, typ, elem, "set", &v.macs) }, values{macs: []net.HardwareAddr{mac}}, " set 02:00:00:00:00:01"},
		{"named, empty list", func(c *attr.Codec, v *values) { attr.MACs(c, typ, elem, "set", &v.macs) }, values{}, " set"},
		{"numeric", func(c *attr.Codec, v *values) { attr.Enum(c.Numeric(), typ, "state", &v.enum, colours) }, values{enum: 4}, " state 4"},
		{"wordless value", func(c *attr.Codec, v *values) { attr.Enum(c, typ, "mode", &v.enum, colours) }, values{enum: 2}, " mode 2"},
		{"wordless protocol", func(c *attr.Codec, v *values) { attr.EnumBE16(c, typ, "protocol", &v.protocol, protocols) }, values{protocol: 0x1234}, " protocol 4660"},
		{"quoted", func(c *attr.Codec, v *values) { attr.Text(c, typ, "alias", &v.text, 255) }, values{text: "a'b"}, ` alias 'a'\''b'`},
		{"no link", func(c *attr.Codec, v *values) { attr.Index(c, typ, "master", &v.index) }, values{}, " nomaster"},
		{"no link, of a word", func(c *attr.Codec, v *values) { attr.Index(c, typ, "dev", &v.index, "none") }, values{}, " none"},
	} {
		var codec attr.Codec
		got, absent := codec.Print(nil, attr.SetOf(typ), nil, table(c.row, &c.v))
		if string(got) != c.want || len(absent) > 0 {
			t.Errorf("%s: %q, absent %q; want %q", c.name, got, absent, c.want)
		}
	}
}

// TestPrintAbsent names the rows that iproute2 has no word for, in order, and
// only those that are set.
func TestPrintAbsent(t *testing.T) {
	v := values{u8: 0xa1, u16: 0x1234, u32: 0x5678}
	rows := func(c *attr.Codec) {
		attr.U8(c.NoKeyword(), 1, "one", &v.u8)
		attr.U16(c, 2, "two", &v.u16)
		attr.U32(c.Since(6, 8).NoKeyword(), 3, "three", &v.u32)
		attr.U64(c.NoKeyword(), 4, "four", &v.u64)
		attr.Index(c, 5, "five", &v.index, "")
	}
	var c attr.Codec
	for range 2 { // What was absent before does not linger.
		got, absent := c.Print(nil, attr.SetOf(1, 2, 3, 5), nil, rows)
		if string(got) != " two 4660" || !slices.Equal(absent, []string{"one", "three", "five"}) {
			t.Errorf("%q, absent %q", got, absent)
		}
	}
}

// TestPropertiesEndWithTheRow they were said of.
func TestPropertiesEndWithTheRow(t *testing.T) {
	var v values
	var got []attr.Row
	new(attr.Codec).Describe(func(c *attr.Codec) {
		attr.U8(c.ReadOnly().Since(6, 8).NoKeyword(), 1, "one", &v.u8)
		attr.U16(c.WriteOnly().CreateOnly().Optional(), 2, "two", &v.u16)
		attr.Bits{Type: 7}.Bit(c.Since(6, 16), 3, "bit", &v.on)
		attr.U32(c, 3, "three", &v.u32)
	}, func(r attr.Row) { got = append(got, r) })
	want := []attr.Row{
		{Type: 1, Name: "one", Format: "u8", ReadOnly: true, Wordless: true, Since: attr.Version{Major: 6, Minor: 8}},
		{Type: 2, Name: "two", Format: "u16", WriteOnly: true, CreateOnly: true, MayHide: true},
		{Type: attr.Bit(3), Type6: 7, Name: "bit", Format: "bit", Since: attr.Version{Major: 6, Minor: 16}},
		{Type: 3, Name: "three", Format: "u32"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	for i, w := range []struct{ settable, changeable, readable bool }{
		{false, false, true}, {true, false, false}, {true, true, true}, {true, true, true},
	} {
		if r := got[i]; r.Settable() != w.settable || r.Changeable() != w.changeable || r.Readable() != w.readable {
			t.Errorf("%s: settable %v, changeable %v, readable %v", r.Name, r.Settable(), r.Changeable(), r.Readable())
		}
	}
	if since := got[0].Since.String(); since != "6.8" {
		t.Errorf("since %q", since)
	}
}

// TestValue prints one row of a table without its name.
func TestValue(t *testing.T) {
	v := values{u8: 0xa1, enum: 4, u32: 0x1234, macs: []net.HardwareAddr{{2, 0, 0, 0, 0, 1}}}
	rows := func(c *attr.Codec) {
		attr.U8(c.Hex(), 1, "one", &v.u8)
		attr.Enum(c.NoKeyword(), 2, "two", &v.enum, colours)
		attr.OnOff(c, 3, "three", &v.on)
		attr.Index(c, 4, "four", &v.index)
		attr.MACs(c, 5, elem, "five", &v.macs)
		attr.U32(c, 6, "six", &v.u32)
	}
	var c attr.Codec
	refs := []attr.Ref{{Type: 4, Name: "eth0"}}
	for typ, want := range map[uint16]string{1: "0xa1", 2: "green", 3: "off", 4: "eth0", 5: "02:00:00:00:00:01", 6: "4660", 7: ""} {
		if got := c.Value(typ, refs, rows); got != want {
			t.Errorf("row %d: %q, want %q", typ, got, want)
		}
	}
	if words, absent := c.Print(nil, attr.SetOf(2, 6), nil, rows); string(words) != " six 4660" || len(absent) != 1 {
		t.Errorf("afterwards %q, absent %q", words, absent)
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"":             "''",
		"eth0.2":       "eth0.2",
		"fe80::1%a":    "fe80::1%a",
		"a b":          "'a b'",
		"a\tb":         `"$(printf 'a\011b')"`,
		"don't":        `'don'\''t'`,
		"$HOME":        "'$HOME'",
		"a;b":          "'a;b'",
		"größe":        "'größe'",
		"*":            "'*'",
		"~":            "'~'",
		"@%+=:,./-_aZ": "@%+=:,./-_aZ",
	} {
		if got := attr.Quote(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestWord(t *testing.T) {
	for v, want := range map[colour]string{0: "0", 1: "red", 2: "2", 4: "green", 5: "5", 255: "255"} {
		if got := attr.Word(colours, v); got != want {
			t.Errorf("%d: %q, want %q", v, got, want)
		}
	}
}
