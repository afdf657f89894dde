package bareudp

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a bareudp link. It sends and receives through a socket in the
// namespace of the Conn, or in LinkNetNS, even if NetNS puts the link elsewhere. None of
// its settings can change later.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the bareudp link with the given name. It needs a Port and
// an EtherType.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindBareUDP, name, new(iplink.BareUDPInfo))
	return b
}

// Info returns the link's own bareudp settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.BareUDPInfo, bool) {
	info, ok := link.Info.(*iplink.BareUDPInfo)
	return info, ok
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.BareUDPInfo {
	return own.Put[iplink.BareUDPInfo](b.Own(b), number)
}

// Port sets the UDP destination port, 1 to 65535, at which the link also receives. A
// namespace has one bareudp link for a port. It has no default; the registered port of MPLS
// in UDP is 6635. It cannot change later (IFLA_BAREUDP_PORT).
func (b *Builder) Port(udp uint16) *Builder {
	b.set(uapi.IFLA_BAREUDP_PORT).Port = udp
	return b
}

// EtherType sets the protocol of the inner packets, any EtherType, without a default.
// It cannot change later (IFLA_BAREUDP_ETHERTYPE).
func (b *Builder) EtherType(protocol iplink.BareUDPEtherType) *Builder {
	b.set(uapi.IFLA_BAREUDP_ETHERTYPE).EtherType = protocol
	return b
}

// SourcePortMin sets the least UDP source port, 0 to 65535; the greatest one is 65535. The
// default, 0, selects the system's range (net.ipv4.ip_local_port_range). It cannot change
// later (IFLA_BAREUDP_SRCPORT_MIN).
func (b *Builder) SourcePortMin(udp uint16) *Builder {
	b.set(uapi.IFLA_BAREUDP_SRCPORT_MIN).SourcePortMin = udp
	return b
}

// MultiProto carries IPv6 as well in a link for IPv4, and multicast as well in one for
// unicast MPLS; it goes with no other EtherType. It cannot change later
// (IFLA_BAREUDP_MULTIPROTO_MODE).
func (b *Builder) MultiProto() *Builder {
	b.set(uapi.IFLA_BAREUDP_MULTIPROTO_MODE).MultiProto = true
	return b
}
