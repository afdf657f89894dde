package team

import (
	"slices"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/lacp"
)

// lacpState returns a port's view of the protocol, or nil in other modes.
func (r *runner) lacpState(p *port) *LACPPort {
	l, ok := r.policy.(*lacpPolicy)
	if !ok {
		return nil
	}
	s := l.group.Status(p.Index)
	return &LACPPort{
		State:      LACPPortState(s.State),
		Actor:      lacpEnd(s.Actor),
		Partner:    lacpEnd(s.Partner),
		Aggregator: s.Aggregator,
		Selected:   s.Selected,
	}
}

func lacpEnd(i lacp.Info) LACPEnd {
	return LACPEnd{
		SystemPriority: i.SystemPriority,
		System:         slices.Clone(i.System[:]),
		Key:            i.Key,
		PortPriority:   i.PortPriority,
		Port:           i.Port,
		State:          iplink.LACPState(i.State),
	}
}

// clone returns a copy that shares no memory.
func (c LACPConfig) clone() LACPConfig {
	if c.SystemPriority != nil {
		c.SystemPriority = new(uint16(*c.SystemPriority))
	}
	return c
}

// clone returns a copy that shares no memory.
func (p *LACPPort) clone() *LACPPort {
	if p == nil {
		return nil
	}
	own := *p
	own.Actor.System = slices.Clone(p.Actor.System)
	own.Partner.System = slices.Clone(p.Partner.System)
	return &own
}
