// Package gretap makes gretap links: Ethernet in GRE over IPv4, RFC 2784.
package gretap

import "github.com/iplink-go/iplink"

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
