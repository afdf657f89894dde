package inetnl

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/inet"
)

func network(text string) netip.Prefix { return netip.MustParsePrefix(text) }

// TestRouteFault has routes that the kernel refuses, reduces or ignores in part, and
// beside each the next one that it accepts.
func TestRouteFault(t *testing.T) {
	gateway, four, six := netip.MustParseAddr("192.0.2.18"), network("198.51.100.0/24"), network("2001:db8:1::/48")
	for _, test := range []struct {
		route inet.Route
		fault string
	}{
		{inet.Route{Dst: four, MTU: 65521}, "mtu: 65521 is more than 65520"},
		{inet.Route{Dst: four, MTU: 65520, MTULock: true}, ""},
		{inet.Route{Dst: four, AdvMSS: 65496}, "advmss: 65496 is more than 65495"},
		{inet.Route{Dst: four, AdvMSS: 65495}, ""},
		{inet.Route{Dst: four, MTULock: true}, "no MTU to be locked"},
		{inet.Route{Dst: four, Scope: 255}, "the scope nowhere"},
		{inet.Route{Dst: four, Scope: 254}, ""},
		{inet.Route{Dst: four, Scope: 257}, "257 is not a scope"},
		{inet.Route{Dst: four, Scope: inet.ScopeGlobal}, ""},
		{inet.Route{Dst: six, Scope: inet.ScopeLink}, "IPv6 routes have none, and link is set"},
		{inet.Route{Dst: six, Scope: inet.ScopeGlobal}, ""},
		{inet.Route{Dst: four, Via: gateway, Scope: inet.ScopeLink}, "a route with a gateway has less than link, not link"},
		{inet.Route{Dst: four, Via: gateway, Scope: 252}, ""},
		{inet.Route{Dst: four, Type: inet.RouteLocal, Scope: inet.ScopeLink}, "a route of type local has host or more, not link"},
		{inet.Route{Dst: four, Type: inet.RouteLocal}, ""},
		{inet.Route{Dst: four, Type: inet.RouteLocal, Via: gateway}, "a route of type local has no gateway"},
		{inet.Route{Dst: four, Type: inet.RouteBroadcast, Scope: 252}, "a route of type broadcast has link or more, not 252"},
		{inet.Route{Dst: four, Type: inet.RouteBroadcast, Scope: inet.ScopeHost}, ""},
		{inet.Route{Dst: four, Type: inet.RouteAnycast, Via: gateway}, "a route of type anycast has no gateway"},
		{inet.Route{Dst: four, Type: inet.RouteMulticast, Via: gateway}, ""},
		{inet.Route{Dst: six, Type: inet.RouteBroadcast}, "has no broadcast"},
		{inet.Route{Dst: four, Type: inet.RouteBlackhole}, "an IPv4 route of type blackhole has no link"},
		{inet.Route{Dst: six, Type: inet.RouteProhibit}, ""},
		{inet.Route{Dst: six, Type: inet.RouteThrow, Via: netip.MustParseAddr("fe80::7")}, "a route of type throw has no gateway"},
		{inet.Route{Dst: four, Type: 10}, "no routes of type 10"},
	} {
		if got := RouteFault(&test.route); test.fault == "" && got != "" || !strings.Contains(got, test.fault) {
			t.Errorf("%+v: %q, want %q", test.route, got, test.fault)
		}
	}
}

// TestRouteWords has the order of `ip route show`.
func TestRouteWords(t *testing.T) {
	full := inet.Route{Dst: network("198.51.100.0/24"), Via: netip.MustParseAddr("192.0.2.18"), Table: 0x1234, Proto: inet.RouteProtoStatic, Scope: inet.ScopeSite,
		Src: netip.MustParseAddr("192.0.2.17"), Metric: 7, OnLink: true, MTU: 1400, MTULock: true, AdvMSS: 1300}
	for want, r := range map[string]inet.Route{
		"198.51.100.0/24 via 192.0.2.18 table 4660 proto static scope site src 192.0.2.17 metric 7 onlink mtu lock 1400 advmss 1300": full,
		"local 192.0.2.17/32 table local proto kernel scope host src 192.0.2.17": {Type: inet.RouteLocal, Dst: network("192.0.2.17/32"), Table: 255,
			Proto: inet.RouteProtoKernel, Scope: inet.ScopeHost, Src: netip.MustParseAddr("192.0.2.17")},
		"local 10.0.0.0/8 table main":         {Type: inet.RouteLocal, Dst: network("10.0.0.0/8"), Table: 254},
		"10.0.0.0/8 scope link mtu 1280":      {Type: inet.RouteUnicast, Dst: network("10.0.0.0/8"), Table: 254, Proto: inet.RouteProtoBoot, Scope: inet.ScopeLink, MTU: 1280},
		"10.0.0.0/8 scope global":             {Dst: network("10.0.0.0/8"), Scope: inet.ScopeGlobal},
		"default via 192.0.2.18":              {Via: netip.MustParseAddr("192.0.2.18"), Scope: inet.ScopeGlobal},
		"multicast ff05::/16 metric 1024":     {Type: inet.RouteMulticast, Dst: network("ff05::/16"), Metric: 1024},
		"unreachable 2001:db8::/32 table 777": {Type: inet.RouteUnreachable, Dst: network("2001:db8::/32"), Table: 777},
	} {
		if got := r.String(); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}

// TestEnumerations has enumerations as JSON.
func TestEnumerations(t *testing.T) {
	type words struct {
		Type  inet.RouteType
		Proto inet.RouteProto
		Scope [3]inet.Scope
		State inet.NeighState
		Flags inet.NeighFlags
		Addr  inet.AddrFlags
		Made  inet.AddrProto
	}
	want := words{inet.RouteBroadcast, inet.RouteProtoDHCP, [3]inet.Scope{inet.ScopeGlobal, 77, 0}, inet.NeighStale, inet.NeighProxy | inet.NeighManaged, inet.AddrNoDAD | 1<<20, inet.AddrProtoKernelRA}
	text, err := json.Marshal(want)
	const due = `{"Type":"broadcast","Proto":"dhcp","Scope":["global","77",""],"State":"stale","Flags":"proxy,managed","Addr":"nodad,0x100000","Made":"kernel_ra"}`
	if err != nil || string(text) != due {
		t.Errorf("%s, %v", text, err)
	}
	var got words
	if err := json.Unmarshal(text, &got); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for _, wrong := range []string{`{"Type":"brodcast"}`, `{"Proto":"256"}`, `{"State":"-1"}`, `{"Flags":"proxy,"}`, `{"Addr":"nodad,x"}`, `{"Scope":["65536"]}`, `{"Type":""}`} {
		if err := json.Unmarshal([]byte(wrong), new(words)); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
}

// TestMultipath decodes a route through two gateways, and its beginnings.
func TestMultipath(t *testing.T) {
	b := []byte{2, 24, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0}
	b = append(b, native([]uint16{8, 1}, 198, 51, 100, 0)...)
	hops := append(native([]uint16{16}, 4, 0), native32(7)...)
	hops = append(hops, native([]uint16{8, 5}, 192, 0, 2, 18)...)
	hops = append(append(hops, native([]uint16{8}, 0, 0)...), native32(8)...)
	b = append(append(b, native([]uint16{uint16(4 + len(hops)), 9})...), hops...)
	got := ParseRoute(b)
	if len(got) != 2 || got[0].String() != "198.51.100.0/24 via 192.0.2.18 onlink" || got[0].Index != 7 || got[1].String() != "198.51.100.0/24 scope global" || got[1].Index != 8 || !got[1].Shared {
		t.Errorf("%+v", got)
	}
	for n := range b {
		_ = ParseRoute(b[:n])
	}
}
