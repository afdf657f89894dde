package iplink_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
)

// FuzzLayer3 decodes anything as what there is above the link layer, and writes
// what came out.
func FuzzLayer3(f *testing.F) {
	a, r, n := iplink.AppendLayer3(
		iplink.Addr{Prefix: prefix("192.0.2.17/28"), Peer: addr("192.0.2.18"), Broadcast: addr("192.0.2.31"), Label: "t0:x",
			Flags: iplink.AddrMCAutoJoin, ValidLifetime: time.Minute, Metric: 0x12345, Proto: 0x42},
		iplink.Route{Dst: prefix("198.51.100.0/24"), Via: addr("fe80::7"), Src: addr("192.0.2.17"), Metric: 0x12345, Table: 0x1234},
		iplink.Neigh{Addr: addr("2001:db8::1"), LLAddr: otherMAC, Router: true})
	for _, b := range [][]byte{nil, a, r, n, a[:9], r[:13], n[:13], make([]byte, 11), make([]byte, 12)} {
		f.Add(b, 7)
	}
	f.Fuzz(func(_ *testing.T, b []byte, index int) {
		a, r, n := iplink.ParseLayer3(b, index)
		_, _, _ = a.String(), r.String(), n.String()
	})
}

// TestLastSecond decodes an address that has no whole second left: given to another
// link as it is, it must not last forever.
func TestLastSecond(t *testing.T) {
	b, _, _ := iplink.AppendLayer3(iplink.Addr{Prefix: prefix("2001:db8::17/65"), ValidLifetime: 0x1234 * time.Second, PreferredLifetime: 0x123 * time.Second},
		iplink.Route{}, iplink.Neigh{})
	for _, test := range []struct {
		preferred, valid uint32
		want             string
	}{
		{0, 0, "2001:db8::17/65 valid_lft 1 preferred_lft 0"},
		{0, 0x123, "2001:db8::17/65 valid_lft 291 preferred_lft 0"},
		{1, 2, "2001:db8::17/65 valid_lft 2 preferred_lft 1"},
	} {
		info := b[len(b)-16:] // struct ifa_cacheinfo, the last attribute
		binary.NativeEndian.PutUint32(info, test.preferred)
		binary.NativeEndian.PutUint32(info[4:], test.valid)
		got, _, _ := iplink.ParseLayer3(b, 7)
		if got.String() != test.want {
			t.Errorf("%d and %d seconds left: %v, want %s", test.preferred, test.valid, got, test.want)
		}
	}
}

// TestLayer3RoundTrip decodes what was encoded.
func TestLayer3RoundTrip(t *testing.T) {
	a := iplink.Addr{Prefix: prefix("2001:db8::17/65"), Peer: addr("2001:db8::18"), Flags: iplink.AddrHome | iplink.AddrMCAutoJoin,
		ValidLifetime: 0x1234 * time.Second, PreferredLifetime: 0x123 * time.Second, Metric: 0x12345, Proto: 0x42}
	r := iplink.Route{Dst: prefix("198.51.100.0/24"), Via: addr("fe80::7"), Src: addr("192.0.2.17"), Metric: 0x12345, Table: 0x1234,
		Proto: iplink.RouteProtoStatic, OnLink: true}
	n := iplink.Neigh{Addr: addr("2001:db8::1"), LLAddr: otherMAC, State: iplink.NeighStale, Router: true}
	addrBytes, routeBytes, neighBytes := iplink.AppendLayer3(a, r, n)
	a.Scope = iplink.ScopeGlobal // which is always reported
	if got, _, _ := iplink.ParseLayer3(addrBytes, 7); got != a {
		t.Errorf("%+v, want %+v", got, a)
	}
	if _, got, _ := iplink.ParseLayer3(routeBytes, 7); got != r {
		t.Errorf("%+v, want %+v", got, r)
	}
	if _, _, got := iplink.ParseLayer3(neighBytes, 7); got.String() != n.String() {
		t.Errorf("%v, want %v", got, n)
	}
	if _, got, _ := iplink.ParseLayer3(routeBytes, 8); got != (iplink.Route{}) {
		t.Errorf("%+v of another link", got)
	}
}
