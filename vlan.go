package iplink

import (
	"fmt"
	"maps"

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

// Bits of IFLA_VLAN_FLAGS.
const (
	vlanReorderHdr = iota
	vlanGVRP
	vlanLooseBinding
	vlanMVRP
	vlanBridgeBinding
)

func (v *VLANInfo) attrs(c *attr.Codec) {
	attr.EnumBE16(c.CreateOnly(), uapi.IFLA_VLAN_PROTOCOL, "protocol", &v.Protocol, vlanProtocols)
	attr.U16(c.CreateOnly(), uapi.IFLA_VLAN_ID, "id", &v.ID, 0, 4094)
	flags := attr.Bits{Type: uapi.IFLA_VLAN_FLAGS}
	flags.OnOff(c, vlanReorderHdr, "reorder_hdr", &v.ReorderHdr)
	flags.OnOff(c, vlanGVRP, "gvrp", &v.GVRP)
	flags.OnOff(c, vlanMVRP, "mvrp", &v.MVRP)
	flags.OnOff(c, vlanLooseBinding, "loose_binding", &v.LooseBinding)
	flags.OnOff(c, vlanBridgeBinding, "bridge_binding", &v.BridgeBinding)
	attr.Custom(c, uapi.IFLA_VLAN_INGRESS_QOS, "ingress-qos-map", (*qosMap[ingress])(&v.IngressQoSMap))
	attr.Custom(c, uapi.IFLA_VLAN_EGRESS_QOS, "egress-qos-map", (*qosMap[egress])(&v.EgressQoSMap))
}

// VLAN is the builder for a VLAN link: one that carries, untagged, the frames
// that its parent carries with one tag.
type VLAN struct {
	builder[VLAN]
	info VLANInfo
}

// NewVLAN returns the builder for a VLAN link of that name; see package vlan.
func NewVLAN(name string) *VLAN {
	v := new(VLAN)
	return v.start(v, KindVLAN, name)
}

func (v *VLAN) settings() info {
	return &v.info
}

// ID sets the VLAN identifier, 0 to 4094; 0 is for frames that have a priority
// and belong to no VLAN. Create needs it, and it cannot change later
// (IFLA_VLAN_ID).
func (v *VLAN) ID(id uint16) *VLAN {
	v.info.ID = id
	return v.with(uapi.IFLA_VLAN_ID)
}

// Protocol sets the tag protocol identifier, VLAN8021Q by default. It cannot
// change later (IFLA_VLAN_PROTOCOL).
func (v *VLAN) Protocol(p VLANProtocol) *VLAN {
	v.info.Protocol = p
	return v.with(uapi.IFLA_VLAN_PROTOCOL)
}

// ReorderHdr takes the tag off received frames before programs see them; on by
// default (VLAN_FLAG_REORDER_HDR).
func (v *VLAN) ReorderHdr(on bool) *VLAN {
	v.info.ReorderHdr = on
	return v.with(attr.Bit(vlanReorderHdr))
}

// GVRP announces the VLAN by the GARP VLAN registration protocol; off by
// default (VLAN_FLAG_GVRP).
func (v *VLAN) GVRP(on bool) *VLAN {
	v.info.GVRP = on
	return v.with(attr.Bit(vlanGVRP))
}

// MVRP announces the VLAN by the multiple VLAN registration protocol of IEEE
// 802.1Q; off by default (VLAN_FLAG_MVRP).
func (v *VLAN) MVRP(on bool) *VLAN {
	v.info.MVRP = on
	return v.with(attr.Bit(vlanMVRP))
}

// LooseBinding keeps the link up, and lets it come up, while its parent is down;
// off by default (VLAN_FLAG_LOOSE_BINDING).
func (v *VLAN) LooseBinding(on bool) *VLAN {
	v.info.LooseBinding = on
	return v.with(attr.Bit(vlanLooseBinding))
}

// BridgeBinding gives the link a carrier only as long as a port of its parent is
// up in the VLAN; the parent must be a bridge. It is off by default
// (VLAN_FLAG_BRIDGE_BINDING).
func (v *VLAN) BridgeBinding(on bool) *VLAN {
	v.info.BridgeBinding = on
	return v.with(attr.Bit(vlanBridgeBinding))
}

// IngressQoSMap adds entries that turn the priority code point of a received tag,
// 0 to 7, into the priority of the packet; one to 0 removes an entry, and those
// not named stay (IFLA_VLAN_INGRESS_QOS).
func (v *VLAN) IngressQoSMap(entries map[uint32]uint32) *VLAN {
	if len(entries) == 0 {
		return v
	}
	v.info.IngressQoSMap = merged(v.info.IngressQoSMap, entries)
	return v.with(uapi.IFLA_VLAN_INGRESS_QOS)
}

// EgressQoSMap adds entries that turn the priority of a packet into the priority
// code point of the tag, 0 to 7; one to 0 removes an entry, and those not named
// stay (IFLA_VLAN_EGRESS_QOS).
func (v *VLAN) EgressQoSMap(entries map[uint32]uint32) *VLAN {
	if len(entries) == 0 {
		return v
	}
	v.info.EgressQoSMap = merged(v.info.EgressQoSMap, entries)
	return v.with(uapi.IFLA_VLAN_EGRESS_QOS)
}

// merged returns a map with the entries of both; clones of a builder share the
// first, which therefore does not change.
func merged(old, entries map[uint32]uint32) map[uint32]uint32 {
	all := make(map[uint32]uint32, len(old)+len(entries))
	maps.Copy(all, old)
	maps.Copy(all, entries)
	return all
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
