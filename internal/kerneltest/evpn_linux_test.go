package kerneltest_test

import (
	"encoding/json"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// The size of the gateway of TestEVPNFaults.
const (
	evpnVLANs   = 50
	evpnEntries = 1000
)

// evpn is a gateway between VLANs and networks of a VXLAN: the bridge, the tunnel with its
// networks and remotes, the VLANs of both ports, and where each address is.
func evpn(l *lab.Testbed) []iplink.Spec {
	var vlans, tunnels []bridge.VLAN
	var remotes, addresses []fdb.Entry
	for i := range evpnVLANs {
		vlan := bridge.VLAN{ID: uint16(0x123 + 2*i)}
		vlans = append(vlans, vlan)
		vlan.Tunnel = uint32(0x12345 + 3*i)
		tunnels = append(tunnels, vlan)
	}
	for i := range evpnEntries {
		mac := net.HardwareAddr{0x02, 0x12, 0x34, 0, byte(i >> 8), byte(i)}
		in := tunnels[i%evpnVLANs]
		remotes = append(remotes, fdb.Entry{MAC: mac, Dst: netip.AddrFrom4([4]byte{192, 0, 2, byte(i%200 + 7)}), SrcVNI: in.Tunnel})
		addresses = append(addresses, fdb.Entry{MAC: mac, VLAN: in.ID, State: fdb.Static, Flags: fdb.ExternLearn})
	}
	return []iplink.Spec{
		bridge.New("ev").VLANFiltering(true).VLANDefaultPVID(0).Up(),
		vxlan.New("tunnel").External(true).VNIFilter(true).Port(4790).Learning(false).Master("ev").
			VNIs(vxlan.VNIs{First: 0x12345, Last: 0x12345 + 3*evpnVLANs}).FDB(remotes...).Up().
			PortSettings(bridge.Port().VLANTunnel(true).NeighSuppress(true).Learning(false).VLANs(tunnels...).FDB(addresses...)),
		veth.New("ev1").Master("ev").PortSettings(bridge.Port().VLANs(vlans...)).Up().Peer(veth.New("eth1").NetNS(l.NS[1]).Up()),
	}
}

// evpnCounts are the numbers of objects of the gateway that `bridge` shows.
func evpnCounts(l *lab.Testbed) map[string]int {
	l.T.Helper()
	counts := map[string]int{}
	count := func(what string, args ...string) {
		out, err := l.All[0].Run("bridge", append([]string{"-j"}, args...)...)
		var all []map[string]any
		if err != nil || json.Unmarshal([]byte(out), &all) != nil {
			l.T.Fatalf("bridge %v: %v %s", args, err, out)
		}
		for _, one := range all {
			inner := 1
			for _, key := range []string{"vlans", "tunnels", "vnis"} {
				if list, ok := one[key].([]any); ok {
					inner = len(list)
				}
			}
			counts[what] += inner
		}
	}
	count("VLANs of ev1", "vlan", "show", "dev", "ev1")
	count("VLANs of tunnel", "vlan", "show", "dev", "tunnel")
	count("tunnels", "vlan", "tunnelshow", "dev", "tunnel")
	count("networks", "vni", "show", "dev", "tunnel")
	out, err := l.All[0].Run("bridge", "fdb", "show", "dev", "tunnel")
	if err != nil {
		l.T.Fatal(out, err)
	}
	counts["remotes"] = strings.Count(out, " dst 192.0.2.")
	counts["addresses"] = strings.Count(out, " extern_learn master ev")
	return counts
}

// TestEVPNFaults makes moments of the creation of a gateway go wrong: nothing is left.
func TestEVPNFaults(t *testing.T) {
	l := lab.NewTestbed(t)
	if _, err := l.Conn.Create(t.Context(), bridge.New("ev").VLANFiltering(true)); err != nil && !testutil.Matrix() {
		testutil.Skipf(t, "this kernel's bridge does not filter VLANs (CONFIG_BRIDGE_VLAN_FILTERING)")
	}
	l.Remove()
	lab.MustCreate(t, l.Conn, evpn(l)...)
	want := map[string]int{"VLANs of ev1": evpnVLANs, "VLANs of tunnel": evpnVLANs, "tunnels": evpnVLANs, "networks": 1, "remotes": evpnEntries, "addresses": evpnEntries}
	if got := evpnCounts(l); !maps.Equal(got, want) {
		t.Errorf("bridge shows %v, want %v", got, want)
	}
	if changes, err := l.Conn.Diff(t.Context(), evpn(l)[1]); err != nil || len(changes) != 0 {
		t.Errorf("%v %v", changes, err)
	}
	l.Remove()
	asked, moments := l.Made(evpn(l)), l.Moments(evpn(l))
	for _, what := range slices.Sorted(maps.Keys(lab.Faults)) {
		for n := 0; n <= moments; n += max(1, moments/lab.Many(t, lab.Rounds(9), 100)) {
			l.Try(&lab.Injection{At: n, Fault: lab.Faults[what], Conn: l.Conn}, what, evpn(l), asked)
		}
	}
	t.Logf("%d moments", moments)
}
