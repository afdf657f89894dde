package ipip

import (
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes an ipip link: IPv4, or MPLS, in IPv4, RFC 2003. It sends from the
// namespace of the link. A change keeps the MTU and all other settings.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the ipip link with the given name. The kernel refuses one
// that equals its fallback device tunl0, which has no addresses.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindIPIP, name, &iplink.IPIPInfo{Mode: IPIP})
	return b
}

// Info returns the link's own ipip settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.IPIPInfo, bool) {
	info, ok := link.Info.(*iplink.IPIPInfo)
	return info, ok
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.IPIPInfo {
	return own.Put[iplink.IPIPInfo](b.Own(b), number)
}

// Local sets the address of this end, an IPv4 address; the unspecified address, the
// default, lets the kernel choose (IFLA_IPTUN_LOCAL).
func (b *Builder) Local(addr netip.Addr) *Builder {
	b.set(uapi.IFLA_IPTUN_LOCAL).Local = addr
	return b
}

// Remote sets the address of the other end, an IPv4 address; the unspecified address,
// the default, stands for any (IFLA_IPTUN_REMOTE). It cannot change later between none,
// one end and a group.
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

// FwMark sets the mark that routes the outer packets; 0, the default, means no mark
// (IFLA_IPTUN_FWMARK).
func (b *Builder) FwMark(mark uint32) *Builder {
	b.set(uapi.IFLA_IPTUN_FWMARK).FwMark = mark
	return b
}

// Mode sets the protocol of the inner packets, IPIP by default. It cannot change later
// (IFLA_IPTUN_PROTO).
func (b *Builder) Mode(mode iplink.IPIPMode) *Builder {
	b.set(uapi.IFLA_IPTUN_PROTO).Mode = mode
	return b
}

// TTL sets the time to live of the outer packet; 0, the default, copies it from the
// inner packet (IFLA_IPTUN_TTL).
func (b *Builder) TTL(hops uint8) *Builder {
	b.set(uapi.IFLA_IPTUN_TTL).TTL = hops
	return b
}

// TOS sets the type of service of the outer packet, 0 by default; 1 copies it from the
// inner packet (IFLA_IPTUN_TOS).
func (b *Builder) TOS(tos uint8) *Builder {
	b.set(uapi.IFLA_IPTUN_TOS).TOS = tos
	return b
}

// TOSInherit copies the type of service from the inner packet, as TOS(1) does
// (IFLA_IPTUN_TOS).
func (b *Builder) TOSInherit() *Builder {
	return b.TOS(1)
}

// PMTUDiscovery sets whether the outer packet has the don't-fragment bit as path MTU
// discovery needs it; on by default. Without it the bit is copied from an inner IPv4
// packet, and clear around others. It can be off only with TTL(0)
// (IFLA_IPTUN_PMTUDISC).
func (b *Builder) PMTUDiscovery(on bool) *Builder {
	b.set(uapi.IFLA_IPTUN_PMTUDISC).PMTUDiscovery = on
	return b
}

// Encap sets the UDP encapsulation of the outer packets, such as FOU(5555); the zero
// TunnelEncap, the default, means no UDP. The kernel needs the module fou, which it does
// not load by itself, and the receiver a port of package fou (IFLA_IPTUN_ENCAP_TYPE,
// IFLA_IPTUN_ENCAP_FLAGS, IFLA_IPTUN_ENCAP_SPORT, IFLA_IPTUN_ENCAP_DPORT).
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
