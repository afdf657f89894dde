package ip6gretap

import (
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes an ip6gretap link: Ethernet in GRE over IPv6, RFC 7676 and RFC
// 2890. It sends from the namespace of the link. A change keeps the MTU and all other
// settings.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the ip6gretap link with the given name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindIP6GRETap, name, new(iplink.IP6GREInfo))
	return b
}

// Info returns the link's own ip6gretap settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.IP6GREInfo, bool) {
	info, ok := link.Info.(*iplink.IP6GREInfo)
	return info, ok && link.Kind == iplink.KindIP6GRETap
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.IP6GREInfo {
	return own.Put[iplink.IP6GREInfo](b.Own(b), number)
}

// Local sets the address of this end, an IPv6 address; the unspecified address, the
// default, lets the kernel choose (IFLA_GRE_LOCAL).
func (b *Builder) Local(addr netip.Addr) *Builder {
	b.set(uapi.IFLA_GRE_LOCAL).Local = addr
	return b
}

// Remote sets the address of the other end, or a group, an IPv6 address; the unspecified
// address, the default, stands for any (IFLA_GRE_REMOTE).
func (b *Builder) Remote(addr netip.Addr) *Builder {
	b.set(uapi.IFLA_GRE_REMOTE).Remote = addr
	return b
}

// Dev names the link that the outer packets leave by, in the namespace of the tunnel; by
// default the routing table chooses it (IFLA_GRE_LINK).
func (b *Builder) Dev(name string) *Builder {
	b.Own(b).Refer(uapi.IFLA_GRE_LINK, name)
	return b
}

// DevIndex is like Dev, but takes the index; 0 stands for none.
func (b *Builder) DevIndex(index int) *Builder {
	b.set(uapi.IFLA_GRE_LINK).Dev = index
	return b
}

// FwMark sets the mark that routes the outer packets, in place of FwMarkInherit; 0, the
// default, means no mark (IFLA_GRE_FWMARK).
func (b *Builder) FwMark(mark uint32) *Builder {
	b.set(uapi.IFLA_GRE_FWMARK).FwMark = mark
	b.set(own.TunnelFwMarkInherit).FwMarkInherit = false
	return b
}

// FwMarkInherit routes the outer packet by the mark of the inner one, in place of FwMark
// (IP6_TNL_F_USE_ORIG_FWMARK in IFLA_GRE_FLAGS).
func (b *Builder) FwMarkInherit() *Builder {
	b.set(own.TunnelFwMarkInherit).FwMarkInherit = true
	b.set(uapi.IFLA_GRE_FWMARK).FwMark = 0
	return b
}

// Key sets the key of received and sent packets; NoKey takes it away (IFLA_GRE_IKEY,
// IFLA_GRE_OKEY).
func (b *Builder) Key(key uint32) *Builder {
	return b.IKey(key).OKey(key)
}

// NoKey makes received and sent packets have no key, which is the default.
func (b *Builder) NoKey() *Builder {
	b.IKey(0).OKey(0)
	b.set(own.TunnelIKeyed).IKeyed = false
	b.set(own.TunnelOKeyed).OKeyed = false
	return b
}

// IKey sets the key of received packets (IFLA_GRE_IKEY, and GRE_KEY in IFLA_GRE_IFLAGS).
func (b *Builder) IKey(key uint32) *Builder {
	b.set(uapi.IFLA_GRE_IKEY).IKey = key
	b.set(own.TunnelIKeyed).IKeyed = true
	return b
}

// OKey sets the key of sent packets (IFLA_GRE_OKEY, and GRE_KEY in IFLA_GRE_OFLAGS).
func (b *Builder) OKey(key uint32) *Builder {
	b.set(uapi.IFLA_GRE_OKEY).OKey = key
	b.set(own.TunnelOKeyed).OKeyed = true
	return b
}

// Seq makes sent packets have sequence numbers, and accepts received ones only in
// sequence; ISeq(false) and OSeq(false) take it back (GRE_SEQ in IFLA_GRE_IFLAGS,
// IFLA_GRE_OFLAGS).
func (b *Builder) Seq() *Builder {
	return b.ISeq(true).OSeq(true)
}

// ISeq sets whether received packets need sequence numbers; off by default (GRE_SEQ in
// IFLA_GRE_IFLAGS).
func (b *Builder) ISeq(on bool) *Builder {
	b.set(own.TunnelISeq).ISeq = on
	return b
}

// OSeq sets whether sent packets have sequence numbers; off by default (GRE_SEQ in
// IFLA_GRE_OFLAGS).
func (b *Builder) OSeq(on bool) *Builder {
	b.set(own.TunnelOSeq).OSeq = on
	return b
}

// Csum makes sent packets have checksums, and accepts received ones only with one;
// ICsum(false) and OCsum(false) take it back (GRE_CSUM in IFLA_GRE_IFLAGS,
// IFLA_GRE_OFLAGS).
func (b *Builder) Csum() *Builder {
	return b.ICsum(true).OCsum(true)
}

// ICsum sets whether received packets need checksums; off by default (GRE_CSUM in
// IFLA_GRE_IFLAGS).
func (b *Builder) ICsum(on bool) *Builder {
	b.set(own.TunnelICsum).ICsum = on
	return b
}

// OCsum sets whether sent packets have checksums; off by default (GRE_CSUM in
// IFLA_GRE_OFLAGS).
func (b *Builder) OCsum(on bool) *Builder {
	b.set(own.TunnelOCsum).OCsum = on
	return b
}

// HopLimit sets the hop limit of the outer packet; 0, the default, copies it from the
// inner packet (IFLA_GRE_TTL).
func (b *Builder) HopLimit(hops uint8) *Builder {
	b.set(uapi.IFLA_GRE_TTL).HopLimit = hops
	return b
}

// EncapLimit sets the number of further tunnels that a packet may pass, RFC 2473, in
// place of NoEncapLimit; 0 by default (IFLA_GRE_ENCAP_LIMIT).
func (b *Builder) EncapLimit(tunnels uint8) *Builder {
	b.set(uapi.IFLA_GRE_ENCAP_LIMIT).EncapLimit = tunnels
	b.set(own.TunnelNoEncapLimit).NoEncapLimit = false
	return b
}

// NoEncapLimit sends packets without an encapsulation limit, 8 bytes less, in place of
// EncapLimit (IP6_TNL_F_IGN_ENCAP_LIMIT in IFLA_GRE_FLAGS).
func (b *Builder) NoEncapLimit() *Builder {
	b.set(own.TunnelNoEncapLimit).NoEncapLimit = true
	b.Own(b).Set.Remove(uapi.IFLA_GRE_ENCAP_LIMIT)
	return b
}

// TClass sets the traffic class of the outer packet, in place of TClassInherit; 0 by
// default (IFLA_GRE_FLOWINFO).
func (b *Builder) TClass(class uint8) *Builder {
	b.set(own.TunnelTClass).TClass = class
	b.set(own.TunnelTClassInherit).TClassInherit = false
	return b
}

// TClassInherit copies the traffic class from the inner packet, in place of TClass
// (IP6_TNL_F_USE_ORIG_TCLASS in IFLA_GRE_FLAGS).
func (b *Builder) TClassInherit() *Builder {
	b.set(own.TunnelTClassInherit).TClassInherit = true
	b.Own(b).Set.Remove(own.TunnelTClass)
	return b
}

// FlowLabel sets the flow label of the outer packet, 0 to 0xfffff, in place of
// FlowLabelInherit; 0 by default (IFLA_GRE_FLOWINFO).
func (b *Builder) FlowLabel(label uint32) *Builder {
	b.set(own.TunnelFlowLabel).FlowLabel = label
	b.set(own.TunnelLabelInherit).FlowLabelInherit = false
	return b
}

// FlowLabelInherit copies the flow label from the inner packet, in place of FlowLabel
// (IP6_TNL_F_USE_ORIG_FLOWLABEL in IFLA_GRE_FLAGS).
func (b *Builder) FlowLabelInherit() *Builder {
	b.set(own.TunnelLabelInherit).FlowLabelInherit = true
	b.Own(b).Set.Remove(own.TunnelFlowLabel)
	return b
}

// DSCPInherit copies the traffic class of a received outer packet to the inner one;
// NoDSCPInherit, the default, takes it back (IP6_TNL_F_RCV_DSCP_COPY in IFLA_GRE_FLAGS).
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
// (IP6_TNL_F_ALLOW_LOCAL_REMOTE in IFLA_GRE_FLAGS).
func (b *Builder) AllowLocalRemote(on bool) *Builder {
	b.set(own.TunnelAllowLocalRemote).AllowLocalRemote = on
	return b
}

// MIP6 marks the link as one of Mobile IPv6; off by default (IP6_TNL_F_MIP6_DEV in
// IFLA_GRE_FLAGS).
func (b *Builder) MIP6(on bool) *Builder {
	b.set(own.TunnelMIP6).MIP6 = on
	return b
}

// Encap sets the UDP encapsulation of the outer packets, such as FOU(5555); the zero
// TunnelEncap, the default, means no UDP. The kernel needs the module fou6, which it
// does not load by itself, and the receiver a port of package fou (IFLA_GRE_ENCAP_TYPE,
// IFLA_GRE_ENCAP_FLAGS, IFLA_GRE_ENCAP_SPORT, IFLA_GRE_ENCAP_DPORT).
func (b *Builder) Encap(encap iplink.TunnelEncap) *Builder {
	for _, number := range []uint16{uapi.IFLA_GRE_ENCAP_TYPE, own.TunnelEncapCsum, own.TunnelEncapCsum6, own.TunnelEncapRemCsum,
		uapi.IFLA_GRE_ENCAP_SPORT, uapi.IFLA_GRE_ENCAP_DPORT} {
		b.set(number).Encap = encap
	}
	return b
}

// External leaves the tunnel's parameters to routes, tc and OVS. A namespace has one
// such link of a kind. It cannot change later (IFLA_GRE_COLLECT_METADATA).
func (b *Builder) External() *Builder {
	b.set(uapi.IFLA_GRE_COLLECT_METADATA).External = true
	return b
}
