package attr_test

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
)

// A checkCase is a value that is tried in a row.
type checkCase struct {
	name string
	row  func(*attr.Codec, *values)
	v    values
	want string // what is wrong, empty if nothing
}

func numberChecks() []checkCase {
	const day = 24 * time.Hour
	at := func(d time.Duration) values { return values{time: d} }
	wide := func(c *attr.Codec, v *values) { attr.U64(c, typ, "x", &v.u64, 1, 1<<63) }
	u8 := func(c *attr.Codec, v *values) { attr.U8(c, typ, "x", &v.u8, 2, 200) }
	be32 := func(c *attr.Codec, v *values) { attr.BE32(c, typ, "x", &v.u32, 0, 1<<20-1) }
	ticks := func(c *attr.Codec, v *values) { attr.Ticks32(c, typ, "x", &v.time) }
	bounded := func(c *attr.Codec, v *values) { attr.Ticks64(c, typ, "x", &v.time, time.Second, day) }
	seconds := func(c *attr.Codec, v *values) { attr.Seconds(c, typ, "x", &v.time) }
	millis := func(c *attr.Codec, v *values) { attr.Millis(c, typ, "x", &v.time) }
	return []checkCase{
		{"least", u8, values{u8: 2}, ""},
		{"below", u8, values{u8: 1}, "1 is not in 2…200"},
		{"most", u8, values{u8: 200}, ""},
		{"above", u8, values{u8: 201}, "201 is not in 2…200"},
		{"flow label", be32, values{u32: 1 << 20}, "1048576 is not in 0…1048575"},
		{"most of 64 bits", wide, values{u64: 1 << 63}, ""},
		{"above, of 64 bits", wide, values{u64: 1<<63 + 1}, "9223372036854775809 is not in 1…9223372036854775808"},
		{"ticks", ticks, at(10 * time.Millisecond), ""},
		{"part of a tick", ticks, at(15 * time.Millisecond), "15ms is not a multiple of 10ms, in which the kernel counts"},
		{"most ticks", ticks, at((1<<32 - 1) * attr.Tick), ""},
		{"too many ticks", ticks, at((1 << 32) * attr.Tick), "11930h27m52.96s is more than 11930h27m52.95s"},
		{"negative", ticks, at(-time.Second), "-1s is negative"},
		{"least time", bounded, at(time.Second), ""},
		{"below the least time", bounded, at(990 * time.Millisecond), "990ms is not in 1s…24h0m0s"},
		{"above the most time", bounded, at(day + attr.Tick), "24h0m0.01s is not in 1s…24h0m0s"},
		{"most seconds", seconds, at((1<<32 - 1) * time.Second), ""},
		{"too many seconds", seconds, at((1 << 32) * time.Second), "1193046h28m16s is more than 1193046h28m15s"},
		{"part of a second", seconds, at(1500 * time.Millisecond), "1.5s is not a multiple of 1s, in which the kernel counts"},
		{"part of a millisecond", millis, at(time.Microsecond), "1µs is not a multiple of 1ms, in which the kernel counts"},
	}
}

func otherChecks() []checkCase {
	addr := func(text string) values { return values{addr: netip.MustParseAddr(text)} }
	text := func(c *attr.Codec, v *values) { attr.Text(c, typ, "x", &v.text, 15) }
	enum := func(c *attr.Codec, v *values) { attr.Enum(c, typ, "x", &v.enum, colours) }
	vlan := func(c *attr.Codec, v *values) { attr.EnumBE16(c, typ, "x", &v.protocol, protocols) }
	ip := func(c *attr.Codec, v *values) { attr.Addr(c, typ, typ6, "x", &v.addr) }
	mac := func(c *attr.Codec, v *values) { attr.MAC(c, typ, "x", &v.mac) }
	hardware := func(c *attr.Codec, v *values) { attr.Hardware(c, typ, "x", &v.mac) }
	macs := func(c *attr.Codec, v *values) { attr.MACs(c, typ, elem, "x", &v.macs) }
	index := func(c *attr.Codec, v *values) { attr.Index(c, typ, "x", &v.index) }
	custom := func(c *attr.Codec, v *values) { attr.Custom(c, typ, "x", &v.pair) }
	return []checkCase{
		{"text", text, values{text: "fifteen bytes .."[:15]}, ""},
		{"long text", text, values{text: "sixteen bytes ..."[:16]}, "16 bytes, where at most 15 fit"},
		{"NUL", text, values{text: "a\x00b"}, "a NUL byte cannot be told to the kernel"},
		{"enum", enum, values{enum: 1}, ""},
		{"a hole of an enum", enum, values{enum: 2}, "2 is not one of red, green"},
		{"above an enum", enum, values{enum: 5}, "5 is not one of red, green"},
		{"protocol", vlan, values{protocol: 0x8100}, ""},
		{"no protocol", vlan, values{protocol: 0x8101}, "33025 is not one of 802.1Q, 802.1ad"},
		{"unspecified", ip, addr("::"), ""},
		{"no address", ip, values{}, "the zero netip.Addr is not an address"},
		{"zone", ip, addr("fe80::1%eth0"), "the zone of fe80::1%eth0 cannot be told to the kernel: name the link instead"},
		{"mapped", ip, addr("::ffff:192.0.2.1"), "::ffff:192.0.2.1 is an IPv4 address in IPv6 clothes: Unmap it"},
		{"short mac", mac, values{mac: make(net.HardwareAddr, 5)}, "5 bytes, where 6 are due"},
		{"no mac", mac, values{}, "0 bytes, where 6 are due"},
		{"infiniband", hardware, values{mac: make(net.HardwareAddr, 20)}, ""},
		{"longest", hardware, values{mac: make(net.HardwareAddr, 32)}, ""},
		{"no macs", macs, values{}, ""},
		{"many macs", macs, values{macs: sixBytes(5460)}, ""},
		{"too many macs", macs, values{macs: sixBytes(5461)}, "5461 addresses, where at most 5460 fit a request"},
		{"a short one", macs, values{macs: []net.HardwareAddr{{2, 0, 0, 0, 0xa1}}}, `"02:00:00:00:a1" has 5 bytes, where 6 are due`},
		{"index", index, values{index: 1<<31 - 1}, ""},
		{"negative index", index, values{index: -1}, "-1 is not an interface index"},
		{"custom", custom, values{pair: pair{7, 7}}, "twins"},
	}
}

// TestCheckRefuses values that a row does not allow, in words that name both.
func TestCheckRefuses(t *testing.T) {
	for _, c := range append(numberChecks(), otherChecks()...) {
		err := new(attr.Codec).Check(attr.SetOf(typ), nil, table(c.row, &c.v))
		var want []attr.Error
		if c.want != "" {
			want = []attr.Error{{Name: "x", Text: c.want}}
		}
		wantFaults(t, c.name, err, want...)
		if err := new(attr.Codec).Check(attr.Set{}, nil, table(c.row, &c.v)); err != nil {
			t.Errorf("%s: was not set and is refused: %v", c.name, err)
		}
	}
}

func sixBytes(n int) []net.HardwareAddr {
	macs := make([]net.HardwareAddr, n)
	for i := range macs {
		macs[i] = net.HardwareAddr{2, 0, 0, 0, byte(i >> 8), byte(i)}
	}
	return macs
}

// TestCheckIndexByName refuses no index where the link is known by name.
func TestCheckIndexByName(t *testing.T) {
	v := values{index: -1}
	row := func(c *attr.Codec, v *values) { attr.Index(c, typ, "x", &v.index) }
	refs := []attr.Ref{{Type: 1, Name: "other"}, {Type: typ, Name: "eth0"}}
	if err := new(attr.Codec).Check(attr.SetOf(typ), refs, table(row, &v)); err != nil {
		t.Error(err)
	}
	err := new(attr.Codec).Check(attr.SetOf(typ), refs[:1], table(row, &v))
	wantFaults(t, "by index", err, attr.Error{Name: "x", Text: "-1 is not an interface index"})
}

// TestMostMACs encodes as many as the check lets through, and none is lost.
func TestMostMACs(t *testing.T) {
	want, got := values{macs: sixBytes(5460)}, values{}
	row := func(c *attr.Codec, v *values) { attr.MACs(c, typ, elem, "x", &v.macs) }
	var c attr.Codec
	b := c.Encode(nil, attr.SetOf(typ), nil, table(row, &want))
	if _, err := c.Decode(b, table(row, &got), nil); err != nil || len(got.macs) != len(want.macs) {
		t.Errorf("%d addresses, error %v; want %d", len(got.macs), err, len(want.macs))
	}
}

// TestReadOnlyIsNotTold, whatever is set.
func TestReadOnlyIsNotTold(t *testing.T) {
	v := values{u32: 0x1234}
	on := func(c *attr.Codec, v *values) { attr.U32(c.ReadOnly(), typ, "x", &v.u32, 1, 2) }
	row := table(on, &v)
	var c attr.Codec
	set := attr.SetOf(typ)
	words, absent := c.Print(nil, set, nil, row)
	if b := c.Encode(nil, set, nil, row); len(b) > 0 || len(words) > 0 || len(absent) > 0 || c.Check(set, nil, row) != nil {
		t.Errorf("told: % x, %q, %q, %v", b, words, absent, c.Check(set, nil, row))
	}
}

func TestError(t *testing.T) {
	for want, err := range map[string]error{
		"mtu: too small": &attr.Error{Name: "mtu", Text: "too small"},
		"truncated":      &attr.Error{Text: "truncated"},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
	joined := errors.Join(&attr.Error{Name: "a", Text: "b"}, nil, &attr.Error{Name: "c", Text: "d"})
	if !strings.Contains(joined.Error(), "c: d") || len(faultsOf(joined)) != 2 {
		t.Errorf("%v", joined)
	}
}
