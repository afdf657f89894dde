// Package erspan makes erspan links: mirrored Ethernet frames in GRE over IPv4.
package erspan

import "github.com/iplink-go/iplink"

// Directions of mirrored frames.
const (
	Ingress = iplink.ERSPANIngress // received
	Egress  = iplink.ERSPANEgress  // sent
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
