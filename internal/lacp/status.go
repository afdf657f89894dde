package lacp

// A PortStatus describes a port.
type PortStatus struct {
	State          PortState
	Actor, Partner Info
	// Aggregator is the number of the aggregator's leading port; 0 without one.
	Aggregator int
	// Selected reports whether the aggregator is the selected one.
	Selected bool
}

// Status returns the status of a port; zero for an unknown port.
func (g *Group) Status(id int) PortStatus {
	p := g.port(id)
	if p == nil {
		return PortStatus{}
	}
	s := PortStatus{State: p.state, Actor: p.actor, Partner: p.partner, Selected: g.isSelected(p)}
	if p.lead != nil {
		s.Aggregator = p.lead.id
	}
	return s
}

// Selected returns the number of the selected aggregator's leading port; 0 if no
// aggregator is selected.
func (g *Group) Selected() int {
	if g.selected == nil {
		return 0
	}
	return g.selected.id
}
