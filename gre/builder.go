package gre

import (
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a gre link: IP in GRE over IPv4, RFC 2784 and RFC 2890. It sends
// from the namespace of the link. A change keeps the MTU and all other settings.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the gre link with the given name. The kernel refuses one
// that equals its fallback device gre0, which has no addresses.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindGRE, name, new(iplink.GREInfo))
	return b
}

// Info returns the link's own gre settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.GREInfo, bool) {
	info, ok := link.Info.(*iplink.GREInfo)
	return info, ok && link.Kind == iplink.KindGRE
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.GREInfo {
	return own.Put[iplink.GREInfo](b.Own(b), number)
}

// Local sets the address of this end, an IPv4 address; the unspecified address, the
// default, lets the kernel choose (IFLA_GRE_LOCAL).
func (b *Builder) Local(addr netip.Addr) *Builder {
	b.set(uapi.IFLA_GRE_LOCAL).Local = addr
	return b
}

// Remote sets the address of the other end, or a group, an IPv4 address; the unspecified
// address, the default, stands for any (IFLA_GRE_REMOTE). It cannot change later between
// none, one end and a group.
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

// FwMark sets the mark that routes the outer packets; 0, the default, means no mark
// (IFLA_GRE_FWMARK).
func (b *Builder) FwMark(mark uint32) *Builder {
	b.set(uapi.IFLA_GRE_FWMARK).FwMark = mark
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

// TTL sets the time to live of the outer packet; 0, the default, copies it from the
// inner packet (IFLA_GRE_TTL).
func (b *Builder) TTL(hops uint8) *Builder {
	b.set(uapi.IFLA_GRE_TTL).TTL = hops
	return b
}

// TOS sets the type of service of the outer packet, 0 by default; 1 copies it from the
// inner packet (IFLA_GRE_TOS).
func (b *Builder) TOS(tos uint8) *Builder {
	b.set(uapi.IFLA_GRE_TOS).TOS = tos
	return b
}

// TOSInherit copies the type of service from the inner packet, as TOS(1) does
// (IFLA_GRE_TOS).
func (b *Builder) TOSInherit() *Builder {
	return b.TOS(1)
}

// PMTUDiscovery sets whether the outer packet has the don't-fragment bit as path MTU
// discovery needs it; on by default. Without it the bit is copied from an inner IPv4
// packet, unless IgnoreDF is set, and clear around others (IFLA_GRE_PMTUDISC).
func (b *Builder) PMTUDiscovery(on bool) *Builder {
	b.set(uapi.IFLA_GRE_PMTUDISC).PMTUDiscovery = on
	return b
}

// IgnoreDF sets whether outer packets are sent in fragments even if the inner packet has
// the don't-fragment bit; off by default. It needs PMTUDiscovery(false)
// (IFLA_GRE_IGNORE_DF).
func (b *Builder) IgnoreDF(on bool) *Builder {
	b.set(uapi.IFLA_GRE_IGNORE_DF).IgnoreDF = on
	return b
}

// Encap sets the UDP encapsulation of the outer packets, such as FOU(5555); the zero
// TunnelEncap, the default, means no UDP. The kernel needs the module fou, which it does
// not load by itself, and the receiver a port of package fou (IFLA_GRE_ENCAP_TYPE,
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
