package iplink

import (
	"bytes"
	"context"
	"fmt"
	"slices"
)

// checkNeighs refuses neighbours that the kernel refuses, or takes otherwise
// than they are meant.
func (s *spec) checkNeighs(op string) error {
	for i := range s.neighs {
		n := &s.neighs[i]
		fault := n.fault(s.kind)
		if fault == "" && n.find(s.neighs[:i]) != nil {
			fault = fmt.Sprintf("%v is given twice", n.Addr)
		}
		if fault != "" {
			return s.invalid(op, "neigh", fault)
		}
	}
	return nil
}

// fault returns what is wrong with a neighbour on a link of a kind, empty if
// nothing is.
func (n *Neigh) fault(kind string) string {
	const settable = NeighPermanent | NeighNoARP | NeighReachable | NeighStale
	if !n.Addr.IsValid() {
		return "the zero netip.Addr is no neighbour"
	}
	if fault := formFault(n.Addr); fault != "" {
		return fault
	}
	state := n.state()
	switch {
	case state&settable == 0 || state&(state-1) != 0:
		return fmt.Sprintf("nud: %v is no state that an entry can be given", state)
	case n.Router && n.Addr.Is4():
		return fmt.Sprintf("%v is IPv4, where neighbours are not known to be routers", n.Addr)
	}
	return n.lladdrFault(kind)
}

// lladdrFault looks at the link-layer address. What a Device has, only the
// kernel knows.
func (n *Neigh) lladdrFault(kind string) string {
	const ethernet, infiniband, longest = 6, 20, 32
	switch got := len(n.LLAddr); {
	case got == 0:
		return fmt.Sprintf("%v lacks its link-layer address", n.Addr)
	case kind == KindIPoIB && got != infiniband:
		return fmt.Sprintf("a link-layer address of %d bytes is due, %v has %d", infiniband, n.LLAddr, got)
	case kinds[kind] != nil && kind != KindIPoIB && got != ethernet:
		return fmt.Sprintf("a link-layer address of %d bytes is due, %v has %d", ethernet, n.LLAddr, got)
	case got > longest:
		return fmt.Sprintf("no link-layer address has %d bytes", got)
	}
	return ""
}

func (n *Neigh) find(all []Neigh) *Neigh {
	i := slices.IndexFunc(all, func(other Neigh) bool { return n.Addr == other.Addr })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// driftOfNeighs finds out which neighbours a link lacks, or has otherwise than
// wanted.
func (t *transaction) driftOfNeighs(ctx context.Context, j *job) ([]Difference, error) {
	j.neighs = nil
	if len(j.spec.neighs) == 0 {
		return nil, nil
	}
	all, err := readNeighs(ctx, j.at.rt, j.index)
	if err != nil {
		return nil, j.spec.failed(t.op, "neigh", err)
	}
	var diffs []Difference
	for _, want := range j.spec.neighs {
		had := want.find(all)
		if had != nil && want.holds(had) {
			continue
		}
		d := Difference{Attr: "neigh", Want: want.String()}
		if had != nil {
			d.Have = had.String()
		}
		j.neighs = append(j.neighs, want)
		diffs = append(diffs, d)
	}
	return diffs, nil
}

// holds reports whether a neighbour that the link has is as wanted. States that
// pass into one another are alike.
func (n *Neigh) holds(had *Neigh) bool {
	const lasting = NeighPermanent | NeighNoARP
	same := n.state() == had.State || (n.state()|had.State)&lasting == 0 && had.State != NeighFailed
	return same && bytes.Equal(n.LLAddr, had.LLAddr) && (!n.Router || had.Router)
}
