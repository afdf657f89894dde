// Package amt makes amt links, automatic multicast tunneling, RFC 7450: a gateway in a
// network without multicast asks a relay for groups, and the relay sends them in UDP.
package amt

import "github.com/iplink-go/iplink"

// Ends of a tunnel.
const (
	Gateway = iplink.AMTGateway // asks a relay for multicast
	Relay   = iplink.AMTRelay   // sends multicast to gateways
)
