// Package ipvlan makes ipvlan links: links with their own IP addresses that share
// the link-layer address of a parent.
package ipvlan

import "github.com/iplink-go/iplink"

// Modes: the layer at which packets are assigned to links.
const (
	L2  = iplink.IPvlanL2  // frames, with broadcast and multicast; the link routes
	L3  = iplink.IPvlanL3  // packets, routed by the parent's namespace; no broadcast
	L3S = iplink.IPvlanL3S // as L3, but through netfilter and connection tracking
)

// Flags: reachability of the other links on the same parent.
const (
	Bridge  = iplink.IPvlanBridge  // all, directly
	Private = iplink.IPvlanPrivate // none
	VEPA    = iplink.IPvlanVEPA    // all, through a switch that sends packets back
)
