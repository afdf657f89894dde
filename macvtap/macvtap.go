// Package macvtap makes macvtap links: macvlan links whose frames a program reads and
// writes through files, which Open opens.
package macvtap

import "github.com/iplink-go/iplink"

// Modes: which other links on the same parent frames reach.
const (
	Private  = iplink.MacvlanPrivate  // none
	VEPA     = iplink.MacvlanVEPA     // all, by way of a switch that sends frames back
	Bridge   = iplink.MacvlanBridge   // all, directly
	Passthru = iplink.MacvlanPassthru // there is no other: the link takes the parent over
	Source   = iplink.MacvlanSource   // it takes frames from a list of addresses only
)

// Flags: details of modes.
const (
	NoPromisc = iplink.MacvlanNoPromisc // Passthru leaves the parent out of promiscuous mode
	NoDst     = iplink.MacvlanNoDst     // Source goes by the source address alone
)
