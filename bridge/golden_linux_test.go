package bridge

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/testutil"
)

var (
	host   = net.HardwareAddr{2, 0, 0, 0, 0x12, 0x34}
	ipv4   = netip.MustParseAddr("239.1.2.3")
	ipv6   = netip.MustParseAddr("ff05::123")
	sender = netip.MustParseAddr("192.0.2.9")
)

// TestRequests compares requests with those of `bridge`, byte for byte. They
// were recorded with strace -e write=all on links of the same indexes. What the
// kernel answers is of no interest here, so that any kernel will do.
func TestRequests(t *testing.T) {
	ns := testutil.NetNS(t)
	testutil.Need(t, "bridge")
	testutil.IPBatch(t, ns, "link add index 70 name br0 type bridge", "link add index 71 name p1 type veth peer name p2",
		"link set p1 master br0 up", "link set br0 up")
	var s *Bridge
	var err error
	testutil.In(t, ns, func() { s, err = Open(t.Context(), "br0") })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var sent []byte
	s.link.OnSend = func(request []byte) { sent = slices.Clone(request) }
	requests := testutil.Requests(t, "testdata/requests.txt")
	for command, do := range goldenCalls(s) {
		sent = nil
		_ = do(t.Context())
		if got, want := testutil.Request(append(sent, make([]byte, 16)...)[:max(len(sent), 16)]), requests[command]; got != want {
			t.Errorf("%s sends\n%s, this library\n%s", command, want, got)
		}
		delete(requests, command)
	}
	for command := range requests {
		t.Errorf("nothing does what %q does", command)
	}
}

func goldenCalls(s *Bridge) map[string]func(context.Context) error {
	type call = func(context.Context) error
	add := func(e fdb.Entry) call { return func(ctx context.Context) error { return s.AddFDB(ctx, e) } }
	flush := func(f fdb.Filter) call { return func(ctx context.Context) error { return s.FlushFDB(ctx, f) } }
	mdb := func(e MDBEntry) call { return func(ctx context.Context) error { return s.AddMDB(ctx, e) } }
	return map[string]call{
		"bridge fdb add 02:00:00:00:12:34 dev p1 master static vlan 100":    add(fdb.Entry{MAC: host, Port: "p1", VLAN: 100, State: fdb.Static}),
		"bridge fdb add 02:00:00:00:12:34 dev p1 master sticky dynamic":     add(fdb.Entry{MAC: host, PortIndex: 71, State: fdb.Dynamic, Flags: fdb.Sticky}),
		"bridge fdb add 02:00:00:00:12:34 dev br0 self":                     add(fdb.Entry{MAC: host, Port: "br0"}),
		"bridge fdb del 02:00:00:00:12:34 dev p1 master":                    func(ctx context.Context) error { return s.DeleteFDB(ctx, fdb.Entry{MAC: host, Port: "p1"}) },
		"bridge fdb get 02:00:00:00:12:34 br br0 vlan 100":                  func(ctx context.Context) error { _, err := s.GetFDB(ctx, host, 100); return err },
		"bridge fdb flush dev br0 brport p1 vlan 100 static noextern_learn": flush(fdb.Filter{Port: "p1", VLAN: 100, States: []fdb.State{fdb.Static}, Without: fdb.ExternLearn}),
		"bridge fdb flush dev br0 dynamic":                                  flush(fdb.Filter{States: []fdb.State{fdb.Dynamic}}),
		"bridge mdb add dev br0 port p1 grp 239.1.2.3 src 192.0.2.9 permanent vid 100": mdb(MDBEntry{
			Port: "p1", Group: ipv4, Source: sender, Permanent: true, VLAN: 100}),
		"bridge mdb add dev br0 port p1 grp ff05::123 temp": mdb(MDBEntry{Port: "p1", Group: ipv6}),
		"bridge mdb add dev br0 port p1 grp 01:00:5e:12:34:56 permanent": mdb(MDBEntry{
			Port: "p1", MAC: net.HardwareAddr{1, 0, 0x5e, 0x12, 0x34, 0x56}, Permanent: true}),
		"bridge mdb del dev br0 port p1 grp 239.1.2.3": func(ctx context.Context) error {
			return s.DeleteMDB(ctx, MDBEntry{Port: "p1", Group: ipv4})
		},
		"bridge vlan add vid 100 dev p1 pvid untagged": func(ctx context.Context) error {
			return s.AddVLANs(ctx, "p1", VLAN{ID: 100, PVID: true, Untagged: true})
		},
		"bridge vlan add vid 100-200 dev p1":   func(ctx context.Context) error { return s.AddVLANs(ctx, "p1", VLANRange(100, 200)...) },
		"bridge vlan add vid 100 dev br0 self": func(ctx context.Context) error { return s.AddVLANs(ctx, "br0", VLAN{ID: 100}) },
		"bridge vlan del vid 100-200 dev p1":   func(ctx context.Context) error { return s.DeleteVLANs(ctx, "p1", VLANRange(100, 200)...) },
		"bridge vlan del vid 100-200 dev p1 tunnel_info id 1100-1200": func(ctx context.Context) error {
			return s.DeleteVLANTunnels(ctx, "p1", tunnels(100, 200, 1100)...)
		},
		"bridge vlan set vid 100 dev p1 state blocking": func(ctx context.Context) error {
			return s.SetVLANs(ctx, "p1", 100, 100, ForPort().State(PortBlocking))
		},
		"bridge vlan set vid 100-110 dev p1 mcast_router 2": func(ctx context.Context) error {
			return s.SetVLANs(ctx, "p1", 100, 110, ForPort().MulticastRouter(RouterPermanent))
		},
		"bridge vlan global set vid 100-110 dev br0 mcast_snooping 1 mcast_query_interval 12345": func(ctx context.Context) error {
			return s.SetGlobalVLANs(ctx, 100, 110, ForBridge().MulticastSnooping(true).MulticastQueryInterval(123450*time.Millisecond))
		},
	}
}

// tunnels returns VLANs with tunnels that count on from first.
func tunnels(from, to uint16, first uint32) []VLAN {
	all := VLANRange(from, to)
	for i := range all {
		all[i].Tunnel = first + uint32(i)
	}
	return all
}
