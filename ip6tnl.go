package iplink

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

var ip6tnlKind = kind{
	config:      "IPV6_TUNNEL",
	info:        func() info { return new(IP6TnlInfo) },
	wholeChange: true,
	address:     noAddress,
	addrLen:     16,
	fallback:    "ip6tnl0",
	spelled:     attr.SetOf(uapi.IFLA_IPTUN_PROTO, uapi.IFLA_IPTUN_TTL, uapi.IFLA_IPTUN_ENCAP_LIMIT),
	defaults:    tunnelDefaults + " " + withoutARP,
}

// IP6TnlInfo is the kernel's report of an ip6tnl link: IPv4 or IPv6 in IPv6, RFC 2473.
type IP6TnlInfo struct {
	Tunnel
	TunnelIPv6
	// Mode is the protocol of the inner packets (IFLA_IPTUN_PROTO).
	Mode IP6TnlMode
}

func (v *IP6TnlInfo) attrs(c *attr.Codec) {
	attr.Enum(c.Takes("ipv6/ipv6=41 ip4ip6=4 ipv4/ipv6=4 any/ipv6=0"), uapi.IFLA_IPTUN_PROTO, "mode", &v.Mode, ip6tnlModes)
	v.Tunnel.ends(c, ipTunnel, attr.Addr6)
	v.TunnelIPv6.attrs(c, ipTunnel)
	v.Encap.attrs(c, ipTunnel)
	attr.Flag(c.CreateOnly(), uapi.IFLA_IPTUN_COLLECT_METADATA, "external", &v.External)
}

// afterWords makes values replace inherited ones.
func (v *IP6TnlInfo) afterWords(s *own.Settings) { v.notInherited(s, ipTunnel) }

// ipDefaults makes a tunnel for IPv6.
func (v *IP6TnlInfo) ipDefaults(missing attr.Set) {
	if missing.Has(uapi.IFLA_IPTUN_PROTO) {
		v.Mode = IP6TnlModeIP6IP6
	}
	v.limits(missing, ipTunnel)
}

// An IP6TnlMode is the protocol of the packets inside an ip6tnl link.
type IP6TnlMode uint8

// Protocols inside an ip6tnl link.
const (
	IP6TnlModeAny    IP6TnlMode = 0  // IPv4 and IPv6
	IP6TnlModeIPIP6  IP6TnlMode = 4  // IPv4
	IP6TnlModeIP6IP6 IP6TnlMode = 41 // IPv6
)

var ip6tnlModes = attr.Words{0: "any", 4: "ipip6", 41: "ip6ip6"}

// String returns the word of iproute2.
func (m IP6TnlMode) String() string {
	return attr.Word(ip6tnlModes, m)
}

// MarshalText returns the result of String.
func (m IP6TnlMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *IP6TnlMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(ip6tnlModes, "ip6tnl mode", text, m)
}

// validate applies the rules of the ip6tnl driver.
func (v *IP6TnlInfo) validate(_ string, s *spec) error {
	if fault := v.externalFault(s, ipTunnel); fault != nil {
		return fault
	}
	if fault := v.encapFault(s, ipTunnel); fault != nil {
		return fault
	}
	return nil
}
