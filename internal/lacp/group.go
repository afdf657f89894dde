package lacp

import (
	"slices"
	"time"
)

// Config is the configuration of a Group.
type Config struct {
	// Passive keeps ports silent until the other end sends.
	Passive bool
	// FastRate requests a frame every second, rather than every 30 s.
	FastRate       bool
	SystemPriority uint16
	// MinPorts is the number of ports in use that make a carrier.
	MinPorts int
	Policy   Policy
}

// A Group is the ports of one system that may be aggregated. After each call the
// caller applies InUse, HasCarrier and Frames, and calls Tick at Next.
type Group struct {
	config   Config
	system   System
	up       bool
	ports    []*Port // in the order of joining
	selected *Port   // the leading port of the selected aggregator; nil for none
}

// NewGroup returns a group without ports, which is down.
func NewGroup(config Config, system System) *Group {
	return &Group{config: config, system: system}
}

// Add adds a port, whose link is down, with a number that no other port has.
func (g *Group) Add(id int, config PortConfig) {
	g.ports = append(g.ports, &Port{id: id, config: config})
	g.refresh()
}

// Remove removes a port.
func (g *Group) Remove(id int, now time.Time) {
	p := g.port(id)
	if p == nil {
		return
	}
	g.enter(p, StateDisabled, now)
	g.ports = slices.DeleteFunc(g.ports, func(q *Port) bool { return q == p })
	g.choose()
	g.refresh()
}

func (g *Group) port(id int) *Port {
	for _, p := range g.ports {
		if p.id == id {
			return p
		}
	}
	return nil
}

// SetSystem changes the address of the system.
func (g *Group) SetSystem(system System) {
	g.system = system
	g.refresh()
	for _, p := range g.ports {
		g.aggregate(p)
	}
	g.refresh()
}

// SetUp brings the group up or down. A group that comes up awaits frames on all ports, like
// teamd, even on those whose link is down; but a port whose link does not work takes none.
func (g *Group) SetUp(up bool, now time.Time) {
	if g.up == up {
		return
	}
	g.up = up
	state := StateDisabled
	if up {
		state = StateExpired
	}
	for _, p := range g.ports {
		g.enter(p, state, now)
	}
	g.refresh()
}

// SetLink changes the link of a port.
func (g *Group) SetLink(id int, link Link, now time.Time) {
	p := g.port(id)
	if p == nil || p.link == link {
		return
	}
	worked, works := p.link.works(), link.works()
	p.link = link
	switch {
	case works == worked:
	case works && g.up:
		g.enter(p, StateExpired, now)
	case !works:
		g.enter(p, StateDisabled, now)
	}
	g.promote(p.lead)
	g.choose()
	g.refresh()
}

// Receive processes a frame.
func (g *Group) Receive(id int, frame []byte, now time.Time) {
	p := g.port(id)
	if p == nil || p.state == StateDisabled || !p.link.works() {
		return
	}
	if response, ok := AppendMarkerResponse(nil, frame, p.config.Source); ok {
		p.response = response
		return
	}
	pdu, ok := ParseFrame(frame)
	if !ok {
		return
	}
	if p.partner != pdu.Actor {
		p.partner = pdu.Actor
		g.aggregate(p)
	}
	g.enter(p, StateCurrent, now)
	p.expires = now.Add(lifetime(g.config.FastRate))
	g.schedule(p, now)
	g.refresh()
	p.due = p.due || pdu.Partner != p.actor
}

// Next returns the time at which Tick is to be called; zero for never.
func (g *Group) Next() (next time.Time) {
	for _, p := range g.ports {
		for _, t := range []time.Time{p.expires, p.periodic} {
			if !t.IsZero() && (next.IsZero() || t.Before(next)) {
				next = t
			}
		}
	}
	return next
}

// Tick does everything that depends on the time.
func (g *Group) Tick(now time.Time) {
	for _, p := range g.ports {
		if reached(p.periodic, now) {
			p.due = true
			p.periodic = now.Add(p.interval)
		}
		if !reached(p.expires, now) {
			continue
		}
		if p.state == StateCurrent {
			g.enter(p, StateExpired, now)
		} else {
			g.enter(p, StateDefaulted, now)
		}
	}
	g.refresh()
}

func reached(t, now time.Time) bool { return !t.IsZero() && !now.Before(t) }

// A Frame is to be sent through a port.
type Frame struct {
	Port int
	Data []byte
}

// Frames returns the frames to be sent, each once.
func (g *Group) Frames() (all []Frame) {
	for _, p := range g.ports {
		if p.response != nil {
			all = append(all, Frame{p.id, p.response})
			p.response = nil
		}
		if g.speaks(p) && (p.due || p.sent != p.actor) {
			all = append(all, Frame{p.id, PDU{p.actor, p.partner}.AppendFrame(nil, p.config.Source)})
			p.sent = p.actor
		}
		p.due = false
	}
	return all
}

// speaks reports whether a port may send.
func (g *Group) speaks(p *Port) bool {
	return p.state != StateDisabled && (!g.config.Passive || p.partner.State&Activity != 0)
}

// InUse reports whether a port is to receive and send.
func (g *Group) InUse(id int) bool {
	p := g.port(id)
	return p != nil && g.inUse(p)
}

func (g *Group) inUse(p *Port) bool {
	return g.isSelected(p) && p.partner.State&Synchronization != 0
}

func (g *Group) isSelected(p *Port) bool {
	return p.lead != nil && p.lead == g.selected
}

// HasCarrier reports whether so many ports in use are enough.
func (g *Group) HasCarrier(inUse int) bool {
	return inUse >= g.config.MinPorts
}
