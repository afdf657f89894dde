package iplink

import (
	"context"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/internal/invalid"
	"github.com/iplink-go/iplink/internal/uapi"
)

// checkVictims rejects a Prune of links that cannot be deleted.
func (c *clearing) checkVictims(ctx context.Context) error {
	for _, p := range c.prunes {
		links, err := c.victims(ctx, p)
		if err != nil {
			return err
		}
		if err := c.checkPrunable(links); err != nil {
			return err
		}
	}
	return nil
}

func (c *clearing) checkPrunable(links []*Link) error {
	for _, l := range links {
		if fault := l.undeletable(); fault != "" {
			return &Error{Op: c.e.op, Kind: l.Kind, Name: l.Name, Attr: "Prune", Err: invalid.State(syscall.EOPNOTSUPP),
				Message: fault + ": take it out of the filters, or name it with Keep"}
		}
	}
	return nil
}

// prune deletes the links of the Prunes, and then brings the others into their state
// again: a bond whose last port is deleted changes its address.
func (c *clearing) prune(ctx context.Context) error {
	c.made = c.e.changes()
	for range mostRounds {
		n, err := c.pruneOnce(ctx)
		if err != nil || n == 0 {
			return err
		}
		c.e.startOver(ctx)
		if err := c.e.converge(ctx, c.rest); err != nil {
			return err
		}
		c.merge(c.e.changes())
	}
	return &Error{Op: c.e.op, Attr: "Prune", Message: "other processes make such links again and again", Err: ErrNotApplied}
}

// pruneOnce deletes the links that match now, and returns their number.
func (c *clearing) pruneOnce(ctx context.Context) (n int, err error) {
	for _, p := range c.prunes {
		links, err := c.victims(ctx, p)
		if err != nil {
			return n, err
		}
		if err := c.checkPrunable(links); err != nil {
			return n, err
		}
		var targets []target
		for _, l := range links {
			p.note(l)
			targets = append(targets, target{index: l.Index, name: l.Name})
		}
		if err := c.e.remove(ctx, p.at, targets, (*Conn).deleteMany); err != nil {
			return n, err
		}
		n += len(links)
	}
	return n, nil
}

// merge adds the changes of another round to the first.
func (c *clearing) merge(again []*Change) {
	for i, now := range again {
		had := c.made[i]
		had.Link, had.Recreated = now.Link, had.Recreated || now.Recreated
		for _, d := range now.Differences {
			if !had.Created && !slices.Contains(had.Differences, d) {
				had.Differences = append(had.Differences, d)
			}
		}
	}
}

// victims returns the links that a Prune would delete now.
func (c *clearing) victims(ctx context.Context, p *clearance) ([]*Link, error) {
	need, err := c.needed(ctx, p)
	if err != nil {
		return nil, err
	}
	f, all := *p.absence.only, need.lists[p.at]
	if f.master != "" {
		i := slices.IndexFunc(all, func(l *Link) bool { return l.hasName(f.master) })
		if i < 0 {
			return nil, c.missingMaster(p, f.master)
		}
		f.masterIndex = all[i].Index
	}
	return slices.DeleteFunc(slices.Clone(all), func(l *Link) bool {
		return !f.matches(l) || l.isLoopback() || l.Fallback() || need.links[indexKey{p.at, l.Index}]
	}), nil
}

// missingMaster returns an error for a master in a filter that neither exists nor is
// made by the call.
func (c *clearing) missingMaster(p *clearance, name string) error {
	if _, made := c.e.wanted[linkKey{p.at, name}]; made {
		return nil
	}
	return &Error{Op: c.e.op, Name: name, Attr: "Prune", Message: "the master of the filter is missing", Err: syscall.ENODEV}
}

// A need is the set of links that the specs of a call describe, and of all links that
// these depend on.
type need struct {
	t     *transaction
	lists map[*nsConn][]*Link
	links map[indexKey]bool
}

// needed finds out which links the specs of the call need, and those that Keep names.
func (c *clearing) needed(ctx context.Context, p *clearance) (*need, error) {
	kept, err := described(c.e.op, p.absence.keep...)
	if err != nil {
		return nil, err
	}
	n := &need{t: c.e.transaction, lists: map[*nsConn][]*Link{}, links: map[indexKey]bool{}}
	all := slices.Concat(c.wanted, kept)
	for _, s := range all { // opens their namespaces
		if _, err := c.e.references(ctx, s); err != nil {
			return nil, err
		}
	}
	for _, at := range c.e.nsConns {
		if at.isRemote() {
			continue
		}
		if n.lists[at], err = (&Conn{rt: at.rt}).list(ctx, filter{}); err != nil {
			return nil, err
		}
	}
	for _, s := range all {
		if err := n.addSpec(ctx, s); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// addSpec adds the links that a spec and its peer describe and refer to.
func (n *need) addSpec(ctx context.Context, s *spec) error {
	keys, err := n.t.references(ctx, s)
	if err != nil {
		return err
	}
	under, err := n.t.nsConn(ctx, s.lowerNetNS())
	if err != nil {
		return err
	}
	for ; s != nil; s = s.other() {
		at, err := n.t.nsConn(ctx, s.netns)
		if err != nil {
			return err
		}
		for _, name := range append([]string{s.Name, s.newName}, s.altNames...) {
			keys = append(keys, linkKey{at, name})
		}
		for _, key := range []indexKey{{at, s.index}, {at, s.indexOf(uapi.IFLA_MASTER, s.link.Master)}, {under, s.indexOf(uapi.IFLA_LINK, s.link.Parent)}, {under, s.underlayIndex()}} {
			if err := n.addIndex(ctx, key); err != nil {
				return err
			}
		}
	}
	for _, key := range keys {
		for _, l := range n.lists[key.at] {
			if key.name != "" && l.hasName(key.name) {
				if err := n.addLink(ctx, key.at, l); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// indexOf returns the value of a common setting that names a link by its index, or 0.
func (s *spec) indexOf(typ uint16, index int) int {
	if !s.linkSet.Has(typ) {
		return 0
	}
	return index
}

// underlayIndex returns the index of the underlay that a spec names by index, or 0.
func (s *spec) underlayIndex() int {
	if k := s.kind(); k.underlayOf != nil && s.Set.Has(k.underlay) && !s.isRaw() {
		return k.underlayOf(s.info())
	}
	return 0
}

func (n *need) addIndex(ctx context.Context, key indexKey) error {
	for _, l := range n.lists[key.at] {
		if key.index != 0 && l.Index == key.index {
			return n.addLink(ctx, key.at, l)
		}
	}
	return nil
}

// addLink adds a link and all links that it depends on.
func (n *need) addLink(ctx context.Context, at *nsConn, l *Link) error {
	if n.links[indexKey{at, l.Index}] {
		return nil
	}
	n.links[indexKey{at, l.Index}] = true
	if err := n.addIndex(ctx, indexKey{at, l.Master}); err != nil {
		return err
	}
	for _, other := range n.t.nsConns {
		in, err := n.t.lowerIn(ctx, at, l, other)
		if err != nil {
			return err
		}
		if in {
			return n.addIndex(ctx, indexKey{other, l.lower()})
		}
	}
	return nil
}
