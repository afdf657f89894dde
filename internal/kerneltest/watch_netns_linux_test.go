package kerneltest_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// newNamedNetNS makes a namespace with a name that `ip` knows, until the test ends or it is
// deleted.
func newNamedNetNS(t *testing.T) (string, *iplink.NetNS) {
	t.Helper()
	name := testutil.Name(t)
	ns, err := iplink.CreateNetNS(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ns.Close()
		_ = iplink.DeleteNetNS(name)
	})
	return name, ns
}

// TestWatchAllNetNS watches from one namespace what happens in two others: one
// that has an id already, as `ip` gives it, and one that gets an id and ends.
func TestWatchAllNetNS(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	first, _ := newNamedNetNS(t)
	second, secondNS := newNamedNetNS(t)
	w.IP("-n", first, "link", "add", "br1", "mtu", "1401", "type", "bridge")
	w.IP("netns", "set", first, "4660")
	w.IP("-n", second, "link", "add", "br2", "type", "bridge")
	events := w.watch(iplink.AllNetNS())

	e := events.until("added br1", isIn(4660, "added br1"))
	if !e.Snapshot || e.New.MTU != 1401 || e.New.Kind != iplink.KindBridge {
		t.Errorf("the event of a link elsewhere is %+v", e)
	}
	w.IP("-n", first, "link", "set", "br1", "mtu", "1402")
	e = events.until("changed br1: mtu", isIn(4660, "changed br1: mtu"))
	if e.Old.MTU != 1401 || e.New.MTU != 1402 {
		t.Errorf("the MTU changed from %d to %d", e.Old.MTU, e.New.MTU)
	}
	w.IP("link", "add", "br1", "type", "bridge") // here this time, where the id is -1
	events.until("added br1", isIn(-1, "added br1"))

	w.IP("netns", "set", second, "22136")
	if e = events.until("added br2", isIn(22136, "added br2")); !e.Snapshot {
		t.Errorf("the event of a link in a namespace that got an id is %+v", e)
	}
	w.IP("-n", second, "link", "set", "br2", "mtu", "1403")
	events.until("changed br2: mtu", isIn(22136, "changed br2: mtu"))

	secondNS.Close()
	if err := iplink.DeleteNetNS(second); err != nil {
		t.Fatal(err)
	}
	e = events.until("removed br2", isIn(22136, "removed br2"))
	if e.New != nil || e.Old.MTU != 1403 {
		t.Errorf("the event of a link whose namespace ended is %+v", e)
	}
}

func isIn(nsid int32, text string) func(iplink.Event) bool {
	if nsid >= 0 {
		text = fmt.Sprintf("netns %d: %s", nsid, text)
	}
	return func(e iplink.Event) bool { return e.NetNSID == nsid && e.String() == text }
}

// TestWatchMove moves one end of a pair, and follows it.
func TestWatchMove(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	other, _ := newNamedNetNS(t)
	w.IP("netns", "set", other, "4660")
	w.IP("link", "add", "a0", "type", "veth", "peer", "name", "b0")
	events := w.watch(iplink.AllNetNS())
	events.of(iplink.Added, "b0")
	w.IP("link", "set", "b0", "netns", other, "index", "7777")
	if e := events.of(iplink.Removed, "b0"); e.NewIndex != 7777 || e.NewNetNSID != 4660 {
		t.Errorf("b0 went to index %d in the namespace %d, not to 7777 in 4660", e.NewIndex, e.NewNetNSID)
	}
	e := events.until("added b0", isIn(4660, "added b0"))
	if e.New.Index != 7777 || e.Snapshot {
		t.Errorf("the event where it went is %+v", e)
	}
	w.IP("link", "set", "a0", "up")
	w.IP("-n", other, "link", "set", "b0", "up")
	e = events.until("b0 is up", func(e iplink.Event) bool {
		return e.NetNSID == 4660 && e.Kind == iplink.Changed && e.New.Name == "b0" && e.New.OperState == iplink.OperUp
	})
	// Seen from here, the peer is at home: as List and Watch have it before.
	links, err := w.conn.List(t.Context(), iplink.Named("a0"))
	if err != nil || len(links) != 1 {
		t.Fatal(links, err)
	}
	if e.New.Parent != links[0].Index || links[0].NetNSID != 4660 {
		t.Errorf("b0 has peer %d; a0 is %d and has its peer in %d", e.New.Parent, links[0].Index, links[0].NetNSID)
	}
}

// TestWatchGoneElsewhere has links in another namespace be deleted, or move on, whose
// announcements name a third by its id: that of the parent, the underlay or the peer.
func TestWatchGoneElsewhere(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	first, _ := newNamedNetNS(t)
	second, _ := newNamedNetNS(t)
	w.IP("netns", "set", first, "4660")
	w.IP("netns", "set", second, "22136")
	w.Batch("link add under type bridge", "link add a0 type veth peer name a1 netns "+first, "link add b0 type veth peer name b1 netns "+first,
		"link add m0 link under netns "+first+" type macvlan mode bridge", "link add m1 link under netns "+first+" type macvlan mode bridge",
		"link add x0 type vxlan id 4660 dstport 4789 local 127.0.0.1", "link set x0 netns "+first,
		"link add x1 type vxlan id 22136 dstport 4789 local 127.0.0.1", "link set x1 netns "+first)
	events := w.watch(iplink.AllNetNS())
	have := map[string]bool{}
	becomes := func(want ...string) {
		t.Helper()
		events.until(fmt.Sprint(want), func(e iplink.Event) bool {
			if name := fmt.Sprint(e.NetNSID, " ", e.Link().Name); e.NetNSID >= 0 && e.Link().Name != "lo" {
				have[name] = true
				if e.New == nil {
					delete(have, name)
				}
			}
			return slices.Equal(slices.Sorted(maps.Keys(have)), want)
		})
	}
	becomes("4660 a1", "4660 b1", "4660 m0", "4660 m1", "4660 x0", "4660 x1")
	w.IP("-n", first, "link", "delete", "m0")
	w.IP("-n", first, "link", "delete", "x0")
	w.IP("link", "delete", "a0")
	becomes("4660 b1", "4660 m1", "4660 x1")
	w.IP("-n", first, "link", "set", "m1", "netns", second)
	w.IP("-n", first, "link", "set", "x1", "netns", second)
	w.IP("-n", first, "link", "set", "b1", "netns", second)
	becomes("22136 b1", "22136 m1", "22136 x1")
}

// TestWatchParentMoves moves links that are down and that others have as their other
// end or their parent, away, on and home again: the others are as they are when read.
func TestWatchParentMoves(t *testing.T) {
	t.Parallel()
	for name, filters := range map[string][]iplink.Filter{"own": nil, "all": {iplink.AllNetNS()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWatched(t)
			first, _ := newNamedNetNS(t)
			second, _ := newNamedNetNS(t)
			w.IP("netns", "set", first, "4660")
			w.IP("netns", "set", second, "22136")
			w.Batch("link add a0 index 1110 type veth peer name b0 index 1111", "link add under index 1112 type bridge",
				"link add c0 index 1113 type veth peer name d0 index 1114", "link add link d0 name m0 index 1115 type macvlan mode bridge")
			events := w.watch(filters...)
			parents := map[string][2]int32{}
			until := func(want map[string][2]int32) {
				t.Helper()
				events.until(fmt.Sprint(want), func(e iplink.Event) bool {
					if e.NetNSID < 0 && e.New != nil {
						parents[e.New.Name] = [2]int32{int32(e.New.Parent), e.New.NetNSID}
					}
					for name, parent := range want {
						if parents[name] != parent {
							return false
						}
					}
					return true
				})
				for name, parent := range want {
					if l := mustGet(t, w.conn, name); int32(l.Parent) != parent[0] || l.NetNSID != parent[1] {
						t.Errorf("%s has parent %d in %d, want %v", name, l.Parent, l.NetNSID, parent)
					}
				}
			}
			until(map[string][2]int32{"a0": {1111, -1}, "c0": {1114, -1}, "m0": {1114, -1}})
			w.IP("link", "set", "b0", "netns", first)
			until(map[string][2]int32{"a0": {1111, 4660}})
			w.IP("link", "set", "d0", "netns", first, "index", "1234")
			until(map[string][2]int32{"c0": {1234, 4660}, "m0": {1234, 4660}})
			if filters != nil {
				w.IP("-n", first, "link", "set", "b0", "netns", second)
				until(map[string][2]int32{"a0": {1111, 22136}})
				w.IP("-n", second, "link", "set", "b0", "netns", first, "index", "5678")
				until(map[string][2]int32{"a0": {5678, 4660}})
			}
			w.IP("-n", first, "link", "set", "b0", "netns", fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), w.File.Fd()), "index", "9999")
			until(map[string][2]int32{"a0": {9999, -1}})
			w.IP("link", "add", "e0", "index", "2222", "type", "veth", "peer", "name", "f0", "index", "2223")
			until(map[string][2]int32{"e0": {2223, -1}, "f0": {2222, -1}})
		})
	}
}

// TestWatchOwnID gives the watch's own namespace an id: links are still reported
// once, as those of -1.
func TestWatchOwnID(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"before", "later"} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			name, ns := newNamedNetNS(t)
			conn, err := ns.Dial()
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			w := &watched{testutil.NewLab(t), conn}
			setOwn := func() { w.IP("-n", name, "netns", "set", name, "4660") }
			if when == "before" {
				setOwn()
			}
			events := w.watch(iplink.AllNetNS())
			if e := events.about("lo"); e.NetNSID != -1 || e.String() != "added lo" {
				t.Errorf("the first event is %v", e)
			}
			if when == "later" {
				setOwn()
			}
			w.IP("-n", name, "link", "add", "br0", "type", "bridge")
			if e := events.about("br0"); e.NetNSID != -1 || e.String() != "added br0" {
				t.Errorf("the event is %v", e)
			}
			w.IP("-n", name, "link", "set", "br0", "mtu", "1401")
			if e := events.about("br0"); e.NetNSID != -1 || e.String() != "changed br0: mtu" {
				t.Errorf("the event is %v", e)
			}
		})
	}
}
