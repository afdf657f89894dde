// Package sit makes sit links: IPv6 in IPv4, RFC 4213, with ISATAP and 6rd.
package sit

import "github.com/iplink-go/iplink"

// Protocols of the inner packets.
const (
	Any    = iplink.IPIPModeAny    // all that the driver knows
	IPIP   = iplink.IPIPModeIPIP   // IPv4
	IP6IP  = iplink.IPIPModeIP6IP  // IPv6
	MPLSIP = iplink.IPIPModeMPLSIP // MPLS
)

// FOU returns the encapsulation in UDP alone, to a port of the receiver. The source port
// depends on the flow of the inner packet.
func FOU(port uint16) iplink.TunnelEncap {
	return iplink.TunnelEncap{Type: iplink.TunnelEncapFOU, DestPort: port}
}

// GUE returns the generic UDP encapsulation to a port of the receiver. The source port
// depends on the flow of the inner packet.
func GUE(port uint16) iplink.TunnelEncap {
	return iplink.TunnelEncap{Type: iplink.TunnelEncapGUE, DestPort: port}
}
