package bridge

import (
	"io/fs"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink/internal/testutil"
)

// shownVLAN is what `bridge -j vlan show` says of VLANs.
type shownVLAN struct {
	VLAN, VLANEnd uint16
	TunID         uint32
	TunEnd        uint32 `json:"tunidEnd"`
	Flags         []string
	State         string
	Router        int    `json:"mcast_router"`
	MaxGroups     uint32 `json:"mcast_max_groups"`
	NeighSuppress bool   `json:"neigh_suppress"`
}

// vlans returns what `bridge` says of a link's VLANs.
func (x *scratch) vlans(link, what string) []shownVLAN {
	x.Helper()
	var all []struct {
		Ifname         string
		VLANs, Tunnels []shownVLAN
	}
	args := []string{"vlan", what, "dev", link}
	if what == "show" {
		// Without statistics, kernels join VLANs to ranges whose settings differ.
		args = append([]string{"-s"}, args...)
	}
	testutil.BridgeJSON(x, x.File, &all, args...)
	for _, port := range all {
		if port.Ifname == link {
			return append(port.VLANs, port.Tunnels...)
		}
	}
	return nil
}

// wantVLANs compares the VLANs of a link, as ListVLANs and `bridge` have them.
func (x *scratch) wantVLANs(link string, want ...VLAN) {
	x.Helper()
	all, err := x.s.ListVLANs(x.Context())
	testutil.Must(x, err)
	var got, said []VLAN
	for _, p := range all {
		if p.Port == link {
			got = p.VLANs
		}
	}
	for _, v := range x.vlans(link, "show") {
		for id := v.VLAN; id <= max(v.VLAN, v.VLANEnd); id++ {
			said = append(said, VLAN{ID: id, PVID: slices.Contains(v.Flags, "PVID"), Untagged: slices.Contains(v.Flags, "Egress Untagged")})
		}
	}
	bare := slices.Clone(want)
	for i := range bare {
		bare[i].Tunnel = 0
	}
	if diff := cmp.Diff(want, got); diff != "" {
		x.Errorf("ListVLANs of %s (-want +got):\n%s", link, diff)
	}
	if diff := cmp.Diff(bare, said); diff != "" {
		x.Errorf("bridge vlan show dev %s (-want +got):\n%s", link, diff)
	}
}

func TestVLANs(t *testing.T) {
	x := newScratch(t, "")
	x.wantVLANs("p1", VLAN{ID: 1, PVID: true, Untagged: true})
	// Out of order, with two runs whose flags differ, and a PVID between.
	testutil.Must(t, x.s.AddVLANs(x.Context(), "p1", append(VLANRange(300, 302), VLAN{ID: 291, PVID: true}, VLAN{ID: 290}, VLAN{ID: 293, Untagged: true},
		VLAN{ID: 292, Untagged: true}, VLAN{ID: 4094})...))
	x.wantVLANs("p1", VLAN{ID: 1, Untagged: true}, VLAN{ID: 290}, VLAN{ID: 291, PVID: true}, VLAN{ID: 292, Untagged: true},
		VLAN{ID: 293, Untagged: true}, VLAN{ID: 300}, VLAN{ID: 301}, VLAN{ID: 302}, VLAN{ID: 4094})
	testutil.Must(t, x.s.AddVLANs(x.Context(), "p1", VLAN{ID: 290, Untagged: true}, VLAN{ID: 293}))
	testutil.Must(t, x.s.DeleteVLANs(x.Context(), "p1", append(VLANRange(300, 302), VLAN{ID: 1}, VLAN{ID: 291, PVID: true}, VLAN{ID: 4094})...))
	x.wantVLANs("p1", VLAN{ID: 290, Untagged: true}, VLAN{ID: 292, Untagged: true}, VLAN{ID: 293})
	testutil.Must(t, x.s.DeleteVLANs(x.Context(), "p1", VLAN{ID: 777}))

	testutil.Must(t, x.s.AddVLANs(x.Context(), "br0", VLAN{ID: 290, PVID: true, Untagged: true}, VLAN{ID: 4000}))
	x.wantVLANs("br0", VLAN{ID: 1, Untagged: true}, VLAN{ID: 290, PVID: true, Untagged: true}, VLAN{ID: 4000})
	testutil.Must(t, x.s.DeleteVLANs(x.Context(), "br0", VLAN{ID: 4000}))
	x.wantVLANs("br0", VLAN{ID: 1, Untagged: true}, VLAN{ID: 290, PVID: true, Untagged: true})

	all, err := x.s.ListVLANs(x.Context())
	testutil.Must(t, err)
	var ports []string
	for _, p := range all {
		ports = append(ports, p.Port)
	}
	if !slices.Equal(ports, []string{"br0", "p1", "p2"}) {
		t.Errorf("VLANs of %q, want those of this bridge and its ports", ports)
	}
}

// TestAllVLANs takes several requests.
func TestAllVLANs(t *testing.T) {
	x := newScratch(t, "vlan_default_pvid 0")
	var odd []VLAN // so that none is next to another
	for id := uint16(1); id <= mostVID; id += 2 {
		odd = append(odd, VLAN{ID: id})
	}
	testutil.Must(t, x.s.AddVLANs(x.Context(), "p1", odd...))
	x.wantVLANs("p1", odd...)
	testutil.Must(t, x.s.AddVLANs(x.Context(), "p1", VLANRange(1, mostVID)...))
	x.wantVLANs("p1", VLANRange(1, mostVID)...)
	testutil.Must(t, x.s.DeleteVLANs(x.Context(), "p1", VLANRange(1, mostVID)...))
	x.wantVLANs("p1")
}

func TestVLANTunnels(t *testing.T) {
	testutil.Need(t, "vxlan")
	x := newScratch(t, "vlan_default_pvid 0")
	x.Batch("link add vx0 index 99 type vxlan dstport 4789 external", "link set vx0 master br0",
		"link set vx0 type bridge_slave vlan_tunnel on")
	want := append(tunnels(290, 292, 0x12345), VLAN{ID: 293, Tunnel: 0x54321}, VLAN{ID: 294})
	testutil.Must(t, x.s.AddVLANs(x.Context(), "vx0", want...))
	x.wantVLANs("vx0", want...)
	said := x.vlans("vx0", "tunnelshow")
	if len(said) != 2 || said[0].VLAN != 290 || said[0].VLANEnd != 292 || said[0].TunID != 0x12345 || said[0].TunEnd != 0x12347 ||
		said[1].VLAN != 293 || said[1].TunID != 0x54321 {
		t.Errorf("bridge vlan tunnelshow: %+v", said)
	}
	info, err := x.s.ListPortVLANs(x.Context(), "vx0")
	testutil.Must(t, err)
	for i := range info {
		if info[i].VLAN != want[i] {
			t.Errorf("ListPortVLANs: %+v, want %+v", info[i].VLAN, want[i])
		}
	}
	testutil.Must(t, x.s.DeleteVLANTunnels(x.Context(), "vx0", want[1:4]...))
	want[1].Tunnel, want[2].Tunnel, want[3].Tunnel = 0, 0, 0
	x.wantVLANs("vx0", want...)
}

func TestVLANSettings(t *testing.T) {
	x := newScratch(t, "mcast_snooping 1 mcast_vlan_snooping 1 vlan_stats_enabled 1")
	testutil.Must(t, x.s.AddVLANs(x.Context(), "p1", VLANRange(290, 293)...))
	testutil.Must(t, x.s.SetVLANs(x.Context(), "p1", 291, 292, ForPort().State(PortLearning).MulticastRouter(RouterPermanent)))
	newer := ForPort()
	if !testutil.Older(t, 6, 4) {
		x.Batch("link set p1 type bridge_slave neigh_vlan_suppress on")
		newer.MulticastMaxGroups(0x1234).NeighSuppress(true)
		testutil.Must(t, x.s.SetVLANs(x.Context(), "p1", 291, 291, newer))
	} else if err := x.s.SetVLANs(x.Context(), "p1", 291, 291, ForPort().NeighSuppress(true)); err == nil {
		t.Error("a kernel without neigh_suppress takes it")
	}
	said := map[uint16]shownVLAN{}
	for _, v := range x.vlans("p1", "show") {
		for id := v.VLAN; id <= max(v.VLAN, v.VLANEnd); id++ {
			said[id] = v
		}
	}
	all, err := x.s.ListPortVLANs(x.Context(), "p1")
	testutil.Must(t, err)
	if len(all) != 5 {
		t.Fatalf("%+v", all)
	}
	for _, v := range all {
		state, router := PortForwarding, RouterAuto
		if v.ID == 291 || v.ID == 292 {
			state, router = PortLearning, RouterPermanent
		}
		suppressed := v.ID == 291 && !testutil.Older(t, 6, 4)
		if v.State != state || v.MulticastRouter != router || v.NeighSuppress != suppressed || (v.MulticastMaxGroups == 0x1234) != suppressed {
			t.Errorf("ListPortVLANs: %+v", v)
		}
		s := said[v.ID]
		if s.State != state.String() || s.Router != int(router) || s.NeighSuppress != suppressed || (s.MaxGroups == 0x1234) != suppressed {
			t.Errorf("bridge -d vlan show: %+v", s)
		}
	}
	testutil.Must(t, x.s.SetVLANs(x.Context(), "p1", 291, 291, ForPort().State(PortBlocking).MulticastRouter(RouterDisabled)))
	all, err = x.s.ListPortVLANs(x.Context(), "p1")
	testutil.Must(t, err)
	if all[2].ID != 291 || all[2].State != PortBlocking || all[2].MulticastRouter != RouterDisabled || all[3].State != PortLearning {
		t.Errorf("%+v", all)
	}
	wants(t, x.s.SetVLANs(x.Context(), "p1", 300, 301, ForPort().State(PortBlocking)), fs.ErrNotExist)
}

func TestVLANStats(t *testing.T) {
	x := newScratch(t, "vlan_stats_enabled 1")
	x.Batch("link set q1 arp off", "address add 192.0.2.1/24 dev q1")
	before := x.stats("p1")
	send(t, x.File, "192.0.2.255:7", 10)
	if got := x.stats("p1"); got.RxPackets < before.RxPackets+10 || got.RxBytes < before.RxBytes+1000 {
		t.Errorf("%+v after 10 packets, %+v before", got, before)
	}
}

func (x *scratch) stats(port string) VLANStats {
	x.Helper()
	all, err := x.s.ListPortVLANs(x.Context(), port)
	testutil.Must(x, err)
	if len(all) != 1 {
		x.Fatalf("%+v", all)
	}
	return all[0].Stats
}

// shownGlobal is what `bridge -j vlan global show` says of a VLAN.
type shownGlobal struct {
	VLAN            uint16
	VLANEnd         uint16
	Snooping        int `json:"mcast_snooping"`
	Querier         int `json:"mcast_querier"`
	IGMP            int `json:"mcast_igmp_version"`
	MLD             int `json:"mcast_mld_version"`
	LastMemberCount int `json:"mcast_last_member_count"`
	StartupCount    int `json:"mcast_startup_query_count"`
	LastMember      int `json:"mcast_last_member_interval"`
	Membership      int `json:"mcast_membership_interval"`
	QuerierInterval int `json:"mcast_querier_interval"`
	Query           int `json:"mcast_query_interval"`
	Response        int `json:"mcast_query_response_interval"`
	StartupInterval int `json:"mcast_startup_query_interval"`
	MSTI            int
}

// global returns what `bridge` says of one VLAN on the whole bridge.
func (x *scratch) global(id uint16) shownGlobal {
	x.Helper()
	var all []struct{ VLANs []shownGlobal }
	testutil.BridgeJSON(x, x.File, &all, "vlan", "global", "show", "dev", "br0")
	for _, v := range all[0].VLANs {
		if id >= v.VLAN && id <= max(v.VLAN, v.VLANEnd) {
			v.VLAN, v.VLANEnd = id, 0
			return v
		}
	}
	x.Fatalf("no VLAN %d in %+v", id, all)
	return shownGlobal{}
}

func TestGlobalVLANs(t *testing.T) {
	x := newScratch(t, "mcast_snooping 1 mcast_vlan_snooping 1 vlan_default_pvid 0")
	x.In(func() {
		_, err := New("br0").MST(true).Update(x.Context())
		testutil.Must(t, err)
	})
	testutil.Must(t, x.s.AddVLANs(x.Context(), "p1", VLANRange(290, 293)...))
	testutil.Must(t, x.s.AddVLANs(x.Context(), "br0", VLANRange(290, 293)...))
	const ms = time.Millisecond
	testutil.Must(t, x.s.SetGlobalVLANs(x.Context(), 291, 292, ForBridge().MulticastSnooping(false).MulticastQuerier(true).MulticastIGMPVersion(3).
		MulticastMLDVersion(2).MulticastLastMemberCount(0x1234).MulticastStartupQueryCount(0x4321).
		MulticastLastMemberInterval(12340*ms).MulticastMembershipInterval(23460*ms).MulticastQuerierInterval(34560*ms).
		MulticastQueryInterval(45680*ms).MulticastQueryResponseInterval(5680*ms).MulticastStartupQueryInterval(67900*ms).MSTI(0x123)))
	said := x.global(291)
	if testutil.IPOlder(t, 6, 9) {
		said.MSTI = 0x123 // It has no word for it.
	}
	if want := (shownGlobal{291, 0, 0, 1, 3, 2, 0x1234, 0x4321, 1234, 2346, 3456, 4568, 568, 6790, 0x123}); said != want {
		t.Errorf("bridge vlan global show:\n%+v, want\n%+v", said, want)
	}
	all, err := x.s.ListGlobalVLANs(x.Context())
	testutil.Must(t, err)
	want := GlobalVLANInfo{ID: 292, MulticastQuerier: true, MulticastIGMPVersion: 3, MulticastMLDVersion: 2, MulticastLastMemberCount: 0x1234,
		MulticastStartupQueryCount: 0x4321, MulticastLastMemberInterval: 12340 * ms, MulticastMembershipInterval: 23460 * ms,
		MulticastQuerierInterval: 34560 * ms, MulticastQueryInterval: 45680 * ms, MulticastQueryResponseInterval: 5680 * ms,
		MulticastStartupQueryInterval: 67900 * ms, MSTI: 0x123}
	if len(all) != 4 || cmp.Diff(want, all[2]) != "" {
		t.Errorf("ListGlobalVLANs: %d, (-want +got):\n%s", len(all), cmp.Diff(want, all[2]))
	}
	testutil.Must(t, x.s.SetGlobalVLANs(x.Context(), 291, 291, ForBridge().MulticastSnooping(true).MulticastQuerier(false)))
	if said := x.global(291); said.Snooping != 1 || said.Querier != 0 || said.LastMemberCount != 0x1234 {
		t.Errorf("%+v", said)
	}
	x.testMST()
}

// testMST goes on where VLANs 291 and 292 belong to tree 0x123.
func (x *scratch) testMST() {
	x.Helper()
	testutil.Must(x, x.s.SetMST(x.Context(), MSTState{Port: "p1", MSTI: 0x123, State: PortLearning}))
	all, err := x.s.ListMST(x.Context())
	testutil.Must(x, err)
	if !slices.Contains(all, MSTState{"p1", 71, 0x123, PortLearning}) {
		x.Errorf("ListMST: %+v", all)
	}
	if said := x.vlans("p1", "show"); said[1].VLAN != 291 || said[1].State != "learning" {
		x.Errorf("bridge vlan show: %+v", said)
	}
	testutil.Must(x, x.s.SetMST(x.Context(), MSTState{PortIndex: 71, MSTI: 0x123, State: PortBlocking}))
	if all, err = x.s.ListMST(x.Context()); !slices.Contains(all, MSTState{"p1", 71, 0x123, PortBlocking}) {
		x.Errorf("ListMST: %+v, %v", all, err)
	}
}
