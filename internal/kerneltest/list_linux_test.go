package kerneltest_test

import (
	"errors"
	"fmt"
	"math"
	"net"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// TestReadingAllocates little: a Link, what it has of its kind, and what both hold
// of the message. Links of a list are allocated many at a time.
func TestReadingAllocates(t *testing.T) {
	c, _ := lab.Scratch(t)
	const n = 200
	var specs []iplink.Spec
	for i := range n {
		specs = append(specs, vxlan.New(fmt.Sprint("x", i)).VNI(uint32(0x1234+i)))
	}
	lab.MustCreate(t, c, specs...)
	lab.MustCreate(t, c, bridge.New("br"))
	get := allocations(100, func() {
		if l, err := c.Get(t.Context(), "x77"); err != nil || l.Info.(*iplink.VXLANInfo).VNI != 0x1234+77 {
			t.Fatal(l, err)
		}
	})
	list := allocations(10, func() {
		if all, err := c.List(t.Context()); err != nil || len(all) != n+2 {
			t.Fatal(len(all), err)
		}
	})
	t.Logf("%v allocations to get a link, %v to list %d", get, list, n+2)
	if get > 6 || list > 2*n {
		t.Errorf("%v allocations to get a link, want at most 6; %v to list %d, want at most %d", get, list, n+2, 2*n)
	}
}

// TestMakingAllocates makes many links, and ensures that they are there.
func TestMakingAllocates(t *testing.T) {
	c, _ := lab.Scratch(t)
	const n = 200
	specs := make([]iplink.Spec, n)
	for i := range specs {
		specs[i] = vxlan.New(fmt.Sprint("x", i)).VNI(uint32(0x1234 + i)).Port(4789).Learning(false)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	lab.MustCreate(t, c, specs...)
	runtime.ReadMemStats(&after)
	create := after.Mallocs - before.Mallocs
	ensure := allocations(5, func() {
		if all, err := c.Ensure(t.Context(), specs...); err != nil || len(all) != n || all[n-1].Changed() {
			t.Fatal(all, err)
		}
	})
	t.Logf("%d allocations to make %d links, %v to ensure that they are there", create, n, ensure)
	if create > 10*n || ensure > 10*n {
		t.Errorf("%d allocations to make %d links and %v to ensure that they are there, want at most %d", create, n, ensure, 10*n)
	}
}

// allocations returns the fewest of several measurements: the garbage collector and the race
// detector empty the pool of buffers when they like.
func allocations(runs int, f func()) float64 {
	least := math.Inf(1)
	for range 5 {
		least = min(least, testing.AllocsPerRun(runs, f))
	}
	return least
}

// TestListedIsAsRead lists links of several kinds, much alike and not, and those that
// were made together: each is as it is when read alone.
func TestListedIsAsRead(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "over", "address", "02:00:00:00:12:34", "type", "veth", "peer", "name", "under")
	ns.IP("link", "set", "over", "alias", "a text for people")
	ns.IP("link", "property", "add", "dev", "over", "altname", "another", "altname", "one-more")
	specs := []iplink.Spec{bridge.New("br").Priority(0x1234)}
	const pairs = 15
	for i := range pairs {
		specs = append(specs, vxlan.New(fmt.Sprint("x", i)).VNI(uint32(0x1234+i)).TTL(uint8(1+i%3)),
			veth.New(fmt.Sprint("v", i)).Master("br").PortSettings(bridge.Port().Cost(uint32(0x12+i%5))))
	}
	made := lab.MustCreate(t, c, specs...)
	all, err := c.List(t.Context())
	if err != nil || len(all) != 3+1+3*pairs {
		t.Fatal(len(all), err)
	}
	for _, l := range append(all, made...) {
		isAsRead(t, c, l)
	}
}

// addAltNames gives a link as many alternative names as are asked for, of 127 bytes.
func addAltNames(ns *testutil.Lab, link string, first, n int) {
	ns.Helper()
	var commands []string
	for at := first; at < first+n; at += 7 {
		command := "link property add dev " + link
		for i := at; i < min(at+7, first+n); i++ {
			command += " altname " + lab.LongName(i)
		}
		commands = append(commands, command)
	}
	testutil.IPBatch(ns, ns.File, commands...)
}

// addSources adds source addresses to a macvlan, one by one.
func addSources(ns *testutil.Lab, link string, macs []net.HardwareAddr) {
	ns.Helper()
	var commands []string
	for _, mac := range macs {
		commands = append(commands, fmt.Sprintf("link set link dev %s type macvlan macaddr add %v", link, mac))
	}
	testutil.IPBatch(ns, ns.File, commands...)
}

func namesOf(links []*iplink.Link) []string {
	var all []string
	for _, l := range links {
		all = append(all, l.Name)
	}
	return all
}

// TestLongDescriptions has links of which the kernel says more than it says at once
// of others, more than 32 KiB, and more than 64 KiB, and others behind them. All are
// listed, watched, found there, and deleted.
func TestLongDescriptions(t *testing.T) {
	c, ns := lab.Scratch(t)
	macs := lab.SourceMACs(0, 4000)
	lab.MustCreate(t, c, bridge.New("a"), bridge.New("long"), bridge.New("under"))
	lab.MustCreate(t, c, macvlan.New("longer").Parent("under").Mode(macvlan.Source).Sources(macs...), bridge.New("z"))
	addAltNames(ns, "long", 0, 240)
	addAltNames(ns, "longer", 1000, 250)

	links, err := c.List(t.Context())
	if got, want := namesOf(links), ns.Names(); err != nil || !slices.Equal(got, want) {
		t.Fatalf("listed are %v, there are %v; %v", got, want, err)
	}
	for _, l := range []*iplink.Link{links[slices.Index(namesOf(links), "longer")], mustGet(t, c, "longer"), mustGet(t, c, lab.LongName(1249))} {
		if n := len(l.Info.(*iplink.MacvlanInfo).Sources); l.Err != nil || n != len(macs) || len(l.AltNames) != 250 || l.AltNames[249] != lab.LongName(1249) {
			t.Errorf("%d sources and %d names, want %d and 250; %v", n, len(l.AltNames), len(macs), l.Err)
		}
	}
	if l := mustGet(t, c, "long"); len(l.AltNames) != 240 || l.Err != nil {
		t.Errorf("%d names, want 240; %v", len(l.AltNames), l.Err)
	}
	specs := []iplink.Spec{bridge.New("a"), bridge.New("long"), bridge.New("z"), bridge.New("under").Up(),
		macvlan.New("longer").Parent("under").Mode(macvlan.Source).Sources(macs...), bridge.New("one-more")}
	changes, err := c.Ensure(t.Context(), specs...)
	if err != nil {
		t.Fatal(err)
	}
	for i, change := range changes {
		if change.Created != (i == 5) {
			t.Errorf("%v: created %t", specs[i], change.Created)
		}
	}
	if err := c.Delete(t.Context(), "longer", "a", "long", "z"); err != nil {
		t.Error(err)
	}
	if left := ns.Names(); !slices.Equal(slices.Sorted(slices.Values(left)), []string{"lo", "one-more", "under"}) {
		t.Errorf("left are %v", left)
	}
}

// TestWatchLongDescriptions has such links be there when a watch begins, and others
// become so: all are reported, and nothing is Removed that is there.
func TestWatchLongDescriptions(t *testing.T) {
	c, ns := lab.Scratch(t)
	lab.MustCreate(t, c, bridge.New("a").Up(), bridge.New("under"))
	lab.MustCreate(t, c, macvlan.New("longer").Parent("under").Mode(macvlan.Source).Sources(lab.SourceMACs(0, 5000)...), bridge.New("z").Up())
	addAltNames(ns, "longer", 0, 250)
	events := (&watched{ns, c}).watch()
	have := map[string]bool{}
	next := func() iplink.Event {
		e := events.take()
		if e.Kind == iplink.Removed {
			t.Fatalf("%v", e)
		}
		have[e.Link().Name] = true
		return e
	}
	until := func(name string) {
		for e := next(); e.Kind != iplink.Changed || e.New.Name != name || !slices.Contains(e.Changes, "mtu"); e = next() {
		}
	}
	for len(have) < 5 {
		next()
	}
	if want := ns.Names(); len(have) != len(want) {
		t.Errorf("reported are %v, there are %v", have, want)
	}
	addAltNames(ns, "a", 1000, 490)
	ns.IP("link", "set", "dev", "a", "mtu", "1401")
	until("a")
	ns.IP("link", "set", "longer", "mtu", "1402")
	until("longer")
	ns.IP("link", "set", "z", "mtu", "1403")
	until("z")
}

// TestOverlongDescriptions has a link of which the kernel would have to say more
// than an attribute can hold: a macvlan with very many sources. It carries an error
// itself, or there is one if it is asked for, where the kernel says nothing of it, as
// since Linux 7.1. Else what is not of the nest at fault is right. All other links are
// listed, and watched.
func TestOverlongDescriptions(t *testing.T) {
	testutil.ExpectKernelWarnings(t, "rtnl_getlink", "rtmsg_ifinfo_build_skb") // since Linux 7.1
	c, ns := lab.Scratch(t)
	lab.MustCreate(t, c, bridge.New("a"), bridge.New("under").Up())
	lab.MustCreate(t, c, macvlan.New("odd").Parent("under").Mode(macvlan.Source).Sources(lab.SourceMACs(0, 5000)...).MTU(1402), bridge.New("z").Up())
	addAltNames(ns, "odd", 0, 7)
	want := []string{"a", "lo", "odd", "under", "z"}
	events := (&watched{ns, c}).watch()
	events.until("all", func(iplink.Event) bool { want = want[1:]; return len(want) == 0 })
	want = []string{"a", "lo", "odd", "under", "z"}

	had := 5000
	for i, n := range []int{5461, 5470, 5700} {
		addSources(ns, "odd", lab.SourceMACs(had, n-had))
		had = n
		links, err := c.List(t.Context())
		if got := slices.Sorted(slices.Values(namesOf(links))); err != nil || !slices.Equal(got, want) {
			t.Fatalf("%d sources: listed are %v, there are %v; %v", n, got, want, err)
		}
		for _, l := range links {
			if (l.Name == "odd") != (l.Err != nil) {
				t.Errorf("%d sources: %s: %v", n, l.Name, l.Err)
			}
			if l.Name == "odd" {
				isOverlong(t, c, l)
			}
		}
		ns.IP("link", "set", "dev", "odd", "mtu", "1400") // which the kernel announces, or fails to
		ns.IP("link", "set", "dev", "odd", "mtu", "1402")
		ns.IP("link", "set", "dev", "z", "mtu", fmt.Sprint(1403+i))
		events.until("z", func(e iplink.Event) bool {
			if e.Kind == iplink.Removed {
				t.Errorf("%v", e)
			}
			return e.New != nil && e.New.Name == "z" && e.New.MTU == uint32(1403+i)
		})
	}
	seen := map[string]bool{}
	events = (&watched{ns, c}).watch()
	events.until("all", func(e iplink.Event) bool { seen[e.Link().Name] = true; return len(seen) == len(want) })
	if err := c.Delete(t.Context(), "z", "odd", "a"); err != nil {
		t.Error(err)
	}
	if left, err := c.List(t.Context()); err != nil || len(left) != 2 {
		t.Errorf("left are %v; %v", namesOf(left), err)
	}
}

// isOverlong checks what a list says of a link that cannot be described, and what is
// said if it is asked for.
func isOverlong(t *testing.T, c *iplink.Conn, listed *iplink.Link) {
	t.Helper()
	got, err := c.Get(t.Context(), "odd")
	t.Log(listed.Err, err)
	if err != nil {
		if !errors.Is(err, syscall.EMSGSIZE) || !strings.Contains(err.Error(), "64 KiB") || !strings.Contains(listed.Err.Error(), "64 KiB") {
			t.Error(err, listed.Err)
		}
		return
	}
	for _, l := range []*iplink.Link{listed, got} {
		if l.Err == nil || !strings.Contains(l.Err.Error(), "linkinfo") || l.MTU != 1402 || l.Kind != iplink.KindMacvlan || l.Parent == 0 || len(l.AltNames) != 7 {
			t.Errorf("%v, MTU %d, kind %q, parent %d, %d names", l.Err, l.MTU, l.Kind, l.Parent, len(l.AltNames))
		}
	}
}

// TestWatchLongDescriptionsElsewhere has such a link be in another namespace, where the
// kernel makes no room for it.
func TestWatchLongDescriptionsElsewhere(t *testing.T) {
	w := newWatched(t)
	name, other := newNamedNetNS(t)
	w.IP("netns", "set", name, "4660")
	c, err := other.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, name := range []string{"a", "long", "y", "z"} {
		lab.MustCreate(t, c, bridge.New(name))
	}
	for at := 0; at < 250; at += 5 {
		w.IP("-n", name, "link", "property", "add", "dev", "long", "altname", lab.LongName(at), "altname", lab.LongName(at+1),
			"altname", lab.LongName(at+2), "altname", lab.LongName(at+3), "altname", lab.LongName(at+4))
	}
	for range 2 {
		seen := map[string]bool{}
		w.watch(iplink.AllNetNS()).until("all", func(e iplink.Event) bool {
			if e.NetNSID == 4660 {
				seen[e.New.Name] = true
			}
			return len(seen) == 5
		})
	}
}
