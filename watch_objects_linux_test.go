package iplink_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// An objectMirror is what a reader of a watch knows, as words for each object.
type objectMirror struct {
	mu      sync.Mutex
	objects map[string]int // words, and how often they occur
	events  int
	resyncs int
	current int
	err     error
}

// followObjects reads events, and stalls now and then.
func followObjects[T any](ctx context.Context, m *objectMirror, s *stall, all iter.Seq2[iplink.ObjectEvent[T], error], words func(*T) string) {
	count := func(v *T, by int) {
		if v == nil {
			return
		}
		text := words(v)
		if m.objects[text] += by; m.objects[text] == 0 {
			delete(m.objects, text)
		}
	}
	for e, err := range all {
		m.mu.Lock()
		if err != nil {
			m.err = err
		}
		m.events++
		switch {
		case e.Kind == iplink.Current:
			m.current++
		case e.Kind != iplink.Missed:
			count(e.Old, -1)
			count(e.New, 1)
		}
		if e.Resync {
			m.resyncs++
		}
		m.mu.Unlock()
		if err == nil {
			s.hold(ctx, e.Kind)
		}
	}
}

// differences says how the mirror differs from what is there.
func (m *objectMirror) differences(t *testing.T, there []string) (all []string) {
	t.Helper()
	want := map[string]int{}
	for _, text := range there {
		want[text]++
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		t.Fatal(m.err)
	}
	for text, n := range want {
		if m.objects[text] != n {
			all = append(all, fmt.Sprintf("%s: %d, want %d", text, m.objects[text], n))
		}
	}
	for text, n := range m.objects {
		if want[text] == 0 {
			all = append(all, fmt.Sprintf("%s: %d, want none", text, n))
		}
	}
	slices.Sort(all)
	return all
}

func wordsOfAddr(a *iplink.LinkAddr) string {
	b := *a
	b.ValidLifetime, b.PreferredLifetime = 0, 0
	return b.String()
}

func wordsOfRoute(r *iplink.LinkRoute) string { return r.String() }

// wordsOfNeigh leaves out the states that the kernel does not announce.
func wordsOfNeigh(n *iplink.NeighEntry) string {
	if n.FDB != nil {
		dst := ""
		if n.FDB.Dst.IsValid() {
			dst = n.FDB.Dst.String()
		}
		return fdbWords(n.FDB.MAC.String(), n.FDB.Port, dst, n.FDB.State == fdb.Permanent, n.FDB.State == fdb.Static)
	}
	return fmt.Sprintf("%v dev %s lladdr %v %v", n.Neigh.Addr, n.Link, n.Neigh.LLAddr, n.Neigh.Flags)
}

func fdbWords(mac, dev, dst string, permanent, static bool) string {
	return fmt.Sprintf("fdb %s dev %s dst %s permanent %v static %v", mac, dev, dst, permanent, static)
}

// objectWriter returns random commands for `ip -batch` and `bridge -batch`.
func objectWriter(n, changes int) (ip, bridge string) {
	var i, b strings.Builder
	for range changes {
		dev := fmt.Sprintf("e%d", rand.IntN(4))
		verb := []string{"add", "add", "del", "replace"}[rand.IntN(4)]
		at := rand.IntN(12)
		switch rand.IntN(20) {
		case 0:
			fmt.Fprintf(&i, "link set %s down\n", dev)
		case 1, 2:
			fmt.Fprintf(&i, "link set %s up\n", dev)
		case 3, 4, 5, 6:
			fmt.Fprintf(&i, "addr %s 10.%d.%d.1/24 dev %s\n", verb, n, at, dev)
		case 7, 8:
			fmt.Fprintf(&i, "addr %s 2001:db8:%d:%d::1/64 dev %s nodad\n", verb, n, at, dev)
		case 9, 10, 11:
			fmt.Fprintf(&i, "route %s 192.0.2.%d/32 dev %s metric %d table %d\n", verb, at, dev, n+rand.IntN(2), 254-rand.IntN(2))
		case 12, 13:
			fmt.Fprintf(&i, "route %s 2001:db8:f%d::%d dev %s\n", verb, n, at, dev)
		case 14:
			fmt.Fprintf(&i, "route %s 198.51.100.%d/32 nexthop dev e0 nexthop dev e1 weight 3\n", verb, at)
		case 15, 16:
			if verb == "del" { // a neigh command that fails ends a batch, also with -force
				fmt.Fprintf(&i, "neigh flush to 203.0.113.%d dev %s nud permanent\n", at, dev)
				break
			}
			fmt.Fprintf(&i, "neigh replace 203.0.113.%d lladdr 02:00:00:00:%02x:%02x dev %s\n", at, n, rand.IntN(3), dev)
		case 17:
			fmt.Fprintf(&b, "fdb %s 02:00:00:01:%02x:%02x dev e%d master static\n", verb, n, at, rand.IntN(2))
		case 18:
			fmt.Fprintf(&b, "fdb %s 02:00:00:02:%02x:%02x dev vx0 dst 192.0.2.%d\n", verb, n, at, 1+rand.IntN(3))
		default:
			fmt.Fprintf(&b, "fdb %s 00:00:00:00:00:00 dev vx0 dst 192.0.2.%d\n", []string{"append", "del"}[rand.IntN(2)], 1+rand.IntN(9))
		}
	}
	return i.String(), b.String()
}

// TestWatchObjectsMirror has four writers change addresses, routes, neighbours and
// forwarding databases while readers that stall now and then, with receive buffers that
// overrun, follow. In the end the readers know what the kernel has.
func TestWatchObjectsMirror(t *testing.T) {
	changes := lab.Many(t, 4000, 20_000)
	c, ns := lab.Scratch(t)
	ns.Batch("link add br0 up type bridge", "link add vx0 up type vxlan id 100 dstport 4789", "link add e0 master br0 type veth peer name e2", "link add e1 master br0 type veth peer name e3")
	addrs, routes, neighs := &objectMirror{objects: map[string]int{}}, &objectMirror{objects: map[string]int{}}, &objectMirror{objects: map[string]int{}}
	ctx, cancel := context.WithCancel(t.Context())
	var readers, writers sync.WaitGroup
	small, s := iplink.ReceiveBuffer(smallest), newStall(ns, 3)
	readers.Go(func() { followObjects(ctx, addrs, s, c.WatchAddrs(ctx, small), wordsOfAddr) })
	readers.Go(func() { followObjects(ctx, routes, s, c.WatchRoutes(ctx, small), wordsOfRoute) })
	readers.Go(func() { followObjects(ctx, neighs, s, c.WatchNeighs(ctx, small), wordsOfNeigh) })
	s.await(t)
	for n := range 4 {
		ip, bridge := objectWriter(n, changes/4)
		for program, text := range map[string]string{"ip": ip, "bridge": bridge} {
			cmd := batch(program, text, "-force")
			writers.Go(func() { ns.In(func() { _ = cmd.Run() }) }) // many commands fail
		}
	}
	start := time.Now()
	writers.Wait()
	written := time.Since(start)
	differences := func() []string {
		return slices.Concat(addrs.differences(t, listedAddrs(t, c)), routes.differences(t, listedRoutes(t, c)), neighs.differences(t, listedNeighs(t, c, ns)))
	}
	diff := differences()
	for deadline := time.Now().Add(time.Minute); len(diff) > 0 && time.Now().Before(deadline); diff = differences() {
		time.Sleep(50 * time.Millisecond)
	}
	if len(diff) > 0 {
		t.Errorf("the mirrors differ from lists:\n%s", strings.Join(diff, "\n"))
	}
	cancel()
	readers.Wait()
	for name, m := range map[string]*objectMirror{"addresses": addrs, "routes": routes, "neighbours": neighs} {
		t.Logf("%s: %d events, %d after overruns; %d objects", name, m.events, m.resyncs, len(m.objects))
		if m.current != 1 || m.resyncs == 0 {
			t.Errorf("%s: %d marks, %d events after overruns", name, m.current, m.resyncs)
		}
	}
	t.Logf("%d changes in %v", changes, written)
}

func listedAddrs(t *testing.T, c *iplink.Conn) (all []string) {
	listed, err := c.ListAddrs(t.Context())
	testutil.Must(t, err)
	for i := range listed {
		all = append(all, wordsOfAddr(&listed[i]))
	}
	return all
}

func listedRoutes(t *testing.T, c *iplink.Conn) (all []string) {
	listed, err := c.ListRoutes(t.Context())
	testutil.Must(t, err)
	for i := range listed {
		all = append(all, listed[i].String())
	}
	return all
}

// listedNeighs lists neighbours, and has `bridge` list forwarding databases.
func listedNeighs(t *testing.T, c *iplink.Conn, ns *testutil.Lab) (all []string) {
	listed, err := c.ListNeighs(t.Context())
	testutil.Must(t, err)
	for i := range listed {
		if listed[i].State == inet.NeighNoARP {
			continue
		}
		all = append(all, wordsOfNeigh(&iplink.NeighEntry{Link: listed[i].Link, Neigh: &listed[i].Neigh}))
	}
	return append(all, listedFDB(t, ns)...)
}

// listedFDB has `bridge` list the entries of the bridge and of the VXLAN link.
func listedFDB(t *testing.T, ns *testutil.Lab) (all []string) {
	out, err := ns.Run("bridge", "-j", "fdb")
	testutil.Must(t, err)
	var entries []struct{ MAC, IfName, Dst, Master, State string }
	testutil.Must(t, json.Unmarshal([]byte(out), &entries))
	for _, e := range entries {
		if e.Master != "" || e.IfName == "vx0" {
			all = append(all, fdbWords(e.MAC, e.IfName, e.Dst, e.State == "permanent", e.State == "static"))
		}
	}
	return all
}

// wordsOfVLAN has all that is reported, and briefOfVLAN what `bridge vlan` shows.
func wordsOfVLAN(v *bridge.LinkVLAN) string {
	return fmt.Sprintf("%s %d %d %d %v %d", briefOfVLAN(v), v.State, v.MulticastRouter, v.MulticastMaxGroups, v.NeighSuppress, v.Tunnel)
}

func briefOfVLAN(v *bridge.LinkVLAN) string {
	return vlanWords(v.Port, v.ID, v.PVID, v.Untagged)
}

func vlanWords(port string, id uint16, pvid, untagged bool) string {
	return fmt.Sprintf("%s vid %d pvid %v untagged %v", port, id, pvid, untagged)
}

func wordsOfMDB(e *bridge.LinkMDB) string {
	src := ""
	if e.Source.IsValid() {
		src = e.Source.String()
	}
	group := e.MAC.String()
	if e.Group.IsValid() {
		group = e.Group.String()
	}
	return mdbWords(e.Bridge, e.Port, group, src, e.VLAN, e.Permanent, e.Include)
}

func mdbWords(bridge, port, group, src string, vlan uint16, permanent, include bool) string {
	return fmt.Sprintf("%s %s grp %s src %q vid %d permanent %v include %v", bridge, port, group, src, vlan, permanent, include)
}

// bridgeWriter returns random commands for `ip -batch` and `bridge -batch`.
func bridgeWriter(n, changes int) (ip, bridge string) {
	var i, b strings.Builder
	for range changes {
		dev := fmt.Sprintf("e%d", rand.IntN(3))
		verb := []string{"add", "add", "del"}[rand.IntN(3)]
		vid := 2 + rand.IntN(30)
		flags := []string{"", "", " untagged", " pvid untagged"}[rand.IntN(4)]
		group := fmt.Sprintf("239.1.%d.%d", n, rand.IntN(9))
		switch rand.IntN(20) {
		case 0:
			fmt.Fprintf(&i, "link set %s nomaster\n", dev)
		case 1:
			fmt.Fprintf(&i, "link set %s master br%d\n", dev, rand.IntN(2))
		case 2:
			fmt.Fprintf(&i, "link set %s down\nlink set %s up\n", dev, dev)
		case 3:
			fmt.Fprintf(&i, "link del br1\nlink add br1 up type bridge vlan_filtering 1 vlan_default_pvid %d\n", 1+rand.IntN(9))
		case 4, 5, 6, 7:
			fmt.Fprintf(&b, "vlan %s vid %d dev %s%s\n", verb, vid, dev, flags)
		case 8, 9:
			fmt.Fprintf(&b, "vlan %s vid %d-%d dev %s\n", verb, vid, vid+rand.IntN(9), dev)
		case 10:
			fmt.Fprintf(&b, "vlan %s vid %d dev br%d self\n", verb, vid, rand.IntN(2))
		case 11, 12:
			fmt.Fprintf(&b, "vlan set vid %d dev %s state %s\n", vid, dev, []string{"blocking", "forwarding"}[rand.IntN(2)])
		case 13:
			fmt.Fprintf(&b, "vlan add vid %d dev vx0\nvlan %s vid %d dev vx0 tunnel_info id %d\n", vid, verb, vid, 7000+vid)
		case 14, 15, 16:
			fmt.Fprintf(&b, "mdb %s dev br0 port %s grp %s permanent vid %d\n", verb, dev, group, vid)
		case 17:
			fmt.Fprintf(&b, "mdb %s dev br0 port %s grp %s src 192.0.2.7 permanent vid %d\n", verb, dev, group, vid)
		case 18:
			fmt.Fprintf(&b, "mdb %s dev br0 port br0 grp 239.2.%d.%d vid %d\n", verb, n, rand.IntN(9), vid)
		default:
			fmt.Fprintf(&b, "mdb %s dev br0 port %s grp %s temp\n", verb, dev, group)
		}
	}
	return i.String(), b.String()
}

// filteringBridge makes br0, which filters VLANs and snoops, with three ports and a tunnel.
func filteringBridge(t *testing.T, c *iplink.Conn, ns *testutil.Lab) {
	t.Helper()
	_, err := c.Create(t.Context(), bridge.New("br0").VLANFiltering(true).Up())
	if errors.Is(err, errors.ErrUnsupported) && !testutil.Matrix() {
		testutil.Skipf(t, "this kernel's bridge does not filter VLANs (CONFIG_BRIDGE_VLAN_FILTERING)")
	}
	testutil.Must(t, err)
	ns.Batch("link set br0 type bridge mcast_igmp_version 3 mcast_mld_version 2", "link add br1 up type bridge vlan_filtering 1",
		"link add vx0 up master br0 type vxlan id 100 dstport 4789", "link set vx0 type bridge_slave vlan_tunnel on")
	for n := range 3 {
		ns.Batch(fmt.Sprintf("link add e%d up master br0 type veth peer name f%d", n, n), fmt.Sprintf("link set f%d up", n))
	}
}

// TestWatchBridgeMirror has four writers change VLANs and multicast databases while readers
// that stall now and then, with receive buffers that overrun, follow. In the end the
// readers know what the kernel has.
func TestWatchBridgeMirror(t *testing.T) {
	changes := lab.Many(t, 800, 20_000)
	c, ns := lab.Scratch(t)
	filteringBridge(t, c, ns)
	vlans, mdb := &objectMirror{objects: map[string]int{}}, &objectMirror{objects: map[string]int{}}
	ctx, cancel := context.WithCancel(t.Context())
	var readers, writers sync.WaitGroup
	small, s := iplink.ReceiveBuffer(smallest), newStall(ns, 2)
	readers.Go(func() { followObjects(ctx, vlans, s, bridge.WatchVLANsOn(ctx, c, small), wordsOfVLAN) })
	readers.Go(func() { followObjects(ctx, mdb, s, bridge.WatchMDBOn(ctx, c, small), wordsOfMDB) })
	s.await(t)
	for n := range 4 {
		ip, bridge := bridgeWriter(n, changes/4)
		for program, text := range map[string]string{"ip": ip, "bridge": bridge} {
			cmd := batch(program, text, "-force")
			writers.Go(func() { ns.In(func() { _ = cmd.Run() }) }) // many commands fail
		}
	}
	start := time.Now()
	writers.Wait()
	written := time.Since(start)
	differences := func() []string {
		return slices.Concat(vlans.differences(t, listedVLANs(t, c)), vlans.briefly(5).differences(t, shownVLANs(t, ns)), mdb.differences(t, shownMDB(t, ns)))
	}
	diff := differences()
	for deadline := time.Now().Add(time.Minute); len(diff) > 0 && time.Now().Before(deadline); diff = differences() {
		time.Sleep(50 * time.Millisecond)
	}
	if len(diff) > 0 {
		t.Errorf("the mirrors differ from lists:\n%s", strings.Join(diff, "\n"))
	}
	cancel()
	readers.Wait()
	for name, m := range map[string]*objectMirror{"VLANs": vlans, "MDB": mdb} {
		t.Logf("%s: %d events, %d after overruns; %d objects", name, m.events, m.resyncs, len(m.objects))
		if m.current != 1 || m.resyncs == 0 {
			t.Errorf("%s: %d marks, %d events after overruns", name, m.current, m.resyncs)
		}
	}
	t.Logf("%d changes in %v", changes, written)
}

// briefly returns a copy whose objects lack the last words.
func (m *objectMirror) briefly(words int) *objectMirror {
	m.mu.Lock()
	defer m.mu.Unlock()
	short := &objectMirror{objects: map[string]int{}, err: m.err}
	for text, n := range m.objects {
		all := strings.Fields(text)
		short.objects[strings.Join(all[:len(all)-words], " ")] += n
	}
	return short
}

// listedVLANs lists the VLANs of all ports and bridges by themselves, with their settings.
func listedVLANs(t *testing.T, c *iplink.Conn) (all []string) {
	t.Helper()
	for _, name := range []string{"br0", "br1"} {
		s, err := bridge.Open(t.Context(), name, iplink.On(c))
		testutil.Must(t, err)
		ports, err := s.ListVLANs(t.Context())
		testutil.Must(t, err)
		for _, p := range ports {
			vlans, err := s.ListPortVLANs(t.Context(), p.Port)
			testutil.Must(t, err)
			for _, v := range vlans {
				all = append(all, wordsOfVLAN(&bridge.LinkVLAN{Port: p.Port, PortVLANInfo: v}))
			}
		}
		testutil.Must(t, s.Close())
	}
	return all
}

// shownVLANs has `bridge` list the VLANs.
func shownVLANs(t *testing.T, ns *testutil.Lab) (all []string) {
	t.Helper()
	var shown []struct {
		IfName string
		VLANs  []struct {
			VLAN  uint16
			Flags []string
		}
	}
	testutil.Must(t, json.Unmarshal([]byte(testutil.Bridge(t, ns.File, "-j", "vlan", "show")), &shown))
	for _, p := range shown {
		for _, v := range p.VLANs {
			all = append(all, vlanWords(p.IfName, v.VLAN, slices.Contains(v.Flags, "PVID"), slices.Contains(v.Flags, "Egress Untagged")))
		}
	}
	return all
}

// shownMDB has `bridge` list the multicast databases.
func shownMDB(t *testing.T, ns *testutil.Lab) (all []string) {
	t.Helper()
	var shown []struct {
		MDB []struct {
			Dev, Port, Grp, Src, State string
			VID                        uint16
			FilterMode                 string `json:"filter_mode"`
		}
	}
	testutil.BridgeJSON(t, ns.File, &shown, "mdb", "show")
	for _, m := range shown {
		for _, e := range m.MDB {
			include := e.FilterMode == "include" || e.Src != ""
			all = append(all, mdbWords(e.Dev, e.Port, e.Grp, e.Src, e.VID, e.State == "permanent", include))
		}
	}
	return all
}
