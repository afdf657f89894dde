package attr_test

import (
	"net"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
)

// names returns the names of the rows that differ.
func names(diffs []attr.Difference) (all []string) {
	for _, d := range diffs {
		all = append(all, d.Name)
	}
	return all
}

// TestCompareSlack lets through one tick, which the kernel's own clock may
// cost, and no more.
func TestCompareSlack(t *testing.T) {
	short := func(c *attr.Codec, v *values) { attr.Ticks32(c, typ, "x", &v.time) }
	long := func(c *attr.Codec, v *values) { attr.Ticks64(c, typ, "x", &v.time) }
	exact := func(c *attr.Codec, v *values) { attr.Seconds(c, typ, "x", &v.time) }
	const hours = 5000 * time.Hour
	for _, c := range []struct {
		name       string
		row        func(*attr.Codec, *values)
		want, have time.Duration
		differ     bool
	}{
		{"one tick less", short, hours, hours - attr.Tick, false},
		{"one tick more", short, hours, hours + attr.Tick, false},
		{"two ticks less", short, hours, hours - 2*attr.Tick, true},
		{"two ticks more", short, hours, hours + 2*attr.Tick, true},
		{"one tick less, long", long, 100 * hours, 100*hours - attr.Tick, false},
		{"two ticks more, long", long, 100 * hours, 100*hours + 2*attr.Tick, true},
		{"one second", exact, hours, hours + time.Second, true},
	} {
		want, have := values{time: c.want}, values{time: c.have}
		diffs := new(attr.Codec).Compare(attr.SetOf(typ), nil, table(c.row, &want), table(c.row, &have))
		if (len(diffs) > 0) != c.differ {
			t.Errorf("%s: %v", c.name, diffs)
		}
	}
}

// TestCompareAddrs takes an unspecified address for none, of either family.
func TestCompareAddrs(t *testing.T) {
	row := func(c *attr.Codec, v *values) { attr.Addr(c, typ, typ6, "x", &v.addr) }
	ip := netip.MustParseAddr
	for _, c := range []struct {
		want, have netip.Addr
		differ     bool
	}{
		{ip("0.0.0.0"), netip.Addr{}, false},
		{ip("::"), netip.Addr{}, false},
		{netip.Addr{}, ip("::"), false},
		{ip("0.0.0.0"), ip("::"), false},
		{ip("::"), ip("::1"), true},
		{ip("192.0.2.1"), netip.Addr{}, true},
		{ip("192.0.2.1"), ip("192.0.2.1"), false},
		{ip("192.0.2.1"), ip("::ffff:192.0.2.1"), true},
	} {
		want, have := values{addr: c.want}, values{addr: c.have}
		diffs := new(attr.Codec).Compare(attr.SetOf(typ), nil, table(row, &want), table(row, &have))
		if (len(diffs) > 0) != c.differ {
			t.Errorf("%v and %v: %v", c.want, c.have, diffs)
		}
	}
}

// TestCompareMACs takes no heed of the order, and does not change it.
func TestCompareMACs(t *testing.T) {
	row := func(c *attr.Codec, v *values) { attr.MACs(c, typ, elem, "x", &v.macs) }
	a, b := net.HardwareAddr{2, 0, 0, 0, 0, 1}, net.HardwareAddr{2, 0, 0, 0, 0, 2}
	want := values{macs: []net.HardwareAddr{b, a}}
	for _, c := range []struct {
		have   []net.HardwareAddr
		differ bool
	}{
		{[]net.HardwareAddr{a, b}, false},
		{[]net.HardwareAddr{b, a}, false},
		{[]net.HardwareAddr{a}, true},
		{[]net.HardwareAddr{a, a}, true},
	} {
		have := values{macs: c.have}
		diffs := new(attr.Codec).Compare(attr.SetOf(typ), nil, table(row, &want), table(row, &have))
		if (len(diffs) > 0) != c.differ {
			t.Errorf("%v: %v", c.have, diffs)
		}
	}
	if !reflect.DeepEqual(want.macs, []net.HardwareAddr{b, a}) {
		t.Errorf("the order became %v", want.macs)
	}
}

// TestCompareProperties leaves out what cannot be read back, unless it is fixed,
// and says what cannot change.
func TestCompareProperties(t *testing.T) {
	rows := func(v *values) attr.Table {
		return func(c *attr.Codec) {
			attr.U8(c.WriteOnly(), 1, "written", &v.u8)
			attr.U16(c.CreateOnly(), 2, "fixed", &v.u16)
			attr.U32(c.ReadOnly(), 3, "reported", &v.u32)
			attr.U64(c, 4, "plain", &v.u64)
			attr.Flag(c, 5, "flag", &v.on)
			attr.Custom(c, 6, "custom", &v.pair)
			attr.S8(c.WriteOnly().CreateOnly(), 7, "part of another", &v.s8)
		}
	}
	want := values{u8: 1, u16: 2, u32: 3, u64: 4, on: true, pair: pair{5, 6}, s8: 7}
	got := new(attr.Codec).Compare(attr.SetOf(1, 2, 3, 4, 5, 6, 7), nil, rows(&want), rows(new(values)))
	if !reflect.DeepEqual(got, []attr.Difference{
		{Type: 2, Name: "fixed", CreateOnly: true},
		{Type: 4, Name: "plain"},
		{Type: 5, Name: "flag"},
		{Type: 6, Name: "custom"},
		{Type: 7, Name: "part of another", CreateOnly: true},
	}) {
		t.Errorf("%+v", got)
	}
	half := want
	half.u64 = 0x1234
	if got := names(new(attr.Codec).Compare(attr.SetOf(2, 4, 5), nil, rows(&want), rows(&half))); !reflect.DeepEqual(got, []string{"plain"}) {
		t.Errorf("%v", got)
	}
}

// within is a payload that asks for bits which may be among others.
type within uint8

func (w *within) AppendPayload(b []byte) []byte { return append(b, byte(*w)) }
func (w *within) AppendWords(b []byte) []byte   { return append(b, "bits"...) }
func (w *within) Check() error                  { return nil }

func (w *within) ParsePayload(b []byte) error {
	*w = within(b[0])
	return nil
}

func (w *within) Within(have attr.Payload) bool {
	other, ok := have.(*within)
	return ok && *other&*w == *w
}

func TestComparePartial(t *testing.T) {
	row := func(v *within) attr.Table { return func(c *attr.Codec) { attr.Custom(c, typ, "x", v) } }
	for _, c := range []struct {
		want, have within
		differ     bool
	}{{0b0101, 0b1101, false}, {0b0101, 0b0101, false}, {0b0101, 0b1001, true}} {
		diffs := new(attr.Codec).Compare(attr.SetOf(typ), nil, row(&c.want), row(&c.have))
		if (len(diffs) > 0) != c.differ {
			t.Errorf("%04b in %04b: %v", c.want, c.have, diffs)
		}
	}
}

// TestRefs tell the index of a link that is known by name, to encode and to
// compare.
func TestRefs(t *testing.T) {
	row := func(c *attr.Codec, v *values) { attr.Index(c, typ, "dev", &v.index) }
	var c attr.Codec
	refs := []attr.Ref{{Type: typ, Name: "eth0", Index: 0x1234}}
	unset, set := values{}, values{index: 0x1234}
	want := bytesOf(t, "0800 1200 34120000", "0008 0012 00001234")
	if got := c.Encode(nil, attr.SetOf(typ), refs, table(row, &unset)); string(got) != string(want) {
		t.Errorf("\n got % x\nwant % x", got, want)
	}
	if diffs := c.Compare(attr.SetOf(typ), refs, table(row, &unset), table(row, &set)); diffs != nil {
		t.Errorf("the index of the reference: %v", diffs)
	}
	refs[0].Index = 0x5678
	if diffs := c.Compare(attr.SetOf(typ), refs, table(row, &unset), table(row, &set)); len(diffs) != 1 {
		t.Errorf("another index: %v", diffs)
	}
	if words, _ := c.Print(nil, attr.SetOf(typ), refs, table(row, &unset)); string(words) != " dev eth0" {
		t.Errorf("%q", words)
	}
}

// TestCompareReported compares a setting that the kernel does not always report: as
// long as it does not, it may be anything.
func TestCompareReported(t *testing.T) {
	row := func(c *attr.Codec, v *values) { attr.U32(c.Optional(), typ, "x", &v.u32) }
	set, want, have := attr.SetOf(typ), values{u32: 0x1234}, values{u32: 0x5678}
	var c attr.Codec
	if diffs := c.CompareReported(set, attr.Set{}, nil, table(row, &want), table(row, &have)); diffs != nil {
		t.Errorf("%v, though it is not reported", diffs)
	}
	if diffs := c.CompareReported(set, set, nil, table(row, &want), table(row, &have)); len(diffs) != 1 || diffs[0].Name != "x" {
		t.Errorf("%v, want one about x", diffs)
	}
}

// TestChanges compares reports of each sort of row: the same ones, another value, and
// one that lacks the row.
func TestChanges(t *testing.T) {
	for _, r := range every {
		var c attr.Codec
		was, err := c.Decode(bytesOf(t, r.little, r.big), table(r.row, new(values)), nil)
		if err != nil {
			t.Fatal(err)
		}
		v, again, other := r.v, r.v, values{}
		for _, test := range []struct {
			name string
			is   attr.Set
			now  *values
			want int
		}{
			{"the same", was, &again, 0},
			{"another value", was, &other, 1},
			{"absent", attr.Set{}, &again, 1},
		} {
			got := c.Changes(was, test.is, table(r.row, &v), table(r.row, test.now))
			if len(got) != test.want || len(got) > 0 && got[0] != "x" {
				t.Errorf("%s, %s: %q changed, want %d", r.name, test.name, got, test.want)
			}
		}
	}
}

// TestChangesNoEvent has a row that changes by itself, among others, change.
func TestChangesNoEvent(t *testing.T) {
	rows := func(c *attr.Codec, v *values) {
		attr.U32(c.ReadOnly().NoEvent(), 1, "timer", &v.u32)
		attr.Nest(c.NoEvent(), 2, "nest", func(c *attr.Codec) { attr.U16(c.ReadOnly(), 1, "inner", &v.u16) })
		attr.U8(c.ReadOnly(), 3, "state", &v.u8)
		attr.Skip(c, 4)
		attr.U64s(c.NoEvent(), 5, "counters", &v.u64)
	}
	var c attr.Codec
	set := attr.SetOf(1, 2, 3, 4, 5)
	old, now := values{u8: 1, u16: 2, u32: 3, u64: 4}, values{u8: 1, u16: 0x1234, u32: 0x1234, u64: 0x1234}
	if got := c.Changes(set, attr.SetOf(3), table(rows, &old), table(rows, &now)); got != nil {
		t.Errorf("%q changed", got)
	}
	now.u8 = 0xa1
	if got := c.Changes(set, set, table(rows, &old), table(rows, &now)); !slices.Equal(got, []string{"state"}) {
		t.Errorf("%q changed", got)
	}
	if got := c.Encode(nil, set, nil, func(c *attr.Codec) { attr.U8(c.ReadOnly(), 3, "state", &now.u8) }); len(got) > 0 {
		t.Errorf("% x of a row that is only reported", got)
	}
}
