package iplink_test

import (
	"bytes"
	"maps"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/ipvlan"
	"github.com/iplink-go/iplink/ipvtap"
	"github.com/iplink-go/iplink/vlan"
)

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
