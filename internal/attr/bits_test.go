package attr_test

import (
	"slices"
	"testing"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/wire"
)

// options are bits 1, 4 and 31 of one attribute, and bit 2 of another.
type options struct{ one, four, last, other bool }

func (o *options) rows(first, second attr.Bits) attr.Table {
	return func(c *attr.Codec) {
		first.Bit(c, 1, "one", &o.one)
		first.OnOff(c, 4, "four", &o.four)
		first.Bit(c, 31, "last", &o.last)
		second.Bit(c, 2, "other", &o.other)
	}
}

var (
	valueFirst = attr.Bits{Type: typ}
	maskFirst  = attr.Bits{Type: typ, MaskFirst: true}
	second     = attr.Bits{Type: 0x30}
)

func TestBitsEncode(t *testing.T) {
	all := attr.SetOf(attr.Bit(1), attr.Bit(4), attr.Bit(31))
	some := attr.SetOf(attr.Bit(4), attr.Bit(31))
	o := options{one: true, last: true, other: true}
	for _, c := range []struct {
		name        string
		bits        attr.Bits
		set         attr.Set
		little, big string
	}{
		{"all", valueFirst, all, "0c00 1200 02000080 12000080", "000c 0012 80000002 80000012"},
		{"some", valueFirst, some, "0c00 1200 00000080 10000080", "000c 0012 80000000 80000010"},
		{"mask first", maskFirst, all, "0c00 1200 12000080 02000080", "000c 0012 80000012 80000002"},
		{"some, mask first", maskFirst, some, "0c00 1200 10000080 00000080", "000c 0012 80000010 80000000"},
		{"none", valueFirst, attr.Set{}, "", ""},
		{"two attributes", valueFirst, attr.SetOf(attr.Bit(1), attr.Bit(2)),
			"0c00 1200 02000000 02000000 0c00 3000 04000000 04000000",
			"000c 0012 00000002 00000002 000c 0030 00000004 00000004"},
	} {
		var codec attr.Codec
		for range 2 { // Nothing of the first walk is left for the second.
			got := codec.Encode(nil, c.set, nil, o.rows(c.bits, second))
			if want := bytesOf(t, c.little, c.big); string(got) != string(want) {
				t.Errorf("%s:\n got % x\nwant % x", c.name, got, want)
			}
		}
	}
}

func TestBitsDecode(t *testing.T) {
	for _, c := range []struct {
		name string
		bits attr.Bits
	}{{"value first", valueFirst}, {"mask first", maskFirst}} {
		b := bytesOf(t, "0c00 1200 02000080 12000080", "000c 0012 80000002 80000012")
		if c.bits.MaskFirst {
			b = bytesOf(t, "0c00 1200 12000080 02000080", "000c 0012 80000012 80000002")
		}
		got := options{four: true}
		set, err := new(attr.Codec).Decode(b, got.rows(c.bits, second), nil)
		found := slices.Collect(set.All())
		want := []uint16{typ, attr.Bit(1), attr.Bit(4), attr.Bit(31)}
		if err != nil || got != (options{one: true, last: true}) || !slices.Equal(found, want) {
			t.Errorf("%s: %+v, set %v, error %v; want %v", c.name, got, found, err, want)
		}
	}
}

// TestBitsUnmasked leaves bits out of the set that the kernel does not know.
func TestBitsUnmasked(t *testing.T) {
	b := bytesOf(t, "0c00 1200 10000000 10000000", "000c 0012 00000010 00000010")
	var got options
	set, err := new(attr.Codec).Decode(b, got.rows(valueFirst, second), nil)
	if err != nil || got != (options{four: true}) || set.Has(attr.Bit(1)) || set.Has(attr.Bit(31)) || !set.Has(attr.Bit(4)) {
		t.Errorf("%+v, set %v, error %v", got, set, err)
	}
}

func TestBitsWidth(t *testing.T) {
	var got options
	_, err := new(attr.Codec).Decode(wire.AppendU32(nil, typ, 0x12), got.rows(valueFirst, second), nil)
	short := "4 bytes where 8 are due"
	wantFaults(t, "short", err, attr.Error{Name: "one", Text: short}, attr.Error{Name: "four", Text: short}, attr.Error{Name: "last", Text: short})
}

func TestBitsPrintAndCompare(t *testing.T) {
	want, have := options{one: true, four: true}, options{one: true, last: true}
	set := attr.SetOf(attr.Bit(1), attr.Bit(4), attr.Bit(31))
	var c attr.Codec
	if words, _ := c.Print(nil, set, nil, want.rows(valueFirst, second)); string(words) != " one 1 four on last 0" {
		t.Errorf("%q", words)
	}
	diffs := c.Compare(set, nil, want.rows(valueFirst, second), have.rows(valueFirst, second))
	if !slices.Equal(names(diffs), []string{"four", "last"}) || diffs[0].Type != attr.Bit(4) {
		t.Errorf("%+v", diffs)
	}
	if err := c.Check(set, nil, want.rows(valueFirst, second)); err != nil {
		t.Error(err)
	}
}

// choice is bits 9 and 10 of the attribute of which bit 1 is an option.
type choice struct {
	one  bool
	what colour
}

var shades = attr.Words{"none", "light", "dark"}

func (v *choice) rows(c *attr.Codec) {
	valueFirst.Bit(c, 1, "one", &v.one)
	attr.BitChoice(valueFirst, c, 9, "shade", &v.what, shades)
}

func TestBitChoice(t *testing.T) {
	set := attr.SetOf(attr.Bit(1), attr.Bit(9))
	for _, c := range []struct {
		v           choice
		little, big string
		words       string
	}{
		{choice{true, 0}, "0c00 1200 02000000 02060000", "000c 0012 00000002 00000602", " one 1 shade none"},
		{choice{true, 1}, "0c00 1200 02020000 02060000", "000c 0012 00000202 00000602", " one 1 shade light"},
		{choice{false, 2}, "0c00 1200 00040000 02060000", "000c 0012 00000400 00000602", " one 0 shade dark"},
	} {
		var codec attr.Codec
		b := codec.Encode(nil, set, nil, c.v.rows)
		if want := bytesOf(t, c.little, c.big); string(b) != string(want) {
			t.Errorf("%+v:\n got % x\nwant % x", c.v, b, want)
		}
		var got choice
		if found, err := codec.Decode(b, got.rows, nil); got != c.v || err != nil || !found.Has(attr.Bit(9)) {
			t.Errorf("% x: %+v, set %v, error %v", b, got, found, err)
		}
		if words, _ := codec.Print(nil, set, nil, c.v.rows); string(words) != c.words {
			t.Errorf("%q, want %q", words, c.words)
		}
		other := choice{c.v.one, c.v.what ^ 3}
		if diffs := codec.Compare(set, nil, c.v.rows, other.rows); !slices.Equal(names(diffs), []string{"shade"}) {
			t.Errorf("%+v", diffs)
		}
	}
	both := choice{what: 3}
	err := new(attr.Codec).Check(set, nil, both.rows)
	wantFaults(t, "both", err, attr.Error{Name: "shade", Text: "3 is not one of none, light, dark"})
}
