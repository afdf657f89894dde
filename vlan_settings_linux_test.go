package iplink_test

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/vlan"
)

// Bits of IFLA_VLAN_FLAGS (include/uapi/linux/if_vlan.h).
const (
	reorderHdr = iota
	gvrp
	looseBinding
	mvrp
	bridgeBinding
)

func TestVLANSettings(t *testing.T) {
	flag := func(bit uint, setter func(*vlan.Builder, bool) *vlan.Builder, field, word string, first bool) setting[*vlan.Builder] {
		return set(attr.Bit(bit), setter, first, !first, "Info."+field, vlanFlag(word, first))
	}
	subject[*vlan.Builder]{
		kind:    iplink.KindVLAN,
		rows:    iplink.KindRows(iplink.KindVLAN),
		prepare: []string{"link add under index 77 type dummy", "link add br0 type bridge vlan_filtering 1"},
		start: func(bool) (*vlan.Builder, iplink.Spec) {
			v := vlan.New(link).Parent("under").ID(7)
			return v, v
		},
		settings: []setting[*vlan.Builder]{
			set(uapi.IFLA_VLAN_ID, (*vlan.Builder).ID, 0x123, 0x321, "Info.ID", inData("id", 0x123, 0x321)),
			set(uapi.IFLA_VLAN_PROTOCOL, (*vlan.Builder).Protocol, vlan.IEEE8021AD, vlan.IEEE8021Q, "Info.Protocol",
				inData("protocol", "802.1ad", "802.1Q")),
			flag(reorderHdr, (*vlan.Builder).ReorderHdr, "ReorderHdr", "REORDER_HDR", false),
			flag(gvrp, (*vlan.Builder).GVRP, "GVRP", "GVRP", true).option("VLAN_8021Q_GVRP"),
			flag(mvrp, (*vlan.Builder).MVRP, "MVRP", "MVRP", true).option("VLAN_8021Q_MVRP"),
			flag(looseBinding, (*vlan.Builder).LooseBinding, "LooseBinding", "LOOSE_BINDING", true),
			flag(bridgeBinding, (*vlan.Builder).BridgeBinding, "BridgeBinding", "BRIDGE_BINDING", true).
				needs(func(v *vlan.Builder) { v.Parent("br0") }),
			set(uapi.IFLA_VLAN_INGRESS_QOS, (*vlan.Builder).IngressQoSMap,
				map[uint32]uint32{1: 0x12345678, 5: 3}, map[uint32]uint32{1: 0, 6: 4}, "Info.IngressQoSMap",
				inData("ingress_qos", mappings{{1, 0x12345678}, {5, 3}}, mappings{{5, 3}, {6, 4}})).
				reads(map[uint32]uint32{1: 0x12345678, 5: 3}, map[uint32]uint32{5: 3, 6: 4}),
			set(uapi.IFLA_VLAN_EGRESS_QOS, (*vlan.Builder).EgressQoSMap,
				map[uint32]uint32{0x12: 1, 0x34: 5}, map[uint32]uint32{0x12: 0, 0x56: 6}, "Info.EgressQoSMap",
				inData("egress_qos", mappings{{0x12, 1}, {0x34, 5}}, mappings{{0x34, 5}, {0x56, 6}})).
				reads(map[uint32]uint32{0x12: 1, 0x34: 5}, map[uint32]uint32{0x34: 5, 0x56: 6}),
		},
	}.test(t)
}

// mappings are entries as `ip` prints them.
type mappings []struct {
	From uint32 `json:"from"`
	To   uint32 `json:"to"`
}

// vlanFlag looks for a word among the flags of the VLAN that `ip` prints.
func vlanFlag(word string, first bool) oracle {
	o := inData("flags", first, !first)
	o.same = hasFlag(word, first, !first).same
	o.name += " " + word
	return o
}
