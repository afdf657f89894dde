package migrating_test

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/gtp"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vxlan"
)

func vlanID(v any) iplink.Spec { return v.(*vlan.Builder).ID(7) }

func vlanOnEth0(v any) iplink.Spec { return v.(*vlan.Builder).Parent("eth0").ID(7) }

func network(v any) iplink.Spec { return v.(*vxlan.Builder).VNI(100) }

// kinds is the table of the kinds, but for tunnels, and of the drivers of rtnetlink.
var kinds = []entry{
	{code: `iplink.Device("eth0")`, scene: eth0, finish: func(v any) iplink.Spec { return v.(*iplink.DeviceUpdate).MTU(1281) }, update: true, check: dev("eth0"), shows: `"mtu":1281`},
	{code: `dummy.New("d0")`, check: dev("d0"), shows: `"info_kind":"dummy"`},
	{code: `ifb.New("ifb0")`, check: dev("ifb0"), shows: `"info_kind":"ifb"`},
	{code: `vrf.New("blue").Table(10)`, check: dev("blue"), shows: `"info_kind":"vrf","info_data":{"table":10}`},
	{code: `vrf.PortInfo(link)`, scene: eth0 + "; link add blue type vrf table 10; link add green type vrf table 11; link set eth0 master blue",
		says:  func(v any) []string { return []string{fmt.Sprintf(`{"table":%d}`, v.(*iplink.VRFPortInfo).Table)} },
		check: dev("eth0"), alter: "link set eth0 master green"},
	{code: `netkit.New("nk0").Mode(netkit.L3).Peer(netkit.New("nk1"))`, check: dev("nk0") + " && " + dev("nk1"), shows: `"mode":"l3" ; "ifname":"nk1"`},
	{code: `iplink.Raw("ifb", "ifb0")`, needs: "ifb", check: dev("ifb0"), shows: `"info_kind":"ifb"`},
	{code: `tun.NewTap("tap0").Owner(1000).OwnerGroup(1000)`, prepare: allUsers, check: dev("tap0"), shows: `"type":"tap" ; ` + owner()},
	{code: `tun.NewTap("tap0").VNetHdr()`, check: dev("tap0"), shows: `"type":"tap" ; "vnet_hdr":true`},
	{code: `tun.Open(ctx, "tap0", tun.Queues(2))`, needs: "tun", scene: "tuntap add mode tap multi_queue name tap0", then: func(r *run, got []any) {
		r.Cleanup(func() {
			for _, file := range got[0].([]*os.File) {
				file.Close()
			}
		})
	}, check: dev("tap0"), shows: `"numqueues":2`},
	{code: `bridge.New("br0").AgeingTime(5 * time.Minute)`, scene: "link add br0 type bridge ageing_time 12300", update: true, check: dev("br0"), shows: `"ageing_time":30000,`},
	{code: `bridge.New("br0").HelloTime(2 * time.Second).GroupForwardMask(0x4000)`, scene: "link add br0 type bridge hello_time 300", update: true,
		check: dev("br0"), shows: `"hello_time":200, ; "group_fwd_mask":"0x4000"`},
	{code: `vlan.New("eth0.7").Parent("eth0").ID(7)`, scene: eth0, check: dev("eth0.7"), shows: `"link":"eth0" ; "id":7,`},
	{code: `vlan.New("eth0.7").IngressQoSMap(map[uint32]uint32{1: 4})`, scene: eth0, finish: vlanOnEth0, check: dev("eth0.7"), shows: `"ingress_qos":[{"from":1,"to":4}]`},
	{code: `vlan.New("eth0.7").Protocol(vlan.IEEE8021AD)`, scene: eth0, finish: vlanOnEth0, check: dev("eth0.7"), shows: `"protocol":"802.1ad"`},
	{code: `veth.New("a").Peer(veth.New("b").MTU(1400))`, check: dev("b"), shows: `"mtu":1400, ; "link":"a"`},
	{code: `veth.New("b").Address(mac).TxQueueLen(100).Queues(4, 4)`, check: dev("b"), shows: macText + ` ; "txqlen":100, ; "num_tx_queues":4,"num_rx_queues":4`},
	{code: `veth.New("a").Peer(veth.New("b").NetNS(ns))`, check: dev("a") + " && there " + dev("b"), shows: `"ifname":"a" ; "ifname":"b"`},
	{code: `macvlan.New("mv0").Parent("eth0").Mode(macvlan.Bridge)`, scene: eth0, check: dev("mv0"), shows: `"mode":"bridge" ; "link":"eth0"`},
	{code: `macvlan.New("mv0").Parent("eth0").Mode(macvlan.Source).Sources(mac)`, scene: eth0, check: dev("mv0"), shows: `"mode":"source" ; ` + macText},
	{code: `macvtap.New("mt0").Parent("eth0")`, scene: eth0, check: dev("mt0"), shows: `"info_kind":"macvtap" ; "link":"eth0"`},
	{code: `ipvlan.New("iv0").Parent("eth0").Mode(ipvlan.L3).Flags(ipvlan.Private)`, scene: eth0, check: dev("iv0"), shows: `"mode":"l3" ; private`},
	{code: `bond.New("bond0").Mode(bond.ActiveBackup).MIIMon(100 * time.Millisecond)`, check: dev("bond0"), shows: `"mode":"active-backup" ; "miimon":100,`},
	{code: `bond.New("bond0").ARPInterval(time.Second).ARPIPTargets(remote)`, check: dev("bond0"), shows: `"arp_interval":1000, ; "192.0.2.2"`},
	{code: `conn.Create(ctx, veth.New("a"))`, check: dev("a"), shows: `"info_kind":"veth"`},
	{code: `conn.Update(ctx, iplink.DeviceIndex(7).MTU(1400))`, scene: "link add eth0 index 7 type veth peer name peer0", check: dev("eth0"), shows: `"mtu":1400,`},
	{code: `conn.List(ctx, iplink.OfKind(iplink.KindBond))`, scene: eth0 + "; link add bond0 type bond", says: listTexts, check: "ip -j link show type bond", each: `"ifname"`, alter: "link add bond1 type bond"},
	{code: `conn.Delete(ctx, "a")`, scene: "link add name a type veth peer name b", check: "ip -j link", shows: `!"a" ; !"b"`},
	{code: `bond.New("bond0").MIIMon(100 * time.Millisecond)`, check: dev("bond0"), shows: `"miimon":100,`},
	{code: `veth.New("a").Peer(veth.New("b"))`, check: dev("a"), shows: `"link":"b"`},
	{code: `rtnldriver.FromDriver("netkit0", &rtnetlink.LinkData{Name: "netkit"})`, needs: "netkit", check: dev("netkit0"), shows: `"info_kind":"netkit"`},
	{code: `bridge.New("br0")`, check: dev("br0"), shows: `"info_kind":"bridge"`},
}

// owner returns the words of `ip` for the user and the group 1000, which may have names.
func owner() string {
	var name, group any = 1000, 1000
	if u, err := user.LookupId("1000"); err == nil {
		name = strconv.Quote(u.Username)
	}
	if g, err := user.LookupGroupId("1000"); err == nil {
		group = strconv.Quote(g.Name)
	}
	return fmt.Sprintf(`"user":%v ; "group":%v`, name, group)
}

// allUsers skips the test in a user namespace that does not have all users.
func allUsers(r *run) {
	r.Helper()
	users, err := os.ReadFile("/proc/self/uid_map")
	testutil.Must(r, err)
	if !testutil.Matrix() && !strings.Contains(string(users), "4294967295") {
		testutil.Skipf(r, "needs root of the first user namespace")
	}
}

// tunnels are entries of the kinds that carry packets over a network.
var tunnels = []entry{
	{code: `geneve.New("gnv0").VNI(100).Remote(remote).TTL(64)`, check: dev("gnv0"), shows: `"id":100, ; "remote":"192.0.2.2" ; "ttl":64`},
	{code: `xfrm.New("xfrm0").IfID(42).Dev("eth0")`, scene: eth0, check: dev("xfrm0"), shows: `"link":"eth0" ; "if_id":"0x2a"`},
	{code: `vti.New("vti0").Local(local).Remote(remote).Key(7)`, check: dev("vti0"), shows: `"remote":"192.0.2.2","local":"192.0.2.1" ; "ikey":"0.0.0.7" ; "okey":"0.0.0.7"`},
	{code: `ipip.New("tun0").Local(local).Remote(remote).TTL(64)`, check: dev("tun0"), shows: `"info_kind":"ipip" ; "remote":"192.0.2.2","local":"192.0.2.1" ; "ttl":64`},
	{code: `sit.New("sit1").Local(local).Remote(remote).TTL(64)`, check: dev("sit1"), shows: `"info_kind":"sit" ; "remote":"192.0.2.2","local":"192.0.2.1" ; "ttl":64`},
	{code: `ip6tnl.New("tun6").Local(local6).Remote(remote6).HopLimit(64)`, check: dev("tun6"), shows: `"info_kind":"ip6tnl" ; "remote":"2001:db8::2","local":"2001:db8::1" ; "ttl":64`},
	{code: `gre.New("gre1").Local(local).Remote(remote).Key(7)`, check: dev("gre1"), shows: `"remote":"192.0.2.2","local":"192.0.2.1" ; "ikey":"0.0.0.7" ; "okey":"0.0.0.7"`},
	{code: `gretap.New("tap1").Local(local).Remote(remote).IKey(7).OKey(8)`, check: dev("tap1"), shows: `"remote":"192.0.2.2","local":"192.0.2.1" ; "ikey":"0.0.0.7" ; "okey":"0.0.0.8"`},
	{code: `ports.Add(ctx, fou.Port{Port: 5555, Protocol: 4})`, needs: "fou", check: "ip -j fou show", shows: `"port":5555`},
	{code: `gtp.New("gtp0").Role(gtp.SGSN).HashSize(4096).FD0(v0).FD1(v1)`, then: servesSGSN, check: dev("gtp0"), shows: `"info_kind":"gtp"`},
	{code: `mobiles.AddPDP(ctx, gtp.PDP{Version: 1, LocalTEI: 7, PeerTEI: 8, Peer: remote, MS: local})`, needs: "gtp", check: "contexts", shows: "local 7 peer 8"},
	{code: `mobiles.DeletePDP(ctx, gtp.PDP{MS: local})`, needs: "gtp", prepare: pdp(7), check: "contexts", shows: "!local 7"},
	{code: `mobiles.PDPs(ctx)`, needs: "gtp", prepare: pdp(7), says: func(v any) (texts []string) {
		for _, p := range v.([]gtp.PDP) {
			texts = append(texts, fmt.Sprintf("local %d peer %d\n", p.LocalTEI, p.PeerTEI))
		}
		return texts
	}, check: "contexts", each: "\n", change: pdp(0x1234)},
	{code: `bareudp.New("bare0").Port(6635).EtherType(bareudp.MPLSUnicast)`, check: dev("bare0"), shows: `"dstport":6635 ; mpls_uc`},
}

// servesSGSN makes a link of GTP and reads what not each `ip` shows of it.
func servesSGSN(r *run, got []any) {
	r.Helper()
	r.verb(got[0].(iplink.Spec), false)
	size, role := r.attribute("gtp0", []string{"18", "2", "3"}), r.attribute("gtp0", []string{"18", "2", "4"})
	if size != "3=00100000\n" || role != "4=01000000\n" {
		r.Errorf("hash size %s, role %s", size, role)
	}
}

// pdp adds a context of GTP.
func pdp(tei uint32) func(r *run) {
	return func(r *run) {
		r.Helper()
		ms := r.addr("192.0.2.1")
		if tei != 7 {
			ms = r.addr("192.0.2.7")
		}
		r.fill()
		testutil.Must(r, r.v.mobiles.AddPDP(r.Context(), gtp.PDP{Version: 1, LocalTEI: tei, PeerTEI: tei + 1, Peer: r.v.remote, MS: ms}))
	}
}

// vxlans are entries of the fields of Vxlan.
var vxlans = []entry{
	{code: `vxlan.New("vx0").VNI(100)`, check: dev("vx0"), shows: `"id":100,`},
	{code: `vxlan.New("vx0").DevIndex(7)`, scene: "link add eth0 index 7 type veth peer name peer0", finish: network, check: dev("vx0"), shows: `"link":"eth0"`},
	{code: `vxlan.New("vx0").Dev("eth0")`, scene: eth0, finish: network, check: dev("vx0"), shows: `"link":"eth0"`},
	{code: `vxlan.New("vx0").Local(local).Remote(remote)`, finish: network, check: dev("vx0"), shows: `"remote":"192.0.2.2" ; "local":"192.0.2.1"`},
	{code: `vxlan.New("vx0").Learning(false)`, finish: network, check: dev("vx0"), shows: `"learning":false`},
	{code: `vxlan.New("vx0").Ageing(5 * time.Minute)`, scene: vx0 + " ageing 123", update: true, check: dev("vx0"), shows: `"ageing":300,`},
	{code: `vxlan.New("vx0").External(true)`, check: dev("vx0"), shows: `"external":true`},
	{code: `vxlan.New("vx0").SourcePorts(30000, 40000)`, finish: network, check: dev("vx0"), shows: `"port_range":{"low":30000,"high":40000}`},
	{code: `vxlan.New("vx0").UDPZeroCSum6Tx(true).UDPZeroCSum6Rx(true)`, finish: network, check: dev("vx0"), shows: `"udp_zero_csum6_tx":true,"udp_zero_csum6_rx":true`},
	{code: `vxlan.New("vx0").UDPCSum(false)`, finish: network, check: dev("vx0"), shows: `"udp_csum":false`},
}
