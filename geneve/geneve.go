// Package geneve makes GENEVE links: Ethernet or IP through UDP, RFC 8926.
package geneve

import "github.com/iplink-go/iplink"

// Policies for the don't-fragment bit of the outer IPv4 packet.
const (
	DFUnset   = iplink.GeneveDFUnset   // never
	DFSet     = iplink.GeneveDFSet     // always
	DFInherit = iplink.GeneveDFInherit // as in the inner packet
)
