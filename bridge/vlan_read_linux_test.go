package bridge

import (
	"fmt"
	"io/fs"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/testutil"
)

// scattered are VLANs that no range joins.
func scattered() (all []VLAN) {
	for id := uint16(2); id <= 1000; id += 2 {
		all = append(all, VLAN{ID: id})
	}
	return all
}

// TestReadVLANsOfOne reads the VLANs of one port. The answer does not grow with the other
// ports.
func TestReadVLANsOfOne(t *testing.T) {
	x := newScratch(t, "vlan_default_pvid 0")
	testutil.Must(t, x.s.AddVLANs(t.Context(), "p1", scattered()...))
	read := func() (datagrams int) {
		x.In(func() {
			conn, err := rtnl.Dial(rtnl.Here)
			testutil.Must(t, err)
			defer conn.Close()
			conn.SetHook(func(p rtnl.Point) error {
				if p == rtnl.AfterReceive {
					datagrams++
				}
				return nil
			})
			got, err := readVLANs(t.Context(), conn, 71)
			testutil.Must(t, err)
			if diff := gocmp.Diff(scattered(), got); diff != "" {
				t.Error(diff)
			}
			for index, want := range map[int]error{1: nil, 72: nil, 70: nil, 0x7777: fs.ErrNotExist} {
				got, err := readVLANs(t.Context(), conn, index)
				if len(got) != 0 || fmt.Sprint(want) == "<nil>" && err != nil || want != nil && err == nil {
					t.Errorf("index %d: %v, %v", index, got, err)
				}
			}
		})
		return datagrams
	}
	before := read()
	for i := range 20 {
		name := fmt.Sprintf("m%d", i)
		x.Batch("link add "+name+" type veth peer name n"+name, "link set "+name+" master br0")
		testutil.Must(t, x.s.AddVLANs(t.Context(), name, scattered()...))
	}
	if after := read(); after != before {
		t.Errorf("%d datagrams, with 20 other ports %d", before, after)
	}
	t.Logf("%d datagrams", before)
}

// TestPortVLANsPVID has VLANs that the kernel reports as one range with the VLAN of
// untagged frames, which differ from it only in that.
func TestPortVLANsPVID(t *testing.T) {
	x := newScratch(t, "")
	vlans := []VLAN{{ID: 6}, {ID: 7, PVID: true}, {ID: 8}, {ID: 9}}
	x.In(func() {
		only := wantedPort(Port().OnlyVLANs(vlans...))
		_, err := only.Create(t.Context())
		testutil.Must(t, err)
		x.wantVLANs("t0", vlans...)
		change, err := only.Ensure(t.Context())
		if err != nil || change.Changed() {
			t.Errorf("%v, %v", change, err)
		}
	})
	infos, err := x.s.ListPortVLANs(t.Context(), "t0")
	testutil.Must(t, err)
	for i, v := range infos {
		if v.VLAN != vlans[i] {
			t.Errorf("%+v, want %+v", v.VLAN, vlans[i])
		}
	}
}

// TestPortTunnelChange changes tunnels of VLANs, swaps two, and takes them away.
func TestPortTunnelChange(t *testing.T) {
	x := newScratch(t, "vlan_default_pvid 0")
	c := testutil.Opened(x.Lab, iplink.Dial)
	port := func(vlans ...VLAN) iplink.Spec { return wantedPort(Port().VLANTunnel(true).OnlyVLANs(vlans...)) }
	_, err := c.Create(t.Context(), port(VLAN{ID: 7, Tunnel: 0x1234}, VLAN{ID: 8, Tunnel: 0x1235}, VLAN{ID: 9, Tunnel: 0x4321}))
	testutil.Must(t, err)
	for _, vlans := range [][]VLAN{
		{{ID: 7, Tunnel: 0x1234}, {ID: 8, Tunnel: 0x7777}, {ID: 9, Tunnel: 0x4321}},
		{{ID: 7, Tunnel: 0x4321}, {ID: 8, Tunnel: 0x7777}, {ID: 9, Tunnel: 0x1234}},
		{{ID: 7, Tunnel: 0x4321, Untagged: true}, {ID: 8}, {ID: 9, Tunnel: 0x7777}, {ID: 10, Tunnel: 0x1234}},
		{{ID: 8}, {ID: 10, Tunnel: 0x1234}},
	} {
		for _, changed := range []bool{true, false} {
			changes, err := c.Ensure(t.Context(), port(vlans...))
			if err != nil || changes[0].Changed() != changed {
				t.Fatalf("%v: %v, %v", vlans, changes, err)
			}
		}
		x.wantVLANs("t0", vlans...)
		for _, v := range x.tunnels("t0") {
			if i := int(v.VLAN); v.Tunnel != tunnelOf(vlans, uint16(i)) || v.Tunnel == 0 {
				t.Errorf("VLAN %d: tunnel %d", v.VLAN, v.Tunnel)
			}
		}
	}
}

func tunnelOf(vlans []VLAN, id uint16) uint32 {
	for _, v := range vlans {
		if v.ID == id {
			return v.Tunnel
		}
	}
	return 0
}

// A shownTunnel is the tunnel of a VLAN that `bridge` shows.
type shownTunnel struct {
	VLAN   uint16
	Tunnel uint32 `json:"tunid"`
}

// tunnels returns the tunnels that `bridge` shows of a link.
func (x *scratch) tunnels(link string) []shownTunnel {
	x.Helper()
	var all []struct {
		Ifname  string
		Tunnels []shownTunnel
	}
	testutil.BridgeJSON(x, x.File, &all, "vlan", "tunnelshow", "dev", link)
	if len(all) == 0 {
		return nil
	}
	return all[0].Tunnels
}
