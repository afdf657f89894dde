// Package ip6tnl makes ip6tnl links: IPv4 or IPv6 in IPv6, RFC 2473.
package ip6tnl

import "github.com/iplink-go/iplink"

// Protocols of the inner packets.
const (
	Any    = iplink.IP6TnlModeAny    // IPv4 and IPv6
	IPIP6  = iplink.IP6TnlModeIPIP6  // IPv4
	IP6IP6 = iplink.IP6TnlModeIP6IP6 // IPv6
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
