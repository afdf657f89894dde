package team

import (
	"slices"

	"github.com/iplink-go/iplink"
)

// A State is what a runner knows and has decided, at one moment.
type State struct {
	// Running reports whether Run is at work; of one that has returned it is
	// false and the rest is as it was last.
	Running bool
	// Mode is that of the Runner.
	Mode iplink.TeamMode
	// ActivePort is the name of the port in use, in mode ActiveBackup; empty if
	// there is none.
	ActivePort string
	// Ports are the ports, in the order in which they joined.
	Ports []PortState
}

// A PortState is what a runner knows of a port.
type PortState struct {
	Port
	// Up is what the link watches together find, and Watches what each does.
	Up      bool
	Watches []WatchState
	// Enabled reports whether the port receives and sends.
	Enabled bool
	// Priority is the option.
	Priority int32
	// Err is why the port cannot be used, nil if it can. It is tried again when
	// its link changes.
	Err error
}

// A WatchState is what a link watch finds.
type WatchState struct {
	// Name is teamd's: "ethtool" or "arp_ping".
	Name string
	// Up reports whether it finds the link up.
	Up bool
	// Missed is how many probes in a row had no answer.
	Missed uint32
}

// State returns what the runner of this Team knows; it is zero as long as there
// was none.
func (t *Team) State() State {
	s := t.state.Load()
	if s == nil {
		return State{}
	}
	own := *s
	own.Ports = slices.Clone(s.Ports)
	for i := range own.Ports {
		own.Ports[i].Watches = slices.Clone(s.Ports[i].Watches)
	}
	return own
}

// state describes the runner. It shares nothing with it.
func (r *runner) state() *State {
	s := &State{Running: true, Mode: r.config.Mode}
	for _, p := range r.ports {
		ps := PortState{
			Port:     Port{Index: p.Index, Name: p.name, LinkUp: p.LinkUp, Speed: knownSpeed(p.Speed), FullDuplex: p.FullDuplex()},
			Up:       p.up(),
			Enabled:  r.enabled(p),
			Priority: r.priority(p),
			Err:      p.err,
		}
		for _, w := range p.watches {
			ps.Watches = append(ps.Watches, w.state())
		}
		s.Ports = append(s.Ports, ps)
	}
	if a, ok := r.policy.(*activeBackup); ok && a.active != nil {
		s.ActivePort = a.active.name
	}
	return s
}
