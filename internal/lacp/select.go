package lacp

import (
	"bytes"
	"cmp"
	"slices"
)

// A Policy selects the aggregator.
type Policy uint8

// Policies. Between equal aggregators, the one with the port that joined last is
// selected, as in teamd.
const (
	ByPriority       Policy = iota // the one with the best priorities of systems and ports
	ByPriorityStable               // the same, as long as the selected one has no port left
	ByBandwidth                    // the highest sum of speeds
	ByCount                        // the most ports
	ByPortConfig                   // the highest Preference, unless a port is Sticky
)

// An aggregator is the ports with the same leading port, the best of them. The loops
// begin with the port that joined last, as in teamd.

// aggregate takes a port out of an aggregator where it does not belong, and puts it
// into another.
func (g *Group) aggregate(p *Port) {
	loop := g.system == p.partner.System
	gone := p.state == StateDisabled || p.state == StateDefaulted
	if p.lead != nil && (gone || loop || !g.fits(p) || g.mergeable(p)) {
		g.leave(p)
	}
	if p.lead == nil && p.state == StateCurrent && !loop {
		p.lead = g.leadFor(p)
	}
	g.promote(p.lead)
	g.choose()
}

// aggregable reports whether two ports lead to the same system, and both ends can
// aggregate them.
func aggregable(p, q *Port) bool {
	return p.config.Key == q.config.Key && p.partner.Key == q.partner.Key && p.partner.System == q.partner.System &&
		p.partner.State&q.partner.State&Aggregation != 0
}

// fits reports whether a port still belongs to its aggregator. It compares with any
// other port, since the others belong together.
func (g *Group) fits(p *Port) bool {
	for _, q := range slices.Backward(g.ports) {
		if q != p && q.lead == p.lead {
			return aggregable(p, q)
		}
	}
	return true
}

// mergeable reports whether a port is alone and could join others.
func (g *Group) mergeable(p *Port) bool {
	return g.count(p.lead) == 1 && g.leadFor(p) != p
}

// leadFor returns the leading port of the aggregator for a port: the port itself if it
// fits into none.
func (g *Group) leadFor(p *Port) *Port {
	for _, q := range slices.Backward(g.ports) {
		if q != p && q.lead != nil && aggregable(p, q) {
			return q.lead
		}
	}
	return p
}

// leave takes a port out of its aggregator.
func (g *Group) leave(p *Port) {
	lead := p.lead
	p.lead = nil
	if lead == p {
		g.rename(p, g.best(p, nil))
	}
}

// promote makes the best port of an aggregator its leading port.
func (g *Group) promote(lead *Port) {
	if lead != nil {
		g.rename(lead, g.best(lead, lead))
	}
}

// best returns the best port of an aggregator: first, unless another one is better.
func (g *Group) best(lead, first *Port) *Port {
	for _, p := range slices.Backward(g.ports) {
		if p.lead == lead && (first == nil || g.better(p, first)) {
			first = p
		}
	}
	return first
}

// rename gives an aggregator another leading port.
func (g *Group) rename(former, lead *Port) {
	if g.selected == former {
		g.selected = lead
	}
	for _, p := range g.ports {
		if p.lead == former {
			p.lead = lead
		}
	}
}

// choose selects the aggregator.
func (g *Group) choose() {
	if g.selected != nil && (g.config.Policy == ByPriorityStable || g.config.Policy == ByPortConfig && g.sticky(g.selected)) {
		return
	}
	g.selected = nil
	for _, p := range slices.Backward(g.ports) {
		if p.lead != nil && (g.selected == nil || g.preferred(p.lead, g.selected)) {
			g.selected = p.lead
		}
	}
}

// Choose selects the aggregator of a port until the next decision, and returns false
// if the port has none.
func (g *Group) Choose(id int) bool {
	p := g.port(id)
	if p == nil || p.lead == nil {
		return false
	}
	g.selected = p.lead
	g.refresh()
	return true
}

// preferred compares two aggregators.
func (g *Group) preferred(lead, than *Port) bool {
	switch g.config.Policy {
	case ByBandwidth:
		return g.bandwidth(lead) > g.bandwidth(than)
	case ByCount:
		return g.count(lead) > g.count(than)
	}
	return g.better(lead, than)
}

// better compares two ports.
func (g *Group) better(p, than *Port) bool {
	if g.config.Policy == ByPortConfig {
		return p.link.Preference > than.link.Preference
	}
	return comparePriority(p.decisive(), than.decisive()) < 0
}

// decisive returns the end of the link whose priorities count: the system with
// the better priority.
func (p *Port) decisive() Info {
	if compareSystem(p.actor, p.partner) < 0 {
		return p.actor
	}
	return p.partner
}

func compareSystem(i, j Info) int {
	return cmp.Or(cmp.Compare(i.SystemPriority, j.SystemPriority), bytes.Compare(i.System[:], j.System[:]))
}

func comparePriority(i, j Info) int {
	return cmp.Or(compareSystem(i, j), cmp.Compare(i.PortPriority, j.PortPriority), cmp.Compare(i.Port, j.Port))
}

func (g *Group) sticky(lead *Port) bool {
	return slices.ContainsFunc(g.ports, func(p *Port) bool { return p.lead == lead && p.config.Sticky })
}

func (g *Group) count(lead *Port) (n int) {
	for _, p := range g.ports {
		if p.lead == lead {
			n++
		}
	}
	return n
}

func (g *Group) bandwidth(lead *Port) (sum uint64) {
	for _, p := range g.ports {
		if p.lead == lead {
			sum += uint64(p.link.Speed)
		}
	}
	return sum
}
