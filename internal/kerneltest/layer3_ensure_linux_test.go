package kerneltest_test

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// withoutNetAdmin calls f on a thread that may not change anything, in the test's
// own namespace, and throws the thread away.
func withoutNetAdmin(t *testing.T, ns *testutil.Lab, f func()) {
	t.Helper()
	testutil.In(t, ns.File, func() {
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var data [2]unix.CapUserData
		if err := unix.Capget(&header, &data[0]); err != nil {
			t.Fatal(err)
		}
		data[0].Effective &^= 1 << unix.CAP_NET_ADMIN
		if err := unix.Capset(&header, &data[0]); err != nil {
			t.Fatal(err)
		}
		f()
	})
}

// full is a bridge with all that there is above the link layer.
func full() *bridge.Builder {
	return bridge.New("t0").Up().Addrs(
		inet.Addr{Prefix: lab.Prefix("192.0.2.17/28"), Label: "t0:lab", Broadcast: lab.Addr("192.0.2.31"), Metric: 0x123, ValidLifetime: 600 * time.Second,
			PreferredLifetime: 300 * time.Second},
		inet.Addr{Prefix: lab.Prefix("2001:db8::17/64"), Peer: lab.Addr("2001:db8:1::1"), Flags: inet.AddrNoDAD | inet.AddrNoPrefixRoute, Metric: 0x321}).
		DefaultRoute(lab.Addr("192.0.2.18")).
		Routes(inet.Route{Dst: lab.Prefix("2001:db8:7::/48"), Src: lab.Addr("2001:db8::17"), Metric: 7, Table: 0x1234, Proto: inet.RouteProtoStatic}).
		Neighs(inet.Neigh{Addr: lab.Addr("192.0.2.18"), LLAddr: lab.OtherMAC, State: inet.NeighReachable})
}

// TestEnsureLayer3Reads has Ensure find nothing to do without the privilege to
// do anything, and fail when there is something.
func TestEnsureLayer3Reads(t *testing.T) {
	_, ns := lab.Scratch(t)
	if err := lab.NetNS(ns).Do(func() error { _, err := full().Ensure(t.Context()); return err }); err != nil {
		t.Fatal(err)
	}
	withoutNetAdmin(t, ns, func() {
		change, err := full().Ensure(t.Context())
		if err != nil || change.Changed() {
			t.Errorf("change %+v, error %v", change, err)
		}
		if _, err := full().Update(t.Context()); err != nil {
			t.Errorf("Update of what is right: %v", err)
		}
	})
	ns.IP("neigh", "del", "192.0.2.18", "dev", "t0")
	withoutNetAdmin(t, ns, func() {
		if _, err := full().Ensure(t.Context()); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "neigh 192.0.2.18 lladdr "+lab.OtherMAC.String()) {
			t.Errorf("error %v without the privilege to mend", err)
		}
	})
}

// TestEnsureLayer3Mends has others spoil an address or a route, and demands that
// Ensure finds just that and mends it.
func TestEnsureLayer3Mends(t *testing.T) {
	c, ns := lab.Scratch(t)
	lab.MustCreate(t, c, full())
	want := lab.Layer3Of(t, ns.File, "t0")
	for _, spoil := range []struct{ command, found string }{
		{"address change 192.0.2.17/28 metric 7 valid_lft 600 preferred_lft 300 dev t0",
			"addr: have 192.0.2.17/28 broadcast 192.0.2.31 label t0:lab metric 7 valid_lft"},
		{"address change 192.0.2.17/28 metric 291 valid_lft 601 preferred_lft 300 dev t0", "want 192.0.2.17/28 broadcast 192.0.2.31 label t0:lab metric 291 valid_lft 600 preferred_lft 300"},
		{"address change 192.0.2.17/28 metric 291 valid_lft forever preferred_lft forever dev t0", "metric 291 valid_lft forever preferred_lft forever, want"},
		{"address change 2001:db8::17 peer 2001:db8:1::2/64 metric 801 nodad noprefixroute dev t0", "addr: have 2001:db8::17 peer 2001:db8:1::2/64 metric 801"},
		{"address change 2001:db8::17 peer 2001:db8:1::1/64 metric 801 noprefixroute dev t0", "noprefixroute, want 2001:db8::17 peer 2001:db8:1::1/64 metric 801 nodad noprefixroute"},
		{"route del 2001:db8:7::/48 table 4660", "route: have none, want 2001:db8:7::/48 table 4660 proto static src 2001:db8::17 metric 7"},
		{"route replace default via 192.0.2.19 dev t0 proto static", "route: have default via 192.0.2.19 proto static, want default via 192.0.2.18"},
		{"neigh replace 192.0.2.18 lladdr " + lab.MAC.String() + " dev t0", "nud permanent, want 192.0.2.18 lladdr " + lab.OtherMAC.String() + " nud reachable"},
	} {
		ns.IP(strings.Fields(spoil.command)...)
		diffs, err := c.Diff(t.Context(), full())
		if err != nil || len(diffs) != 1 || !strings.Contains(diffs[0].String(), spoil.found) {
			t.Errorf("%s: found %v, error %v, want %s", spoil.command, diffs, err, spoil.found)
		}
		lab.Mended(t, c, full(), 1, spoil.command)
		if diff := gocmp.Diff(want, lab.Layer3Of(t, ns.File, "t0")); diff != "" {
			t.Errorf("%s: not mended: %s", spoil.command, diff)
		}
		lab.Mended(t, c, full(), 0, spoil.command+", mended")
	}
}

// TestLayer3Immutable demands that what the kernel does not change is refused,
// with nothing touched, and made anew if the builder says so.
func TestLayer3Immutable(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "t0", "up", "type", "bridge")
	for _, a := range []string{"192.0.2.17/28 label t0:a broadcast 192.0.2.30 scope link", "192.0.3.17 peer 192.0.3.18/28", "2001:db8::17/65", "198.51.100.1/24"} {
		ns.IP(append(strings.Fields("address add dev t0"), strings.Fields(a)...)...)
	}
	before := lab.Layer3Of(t, ns.File, "t0")
	for _, want := range []inet.Addr{
		{Prefix: lab.Prefix("192.0.2.17/28"), Label: "t0:b"},
		{Prefix: lab.Prefix("192.0.2.17/28"), Broadcast: lab.Addr("192.0.2.31")},
		{Prefix: lab.Prefix("192.0.2.17/28"), Scope: inet.ScopeHost},
		{Prefix: lab.Prefix("192.0.2.17/28"), Flags: inet.AddrNoPrefixRoute},
		{Prefix: lab.Prefix("192.0.3.17/28"), Peer: lab.Addr("192.0.3.19")},
		{Prefix: lab.Prefix("2001:db8::17/64")},
	} {
		spec := bridge.New("t0").MTU(1400).Addrs(want)
		for verb, do := range map[string]func() error{
			"ensure": func() error { _, err := c.Ensure(t.Context(), spec); return err },
			"update": func() error { _, err := c.Update(t.Context(), spec); return err },
			"device": func() error { _, err := c.Update(t.Context(), iplink.Device("t0").Addrs(want)); return err },
		} {
			err := do()
			if named, ok := errors.AsType[*iplink.Error](err); !errors.Is(err, iplink.ErrImmutable) || !ok || named.Attr != "addr" || !strings.Contains(named.Message, want.String()) {
				t.Errorf("%s of %v: error %v", verb, want, err)
			}
		}
	}
	if diff := gocmp.Diff(before, lab.Layer3Of(t, ns.File, "t0")); diff != "" || ns.Link("t0")["mtu"] != 1500. {
		t.Errorf("touched: %s", diff)
	}
	changes, err := c.Ensure(t.Context(), bridge.New("t0").Up().Recreate().Addrs(inet.Addr{Prefix: lab.Prefix("192.0.2.17/28"), Label: "t0:b"}).DefaultRoute(lab.Addr("198.51.100.2")).
		Routes(inet.Route{Dst: lab.Prefix("10.0.0.0/8"), Via: lab.Addr("192.0.2.18")})) // by an address that it takes over, and by its own
	if err != nil || !changes[0].Recreated {
		t.Fatalf("not made anew: %+v, error %v", changes, err)
	}
}

// TestRecreateInherits has a link that is made anew take over its addresses as
// they are.
func TestRecreateInherits(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "t0", "up", "type", "veth")
	for _, a := range []string{"192.0.2.17/28 label t0:a broadcast 192.0.2.31", "192.0.2.18/28", "2001:db8::17/64 nodad valid_lft 600 preferred_lft 300", "2001:db8::18/64"} {
		ns.IP(append(strings.Fields("address add dev t0"), strings.Fields(a)...)...)
	}
	before := lab.Layer3Of(t, ns.File, "t0")
	_, err := c.Ensure(t.Context(), bridge.New("t0").Up().Addr(lab.Prefix("192.0.2.18/28"), lab.Prefix("2001:db8::18/64")).Recreate())
	if err != nil {
		t.Fatal(err)
	}
	after := lab.Layer3Of(t, ns.File, "t0")
	if diff := gocmp.Diff(before.Addrs, after.Addrs); diff != "" {
		t.Errorf("- before, + made anew: %s", diff)
	}
}

// TestUpdateLayer3 gives a link that exists what it lacks, in two ways.
func TestUpdateLayer3(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "t0", "type", "bridge")
	_, err := c.Update(t.Context(), iplink.Device("t0").DefaultRoute(lab.Addr("192.0.2.18")))
	lab.Refused(t, err, "route", "only a link that is up has routes: add Up")
	d := func() *iplink.DeviceUpdate {
		return iplink.Device("t0").Addr(lab.Prefix("192.0.2.17/28")).DefaultRoute(lab.Addr("192.0.2.18"))
	}
	for _, s := range []*iplink.DeviceUpdate{d().Up(), d().Up(), d(), d().Neighs(inet.Neigh{Addr: lab.Addr("192.0.2.18"), LLAddr: lab.OtherMAC})} {
		lab.Updated(t, c, s)
	}
	ns.IP("link", "set", "t0", "down")
	_, err = c.Ensure(t.Context(), d())
	lab.Refused(t, err, "route", "only a link that is up has routes: add Up")
	_, err = c.Update(t.Context(), d().Down())
	lab.Refused(t, err, "route", "only a link that is up has routes: add Up")
	lab.Updated(t, c, d().Up())
	said := lab.Layer3Of(t, ns.File, "t0")
	if len(said.Addrs) != 1 || len(said.Routes) != 2 || len(said.Neighs) != 0 {
		t.Errorf("ip says %v", said)
	}
	if changes, err := c.Ensure(t.Context(), d()); err != nil || slices.ContainsFunc(changes, (*iplink.Change).Changed) {
		t.Errorf("changes %v, error %v", changes, err)
	}
}

// TestAddrsMove moves addresses from a link to the bridge that it joins, as
// its owner would.
func TestAddrsMove(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "uplink", "up", "type", "veth")
	ns.IP("address", "add", "192.0.2.17/28", "dev", "uplink")
	ns.IP("route", "add", "default", "via", "192.0.2.18", "dev", "uplink")
	uplink, err := c.Get(t.Context(), "uplink")
	if err != nil {
		t.Fatal(err)
	}
	addrs, err := c.Addrs(t.Context(), uplink)
	if err != nil {
		t.Fatal(err)
	}
	addrs = slices.DeleteFunc(addrs, func(a inet.Addr) bool { return a.Scope == inet.ScopeLink })
	ns.IP("address", "flush", "dev", "uplink")
	lab.MustCreate(t, c, bridge.New("br0").Up().Addrs(addrs...).DefaultRoute(lab.Addr("192.0.2.18")))
	if said := ns.IP("route", "show", "default"); !strings.HasPrefix(said, "default via 192.0.2.18 dev br0 ") {
		t.Errorf("ip says %s", said)
	}
}
