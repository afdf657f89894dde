package migrating_test

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/inet"
)

// changing is the table of changing any link.
var changing = []entry{
	{code: `iplink.Device("eth0").MTU(9000).Master("br0").Up().Update(ctx)`, scene: br0 + "; " + eth0, check: dev("eth0"), shows: `"mtu":9000 ; "master":"br0" ; "UP"`},
	{code: `iplink.Device("eth0").Up().Update(ctx)`, scene: eth0, check: dev("eth0"), shows: `"UP"`},
	{code: `iplink.Device("eth0").Down().Update(ctx)`, scene: eth0 + "; link set eth0 up", check: dev("eth0"), shows: `!"UP"`},
	{code: `iplink.Device("eth0").MTU(9000).Update(ctx)`, scene: eth0, check: dev("eth0"), shows: `"mtu":9000`},
	{code: `iplink.Device("eth0").Rename("uplink").Update(ctx)`, scene: eth0, check: "ip -j link", shows: `"ifname":"uplink" ; !"ifname":"eth0"`},
	{code: `iplink.Device("eth0").Alias("to the router").Update(ctx)`, scene: eth0, check: dev("eth0"), shows: `"ifalias":"to the router"`},
	{code: `iplink.Device("eth0").AltName("uplink-to-the-router").Update(ctx)`, scene: eth0, check: dev("eth0"), shows: `"altnames":["uplink-to-the-router"]`},
	{code: `iplink.Device("eth0").DelAltName("uplink-to-the-router").Update(ctx)`, scene: eth0 + "; link property add dev eth0 altname uplink-to-the-router", check: dev("eth0"), shows: `!"uplink-to-the-router"`},
	{code: `iplink.Device("eth0").Address(mac).Update(ctx)`, scene: eth0, check: dev("eth0"), shows: macText},
	{code: `iplink.Device("eth0").Master("br0").Update(ctx)`, scene: br0 + "; " + eth0, check: dev("eth0"), shows: `"master":"br0"`},
	{code: `iplink.Device("eth0").MasterIndex(7).Update(ctx)`, scene: "link add br0 index 7 type bridge; " + eth0, check: dev("eth0"), shows: `"master":"br0"`},
	{code: `iplink.Device("eth0").NoMaster().Update(ctx)`, scene: onBr0, check: dev("eth0"), shows: `!"master"`},
	{code: `iplink.Device("eth0").Sysctls(inet.IPv4().RPFilter(inet.RPFilterLoose)).Update(ctx)`, scene: eth0, check: "cat /proc/sys/net/ipv4/conf/eth0/rp_filter", shows: "2"},
	{code: `iplink.Device("eth0").NetNS(ns).Update(ctx)`, scene: eth0, check: "there " + dev("eth0"), shows: `"ifname":"eth0"`},
	{code: `iplink.Device("eth0").TxQueueLen(100).Update(ctx)`, scene: eth0, check: dev("eth0"), shows: `"txqlen":100,`},
	{code: `iplink.Device("eth0").Group(7).Update(ctx)`, scene: eth0, check: dev("eth0"), shows: `"group":"7"`},
	{code: `iplink.Device("eth0").ARP(true).Update(ctx)`, scene: eth0 + "; link set eth0 arp off", check: dev("eth0"), shows: `!"NOARP"`},
	{code: `iplink.Device("eth0").AllMulticast(true).Update(ctx)`, scene: eth0, check: dev("eth0"), shows: `"ALLMULTI"`},
	{code: `iplink.Device("eth0").Multicast(true).Update(ctx)`, scene: eth0 + "; link set eth0 multicast off", check: dev("eth0"), shows: `"MULTICAST"`},
	{code: `iplink.Device("eth0").Promiscuous(true).Update(ctx)`, scene: eth0, check: dev("eth0"), shows: `"PROMISC"`},
	{code: `iplink.Device("eth0").AddrGenMode(iplink.AddrGenNone).Update(ctx)`, scene: eth0, check: dev("eth0"), shows: `"inet6_addr_gen_mode":"none"`},
	{code: `iplink.Device("eth0").GSOMaxSize(4096).GSOMaxSegs(7).Update(ctx)`, scene: eth0, check: dev("eth0"), shows: `"gso_max_size":4096, ; "gso_max_segs":7,`},
	{code: `iplink.Device("eth0").GROMaxSize(4096).Update(ctx)`, scene: eth0, check: dev("eth0"), shows: `"gro_max_size":4096`},
	{code: `iplink.Device("eth0").GSOMaxIPv4Size(4096).GROMaxIPv4Size(4096).Update(ctx)`, since: "6.3", scene: eth0,
		check: "attr eth0 63 && attr eth0 64", shows: "63=00100000 ; 64=00100000"},
}

// addressed is eth0 in a network with 192.0.2.1 and 192.0.2.2.
const addressed = eth0 + "; address add 192.0.2.9/24 dev eth0; link set eth0 up; link set peer0 up"

// neighbour is an entry for 192.0.2.2.
const neighbour = eth0 + "; neigh add 192.0.2.2 lladdr " + macText + " dev eth0"

// layer3 is the table of addresses, routes and neighbours.
var layer3 = []entry{
	{code: `iplink.Device("eth0").Addr(netip.MustParsePrefix("192.0.2.1/24")).Update(ctx)`, scene: eth0, check: "ip -j addr", shows: `"local":"192.0.2.1","prefixlen":24`},
	{code: `iplink.Device("eth0").Addr(netip.MustParsePrefix("192.0.2.1/24")).Exclusive().Update(ctx)`, scene: eth0, check: "ip -j addr", shows: `"local":"192.0.2.1","prefixlen":24`},
	{code: `iplink.Device("eth0").Addr(netip.MustParsePrefix("192.0.2.1/24")).Exclusive().Update(ctx)`, scene: eth0 + "; address add 192.0.2.1/24 dev eth0",
		do: refused(fs.ErrExist, "ip addr add 192.0.2.1/24 dev eth0")},
	{code: `iplink.Device("eth0").Addrs(inet.Addr{Prefix: netip.MustParsePrefix("192.0.2.1/24"), Metric: 7}).Update(ctx)`, scene: eth0 + "; address add 192.0.2.1/24 dev eth0",
		check: "ip -j addr", shows: `"metric":7,`},
	{code: `iplink.Device("eth0").OnlyAddrs(inet.Addr{Prefix: netip.MustParsePrefix("192.0.2.1/24")}).Update(ctx)`, scene: eth0 + "; address add 192.0.2.7/24 dev eth0",
		check: "ip -j addr", shows: `"local":"192.0.2.1" ; !"local":"192.0.2.7"`},
	{code: `iplink.Device("eth0").DelAddr(netip.MustParsePrefix("192.0.2.1/24")).Update(ctx)`, scene: eth0 + "; address add 192.0.2.1/24 dev eth0", check: "ip -j addr", shows: `!"local":"192.0.2.1"`},
	{code: `link.Addrs(ctx)`, scene: eth0 + "; address add 192.0.2.1/24 dev eth0; address add 2001:db8::1/64 dev eth0", says: func(v any) (texts []string) {
		for _, a := range v.([]inet.Addr) {
			texts = append(texts, addrText(a))
		}
		return texts
	}, check: "ip -o addr show dev eth0", each: "/", alter: "address add 192.0.2.7/25 dev eth0"},
	{code: `iplink.ListAddrs(ctx)`, scene: eth0 + "; address add 192.0.2.1/24 dev eth0; address add 192.0.2.7/25 dev peer0", says: addrTexts, check: "ip -o addr", each: "/", alter: "address del 192.0.2.1/24 dev eth0"},
	{code: `iplink.ListAddrs(ctx, iplink.OfKind(iplink.KindVXLAN))`, scene: eth0 + "; " + vx0 + "; address add 192.0.2.1/24 dev eth0; address add 192.0.2.7/25 dev vx0", says: addrTexts,
		check: "ip -o addr show type vxlan", each: "/", alter: "address add 192.0.2.8/25 dev vx0"},
	{code: `iplink.Device("eth0").Routes(inet.Route{Via: local}).Update(ctx)`, scene: addressed, check: "ip -j route", shows: `"dst":"default","gateway":"192.0.2.1"`},
	{code: `iplink.Device("eth0").OnlyRoutes(inet.Route{Via: local}).Update(ctx)`, scene: addressed + "; route add 198.51.100.0/24 via 192.0.2.7 proto 99",
		check: "ip -j route", shows: `"dst":"default","gateway":"192.0.2.1" ; !198.51.100.0/24`},
	{code: `iplink.Device("eth0").DelRoute(inet.Route{Via: local}).Update(ctx)`, scene: addressed + "; route add default via 192.0.2.1", check: "ip -j route", shows: `!"gateway":"192.0.2.1"`},
	{code: `iplink.Device("eth0").Routes(inet.Route{Type: inet.RouteLocal, Dst: netip.MustParsePrefix("192.0.2.0/24"), MTU: 1400, MTULock: true}).Update(ctx)`,
		scene: eth0 + "; link set eth0 up", check: "ip route show table local", shows: "local 192.0.2.0/24 dev eth0 ; scope host ; mtu lock 1400"},
	{code: `link.Routes(ctx)`, scene: addressed + "; route add 198.51.100.0/24 via 192.0.2.7", says: func(v any) (texts []string) {
		for _, route := range v.([]inet.Route) {
			texts = append(texts, routeTexts(route)...)
		}
		return texts
	}, check: "ip -4 route show table all dev eth0", alter: "route add 198.51.100.0/25 via 192.0.2.8 table 77"},
	{code: `iplink.ListRoutes(ctx)`, scene: addressed + "; route add 198.51.100.0/24 via 192.0.2.7", says: func(v any) (texts []string) {
		for _, route := range v.([]iplink.LinkRoute) {
			texts = append(texts, routeTexts(route.Route)...)
		}
		return texts
	}, check: "ip -4 route show table all", alter: "route add blackhole 198.51.100.0/25 table 77"},
	{code: `iplink.Device("eth0").Neighs(inet.Neigh{Addr: remote, LLAddr: mac}).Update(ctx)`, scene: eth0 + "; neigh add 192.0.2.2 lladdr 02:00:00:00:12:34 dev eth0",
		check: "ip -j neigh", shows: `"lladdr":"` + macText + `" ; !"lladdr":"02:00:00:00:12:34"`},
	{code: `iplink.Device("eth0").Neighs(inet.Neigh{Addr: remote, Flags: inet.NeighProxy}).Update(ctx)`, scene: eth0, check: "ip -j neigh show proxy", shows: `"dst":"192.0.2.2"`},
	{code: `iplink.Device("eth0").OnlyNeighs(inet.Neigh{Addr: remote, LLAddr: mac}).Update(ctx)`, scene: eth0 + "; neigh add 192.0.2.7 lladdr 02:00:00:00:12:34 dev eth0",
		check: "ip -j neigh", shows: `"lladdr":"` + macText + `" ; !"dst":"192.0.2.7"`},
	{code: `iplink.Device("eth0").DelNeigh(inet.Neigh{Addr: remote}).Update(ctx)`, scene: neighbour, check: "ip -j neigh", shows: `!"dst":"192.0.2.2"`},
	{code: `link.Neighs(ctx)`, scene: neighbour, says: func(v any) (texts []string) {
		for _, n := range v.([]inet.Neigh) {
			texts = append(texts, neighText(n))
		}
		return texts
	}, check: "ip neigh show nud all dev eth0", each: "\n", alter: "neigh add 192.0.2.7 lladdr 02:00:00:00:12:34 dev eth0"},
	{code: `iplink.ListNeighs(ctx)`, scene: neighbour + "; neigh add 192.0.2.7 lladdr 02:00:00:00:12:34 dev peer0", says: func(v any) (texts []string) {
		for _, n := range v.([]iplink.LinkNeigh) {
			texts = append(texts, strings.Replace(neighText(n.Neigh), " lladdr", " dev "+n.Link+" lladdr", 1))
		}
		return texts
	}, check: "ip neigh show nud all", each: "\n", alter: "neigh del 192.0.2.7 dev peer0"},
}

func addrText(a inet.Addr) string { return " " + a.Prefix.String() + " " }

// addrTexts are words of `ip` about addresses of all links.
func addrTexts(v any) (texts []string) {
	for _, a := range v.([]iplink.LinkAddr) {
		family := "inet"
		if a.Prefix.Addr().Is6() {
			family = "inet6"
		}
		texts = append(texts, fmt.Sprintf(" %s    %s%s", a.Link, family, addrText(a.Addr)))
	}
	return texts
}

// routeTexts are words of `ip` about a route of IPv4.
func routeTexts(r inet.Route) []string {
	if r.Dst.Addr().Is6() {
		return nil
	}
	text := r.Dst.String()
	if r.Dst.IsSingleIP() {
		text = r.Dst.Addr().String()
	}
	if r.Via.IsValid() {
		text += " via " + r.Via.String()
	}
	return []string{text}
}

func neighText(n inet.Neigh) string { return fmt.Sprintf("%v lladdr %v", n.Addr, n.LLAddr) }
