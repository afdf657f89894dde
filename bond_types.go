package iplink

import "github.com/iplink-go/iplink/internal/attr"

// A BondMode says how the ports of a bond share the frames.
type BondMode uint8

// Modes.
const (
	BondBalanceRR    BondMode = iota // all ports in turn
	BondActiveBackup                 // one port, another when it fails
	BondBalanceXOR                   // a port for each flow, by XmitHashPolicy
	BondBroadcast                    // every frame by all ports
	Bond8023AD                       // as agreed by the link aggregation control protocol, IEEE 802.3ad
	BondBalanceTLB                   // a port for each flow, by load; one port receives
	BondBalanceALB                   // by load both ways, through ARP
)

var bondModes = attr.Words{"balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"}

// String returns the word of iproute2.
func (m BondMode) String() string {
	return attr.Word(bondModes, m)
}

// A BondPrimaryReselect says when the primary port of a bond takes over again.
type BondPrimaryReselect uint8

// When the primary port takes over.
const (
	BondReselectAlways  BondPrimaryReselect = iota // as soon as it is up
	BondReselectBetter                             // if it is faster than the port in use
	BondReselectFailure                            // only when the port in use fails
)

var bondPrimaryReselects = attr.Words{"always", "better", "failure"}

// String returns the word of iproute2.
func (r BondPrimaryReselect) String() string {
	return attr.Word(bondPrimaryReselects, r)
}

// A BondARPValidate says of which ports of a bond probes and answers are looked
// at, rather than any traffic counted.
type BondARPValidate uint32

// Which ports are looked at; with filtering, only ARP and neighbour discovery
// count for the others.
const (
	BondValidateNone         BondARPValidate = iota // none
	BondValidateActive                              // the port in use
	BondValidateBackup                              // the others
	BondValidateAll                                 // all
	BondValidateFilter                              // none, with filtering
	BondValidateFilterActive                        // the port in use, with filtering
	BondValidateFilterBackup                        // the others, with filtering
)

var bondARPValidates = attr.Words{"none", "active", "backup", "all", "filter", "filter_active", "filter_backup"}

// String returns the word of iproute2.
func (v BondARPValidate) String() string {
	return attr.Word(bondARPValidates, v)
}

// A BondARPAllTargets says how many targets must answer for a port of a bond to
// count as up.
type BondARPAllTargets uint32

// How many targets must answer.
const (
	BondARPAny BondARPAllTargets = iota // one
	BondARPAll                          // all
)

var bondARPAllTargets = attr.Words{"any", "all"}

// String returns the word of iproute2.
func (t BondARPAllTargets) String() string {
	return attr.Word(bondARPAllTargets, t)
}

// A BondFailOverMAC says which link-layer address the ports of a bond have.
type BondFailOverMAC uint8

// Which address the ports have.
const (
	BondFailOverNone   BondFailOverMAC = iota // all that of the bond
	BondFailOverActive                        // each its own, and the bond that of the port in use
	BondFailOverFollow                        // the port in use that of the bond, the others their own
)

var bondFailOverMACs = attr.Words{"none", "active", "follow"}

// String returns the word of iproute2.
func (f BondFailOverMAC) String() string {
	return attr.Word(bondFailOverMACs, f)
}

// A BondXmitHashPolicy says by what a flow keeps to a port of a bond.
type BondXmitHashPolicy uint8

// What makes a flow.
const (
	BondHashLayer2     BondXmitHashPolicy = iota // link-layer addresses and the protocol
	BondHashLayer34                              // IP addresses and ports
	BondHashLayer23                              // link-layer and IP addresses
	BondHashEncap23                              // as BondHashLayer23, inside tunnels
	BondHashEncap34                              // as BondHashLayer34, inside tunnels
	BondHashVLANSrcMAC                           // the VLAN and the source's link-layer address
)

var bondXmitHashPolicies = attr.Words{"layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac"}

// String returns the word of iproute2.
func (p BondXmitHashPolicy) String() string {
	return attr.Word(bondXmitHashPolicies, p)
}

// A BondLACPRate says how often the other end of a bond is asked to send frames
// of the link aggregation control protocol.
type BondLACPRate uint8

// How often the other end sends.
const (
	BondLACPSlow BondLACPRate = iota // every 30 s
	BondLACPFast                     // every second
)

var bondLACPRates = attr.Words{"slow", "fast"}

// String returns the word of iproute2.
func (r BondLACPRate) String() string {
	return attr.Word(bondLACPRates, r)
}

// A BondADSelect says which aggregator of a bond is put to use, if its ports
// lead to several systems.
type BondADSelect uint8

// Which aggregator is put to use.
const (
	BondADStable        BondADSelect = iota // the one in use as long as it has a port
	BondADBandwidth                         // that with the most bandwidth
	BondADCount                             // that with the most ports
	BondADActorPortPrio                     // that with the highest sum of port priorities; since Linux 6.18
)

var bondADSelects = attr.Words{"stable", "bandwidth", "count", "actor_port_prio"}

// String returns the word of iproute2.
func (s BondADSelect) String() string {
	return attr.Word(bondADSelects, s)
}
