package attr_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/wire"
)

// packing are parts of two attributes without a mask.
type packing struct {
	seq, sum bool
	class    uint8
	label    uint32
	inherit  bool
	keyed    bool
}

func (p *packing) rows(c *attr.Codec) {
	flags, flow := attr.PackedBE16(typ), attr.PackedBE32(0x30)
	flags.Bit(c, attr.Bit(0), 0x1000, "seq", &p.seq)
	flags.Bit(c, attr.Bit(1), 0x8000, "sum", &p.sum)
	flags.Unless(c, attr.Bit(2), 0x2000, "nokey", &p.keyed)
	attr.PackedNumber(flow, c.Hex(), attr.Bit(3), 0x0ff00000, "class", &p.class)
	attr.PackedNumber(flow, c.Hex(), attr.Bit(4), 0x000fffff, "label", &p.label)
	attr.Packed32(0x31).Words(c, attr.Bit(5), 2, "class inherit", &p.inherit)
}

var packed = attr.SetOf(attr.Bit(0), attr.Bit(1), attr.Bit(2), attr.Bit(3), attr.Bit(4), attr.Bit(5))

func TestPacked(t *testing.T) {
	for _, c := range []struct {
		v           packing
		little, big string
		words       string
	}{
		{packing{seq: true, class: 0xa1, label: 0x12345},
			"0600 1200 10000000 0800 3000 0a112345 0800 3100 00000000", "0006 0012 10000000 0008 0030 0a112345 0008 0031 00000000",
			" seq nosum nokey class 0xa1 label 0x12345"},
		{packing{sum: true, keyed: true, label: 0xfffff, inherit: true},
			"0600 1200 a0000000 0800 3000 000fffff 0800 3100 02000000", "0006 0012 a0000000 0008 0030 000fffff 0008 0031 00000002",
			" noseq sum class 0x0 label 0xfffff class inherit"},
	} {
		var codec attr.Codec
		b := codec.Encode(nil, packed, nil, c.v.rows)
		if want := bytesOf(t, c.little, c.big); string(b) != string(want) {
			t.Errorf("%+v:\n got % x\nwant % x", c.v, b, want)
		}
		var got, laid packing
		found, err := codec.Decode(b, got.rows, nil)
		if got != c.v || err != nil || !slices.Equal(slices.Collect(found.All()), append([]uint16{typ, 0x30, 0x31}, slices.Collect(packed.All())...)) {
			t.Errorf("% x: %+v, set %v, error %v", b, got, found, err)
		}
		layout := attr.NewLayout(new(packing), func(v any, c *attr.Codec) { v.(*packing).rows(c) })
		if set, err := layout.Decode(&codec, b, &laid, nil); laid != c.v || set != found || err != nil {
			t.Errorf("% x by the layout: %+v, set %v, error %v", b, laid, set, err)
		}
		if words, _ := codec.Print(nil, packed, nil, c.v.rows); string(words) != c.words {
			t.Errorf("%q, want %q", words, c.words)
		}
	}
}

// TestPackedIgnores drops bits without a row, which only the kernel sets.
func TestPackedIgnores(t *testing.T) {
	var got packing
	b := bytesOf(t, "0800 3100 02000700", "0008 0031 00070002")
	if _, err := new(attr.Codec).Decode(b, got.rows, nil); err != nil || got != (packing{inherit: true}) {
		t.Errorf("%+v, error %v", got, err)
	}
	_, err := new(attr.Codec).Decode(wire.AppendU32(nil, typ, 0), got.rows, nil)
	long := "4 bytes where 2 are due"
	wantFaults(t, "long", err, attr.Error{Name: "seq", Text: long}, attr.Error{Name: "sum", Text: long}, attr.Error{Name: "nokey", Text: long})
}

func TestPackedCheckAndCompare(t *testing.T) {
	want, have := packing{seq: true, class: 7, label: 1 << 20}, packing{seq: true, sum: true, class: 8, label: 1 << 19}
	var c attr.Codec
	diffs := c.Compare(packed, nil, want.rows, have.rows)
	if !slices.Equal(names(diffs), []string{"sum", "class", "label"}) || diffs[0].Type != attr.Bit(1) {
		t.Errorf("%+v", diffs)
	}
	wantFaults(t, "label", c.Check(packed, nil, want.rows), attr.Error{Name: "label", Text: "1048576 is not in 0…1048575"})
}

// ends have addresses of one family each.
type ends struct {
	four, six netip.Addr
	packing
}

func (e *ends) rows(c *attr.Codec) {
	attr.Addr4(c, 0x20, "four", &e.four)
	attr.Addr6(c, 0x21, "six", &e.six)
	e.packing.rows(c)
}

func TestAddrOfOneFamily(t *testing.T) {
	both := attr.SetOf(0x20, 0x21)
	e := ends{four: netip.MustParseAddr("192.0.2.17"), six: netip.MustParseAddr("2001:db8::17")}
	var c attr.Codec
	b := c.Encode(nil, both, nil, e.rows)
	if want := bytesOf(t, "0800 2000 c0000211 1400 2100 20010db8000000000000000000000017", "0008 0020 c0000211 0014 0021 20010db8000000000000000000000017"); string(b) != string(want) {
		t.Errorf("got % x", b)
	}
	var got, laid ends
	layout := attr.NewLayout(new(ends), func(v any, c *attr.Codec) { v.(*ends).rows(c) })
	set, err := c.Decode(b, got.rows, nil)
	fast, laidErr := layout.Decode(&c, b, &laid, nil)
	if got != e || laid != e || set != both || fast != both || err != nil || laidErr != nil {
		t.Errorf("%+v, %v, error %v; by the layout %+v, %v, error %v", got, set, err, laid, fast, laidErr)
	}
	none := ends{four: netip.IPv4Unspecified(), six: netip.IPv6Unspecified()}
	if b := c.Encode(nil, both, nil, none.rows); len(b) != 0 {
		t.Errorf("unspecified addresses are sent: % x", b)
	}
	if diffs := c.Compare(both, nil, none.rows, new(ends).rows); len(diffs) != 0 {
		t.Errorf("unspecified addresses differ from none: %v", diffs)
	}
	wrong := ends{four: e.six, six: e.four}
	wantFaults(t, "families", c.Check(both, nil, wrong.rows),
		attr.Error{Name: "four", Text: "2001:db8::17 is of the other family: the link has addresses of 4 bytes"},
		attr.Error{Name: "six", Text: "192.0.2.17 is of the other family: the link has addresses of 16 bytes"})
}

// TestCopy changes the rows in the set, and no others, also of one attribute.
func TestCopy(t *testing.T) {
	from := ends{four: netip.MustParseAddr("192.0.2.17"), packing: packing{seq: true, class: 7, label: 0x12345}}
	to := ends{four: netip.MustParseAddr("192.0.2.33"), six: netip.MustParseAddr("2001:db8::17"), packing: packing{sum: true, class: 8, label: 0x54321, keyed: true}}
	want := to
	want.four, want.seq, want.label = from.four, true, 0x12345
	for range 2 {
		if err := new(attr.Codec).Copy(attr.SetOf(0x20, attr.Bit(0), attr.Bit(4)), nil, from.rows, to.rows); err != nil || to != want {
			t.Errorf("%+v\nwant %+v, error %v", to, want, err)
		}
		from.four, want.four = netip.IPv4Unspecified(), netip.IPv4Unspecified()
	}
}
