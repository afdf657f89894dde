package vxlan

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/testutil"
)

// A wish is a random wanted state of vx0.
type wish struct {
	entries  []fdb.Entry
	networks []VNIs
}

func (w *wish) spec() *Builder {
	return New("vx0").External(true).VNIFilter(true).Learning(false).Port(4789).OnlyVNIs(w.networks...).OnlyFDB(w.entries...)
}

// entryText is an entry in the form in which shownEntries returns it.
func entryText(mac, dst string, srcVNI uint32, state string) string {
	return fmt.Sprintf("%s dst %s src_vni %d %s", mac, dst, srcVNI, state)
}

func randomDst(r *rand.Rand) netip.Addr {
	return netip.AddrFrom4([4]byte{198, 51, 100, byte(1 + r.IntN(4))})
}

func randomMAC(r *rand.Rand) net.HardwareAddr {
	return net.HardwareAddr{2, 0, 0, 0, 0x56, byte(r.IntN(9))}
}

// randomWish returns distinct entries and networks.
func randomWish(r *rand.Rand) *wish {
	w := &wish{}
	seen := map[string]bool{}
	for range r.IntN(12) {
		e := fdb.Entry{MAC: randomMAC(r), Dst: randomDst(r), SrcVNI: 100 + r.Uint32N(2), State: fdb.State(r.IntN(2))}
		key := fmt.Sprint(e.MAC, e.SrcVNI)
		if r.IntN(3) == 0 {
			e.MAC, e.State = AllOthers(), fdb.Permanent
			key = fmt.Sprint(e.MAC, e.SrcVNI, e.Dst)
		}
		if !seen[key] {
			seen[key], w.entries = true, append(w.entries, e)
		}
	}
	w.networks = []VNIs{{First: 100, Last: 101}}
	for first := uint32(200); first < 300; first += 10 {
		if r.IntN(2) == 0 {
			w.networks = append(w.networks, VNIs{First: first, Last: first + r.Uint32N(9)})
		}
	}
	return w
}

// shownState returns the entries and the networks that `bridge` shows, in order.
func shownState(ns *testutil.Lab) (entries []string, networks map[uint32]bool) {
	ns.Helper()
	var all []shown
	testutil.BridgeJSON(ns, ns.File, &all, "fdb", "show", "dev", "vx0")
	for _, e := range all {
		entries = append(entries, entryText(e.MAC, e.Dst, e.SrcVNI, e.State))
	}
	slices.Sort(entries)
	var links []struct {
		VNIs []struct {
			VNI    uint32
			VNIEnd uint32 `json:"vniEnd"`
		}
	}
	testutil.BridgeJSON(ns, ns.File, &links, "vni", "show", "dev", "vx0")
	networks = map[uint32]bool{}
	for _, l := range links {
		for _, n := range l.VNIs {
			for vni := n.VNI; vni <= max(n.VNI, n.VNIEnd); vni++ {
				networks[vni] = true
			}
		}
	}
	return entries, networks
}

// is fails the test unless `bridge` shows the wanted state.
func (w *wish) is(ns *testutil.Lab, what string) {
	ns.Helper()
	var want []string
	for _, e := range w.entries {
		want = append(want, entryText(e.MAC.String(), e.Dst.String(), e.SrcVNI, e.State.String()))
	}
	slices.Sort(want)
	vnis := map[uint32]bool{}
	for _, n := range w.networks {
		for vni := n.First; vni <= n.Last; vni++ {
			vnis[vni] = true
		}
	}
	entries, networks := shownState(ns)
	if !slices.Equal(entries, want) || fmt.Sprint(networks) != fmt.Sprint(vnis) {
		ns.Fatalf("%s: entries\n%s\nwant\n%s\nnetworks %v\nwant %v", what, strings.Join(entries, "\n"), strings.Join(want, "\n"), networks, vnis)
	}
}

// spoil makes a random change by `bridge`, one difference, and returns its words.
func (w *wish) spoil(ns *testutil.Lab, r *rand.Rand) (command string) {
	ns.Helper()
	run := func(format string, args ...any) {
		command = fmt.Sprintf(format, args...)
		testutil.Bridge(ns, ns.File, strings.Fields(command)...)
	}
	if len(w.entries) > 0 && r.IntN(2) == 0 {
		e := w.entries[r.IntN(len(w.entries))]
		run("fdb del %s dev vx0 dst %s src_vni %d", e.MAC, e.Dst, e.SrcVNI)
		return command
	}
	switch r.IntN(4) {
	case 0:
		run("fdb add 02:00:00:00:99:%02x dev vx0 dst 203.0.113.9 src_vni 100 static", r.IntN(256))
	case 1:
		run("fdb append 00:00:00:00:00:00 dev vx0 dst 203.0.113.8 src_vni 101")
	case 2:
		run("vni add vni %d dev vx0", 400+r.IntN(9))
	case 3:
		run("vni delete vni 100 dev vx0") // its entries stay
	}
	return command
}

// TestOnlyRandomly asks for two random states after each other, and repairs random changes.
func TestOnlyRandomly(t *testing.T) {
	ns := testutil.NewLab(t, "vxlan")
	c := testutil.Opened(ns, iplink.Dial)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for round := range 25 {
		w := randomWish(r)
		ensured := func(what string, differences int) {
			t.Helper()
			changes, err := c.Ensure(t.Context(), w.spec())
			if err != nil {
				t.Fatalf("round %d, %s: %v", round, what, err)
			}
			if n := len(changes[0].Differences); differences >= 0 && n != differences {
				t.Fatalf("round %d, %s: %d differences, want %d: %v", round, what, n, differences, changes[0].Differences)
			}
			w.is(ns, what)
		}
		ensured("another state", -1)
		ensured("again", 0)
		ensured(w.spoil(ns, r), 1)
		ensured("again", 0)
	}
}
