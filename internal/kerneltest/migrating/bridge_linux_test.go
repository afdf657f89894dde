package migrating_test

import (
	"fmt"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/vxlan"
)

// filtered is a bridge that filters VLANs, and a port.
const filtered = "link add br0 type bridge vlan_filtering 1; " + eth0 + "; link set eth0 master br0"

// tunnelled is a bridge and a port whose VLANs are networks of VXLANs.
const tunnelled = "link add br0 type bridge vlan_filtering 1; link add vx0 type vxlan external dstport 4789; link set vx0 master br0; bridge link set dev vx0 vlan_tunnel on"

// bridges is the table of bridges, but for the settings of ports.
var bridges = []entry{
	{code: `bridge.New("br0").MulticastSnooping(true).Update(ctx)`, scene: "link add br0 type bridge mcast_snooping 0", check: dev("br0"), shows: `"mcast_snooping":1`},
	{code: `bridge.New("br0").VLANFiltering(true).Update(ctx)`, needs: "filtering", scene: br0, check: dev("br0"), shows: `"vlan_filtering":1`},
	{code: `bridge.New("br0").VLANFiltering(true)`, needs: "filtering", check: dev("br0"), shows: `"vlan_filtering":1`},
	{code: `bridge.New("br0").VLANDefaultPVID(7).Update(ctx)`, needs: "filtering", scene: br0, check: dev("br0"), shows: `"vlan_default_pvid":7`},
	{code: `br.AddVLANs(ctx, "eth0", bridge.VLAN{ID: 7, PVID: true, Untagged: true})`, needs: "filtering", scene: filtered,
		check: "bridge -j vlan show dev eth0", shows: `"vlan":7,"flags":["PVID","Egress Untagged"]`},
	{code: `br.AddVLANs(ctx, "eth0", bridge.VLANRange(7, 99)...)`, needs: "filtering", scene: filtered, check: "bridge -j -compressvlans vlan show dev eth0", shows: `"vlan":7,"vlanEnd":99`},
	{code: `br.DeleteVLANs(ctx, "eth0", bridge.VLANRange(7, 99)...)`, needs: "filtering", scene: filtered + "; bridge vlan add vid 7-100 dev eth0",
		check: "bridge -j -compressvlans vlan show dev eth0", shows: `!"vlan":7 ; "vlan":100`},
	{code: `iplink.Device("eth0").Master("br0").PortSettings(bridge.Port().OnlyVLANs(bridge.VLAN{ID: 7, PVID: true})).Ensure(ctx)`, needs: "filtering",
		scene: "link add br0 type bridge vlan_filtering 1; " + eth0, check: "bridge -j vlan show dev eth0", shows: `"vlans":[{"vlan":7,"flags":["PVID"]}]`},
	{code: `br.ListVLANs(ctx)`, needs: "filtering", scene: filtered + "; bridge vlan add vid 7-9 dev eth0", says: vlanTexts, check: "bridge -j vlan show", each: `"vlan":`,
		alter: "bridge vlan add vid 123 dev eth0; bridge vlan del vid 8-9 dev eth0"},
	{code: `br.ListVLANs(ctx)`, needs: "filtering", scene: tunnelled + "; bridge vlan add vid 7 dev vx0; bridge vlan add vid 7 dev vx0 tunnel_info id 100", says: func(v any) (texts []string) {
		for _, port := range v.([]bridge.PortVLANs) {
			for _, vlan := range port.VLANs {
				if vlan.Tunnel != 0 {
					texts = append(texts, fmt.Sprintf(`"vlan":%d,"tunid":%d`, vlan.ID, vlan.Tunnel))
				}
			}
		}
		return texts
	}, check: "bridge -j vlan tunnelshow", each: `"tunid"`, alter: "bridge vlan del vid 7 dev vx0 tunnel_info id 100; bridge vlan add vid 7 dev vx0 tunnel_info id 101"},
	{code: `br.AddVLANs(ctx, "vx0", bridge.VLAN{ID: 7, Tunnel: 100})`, needs: "filtering", scene: tunnelled, check: "bridge -j vlan tunnelshow dev vx0", shows: `"vlan":7,"tunid":100`},
	{code: `br.DeleteVLANTunnels(ctx, "vx0", bridge.VLAN{ID: 7, Tunnel: 100})`, needs: "filtering",
		scene: tunnelled + "; bridge vlan add vid 7 dev vx0; bridge vlan add vid 7 dev vx0 tunnel_info id 100", check: "bridge -j vlan tunnelshow dev vx0", shows: `!"tunid":100`},
	{code: `br.AddFDB(ctx, fdb.Entry{MAC: mac, Port: "eth0"})`, scene: onBr0, check: "bridge -j fdb show dev eth0", shows: `"mac":"` + macText + `"`},
	{code: `vxlan.Open(ctx, "vx0")`, scene: vx0, then: func(r *run, got []any) {
		testutil.Must(r, got[0].(*vxlan.VXLAN).AddFDB(r.Context(), fdb.Entry{MAC: mac, Dst: r.v.remote}))
	}, check: "bridge -j fdb show dev vx0", shows: `"mac":"` + macText + `","dst":"192.0.2.2"`},
	{code: `vxlan.New("vx0").FDB(fdb.Entry{MAC: vxlan.AllOthers(), Dst: remote}).Update(ctx)`, scene: vx0 + "; bridge fdb append 00:00:00:00:00:00 dst 192.0.2.7 dev vx0",
		check: "bridge -j fdb show dev vx0", shows: `"mac":"00:00:00:00:00:00","dst":"192.0.2.2"`},
	{code: `iplink.Device("eth0").PortSettings(bridge.Port().FDB(fdb.Entry{MAC: mac, State: fdb.Static})).Update(ctx)`, scene: onBr0 + "; bridge fdb add " + macText + " dev eth0 master",
		check: "bridge -j fdb show dev eth0", shows: `"master":"br0","state":"static"`},
	{code: `bridge.New("br0").FDB(fdb.Entry{MAC: mac})`, scene: br0, update: true, check: "bridge -j fdb show dev br0", shows: `"mac":"` + macText + `"`},
}

// vlanTexts are words of `bridge` about VLANs.
func vlanTexts(v any) (texts []string) {
	for _, port := range v.([]bridge.PortVLANs) {
		for _, vlan := range port.VLANs {
			texts = append(texts, fmt.Sprintf(`"vlan":%d`, vlan.ID))
		}
	}
	return texts
}

// onPort is an entry for a setting of a port that `ip` shows as a word.
func onPort(code, name string, on bool) entry {
	shows := fmt.Sprintf(`"%s":%t`, name, on)
	return entry{code: code, scene: onBr0, check: dev("eth0"), shows: shows}
}

// ports is the table of settings of ports of bridges.
var ports = []entry{
	onPort(`iplink.Device("eth0").PortSettings(bridge.Port().Hairpin(true)).Update(ctx)`, "hairpin", true),
	onPort(`bridge.Port().Guard(true)`, "guard", true),
	onPort(`bridge.Port().FastLeave(true)`, "fastleave", true),
	onPort(`bridge.Port().Learning(false)`, "learning", false),
	onPort(`bridge.Port().RootBlock(true)`, "root_block", true),
	onPort(`bridge.Port().Flood(false)`, "flood", false),
	onPort(`bridge.Port().Isolated(true)`, "isolated", true),
	onPort(`bridge.Port().VLANTunnel(true)`, "vlan_tunnel", true),
	{code: `bridge.Port().GroupForwardMask(0x4000)`, scene: onBr0, check: dev("eth0"), shows: `"group_fwd_mask":"0x4000"`},
	onPort(`bridge.Port().ProxyARP(true)`, "proxy_arp", true),
	onPort(`bridge.Port().ProxyARPWiFi(true)`, "proxy_arp_wifi", true),
	onPort(`bridge.Port().NeighSuppress(true)`, "neigh_suppress", true),
	{code: `link.PortInfo`, scene: onBr0, says: func(v any) []string {
		return []string{fmt.Sprintf(`"cost":%d,`, v.(*iplink.BridgePortInfo).Cost)}
	}, check: dev("eth0"), alter: "link set eth0 type bridge_slave cost 4660"},
}
