package inetnl

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/iplink-go/iplink/inet"
)

var otherMAC = net.HardwareAddr{2, 0, 0, 0, 0x56, 0x78}

// FuzzMessages decodes any bytes as an address, a route and a neighbour, and prints
// the result.
func FuzzMessages(f *testing.F) {
	a := AppendAddr(nil, &inet.Addr{Prefix: netip.MustParsePrefix("192.0.2.17/28"), Peer: netip.MustParseAddr("192.0.2.18"), Broadcast: netip.MustParseAddr("192.0.2.31"), Label: "t0:x",
		Flags: inet.AddrMCAutoJoin, ValidLifetime: time.Minute, Metric: 0x12345, Proto: 0x42}, 7)
	r := AppendRoute(nil, &inet.Route{Dst: netip.MustParsePrefix("198.51.100.0/24"), Via: netip.MustParseAddr("fe80::7"), Src: netip.MustParseAddr("192.0.2.17"), Metric: 0x12345, Table: 0x1234}, 7)
	n := AppendNeigh(nil, &inet.Neigh{Addr: netip.MustParseAddr("2001:db8::1"), LLAddr: otherMAC, Flags: inet.NeighRouter}, 7)
	for _, b := range [][]byte{nil, a, r, n, a[:9], r[:13], n[:13], make([]byte, 11), make([]byte, 12)} {
		f.Add(b, 7)
	}
	f.Fuzz(func(_ *testing.T, b []byte, index int) {
		a, _, _ := ParseAddr(b)
		n, _, _ := ParseNeigh(b)
		_, _ = a.String(), n.String()
		for _, r := range ParseRoute(b) {
			_ = AppendRouteKey(AppendRoute(nil, &r.Route, index), &r.Route, index)
			_, _ = r.String(), RouteFault(&r.Route)
		}
	})
}

// TestLastSecond decodes an address that has no whole second left: given to another
// link as it is, it must not last forever.
func TestLastSecond(t *testing.T) {
	b := AppendAddr(nil, &inet.Addr{Prefix: netip.MustParsePrefix("2001:db8::17/65"), ValidLifetime: 0x1234 * time.Second, PreferredLifetime: 0x123 * time.Second}, 7)
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
		got, _, _ := ParseAddr(b)
		if got.String() != test.want {
			t.Errorf("%d and %d seconds left: %v, want %s", test.preferred, test.valid, got, test.want)
		}
	}
}

// TestRoundTrip decodes what was encoded.
func TestRoundTrip(t *testing.T) {
	a := inet.Addr{Prefix: netip.MustParsePrefix("2001:db8::17/65"), Peer: netip.MustParseAddr("2001:db8::18"), Flags: inet.AddrHome | inet.AddrMCAutoJoin,
		ValidLifetime: 0x1234 * time.Second, PreferredLifetime: 0x123 * time.Second, Metric: 0x12345, Proto: 0x42}
	r := inet.Route{Dst: netip.MustParsePrefix("198.51.100.0/24"), Via: netip.MustParseAddr("fe80::7"), Src: netip.MustParseAddr("192.0.2.17"), Metric: 0x12345, Table: 0x1234,
		Proto: inet.RouteProtoStatic, OnLink: true, Type: inet.RouteMulticast, Scope: 77, MTU: 0x1234, MTULock: true, AdvMSS: 0x123}
	n := inet.Neigh{Addr: netip.MustParseAddr("2001:db8::1"), LLAddr: otherMAC, State: inet.NeighStale, Flags: inet.NeighRouter}
	addrBytes, routeBytes, neighBytes := AppendAddr(nil, &a, 7), AppendRoute(nil, &r, 7), AppendNeigh(nil, &n, 7)
	a.Scope = inet.ScopeGlobal // which is always reported
	if got, _, _ := ParseAddr(addrBytes); got != a {
		t.Errorf("%+v, want %+v", got, a)
	}
	if got := ParseRoute(routeBytes); len(got) != 1 || got[0] != (LinkRoute{Route: r, Index: 7}) {
		t.Errorf("%+v, want %+v", got, r)
	}
	if got, _, _ := ParseNeigh(neighBytes); got.String() != n.String() {
		t.Errorf("%v, want %v", got, n)
	}
}

// native returns numbers of 16 bits in the order of the machine, and then bytes.
func native(numbers []uint16, more ...byte) (b []byte) {
	for _, n := range numbers {
		b = binary.NativeEndian.AppendUint16(b, n)
	}
	return append(b, more...)
}

func native32(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }
