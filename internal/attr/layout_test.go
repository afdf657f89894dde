package attr_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/wire"
)

// layoutOf returns the layout of values with one row.
func layoutOf(row func(*attr.Codec, *values)) *attr.Layout {
	return attr.NewLayout(new(values), func(v any, c *attr.Codec) { row(c, v.(*values)) })
}

// TestLayoutDecode has a layout and the table decode the same bytes: as they should
// be, twice, too short and too long.
func TestLayoutDecode(t *testing.T) {
	for _, r := range every {
		good := bytesOf(t, r.little, r.big)
		cases := [][]byte{nil, good, slices.Concat(good, good), wire.AppendU8(slices.Clone(good), 0x7e, 0xa1)}
		for n := range good {
			cases = append(cases, good[:n])
		}
		for a := range wire.Attrs(good) {
			for n := range 20 {
				other := wire.AppendAttr(nil, a.Type, make([]byte, n))
				cases = append(cases, other, slices.Concat(good, other))
			}
			cases = append(cases, wire.AppendAttr(nil, a.Type, []byte{0, 0xa1, 0}))
		}
		for _, b := range cases {
			decodeBoth(t, r.name, b, r.row)
		}
	}
}

func decodeBoth(t *testing.T, name string, b []byte, row func(*attr.Codec, *values)) {
	t.Helper()
	var c attr.Codec
	var want, got values
	var wantUnknown, gotUnknown []uint16
	wantSet, wantErr := c.Decode(b, table(row, &want), func(a wire.Attr) { wantUnknown = append(wantUnknown, a.Type) })
	gotSet, gotErr := layoutOf(row).Decode(&c, b, &got, func(a wire.Attr) { gotUnknown = append(gotUnknown, a.Type) })
	if gotSet != wantSet || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) || !reflect.DeepEqual(got, want) || !slices.Equal(gotUnknown, wantUnknown) {
		t.Errorf("%s: % x\n got %+v, %v, error %v, unknown %v\nwant %+v, %v, error %v, unknown %v",
			name, b, got, gotSet, gotErr, gotUnknown, want, wantSet, wantErr, wantUnknown)
	}
}

// TestLayoutOfSeveral has layouts and tables decode the same where a layout must
// not deal with a row: two of one attribute, fields that lie in another order than
// on the wire, and nests that hold what needs the table.
func TestLayoutOfSeveral(t *testing.T) {
	number := wire.AppendU32(nil, 0x21, 0x12345678)
	long := wire.AppendAttr(nil, typ, wire.AppendU64(nil, 0x21, 0x123456789abcdef0))
	for name, test := range map[string]struct {
		b   []byte
		row func(*attr.Codec, *values)
	}{
		"two rows": {wire.AppendU32(nil, typ, 0x12345678), func(c *attr.Codec, v *values) {
			attr.U32(c, typ, "x", &v.u32)
			attr.U32s(c, typ, "y", &v.members[0])
		}},
		"backwards": {wire.AppendAttr(nil, typ, []byte("\x12\x34\x56\x78\x9a\xbc\xde\xf0")), func(c *attr.Codec, v *values) {
			attr.U32s(c, typ, "x", &v.members[1], &v.members[0])
		}},
		"nest": {wire.AppendAttr(nil, typ, number), func(c *attr.Codec, v *values) {
			attr.Nest(c, typ, "x", func(c *attr.Codec) { attr.U32(c, 0x21, "y", &v.u32) })
		}},
		"nest with a report": {wire.AppendAttr(nil, typ, number), func(c *attr.Codec, v *values) {
			attr.Nest(c, typ, "x", func(c *attr.Codec) {
				attr.Report(c, 0x21, "y", 4, &v.u32, func(n *uint32, b []byte) { *n = wire.Order.Uint32(b) })
			})
		}},
		"nest of too wide a number": {long, func(c *attr.Codec, v *values) {
			attr.Nest(c, typ, "x", func(c *attr.Codec) { attr.U32(c, 0x21, "y", &v.u32) })
		}},
	} {
		decodeBoth(t, name, test.b, test.row)
	}
}

// TestLayoutOther hands a layout what it is not about: it leaves that to the table.
func TestLayoutOther(t *testing.T) {
	type other struct{ n uint32 }
	walk := func(v any, c *attr.Codec) {
		if o, ok := v.(*other); ok {
			attr.U32(c, 3, "n", &o.n)
			return
		}
		attr.U16(c, 3, "n", &v.(*values).u16)
	}
	l := attr.NewLayout(new(values), walk)
	var c attr.Codec
	o := other{0x12345678}
	b := c.Encode(nil, attr.SetOf(3), nil, func(c *attr.Codec) { walk(&o, c) })
	var back other
	if _, err := l.Decode(&c, b, &back, nil); err != nil || back != o {
		t.Errorf("% x is %+v, error %v", b, back, err)
	}
}

func TestLayoutAllocates(t *testing.T) {
	var c attr.Codec
	v, back := dozenValues, values{}
	l := attr.NewLayout(new(values), func(v any, c *attr.Codec) { dozen(v.(*values))(c) })
	b := c.Encode(nil, dozenSet, nil, dozen(&v))
	if n := testing.AllocsPerRun(100, func() {
		back = values{}
		if _, err := l.Decode(&c, b, &back, nil); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// TestLayoutSame compares plain rows by their fields: those with the same value in two
// structs are the rows that the table does not find to differ. The others are left to it.
func TestLayoutSame(t *testing.T) {
	compared := 0
	for _, r := range every {
		var c attr.Codec
		var zero, a, b values
		l := layoutOf(r.row)
		good := bytesOf(t, r.little, r.big)
		set, err := l.Decode(&c, good, &a, nil)
		if _, again := l.Decode(&c, good, &b, nil); err != nil || again != nil {
			t.Fatal(err, again)
		}
		same := l.Same(set, &a, &b)
		if !same.Minus(set).Empty() {
			t.Errorf("%s: %v of %v are the same", r.name, same, set)
		}
		if same.Empty() {
			continue
		}
		compared++
		if other := l.Same(set, &a, &zero); !other.Empty() {
			t.Errorf("%s: 0 is the same as %+v", r.name, a)
		}
		if l.Same(set, &a, new(int)) != (attr.Set{}) {
			t.Errorf("%s: same as another type", r.name)
		}
	}
	if compared < 8 {
		t.Errorf("only %d sorts of rows were compared", compared)
	}
}
