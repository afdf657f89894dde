package iplink

import (
	"fmt"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var vlanKind = kind{
	config:   "VLAN_8021Q",
	info:     func() info { return new(VLANInfo) },
	mtu:      [2]uint32{0, 65535},
	parent:   true,
	required: attr.SetOf(uapi.IFLA_VLAN_ID),
	reason:   vlanReason,
	overhead: vlanOverhead,
	before:   vlanBefore,
}

// VLANInfo is what the kernel says of a VLAN link, IEEE 802.1Q.
type VLANInfo struct {
	// ID is the VLAN identifier, 0 to 4094 (IFLA_VLAN_ID), and Protocol the
	// tag protocol identifier (IFLA_VLAN_PROTOCOL).
	ID       uint16
	Protocol VLANProtocol
	// ReorderHdr takes the tag off received frames before programs see them;
	// GVRP and MVRP announce the VLAN by these protocols; LooseBinding keeps
	// the link up when its parent goes down; BridgeBinding gives it a carrier
	// only as long as a port of its parent, a bridge, is up in the VLAN
	// (IFLA_VLAN_FLAGS).
	ReorderHdr, GVRP, MVRP, LooseBinding, BridgeBinding bool
	// IngressQoSMap has the packet priority for each priority code point of a
	// received tag, 0 where there is no entry (IFLA_VLAN_INGRESS_QOS).
	IngressQoSMap map[uint32]uint32
	// EgressQoSMap has the priority code point of a sent tag for each packet
	// priority, 0 where there is no entry (IFLA_VLAN_EGRESS_QOS).
	EgressQoSMap map[uint32]uint32
}

func (v *VLANInfo) attrs(c *attr.Codec) {
	attr.EnumBE16(c.CreateOnly(), uapi.IFLA_VLAN_PROTOCOL, "protocol", &v.Protocol, vlanProtocols)
	attr.U16(c.CreateOnly(), uapi.IFLA_VLAN_ID, "id", &v.ID, 0, 4094)
	flags := attr.Bits{Type: uapi.IFLA_VLAN_FLAGS}
	flags.OnOff(c, uapi.VLAN_FLAG_REORDER_HDR_BIT, "reorder_hdr", &v.ReorderHdr)
	flags.OnOff(c, uapi.VLAN_FLAG_GVRP_BIT, "gvrp", &v.GVRP)
	flags.OnOff(c, uapi.VLAN_FLAG_MVRP_BIT, "mvrp", &v.MVRP)
	flags.OnOff(c, uapi.VLAN_FLAG_LOOSE_BINDING_BIT, "loose_binding", &v.LooseBinding)
	flags.OnOff(c, uapi.VLAN_FLAG_BRIDGE_BINDING_BIT, "bridge_binding", &v.BridgeBinding)
	attr.Custom(c, uapi.IFLA_VLAN_INGRESS_QOS, "ingress-qos-map", (*qosMap[ingress])(&v.IngressQoSMap))
	attr.Custom(c, uapi.IFLA_VLAN_EGRESS_QOS, "egress-qos-map", (*qosMap[egress])(&v.EgressQoSMap))
}

// A VLANProtocol is the tag protocol identifier that VLANs are told apart by.
type VLANProtocol uint16

// Tag protocols.
const (
	VLAN8021Q  VLANProtocol = 0x8100 // customer VLANs, IEEE 802.1Q
	VLAN8021AD VLANProtocol = 0x88a8 // service VLANs, IEEE 802.1ad
)

var vlanProtocols = map[VLANProtocol]string{VLAN8021Q: "802.1Q", VLAN8021AD: "802.1ad"}

// String returns the word of iproute2, or the number in base 16.
func (p VLANProtocol) String() string {
	if word, ok := vlanProtocols[p]; ok {
		return word
	}
	return fmt.Sprintf("%#x", uint16(p))
}
