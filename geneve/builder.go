package geneve

import (
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a GENEVE link: Ethernet through UDP, RFC 8926. It sends and
// receives through a socket in the namespace of the Conn, or in LinkNetNS, even if NetNS
// puts the link elsewhere.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the GENEVE link with the given name. It needs a VNI, or
// External.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindGeneve, name, new(iplink.GeneveInfo))
	return b
}

// Info returns the link's own GENEVE settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.GeneveInfo, bool) {
	info, ok := link.Info.(*iplink.GeneveInfo)
	return info, ok
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.GeneveInfo {
	return own.Put[iplink.GeneveInfo](b.Own(b), number)
}

// VNI sets the network identifier, 0 to 16777215. It cannot change later
// (IFLA_GENEVE_ID).
func (b *Builder) VNI(id uint32) *Builder {
	b.set(uapi.IFLA_GENEVE_ID).VNI = id
	return b
}

// Remote sets the other end, a unicast address. Its family cannot change later, and not
// the address either with UDPZeroCSum6Tx or UDPZeroCSum6Rx, which the kernel would turn
// off. The MTU stays when the address changes (IFLA_GENEVE_REMOTE,
// IFLA_GENEVE_REMOTE6).
func (b *Builder) Remote(addr netip.Addr) *Builder {
	b.set(uapi.IFLA_GENEVE_REMOTE).Remote = addr
	return b
}

// Local sets the source address, by default the source address of the route. Its family
// must be the family of Remote. It cannot change later; since Linux 7.2
// (IFLA_GENEVE_LOCAL, IFLA_GENEVE_LOCAL6).
func (b *Builder) Local(addr netip.Addr) *Builder {
	b.set(uapi.IFLA_GENEVE_LOCAL).Local = addr
	return b
}

// Port sets the UDP destination port; 0 selects the default, 6081. It cannot change
// later (IFLA_GENEVE_PORT).
func (b *Builder) Port(udp uint16) *Builder {
	b.set(uapi.IFLA_GENEVE_PORT).Port = udp
	if udp == 0 {
		b.Own(b).Set.Remove(uapi.IFLA_GENEVE_PORT)
	}
	return b
}

// PortRange sets the range of the UDP source port, 1 to 65535 by default. If low equals
// high, the kernel uses the system's range. It cannot change later; since Linux 6.15
// (IFLA_GENEVE_PORT_RANGE).
func (b *Builder) PortRange(low, high uint16) *Builder {
	info := b.set(uapi.IFLA_GENEVE_PORT_RANGE)
	info.PortLow, info.PortHigh = low, high
	return b
}

// TTL sets the time to live of the outer packet, in place of TTLInherit. 0, the default,
// selects the system's default (IFLA_GENEVE_TTL).
func (b *Builder) TTL(hops uint8) *Builder {
	b.set(uapi.IFLA_GENEVE_TTL).TTL = hops
	b.set(uapi.IFLA_GENEVE_TTL_INHERIT).TTLInherit = false
	return b
}

// TTLInherit copies the time to live from the inner packet, in place of TTL; TTL takes
// it back (IFLA_GENEVE_TTL_INHERIT).
func (b *Builder) TTLInherit() *Builder {
	b.set(uapi.IFLA_GENEVE_TTL_INHERIT).TTLInherit = true
	b.Own(b).Set.Remove(uapi.IFLA_GENEVE_TTL)
	return b
}

// TOS sets the type of service of the outer packet, 0 by default; 1 copies it from the
// inner packet (IFLA_GENEVE_TOS).
func (b *Builder) TOS(tos uint8) *Builder {
	b.set(uapi.IFLA_GENEVE_TOS).TOS = tos
	return b
}

// TOSInherit copies the type of service from the inner packet, as TOS(1) does
// (IFLA_GENEVE_TOS).
func (b *Builder) TOSInherit() *Builder {
	return b.TOS(1)
}

// DF sets the policy for the don't-fragment bit of the outer IPv4 packet, DFUnset by
// default (IFLA_GENEVE_DF).
func (b *Builder) DF(df iplink.GeneveDF) *Builder {
	b.set(uapi.IFLA_GENEVE_DF).DF = df
	return b
}

// Label sets the IPv6 flow label of the outer packet, 0 to 0xfffff, 0 by default; only
// over IPv6 (IFLA_GENEVE_LABEL).
func (b *Builder) Label(label uint32) *Builder {
	b.set(uapi.IFLA_GENEVE_LABEL).Label = label
	return b
}

// UDPChecksum sets whether UDP checksums are sent over IPv4; off by default. It cannot
// change later (IFLA_GENEVE_UDP_CSUM).
func (b *Builder) UDPChecksum(on bool) *Builder {
	b.set(uapi.IFLA_GENEVE_UDP_CSUM).UDPChecksum = on
	return b
}

// UDPZeroCSum6Tx omits UDP checksums over IPv6; off by default. It cannot change later
// (IFLA_GENEVE_UDP_ZERO_CSUM6_TX).
func (b *Builder) UDPZeroCSum6Tx(on bool) *Builder {
	b.set(uapi.IFLA_GENEVE_UDP_ZERO_CSUM6_TX).UDPZeroCSum6Tx = on
	return b
}

// UDPZeroCSum6Rx accepts packets without UDP checksums over IPv6; off by default. It
// cannot change later (IFLA_GENEVE_UDP_ZERO_CSUM6_RX).
func (b *Builder) UDPZeroCSum6Rx(on bool) *Builder {
	b.set(uapi.IFLA_GENEVE_UDP_ZERO_CSUM6_RX).UDPZeroCSum6Rx = on
	return b
}

// External leaves the tunnel's parameters to routes, tc and OVS. The kernel changes no
// setting of such a link later, and not this one either (IFLA_GENEVE_COLLECT_METADATA).
func (b *Builder) External() *Builder {
	b.set(uapi.IFLA_GENEVE_COLLECT_METADATA).External = true
	return b
}

// InnerProtoInherit carries IP packets without Ethernet headers, and the link has no
// link-layer address. It cannot change later (IFLA_GENEVE_INNER_PROTO_INHERIT).
func (b *Builder) InnerProtoInherit() *Builder {
	b.set(uapi.IFLA_GENEVE_INNER_PROTO_INHERIT).InnerProtoInherit = true
	return b
}

// GROHint adds an option to packets that lets the receiver merge more of them. It cannot
// change later; since Linux 7.0 (IFLA_GENEVE_GRO_HINT).
func (b *Builder) GROHint() *Builder {
	b.set(uapi.IFLA_GENEVE_GRO_HINT).GROHint = true
	return b
}
