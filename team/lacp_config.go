package team

import (
	"fmt"
	"net"

	"github.com/iplink-go/iplink"
)

// LACP is the mode of a Runner that speaks the link aggregation control protocol of
// IEEE 802.1AX. The kernel does not have it: the mode of the team is LoadBalance. Once
// the runner has set the team's carrier, the kernel leaves it alone until the mode of
// the team changes.
const LACP iplink.TeamMode = "lacp"

// LACPConfig has the settings of the mode LACP. The zero value has the defaults.
type LACPConfig struct {
	// Passive keeps the ports silent until the other end sends.
	Passive bool
	// FastRate requests frames from the other end every second, rather than every
	// 30 s. An end that is silent for three of these periods is considered lost.
	FastRate bool
	// SystemPriority is the priority of this system: lower is better. It is 65535 if
	// it is nil.
	SystemPriority *uint16
	// MinPorts is the number of ports in use with which the team has a carrier, 1 to
	// 1024; 1 if it is 0.
	MinPorts int
	// Select selects one of several aggregators. An aggregator is the ports that lead
	// to the same system and have the same keys.
	Select AggregatorPolicy
}

const (
	defaultSystemPriority = 65535
	defaultPortPriority   = 255
	defaultMinPorts       = 1
	mostMinPorts          = 1024
)

// An AggregatorPolicy selects an aggregator. Between equal ones, the one with the port
// that joined last is selected, as in teamd.
type AggregatorPolicy uint8

// Policies.
const (
	ByLACPPriority       AggregatorPolicy = iota // the best priorities, of the better system and its port
	ByLACPPriorityStable                         // the same, but the selected one stays as long as it has ports
	ByBandwidth                                  // the highest sum of speeds
	ByPortCount                                  // the most ports
	ByPortConfig                                 // the highest Priority of a port, but one with a Sticky port stays
)

var aggregatorPolicies = []string{"lacp_prio", "lacp_prio_stable", "bandwidth", "count", "port_config"}

// String returns the word of teamd.
func (p AggregatorPolicy) String() string { return word(aggregatorPolicies, int(p)) }

// A LACPPortState is the state of a port's receive machine.
type LACPPortState uint8

// States.
const (
	LACPDisabled  LACPPortState = iota // the link, or the team, is down, or the link is half duplex
	LACPCurrent                        // the other end sends
	LACPExpired                        // the other end is silent; this lasts 3 s
	LACPDefaulted                      // the other end does not speak the protocol
)

var lacpPortStates = []string{"disabled", "current", "expired", "defaulted"}

// String returns the word of teamd.
func (s LACPPortState) String() string { return word(lacpPortStates, int(s)) }

// A LACPPort is a port's view of the protocol.
type LACPPort struct {
	// State is the state of the receive machine.
	State LACPPortState
	// Actor describes this end and Partner the other one, as far as known.
	Actor, Partner LACPEnd
	// Aggregator is the interface index of the leading port of the port's aggregator,
	// 0 without one. Selected reports whether it is the selected one.
	Aggregator int
	Selected   bool
}

// A LACPEnd describes one end of a link, as the protocol's frames do.
type LACPEnd struct {
	SystemPriority uint16
	System         net.HardwareAddr
	Key            uint16
	PortPriority   uint16
	Port           uint16
	State          iplink.LACPState
}

// String returns the fields with the words of teamd, and the state in hexadecimal and
// in words.
func (e LACPEnd) String() string {
	return fmt.Sprintf("system %v system_priority %d key %d port %d port_priority %d state %#02x (%v)",
		e.System, e.SystemPriority, e.Key, e.Port, e.PortPriority, uint8(e.State), e.State)
}

// inspectLACP rejects settings of the mode in other modes, and values out of range.
func (r Runner) inspectLACP(bad report) {
	c := r.LACP
	switch {
	case r.Mode != LACP && c != LACPConfig{}:
		bad("LACP", "is for the mode lacp")
	case c.MinPorts < 0 || c.MinPorts > mostMinPorts:
		bad("LACP.MinPorts", "%d is not in 1…%d", c.MinPorts, mostMinPorts)
	case c.Select > ByPortConfig:
		bad("LACP.Select", "there is no policy with the number %d", uint8(c.Select))
	}
}
