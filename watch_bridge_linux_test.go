package iplink_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

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
