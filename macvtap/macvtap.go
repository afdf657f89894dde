// Package macvtap makes macvtap links: macvlan links whose frames a program reads
// and writes through files. Open opens these files.
package macvtap

import "github.com/iplink-go/iplink"

// Modes: reachability of the other links on the same parent.
const (
	Private  = iplink.MacvlanPrivate  // none
	VEPA     = iplink.MacvlanVEPA     // all, through a switch that sends frames back
	Bridge   = iplink.MacvlanBridge   // all, directly
	Passthru = iplink.MacvlanPassthru // no other links: the link takes the parent over
	Source   = iplink.MacvlanSource   // accepts only frames from a list of addresses
)

// Flags: details of modes.
const (
	NoPromisc = iplink.MacvlanNoPromisc // Passthru leaves the parent out of promiscuous mode
	NoDst     = iplink.MacvlanNoDst     // Source mode ignores the destination address
)
