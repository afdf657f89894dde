// Package bareudp makes bareudp links: packets of one protocol, such as MPLS, in UDP
// without a header in between, RFC 7510.
//
// The link has no other end of its own. A route with an encapsulation (ip route … encap
// ip dst ADDRESS dev bareudp0), or tc with act_tunnel_key, says where each packet goes.
package bareudp

import "github.com/iplink-go/iplink"

// Protocols of the inner packets.
const (
	IPv4          = iplink.BareUDPIPv4          // 0x0800
	IPv6          = iplink.BareUDPIPv6          // 0x86dd
	MPLSUnicast   = iplink.BareUDPMPLSUnicast   // 0x8847
	MPLSMulticast = iplink.BareUDPMPLSMulticast // 0x8848
)
