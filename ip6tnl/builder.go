package ip6tnl

import (
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes an ip6tnl link: IPv4 and IPv6 in IPv6, RFC 2473. It sends from the
// namespace of the link. A change keeps the MTU and all other settings.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the ip6tnl link with the given name. The kernel refuses
// one that equals its fallback device ip6tnl0, which has no addresses.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindIP6Tnl, name, new(iplink.IP6TnlInfo))
	return b
}

// Info returns the link's own ip6tnl settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.IP6TnlInfo, bool) {
	info, ok := link.Info.(*iplink.IP6TnlInfo)
	return info, ok
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.IP6TnlInfo {
	return own.Put[iplink.IP6TnlInfo](b.Own(b), number)
}

// Local sets the address of this end, an IPv6 address; the unspecified address, the
// default, lets the kernel choose (IFLA_IPTUN_LOCAL).
func (b *Builder) Local(addr netip.Addr) *Builder {
	b.set(uapi.IFLA_IPTUN_LOCAL).Local = addr
	return b
}

// Remote sets the address of the other end, an IPv6 address; the unspecified address,
// the default, stands for any (IFLA_IPTUN_REMOTE).
func (b *Builder) Remote(addr netip.Addr) *Builder {
	b.set(uapi.IFLA_IPTUN_REMOTE).Remote = addr
	return b
}

// Dev names the link that the outer packets leave by, in the namespace of the tunnel; by
// default the routing table chooses it (IFLA_IPTUN_LINK).
func (b *Builder) Dev(name string) *Builder {
	b.Own(b).Refer(uapi.IFLA_IPTUN_LINK, name)
	return b
}

// DevIndex is like Dev, but takes the index; 0 stands for none.
func (b *Builder) DevIndex(index int) *Builder {
	b.set(uapi.IFLA_IPTUN_LINK).Dev = index
	return b
}

// FwMark sets the mark that routes the outer packets, in place of FwMarkInherit; 0, the
// default, means no mark (IFLA_IPTUN_FWMARK).
func (b *Builder) FwMark(mark uint32) *Builder {
	b.set(uapi.IFLA_IPTUN_FWMARK).FwMark = mark
	b.set(own.TunnelFwMarkInherit).FwMarkInherit = false
	return b
}

// FwMarkInherit routes the outer packet by the mark of the inner one, in place of FwMark
// (IP6_TNL_F_USE_ORIG_FWMARK in IFLA_IPTUN_FLAGS).
func (b *Builder) FwMarkInherit() *Builder {
	b.set(own.TunnelFwMarkInherit).FwMarkInherit = true
	b.set(uapi.IFLA_IPTUN_FWMARK).FwMark = 0
	return b
}

// Mode sets the protocol of the inner packets, Any by default (IFLA_IPTUN_PROTO).
func (b *Builder) Mode(mode iplink.IP6TnlMode) *Builder {
	b.set(uapi.IFLA_IPTUN_PROTO).Mode = mode
	return b
}

// HopLimit sets the hop limit of the outer packet; 0, the default, copies it from the
// inner packet (IFLA_IPTUN_TTL).
func (b *Builder) HopLimit(hops uint8) *Builder {
	b.set(uapi.IFLA_IPTUN_TTL).HopLimit = hops
	return b
}

// EncapLimit sets the number of further tunnels that a packet may pass, RFC 2473, in
// place of NoEncapLimit; 0 by default (IFLA_IPTUN_ENCAP_LIMIT).
func (b *Builder) EncapLimit(tunnels uint8) *Builder {
	b.set(uapi.IFLA_IPTUN_ENCAP_LIMIT).EncapLimit = tunnels
	b.set(own.TunnelNoEncapLimit).NoEncapLimit = false
	return b
}

// NoEncapLimit sends packets without an encapsulation limit, 8 bytes less, in place of
// EncapLimit (IP6_TNL_F_IGN_ENCAP_LIMIT in IFLA_IPTUN_FLAGS).
func (b *Builder) NoEncapLimit() *Builder {
	b.set(own.TunnelNoEncapLimit).NoEncapLimit = true
	b.Own(b).Set.Remove(uapi.IFLA_IPTUN_ENCAP_LIMIT)
	return b
}

// TClass sets the traffic class of the outer packet, in place of TClassInherit; 0 by
// default (IFLA_IPTUN_FLOWINFO).
func (b *Builder) TClass(class uint8) *Builder {
	b.set(own.TunnelTClass).TClass = class
	b.set(own.TunnelTClassInherit).TClassInherit = false
	return b
}

// TClassInherit copies the traffic class from the inner packet, in place of TClass
// (IP6_TNL_F_USE_ORIG_TCLASS in IFLA_IPTUN_FLAGS).
func (b *Builder) TClassInherit() *Builder {
	b.set(own.TunnelTClassInherit).TClassInherit = true
	b.Own(b).Set.Remove(own.TunnelTClass)
	return b
}

// FlowLabel sets the flow label of the outer packet, 0 to 0xfffff, in place of
// FlowLabelInherit; 0 by default (IFLA_IPTUN_FLOWINFO).
func (b *Builder) FlowLabel(label uint32) *Builder {
	b.set(own.TunnelFlowLabel).FlowLabel = label
	b.set(own.TunnelLabelInherit).FlowLabelInherit = false
	return b
}

// FlowLabelInherit copies the flow label from the inner packet, in place of FlowLabel
// (IP6_TNL_F_USE_ORIG_FLOWLABEL in IFLA_IPTUN_FLAGS).
func (b *Builder) FlowLabelInherit() *Builder {
	b.set(own.TunnelLabelInherit).FlowLabelInherit = true
	b.Own(b).Set.Remove(own.TunnelFlowLabel)
	return b
}

// DSCPInherit copies the traffic class of a received outer packet to the inner one;
// NoDSCPInherit, the default, takes it back (IP6_TNL_F_RCV_DSCP_COPY in
// IFLA_IPTUN_FLAGS).
func (b *Builder) DSCPInherit() *Builder {
	b.set(own.TunnelDSCPInherit).DSCPInherit = true
	return b
}

// NoDSCPInherit leaves the traffic class of a received inner packet alone.
func (b *Builder) NoDSCPInherit() *Builder {
	b.set(own.TunnelDSCPInherit).DSCPInherit = false
	return b
}

// AllowLocalRemote sets whether Remote may be an address of this machine; off by default
// (IP6_TNL_F_ALLOW_LOCAL_REMOTE in IFLA_IPTUN_FLAGS).
func (b *Builder) AllowLocalRemote(on bool) *Builder {
	b.set(own.TunnelAllowLocalRemote).AllowLocalRemote = on
	return b
}

// MIP6 marks the link as one of Mobile IPv6; off by default (IP6_TNL_F_MIP6_DEV in
// IFLA_IPTUN_FLAGS).
func (b *Builder) MIP6(on bool) *Builder {
	b.set(own.TunnelMIP6).MIP6 = on
	return b
}

// Encap sets the UDP encapsulation of the outer packets, such as FOU(5555); the zero
// TunnelEncap, the default, means no UDP. The kernel needs the module fou6, which it
// does not load by itself, and the receiver a port of package fou
// (IFLA_IPTUN_ENCAP_TYPE, IFLA_IPTUN_ENCAP_FLAGS, IFLA_IPTUN_ENCAP_SPORT,
// IFLA_IPTUN_ENCAP_DPORT).
func (b *Builder) Encap(encap iplink.TunnelEncap) *Builder {
	for _, number := range []uint16{uapi.IFLA_IPTUN_ENCAP_TYPE, own.TunnelEncapCsum, own.TunnelEncapCsum6, own.TunnelEncapRemCsum,
		uapi.IFLA_IPTUN_ENCAP_SPORT, uapi.IFLA_IPTUN_ENCAP_DPORT} {
		b.set(number).Encap = encap
	}
	return b
}

// External leaves the tunnel's parameters to routes, tc and OVS. A namespace has one
// such link of a kind. It cannot change later (IFLA_IPTUN_COLLECT_METADATA).
func (b *Builder) External() *Builder {
	b.set(uapi.IFLA_IPTUN_COLLECT_METADATA).External = true
	return b
}
