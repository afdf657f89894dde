package attr_test

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/wire"
)

// bytesOf returns the bytes for this host's order of two literals in base 16.
func bytesOf(t testing.TB, little, big string) []byte {
	t.Helper()
	literal := little
	if binary.NativeEndian.Uint16([]byte{0x12, 0x34}) == 0x1234 {
		literal = big
	}
	b, err := hex.DecodeString(strings.ReplaceAll(literal, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// table makes a table of a row and values.
func table(row func(*attr.Codec, *values), v *values) attr.Table {
	return func(c *attr.Codec) { row(c, v) }
}

func TestEncode(t *testing.T) {
	for _, r := range every {
		var c attr.Codec
		want := bytesOf(t, r.little, r.big)
		if r.readOnly {
			want = nil
		}
		if got := c.Encode(nil, attr.SetOf(typ), nil, table(r.row, &r.v)); string(got) != string(want) {
			t.Errorf("%s:\n got % x\nwant % x", r.name, got, want)
		}
		if got := c.Encode([]byte("before"), attr.Set{}, nil, table(r.row, &r.v)); string(got) != "before" {
			t.Errorf("%s was not set and gave % x", r.name, got)
		}
	}
}

func TestDecode(t *testing.T) {
	for _, r := range every {
		var c attr.Codec
		var got values
		b := bytesOf(t, r.little, r.big)
		set, err := c.Decode(b, table(r.row, &got), func(a wire.Attr) { t.Errorf("%s: %d is unknown", r.name, a.Type) })
		if err != nil || !set.Has(typ) || !reflect.DeepEqual(got, r.v) {
			t.Errorf("%s: error %v, set %v\n got %+v\nwant %+v", r.name, err, set, got, r.v)
		}
		got = values{}
		if set, err := c.Decode(nil, table(r.row, &got), nil); err != nil || !set.Empty() || !reflect.DeepEqual(got, values{}) {
			t.Errorf("%s: from nothing came set %v, error %v, %+v", r.name, set, err, got)
		}
	}
}

// TestDecodeWidths gives each row one byte too many and one too few. The error
// names the row, and the next row is decoded all the same.
func TestDecodeWidths(t *testing.T) {
	const next = 0x7f
	for _, r := range every {
		b := bytesOf(t, r.little, r.big)
		for a := range wire.Attrs(b) {
			for _, data := range [][]byte{append(a.Data, 0), a.Data[:max(0, len(a.Data)-1)]} {
				var c attr.Codec
				var v values
				var other uint16
				b := wire.AppendU16(wire.AppendAttr(nil, a.Type, data), next, 0x5678)
				_, err := c.Decode(b, func(c *attr.Codec) {
					r.row(c, &v)
					attr.U16(c, next, "next", &other)
				}, nil)
				wrong, ok := errors.AsType[*attr.Error](err)
				if (!ok || wrong.Name != "x") && !r.elastic || other != 0x5678 {
					t.Errorf("%s of %d bytes: error %v, next row %#x", r.name, len(data), err, other)
				}
			}
		}
	}
}

func TestPrint(t *testing.T) {
	for _, r := range every {
		var c attr.Codec
		got, absent := c.Print([]byte("type y"), attr.SetOf(typ), nil, table(r.row, &r.v))
		if string(got) != "type y"+r.words || len(absent) > 0 {
			t.Errorf("%s: %q, absent %q; want %q", r.name, got, absent, r.words)
		}
	}
}

func TestCheckAccepts(t *testing.T) {
	for _, r := range every {
		var c attr.Codec
		if err := c.Check(attr.SetOf(typ), nil, table(r.row, &r.v)); err != nil {
			t.Errorf("%s: %v", r.name, err)
		}
	}
}

func TestCompare(t *testing.T) {
	for _, r := range every {
		var c attr.Codec
		var zero values
		same := c.Compare(attr.SetOf(typ), nil, table(r.row, &r.v), table(r.row, &r.v))
		differ := c.Compare(attr.SetOf(typ), nil, table(r.row, &r.v), table(r.row, &zero))
		if len(same) > 0 {
			t.Errorf("%s differs from itself: %v", r.name, same)
		}
		want := []attr.Difference{{Type: typ, Name: "x"}}
		if r.readOnly {
			want = nil
		}
		if !reflect.DeepEqual(differ, want) {
			t.Errorf("%s and zero: %v, want %v", r.name, differ, want)
		}
		if got := c.Compare(attr.Set{}, nil, table(r.row, &r.v), table(r.row, &zero)); got != nil {
			t.Errorf("%s was not set and differs: %v", r.name, got)
		}
	}
}

func TestDescribe(t *testing.T) {
	for _, r := range every {
		var c attr.Codec
		var rows []attr.Row
		c.Describe(table(r.row, &r.v), func(row attr.Row) { rows = append(rows, row) })
		want := attr.Row{Type: typ, Name: "x", Format: r.format, ReadOnly: r.readOnly}
		if strings.HasPrefix(r.name, "ipv") {
			want.Type6 = typ6
		}
		if len(rows) != 1 || rows[0] != want {
			t.Errorf("%s: %+v, want %+v", r.name, rows, want)
		}
	}
}
