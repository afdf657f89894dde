package attr_test

import (
	"errors"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/wire"
)

// decode has one row decode b.
func decode(t *testing.T, b []byte, row func(*attr.Codec, *values)) (values, attr.Set, error) {
	t.Helper()
	var c attr.Codec
	var v values
	set, err := c.Decode(b, table(row, &v), nil)
	return v, set, err
}

// wantFaults says which rows err must be about, and what it says of each.
func wantFaults(t *testing.T, name string, err error, faults ...attr.Error) {
	t.Helper()
	got := faultsOf(err)
	for i := range got {
		got[i].Errno = 0 // which a test of the kernel's errnos is about
	}
	if !slices.Equal(got, faults) {
		t.Errorf("%s: %+v, want %+v", name, got, faults)
	}
}

// faultsOf takes the errors apart that errors.Join put together.
func faultsOf(err error) (faults []attr.Error) {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range all.Unwrap() {
			faults = append(faults, faultsOf(err)...)
		}
		return faults
	}
	if fault, ok := errors.AsType[*attr.Error](err); ok {
		return []attr.Error{*fault}
	}
	return nil
}

func TestDecodeManyFaults(t *testing.T) {
	var v values
	b := wire.AppendU8(nil, 1, 0xa1)
	b = wire.AppendU16(b, 2, 0x1234)
	b = wire.AppendU16(b, 3, 0x5678)
	b = wire.AppendFlag(b, 4)
	_, err := new(attr.Codec).Decode(b, func(c *attr.Codec) {
		attr.U32(c, 1, "one", &v.u32)
		attr.U16(c, 2, "two", &v.u16)
		attr.Index(c, 3, "three", &v.index)
		attr.Custom(c, 4, "four", &v.pair)
	}, nil)
	wantFaults(t, "decode", err,
		attr.Error{Name: "one", Text: "1 bytes where 4 are due"},
		attr.Error{Name: "three", Text: "2 bytes where 4 are due"},
		attr.Error{Name: "four", Text: "no pair"})
	if v.u16 != 0x1234 {
		t.Errorf("the good row is %#x", v.u16)
	}
	if want := "one: 1 bytes where 4 are due\nthree: 2 bytes where 4 are due\nfour: no pair"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
}

// TestDecodeTruncated cuts a message short: what lies before the cut is good.
func TestDecodeTruncated(t *testing.T) {
	b := wire.AppendU32(wire.AppendU16(nil, 1, 0x1234), 2, 0x12345678)
	var v values
	set, err := new(attr.Codec).Decode(b[:15], func(c *attr.Codec) {
		attr.U16(c, 1, "one", &v.u16)
		attr.U32(c, 2, "two", &v.u32)
	}, nil)
	wantFaults(t, "decode", err, attr.Error{Text: "truncated netlink data"})
	if v.u16 != 0x1234 || v.u32 != 0 || set != attr.SetOf(1) {
		t.Errorf("%#x, %#x, set %v", v.u16, v.u32, set)
	}
}

// TestDecodeNests whose lengths point past their ends, at three depths.
func TestDecodeNests(t *testing.T) {
	var v values
	nested := func(c *attr.Codec) {
		attr.U16(c, 1, "one", &v.u16)
		attr.Nest(c, 2, "middle", func(c *attr.Codec) {
			attr.U8(c, 1, "inner one", &v.u8)
			attr.MACs(c, 3, elem, "inner list", &v.macs)
		})
		attr.Strings(c, 3, elem, "list", &v.strings)
	}
	b, outer := wire.Begin(nil, typ)
	b = wire.AppendU16(b, 1, 0x1234)
	b, middle := wire.Begin(b, 2)
	b = wire.AppendU8(b, 1, 0xa1)
	b, inner := wire.Begin(b, 3)
	b = wire.AppendAttr(b, elem, []byte{2, 0, 0, 0, 0, 1})
	b = wire.End(append(b, 0xff, 0xff, 0, 0), inner)
	b = wire.End(append(b, 0xff, 0xff, 0, 0), middle)
	b, list := wire.Begin(b, 3)
	b = wire.AppendString(b, elem, "name")
	b = wire.End(append(b, 0xff, 0xff, 0, 0), list)
	b = wire.End(append(b, 0xff, 0xff, 0, 0), outer)
	b = wire.AppendU32(b, 0x14, 0x12345678)
	_, err := new(attr.Codec).Decode(b, func(c *attr.Codec) {
		attr.Nest(c, typ, "outer", nested)
		attr.U32(c, 0x14, "behind", &v.u32)
	}, nil)
	truncated := wire.ErrTruncated.Error()
	wantFaults(t, "decode", err,
		attr.Error{Name: "outer", Text: truncated},
		attr.Error{Name: "middle", Text: truncated},
		attr.Error{Name: "inner list", Text: truncated},
		attr.Error{Name: "list", Text: truncated})
	want := values{u8: 0xa1, u16: 0x1234, u32: 0x12345678, strings: []string{"name"}, macs: []net.HardwareAddr{{2, 0, 0, 0, 0, 1}}}
	if !reflect.DeepEqual(v, want) {
		t.Errorf("\n got %+v\nwant %+v", v, want)
	}
}

// TestDecodeUnknown hands out what no row asked for, and nothing else.
func TestDecodeUnknown(t *testing.T) {
	var v values
	b := wire.AppendU8(nil, 0x7e, 0xa1)
	b = wire.AppendU16(b, 1, 0x1234)
	b = wire.AppendU8(b, 2, 0xa2)               // not wanted
	b = wire.AppendAttr(b, 300, []byte{0xa3})   // beyond what a Set holds
	b = wire.AppendFlag(b, 0x7e|0x8000)         // once more, flagged as a nest
	b = wire.AppendAttr(b, 130, []byte{1, 2})   // the number of a Bit
	b = append(b, 0xff, 0xff, 0, 0, 0xa5, 0, 0) // broken: ends the walk
	var got []wire.Attr
	set, err := new(attr.Codec).Decode(b, func(c *attr.Codec) {
		attr.U16(c, 1, "one", &v.u16)
		attr.Skip(c, 2)
		attr.Nest(c, 4, "nest", func(c *attr.Codec) { attr.U8(c, 0x7e, "other", &v.u8) })
	}, func(a wire.Attr) { got = append(got, a) })
	want := []wire.Attr{{Type: 0x7e, Data: []byte{0xa1}}, {Type: 300, Data: []byte{0xa3}}, {Type: 0x7e, Data: []byte{}}, {Type: 130, Data: []byte{1, 2}}}
	if !reflect.DeepEqual(got, want) || !set.Has(1) || set.Has(0x7e) || err == nil {
		t.Errorf("%v, set %v, error %v; want %v", got, set, err, want)
	}
}

func TestDecodeLastCounts(t *testing.T) {
	b := wire.AppendU16(nil, typ, 0x1234)
	b = wire.AppendU8(b, typ, 0xa1) // of a wrong width, and not the last
	b = wire.AppendU16(b, typ, 0x5678)
	v, _, err := decode(t, b, func(c *attr.Codec, v *values) { attr.U16(c, typ, "x", &v.u16) })
	if v.u16 != 0x5678 || err != nil {
		t.Errorf("%#x, error %v", v.u16, err)
	}
}

func TestDecodeFlags(t *testing.T) {
	for data, want := range map[string]bool{"": true, "\x00": false, "\x01": true, "\x00\x02": true, "\x00\x00": false} {
		b := wire.AppendText(nil, typ, data)
		v, set, err := decode(t, b, func(c *attr.Codec, v *values) { attr.Flag(c, typ, "x", &v.on) })
		if v.on != want || !set.Has(typ) || err != nil {
			t.Errorf("flag % x: %v, set %v, error %v", data, v.on, set, err)
		}
	}
	for data, want := range map[uint8]bool{0: false, 1: true, 0xa1: true} {
		v, _, err := decode(t, wire.AppendU8(nil, typ, data), func(c *attr.Codec, v *values) { attr.Bool(c, typ, "x", &v.on) })
		if v.on != want || err != nil {
			t.Errorf("bool %d: %v, error %v", data, v.on, err)
		}
	}
}

// TestDecodeTimes that do not fit a time.Duration: they become the longest.
func TestDecodeTimes(t *testing.T) {
	const longest = time.Duration(1<<63 - 1)
	ticks := func(c *attr.Codec, v *values) { attr.Ticks64(c, typ, "x", &v.time) }
	nanos := func(c *attr.Codec, v *values) { attr.Nanos(c, typ, "x", &v.time) }
	for _, c := range []struct {
		n    uint64
		row  func(*attr.Codec, *values)
		want time.Duration
	}{
		{1<<64 - 1, ticks, longest},
		{uint64(longest/attr.Tick) + 1, ticks, longest},
		{uint64(longest / attr.Tick), ticks, longest / attr.Tick * attr.Tick},
		{1 << 63, nanos, longest},
		{1<<63 - 1, nanos, longest},
	} {
		if v, _, err := decode(t, wire.AppendU64(nil, typ, c.n), c.row); v.time != c.want || err != nil {
			t.Errorf("%d: %v, error %v; want %v", c.n, v.time, err, c.want)
		}
	}
	seconds := func(c *attr.Codec, v *values) { attr.Seconds(c, typ, "x", &v.time) }
	if v, _, err := decode(t, wire.AppendU32(nil, typ, 1<<32-1), seconds); v.time != (1<<32-1)*time.Second || err != nil {
		t.Errorf("most seconds: %v, error %v", v.time, err)
	}
}

// TestDecodeBothFamilies takes the IPv6 address, as the kernel does, and notes
// it under the number of the row.
func TestDecodeBothFamilies(t *testing.T) {
	four, six := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	row := func(c *attr.Codec, v *values) { attr.Addr(c, typ, typ6, "x", &v.addr) }
	both := wire.AppendAttr(wire.AppendAttr(nil, typ6, six.AsSlice()), typ, four.AsSlice())
	if v, set, err := decode(t, both, row); v.addr != six || !set.Has(typ) || err != nil {
		t.Errorf("%v, set %v, error %v", v.addr, set, err)
	}
	only := wire.AppendAttr(nil, typ6, six.AsSlice())
	if v, set, err := decode(t, only, row); v.addr != six || !set.Has(typ) || err != nil {
		t.Errorf("IPv6 only: %v, set %v, error %v", v.addr, set, err)
	}
	crossed := wire.AppendAttr(nil, typ, six.AsSlice())
	_, _, err := decode(t, crossed, row)
	wantFaults(t, "IPv6 under the number of IPv4", err, attr.Error{Name: "x", Text: "16 bytes where 4 are due"})
}

// TestDecodeMembers from kernels that know fewer and more.
func TestDecodeMembers(t *testing.T) {
	row := func(c *attr.Codec, v *values) { attr.U32s(c, typ, "x", &v.members[0], &v.members[1]) }
	data := bytesOf(t, "78563412 44332211 0d0c0b0a", "12345678 11223344 0a0b0c0d")
	for n, want := range map[int][2]uint32{
		3: {}, 4: {0x12345678}, 7: {0x12345678}, 8: {0x12345678, 0x11223344}, 12: {0x12345678, 0x11223344},
	} {
		if v, _, err := decode(t, wire.AppendAttr(nil, typ, data[:n]), row); v.members != want || err != nil {
			t.Errorf("%d bytes: %#x, error %v", n, v.members, err)
		}
	}
}

// TestDecodeMACs sorts, skips what is no element, and refuses other lengths.
func TestDecodeMACs(t *testing.T) {
	b, at := wire.Begin(nil, typ)
	for _, last := range []byte{3, 1, 2} {
		b = wire.AppendAttr(b, elem, []byte{2, 0, 0, 0, 0, last})
	}
	b = wire.AppendAttr(b, elem+1, []byte{2, 0, 0, 0, 0, 9})
	b = wire.End(wire.AppendAttr(b, elem, []byte{2, 0, 0}), at)
	v, _, err := decode(t, b, func(c *attr.Codec, v *values) { attr.MACs(c, typ, elem, "x", &v.macs) })
	want := []net.HardwareAddr{{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}, {2, 0, 0, 0, 0, 3}}
	if !reflect.DeepEqual(v.macs, want) {
		t.Errorf("%v, want %v", v.macs, want)
	}
	wantFaults(t, "a short one", err, attr.Error{Name: "x", Text: "3 bytes where 6 are due"})
}

// TestDecodeShares shows that strings and slices lie in the message.
func TestDecodeShares(t *testing.T) {
	b := wire.AppendString(nil, typ, "vx0")
	v, _, _ := decode(t, b, func(c *attr.Codec, v *values) { attr.Text(c, typ, "x", &v.text, 15) })
	kept := strings.Clone(v.text)
	b[4] = 'w'
	if kept != "vx0" || v.text != "wx0" {
		t.Errorf("%q, then %q", kept, v.text)
	}
}
