package iplink_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
)

// shownLayer3 is what `ip` says of a link above the link layer. Lifetimes are as
// they were given up to a few seconds.
type shownLayer3 struct {
	Addrs, Routes, Neighs []map[string]any
}

func layer3Of(t testing.TB, file *os.File, name string) shownLayer3 {
	t.Helper()
	ns := &scratchNS{t: t, file: file}
	var links []struct {
		Info []map[string]any `json:"addr_info"`
	}
	ns.decode(&links, "-d", "-j", "address", "show", "dev", name)
	var said shownLayer3
	for _, a := range links[0].Info {
		if local, _ := a["local"].(string); !strings.HasPrefix(local, "fe80:") {
			said.Addrs = append(said.Addrs, a)
		}
	}
	for _, family := range []string{"-4", "-6"} {
		var routes []map[string]any
		ns.decode(&routes, family, "-d", "-j", "route", "show", "table", "all", "dev", name)
		for _, r := range routes {
			if dst, _ := r["dst"].(string); r["type"] == "unicast" && !strings.HasPrefix(dst, "fe80:") {
				said.Routes = append(said.Routes, r)
			}
		}
	}
	out := strings.TrimSpace(ns.ip("-j", "neigh", "show", "nud", "all", "dev", name))
	if err := json.Unmarshal([]byte(cmp.Or(out, "[]")), &said.Neighs); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	said.Neighs = slices.DeleteFunc(said.Neighs, func(n map[string]any) bool { // those of groups
		dst, _ := n["dst"].(string)
		return strings.HasPrefix(dst, "ff0") || strings.HasPrefix(dst, "224.")
	})
	said.steady()
	return said
}

// steady rounds what is passing, and leaves out what comes and goes.
func (said *shownLayer3) steady() {
	for _, a := range said.Addrs {
		delete(a, "tentative")
		for _, key := range []string{"valid_life_time", "preferred_life_time"} {
			if left, _ := a[key].(float64); left != 4294967295 {
				a[key] = float64(int(left+9) / 10)
			}
		}
	}
	for _, r := range said.Routes {
		delete(r, "flags")
		delete(r, "expires")
	}
	for _, n := range said.Neighs {
		delete(n, "used")
	}
	byText := func(a, b map[string]any) int { return strings.Compare(asJSON(a), asJSON(b)) }
	slices.SortFunc(said.Neighs, byText)
	slices.SortFunc(said.Routes, byText)
	slices.SortFunc(said.Addrs, byText)
}

func asJSON(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// TestLayer3AsIP gives commands to `ip`, and the builders that they come from to
// the library: `ip` must see the same in both namespaces.
func TestLayer3AsIP(t *testing.T) {
	testutil.Need(t, iplink.KindMacvlan)
	for _, c := range goldenLayer3() {
		theirs, ours := goldenNetNS(t), goldenNetNS(t)
		for _, file := range []*os.File{theirs, ours} { // without a carrier, only permanent neighbours stay
			testutil.IPBatch(t, file, "link set under1 up", "link set under up")
		}
		commands := strings.Split(strings.TrimPrefix(c.spec.String(), "ip "), " && ip ")
		testutil.IPBatch(t, theirs, commands...)
		if _, err := inNetNS(t, ours, func(conn *iplink.Conn) ([]*iplink.Link, error) { return conn.Create(t.Context(), c.spec) }); err != nil {
			t.Fatal(err)
		}
		want, got := layer3Of(t, theirs, link), layer3Of(t, ours, link)
		for range 20 { // routes to IPv6 addresses come once nobody else has these
			if gocmp.Equal(want, got) {
				break
			}
			time.Sleep(100 * time.Millisecond)
			want, got = layer3Of(t, theirs, link), layer3Of(t, ours, link)
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n- ip, + library: %s", c.name, diff)
		}
		if len(want.Addrs)+len(want.Routes)+len(want.Neighs) < 4 {
			t.Errorf("%s: ip says only %v", c.name, want)
		}
		ensuredAlready(t, ours, c.spec)
	}
}

// ensuredAlready demands that Ensure finds nothing to do.
func ensuredAlready(t *testing.T, file *os.File, specs ...iplink.Spec) {
	t.Helper()
	_, err := inNetNS(t, file, func(conn *iplink.Conn) (struct{}, error) {
		changes, err := conn.Ensure(t.Context(), specs...)
		for _, c := range changes {
			if c.Changed() {
				t.Errorf("%v: not as wanted: %v", specs, c.Differences)
			}
		}
		return struct{}{}, err
	})
	if err != nil {
		t.Errorf("%v: %v", specs, err)
	}
}

// attached is a container's end of a cable with all that it needs.
func attached(ns *iplink.NetNS) *veth.Builder {
	return veth.New("eth0").NetNS(ns).Up().
		Addrs(inet.Addr{Prefix: prefix("192.0.2.17/24"), Label: "eth0:lab", Metric: 0x123},
			inet.Addr{Prefix: prefix("2001:db8::17/64"), Flags: inet.AddrNoDAD}).
		DefaultRoute(addr("192.0.2.1")).DefaultRoute(addr("2001:db8::1")).
		Neighs(inet.Neigh{Addr: addr("192.0.2.1"), LLAddr: otherMAC}, inet.Neigh{Addr: addr("2001:db8::1"), LLAddr: otherMAC, Router: true})
}

// TestAttachLayer3 attaches a container, finds all in it, and lets others spoil
// it in every way that Ensure mends.
func TestAttachLayer3(t *testing.T) {
	c, _ := scratch(t)
	_, ns := scratch(t)
	cable := func() *veth.Builder { return veth.New("cable").Up().Peer(attached(ns.NetNS)) }
	mustCreate(t, c, cable())
	want := layer3Of(t, ns.file, "eth0")
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
		ns.ip(spoil...)
		mends := 1
		if strings.Contains(strings.Join(spoil, " "), "valid_lft") { // which nobody asked for
			mends = 0
		}
		mended(t, c, cable(), mends, spoil)
		if got := layer3Of(t, ns.file, "eth0"); mends == 1 && gocmp.Diff(want, got) != "" {
			t.Errorf("after %v: %s", spoil, gocmp.Diff(want, got))
		}
	}
	ns.ip("link", "set", "eth0", "down")
	mended(t, c, cable(), 6, "down") // the state, IPv6, the routes, the neighbours
	quietEnsure(t, c, cable())
}

// mended has Ensure make a number of differences right.
func mended(t *testing.T, c *iplink.Conn, s iplink.Spec, differences int, why any) {
	t.Helper()
	changes, err := c.Ensure(t.Context(), s)
	if err != nil {
		t.Fatalf("after %v: %v", why, err)
	}
	if got := changes[0].Differences; len(got) != differences {
		t.Errorf("after %v: %d differences, want %d: %v", why, len(got), differences, got)
	}
}

// quietEnsure demands that Ensure writes nothing.
func quietEnsure(t *testing.T, c *iplink.Conn, s iplink.Spec) {
	t.Helper()
	mended(t, c, s, 0, "nothing")
}

// TestLayer3AllOrNothing makes a link whose last request is refused.
func TestLayer3AllOrNothing(t *testing.T) {
	c, ns := scratch(t)
	for _, test := range []struct {
		spec iplink.Spec
		text string
	}{
		{bridge.New("d0").Up().Addr(prefix("192.0.2.17/24")).DefaultRoute(addr("198.51.100.1")), "route default via 198.51.100.1: network is unreachable"},
		{bridge.New("d0").Up().Addr(prefix("192.0.2.17/24")).Routes(inet.Route{Dst: prefix("198.51.100.0/24"), Src: addr("192.0.2.99")}), "route 198.51.100.0/24 src 192.0.2.99: "},
	} {
		_, err := c.Create(t.Context(), test.spec)
		if err == nil || !strings.Contains(err.Error(), test.text) {
			t.Errorf("error %v, want %s", err, test.text)
		}
		if names := ns.names(); !slices.Equal(names, []string{"lo"}) {
			t.Errorf("left behind: %v", names)
		}
	}
	mustCreate(t, c, bridge.New("d0").Up().Addr(prefix("192.0.2.17/24")).DefaultRoute(addr("192.0.2.1")))
	_, err := c.Create(t.Context(), bridge.New("d1").Up().Addr(prefix("192.0.3.17/24")).DefaultRoute(addr("192.0.3.1")))
	if !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "only a Metric tells them apart") {
		t.Errorf("error %v of a second default route", err)
	}
	mustCreate(t, c, bridge.New("d1").Up().Addr(prefix("192.0.3.17/24")).Routes(inet.Route{Via: addr("192.0.3.1"), Metric: 7}))
	if err := c.Delete(t.Context(), "d0"); err != nil {
		t.Fatal(err)
	}
	if said := ns.ip("route", "show", "default"); strings.TrimSpace(said) != "default via 192.0.3.1 dev d1 metric 7" {
		t.Errorf("routes without d0: %s", said)
	}
}

// TestAddrsRead compares what is read with what `ip` was told, and gives it to
// another link.
func TestAddrsRead(t *testing.T) {
	c, ns := scratch(t)
	ns.ip("link", "add", "d0", "up", "type", "bridge")
	ns.ip("address", "add", "192.0.2.17", "peer", "192.0.2.18/28", "broadcast", "192.0.2.31", "label", "d0:lab", "scope", "link",
		"metric", "291", "dev", "d0", "valid_lft", "4660", "preferred_lft", "291", "noprefixroute")
	ns.ip("address", "add", "198.51.100.1/25", "dev", "d0")
	ns.ip("address", "add", "198.51.100.2/25", "dev", "d0")
	ns.ip("address", "add", "2001:db8::17/64", "metric", "291", "nodad", "home", "mngtmpaddr", "dev", "d0", "preferred_lft", "0")
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
		{Prefix: prefix("192.0.2.17/28"), Peer: addr("192.0.2.18"), Broadcast: addr("192.0.2.31"), Label: "d0:lab", Scope: inet.ScopeLink,
			Flags: inet.AddrNoPrefixRoute, ValidLifetime: 4660 * time.Second, PreferredLifetime: 290 * time.Second, Metric: 291},
		{Prefix: prefix("198.51.100.1/25"), Scope: inet.ScopeGlobal, Flags: inet.AddrPermanent, ValidLifetime: inet.Forever, PreferredLifetime: inet.Forever},
		{Prefix: prefix("198.51.100.2/25"), Scope: inet.ScopeGlobal, Flags: inet.AddrPermanent | inet.AddrSecondary, ValidLifetime: inet.Forever, PreferredLifetime: inet.Forever},
		{Prefix: prefix("2001:db8::17/64"), Scope: inet.ScopeGlobal, Flags: inet.AddrNoDAD | inet.AddrHome | inet.AddrManageTemp | inet.AddrDeprecated,
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
	mustCreate(t, c, bridge.New("d1").Up().Addrs(copied...))
	var here []inet.Addr
	if err := ns.Do(func() (err error) {
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
	c, ns := scratch(t)
	other, _ := scratch(t)
	ns.ip("link", "add", "d0", "index", "77", "type", "bridge")
	link, err := c.Get(t.Context(), "d0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Addrs(t.Context(), link); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v of a link of another namespace", err)
	}
	mustCreate(t, other, bridge.New("x0").Index(77))
	if _, err := other.Routes(t.Context(), link); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "is x0 by now, or this is another namespace") {
		t.Errorf("error %v of a link of another namespace", err)
	}
	ns.ip("link", "del", "d0")
	if _, err := c.Neighs(t.Context(), link); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v of a link that is gone", err)
	}
}

// TestRoutesRead compares what is read with what `ip` was told.
func TestRoutesRead(t *testing.T) {
	c, ns := scratch(t)
	ns.ip("link", "add", "d0", "up", "type", "bridge")
	ns.ip("link", "add", "d1", "up", "type", "bridge")
	ns.ip("address", "add", "192.0.2.17/28", "dev", "d0")
	for _, route := range []string{"default via 192.0.2.18 dev d0 metric 291", "203.0.113.0/24 dev d1",
		"198.51.100.0/25 src 192.0.2.17 table 17185 proto static dev d0", "10.0.0.0/8 via inet6 fe80::7 dev d0",
		"192.168.0.0/16 nexthop via 192.0.2.19 dev d0 nexthop via 192.0.2.20 dev d0"} {
		ns.ip(append([]string{"route", "add"}, strings.Fields(route)...)...)
	}
	ns.ip("-6", "route", "add", "2001:db8::/65", "via", "fe80::7", "dev", "d0", "proto", "77")
	ns.ip("neigh", "add", "192.0.2.21", "lladdr", "02:00:00:00:12:34", "nud", "noarp", "dev", "d0")
	ns.ip("neigh", "add", "proxy", "192.0.2.22", "dev", "d0")
	ns.ip("neigh", "add", "192.0.2.23", "lladdr", "02:00:00:00:12:35", "dev", "d1")
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
		{Dst: prefix("0.0.0.0/0"), Via: addr("192.0.2.18"), Metric: 291, Table: 254, Proto: inet.RouteProtoBoot},
		{Dst: prefix("10.0.0.0/8"), Via: addr("fe80::7"), Table: 254, Proto: inet.RouteProtoBoot},
		{Dst: prefix("192.0.2.16/28"), Src: addr("192.0.2.17"), Table: 254, Proto: inet.RouteProtoKernel},
		{Dst: prefix("198.51.100.0/25"), Src: addr("192.0.2.17"), Table: 17185, Proto: inet.RouteProtoStatic},
		{Dst: prefix("2001:db8::/65"), Via: addr("fe80::7"), Metric: 1024, Table: 254, Proto: 77},
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
	if diff := gocmp.Diff([]inet.Neigh{{Addr: addr("192.0.2.21"), LLAddr: net.HardwareAddr{2, 0, 0, 0, 0x12, 0x34}, State: inet.NeighNoARP}}, neighs, sameAddr); diff != "" {
		t.Errorf("- ip was told, + library: %s", diff)
	}
}
