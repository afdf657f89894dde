package gtpnl

import (
	"net/netip"
	"slices"
)

// A Step makes a context, or removes it.
type Step struct {
	PDP
	Remove bool
}

// undo returns the step that undoes s.
func (s Step) undo() Step {
	return Step{s.PDP, !s.Remove}
}

// A Change is a wanted context, zero for none, the contexts that stand in its way, and the
// steps that resolve it.
type Change struct {
	Want  *PDP
	Have  []PDP
	Steps []Step
}

// Plan returns the changes that give a link the wanted contexts and, with only, no others.
// A context with the same mobile or the same tunnel as a wanted one is replaced.
func Plan(want, have []PDP, only bool) (changes []Change) {
	mobiles, tunnels := map[netip.Addr]*PDP{}, map[tunnelKey]*PDP{}
	for i := range have {
		mobiles[have[i].MS], tunnels[have[i].key()] = &have[i], &have[i]
	}
	claimed := map[*PDP]bool{}
	for i := range want {
		w, c := &want[i], Change{Want: &want[i]}
		for _, h := range slices.Compact([]*PDP{mobiles[w.MS], tunnels[w.key()]}) {
			if h != nil && !claimed[h] && *h != *w {
				c.Have = append(c.Have, *h)
				c.Steps = append(c.Steps, Step{*h, true})
			}
			claimed[h] = true
		}
		if h := mobiles[w.MS]; h == nil || *h != *w {
			c.Steps = append(c.Steps, Step{*w, false})
			changes = append(changes, c)
		}
	}
	for i := range have {
		if h := &have[i]; only && !claimed[h] {
			changes = append(changes, Change{Have: []PDP{*h}, Steps: []Step{{*h, true}}})
		}
	}
	return changes
}

// Steps returns the steps of all changes, removals first: a context may take the mobile of one and
// the tunnel of another.
func Steps(changes []Change) (all []Step) {
	for _, remove := range []bool{true, false} {
		for _, c := range changes {
			for _, s := range c.Steps {
				if s.Remove == remove {
					all = append(all, s)
				}
			}
		}
	}
	return all
}
