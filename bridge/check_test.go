package bridge

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// offline returns a Bridge without a socket, for what is refused before
// anything is sent.
func offline() *Bridge {
	return &Bridge{link: &openlink.Handle{Kind: iplink.KindBridge, Name: "br0", Index: 70}}
}

// refusal is a call and the error that is due.
type refusal struct {
	call func(context.Context) error
	want string
}

func refused(t *testing.T, all []refusal) {
	t.Helper()
	for _, c := range all {
		if err := c.call(t.Context()); err == nil || err.Error() != c.want || !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

func TestFDBRefused(t *testing.T) {
	s := offline()
	mac := net.HardwareAddr{2, 0, 0, 0, 0x12, 0x34}
	add := func(e fdb.Entry) func(context.Context) error {
		return func(ctx context.Context) error { return s.AddFDB(ctx, e) }
	}
	flush := func(f fdb.Filter) func(context.Context) error {
		return func(ctx context.Context) error { return s.FlushFDB(ctx, f) }
	}
	refused(t, []refusal{
		{add(fdb.Entry{MAC: mac, State: fdb.Static}), "fdb add bridge br0: port: invalid argument (name the port, or the bridge for addresses of this machine)"},
		{add(fdb.Entry{PortIndex: 71}), "fdb add bridge br0: mac: invalid argument (an Ethernet address of 6 bytes is due, this has 0)"},
		{add(fdb.Entry{PortIndex: 71, MAC: make(net.HardwareAddr, 6)}), "fdb add bridge br0: mac: invalid argument (zeros are no address in a bridge)"},
		{add(fdb.Entry{PortIndex: 71, MAC: mac, VLAN: 4095}), "fdb add bridge br0: vlan: invalid argument (4095 is not in 1…4094)"},
		{add(fdb.Entry{PortIndex: 71, MAC: mac, Dst: netip.MustParseAddr("192.0.2.1")}),
			"fdb add bridge br0: dst: invalid argument (tunnels are for entries of a VXLAN link's own, with Self)"},
		{add(fdb.Entry{PortIndex: 71, MAC: mac, State: fdb.Stale}), "fdb add bridge br0: state: invalid argument (stale is not a state that an entry can be given)"},
		{add(fdb.Entry{PortIndex: 71, MAC: mac, Flags: fdb.Sticky}),
			"fdb add bridge br0: sticky: invalid argument (a permanent entry leads to the machine and cannot be sticky: make it static)"},
		{add(fdb.Entry{Port: "br0", MAC: mac, State: fdb.Static}), "fdb add bridge br0: state: invalid argument (an entry that leads to the bridge itself is permanent)"},
		{add(fdb.Entry{PortIndex: 70, MAC: mac, Flags: fdb.Self | fdb.Master, Dst: netip.MustParseAddr("192.0.2.1")}),
			"fdb add bridge br0: dst: invalid argument (tunnels are for entries of a VXLAN link's own, with Self)"},
		{add(fdb.Entry{PortIndex: 71, MAC: mac, Flags: fdb.Self | fdb.Master, NextHop: 5, Dst: netip.MustParseAddr("192.0.2.1")}),
			"fdb add bridge br0: nhid: invalid argument (a nexthop comes in place of dst, port, vni and via)"},
		{add(fdb.Entry{PortIndex: 71, MAC: mac, Flags: fdb.ExternLearn | fdb.Sticky, State: fdb.Dynamic}),
			"fdb add bridge br0: flags: invalid argument (extern_learn sticky exclude one another)"},
		{add(fdb.Entry{Port: "br0", MAC: mac, Flags: fdb.Use, State: fdb.Dynamic}), "fdb add bridge br0: use: invalid argument (no frame comes in by the bridge itself)"},
		{flush(fdb.Filter{VLAN: 4095}), "fdb flush bridge br0: vlan: invalid argument (4095 is not in 1…4094)"},
		{flush(fdb.Filter{States: []fdb.State{fdb.Stale}}), "fdb flush bridge br0: state: invalid argument (only permanent, static and dynamic entries can be chosen)"},
		{flush(fdb.Filter{Flags: fdb.Self}), "fdb flush bridge br0: flags: invalid argument (the kernel cannot choose by self)"},
		{flush(fdb.Filter{VNI: 7}), "fdb flush bridge br0: dst: invalid argument (entries of a bridge have no tunnel)"},
		{func(ctx context.Context) error { _, err := s.ListFDB(ctx, fdb.Filter{Flags: fdb.Use}); return err },
			"fdb show bridge br0: flags: invalid argument (the kernel does not report who added an entry: only a flush can choose by it)"},
		{func(ctx context.Context) error { _, err := s.GetFDB(ctx, mac, 4095); return err }, "fdb get bridge br0: vlan: invalid argument (4095 is not in 1…4094)"},
	})
}

func TestVLANRefused(t *testing.T) {
	s := offline()
	add := func(v ...VLAN) func(context.Context) error {
		return func(ctx context.Context) error { return s.AddVLANs(ctx, "br0", v...) }
	}
	set := func(first, last uint16, p *PortVLAN) func(context.Context) error {
		return func(ctx context.Context) error { return s.SetVLANs(ctx, "br0", first, last, p) }
	}
	global := func(g *GlobalVLAN) func(context.Context) error {
		return func(ctx context.Context) error { return s.SetGlobalVLANs(ctx, 7, 8, g) }
	}
	mst := func(m MSTState) func(context.Context) error {
		return func(ctx context.Context) error { return s.SetMST(ctx, m) }
	}
	refused(t, []refusal{
		{add(VLAN{}), "vlan add bridge br0: vid: invalid argument (0 is not in 1…4094, or is from a range that ends before it begins)"},
		{add(VLAN{ID: 4095}), "vlan add bridge br0: vid: invalid argument (4095 is not in 1…4094)"},
		{add(VLAN{ID: 7}, VLAN{ID: 8}, VLAN{ID: 7}), "vlan add bridge br0: vid: invalid argument (7 is named twice)"},
		{add(VLAN{ID: 7, PVID: true}, VLAN{ID: 8, PVID: true}),
			"vlan add bridge br0: pvid: invalid argument (both 7 and 8 are to be the VLAN of frames without a tag)"},
		{add(VLAN{ID: 7, Tunnel: 1 << 24}), "vlan add bridge br0: tunnel_info: invalid argument (16777216 is not in 1…16777215)"},
		{func(ctx context.Context) error { return s.AddVLANs(ctx, "", VLAN{ID: 7}) },
			"vlan add bridge br0: port: invalid argument (name the port, or the bridge itself)"},
		{func(ctx context.Context) error { return s.DeleteVLANTunnels(ctx, "br0", VLAN{ID: 7}) },
			"vlan del tunnel_info bridge br0: tunnel_info: invalid argument (VLAN 7 is given none)"},
		{set(0, 7, ForPort().NeighSuppress(true)), "vlan set bridge br0: vid: invalid argument (0 is not in 1…4094)"},
		{set(7, 6, ForPort().NeighSuppress(true)), "vlan set bridge br0: vid: invalid argument (the range ends with 6, which is not in 7…4094)"},
		{set(7, 8, nil), "vlan set bridge br0: invalid argument (no setting is given)"},
		{global(nil), "vlan global set bridge br0: invalid argument (no setting is given)"},
		{func(ctx context.Context) error { return s.AddVLANTunnels(ctx, "br0", VLAN{ID: 7}) },
			"vlan add tunnel_info bridge br0: tunnel_info: invalid argument (VLAN 7 is given none)"},
		{set(7, 8, ForPort()), "vlan set bridge br0: invalid argument (no setting is given)"},
		{set(7, 8, ForPort().State(5)), "vlan set bridge br0: state: invalid argument (5 is not one of disabled, listening, learning, forwarding, blocking)"},
		{global(ForBridge().MulticastIGMPVersion(4)), "vlan global set bridge br0: mcast_igmp_version: invalid argument (4 is not in 2…3)"},
		{global(ForBridge().MSTI(4095)), "vlan global set bridge br0: msti: invalid argument (4095 is not in 0…4094)"},
		{global(ForBridge().MulticastQueryInterval(-1)), "vlan global set bridge br0: mcast_query_interval: invalid argument (-1ns is negative)"},
		{mst(MSTState{PortIndex: 71}), "mst set bridge br0: msti: invalid argument (0 is not in 1…4094)"},
		{mst(MSTState{PortIndex: 71, MSTI: 7, State: 5}), "mst set bridge br0: state: invalid argument (5 is not one of 0…4)"},
		{mst(MSTState{PortIndex: 70, MSTI: 7}), "mst set bridge br0: port: invalid argument (name a port: the bridge itself has no state)"},
		{mst(MSTState{Port: "br0", MSTI: 7}), "mst set bridge br0: port: invalid argument (name a port: the bridge itself has no state)"},
	})
}

func TestMDBRefused(t *testing.T) {
	s := offline()
	addr := netip.MustParseAddr
	group, ethernet := addr("239.1.2.3"), net.HardwareAddr{1, 0x80, 0xc2, 1, 2, 3}
	add := func(e MDBEntry) func(context.Context) error {
		return func(ctx context.Context) error { return s.AddMDB(ctx, e) }
	}
	many := make([]MDBSource, 33)
	for i := range many {
		many[i].Addr = netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)})
	}
	refused(t, []refusal{
		{add(MDBEntry{PortIndex: 71}), "mdb add bridge br0: grp: invalid argument (an IP address or an Ethernet address is due, one of them)"},
		{add(MDBEntry{PortIndex: 71, Group: group, MAC: ethernet}), "mdb add bridge br0: grp: invalid argument (an IP address or an Ethernet address is due, one of them)"},
		{add(MDBEntry{PortIndex: 71, Group: addr("192.0.2.1")}), "mdb add bridge br0: grp: invalid argument (192.0.2.1 is not the address of a group)"},
		{add(MDBEntry{PortIndex: 71, MAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}}), "mdb add bridge br0: grp: invalid argument (02:00:00:00:00:01 is not the address of a group)"},
		{add(MDBEntry{PortIndex: 71, MAC: ethernet}), "mdb add bridge br0: permanent: invalid argument (a group that is not one of IP has to be permanent)"},
		{add(MDBEntry{PortIndex: 71, MAC: ethernet, Source: addr("192.0.2.1")}), "mdb add bridge br0: src: invalid argument (only groups of IP have sources)"},
		{add(MDBEntry{Group: group}), "mdb add bridge br0: port: invalid argument (name the port, or the bridge where the machine itself joins)"},
		{add(MDBEntry{PortIndex: 71, Group: group, VLAN: 4095}), "mdb add bridge br0: vid: invalid argument (4095 is not in 1…4094)"},
		{add(MDBEntry{PortIndex: 71, Group: group, Source: addr("2001:db8::1")}),
			"mdb add bridge br0: src: invalid argument (2001:db8::1 and the group 239.1.2.3 are of different families)"},
		{add(MDBEntry{PortIndex: 71, Group: group, Source: addr("239.1.1.1")}), "mdb add bridge br0: src: invalid argument (239.1.1.1 is not the address of a sender)"},
		{add(MDBEntry{PortIndex: 71, Group: group, Source: addr("192.0.2.1"), Sources: many[:1]}),
			"mdb add bridge br0: source_list: invalid argument (an entry with a source has no list of them)"},
		{add(MDBEntry{PortIndex: 71, Group: group, Include: true}), "mdb add bridge br0: source_list: invalid argument (to include none is to have no entry)"},
		{add(MDBEntry{PortIndex: 71, Group: group, Sources: many}), "mdb add bridge br0: source_list: invalid argument (33 are given, and the kernel takes 32)"},
		{add(MDBEntry{PortIndex: 71, Group: group, Sources: make([]MDBSource, 1)}),
			"mdb add bridge br0: source_list: invalid argument (invalid IP is not the address of a sender)"},
		{add(MDBEntry{Port: "br0", Group: group, Protocol: 17}),
			"mdb add bridge br0: port: invalid argument (where the machine itself joins, no source, filter mode or protocol can be given)"},
	})
}

// TestRanges is about which VLANs go out as a range.
func TestRanges(t *testing.T) {
	pvid := VLAN{ID: 12, PVID: true}
	b := appendVLANs(nil, append(append(VLANRange(10, 11), pvid), VLANRange(13, 13)...), VLAN.flags)
	var got []uint16
	for a := range wire.Attrs(b) {
		got = append(got, wire.Order.Uint16(a.Data[2:]), wire.Order.Uint16(a.Data))
	}
	const begin, end = uapi.BRIDGE_VLAN_INFO_RANGE_BEGIN, uapi.BRIDGE_VLAN_INFO_RANGE_END
	if want := []uint16{10, begin, 11, end, 12, uapi.BRIDGE_VLAN_INFO_PVID, 13, 0}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	b = appendVLANs(nil, []VLAN{{ID: 12, PVID: true}, {ID: 13, PVID: true}}, VLAN.flags)
	if got := parseVLANs(b); !slices.Equal(got, []VLAN{{ID: 12, PVID: true}, {ID: 13, PVID: true}}) || len(b) != 16 {
		t.Errorf("%v in % x", got, b)
	}
}

// FuzzReports parses anything as each of the kernel's reports.
func FuzzReports(f *testing.F) {
	f.Add(appendTunnels(appendVLANs(nil, tunnelled, VLAN.flags), tunnelled))
	f.Add(wire.AppendAttr(nil, uapi.MDBA_MDB_ENTRY, wire.AppendAttr(nil, uapi.MDBA_MDB_ENTRY_INFO, make([]byte, mdbEntryLen))))
	f.Add(wire.AppendU16(wire.AppendU32(nil, uapi.BRIDGE_VLANDB_ENTRY_INFO, 7<<16), uapi.BRIDGE_VLANDB_ENTRY_RANGE, 0xffff))
	name := func(int) string { return "p1" }
	f.Fuzz(func(t *testing.T, data []byte) {
		if n := len(parseVLANs(data)); n > mostVID {
			t.Errorf("%d VLANs", n)
		}
		if n := len(parsePortVLANs(data)) + len(parseGlobalVLANs(data, name)); n > 2*mostVID {
			t.Errorf("%d VLANs", n)
		}
		for _, e := range appendMDB(nil, data, name) {
			if e.Port != "p1" || e.String() == "" {
				t.Errorf("%+v", e)
			}
		}
		for _, r := range parseRouters(data, name) {
			if r.Port != "p1" {
				t.Errorf("%+v", r)
			}
		}
	})
}

var tunnelled = []VLAN{{ID: 10, Tunnel: 0x1234}, {ID: 11, Tunnel: 0x1235}, {ID: 12, PVID: true}}
