package kerneltest_test

import (
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// typedRoutes are routes with a type, a scope or metrics; the line of `ip` for each, and a
// command after which Ensure sets it again.
var typedRoutes = []struct {
	route       inet.Route
	line, spoil string
}{
	{inet.Route{Type: inet.RouteLocal, Dst: lab.Prefix("198.51.100.0/25"), MTU: 1400, MTULock: true}, "local 198.51.100.0/25 table local scope host mtu lock 1400",
		"replace local 198.51.100.0/25 dev t0 mtu 1400"},
	{inet.Route{Type: inet.RouteLocal, Dst: lab.Prefix("198.51.100.0/25"), Table: 4660}, "local 198.51.100.0/25 table 4660 scope host", "replace 198.51.100.0/25 dev t0 table 4660"},
	{inet.Route{Type: inet.RouteBroadcast, Dst: lab.Prefix("198.51.100.127/32"), Scope: inet.ScopeHost}, "broadcast 198.51.100.127 table local scope host",
		"replace broadcast 198.51.100.127 dev t0"},
	{inet.Route{Type: inet.RouteAnycast, Dst: lab.Prefix("198.51.100.9/32")}, "anycast 198.51.100.9 table local scope link", "del anycast 198.51.100.9 dev t0"},
	{inet.Route{Type: inet.RouteMulticast, Dst: lab.Prefix("239.18.0.0/16"), Metric: 7}, "multicast 239.18.0.0/16 scope link metric 7", "del multicast 239.18.0.0/16 dev t0"},
	{inet.Route{Dst: lab.Prefix("198.51.100.0/24"), Scope: inet.ScopeSite, MTU: 65520, AdvMSS: 65495}, "198.51.100.0/24 scope site mtu 65520 advmss 65495",
		"change 198.51.100.0/24 dev t0 mtu 65520"},
	{inet.Route{Dst: lab.Prefix("198.51.100.0/24"), Via: lab.Addr("192.0.2.18"), Scope: 77, AdvMSS: 0x123}, "198.51.100.0/24 via 192.0.2.18 scope 77 advmss 291",
		"change 198.51.100.0/24 via 192.0.2.18 dev t0 scope 77 advmss 292"},
	{inet.Route{Type: inet.RouteLocal, Dst: lab.Prefix("2001:db8:7::/49"), MTU: 0x1234}, "local 2001:db8:7::/49 table local metric 1024 mtu 4660 pref medium",
		"del local 2001:db8:7::/49 dev t0"},
	{inet.Route{Type: inet.RouteMulticast, Dst: lab.Prefix("ff05::/16"), Table: 255, AdvMSS: 1300}, "multicast ff05::/16 table local metric 1024 advmss 1300 pref medium",
		"del multicast ff05::/16 dev t0 table local"},
	{inet.Route{Dst: lab.Prefix("2001:db8:7::/49"), MTU: 1500, MTULock: true, Metric: 7}, "2001:db8:7::/49 metric 7 mtu lock 1500 pref medium",
		"replace 2001:db8:7::/49 dev t0 metric 7 mtu 1500"},
}

// routeLines returns the lines of `ip` about the routes of t0.
func routeLines(ns *testutil.Lab) (all []string) {
	ns.Helper()
	for _, family := range []string{"-4", "-6"} {
		for line := range strings.Lines(ns.IP(family, "route", "show", "table", "all", "dev", "t0")) {
			all = append(all, strings.TrimSpace(line))
		}
	}
	return all
}

// TestRouteTypes makes a link with each route, by the library and by the commands that the
// builder prints, has others spoil it, takes it away, and leaves the kernel's own.
func TestRouteTypes(t *testing.T) {
	for _, test := range typedRoutes {
		t.Run(test.line, func(t *testing.T) {
			c, ns := lab.Scratch(t)
			spec := bridge.New("t0").Up().Addr(lab.Prefix("192.0.2.17/28")).Routes(test.route)
			lab.MustCreate(t, c, spec)
			has := func(ns *testutil.Lab, due bool) {
				t.Helper()
				lines := routeLines(ns)
				for _, own := range []string{"local 192.0.2.17 table local proto kernel scope host src 192.0.2.17", "192.0.2.16/28 proto kernel scope link src 192.0.2.17"} {
					if !contains(lines, own) {
						t.Errorf("%q is gone: %q", own, lines)
					}
				}
				if contains(lines, test.line) != due {
					t.Errorf("ip says %q, %q should be there: %t", lines, test.line, due)
				}
			}
			has(ns, true)
			quietEnsure(t, c, spec)
			_, other := lab.Scratch(t)
			if fault := testutil.Shell(t, other.File, spec.String()); fault != "" {
				t.Errorf("%v: %s", spec, fault)
			}
			has(other, true)
			family := "-4"
			if test.route.Is6() {
				family = "-6"
			}
			ns.IP(append([]string{family, "route"}, strings.Fields(test.spoil)...)...)
			has(ns, false)
			lab.Ensured(t, c, spec, false, "route")
			has(ns, true)
			lab.Ensured(t, c, iplink.Device("t0").OnlyRoutes(), false, "route")
			has(ns, false)
			lab.Updated(t, c, iplink.Device("t0").Routes(test.route))
			has(ns, true)
			lab.Ensured(t, c, iplink.Device("t0").DelRoute(inet.Route{Type: test.route.Type, Dst: test.route.Dst, Table: test.route.Table}), false, "route")
			has(ns, false)
		})
	}
}

func contains(lines []string, want string) bool {
	for _, line := range lines {
		if strings.TrimSpace(strings.ReplaceAll(line, "  ", " ")) == want {
			return true
		}
	}
	return false
}

// TestRouteOrder makes routes that need each other, in the wrong order.
func TestRouteOrder(t *testing.T) {
	c, ns := lab.Scratch(t)
	lab.MustCreate(t, c, bridge.New("t0").Up().Routes(
		inet.Route{Via: lab.Addr("198.51.100.9"), Src: lab.Addr("203.0.113.7")},
		inet.Route{Dst: lab.Prefix("198.51.100.0/24"), Src: lab.Addr("203.0.113.7")},
		inet.Route{Type: inet.RouteLocal, Dst: lab.Prefix("203.0.113.0/28")}))
	lines := routeLines(ns)
	for _, want := range []string{"default via 198.51.100.9 src 203.0.113.7", "198.51.100.0/24 scope link src 203.0.113.7", "local 203.0.113.0/28 table local scope host"} {
		if !contains(lines, want) {
			t.Errorf("no %q in %q", want, lines)
		}
	}
}

// TestRoutesOnLoopback has routes that discard packets, which only the loopback interface
// has.
func TestRoutesOnLoopback(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.Batch("link set lo up", "link add t0 up type bridge")
	r := inet.Route{Type: inet.RouteProhibit, Dst: lab.Prefix("2001:db8:7::/49")}
	for _, spec := range []iplink.Spec{iplink.Device("t0").Routes(r), bridge.New("t1").Up().Routes(r)} {
		_, err := c.Ensure(t.Context(), spec)
		lab.Refused(t, err, "route", "only the loopback interface has routes of type prohibit")
	}
	if got := ns.IP("-6", "route", "show", "type", "prohibit"); got != "" {
		t.Errorf("ip says %s", got)
	}
	lab.Ensured(t, c, iplink.Device("lo").Routes(r), false, "route")
	quietEnsure(t, c, iplink.Device("lo").Routes(r))
	if got := ns.IP("-6", "route", "show", "type", "prohibit"); !strings.HasPrefix(got, "prohibit 2001:db8:7::/49 dev lo metric 1024") {
		t.Errorf("ip says %s", got)
	}
	lab.Ensured(t, c, iplink.Device("lo").DelRoute(r), false, "route")
	if got := ns.IP("-6", "route", "show", "type", "prohibit"); got != "" {
		t.Errorf("ip still says %s", got)
	}
}

// TestOnlyRoutesNexthop leaves alone routes that use nexthop objects.
func TestOnlyRoutesNexthop(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.Batch("link add t0 up type bridge", "address add 192.0.2.17/28 dev t0", "nexthop add id 4660 via 192.0.2.18 dev t0", "route add 198.51.100.0/24 nhid 4660",
		"route add 203.0.113.0/24 dev t0")
	lab.Ensured(t, c, iplink.Device("t0").OnlyRoutes(), false, "route")
	if lines := strings.Join(routeLines(ns), "\n"); !strings.Contains(lines, "198.51.100.0/24 nhid 4660") || strings.Contains(lines, "203.0.113") {
		t.Errorf("ip says %s", lines)
	}
}
