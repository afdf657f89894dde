package kerneltest_test

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
)

// scopeShown returns the scope that `ip` shows for an address of a link.
func scopeShown(ns *testutil.Lab, name, local string) string {
	ns.Helper()
	var links []struct {
		Info []struct{ Local, Scope string } `json:"addr_info"`
	}
	ns.Decode(&links, "-j", "address", "show", "dev", name)
	for _, a := range links[0].Info {
		if a.Local == local {
			return a.Scope
		}
	}
	return "absent"
}

// TestExplicitScope gives addresses each scope, the kernel's zero included: what is
// said is done, and what is not said is left to the default.
func TestExplicitScope(t *testing.T) {
	c, ns := lab.Scratch(t)
	for _, test := range []struct {
		prefix string
		scope  inet.Scope
		want   string
	}{
		{"127.1.2.3/24", inet.ScopeGlobal, "global"},
		{"127.2.3.4/24", 0, "host"},
		{"127.3.4.5/24", inet.ScopeLink, "link"},
		{"192.0.2.17/28", inet.ScopeGlobal, "global"},
		{"198.51.100.17/28", 0, "global"},
		{"203.0.113.17/28", inet.ScopeHost, "host"},
		{"203.0.113.33/28", 77, "77"},
		{"2001:db8::17/64", inet.ScopeGlobal, "global"},
		{"2001:db8:1::17/64", 0, "global"},
	} {
		spec := bridge.New("t0").Addrs(inet.Addr{Prefix: lab.Prefix(test.prefix), Scope: test.scope, Flags: nodad(lab.Prefix(test.prefix))})
		lab.MustCreate(t, c, spec)
		if got := scopeShown(ns, "t0", lab.Prefix(test.prefix).Addr().String()); got != test.want {
			t.Errorf("%s of scope %v: ip says %s, want %s", test.prefix, test.scope, got, test.want)
		}
		quietEnsure(t, c, spec)
		if err := c.Delete(t.Context(), "t0"); err != nil {
			t.Fatal(err)
		}
	}
}

// nodad spares IPv6 addresses the wait for others to object.
func nodad(p netip.Prefix) inet.AddrFlags {
	if p.Addr().Is6() {
		return inet.AddrNoDAD
	}
	return 0
}

// TestExplicitScopeDiffers demands the scope that an address does not have, the
// kernel's zero included: it is a difference, and an address is reported with it.
func TestExplicitScopeDiffers(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "t0", "type", "bridge")
	ns.IP("address", "add", "127.1.2.3/24", "dev", "t0", "scope", "host")
	ns.IP("address", "add", "127.2.3.4/24", "dev", "t0", "scope", "global")
	for text, scope := range map[string]inet.Scope{"127.1.2.3/24": inet.ScopeGlobal, "127.2.3.4/24": inet.ScopeHost} {
		_, err := c.Ensure(t.Context(), bridge.New("t0").Addrs(inet.Addr{Prefix: lab.Prefix(text), Scope: scope}))
		if !errors.Is(err, iplink.ErrImmutable) {
			t.Errorf("%s of scope %v: error %v", text, scope, err)
		}
		quietEnsure(t, c, bridge.New("t0").Addr(lab.Prefix(text)))
	}
	link, err := c.Get(t.Context(), "t0")
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Addrs(t.Context(), link)
	if err != nil || len(got) != 2 || got[0].Scope != inet.ScopeHost || got[1].Scope != inet.ScopeGlobal {
		t.Fatalf("%+v, error %v", got, err)
	}
	lab.MustCreate(t, c, bridge.New("t1").Addrs(got...)) // as they are reported
	if host, global := scopeShown(ns, "t1", "127.1.2.3"), scopeShown(ns, "t1", "127.2.3.4"); host != "host" || global != "global" {
		t.Errorf("copied as %s and %s", host, global)
	}
}

// TestExplicitDefaults says what holds anyway: that is no difference, and lets
// nothing be made anew.
func TestExplicitDefaults(t *testing.T) {
	testutil.Need(t, iplink.KindBridge)
	c, ns := lab.Scratch(t)
	for _, spec := range []iplink.Spec{
		bridge.New("t0").Addrs(inet.Addr{Prefix: lab.Prefix("192.0.2.17/28"), Label: "t0"}),
		bridge.New("t0").Addrs(inet.Addr{Prefix: lab.Prefix("192.0.2.17/28"), Broadcast: lab.Addr("0.0.0.0")}),
		bridge.New("t0").Addrs(inet.Addr{Prefix: lab.Prefix("192.0.2.17/28"), ValidLifetime: inet.Forever, PreferredLifetime: inet.Forever}),
		bridge.New("t0").Addrs(inet.Addr{Prefix: lab.Prefix("2001:db8::17/64"), Flags: inet.AddrNoDAD, Metric: 256}),
		bridge.New("t0").Up().Addr(lab.Prefix("192.0.2.17/28")).Routes(inet.Route{Dst: lab.Prefix("10.0.0.0/8"), Table: 254, Proto: inet.RouteProtoBoot}),
		bridge.New("t0").Up().Routes(inet.Route{Dst: lab.Prefix("2001:db8:9::/48"), Metric: 1024}),
		bridge.New("t0").Up().Neighs(inet.Neigh{Addr: lab.Addr("192.0.2.19"), LLAddr: lab.OtherMAC, State: inet.NeighPermanent}),
	} {
		lab.MustCreate(t, c, spec)
		quietEnsure(t, c, spec)
		ns.IP("link", "del", "t0")
	}
}

// attached is a container's end of a cable with all that it needs.
func attached(ns *iplink.NetNS) *veth.Builder {
	return veth.New("eth0").NetNS(ns).Up().
		Addrs(inet.Addr{Prefix: lab.Prefix("192.0.2.17/24"), Label: "eth0:lab", Metric: 0x123},
			inet.Addr{Prefix: lab.Prefix("2001:db8::17/64"), Flags: inet.AddrNoDAD}).
		DefaultRoute(lab.Addr("192.0.2.1")).DefaultRoute(lab.Addr("2001:db8::1")).
		Neighs(inet.Neigh{Addr: lab.Addr("192.0.2.1"), LLAddr: lab.OtherMAC}, inet.Neigh{Addr: lab.Addr("2001:db8::1"), LLAddr: lab.OtherMAC, Flags: inet.NeighRouter})
}

// TestAttachLayer3 attaches a container, finds all in it, and lets others spoil
// it in every way that Ensure mends.
func TestAttachLayer3(t *testing.T) {
	c, _ := lab.Scratch(t)
	_, ns := lab.Scratch(t)
	cable := func() *veth.Builder { return veth.New("cable").Up().Peer(attached(lab.NetNS(ns))) }
	lab.MustCreate(t, c, cable())
	want := lab.Layer3Of(t, ns.File, "eth0")
	if len(want.Addrs) != 2 || len(want.Routes) != 4 || len(want.Neighs) != 2 {
		t.Fatalf("ip says %v", want)
	}
	quietEnsure(t, c, cable())
	for _, spoil := range [][]string{
		{"address", "del", "2001:db8::17/64", "dev", "eth0"},
		{"route", "del", "default", "dev", "eth0"},
		{"-6", "route", "del", "default", "dev", "eth0"},
		{"route", "replace", "default", "via", "192.0.2.99", "dev", "eth0"},
		{"-6", "route", "replace", "default", "via", "2001:db8::99", "dev", "eth0"},
		{"neigh", "del", "192.0.2.1", "dev", "eth0"},
		{"neigh", "replace", "2001:db8::1", "lladdr", "02:00:00:00:99:99", "dev", "eth0"},
		{"address", "change", "192.0.2.17/24", "metric", "99", "dev", "eth0"},
		{"address", "change", "2001:db8::17/64", "dev", "eth0", "nodad", "valid_lft", "600", "preferred_lft", "0"},
	} {
		ns.IP(spoil...)
		mends := 1
		if strings.Contains(strings.Join(spoil, " "), "valid_lft") { // which nobody asked for
			mends = 0
		}
		lab.Mended(t, c, cable(), mends, spoil)
		if got := lab.Layer3Of(t, ns.File, "eth0"); mends == 1 && gocmp.Diff(want, got) != "" {
			t.Errorf("after %v: %s", spoil, gocmp.Diff(want, got))
		}
	}
	ns.IP("link", "set", "eth0", "down")
	lab.Mended(t, c, cable(), 6, "down") // the state, IPv6, the routes, the neighbours
	quietEnsure(t, c, cable())
}

// quietEnsure demands that Ensure writes nothing.
func quietEnsure(t *testing.T, c *iplink.Conn, s iplink.Spec) {
	t.Helper()
	lab.Mended(t, c, s, 0, "nothing")
}

// TestLayer3AllOrNothing makes a link whose last request is refused.
func TestLayer3AllOrNothing(t *testing.T) {
	c, ns := lab.Scratch(t)
	for _, test := range []struct {
		spec iplink.Spec
		text string
	}{
		{bridge.New("d0").Up().Addr(lab.Prefix("192.0.2.17/24")).DefaultRoute(lab.Addr("198.51.100.1")), "route default via 198.51.100.1: network is unreachable"},
		{bridge.New("d0").Up().Addr(lab.Prefix("192.0.2.17/24")).Routes(inet.Route{Dst: lab.Prefix("198.51.100.0/24"), Src: lab.Addr("192.0.2.99")}), "route 198.51.100.0/24 src 192.0.2.99: "},
	} {
		_, err := c.Create(t.Context(), test.spec)
		if err == nil || !strings.Contains(err.Error(), test.text) {
			t.Errorf("error %v, want %s", err, test.text)
		}
		if names := ns.Names(); !slices.Equal(names, []string{"lo"}) {
			t.Errorf("left behind: %v", names)
		}
	}
	lab.MustCreate(t, c, bridge.New("d0").Up().Addr(lab.Prefix("192.0.2.17/24")).DefaultRoute(lab.Addr("192.0.2.1")))
	_, err := c.Create(t.Context(), bridge.New("d1").Up().Addr(lab.Prefix("192.0.3.17/24")).DefaultRoute(lab.Addr("192.0.3.1")))
	if !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "only a Metric tells them apart") {
		t.Errorf("error %v of a second default route", err)
	}
	lab.MustCreate(t, c, bridge.New("d1").Up().Addr(lab.Prefix("192.0.3.17/24")).Routes(inet.Route{Via: lab.Addr("192.0.3.1"), Metric: 7}))
	if err := c.Delete(t.Context(), "d0"); err != nil {
		t.Fatal(err)
	}
	if said := ns.IP("route", "show", "default"); strings.TrimSpace(said) != "default via 192.0.3.1 dev d1 metric 7" {
		t.Errorf("routes without d0: %s", said)
	}
}

// TestAddrsRead compares what is read with what `ip` was told, and gives it to
// another link.
func TestAddrsRead(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "d0", "up", "type", "bridge")
	ns.IP("address", "add", "192.0.2.17", "peer", "192.0.2.18/28", "broadcast", "192.0.2.31", "label", "d0:lab", "scope", "link",
		"metric", "291", "dev", "d0", "valid_lft", "4660", "preferred_lft", "291", "noprefixroute")
	ns.IP("address", "add", "198.51.100.1/25", "dev", "d0")
	ns.IP("address", "add", "198.51.100.2/25", "dev", "d0")
	ns.IP("address", "add", "2001:db8::17/64", "metric", "291", "nodad", "home", "mngtmpaddr", "dev", "d0", "preferred_lft", "0")
	link, err := c.Get(t.Context(), "d0")
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Addrs(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	got = slices.DeleteFunc(got, func(a inet.Addr) bool { return a.Scope == inet.ScopeLink && a.Prefix.Addr().Is6() })
	rounded(got)
	want := []inet.Addr{
		{Prefix: lab.Prefix("192.0.2.17/28"), Peer: lab.Addr("192.0.2.18"), Broadcast: lab.Addr("192.0.2.31"), Label: "d0:lab", Scope: inet.ScopeLink,
			Flags: inet.AddrNoPrefixRoute, ValidLifetime: 4660 * time.Second, PreferredLifetime: 290 * time.Second, Metric: 291},
		{Prefix: lab.Prefix("198.51.100.1/25"), Scope: inet.ScopeGlobal, Flags: inet.AddrPermanent, ValidLifetime: inet.Forever, PreferredLifetime: inet.Forever},
		{Prefix: lab.Prefix("198.51.100.2/25"), Scope: inet.ScopeGlobal, Flags: inet.AddrPermanent | inet.AddrSecondary, ValidLifetime: inet.Forever, PreferredLifetime: inet.Forever},
		{Prefix: lab.Prefix("2001:db8::17/64"), Scope: inet.ScopeGlobal, Flags: inet.AddrNoDAD | inet.AddrHome | inet.AddrManageTemp | inet.AddrDeprecated,
			ValidLifetime: inet.Forever, Metric: 291},
	}
	if got[3].Flags&inet.AddrPermanent != 0 {
		want[3].Flags |= inet.AddrPermanent
	}
	if diff := gocmp.Diff(want, got, sameAddr, samePrefix); diff != "" {
		t.Errorf("- ip was told, + library: %s", diff)
	}
	copied := slices.Clone(got)
	copied[0].Label = ""
	lab.MustCreate(t, c, bridge.New("d1").Up().Addrs(copied...))
	var here []inet.Addr
	if err := lab.NetNS(ns).Do(func() (err error) {
		l, err := iplink.Get(t.Context(), "d1")
		if err == nil {
			here, err = l.Addrs(t.Context())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	here = slices.DeleteFunc(here, func(a inet.Addr) bool { return a.Scope == inet.ScopeLink && a.Prefix.Addr().Is6() })
	rounded(here)
	if diff := gocmp.Diff(copied, here, sameAddr, samePrefix); diff != "" {
		t.Errorf("- given, + copied: %s", diff)
	}
}

var (
	sameAddr   = gocmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	samePrefix = gocmp.Comparer(func(a, b netip.Prefix) bool { return a == b })
)

// rounded rounds lifetimes that have begun to run up to ten seconds.
func rounded(all []inet.Addr) {
	for i := range all {
		for _, d := range []*time.Duration{&all[i].ValidLifetime, &all[i].PreferredLifetime} {
			if *d != inet.Forever {
				*d = (*d).Round(10 * time.Second)
			}
		}
	}
}

// TestElsewhere reads links that are in another namespace, or nowhere.
func TestElsewhere(t *testing.T) {
	c, ns := lab.Scratch(t)
	other, _ := lab.Scratch(t)
	ns.IP("link", "add", "d0", "index", "77", "type", "bridge")
	link, err := c.Get(t.Context(), "d0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Addrs(t.Context(), link); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v of a link of another namespace", err)
	}
	lab.MustCreate(t, other, bridge.New("x0").Index(77))
	if _, err := other.Routes(t.Context(), link); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "is x0 by now, or this is another namespace") {
		t.Errorf("error %v of a link of another namespace", err)
	}
	ns.IP("link", "del", "d0")
	if _, err := c.Neighs(t.Context(), link); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v of a link that is gone", err)
	}
}

// TestRoutesRead compares what is read with what `ip` was told.
func TestRoutesRead(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "d0", "up", "type", "bridge")
	ns.IP("link", "add", "d1", "up", "type", "bridge")
	ns.IP("address", "add", "192.0.2.17/28", "dev", "d0")
	for _, route := range []string{"default via 192.0.2.18 dev d0 metric 291", "203.0.113.0/24 dev d1",
		"198.51.100.0/25 src 192.0.2.17 table 17185 proto static dev d0", "10.0.0.0/8 via inet6 fe80::7 dev d0",
		"192.168.0.0/16 nexthop via 192.0.2.19 dev d0 nexthop via 192.0.2.20 dev d0", "local 203.0.113.7 dev d0 mtu lock 1400"} {
		ns.IP(append([]string{"route", "add"}, strings.Fields(route)...)...)
	}
	ns.IP("-6", "route", "add", "2001:db8::/65", "via", "fe80::7", "dev", "d0", "proto", "77")
	ns.IP("neigh", "add", "192.0.2.21", "lladdr", "02:00:00:00:12:34", "nud", "noarp", "dev", "d0")
	ns.IP("neigh", "add", "proxy", "192.0.2.22", "dev", "d0")
	ns.IP("neigh", "add", "192.0.2.23", "lladdr", "02:00:00:00:12:35", "dev", "d1")
	link, err := c.Get(t.Context(), "d0")
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Routes(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	got = slices.DeleteFunc(got, func(r inet.Route) bool { return r.Dst.Addr().IsLinkLocalUnicast() })
	want := []inet.Route{
		{Type: inet.RouteUnicast, Dst: lab.Prefix("0.0.0.0/0"), Via: lab.Addr("192.0.2.18"), Scope: inet.ScopeGlobal, Metric: 291, Table: 254, Proto: inet.RouteProtoBoot},
		{Type: inet.RouteUnicast, Dst: lab.Prefix("10.0.0.0/8"), Via: lab.Addr("fe80::7"), Scope: inet.ScopeGlobal, Table: 254, Proto: inet.RouteProtoBoot},
		{Type: inet.RouteUnicast, Dst: lab.Prefix("192.0.2.16/28"), Scope: inet.ScopeLink, Src: lab.Addr("192.0.2.17"), Table: 254, Proto: inet.RouteProtoKernel},
		{Type: inet.RouteUnicast, Dst: lab.Prefix("198.51.100.0/25"), Scope: inet.ScopeLink, Src: lab.Addr("192.0.2.17"), Table: 17185, Proto: inet.RouteProtoStatic},
		{Type: inet.RouteUnicast, Dst: lab.Prefix("2001:db8::/65"), Via: lab.Addr("fe80::7"), Metric: 1024, Table: 254, Proto: 77},
		{Type: inet.RouteLocal, Dst: lab.Prefix("203.0.113.7/32"), Scope: inet.ScopeHost, Table: 255, Proto: inet.RouteProtoBoot, MTU: 1400, MTULock: true},
	}
	byText := func(a, b inet.Route) int { return strings.Compare(a.String(), b.String()) }
	slices.SortFunc(got, byText)
	slices.SortFunc(want, byText)
	if diff := gocmp.Diff(want, got, sameAddr, samePrefix); diff != "" {
		t.Errorf("- ip was told, + library: %s", diff)
	}
	neighs, err := c.Neighs(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	neighs = slices.DeleteFunc(neighs, func(n inet.Neigh) bool { return n.Addr.IsMulticast() })
	if diff := gocmp.Diff([]inet.Neigh{{Addr: lab.Addr("192.0.2.21"), LLAddr: net.HardwareAddr{2, 0, 0, 0, 0x12, 0x34}, State: inet.NeighNoARP},
		{Addr: lab.Addr("192.0.2.22"), Flags: inet.NeighProxy}}, neighs, sameAddr); diff != "" {
		t.Errorf("- ip was told, + library: %s", diff)
	}
}
