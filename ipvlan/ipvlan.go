// Package ipvlan makes ipvlan links: links with IP addresses of their own on a parent
// whose link-layer address they share.
package ipvlan

import "github.com/iplink-go/iplink"

// Modes: by which layer packets find their link.
const (
	L2  = iplink.IPvlanL2  // frames, with broadcast and multicast; the link routes
	L3  = iplink.IPvlanL3  // packets, which the parent's namespace routes; no broadcast
	L3S = iplink.IPvlanL3S // as L3, and through netfilter and connection tracking
)

// Flags: which other links on the same parent packets reach.
const (
	Bridge  = iplink.IPvlanBridge  // all, directly
	Private = iplink.IPvlanPrivate // none
	VEPA    = iplink.IPvlanVEPA    // all, by way of a switch that sends packets back
)
