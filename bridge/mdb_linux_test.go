package bridge

import (
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink/internal/testutil"
)

// shownMDB is what `bridge -j mdb show` says of an entry.
type shownMDB struct {
	Dev, Port, Grp, Src, State string
	VID                        uint16
	FilterMode                 string                     `json:"filter_mode"`
	Sources                    []struct{ Address string } `json:"source_list"`
	Protocol                   string
}

// wantMDB compares the entries with what `bridge` says.
func (x *scratch) wantMDB(want ...shownMDB) {
	x.Helper()
	var all []struct{ MDB []shownMDB }
	testutil.BridgeJSON(x, x.File, &all, "mdb", "show", "dev", "br0")
	var got []shownMDB
	for _, m := range all {
		got = append(got, m.MDB...)
	}
	// What hosts have joined for their own IPv6 addresses is of no interest.
	got = slices.DeleteFunc(got, func(s shownMDB) bool { return strings.HasPrefix(s.Grp, "ff02::") })
	if diff := cmp.Diff(append([]shownMDB{}, want...), append([]shownMDB{}, got...)); diff != "" {
		x.Errorf("bridge mdb show (-want +got):\n%s", diff)
	}
}

// mdb returns the entries for a group that List has.
func (x *scratch) mdb(group netip.Addr) []MDBEntry {
	x.Helper()
	all, err := x.s.ListMDB(x.Context())
	testutil.Must(x, err)
	return slices.DeleteFunc(all, func(e MDBEntry) bool { return e.Group != group })
}

func TestMDB(t *testing.T) {
	x := newScratch(t, "mcast_snooping 1 mcast_igmp_version 3 mcast_mld_version 2")
	testutil.Must(t, x.s.AddVLANs(x.Context(), "p1", VLAN{ID: 291}))
	e := MDBEntry{Port: "p1", Group: ipv4, Source: sender, VLAN: 291, Permanent: true}
	testutil.Must(t, x.s.AddMDB(x.Context(), e))
	x.wantMDB(shownMDB{Dev: "br0", Port: "p1", Grp: "239.1.2.3", Src: "192.0.2.9", State: "permanent", VID: 291, FilterMode: "include", Protocol: "static"})
	wants(t, x.s.AddMDB(x.Context(), e), fs.ErrExist)
	got := x.mdb(ipv4)
	want := e
	want.PortIndex, want.Include, want.Protocol = 71, true, 4
	if diff := cmp.Diff([]MDBEntry{want}, got, cmpAddr); diff != "" {
		t.Errorf("ListMDB (-want +got):\n%s", diff)
	}
	testutil.Must(t, x.s.DeleteMDB(x.Context(), got[0]))
	x.wantMDB()
	wants(t, x.s.DeleteMDB(x.Context(), e), fs.ErrNotExist)

	testutil.Must(t, x.s.AddMDB(x.Context(), MDBEntry{PortIndex: 71, Group: ipv6, VLAN: 291}))
	x.wantMDB(shownMDB{Dev: "br0", Port: "p1", Grp: "ff05::123", State: "temp", VID: 291, FilterMode: "exclude", Protocol: "static"})
	if got := x.mdb(ipv6); len(got) != 1 || got[0].Permanent || got[0].Include || got[0].Timer < 200*time.Second || got[0].Timer > 260*time.Second {
		t.Errorf("ListMDB: %+v", got)
	}
	testutil.Must(t, x.s.DeleteMDB(x.Context(), MDBEntry{Port: "p1", Group: ipv6, VLAN: 291}))
	ethernet := MDBEntry{Port: "p2", MAC: net.HardwareAddr{1, 0x80, 0xc2, 0x12, 0x34, 0x56}, VLAN: 1, Permanent: true}
	testutil.Must(t, x.s.AddMDB(x.Context(), ethernet))
	x.wantMDB(shownMDB{Dev: "br0", Port: "p2", Grp: "01:80:c2:12:34:56", State: "permanent", VID: 1, Protocol: "static"})
	if got := x.mdb(netip.Addr{}); len(got) != 1 || got[0].MAC.String() != "01:80:c2:12:34:56" || got[0].PortIndex != 72 {
		t.Errorf("ListMDB: %+v", got)
	}
	testutil.Must(t, x.s.DeleteMDB(x.Context(), ethernet))
	testutil.Must(t, x.s.AddMDB(x.Context(), MDBEntry{Port: "br0", Group: ipv4, VLAN: 1}))
	if got := x.mdb(ipv4); len(got) != 1 || got[0].Port != "br0" || got[0].VLAN != 1 {
		t.Errorf("ListMDB: %+v", got)
	}
}

// TestMDBSources is about lists of sources, filter modes, protocols and
// replacements.
func TestMDBSources(t *testing.T) {
	x := newScratch(t, "mcast_snooping 1 mcast_igmp_version 3")
	second := netip.MustParseAddr("198.51.100.3")
	e := MDBEntry{Port: "p1", Group: ipv4, VLAN: 1, Permanent: true, Protocol: 0x11, Sources: []MDBSource{{Addr: sender}, {Addr: second}}, Include: true}
	if testutil.Older(t, 6, 3) {
		if err := x.s.AddMDB(x.Context(), e); err == nil {
			t.Error("a kernel without lists of sources takes one")
		}
		return
	}
	testutil.Must(t, x.s.AddMDB(x.Context(), e))
	star := x.star()
	want := e
	want.PortIndex = 71
	slices.SortFunc(star.Sources, func(a, b MDBSource) int { return a.Addr.Compare(b.Addr) })
	if diff := cmp.Diff(want, star, cmpAddr); diff != "" {
		t.Errorf("ListMDB (-want +got):\n%s", diff)
	}
	if said := x.shownStar(); said.FilterMode != "include" || len(said.Sources) != 2 || said.Protocol != "17" && said.Protocol != "zebra" {
		t.Errorf("bridge mdb show: %+v", said)
	}
	testutil.Must(t, x.s.ReplaceMDB(x.Context(), MDBEntry{Port: "p1", Group: ipv4, VLAN: 1, Sources: []MDBSource{{Addr: second}}}))
	star = x.star()
	if star.Include || star.Permanent || len(star.Sources) != 1 || star.Sources[0].Addr != second || star.Protocol != 4 || star.Timer == 0 {
		t.Errorf("ListMDB: %+v", star)
	}
	if said := x.shownStar(); said.FilterMode != "exclude" || len(said.Sources) != 1 || said.Sources[0].Address != "198.51.100.3" || said.State != "temp" {
		t.Errorf("bridge mdb show: %+v", said)
	}
	testutil.Must(t, x.s.DeleteMDB(x.Context(), star))
	x.wantMDB()
}

// star returns the entry for any source.
func (x *scratch) star() MDBEntry {
	x.Helper()
	for _, e := range x.mdb(ipv4) {
		if !e.Source.IsValid() {
			return e
		}
	}
	x.Fatalf("no such entry in %+v", x.mdb(ipv4))
	return MDBEntry{}
}

func (x *scratch) shownStar() shownMDB {
	x.Helper()
	var all []struct{ MDB []shownMDB }
	testutil.BridgeJSON(x, x.File, &all, "mdb", "show", "dev", "br0")
	for _, m := range all {
		for _, s := range m.MDB {
			if s.Src == "" && s.Grp == "239.1.2.3" {
				return s
			}
		}
	}
	x.Fatalf("no such entry in %+v", all)
	return shownMDB{}
}

func TestRouterPorts(t *testing.T) {
	x := newScratch(t, "mcast_snooping 1")
	x.Batch("link set p1 type bridge_slave mcast_router 2", "link set p2 type bridge_slave mcast_router 3")
	all, err := x.s.ListRouterPorts(x.Context())
	testutil.Must(t, err)
	slices.SortFunc(all, func(a, b RouterPort) int { return a.PortIndex - b.PortIndex })
	if len(all) != 2 || all[0] != (RouterPort{Port: "p1", PortIndex: 71, Type: RouterPermanent}) || all[1].Port != "p2" || all[1].Type != RouterTemp ||
		all[1].Timer < 200*time.Second || all[1].INETTimer < 200*time.Second || all[1].INET6Timer < 200*time.Second {
		t.Errorf("ListRouterPorts: %+v", all)
	}
}

func TestVLANRouterPorts(t *testing.T) {
	x := newScratch(t, "mcast_snooping 1 mcast_vlan_snooping 1")
	testutil.Must(t, x.s.AddVLANs(x.Context(), "p1", VLAN{ID: 291}))
	testutil.Must(t, x.s.AddVLANs(x.Context(), "br0", VLAN{ID: 291}))
	testutil.Must(t, x.s.SetVLANs(x.Context(), "p1", 291, 291, ForPort().MulticastRouter(RouterPermanent)))
	all, err := x.s.ListGlobalVLANs(x.Context())
	testutil.Must(t, err)
	if len(all) != 2 || all[1].ID != 291 || len(all[1].RouterPorts) != 1 || all[1].RouterPorts[0].Port != "p1" ||
		all[1].RouterPorts[0].VLAN != 291 || len(all[0].RouterPorts) != 0 {
		t.Errorf("ListGlobalVLANs: %+v", all)
	}
}

// send sends UDP packets of 100 bytes from a namespace.
func send(t *testing.T, ns *os.File, to string, n int) {
	t.Helper()
	var err error
	testutil.In(t, ns, func() { err = sendUDP(to, n) })
	testutil.Must(t, err)
}

func sendUDP(to string, n int) error {
	conn, err := net.Dial("udp", to)
	if err != nil {
		return err
	}
	defer conn.Close()
	for range n {
		if _, err := conn.Write(make([]byte, 100)); err != nil {
			return err
		}
	}
	return nil
}
