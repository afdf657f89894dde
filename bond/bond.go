// Package bond makes bonds: several links that act as one.
//
// A link joins a bond through the Master setter of its own builder. The link must be
// down at that time; the bond brings it up.
package bond

import "github.com/iplink-go/iplink"

// Modes of a bond: the distribution of frames over its ports.
const (
	BalanceRR    = iplink.BondBalanceRR    // all ports in turn
	ActiveBackup = iplink.BondActiveBackup // one port; another one when it fails
	BalanceXOR   = iplink.BondBalanceXOR   // a port for each flow, by XmitHashPolicy
	Broadcast    = iplink.BondBroadcast    // every frame through all ports
	IEEE8023AD   = iplink.Bond8023AD       // according to the link aggregation control protocol, IEEE 802.3ad
	BalanceTLB   = iplink.BondBalanceTLB   // a port for each flow, by load; one port receives
	BalanceALB   = iplink.BondBalanceALB   // by load in both directions, through ARP
)

// Conditions on which the primary port takes over again.
const (
	ReselectAlways  = iplink.BondReselectAlways  // as soon as it is up
	ReselectBetter  = iplink.BondReselectBetter  // if it is faster than the port in use
	ReselectFailure = iplink.BondReselectFailure // only when the port in use fails
)

// Ports on which probes and answers are validated. With filtering, only ARP and
// neighbour discovery count for the other ports.
const (
	ValidateNone         = iplink.BondValidateNone         // none
	ValidateActive       = iplink.BondValidateActive       // the port in use
	ValidateBackup       = iplink.BondValidateBackup       // the others
	ValidateAll          = iplink.BondValidateAll          // all
	ValidateFilter       = iplink.BondValidateFilter       // none, with filtering
	ValidateFilterActive = iplink.BondValidateFilterActive // the port in use, with filtering
	ValidateFilterBackup = iplink.BondValidateFilterBackup // the others, with filtering
)

// Number of targets that must answer for a port to count as up.
const (
	ARPAny = iplink.BondARPAny // one
	ARPAll = iplink.BondARPAll // all
)

// Link-layer addresses of the ports.
const (
	FailOverNone   = iplink.BondFailOverNone   // every port has the bond's address
	FailOverActive = iplink.BondFailOverActive // each port keeps its own; the bond has the address of the port in use
	FailOverFollow = iplink.BondFailOverFollow // the port in use has the bond's address, the others their own
)

// Fields that identify a flow. All frames of a flow use one port.
const (
	HashLayer2     = iplink.BondHashLayer2     // link-layer addresses and the protocol
	HashLayer34    = iplink.BondHashLayer34    // IP addresses and ports
	HashLayer23    = iplink.BondHashLayer23    // link-layer and IP addresses
	HashEncap23    = iplink.BondHashEncap23    // as HashLayer23, but inside tunnels
	HashEncap34    = iplink.BondHashEncap34    // as HashLayer34, but inside tunnels
	HashVLANSrcMAC = iplink.BondHashVLANSrcMAC // the VLAN and the source's link-layer address
)

// Rates at which the partner sends protocol frames.
const (
	LACPSlow = iplink.BondLACPSlow // every 30 s
	LACPFast = iplink.BondLACPFast // every second
)

// Rules for the choice of the aggregator.
const (
	ADStable        = iplink.BondADStable        // the one in use, as long as it has a port
	ADBandwidth     = iplink.BondADBandwidth     // the one with the most bandwidth
	ADCount         = iplink.BondADCount         // the one with the most ports
	ADActorPortPrio = iplink.BondADActorPortPrio // the one with the highest sum of port priorities; since Linux 6.18
)
