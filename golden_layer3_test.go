package iplink_test

import (
	"net"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/macvlan"
)

func prefix(text string) netip.Prefix { return netip.MustParsePrefix(text) }

// goldenLayer3 are links with all that there is to addresses, routes and
// neighbours, which this iproute2 has words for.
func goldenLayer3() []goldenCase {
	base := func() *macvlan.Builder { return macvlan.New("t0").Index(goldenIndex).Parent("under").Up() }
	return []goldenCase{
		{"layer3", "inet", base().Addrs(
			inet.Addr{Prefix: prefix("192.0.2.17/28"), Peer: addr("192.0.2.18"), Broadcast: addr("192.0.2.31"), Label: "t0:lab",
				Scope: inet.ScopeLink, Flags: inet.AddrNoPrefixRoute, ValidLifetime: 0x1234 * time.Second,
				PreferredLifetime: 0x123 * time.Second, Metric: 0x12345},
			inet.Addr{Prefix: prefix("127.1.2.3/24")},
			inet.Addr{Prefix: prefix("239.1.2.3/32"), Flags: inet.AddrMCAutoJoin},
			inet.Addr{Prefix: prefix("198.51.100.1/25"), Scope: inet.ScopeSite, ValidLifetime: 300 * time.Second})},
		{"layer3", "inet6", base().Addrs(
			inet.Addr{Prefix: prefix("2001:db8::17/64"), Flags: inet.AddrNoDAD | inet.AddrHome | inet.AddrManageTemp,
				ValidLifetime: 0x1234 * time.Second, PreferredLifetime: 0x123 * time.Second, Metric: 0x12345},
			inet.Addr{Prefix: prefix("2001:db8:1::17/65"), Peer: addr("2001:db8:2::18"), Flags: inet.AddrNoPrefixRoute | inet.AddrDeprecated},
			inet.Addr{Prefix: prefix("2001:db8:3::17/66"), Flags: inet.AddrOptimistic, ValidLifetime: inet.Forever, PreferredLifetime: 77 * time.Second})},
		{"layer3", "routes", base().Addr(prefix("192.0.2.17/28"), prefix("2001:db8::17/64")).
			DefaultRoute(addr("192.0.2.18")).DefaultRoute(addr("2001:db8::18")).Routes(
			inet.Route{Dst: prefix("198.51.100.0/25"), Via: addr("203.0.113.1"), OnLink: true, Src: addr("192.0.2.17"), Metric: 0x12345, Table: 0x4321, Proto: inet.RouteProtoStatic},
			inet.Route{Dst: prefix("0.0.0.0/0"), Metric: 7, Table: 77},
			inet.Route{Dst: prefix("10.0.0.0/9"), Via: addr("fe80::7")},
			inet.Route{Dst: prefix("0.0.0.0/0"), Via: addr("fe80::8"), Metric: 8},
			inet.Route{Dst: prefix("::/0"), Metric: 7, Proto: 0x42},
			inet.Route{Dst: prefix("2001:db8:4::/49"), Via: addr("2001:db8::19")})},
		{"layer3", "neighs", base().Neighs(
			inet.Neigh{Addr: addr("192.0.2.19"), LLAddr: otherMAC},
			inet.Neigh{Addr: addr("192.0.2.20"), LLAddr: goldenMAC, State: inet.NeighStale},
			inet.Neigh{Addr: addr("192.0.2.21"), LLAddr: goldenMAC, State: inet.NeighReachable},
			inet.Neigh{Addr: addr("2001:db8::19"), LLAddr: net.HardwareAddr{2, 0, 0, 0, 0x12, 0x34}, State: inet.NeighNoARP, Router: true})},
	}
}
