package iplink_test

import (
	"bytes"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/amt"
	"github.com/iplink-go/iplink/bareudp"
	"github.com/iplink-go/iplink/dsa"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/ipvlan"
	"github.com/iplink-go/iplink/ipvtap"
	"github.com/iplink-go/iplink/lowpan"
	"github.com/iplink-go/iplink/netkit"
	"github.com/iplink-go/iplink/pfcp"
	"github.com/iplink-go/iplink/ppp"
	"github.com/iplink-go/iplink/rmnet"
	"github.com/iplink-go/iplink/virtwifi"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vxlan"
	"github.com/iplink-go/iplink/wwan"
)

// These kinds are in no kernel of Debian. The host of a guest builds their drivers.

func goldenBareUDP() []goldenSpec {
	base := func() *bareudp.Builder { return bareudp.New("t0").Index(goldenIndex).Port(0x1234) }
	return []goldenSpec{
		{"mpls", base().EtherType(bareudp.MPLSUnicast).SourcePortMin(0x4321).MultiProto()},
		{"multicast", base().EtherType(bareudp.MPLSMulticast).MTU(1281)},
		{"ipv6", base().EtherType(bareudp.IPv6)},
		{"number", base().EtherType(0x894f)},
	}
}

func goldenAMT() []goldenSpec {
	base := func() *amt.Builder {
		return amt.New("t0").Index(goldenIndex).Dev("under").Local(lab.Addr("192.0.2.17")).RelayPort(0x1234)
	}
	return []goldenSpec{
		{"gateway", base().Mode(amt.Gateway).Discovery(lab.Addr("198.51.100.3")).GatewayPort(0x4321)},
		{"relay", base().Mode(amt.Relay).MaxTunnels(0x12345)},
	}
}

func goldenRMNet() []goldenSpec {
	return []goldenSpec{{"plain", rmnet.New("t0").Index(goldenIndex).Parent("under").MuxID(0x21)}}
}

// byHandRMNet has the flags: values, and a mask.
func byHandRMNet() []written {
	b := rmnet.New("t0").Parent("under").MuxID(0x21)
	return []written{
		{2, b.Clone().IngressDeaggregation(false).EgressChecksumV4(true), "08 00 00 00 09 00 00 00"},
		{2, b.Clone().IngressCommands(true).IngressChecksumV4(false).IngressChecksumV5(true).EgressChecksumV5(false), "12 00 00 00 36 00 00 00"},
	}
}

func TestBareUDPRefusals(t *testing.T) {
	b := func() *bareudp.Builder { return bareudp.New("a").Port(7).EtherType(bareudp.IPv4) }
	for _, r := range []badSpec{
		{spec: bareudp.New("a").EtherType(bareudp.IPv4), message: "dstport: there is no default for it"},
		{spec: bareudp.New("a").Port(7), message: "ethertype: there is no default for it"},
		{spec: b().Port(0), message: "dstport: 0 is not in 1…65535"},
		{spec: b().EtherType(bareudp.IPv6).MultiProto(), message: "multiproto: goes with EtherType ipv4 or mpls_uc, not ipv6"},
		{spec: b().EtherType(0x894f).MultiProto(), message: "multiproto: goes with EtherType ipv4 or mpls_uc, not 0x894f"},
		{spec: b().MTU(65528), message: "mtu: 65528 is not in 68…65527"},
		{spec: b().Address(lab.MAC), message: "address: a bareudp link has no link-layer address"},
		{spec: b().Parent("b"), message: "link: a bareudp sits on no other link"},
	} {
		r.test(t)
	}
	accepted(t, "create", b().MultiProto(), b().EtherType(bareudp.MPLSUnicast).MultiProto())
}

func TestAMTRefusals(t *testing.T) {
	b := func(m iplink.AMTMode) *amt.Builder { return amt.New("a").Mode(m).Dev("b").Local(lab.Addr("192.0.2.1")) }
	gateway := func() *amt.Builder { return b(amt.Gateway).Discovery(lab.Addr("192.0.2.2")) }
	for _, r := range []badSpec{
		{spec: amt.New("a").Dev("b").Local(lab.Addr("192.0.2.1")), message: "mode: there is no default for it"},
		{spec: amt.New("a").Mode(amt.Relay).Local(lab.Addr("192.0.2.1")), message: "dev: there is no default for it"},
		{spec: amt.New("a").Mode(amt.Relay).Dev("b"), message: "local: there is no default for it"},
		{spec: b(amt.Gateway), message: "discovery: a Gateway has no default for it"},
		{spec: b(2), message: "mode: 2 is not one of gateway, relay"},
		{spec: b(amt.Relay).Discovery(lab.Addr("192.0.2.2")), message: "discovery: only a Gateway has it"},
		{spec: b(amt.Relay).GatewayPort(7), message: "gateway_port: only a Gateway has it"},
		{spec: gateway().MaxTunnels(7), message: "max_tunnels: only a Relay has it"},
		{spec: b(amt.Relay).MaxTunnels(0), message: "max_tunnels: 0 is not in 1…4294967295"},
		{spec: gateway().RelayPort(0), message: "relay_port: 0 is not in 1…65535"},
		{spec: gateway().GatewayPort(0), message: "gateway_port: 0 is not in 1…65535"},
		{spec: gateway().Local(lab.Addr("127.0.0.1")), message: "local: 127.0.0.1 is not an address of a host"},
		{spec: gateway().Local(lab.Addr("0.1.2.3")), message: "local: 0.1.2.3 is not an address of a host"},
		{spec: gateway().Discovery(lab.Addr("239.1.2.3")), message: "discovery: 239.1.2.3 is not an address of a host"},
		{spec: gateway().Discovery(lab.Addr("2001:db8::1")), message: "discovery: 2001:db8::1 is of the other family: the link has addresses of 4 bytes"},
	} {
		r.test(t)
	}
}

func TestRMNetRefusals(t *testing.T) {
	for _, r := range []badSpec{
		{spec: rmnet.New("a").MuxID(7), message: "link: a rmnet sits on another link: name it with Parent"},
		{spec: rmnet.New("a").Parent("b"), message: "mux_id: there is no default for it"},
		{spec: rmnet.New("a").Parent("b").MuxID(255), message: "mux_id: 255 is not in 0…254"},
		{spec: rmnet.New("a").Parent("b").MuxID(7).MTU(16385), message: "mtu: 16385 is not in 0…16384"},
		{spec: rmnet.New("a").MuxID(7).Address(lab.MAC), op: "update", message: "address: an rmnet link has no link-layer address"},
		{spec: pfcp.New("a").MTU(68), message: "mtu: with 68, IP sends on the link, the driver cannot, and the kernel crashes: up to 67 it only receives"},
		{spec: pfcp.New("a").Address(lab.MAC), message: "address: a pfcp link has no link-layer address"},
	} {
		r.test(t)
	}
}

func TestDSADecoding(t *testing.T) {
	l := decoded(t, "20001200 0800010064736100 14000200 08000100 34120000 08000200 78563412")
	if info, ok := dsa.Info(l); !ok || info.Conduit != 0x1234 || len(l.Unknown) != 1 || l.Unknown[0].Type != 2 {
		t.Errorf("%+v, unknown %v", l.Info, l.Unknown)
	}
}

func TestWWANDecoding(t *testing.T) {
	l := decoded(t, "1c001200 090001007777616e00000000 0c000200 08000100 78563412 0a0038007777616e37000000")
	if info, ok := wwan.Info(l); !ok || info.LinkID != 0x12345678 || l.Hardware.ParentDev != "wwan7" {
		t.Errorf("%+v of %q", l.Info, l.Hardware.ParentDev)
	}
	if p := iplink.PlanUpdate(t.Context(), wwan.New("a").LinkID(7), l); len(p.Differences) != 1 || !p.Differences[0].Immutable {
		t.Errorf("a change of the session is %v", p.Differences)
	}
}

// TestForeignRefusals is about links that need something else than a request.
func TestForeignRefusals(t *testing.T) {
	for _, r := range []badSpec{
		{spec: wwan.New("a").LinkID(3), message: "parentdev: a wwan link is a session of a modem, such as wwan0: name it with ParentDev"},
		{spec: wwan.New("a").ParentDev("wwan0"), message: "linkid: there is no default for it"},
		{spec: wwan.New("a").ParentDev("wwan0\x00").LinkID(3), message: "parentdev: a NUL byte cannot be told to the kernel"},
		{spec: wwan.New("a").ParentDev("wwan0").LinkID(3).Parent("eth0"), message: "link: a wwan sits on no other link"},
		{spec: vxlan.New("a").VNI(7).ParentDev("wwan0"), message: "parentdev: a vxlan belongs to no other device"},
		{spec: lowpan.New("a"), message: "link: a lowpan sits on another link: name it with Parent"},
		{spec: lowpan.New("a").Parent("b").Address(make([]byte, 8)), message: "address: a lowpan has the address of its parent"},
		{spec: virtwifi.New("a"), message: "link: a virt_wifi sits on another link: name it with Parent"},
		{spec: virtwifi.New("a").Parent("b").MTU(1501), message: "mtu: 1501 is not in 68…1500"},
		{spec: virtwifi.New("a").Parent("b").Address([]byte{2, 0, 0, 0, 0, 7}), message: "address: a virt_wifi has the address of its parent"},
		{spec: ppp.New("a"), message: "file: there is no default for it"},
	} {
		r.test(t)
	}
	for want, spec := range map[string]iplink.Spec{
		"create ppp a: File: invalid argument (it is nil: give an open /dev/ppp)":    ppp.New("a").File(nil),
		"create dsa a: ConduitIndex: invalid argument (0 is not an interface index)": dsa.New("a").ConduitIndex(0),
	} {
		if err := iplink.Refusal(spec); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// TestForeignCreation is about links that come about in other ways.
func TestForeignCreation(t *testing.T) {
	for want, spec := range map[string]iplink.Spec{
		"create dsa a: unsupported operation (a port of a switch is there when the driver of the switch finds the hardware; Update changes it)":                                     dsa.New("a").ConduitIndex(7),
		"create netdevsim a: unsupported operation (a netdevsim link is a port of a simulated device: echo '1 1' >/sys/bus/netdevsim/new_device makes device 1 with one port)":      iplink.Raw(iplink.KindNetdevsim, "a"),
		"create openvswitch a: unsupported operation (an openvswitch link is a port of an Open vSwitch bridge: ovs-vsctl add-port BRIDGE NAME -- set Interface NAME type=internal)": iplink.Raw(iplink.KindOpenVSwitch, "a"),
	} {
		if err := iplink.CheckSpec(spec, "create"); err == nil || err.Error() != want || !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if got := iplink.Raw(iplink.KindNetdevsim, "a").MTU(1400).String(); got != "ip link set dev a mtu 1400" {
		t.Errorf("got %s", got)
	}
}

func TestNetkitRefusals(t *testing.T) {
	const single = "cannot go with Pairing(netkit.Single): the link has no other end"
	const l3 = "address: a netkit link in mode l3 has none: Mode(netkit.L2) makes one with addresses"
	one := func() *netkit.Builder { return netkit.New("a").Pairing(netkit.Single) }
	for _, r := range []badSpec{
		{spec: netkit.New("a").Mode(2), message: "mode: 2 is not one of l2, l3"},
		{spec: netkit.New("a").Policy(1), message: "policy: 1 is not one of forward, blackhole"},
		{spec: netkit.New("a").PeerPolicy(3), op: "update", message: "peer policy: 3 is not one of forward, blackhole"},
		{spec: netkit.New("a").Scrub(2), message: "scrub: 2 is not one of none, default"},
		{spec: netkit.New("a").PeerScrub(2), message: "peer scrub: 2 is not one of none, default"},
		{spec: netkit.New("a").Pairing(2), message: "pairing: 2 is not one of pair, single"},
		{spec: netkit.New("a").MTU(67), message: "mtu: 67 is not in 68…65535"},
		{spec: netkit.New("a").Address(lab.MAC), message: l3},
		{spec: netkit.New("a").Mode(netkit.L3).Address(lab.MAC), op: "update", message: l3},
		{spec: netkit.New("a").Peer(netkit.New("b").Address(lab.MAC)), message: l3},
		{spec: netkit.New("a").Peer(netkit.New("b").Policy(netkit.Blackhole)),
			message: "peer: policy cannot be set on the builder of the peer: the builder of the other end takes the settings of both"},
		{spec: one().Peer(netkit.New("b")), message: "peer: " + single},
		{spec: one().PeerPolicy(netkit.Forward), message: "peer policy: " + single},
		{spec: one().PeerScrub(netkit.None), message: "peer scrub: " + single},
		{spec: one().Scrub(netkit.Default), message: "scrub: " + single},
		{spec: one().Policy(netkit.Blackhole), message: "policy: " + single},
	} {
		r.test(t)
	}
	accepted(t, "create", netkit.New("a").Mode(netkit.L2).Address(lab.MAC).Peer(netkit.New("b").Address(lab.OtherMAC)),
		one().Policy(netkit.Forward).Headroom(0xffff), one().Mode(netkit.L2).Address(lab.MAC))
	accepted(t, "update", netkit.New("a").Address(lab.MAC))
}

func TestNetkitEncoding(t *testing.T) {
	encoded(t, netkit.New("a").Mode(netkit.L2).Policy(netkit.Blackhole).PeerPolicy(netkit.Forward).Headroom(0x1234),
		"0800050000000000 0800030002000000 0800040000000000 0600080034120000")
}

// TestNetkitDecoding reads the report of a kernel that knows neither scrub nor pairing.
func TestNetkitDecoding(t *testing.T) {
	l := decoded(t, "2c001200 0b0001006e65746b69740000 1c000200 0500020001000000 0800030002000000 0800050001000000")
	info, ok := netkit.Info(l)
	if !ok || !info.Primary || info.Policy != netkit.Blackhole || info.Mode != netkit.L3 || info.Scrub != netkit.Default || info.PeerScrub != netkit.Default {
		t.Errorf("%+v", l.Info)
	}
}

func TestIPvlanEncoding(t *testing.T) {
	encoded(t, ipvlan.New("a").Mode(ipvlan.L3S).Flags(ipvlan.VEPA), "0600010002000000 0600020002000000")
	encoded(t, ipvtap.New("a").Mode(ipvtap.L2).Flags(ipvtap.Private), "0600010000000000 0600020001000000")
}

func TestIPvlanRefusals(t *testing.T) {
	mac := []byte{2, 0, 0, 0, 0x12, 0x34}
	for _, r := range []badSpec{
		{spec: ipvlan.New("a").Mode(ipvlan.L2), message: "link: a ipvlan sits on another link: name it with Parent"},
		{spec: ipvtap.New("a").Mode(ipvtap.L2), message: "link: a ipvtap sits on another link: name it with Parent"},
		{spec: ipvlan.New("a").Parent("b").Mode(3), message: "mode: 3 is not one of l2, l3, l3s"},
		{spec: ipvlan.New("a").Parent("b").Flags(3), message: "flags: 3 is not one of bridge, private, vepa"},
		{spec: ipvlan.New("a").Parent("b").Address(mac), message: "address: an ipvlan has the address of its parent"},
		{spec: ipvtap.New("a").Address(mac), op: "update", message: "address: an ipvlan has the address of its parent"},
	} {
		r.test(t)
	}
}

func TestVLANString(t *testing.T) {
	for _, test := range []struct {
		vlan *vlan.Builder
		want string
	}{
		{vlan.New("v0").Parent("eth0").ID(0x123), "id 291"},
		{vlan.New("v0").Parent("eth0").ID(7).Protocol(vlan.IEEE8021AD).ReorderHdr(false).GVRP(true).MVRP(false).LooseBinding(true).BridgeBinding(false),
			"protocol 802.1ad id 7 reorder_hdr off gvrp on mvrp off loose_binding on bridge_binding off"},
		{vlan.New("v0").Parent("eth0").ID(7).IngressQoSMap(map[uint32]uint32{3: 4, 1: 2}).EgressQoSMap(map[uint32]uint32{70000: 5}),
			"id 7 ingress-qos-map 1:2 3:4 egress-qos-map 70000:5"},
		{vlan.New("v0").Parent("eth0").ID(7).IngressQoSMap(map[uint32]uint32{1: 2, 5: 6}).IngressQoSMap(map[uint32]uint32{1: 0, 3: 4}),
			"id 7 ingress-qos-map 1:0 3:4 5:6"},
		{vlan.New("v0").Parent("eth0").ID(7).IngressQoSMap(nil), "id 7"},
		{vlan.New("v0").Parent("eth0").ID(7).EgressQoSMap(map[uint32]uint32{1: 2}).OnlyEgressQoSMap(map[uint32]uint32{3: 4}).OnlyIngressQoSMap(nil),
			"id 7 egress-qos-map 3:4 # ip has no word for: no other entries of egress-qos-map, no other entries of ingress-qos-map"},
	} {
		want := "ip link add v0 link eth0 type vlan " + test.want
		if got := test.vlan.String(); got != want {
			t.Errorf("\n%s, want\n%s", got, want)
		}
	}
}

// TestVLANClone demands that a clone's entries are its own.
func TestVLANClone(t *testing.T) {
	first := vlan.New("v0").EgressQoSMap(map[uint32]uint32{1: 2})
	second := first.Clone().EgressQoSMap(map[uint32]uint32{1: 3, 4: 5})
	egress := func(b *vlan.Builder) map[uint32]uint32 { return b.Own(b).Info.(*iplink.VLANInfo).EgressQoSMap }
	if want := map[uint32]uint32{1: 2}; !maps.Equal(egress(first), want) {
		t.Errorf("%v, want %v", egress(first), want)
	}
	if want := map[uint32]uint32{1: 3, 4: 5}; !maps.Equal(egress(second), want) {
		t.Errorf("%v, want %v", egress(second), want)
	}
}

func TestVLANRefused(t *testing.T) {
	many := map[uint32]uint32{}
	for i := range uint32(5462) {
		many[i] = 1
	}
	for _, test := range []struct {
		vlan *vlan.Builder
		want string
	}{
		{vlan.New("v0").ID(7), "link: invalid argument (a vlan sits on another link: name it with Parent)"},
		{vlan.New("v0").Parent("eth0"), "id: invalid argument (there is no default for it)"},
		{vlan.New("v0").Parent("eth0").ID(4095), "id: invalid argument (4095 is not in 0…4094)"},
		{vlan.New("v0").Parent("eth0").ID(7).Protocol(0x8847), "protocol: invalid argument (34887 is not one of 802.1Q, 802.1ad)"},
		{vlan.New("v0").Parent("eth0").ID(7).IngressQoSMap(map[uint32]uint32{8: 1}),
			"ingress-qos-map: invalid argument (8:1: the priority code point 8 is not in 0…7)"},
		{vlan.New("v0").Parent("eth0").ID(7).EgressQoSMap(map[uint32]uint32{1: 8}),
			"egress-qos-map: invalid argument (1:8: the priority code point 8 is not in 0…7)"},
		{vlan.New("v0").Parent("eth0").ID(7).EgressQoSMap(many), "egress-qos-map: invalid argument (5462 entries, where at most 5460 fit a request)"},
		{vlan.New("v0").Parent("eth0").ID(7).MTU(65536), "mtu: invalid argument (65536 is not in 0…65535)"},
	} {
		refuses(t, test.vlan, "create vlan v0: "+test.want)
	}
	if err := iplink.CheckSpec(vlan.New("v0").MTU(1280), "update"); err != nil {
		t.Errorf("a change needs neither the parent nor the id: %v", err)
	}
}

func TestVLANEncoding(t *testing.T) {
	for _, test := range []struct {
		vlan *vlan.Builder
		want []byte
	}{
		{vlan.New("v0").ID(0x123).Protocol(vlan.IEEE8021AD), []byte{
			6, 0, 5, 0, 0x88, 0xa8, 0, 0,
			6, 0, 1, 0, 0x23, 1, 0, 0}},
		{vlan.New("v0").MVRP(true), []byte{12, 0, 2, 0, 8, 0, 0, 0, 8, 0, 0, 0}},
		{vlan.New("v0").ReorderHdr(false).BridgeBinding(true), []byte{12, 0, 2, 0, 0x10, 0, 0, 0, 0x11, 0, 0, 0}},
		{vlan.New("v0").IngressQoSMap(map[uint32]uint32{5: 0x12345678, 2: 0}), []byte{
			28, 0, 4, 0,
			12, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0,
			12, 0, 1, 0, 5, 0, 0, 0, 0x78, 0x56, 0x34, 0x12}},
		{vlan.New("v0").EgressQoSMap(map[uint32]uint32{0x12345678: 6}), []byte{
			16, 0, 3, 0,
			12, 0, 1, 0, 0x78, 0x56, 0x34, 0x12, 6, 0, 0, 0}},
	} {
		if got := iplink.InfoData(test.vlan); !bytes.Equal(got, test.want) {
			t.Errorf("%v: % x, want % x", test.vlan, got, test.want)
		}
	}
}

// TestVLANCompare demands that a map which asks for some entries is content if
// they are there, whatever else is.
func TestVLANCompare(t *testing.T) {
	have := &iplink.VLANInfo{IngressQoSMap: map[uint32]uint32{1: 2, 3: 4}}
	for _, test := range []struct {
		entries map[uint32]uint32
		differ  bool
	}{
		{map[uint32]uint32{3: 4}, false},
		{map[uint32]uint32{1: 2, 5: 0}, false},
		{map[uint32]uint32{3: 5}, true},
		{map[uint32]uint32{3: 0}, true},
		{map[uint32]uint32{6: 1}, true},
	} {
		diffs := iplink.CompareInfo(vlan.New("v0").IngressQoSMap(test.entries), have)
		if (len(diffs) == 1 && diffs[0].Name == "ingress-qos-map") != test.differ {
			t.Errorf("%v beside %v: %v", test.entries, have.IngressQoSMap, diffs)
		}
	}
}

func TestVLANDecoding(t *testing.T) {
	var v iplink.VLANInfo
	set, err := iplink.DecodeInfo([]byte{
		12, 0, 2, 0, 0x15, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
		28, 0, 3, 0, 12, 0, 1, 0, 0x78, 0x56, 0x34, 0x12, 6, 0, 0, 0, 12, 0, 1, 0, 1, 0, 0, 0, 7, 0, 0, 0,
	}, &v)
	if err != nil || !v.ReorderHdr || v.GVRP || v.MVRP || !v.LooseBinding || !v.BridgeBinding {
		t.Errorf("%+v, error %v", v, err)
	}
	if want := map[uint32]uint32{0x12345678: 6, 1: 7}; !maps.Equal(v.EgressQoSMap, want) || !set.Has(attr.Bit(uapi.VLAN_FLAG_GVRP_BIT)) {
		t.Errorf("%v, want %v; found %v", v.EgressQoSMap, want, set)
	}
	_, err = iplink.DecodeInfo([]byte{12, 0, 4, 0, 8, 0, 1, 0, 1, 2, 3, 4}, &v)
	if err == nil || !strings.Contains(err.Error(), "ingress-qos-map: 4 bytes where 8 are due") {
		t.Errorf("error %v of a short entry", err)
	}
}
