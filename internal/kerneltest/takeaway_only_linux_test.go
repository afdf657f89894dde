package kerneltest_test

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// foreign are objects that other programs, routers and the kernel give t0.
var foreign = []string{"route add 203.0.113.0/26 dev t0 proto dhcp", "route add 203.0.113.64/26 dev t0 proto 77 table 4660", "route add 203.0.113.128/26 dev t0 proto redirect",
	"route add 2001:db8:9::/48 dev t0 proto ra", "route add 2001:db8:10::/48 dev t0 proto 77", "route add local 203.0.113.200 dev t0",
	"neigh add 192.0.2.41 lladdr 02:00:00:00:12:34 nud stale dev t0", "neigh add 192.0.2.42 lladdr 02:00:00:00:12:34 extern_learn nud stale dev t0",
	"neigh add 192.0.2.43 lladdr 02:00:00:00:12:34 nud noarp dev t0", "neigh add proxy 192.0.2.40 dev t0", "neigh add 192.0.2.39 managed dev t0"}

// kept are those of them that no setter removes.
var kept = []string{"203.0.113.128/26 proto redirect", "2001:db8:9::/48 proto ra", "local 192.0.2.33 ", "broadcast 192.0.2.47 ", "multicast ff00::/8 ", "192.0.2.41 lladdr", "fe80::", "192.0.2.32/28 proto kernel",
	"2001:db8::/64 proto kernel"}

// everything returns what `ip` shows of t0 above the link layer, a line each.
func everything(ns *testutil.Lab) string {
	ns.Helper()
	var all strings.Builder
	for _, command := range []string{"-o address show dev t0", "-4 route show table all dev t0", "-6 route show table all dev t0", "neigh show dev t0 nud all", "neigh show proxy dev t0", "link show dev t0"} {
		all.WriteString(ns.IP(strings.Fields(command)...))
	}
	return all.String()
}

// onlys are setters with the differences that Ensure finds on the link of exactly, which
// has fullOfObjects and foreign; the words that `ip` then has, and the words that it has
// no longer.
var onlys = map[string]struct {
	set          func(*iplink.DeviceUpdate) *iplink.DeviceUpdate
	differences  []string
	has, hasNone []string
}{
	"addresses": {func(d *iplink.DeviceUpdate) *iplink.DeviceUpdate {
		return d.OnlyAddrs(inet.Addr{Prefix: lab.Prefix("192.0.2.35/28")}, inet.Addr{Prefix: lab.Prefix("2001:db8::34/64")}).OnlyAddrs(inet.Addr{Prefix: lab.Prefix("192.0.2.36/28")})
	}, slices.Repeat([]string{"addr"}, 5), []string{"inet 192.0.2.35/28", "inet 192.0.2.36/28", "inet6 2001:db8::34/64", "inet6 fe80"}, []string{"inet 192.0.2.33", "inet 192.0.2.34", "inet 192.0.2.49", "inet6 2001:db8::33"}},
	"no addresses": {func(d *iplink.DeviceUpdate) *iplink.DeviceUpdate { return d.OnlyAddrs() },
		slices.Repeat([]string{"addr"}, 6), []string{"inet6 fe80"}, []string{"inet 1", "inet6 2"}},
	"an address with another label": {func(d *iplink.DeviceUpdate) *iplink.DeviceUpdate {
		return d.OnlyAddrs(inet.Addr{Prefix: lab.Prefix("192.0.2.34/28"), Label: "t0:x"})
	}, slices.Repeat([]string{"addr"}, 6), []string{"inet 192.0.2.34/28 scope global t0:x"}, []string{"inet 192.0.2.33", "inet 192.0.2.35", "inet6 2"}},
	"an address of another scope": {func(d *iplink.DeviceUpdate) *iplink.DeviceUpdate {
		return d.OnlyAddrs(inet.Addr{Prefix: lab.Prefix("192.0.2.37/28"), Scope: inet.ScopeLink})
	}, slices.Repeat([]string{"addr"}, 7), []string{"inet 192.0.2.37/28 scope link"}, []string{"inet 192.0.2.33", "inet 192.0.2.35", "inet6 2"}},
	"routes": {func(d *iplink.DeviceUpdate) *iplink.DeviceUpdate {
		return d.OnlyRoutes(inet.Route{Dst: lab.Prefix("198.51.100.0/26")}, inet.Route{Via: lab.Addr("192.0.2.45")}, inet.Route{Dst: lab.Prefix("203.0.113.0/26"), Via: lab.Addr("192.0.2.45")})
	}, slices.Repeat([]string{"route"}, 8), []string{"default via 192.0.2.45", "198.51.100.0/26 ", "203.0.113.0/26 via 192.0.2.45"},
		[]string{"via 192.0.2.46", "203.0.113.0/26 proto dhcp", "203.0.113.64/26", "198.51.100.0/25", "2001:db8:7::", "2001:db8:10::", "local 203.0.113.200 "}},
	"no routes": {func(d *iplink.DeviceUpdate) *iplink.DeviceUpdate { return d.OnlyRoutes() },
		slices.Repeat([]string{"route"}, 8), nil, []string{"local 203.0.113.200 ", "default via", "198.51.100", "203.0.113.0/26", "203.0.113.64/26", "2001:db8:7::", "2001:db8:10::"}},
	"neighbours": {func(d *iplink.DeviceUpdate) *iplink.DeviceUpdate {
		return d.OnlyNeighs(inet.Neigh{Addr: lab.Addr("192.0.2.45"), LLAddr: lab.OtherMAC}, inet.Neigh{Addr: lab.Addr("192.0.2.38"), Flags: inet.NeighProxy})
	}, slices.Repeat([]string{"neigh"}, 6), []string{"192.0.2.45 lladdr", "192.0.2.38 proxy", "192.0.2.41 lladdr"}, []string{"192.0.2.46 lladdr", "192.0.2.42 lladdr", "192.0.2.43 lladdr", "192.0.2.40 proxy", "managed"}},
	"no neighbours": {func(d *iplink.DeviceUpdate) *iplink.DeviceUpdate { return d.OnlyNeighs() },
		slices.Repeat([]string{"neigh"}, 6), []string{"192.0.2.41 lladdr"}, []string{"192.0.2.46 lladdr", "192.0.2.45 lladdr", "192.0.2.42 lladdr", "192.0.2.43 lladdr", "proxy", "managed"}},
	"alternative names": {func(d *iplink.DeviceUpdate) *iplink.DeviceUpdate { return d.OnlyAltNames("t0-third", "t0-fourth") },
		[]string{"altname", "altname"}, []string{"altname t0-third", "altname t0-fourth"}, []string{"altname t0-second"}},
	"no alternative names": {func(d *iplink.DeviceUpdate) *iplink.DeviceUpdate { return d.OnlyAltNames() },
		[]string{"altname", "altname"}, nil, []string{"altname"}},
}

// TestOnly gives a link exactly some objects of a sort. Objects of other sorts stay, and
// so do those that the kernel makes; Ensure again writes nothing.
func TestOnly(t *testing.T) {
	for name, test := range onlys {
		t.Run(name, func(t *testing.T) {
			conn, ns := lab.Scratch(t)
			lab.MustCreate(t, conn, fullOfObjects())
			ns.Batch(foreign...)
			before := everything(ns)
			spec := test.set(iplink.Device("t0"))
			diffs, err := conn.Diff(t.Context(), spec)
			if err != nil || len(diffs) != len(test.differences) {
				t.Errorf("Diff: %v, %v", diffs, err)
			}
			lab.Ensured(t, conn, spec, false, test.differences...)
			after := everything(ns)
			for _, word := range test.has {
				if !strings.Contains(after, word) {
					t.Errorf("no %q:\n%s", word, after)
				}
			}
			for _, word := range test.hasNone {
				if strings.Contains(after, word) || !strings.Contains(before, word) {
					t.Errorf("%q:\n%s\nbefore:\n%s", word, after, before)
				}
			}
			for _, word := range kept {
				if isAddress := test.differences[0] == "addr"; !isAddress && !strings.Contains(after, word) {
					t.Errorf("%q is gone:\n%s", word, after)
				}
			}
			withoutNetAdmin(t, ns, func() {
				if change, err := spec.Ensure(t.Context()); err != nil || change.Changed() {
					t.Errorf("Ensure again: %+v, %v", change, err)
				}
			})
		})
	}
}

// TestOnlyKeepsRoutes renumbers a link whose kernel promotes secondary addresses: there is
// an address at each moment, and the routes of others stay.
func TestOnlyKeepsRoutes(t *testing.T) {
	for _, next := range []string{"192.0.2.34/28", "198.51.100.34/28"} {
		conn, ns := lab.Scratch(t)
		ns.Batch("link add t0 up type bridge", "address add 192.0.2.33/28 dev t0", "route add 203.0.113.0/26 dev t0 proto dhcp")
		testutil.Shell(t, ns.File, "echo 1 >/proc/sys/net/ipv4/conf/t0/promote_secondaries")
		lab.Ensured(t, conn, iplink.Device("t0").OnlyAddrs(inet.Addr{Prefix: lab.Prefix(next)}), false, "addr", "addr")
		if got := ns.Addrs("t0"); !slices.Contains(got, next) || slices.Contains(got, "192.0.2.33/28") {
			t.Errorf("addresses %v", got)
		}
		if out := ns.IP("route", "show", "dev", "t0"); !strings.Contains(out, "203.0.113.0/26") {
			t.Errorf("%s: the route is gone: %s", next, out)
		}
	}
}

// TestOnlyWithoutPromotion renumbers within a network without promote_secondaries: the
// kernel removes the new address together with the old one.
func TestOnlyWithoutPromotion(t *testing.T) {
	conn, ns := lab.Scratch(t)
	ns.Batch("link add t0 up type bridge", "address add 192.0.2.33/28 dev t0", "address add 192.0.2.34/28 dev t0")
	testutil.Shell(t, ns.File, "echo 0 >/proc/sys/net/ipv4/conf/all/promote_secondaries; echo 0 >/proc/sys/net/ipv4/conf/t0/promote_secondaries")
	spec := iplink.Device("t0").OnlyAddrs(inet.Addr{Prefix: lab.Prefix("192.0.2.35/28")}, inet.Addr{Prefix: lab.Prefix("192.0.2.34/28")}).
		OnlyRoutes(inet.Route{Via: lab.Addr("192.0.2.46")})
	if _, err := conn.Ensure(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	out := everything(ns)
	for _, word := range []string{"inet 192.0.2.34/28", "inet 192.0.2.35/28", "default via 192.0.2.46"} {
		if !strings.Contains(out, word) {
			t.Errorf("no %q: %s", word, out)
		}
	}
	if strings.Contains(out, "192.0.2.33") {
		t.Error(out)
	}
}

// TestOnlyAltNamesKeepsItsName finds a link by an alternative name that is not in the
// list.
func TestOnlyAltNamesKeepsItsName(t *testing.T) {
	conn, ns := lab.Scratch(t)
	ns.Batch("link add t0 type bridge", "link property add dev t0 altname t0-second altname t0-third")
	spec := iplink.Device("t0-third").OnlyAltNames("t0-fourth")
	lab.Ensured(t, conn, spec, false, "altname", "altname")
	lab.Ensured(t, conn, spec, false)
	out := ns.IP("link", "show", "dev", "t0")
	if strings.Contains(out, "t0-second") || !strings.Contains(out, "altname t0-third") || !strings.Contains(out, "altname t0-fourth") {
		t.Error(out)
	}
}

// TestOnlyInRecreate replaces a link: the new one takes over no address that it is not to
// have.
func TestOnlyInRecreate(t *testing.T) {
	conn, ns := lab.Scratch(t)
	ns.Batch("link add t0 up type veth peer name t1", "address add 192.0.2.33/28 dev t0", "address add 192.0.2.34/28 dev t0", "address add 2001:db8::33/64 nodad dev t0")
	_, err := conn.Ensure(t.Context(), bridge.New("t0").Up().Recreate().OnlyAddrs(inet.Addr{Prefix: lab.Prefix("192.0.2.34/28")}, inet.Addr{Prefix: lab.Prefix("192.0.2.35/28")}))
	if err != nil {
		t.Fatal(err)
	}
	got := slices.DeleteFunc(ns.Addrs("t0"), func(a string) bool { return strings.HasPrefix(a, "fe80:") })
	if !slices.Equal(got, []string{"192.0.2.34/28", "192.0.2.35/28"}) {
		t.Errorf("addresses %v", got)
	}
}

// TestOnlyCommands runs the commands that a builder prints on a link like that of TestOnly.
func TestOnlyCommands(t *testing.T) {
	for name, test := range onlys {
		spec := test.set(iplink.Device("t0"))
		if test.differences[0] == "altname" {
			if text := spec.String(); !strings.Contains(text, "# ip has no word for: no other alternative names") {
				t.Errorf("%s: %s", name, text)
			}
			continue
		}
		_, ns := lab.Scratch(t)
		ns.IP("link", "add", "t0", "up", "type", "bridge")
		if fault := testutil.Shell(t, ns.File, fullOfObjects().String()[len("ip link add t0 up type bridge && "):]); fault != "" {
			t.Fatal(fault)
		}
		ns.Batch(foreign[1:]...) // the first is in the way of a route
		if fault := testutil.Shell(t, ns.File, spec.String()); fault != "" {
			t.Errorf("%v: %s", spec, fault)
		}
		after := everything(ns)
		for _, word := range test.has {
			if !strings.Contains(after, word) {
				t.Errorf("%v: no %q:\n%s", spec, word, after)
			}
		}
		for _, word := range test.hasNone {
			if absent := strings.Contains(word, "203.0.113") || strings.Contains(word, "2001:db8:10::") || word == "managed"; !absent && strings.Contains(after, word) { // `ip` has no word for it
				t.Errorf("%v: %q:\n%s", spec, word, after)
			}
		}
	}
}

// TestOnlyRefused calls setters together that contradict each other.
func TestOnlyRefused(t *testing.T) {
	p, n := lab.Prefix("192.0.2.33/28"), inet.Neigh{Addr: lab.Addr("192.0.2.34"), LLAddr: lab.OtherMAC}
	conn, ns := lab.Scratch(t)
	ns.IP("link", "add", "t0", "up", "type", "bridge")
	device := func() *iplink.DeviceUpdate { return iplink.Device("t0") }
	for both, spec := range map[string]iplink.Spec{
		"Addr OnlyAddrs":          device().Addr(p).OnlyAddrs(),
		"Addrs OnlyAddrs":         device().OnlyAddrs().Addrs(inet.Addr{Prefix: p}),
		"DelAddr OnlyAddrs":       device().OnlyAddrs().DelAddr(p),
		"DefaultRoute OnlyRoutes": device().OnlyRoutes().DefaultRoute(lab.Addr("192.0.2.35")),
		"Routes OnlyRoutes":       device().Routes(inet.Route{Via: lab.Addr("192.0.2.35")}).OnlyRoutes(),
		"DelRoute OnlyRoutes":     device().DelRoute(inet.Route{Via: lab.Addr("192.0.2.35")}).OnlyRoutes(),
		"Neighs OnlyNeighs":       device().OnlyNeighs(n).Neighs(n),
		"DelNeigh OnlyNeighs":     device().OnlyNeighs(n).DelNeigh(n),
		"AltName OnlyAltNames":    device().OnlyAltNames().AltName("second"),
		"DelAltName OnlyAltNames": device().OnlyAltNames().DelAltName("second"),
	} {
		other, only, _ := strings.Cut(both, " ")
		_, err := conn.Ensure(t.Context(), spec)
		lab.Refused(t, err, only, other+" ")
	}
	_, err := conn.Ensure(t.Context(), device().OnlyAddrs(inet.Addr{}))
	lab.Refused(t, err, "address", "the zero netip.Prefix is not an address")
	if names := slices.Sorted(maps.Keys(map[string]bool{"t0": true})); !slices.Equal(slices.DeleteFunc(ns.Names(), func(n string) bool { return n == "lo" }), names) {
		t.Errorf("links %v", ns.Names())
	}
	lab.MustCreate(t, conn, bridge.New("t1").Up().OnlyAddrs(inet.Addr{Prefix: p}).OnlyRoutes().OnlyNeighs(n).OnlyAltNames("second"))
}

// TestOnlyMany replaces thousands of addresses of a network of IPv4 by others. Comparing
// each with all would take minutes.
func TestOnlyMany(t *testing.T) {
	conn, ns := lab.Scratch(t)
	n := lab.Emulated(500, 4000)
	exactly := func(third byte) iplink.Spec {
		all := make([]inet.Addr, n)
		for i := range all {
			all[i] = inet.Addr{Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, third, byte(i >> 8), byte(i)}), 8+int(third))}
		}
		return bridge.New("t0").OnlyAddrs(all...)
	}
	lab.MustCreate(t, conn, exactly(1))
	if _, err := conn.Ensure(t.Context(), exactly(2)); err != nil {
		t.Fatal(err)
	}
	if shown := ns.IP("-o address show dev t0"); strings.Count(shown, "inet 10.2.") != n || strings.Contains(shown, "inet 10.1.") {
		t.Errorf("the link has\n%.1000s", shown)
	}
}
