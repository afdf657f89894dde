// Package bond makes bonds: several links that act as one.
//
// A link joins a bond by the Master setter of its own builder, and must be down
// for that; the bond brings it up.
package bond

import "github.com/iplink-go/iplink"

// Modes: how the ports share the frames.
const (
	BalanceRR    = iplink.BondBalanceRR    // all ports in turn
	ActiveBackup = iplink.BondActiveBackup // one port, another when it fails
	BalanceXOR   = iplink.BondBalanceXOR   // a port for each flow, by XmitHashPolicy
	Broadcast    = iplink.BondBroadcast    // every frame by all ports
	IEEE8023AD   = iplink.Bond8023AD       // as agreed by the link aggregation control protocol, IEEE 802.3ad
	BalanceTLB   = iplink.BondBalanceTLB   // a port for each flow, by load; one port receives
	BalanceALB   = iplink.BondBalanceALB   // by load both ways, through ARP
)

// When the primary port takes over again.
const (
	ReselectAlways  = iplink.BondReselectAlways  // as soon as it is up
	ReselectBetter  = iplink.BondReselectBetter  // if it is faster than the port in use
	ReselectFailure = iplink.BondReselectFailure // only when the port in use fails
)

// Of which ports probes and answers are looked at; with filtering, only ARP and
// neighbour discovery count for the others.
const (
	ValidateNone         = iplink.BondValidateNone         // none
	ValidateActive       = iplink.BondValidateActive       // the port in use
	ValidateBackup       = iplink.BondValidateBackup       // the others
	ValidateAll          = iplink.BondValidateAll          // all
	ValidateFilter       = iplink.BondValidateFilter       // none, with filtering
	ValidateFilterActive = iplink.BondValidateFilterActive // the port in use, with filtering
	ValidateFilterBackup = iplink.BondValidateFilterBackup // the others, with filtering
)

// How many targets must answer for a port to count as up.
const (
	ARPAny = iplink.BondARPAny // one
	ARPAll = iplink.BondARPAll // all
)

// Which link-layer address the ports have.
const (
	FailOverNone   = iplink.BondFailOverNone   // all that of the bond
	FailOverActive = iplink.BondFailOverActive // each its own, and the bond that of the port in use
	FailOverFollow = iplink.BondFailOverFollow // the port in use that of the bond, the others their own
)

// What makes a flow, which keeps to a port.
const (
	HashLayer2     = iplink.BondHashLayer2     // link-layer addresses and the protocol
	HashLayer34    = iplink.BondHashLayer34    // IP addresses and ports
	HashLayer23    = iplink.BondHashLayer23    // link-layer and IP addresses
	HashEncap23    = iplink.BondHashEncap23    // as HashLayer23, inside tunnels
	HashEncap34    = iplink.BondHashEncap34    // as HashLayer34, inside tunnels
	HashVLANSrcMAC = iplink.BondHashVLANSrcMAC // the VLAN and the source's link-layer address
)

// How often the other end sends protocol frames.
const (
	LACPSlow = iplink.BondLACPSlow // every 30 s
	LACPFast = iplink.BondLACPFast // every second
)

// Which aggregator is put to use.
const (
	ADStable        = iplink.BondADStable        // the one in use as long as it has a port
	ADBandwidth     = iplink.BondADBandwidth     // that with the most bandwidth
	ADCount         = iplink.BondADCount         // that with the most ports
	ADActorPortPrio = iplink.BondADActorPortPrio // that with the highest sum of port priorities; since Linux 6.18
)
