package kerneltest_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// wholeNetNS fills a namespace with objects of each sort.
func wholeNetNS(ns *testutil.Lab) {
	ns.Helper()
	ns.Batch("link set lo up", "link add t0 up type bridge", "link add t1 up type bridge", "link add t2 type bridge", "link set t1 alias x",
		"address add 192.0.2.17/28 dev t0", "address add 192.0.2.33 peer 192.0.2.34/28 label t1:x metric 7 dev t1", "address add 2001:db8::17/64 nodad dev t1",
		"route add 198.51.100.0/25 dev t1 table 4660 mtu lock 1400", "route add default via 192.0.2.18 dev t0 metric 7", "route add blackhole 203.0.113.0/24",
		"route add 10.0.0.0/8 nexthop via 192.0.2.18 dev t0 nexthop via 192.0.2.34 dev t1 weight 7", "route add unreachable 2001:db8:7::/64 metric 7",
		"route add 2001:db8:8::/64 nexthop via 2001:db8::18 dev t1 nexthop via 2001:db8::19 dev t1",
		"neigh add 192.0.2.18 lladdr 02:00:00:00:12:34 dev t0", "neigh add 2001:db8::18 lladdr 02:00:00:00:12:35 nud stale router dev t1", "neigh add proxy 192.0.2.40 dev t2")
}

// ipAddrs returns the addresses that `ip` shows, a line each.
func ipAddrs(ns *testutil.Lab) (all []string) {
	ns.Helper()
	var links []struct {
		Ifindex int
		Ifname  string
		Info    []struct {
			Local, Address, Label, Scope string
			Prefixlen                    int
		} `json:"addr_info"`
	}
	ns.Decode(&links, "-j", "address")
	for _, l := range links {
		for _, a := range l.Info {
			if a.Label == l.Ifname {
				a.Label = ""
			}
			all = append(all, fmt.Sprintf("%d %s %s/%d %s %s %s", l.Ifindex, l.Ifname, a.Local, a.Prefixlen, a.Address, a.Label, a.Scope))
		}
	}
	slices.Sort(all)
	return all
}

// ipRoutes returns the routes that `ip` shows, a line for each gateway.
func ipRoutes(ns *testutil.Lab) (all []string) {
	ns.Helper()
	for _, family := range []string{"-4", "-6"} {
		type hop struct{ Gateway, Dev string }
		var routes []struct {
			Type, Dst, Gateway, Dev, Table, Protocol, Prefsrc string
			Metric                                            uint32
			Metrics                                           []struct{ MTU uint32 }
			Nexthops                                          []hop
		}
		ns.Decode(&routes, family, "-d", "-j", "route", "show", "table", "all")
		for _, r := range routes {
			mtu := uint32(0)
			for _, m := range r.Metrics {
				mtu = cmp.Or(mtu, m.MTU)
			}
			if len(r.Nexthops) == 0 {
				r.Nexthops = []hop{{r.Gateway, r.Dev}}
			}
			for _, h := range r.Nexthops {
				all = append(all, fmt.Sprintf("%s %s via %s dev %s table %s proto %s src %s metric %d mtu %d", r.Type, r.Dst, h.Gateway, h.Dev, r.Table, r.Protocol, r.Prefsrc, r.Metric, mtu))
			}
		}
	}
	slices.Sort(all)
	return all
}

// routeLine returns a route as ipRoutes has it.
func routeLine(r iplink.LinkRoute) string {
	text := func(valid bool, s fmt.Stringer) string {
		if !valid {
			return ""
		}
		return s.String()
	}
	dst := strings.TrimSuffix(strings.TrimSuffix(r.Dst.String(), "/32"), "/128")
	if r.Dst.Bits() == 0 {
		dst = "default"
	}
	table := map[uint32]string{254: "main", 255: "local"}[r.Table]
	return fmt.Sprintf("%v %s via %s dev %s table %s proto %v src %s metric %d mtu %d", r.Type, dst, text(r.Via.IsValid(), r.Via), r.Link, cmp.Or(table, fmt.Sprint(r.Table)), r.Proto, text(r.Src.IsValid(), r.Src), r.Metric, r.MTU)
}

// ipNeighs returns the neighbours and proxy entries that `ip` shows, a line each.
func ipNeighs(ns *testutil.Lab) (all []string) {
	ns.Helper()
	for _, more := range []string{"-j neigh show nud all", "-4 -j neigh show proxy", "-6 -j neigh show proxy"} {
		var found []struct {
			Dst, Dev, Lladdr string
			State            []string
			Router           json.RawMessage // null
		}
		if out := ns.IP(more); strings.TrimSpace(out) != "" {
			ns.Decode(&found, strings.Fields(more)...)
		}
		for _, n := range found {
			if isGroup(n.Dst) {
				continue
			}
			all = append(all, fmt.Sprintf("%s dev %s lladdr %s proxy %t router %t %s", n.Dst, n.Dev, n.Lladdr, strings.Contains(more, "proxy"), n.Router != nil, strings.Join(n.State, " ")))
		}
	}
	slices.Sort(all)
	return all
}

// isGroup reports whether a neighbour is a group. Such entries come and go.
func isGroup(dst string) bool {
	return strings.HasPrefix(dst, "ff02:") || strings.HasPrefix(dst, "224.")
}

func neighText(n iplink.LinkNeigh) string {
	state := strings.ToUpper(n.State.String())
	proxy := n.Flags&inet.NeighProxy != 0
	if proxy {
		state = ""
	}
	lladdr := ""
	if len(n.LLAddr) > 0 {
		lladdr = n.LLAddr.String()
	}
	return fmt.Sprintf("%s dev %s lladdr %s proxy %t router %t %s", n.Addr, n.Link, lladdr, proxy, n.Flags&inet.NeighRouter != 0, state)
}

// lines returns values as sorted lines.
func lines[T any](all []T, line func(T) string) (text []string) {
	for _, v := range all {
		text = append(text, line(v))
	}
	slices.Sort(text)
	return text
}

// TestListLayer3 compares the lists of a namespace with those of `ip`.
func TestListLayer3(t *testing.T) {
	c, ns := lab.Scratch(t)
	wholeNetNS(ns)
	addrs, err := c.ListAddrs(t.Context())
	testutil.Must(t, err)
	routes, err := c.ListRoutes(t.Context())
	testutil.Must(t, err)
	neighs, err := c.ListNeighs(t.Context())
	testutil.Must(t, err)
	neighs = slices.DeleteFunc(neighs, func(n iplink.LinkNeigh) bool { return isGroup(n.Addr.String()) })
	addrLine := func(a iplink.LinkAddr) string {
		peer := ""
		if a.Peer.IsValid() {
			peer = a.Peer.String()
		}
		return fmt.Sprintf("%d %s %v %s %s %v", a.Index, a.Link, a.Prefix, peer, a.Label, a.Scope)
	}
	for sort, pair := range map[string][2][]string{
		"addresses": {ipAddrs(ns), lines(addrs, addrLine)}, "routes": {ipRoutes(ns), lines(routes, routeLine)}, "neighbours": {ipNeighs(ns), lines(neighs, neighText)},
	} {
		if diff := gocmp.Diff(pair[0], pair[1]); diff != "" || len(pair[0]) < 3 {
			t.Errorf("%s: - ip, + library: %s", sort, diff)
		}
	}
	if i := slices.IndexFunc(routes, func(r iplink.LinkRoute) bool { return r.Dst.Bits() == 25 }); routes[i].String() != "198.51.100.0/25 table 4660 scope link mtu lock 1400 dev t1" {
		t.Errorf("%v", routes[i])
	}
}

// TestListLayer3Filtered lists objects of some links.
func TestListLayer3Filtered(t *testing.T) {
	c, ns := lab.Scratch(t)
	wholeNetNS(ns)
	addrs, err := c.ListAddrs(t.Context(), iplink.Named("t1"))
	if err != nil || len(addrs) < 2 || slices.ContainsFunc(addrs, func(a iplink.LinkAddr) bool { return a.Link != "t1" }) {
		t.Errorf("%v, %v", addrs, err)
	}
	routes, err := c.ListRoutes(t.Context(), iplink.OfKind(iplink.KindBridge), iplink.IsUp())
	if err != nil || len(routes) < 4 || slices.ContainsFunc(routes, func(r iplink.LinkRoute) bool { return r.Link != "t0" && r.Link != "t1" }) {
		t.Errorf("%v, %v", routes, err)
	}
	neighs, err := c.ListNeighs(t.Context(), iplink.Named("t2"))
	if err != nil || len(neighs) != 1 || neighs[0].String() != "proxy 192.0.2.40 dev t2" {
		t.Errorf("%v, %v", neighs, err)
	}
	if _, err := c.ListAddrs(t.Context(), iplink.OfKind("")); err == nil || !strings.HasPrefix(err.Error(), "list addresses: OfKind: ") {
		t.Errorf("error %v", err)
	}
	testutil.Must(t, c.Close())
	if _, err := c.ListRoutes(t.Context()); err == nil || errors.Is(err, iplink.ErrNotApplied) {
		t.Errorf("error %v after Close", err)
	}
}

// TestListLayer3Changing lists addresses while others come and go: those that stay are in
// each list, and once.
func TestListLayer3Changing(t *testing.T) {
	c, ns := lab.Scratch(t)
	const links, each = 8, 40
	var commands []string
	for i := range links {
		commands = append(commands, fmt.Sprintf("link add s%d up type bridge", i))
		for k := range each {
			commands = append(commands, fmt.Sprintf("address add 10.%d.%d.1/24 dev s%d", i, k, i))
		}
	}
	ns.Batch(commands...)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(stop)
	other := testutil.Opened(ns, iplink.Dial)
	wg.Go(func() {
		passing := iplink.Device("s3").Addr(lab.Prefix("192.0.2.17/28"))
		for {
			select {
			case <-stop:
				return
			default:
			}
			_, _ = other.Update(t.Context(), passing)
			_, _ = other.Update(t.Context(), iplink.Device("s3").DelAddr(lab.Prefix("192.0.2.17/28")))
		}
	})
	for range lab.Many(t, 20, 500) {
		got, err := c.ListAddrs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for _, a := range got {
			if a.Prefix.Bits() == 24 {
				seen[a.String()]++
			}
		}
		for text, n := range seen {
			if n != 1 {
				t.Errorf("%s occurs %d times", text, n)
			}
		}
		if len(seen) != links*each {
			t.Fatalf("%d addresses, want %d", len(seen), links*each)
		}
	}
}
