// Package gtp makes GTP links, which carry the packets of mobiles between the nodes of a
// cellular network: the user plane of GPRS, LTE and 5G over UDP, 3GPP TS 29.060 and 29.281.
//
// New makes one with its sockets and its contexts, which say for each mobile to which node
// its packets go. Open manages the contexts of an existing link.
package gtp

import "github.com/iplink-go/iplink"

// PDP is a context of a link: the tunnel of a mobile.
type PDP = iplink.GTPPDP

// Role is the role of this end of the tunnels.
type Role = iplink.GTPRole

// Roles.
const (
	GGSN = iplink.GTPGGSN // the gateway to the network
	SGSN = iplink.GTPSGSN // the node that serves mobiles
)
