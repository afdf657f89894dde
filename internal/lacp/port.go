package lacp

import "time"

// PortConfig is the configuration of a port.
type PortConfig struct {
	Source   System // of its frames
	Number   uint16
	Priority uint16 // lower is better
	Key      uint16 // only ports of one key are aggregated
	Sticky   bool   // keeps its aggregator selected, in ByPortConfig
}

// A Link is a port's link.
type Link struct {
	Up bool
	// Speed is in Mbit/s, 0 if the driver does not report it.
	Speed uint32
	// HalfDuplex excludes the port, because the protocol is for full duplex.
	HalfDuplex bool
	// Preference is the priority in ByPortConfig: higher is better.
	Preference int32
}

func (l Link) works() bool { return l.Up && !l.HalfDuplex }

// A PortState is a state of the receive machine.
type PortState uint8

// States.
const (
	StateDisabled  PortState = iota // the link does not work
	StateCurrent                    // the other end is known
	StateExpired                    // a frame has been awaited for too long
	StateDefaulted                  // the other end does not speak the protocol
)

// A Port is a port of a Group.
type Port struct {
	id             int
	config         PortConfig
	link           Link
	state          PortState
	begun          bool // the protocol has begun on it
	actor, partner Info
	sent           Info  // the actor in the last frame
	lead           *Port // the leading port of the aggregator; nil without one

	expires  time.Time // when the state ends; zero for never
	periodic time.Time // when the next frame is sent; zero for never
	interval time.Duration
	due      bool   // a frame is to be sent now
	response []byte // to a marker
}

// Times of the protocol.
const (
	fastPeriod = time.Second
	slowPeriod = 30 * time.Second
	lost       = 3 // periods after which a partner is considered gone
)

func period(fast bool) time.Duration {
	if fast {
		return fastPeriod
	}
	return slowPeriod
}

func lifetime(fast bool) time.Duration { return lost * period(fast) }

// enter changes the state of a port and its aggregator.
func (g *Group) enter(p *Port, state PortState, now time.Time) {
	if p.state == state {
		return
	}
	p.state, p.begun = state, true
	p.expires = time.Time{}
	switch state {
	case StateDisabled:
		p.partner = Info{}
		p.sent = Info{}
	case StateExpired:
		p.partner.State = p.partner.State&^Synchronization | ShortTimeout
		p.expires = now.Add(lifetime(true))
	case StateDefaulted:
		p.partner = Info{State: ShortTimeout}
	}
	p.due = true
	g.aggregate(p)
	g.schedule(p, now)
}

// schedule starts or stops the periodic frames, with the period that the partner asks
// for.
func (g *Group) schedule(p *Port, now time.Time) {
	interval := period(p.partner.State&ShortTimeout != 0)
	switch {
	case !g.speaks(p):
		p.periodic = time.Time{}
	case p.periodic.IsZero() || interval != p.interval:
		p.periodic = now.Add(interval)
	}
	p.interval = interval
}

// refresh brings the actors of all ports up to date: each depends on the selection.
func (g *Group) refresh() {
	for _, p := range g.ports {
		p.actor = Info{
			SystemPriority: g.config.SystemPriority,
			System:         g.system,
			Key:            p.config.Key,
			PortPriority:   p.config.Priority,
			Port:           p.config.Number,
			State:          g.actorState(p),
		}
	}
}

// actorState returns the state of a port's own end: nothing until the protocol has begun
// on it, as in teamd.
func (g *Group) actorState(p *Port) State {
	if !p.begun {
		return 0
	}
	s := Aggregation
	add := func(bits State, condition bool) {
		if condition {
			s |= bits
		}
	}
	add(Activity, !g.config.Passive)
	add(ShortTimeout, g.config.FastRate)
	add(Synchronization, g.isSelected(p))
	add(Collecting|Distributing, g.inUse(p))
	add(Expired, p.state == StateExpired)
	add(Defaulted, p.state == StateDefaulted)
	return s
}
