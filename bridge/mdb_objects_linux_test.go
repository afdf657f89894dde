package bridge_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
)

var (
	group4   = netip.MustParseAddr("239.1.2.52")
	group6   = netip.MustParseAddr("ff15::1234")
	sender4  = netip.MustParseAddr("198.51.100.7")
	sender4b = netip.MustParseAddr("198.51.100.9")
	l2Group  = net.HardwareAddr{1, 0x80, 0xc2, 0x12, 0x34, 0x56}
)

// shownEntries returns the entries that `bridge` shows, sorted, except the groups that
// hosts join for their own addresses. Derived (S,G) entries count.
func shownEntries(l *testutil.Lab) (all []string) {
	l.Helper()
	var shown []struct {
		MDB []struct {
			Port, Grp, Src, State string
			VID                   uint16
			FilterMode            string                     `json:"filter_mode"`
			Sources               []struct{ Address string } `json:"source_list"`
		}
	}
	testutil.BridgeJSON(l, l.File, &shown, "mdb", "show")
	for _, m := range shown {
		for _, e := range m.MDB {
			if strings.HasPrefix(e.Grp, "ff02::") {
				continue
			}
			var sources []string
			for _, s := range e.Sources {
				sources = append(sources, s.Address)
			}
			slices.Sort(sources)
			all = append(all, strings.Join(strings.Fields(fmt.Sprint(e.Port, " ", e.Grp, " ", e.Src, " ", e.State, " ", e.FilterMode, " ", strings.Join(sources, ","))), " "))
		}
	}
	slices.Sort(all)
	return all
}

func wantShown(l *testutil.Lab, want ...string) {
	l.Helper()
	slices.Sort(want)
	if diff := cmp.Diff(append([]string{}, want...), append([]string{}, shownEntries(l)...)); diff != "" {
		l.Errorf("bridge mdb show (-want +got):\n%s", diff)
	}
}

// mdbPorts are a bridge with the entries and two ports for a call.
func mdbPorts(b *bridge.Builder) []iplink.Spec {
	return []iplink.Spec{b.MulticastSnooping(true).MulticastIGMPVersion(3).Up(),
		veth.New("p1").Peer(veth.New("q1").Up()).Master("br0").Up(), veth.New("p2").Peer(veth.New("q2").Up()).Master("br0").Up()}
}

// TestMDBWithLinks makes entries together with the ports that they name.
func TestMDBWithLinks(t *testing.T) {
	c, l := lab.Scratch(t)
	entries := []bridge.MDBEntry{{Port: "p1", Group: group4, Permanent: true}, {Port: "p2", Group: group4, Source: sender4, Permanent: true},
		{Port: "p2", Group: group6}, {Port: "p1", MAC: l2Group, Permanent: true}, {Port: "br0", Group: group4}}
	specs := mdbPorts(bridge.New("br0").MDB(entries...))
	_, err := c.Create(t.Context(), specs...)
	testutil.Must(t, err)
	want := []string{"p1 239.1.2.52 permanent exclude", "p2 239.1.2.52 198.51.100.7 permanent include",
		"p1 01:80:c2:12:34:56 permanent", "br0 239.1.2.52 temp", "p2 ff15::1234 temp"}
	wantShown(l, append(want, derived(l, want)...)...)
	changes, err := c.Ensure(t.Context(), specs...)
	testutil.Must(t, err)
	for _, change := range changes {
		if change.Changed() {
			t.Errorf("again: %v", change)
		}
	}
	l.Batch("link set p1 nomaster", "link set p1 master br0")
	diffs, err := c.Diff(t.Context(), specs[0])
	if len(diffs) != 2 || err != nil || diffs[0].Attr != "mdb" || diffs[0].Want != "port p1 grp 239.1.2.52 permanent" || diffs[0].Have != "" {
		t.Errorf("%v, error %v", diffs, err)
	}
	_, err = c.Ensure(t.Context(), specs...)
	testutil.Must(t, err)
	wantShown(l, append(want, derived(l, want)...)...)
}

// derived returns the entries that the kernel adds itself: a port that takes all sources
// of a group takes each one that another port names.
func derived(l *testutil.Lab, want []string) (all []string) {
	for _, e := range shownEntries(l) {
		if !slices.Contains(want, e) && strings.HasPrefix(e, "p1 239.1.2.52 198.51.100.7 ") {
			all = append(all, e)
		}
	}
	return all
}

// TestOnlyMDB removes other permanent entries, and no others.
func TestOnlyMDB(t *testing.T) {
	c, l := lab.Scratch(t)
	_, err := c.Create(t.Context(), mdbPorts(bridge.New("br0").MDB(bridge.MDBEntry{Port: "p1", Group: group4, Permanent: true},
		bridge.MDBEntry{Port: "p2", Group: group6, Permanent: true}, bridge.MDBEntry{Port: "p2", Group: group4}))...)
	testutil.Must(t, err)
	only := bridge.New("br0").OnlyMDB(bridge.MDBEntry{Port: "p2", Group: group6})
	diffs, err := c.Diff(t.Context(), only)
	if got, want := fmt.Sprint(diffs), "[mdb: have port p1 grp 239.1.2.52 permanent, want none mdb: have port p2 grp ff15::1234 permanent"; err != nil || len(diffs) != 2 {
		t.Errorf("%s, want %s, error %v", got, want, err)
	}
	if _, err := c.Update(t.Context(), only); err != nil {
		t.Error(err)
	}
	wantShown(l, "p2 239.1.2.52 temp exclude", "p2 ff15::1234 temp")
	if _, err := c.Ensure(t.Context(), bridge.New("br0").OnlyMDB()); err != nil {
		t.Error(err)
	}
	wantShown(l, "p2 239.1.2.52 temp exclude", "p2 ff15::1234 temp")
}

// TestMDBRefused gives entries that cannot be, and looks for links that were made.
func TestMDBRefused(t *testing.T) {
	c, l := lab.Scratch(t)
	l.Batch("link add br1 type bridge", "link add e1 type veth peer name e2", "link set e1 master br1")
	good := bridge.MDBEntry{Port: "br0", Group: group4}
	for want, b := range map[string]*bridge.Builder{
		"vid: 4095 is not in 1":            bridge.New("br0").MDB(bridge.MDBEntry{Port: "br0", Group: group4, VLAN: 4095}),
		"192.0.2.1 is not the address of":  bridge.New("br0").MDB(bridge.MDBEntry{Port: "br0", Group: netip.MustParseAddr("192.0.2.1")}),
		"exclude each other":               bridge.New("br0").MDB(good).OnlyMDB(good),
		"given twice":                      bridge.New("br0").MDB(bridge.MDBEntry{Port: "e1", Group: group4}, bridge.MDBEntry{Port: "e1", Group: group4, Permanent: true}),
		"name the port":                    bridge.New("br0").MDB(bridge.MDBEntry{Group: group4}),
		"the entry expires":                bridge.New("br0").MDB(bridge.MDBEntry{Port: "br0", Group: group4, Permanent: true}),
		`"e1" is not a port of this link`:  bridge.New("br0").MDB(bridge.MDBEntry{Port: "e1", Group: group4}),
		`"e2" is not a port of this link`:  bridge.New("br0").OnlyMDB(bridge.MDBEntry{Port: "e2", Group: group4}),
		`there is no link "e3" for a port`: bridge.New("br0").MDB(bridge.MDBEntry{Port: "e3", Group: group4}),
	} {
		for verb, do := range map[string]func() error{
			"create": func() error { return lab.ErrorOf(c.Create(t.Context(), b)) }, "ensure": func() error { return lab.ErrorOf(c.Ensure(t.Context(), b)) },
		} {
			err := do()
			if text := fmt.Sprint(err); !errors.Is(err, fs.ErrInvalid) || !strings.Contains(text, verb+" bridge br0: ") || !strings.Contains(text, "MDB") || !strings.Contains(text, want) {
				t.Errorf("error %v, want %s", err, want)
			}
		}
	}
	if slices.Contains(l.Names(), "br0") {
		t.Error("the bridge was made")
	}
	// What the kernel refuses undoes the call.
	down := bridge.New("br0").MDB(good)
	if err := lab.ErrorOf(c.Create(t.Context(), down)); err == nil || slices.Contains(l.Names(), "br0") || !strings.Contains(err.Error(), "mdb 239.1.2.52") {
		t.Errorf("of a bridge that is down: error %v, links %v", err, l.Names())
	}
}

// TestMDBRandom gives a bridge random entries one after the other, with others' changes
// between, and demands that `bridge` shows exactly them.
func TestMDBRandom(t *testing.T) {
	c, l := lab.Scratch(t)
	_, err := c.Create(t.Context(), mdbPorts(bridge.New("br0"))...)
	testutil.Must(t, err)
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 7))
	for round := range lab.Many(t, 40, 400) {
		entries := randomMDB(r, testutil.Older(t, 6, 3))
		only := bridge.New("br0").OnlyMDB(entries...)
		if _, err := c.Ensure(t.Context(), only); err != nil {
			t.Fatalf("seed %d, round %d: %v: %v", seed, round, entries, err)
		}
		var want []string
		for _, e := range entries {
			want = append(want, shownAs(e)...)
		}
		wantShown(l, want...)
		if diffs, err := c.Diff(t.Context(), only); len(diffs) > 0 || err != nil {
			t.Errorf("again: %v, error %v", diffs, err)
		}
		if len(entries) > 0 && r.IntN(2) == 0 {
			e := entries[r.IntN(len(entries))]
			e.Sources, e.Include = nil, false
			run(l, "bridge mdb del dev br0 "+e.String())
		}
		if r.IntN(2) == 0 {
			run(l, "bridge mdb add dev br0 port p2 grp 239.1.2.99 permanent")
		}
		if t.Failed() {
			t.Fatalf("seed %d, round %d: %v", seed, round, entries)
		}
	}
}

// randomMDB returns entries whose groups are those of one port each, so that the kernel
// derives none.
func randomMDB(r *rand.Rand, old bool) (all []bridge.MDBEntry) {
	for i := range r.IntN(6) {
		e := bridge.MDBEntry{Port: fmt.Sprintf("p%d", 1+r.IntN(2)), Permanent: true, Group: netip.AddrFrom4([4]byte{239, 1, 7, byte(17 + i)})}
		switch r.IntN(4) {
		case 0:
			e.Source = sender4
		case 1:
			e.Group, e.MAC = netip.Addr{}, net.HardwareAddr{1, 0x80, 0xc2, 0x12, 0x34, byte(0x56 + i)}
		case 2:
			if !old {
				e.Include, e.Sources = true, []bridge.MDBSource{{Addr: sender4b}, {Addr: sender4}}[:1+r.IntN(2)]
			}
		}
		all = append(all, e)
	}
	return all
}

// shownAs returns the entries of `bridge` for one that has no other ports.
func shownAs(e bridge.MDBEntry) []string {
	switch {
	case len(e.MAC) > 0:
		return []string{e.Port + " " + e.MAC.String() + " permanent"}
	case e.Source.IsValid():
		return []string{fmt.Sprintf("%s %s %s permanent include", e.Port, e.Group, e.Source)}
	case !e.Include:
		return []string{fmt.Sprintf("%s %s permanent exclude", e.Port, e.Group)}
	}
	var all, sources []string
	for _, s := range e.Sources {
		sources = append(sources, s.Addr.String())
		all = append(all, fmt.Sprintf("%s %s %s permanent include", e.Port, e.Group, s.Addr))
	}
	slices.Sort(sources)
	return append(all, fmt.Sprintf("%s %s permanent include %s", e.Port, e.Group, strings.Join(sources, ",")))
}

func run(l *testutil.Lab, command string) {
	l.Helper()
	words := strings.Fields(command)
	if out, err := l.Run(words[0], words[1:]...); err != nil {
		l.Fatalf("%s: %v: %s", command, err, out)
	}
}

// TestMDBInVLANs is about an entry without a VLAN on a bridge that filters them, and one
// with a VLAN.
func TestMDBInVLANs(t *testing.T) {
	c, l := lab.Scratch(t)
	if _, err := l.Run("ip", "link", "add", "probe", "type", "bridge", "vlan_filtering", "1"); err != nil {
		testutil.Skipf(t, "this kernel's bridge does not filter VLANs (CONFIG_BRIDGE_VLAN_FILTERING)")
	}
	specs := mdbPorts(bridge.New("br0").VLANFiltering(true).OnlyMDB(bridge.MDBEntry{Port: "p1", Group: group4, Permanent: true},
		bridge.MDBEntry{Port: "p2", Group: group4, VLAN: 291, Permanent: true}))
	for _, port := range specs[1:] {
		port.(*veth.Builder).PortSettings(bridge.Port().VLANs(bridge.VLAN{ID: 291}, bridge.VLAN{ID: 1656}))
	}
	_, err := c.Create(t.Context(), specs...)
	testutil.Must(t, err)
	want := map[string][]uint16{"p1": {1, 291, 1656}, "p2": {291}}
	if diff := cmp.Diff(want, shownVLANs(l)); diff != "" {
		t.Errorf("bridge mdb show (-want +got):\n%s", diff)
	}
	changes, err := c.Ensure(t.Context(), specs...)
	testutil.Must(t, err)
	if changes[0].Changed() {
		t.Errorf("again: %v", changes[0])
	}
	run(l, "bridge mdb del dev br0 port p1 grp 239.1.2.52 vid 291 permanent")
	run(l, "bridge mdb add dev br0 port p2 grp 239.1.2.52 vid 1656 permanent")
	_, err = c.Ensure(t.Context(), specs...)
	testutil.Must(t, err)
	if diff := cmp.Diff(want, shownVLANs(l)); diff != "" {
		t.Errorf("repaired: bridge mdb show (-want +got):\n%s", diff)
	}
}

// shownVLANs returns the VLANs of the entries for a group, by port.
func shownVLANs(l *testutil.Lab) map[string][]uint16 {
	l.Helper()
	var shown []struct {
		MDB []struct {
			Port, Grp string
			VID       uint16
		}
	}
	testutil.BridgeJSON(l, l.File, &shown, "mdb", "show")
	all := map[string][]uint16{}
	for _, m := range shown {
		for _, e := range m.MDB {
			if e.Grp == group4.String() {
				all[e.Port] = append(all[e.Port], e.VID)
			}
		}
	}
	for _, vids := range all {
		slices.Sort(vids)
	}
	return all
}

// TestMDBCommands gives the commands to `bridge` itself.
func TestMDBCommands(t *testing.T) {
	c, l := lab.Scratch(t)
	_, err := c.Create(t.Context(), mdbPorts(bridge.New("br0"))...)
	testutil.Must(t, err)
	b := bridge.New("br0").MDB(bridge.MDBEntry{Port: "p1", Group: group4, Permanent: true}, bridge.MDBEntry{Port: "br0", Group: group6})
	for _, line := range strings.Split(b.String(), " && ")[1:] {
		run(l, line)
	}
	wantShown(l, "p1 239.1.2.52 permanent exclude", "br0 ff15::1234 temp")
	if diffs, err := c.Diff(t.Context(), b); len(diffs) > 0 || err != nil {
		t.Errorf("%v, error %v", diffs, err)
	}
}
