package vlan

import (
	"maps"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a VLAN link. It carries, untagged, the frames that its parent
// carries with one tag.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the VLAN link with the given name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindVLAN, name, new(iplink.VLANInfo))
	return b
}

// Info returns the link's own VLAN settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.VLANInfo, bool) {
	info, ok := link.Info.(*iplink.VLANInfo)
	return info, ok
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.VLANInfo {
	return own.Put[iplink.VLANInfo](b.Own(b), number)
}

// ID sets the VLAN identifier, 0 to 4094; 0 is for frames with a priority but
// without a VLAN. Create requires it, and it cannot change later (IFLA_VLAN_ID).
func (b *Builder) ID(id uint16) *Builder {
	b.set(uapi.IFLA_VLAN_ID).ID = id
	return b
}

// Protocol sets the tag protocol identifier, IEEE8021Q by default. It cannot
// change later (IFLA_VLAN_PROTOCOL).
func (b *Builder) Protocol(p iplink.VLANProtocol) *Builder {
	b.set(uapi.IFLA_VLAN_PROTOCOL).Protocol = p
	return b
}

// ReorderHdr removes the tag from received frames before programs see them; on by
// default (VLAN_FLAG_REORDER_HDR).
func (b *Builder) ReorderHdr(on bool) *Builder {
	b.set(attr.Bit(uapi.VLAN_FLAG_REORDER_HDR_BIT)).ReorderHdr = on
	return b
}

// GVRP announces the VLAN through the GARP VLAN registration protocol; off by
// default (VLAN_FLAG_GVRP).
func (b *Builder) GVRP(on bool) *Builder {
	b.set(attr.Bit(uapi.VLAN_FLAG_GVRP_BIT)).GVRP = on
	return b
}

// MVRP announces the VLAN through the multiple VLAN registration protocol of IEEE
// 802.1Q; off by default (VLAN_FLAG_MVRP).
func (b *Builder) MVRP(on bool) *Builder {
	b.set(attr.Bit(uapi.VLAN_FLAG_MVRP_BIT)).MVRP = on
	return b
}

// LooseBinding keeps the link up, and allows it to come up, while its parent is
// down; off by default (VLAN_FLAG_LOOSE_BINDING).
func (b *Builder) LooseBinding(on bool) *Builder {
	b.set(attr.Bit(uapi.VLAN_FLAG_LOOSE_BINDING_BIT)).LooseBinding = on
	return b
}

// BridgeBinding gives the link a carrier only while a port of its parent is up in
// the VLAN. The parent must be a bridge. It is off by default
// (VLAN_FLAG_BRIDGE_BINDING).
func (b *Builder) BridgeBinding(on bool) *Builder {
	b.set(attr.Bit(uapi.VLAN_FLAG_BRIDGE_BINDING_BIT)).BridgeBinding = on
	return b
}

// IngressQoSMap adds entries that map the priority code point of a received tag, 0
// to 7, to the priority of the packet. The value 0 removes an entry. Other entries
// do not change (IFLA_VLAN_INGRESS_QOS).
func (b *Builder) IngressQoSMap(entries map[uint32]uint32) *Builder {
	if len(entries) == 0 {
		return b
	}
	info := b.set(uapi.IFLA_VLAN_INGRESS_QOS)
	info.IngressQoSMap = merged(info.IngressQoSMap, entries)
	return b
}

// EgressQoSMap adds entries that map the priority of a packet to the priority code
// point of the tag, 0 to 7. The value 0 removes an entry. Other entries do not
// change (IFLA_VLAN_EGRESS_QOS).
func (b *Builder) EgressQoSMap(entries map[uint32]uint32) *Builder {
	if len(entries) == 0 {
		return b
	}
	info := b.set(uapi.IFLA_VLAN_EGRESS_QOS)
	info.EgressQoSMap = merged(info.EgressQoSMap, entries)
	return b
}

// OnlyIngressQoSMap sets the entries that map the priority code point of a received
// tag, 0 to 7, to the priority of the packet, and removes all others; without entries
// every packet has the priority 0, which is the default. It replaces the entries of
// earlier calls (IFLA_VLAN_INGRESS_QOS).
func (b *Builder) OnlyIngressQoSMap(entries map[uint32]uint32) *Builder {
	b.set(uapi.IFLA_VLAN_INGRESS_QOS).IngressQoSMap = maps.Clone(entries)
	b.Own(b).Only.Add(uapi.IFLA_VLAN_INGRESS_QOS)
	return b
}

// OnlyEgressQoSMap sets the entries that map the priority of a packet to the priority
// code point of the tag, 0 to 7, and removes all others; without entries every tag has
// the code point 0, which is the default. It replaces the entries of earlier calls.
// The kernel has no request that replaces a map, so the call reads the entries and
// sends the removal of those that are not wanted; both lists together have at most 5460
// entries (IFLA_VLAN_EGRESS_QOS).
func (b *Builder) OnlyEgressQoSMap(entries map[uint32]uint32) *Builder {
	b.set(uapi.IFLA_VLAN_EGRESS_QOS).EgressQoSMap = maps.Clone(entries)
	b.Own(b).Only.Add(uapi.IFLA_VLAN_EGRESS_QOS)
	return b
}

// merged returns a new map with the entries of both. It does not change old, which
// clones of a builder share.
func merged(old, entries map[uint32]uint32) map[uint32]uint32 {
	all := make(map[uint32]uint32, len(old)+len(entries))
	maps.Copy(all, old)
	maps.Copy(all, entries)
	return all
}
