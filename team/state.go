package team

import (
	"slices"

	"github.com/iplink-go/iplink"
)

// A State is the knowledge and the decisions of a runner at one moment.
type State struct {
	// Running reports whether Run is active. After its return it is false, and the
	// rest is the last state.
	Running bool
	// Mode is the mode of the Runner.
	Mode iplink.TeamMode
	// ActivePort is the name of the port in use, in mode ActiveBackup; empty if
	// there is none.
	ActivePort string
	// Ports are the ports, in the order in which they joined.
	Ports []PortState
	// Aggregator is the interface index of the leading port of the selected
	// aggregator, in mode LACP, 0 if none is selected; Carrier is the carrier that the
	// runner has set.
	Aggregator int
	Carrier    bool
	// LACP are the settings of the mode LACP; zero in other modes.
	LACP LACPConfig
}

// A PortState is a runner's view of a port.
type PortState struct {
	Port
	// Up is the combined result of the link watches, and Watches has the result of
	// each.
	Up      bool
	Watches []WatchState
	// Enabled reports whether the port receives and sends.
	Enabled bool
	// Priority is the option of that name.
	Priority int32
	// Err is the reason why the port cannot be used, or nil. The port is tried again
	// when its link changes.
	Err error
	// LACP is the port's view of the protocol, in mode LACP; otherwise nil.
	LACP *LACPPort
}

// A WatchState is the result of a link watch.
type WatchState struct {
	// Name is the name in teamd: "ethtool", "arp_ping" or "nsna_ping".
	Name string
	// Up reports whether the watch considers the link up.
	Up bool
	// Missed is the number of consecutive probes without an answer.
	Missed uint32
	// DownCount is the number of times that the watch has found the link down after it
	// was up.
	DownCount uint32
}

// State returns the state of this Team's runner; it is zero if there has been none.
func (t *Team) State() State {
	s := t.state.Load()
	if s == nil {
		return State{}
	}
	own := *s
	own.LACP = s.LACP.clone()
	own.Ports = slices.Clone(s.Ports)
	for i := range own.Ports {
		own.Ports[i].Watches = slices.Clone(s.Ports[i].Watches)
		own.Ports[i].LACP = s.Ports[i].LACP.clone()
	}
	return own
}

// state returns the state of the runner. The two share no memory.
func (r *runner) state() *State {
	s := &State{Running: true, Mode: r.config.Mode, LACP: r.config.LACP.clone()}
	for _, p := range r.ports {
		ps := PortState{
			Port:     Port{Index: p.Index, Name: p.name, LinkUp: p.LinkUp, Speed: knownSpeed(p.Speed), FullDuplex: p.FullDuplex()},
			Up:       p.up(),
			Enabled:  r.enabled(p),
			Priority: r.priority(p),
			Err:      p.err,
			LACP:     r.lacpState(p),
		}
		for _, w := range p.watches {
			ps.Watches = append(ps.Watches, w.state())
		}
		s.Ports = append(s.Ports, ps)
	}
	if a, ok := r.policy.(*activeBackup); ok {
		s.ActivePort = a.name()
	}
	if l, ok := r.policy.(*lacpPolicy); ok {
		s.Aggregator = l.group.Selected()
		s.Carrier = l.carrier != nil && *l.carrier
	}
	return s
}
