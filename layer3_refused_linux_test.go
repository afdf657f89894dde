package iplink_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/ipoib"
)

// TestAddrRefused describes addresses that cannot be, one fault each.
func TestAddrRefused(t *testing.T) {
	const v4, v6 = "192.0.2.17/28", "2001:db8::17/64"
	with := func(text string, change func(*inet.Addr)) inet.Addr {
		a := inet.Addr{Prefix: prefix(text)}
		change(&a)
		return a
	}
	peer := func(text, of string) inet.Addr { return with(of, func(a *inet.Addr) { a.Peer = addr(text) }) }
	flags := func(f inet.AddrFlags, of string) inet.Addr { return with(of, func(a *inet.Addr) { a.Flags = f }) }
	lives := func(valid, preferred time.Duration) inet.Addr {
		return with(v4, func(a *inet.Addr) { a.ValidLifetime, a.PreferredLifetime = valid, preferred })
	}
	for _, c := range []struct {
		addr inet.Addr
		text string
	}{
		{inet.Addr{}, "the zero netip.Prefix is no address"},
		{inet.Addr{Prefix: netip.PrefixFrom(addr("192.0.2.17"), 0)}, "192.0.2.17/0: no network has a prefix of length 0"},
		{inet.Addr{Prefix: netip.PrefixFrom(addr("192.0.2.17"), 33)}, "the zero netip.Prefix is no address"},
		{inet.Addr{Prefix: prefix("0.0.0.0/8")}, "0.0.0.0 is no address of a machine"},
		{inet.Addr{Prefix: prefix("::/128")}, ":: is no address of a machine"},
		{inet.Addr{Prefix: prefix("239.1.2.3/32")}, "239.1.2.3 is the address of a group"},
		{inet.Addr{Prefix: prefix("ff05::7/128")}, "ff05::7 is the address of a group"},
		{inet.Addr{Prefix: prefix("255.255.255.255/32")}, "255.255.255.255 is the broadcast address"},
		{inet.Addr{Prefix: prefix("::ffff:192.0.2.17/120")}, "::ffff:192.0.2.17 is an IPv4 address in IPv6 clothes: Unmap it"},
		{inet.Addr{Prefix: prefix("::1/128")}, "::1/128 is for the loopback interface alone"},
		{peer("2001:db8::18", v4), "the peer 2001:db8::18 is of another family than 192.0.2.17"},
		{peer("192.0.2.18", v6), "the peer 192.0.2.18 is of another family than 2001:db8::17"},
		{peer("192.0.2.17", v4), "192.0.2.17 is its own peer"},
		{peer("224.0.0.7", v4), "peer: 224.0.0.7 is the address of a group"},
		{peer("fe80::7%eth0", v6), "peer: the zone of fe80::7%eth0 cannot be told to the kernel, which has the link"},
		{with(v6, func(a *inet.Addr) { a.Broadcast = addr("192.0.2.31") }), "2001:db8::17/64 is IPv6, which has no broadcast"},
		{with(v4, func(a *inet.Addr) { a.Broadcast = addr("ff02::1") }), "the broadcast address ff02::1 is of another family than 192.0.2.17"},
		{with(v6, func(a *inet.Addr) { a.Label = "t0:x" }), "2001:db8::17/64 is IPv6, which has no labels"},
		{with(v4, func(a *inet.Addr) { a.Label = "t0:0123456789abc" }), `the label "t0:0123456789abc" has 16 bytes, more than 15`},
		{with(v4, func(a *inet.Addr) { a.Label = "eth0:1" }), `the label "eth0:1" does not begin with the name of the link, "t0"`},
		{with(v4, func(a *inet.Addr) { a.Label = "t0\x00x" }), "a label has no NUL byte"},
		{with(v6, func(a *inet.Addr) { a.Scope = inet.ScopeLink }), "the scope of 2001:db8::17 is global: an IPv6 address itself says it"},
		{with("fe80::7/64", func(a *inet.Addr) { a.Scope = inet.ScopeHost }), "the scope of fe80::7 is link: an IPv6 address itself says it"},
		{with("fe80::7/64", func(a *inet.Addr) { a.Scope = inet.ScopeGlobal }), "the scope of fe80::7 is link: an IPv6 address itself says it"},
		{with(v4, func(a *inet.Addr) { a.Scope = 257 }), "257 is no scope: the kernel has 0 (ScopeGlobal) to 255"},
		{flags(inet.AddrNoDAD, v4), "192.0.2.17/28: IPv4 addresses have no flag nodad"},
		{flags(inet.AddrHome|inet.AddrManageTemp, v4), "192.0.2.17/28: IPv4 addresses have no flag home,mngtmpaddr"},
		{flags(inet.AddrOptimistic, v4), "192.0.2.17/28: IPv4 addresses have no flag optimistic"},
		{flags(inet.AddrNoDAD|inet.AddrOptimistic, v6), "nodad and optimistic exclude one another"},
		{flags(inet.AddrManageTemp, "2001:db8::17/65"), "mngtmpaddr needs a prefix of length 64, 2001:db8::17/65 has another"},
		{flags(inet.AddrMCAutoJoin, v4), "192.0.2.17 is no multicast address, whose group AddrMCAutoJoin could join"},
		{flags(0x12000, v4), "0x12000 are no flags that are known"},
		{lives(300*time.Second, 301*time.Second), "it would be preferred longer, 5m1s, than valid, 5m0s"},
		{lives(300*time.Second, inet.Forever), "it would be preferred longer, forever, than valid, 5m0s"},
		{lives(1500*time.Millisecond, 0), "valid_lft: 1.5s is not in whole seconds"},
		{lives(0, -time.Second), "preferred_lft: -1s is not in 1s…1193046h28m14s, nor Forever"},
		{lives(4294967295*time.Second, 0), "valid_lft: 1193046h28m15s is not in 1s…1193046h28m14s, nor Forever"},
		{with(v4, func(a *inet.Addr) { a.PreferredLifetime, a.Flags = time.Second, inet.AddrDeprecated }), "a deprecated address has no preferred lifetime"},
	} {
		refused(t, iplink.Refusal(bridge.New("t0").Addrs(c.addr)), "address", c.text)
	}
	refused(t, iplink.Refusal(bridge.New("t0").Addr(prefix(v6), prefix("2001:db8::17/65"))), "address", "2001:db8::17/65 is given twice")
	refused(t, iplink.Refusal(bridge.New("t0").Addr(prefix(v4)).Addrs(inet.Addr{Prefix: prefix(v4), Metric: 7})), "address", "192.0.2.17/28 is given twice")
}

// TestAddrTaken describes addresses that can be, though they look odd.
func TestAddrTaken(t *testing.T) {
	for _, a := range []inet.Addr{
		{Prefix: prefix("192.0.2.16/28")},
		{Prefix: prefix("192.0.2.17/32"), Peer: addr("198.51.100.1")},
		{Prefix: prefix("ff05::7/128"), Flags: inet.AddrMCAutoJoin},
		{Prefix: prefix("fe80::7/64"), Scope: inet.ScopeLink},
		{Prefix: prefix("2001:db8::17/64"), ValidLifetime: 4294967294 * time.Second, PreferredLifetime: 4294967294 * time.Second},
		{Prefix: prefix("2001:db8::17/64"), Flags: inet.AddrDeprecated | inet.AddrTentative | inet.AddrPermanent},
	} {
		if err := iplink.Refusal(bridge.New("t0").Addrs(a)); err != nil {
			t.Errorf("%v: %v", a, err)
		}
	}
	if err := iplink.Refusal(bridge.New("t0").Addr(prefix("192.0.2.17/28"), prefix("192.0.2.17/25"))); err != nil {
		t.Error(err)
	}
}

// TestRouteRefused describes routes that cannot be, one fault each.
func TestRouteRefused(t *testing.T) {
	for _, c := range []struct {
		route inet.Route
		text  string
	}{
		{inet.Route{}, "a route without Via needs a Dst, such as 0.0.0.0/0"},
		{inet.Route{Dst: prefix("198.51.100.1/24")}, "198.51.100.1/24 has bits behind its prefix: the network is 198.51.100.0/24"},
		{inet.Route{Dst: prefix("::ffff:0.0.0.0/96")}, "::ffff:0.0.0.0/96 is an IPv4 address in IPv6 clothes"},
		{inet.Route{Dst: prefix("2001:db8::/48"), Via: addr("192.0.2.1")}, "the gateway 192.0.2.1 is of another family than 2001:db8::/48"},
		{inet.Route{Via: addr("0.0.0.0")}, "via: 0.0.0.0 is no address of a machine"},
		{inet.Route{Via: addr("ff02::2")}, "via: ff02::2 is the address of a group"},
		{inet.Route{Via: addr("::1")}, "via: ::1 is this machine"},
		{inet.Route{Via: addr("fe80::7%eth0")}, "via: the zone of fe80::7%eth0 cannot be told to the kernel, which has the link"},
		{inet.Route{Via: addr("::ffff:192.0.2.1")}, "via: ::ffff:192.0.2.1 is an IPv4 address in IPv6 clothes: Unmap it"},
		{inet.Route{Dst: prefix("198.51.100.0/24"), OnLink: true}, "only a gateway can be onlink"},
		{inet.Route{Via: addr("192.0.2.1"), Src: addr("2001:db8::1")}, "the source 2001:db8::1 is of another family than the route"},
		{inet.Route{Via: addr("192.0.2.1"), Src: addr("224.0.0.7")}, "src: 224.0.0.7 is the address of a group"},
	} {
		refused(t, iplink.Refusal(bridge.New("t0").Up().Routes(c.route)), "route", c.text)
	}
	two := bridge.New("t0").Up().DefaultRoute(addr("fe80::7")).Routes(inet.Route{Via: addr("fe80::8"), Metric: 1024})
	refused(t, iplink.Refusal(two), "route", "there are two routes to default of metric 1024")
	refused(t, iplink.Refusal(bridge.New("t0").DefaultRoute(addr("192.0.2.1"))), "route", "only a link that is up has routes: add Up")
	if err := iplink.Refusal(bridge.New("t0").Up().DefaultRoute(addr("fe80::7")).DefaultRoute(addr("192.0.2.1")).Routes(inet.Route{Via: addr("192.0.2.1"), Metric: 7})); err != nil {
		t.Error(err)
	}
}

// TestNeighRefused describes neighbours that cannot be, one fault each.
func TestNeighRefused(t *testing.T) {
	mac := net.HardwareAddr{2, 0, 0, 0, 0x12, 0x34}
	for _, c := range []struct {
		neigh inet.Neigh
		text  string
	}{
		{inet.Neigh{LLAddr: mac}, "the zero netip.Addr is no neighbour"},
		{inet.Neigh{Addr: addr("0.0.0.0"), LLAddr: mac}, "0.0.0.0 is no address of a machine"},
		{inet.Neigh{Addr: addr("fe80::7%eth0"), LLAddr: mac}, "the zone of fe80::7%eth0 cannot be told to the kernel, which has the link"},
		{inet.Neigh{Addr: addr("::ffff:192.0.2.1"), LLAddr: mac}, "::ffff:192.0.2.1 is an IPv4 address in IPv6 clothes: Unmap it"},
		{inet.Neigh{Addr: addr("192.0.2.1")}, "192.0.2.1 lacks its link-layer address"},
		{inet.Neigh{Addr: addr("192.0.2.1"), LLAddr: mac[:5]}, "a link-layer address of 6 bytes is due, 02:00:00:00:12 has 5"},
		{inet.Neigh{Addr: addr("192.0.2.1"), LLAddr: mac, State: inet.NeighFailed}, "nud: failed is no state that an entry can be given"},
		{inet.Neigh{Addr: addr("192.0.2.1"), LLAddr: mac, State: inet.NeighStale | inet.NeighPermanent}, "nud: 132 is no state that an entry can be given"},
		{inet.Neigh{Addr: addr("192.0.2.1"), LLAddr: mac, Router: true}, "192.0.2.1 is IPv4, where neighbours are not known to be routers"},
	} {
		refused(t, iplink.Refusal(bridge.New("t0").Neighs(c.neigh)), "neigh", c.text)
	}
	twice := inet.Neigh{Addr: addr("192.0.2.1"), LLAddr: mac}
	refused(t, iplink.Refusal(bridge.New("t0").Neighs(twice, twice)), "neigh", "192.0.2.1 is given twice")
	refused(t, iplink.Refusal(ipoib.New("t0").Parent("ib0").Neighs(twice)), "neigh", "a link-layer address of 20 bytes is due")
	if err := iplink.Refusal(ipoib.New("t0").Parent("ib0").Neighs(inet.Neigh{Addr: addr("192.0.2.1"), LLAddr: make(net.HardwareAddr, 20)})); err != nil {
		t.Error(err)
	}
}
