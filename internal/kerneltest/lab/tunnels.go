package lab

import (
	"net/netip"

	"github.com/iplink-go/iplink"
)

// EndsBuilder has the setters of the ends of all IP tunnels.
type EndsBuilder[B any] interface {
	iplink.Spec
	Index(int) B
	Local(netip.Addr) B
	Remote(netip.Addr) B
	Dev(string) B
	DevIndex(int) B
	FwMark(uint32) B
}

// TunnelBuilder has the setters of all IP tunnels but vti and vti6.
type TunnelBuilder[B any] interface {
	EndsBuilder[B]
	Encap(iplink.TunnelEncap) B
	Addr(...netip.Prefix) B
	Up() B
}

// TunnelOver4 has the setters of tunnels over IPv4.
type TunnelOver4[B any] interface {
	TunnelBuilder[B]
	TTL(uint8) B
	TOS(uint8) B
	PMTUDiscovery(bool) B
}

// TunnelOver6 has the setters of tunnels over IPv6.
type TunnelOver6[B any] interface {
	TunnelBuilder[B]
	HopLimit(uint8) B
	EncapLimit(uint8) B
	NoEncapLimit() B
	TClass(uint8) B
	TClassInherit() B
	FlowLabel(uint32) B
	FlowLabelInherit() B
	FwMarkInherit() B
	DSCPInherit() B
	AllowLocalRemote(bool) B
	MIP6(bool) B
}

// WithExternal has the setter of tunnels that take their parameters from elsewhere.
type WithExternal[B any] interface{ External() B }

// WithIgnoreDF has the setter of tunnels with GRE over IPv4.
type WithIgnoreDF[B any] interface{ IgnoreDF(bool) B }

// WithKeys has the setters of the keys of GRE.
type WithKeys[B any] interface {
	Key(uint32) B
	NoKey() B
	IKey(uint32) B
	OKey(uint32) B
	ISeq(bool) B
	OSeq(bool) B
	ICsum(bool) B
	OCsum(bool) B
}

// Mirroring has the setters of ERSPAN.
type Mirroring[B any] interface {
	TunnelBuilder[B]
	Key(uint32) B
	IKey(uint32) B
	OKey(uint32) B
	Version(uint8) B
	SessionIndex(uint32) B
	Direction(iplink.ERSPANDirection) B
	HWID(uint16) B
}
