package attr_test

import (
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/wire"
)

// dozen is a table of twelve rows of different sorts.
func dozen(v *values) attr.Table {
	return func(c *attr.Codec) {
		attr.U8(c, 1, "u8", &v.u8)
		attr.U32(c, 2, "u32", &v.u32, 0, 1<<31)
		attr.BE16(c, 3, "be16", &v.u16)
		attr.Addr(c, 4, 5, "addr", &v.addr)
		attr.Bool(c, 6, "bool", &v.on)
		attr.Flag(c, 7, "flag", &v.on)
		attr.Enum(c, 8, "enum", &v.enum, colours)
		attr.Seconds(c, 9, "time", &v.time)
		attr.Index(c, 10, "index", &v.index)
		attr.Text(c, 11, "text", &v.text, 15)
		attr.MAC(c, 12, "mac", &v.mac)
		attr.Custom(c, 13, "custom", &v.pair)
		attr.Bits{Type: 14}.Bit(c, 3, "bit", &v.on)
	}
}

var (
	dozenSet    = attr.SetOf(1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, attr.Bit(3))
	dozenValues = values{
		u8: 0xa1, u16: 0x1234, u32: 0x12345678, on: true, text: "vx0", enum: 4, time: time.Hour, index: 0x1234,
		mac: net.HardwareAddr{2, 0, 0, 0, 0, 1}, addr: netip.MustParseAddr("2001:db8::1"), pair: pair{0xa1, 0xa2},
	}
)

func TestEncodeAllocates(t *testing.T) {
	var c attr.Codec
	v := dozenValues
	rows, buf := dozen(&v), make([]byte, 0, 1<<10)
	refs := []attr.Ref{{Type: 10, Name: "eth0", Index: 0x5678}}
	if n := testing.AllocsPerRun(100, func() { c.Encode(buf, dozenSet, refs, rows) }); n != 0 {
		t.Errorf("encode: %v allocations, want none", n)
	}
	if n := testing.AllocsPerRun(100, func() { _ = c.Check(dozenSet, refs, rows) }); n != 0 {
		t.Errorf("check: %v allocations, want none", n)
	}
	if n := testing.AllocsPerRun(100, func() { _ = c.CompareReported(dozenSet, dozenSet, nil, rows, rows) }); n != 0 {
		t.Errorf("compare: %v allocations, want none", n)
	}
}

// TestEncodeOrder encodes a dozen settings: they come in the order of their rows.
func TestEncodeOrder(t *testing.T) {
	var types []uint16
	v := dozenValues
	for a := range wire.Attrs(new(attr.Codec).Encode(nil, dozenSet, nil, dozen(&v))) {
		types = append(types, a.Type)
	}
	if want := []uint16{1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}; !slices.Equal(types, want) {
		t.Errorf("%v, want %v", types, want)
	}
}

func TestDecodeAllocates(t *testing.T) {
	var c attr.Codec
	var v values
	from := dozenValues
	b := c.Encode(nil, dozenSet, nil, dozen(&from))
	rows := dozen(&v)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := c.Decode(b, rows, nil); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
	if v.u32 != from.u32 || v.pair != from.pair {
		t.Errorf("%+v", v)
	}
}

func BenchmarkEncode(b *testing.B) {
	var c attr.Codec
	v := dozenValues
	rows, buf := dozen(&v), make([]byte, 0, 1<<10)
	b.ReportAllocs()
	for b.Loop() {
		c.Encode(buf, dozenSet, nil, rows)
	}
}

func BenchmarkDecode(b *testing.B) {
	var c attr.Codec
	v := dozenValues
	data := c.Encode(nil, dozenSet, nil, dozen(&v))
	rows := dozen(&v)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Decode(data, rows, nil); err != nil {
			b.Fatal(err)
		}
	}
}
