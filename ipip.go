package iplink

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var ipipKind = kind{
	config:      "NET_IPIP",
	info:        func() info { return new(IPIPInfo) },
	start:       func() info { return &IPIPInfo{Mode: IPIPModeIPIP} },
	wholeChange: true,
	address:     noAddress,
	addrLen:     4,
	fallback:    "tunl0",
	spelled:     attr.SetOf(uapi.IFLA_IPTUN_PROTO),
	fixed:       tunnelFixed(uapi.IFLA_IPTUN_REMOTE),
	defaults:    tunnelDefaults + " " + withoutARP,
}

// IPIPInfo is the kernel's report of an ipip link, RFC 2003.
type IPIPInfo struct {
	Tunnel
	TunnelIPv4
	// Mode is the protocol of the inner packets (IFLA_IPTUN_PROTO).
	Mode IPIPMode
}

func (v *IPIPInfo) attrs(c *attr.Codec) {
	attr.Enum(c.CreateOnly().Takes("ip4ip4=4 ipv4/ipv4=4 any/ipv4=0 mpls/ipv4=137"), uapi.IFLA_IPTUN_PROTO, "mode", &v.Mode, ipipModes)
	v.Tunnel.ends(c, ipTunnel, attr.Addr4)
	v.TunnelIPv4.attrs(c, ipTunnel)
	v.Encap.attrs(c, ipTunnel)
	attr.Flag(c.CreateOnly(), uapi.IFLA_IPTUN_COLLECT_METADATA, "external", &v.External)
}

// ipDefaults leaves the mode of a new builder.
func (v *IPIPInfo) ipDefaults(attr.Set) {}

// An IPIPMode is the protocol of the packets inside a tunnel over IPv4.
type IPIPMode uint8

// Protocols inside a tunnel over IPv4.
const (
	IPIPModeAny    IPIPMode = 0   // all that the driver knows
	IPIPModeIPIP   IPIPMode = 4   // IPv4
	IPIPModeIP6IP  IPIPMode = 41  // IPv6, only of sit links
	IPIPModeMPLSIP IPIPMode = 137 // MPLS
)

var (
	ipipModes = attr.Words{0: "any", 4: "ipip", 137: "mplsip"}
	sitModes  = attr.Words{0: "any", 4: "ipip", 41: "ip6ip", 137: "mplsip"}
)

// String returns the word of iproute2.
func (m IPIPMode) String() string {
	return attr.Word(sitModes, m)
}

// MarshalText returns the result of String.
func (m IPIPMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *IPIPMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(sitModes, "IPIP mode", text, m)
}

// validate applies the rules of the ipip driver.
func (v *IPIPInfo) validate(_ string, s *spec) error {
	if fault := v.externalFault(s, ipTunnel); fault != nil {
		return fault
	}
	if fault := v.encapFault(s, ipTunnel); fault != nil {
		return fault
	}
	return pmtuFault(s, 0)
}

func (v *IPIPInfo) outer() *TunnelIPv4 { return &v.TunnelIPv4 }

// overIPv4 is the info of a tunnel over IPv4.
type overIPv4 interface{ outer() *TunnelIPv4 }

// pmtuFault rejects a tunnel that clears the don't-fragment bit and has a TTL: the kernel
// sets the bit all the same. initial is the kernel's default of the TTL.
func pmtuFault(s *spec, initial uint8) error {
	ttl := now(s, uapi.IFLA_IPTUN_TTL, func(v overIPv4) uint8 { return v.outer().TTL }, initial)
	pmtu := now(s, uapi.IFLA_IPTUN_PMTUDISC, func(v overIPv4) bool { return v.outer().PMTUDiscovery }, true)
	if pmtu || ttl == 0 || !s.Set.Has(uapi.IFLA_IPTUN_PMTUDISC) && !s.Set.Has(uapi.IFLA_IPTUN_TTL) {
		return nil
	}
	return &attr.Error{Name: "pmtudisc", Text: "the kernel turns it off only with TTL(0), which copies the TTL of the inner packet"}
}
