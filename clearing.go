package iplink

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/invalid"
	"github.com/iplink-go/iplink/internal/removal"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// A clearing is the part of an Ensure or a Diff that concerns missing links.
type clearing struct {
	e      *ensurePlan
	absent []*clearance
	prunes []*clearance
	moot   []*clearance           // in namespaces that do not exist
	places map[linkKey]*clearance // the Absents by name
	going  map[linkKey]bool       // the names of the links that the kernel deletes along
	rest   []Spec                 // the specs of links
	wanted []*spec                // the descriptions of the rest
	made   []*Change              // of the rest
}

// A clearance is one Absent or Prune of a call.
type clearance struct {
	*spec
	number int // its position in the call
	at     *nsConn
	change Change
	have   *Link // the link that has the name of the Absent, or nil
}

// reach brings about all that specs ask for: it deletes the links of Absents, makes and
// changes links, and then deletes the links of Prunes.
func (e *ensurePlan) reach(ctx context.Context, specs []Spec) error {
	c, err := e.newClearing(ctx, specs)
	if err != nil {
		return err
	}
	if c == nil {
		return e.converge(ctx, specs)
	}
	if err := c.try(ctx); err != nil {
		return err
	}
	if err := c.removeAbsent(ctx); err != nil {
		return err
	}
	if err := e.converge(ctx, c.rest); err != nil {
		return err
	}
	if err := c.prune(ctx); err != nil {
		return err
	}
	return c.stayAbsent(ctx)
}

// newClearing separates the Absents and Prunes of a call, and checks all specs. It
// returns nil if there are none.
func (e *ensurePlan) newClearing(ctx context.Context, specs []Spec) (*clearing, error) {
	if !slices.ContainsFunc(specs, isAbsence) {
		return nil, nil
	}
	all, err := described(e.op, specs...)
	if err != nil {
		return nil, err
	}
	c := &clearing{e: e, places: map[linkKey]*clearance{}, going: map[linkKey]bool{}}
	e.clearing = c
	for i, s := range all {
		if s.absence != nil {
			if err := c.add(ctx, &clearance{spec: s, number: i}); err != nil {
				return nil, err
			}
			continue
		}
		if s.checkShape(e.op) != nil {
			return nil, s.check(e.op, &e.codec)
		}
		c.rest, c.wanted = append(c.rest, specs[i]), append(c.wanted, s)
	}
	if _, err := e.sort(ctx, c.wanted); err != nil {
		return nil, err
	}
	return c, c.checkApart(ctx)
}

func isAbsence(s Spec) bool {
	switch s.(type) {
	case *AbsentLink, *PruneSpec:
		return true
	}
	return false
}

// add opens the namespace of an Absent or a Prune.
func (c *clearing) add(ctx context.Context, a *clearance) (err error) {
	a.at, err = c.e.nsConn(ctx, a.netns)
	switch {
	case a.missingNetNS(err):
		c.moot = append(c.moot, a)
		return nil
	case err != nil:
		return a.failed(c.e.op, "netns", err)
	case a.absence.only != nil:
		c.prunes = append(c.prunes, a)
	default:
		c.absent = append(c.absent, a)
	}
	return a.refuseRemote(c.e.op, "netns", a.at)
}

// checkApart rejects names of links that others of the call describe or refer to.
func (c *clearing) checkApart(ctx context.Context) error {
	for _, a := range slices.Concat(c.absent, c.prunes) {
		if a.absence.only == nil {
			c.places[linkKey{a.at, a.Name}] = a
		}
	}
	for i, s := range c.wanted {
		if err := c.checkNames(ctx, i, s); err != nil {
			return err
		}
	}
	return nil
}

// checkNames rejects a spec if an Absent names it or its peer, and one
// that refers to such a link.
func (c *clearing) checkNames(ctx context.Context, i int, s *spec) error {
	at, err := c.e.nsConn(ctx, s.netns)
	if err != nil {
		return s.failed(c.e.op, "netns", err)
	}
	for _, name := range append([]string{s.Name, s.newName}, s.altNames...) {
		if a := c.places[linkKey{at, name}]; a != nil {
			return c.contradiction(a, c.wanted[i], "is a name of")
		}
	}
	if other := s.other(); other != nil {
		if err := c.checkNames(ctx, i, other); err != nil {
			return err
		}
	}
	keys, err := c.e.references(ctx, s)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if a := c.places[key]; a != nil {
			return c.contradiction(a, c.wanted[i], "is referred to by")
		}
	}
	return nil
}

func (c *clearing) contradiction(a *clearance, s *spec, text string) error {
	return a.invalid(c.e.op, "Absent", fmt.Sprintf("%q in the same namespace %s %s of the call", a.Name, text,
		strings.TrimSpace(s.Kind+" "+s.finalName())))
}

// try finds the links to be deleted, and rejects the call before it changes anything if
// one of them cannot be deleted, or if the other specs are impossible.
func (c *clearing) try(ctx context.Context) error {
	if err := c.look(ctx); err != nil {
		return err
	}
	if err := c.checkVictims(ctx); err != nil {
		return err
	}
	if !c.found() {
		return nil
	}
	e := c.e
	var err error
	if e.doomed, err = c.doom(ctx); err != nil {
		return err
	}
	if err = c.checkDoomed(ctx); err == nil {
		err = e.plan(ctx, c.rest)
	}
	e.doomed = nil
	e.startOver(ctx)
	return err
}

// look looks the names of the Absents up.
func (c *clearing) look(ctx context.Context) (err error) {
	c.e.listed = map[*nsConn]*snapshot{}
	for _, a := range c.absent {
		if a.have, err = c.e.lookUp(ctx, a.at, a.spec, len(c.absent)); err != nil {
			return err
		}
		if a.have == nil {
			continue
		}
		if err := c.checkFound(a); err != nil {
			return err
		}
	}
	return nil
}

// checkFound rejects a link that cannot be deleted, or that another spec describes by
// another of its names.
func (c *clearing) checkFound(a *clearance) error {
	if c.e.op == "diff" {
		return nil
	}
	if fault := a.have.undeletable(); fault != "" {
		return &Error{Op: c.e.op, Kind: a.have.Kind, Name: a.Name, Attr: "Absent", Message: fault, Err: invalid.State(syscall.EOPNOTSUPP)}
	}
	for _, name := range append([]string{a.have.Name}, a.have.AltNames...) {
		if i, is := c.e.wanted[linkKey{a.at, name}]; is {
			return c.contradiction(a, c.wanted[i], "is another name of")
		}
	}
	return nil
}

func (c *clearing) found() bool {
	return slices.ContainsFunc(c.absent, func(a *clearance) bool { return a.have != nil })
}

// doom returns the links that go when the links of the Absents are deleted, as far as
// they are in the same namespaces.
func (c *clearing) doom(ctx context.Context) (map[indexKey]bool, error) {
	doomed := map[indexKey]bool{}
	for _, a := range c.absent {
		if a.have != nil {
			doomed[indexKey{a.at, a.have.Index}] = true
		}
	}
	for _, at := range placesOf(c.absent) {
		links, err := (&Conn{rt: at.rt}).list(ctx, filter{})
		if err != nil {
			return nil, err
		}
		for n := -1; n != len(doomed); {
			n = len(doomed)
			for _, l := range links {
				if l.goesWithLower() && doomed[indexKey{at, l.lower()}] {
					doomed[indexKey{at, l.Index}] = true
				}
			}
		}
		c.noteNames(at, links, doomed)
	}
	return doomed, nil
}

// noteNames records the names of the links that go.
func (c *clearing) noteNames(at *nsConn, links []*Link, doomed map[indexKey]bool) {
	for _, l := range links {
		if !doomed[indexKey{at, l.Index}] {
			continue
		}
		for _, name := range append([]string{l.Name}, l.AltNames...) {
			c.going[linkKey{at, name}] = true
		}
	}
}

// checkDoomed rejects a spec that refers to a link that goes, unless the call makes
// another one of that name.
func (c *clearing) checkDoomed(ctx context.Context) error {
	for _, s := range c.wanted {
		keys, err := c.e.references(ctx, s)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if _, made := c.e.wanted[key]; c.going[key] && !made {
				return s.invalid(c.e.op, "", fmt.Sprintf("it refers to %q, which goes with the link of an Absent of the call", key.name))
			}
		}
	}
	return nil
}

func placesOf(all []*clearance) (places []*nsConn) {
	for _, a := range all {
		if !slices.Contains(places, a.at) {
			places = append(places, a.at)
		}
	}
	return places
}

// goesWithLower reports whether the kernel deletes the link together with its parent,
// underlay or other end in the same namespace.
func (l *Link) goesWithLower() bool {
	k := kindOf(l.Kind)
	return !l.lowerElsewhere() && (k.parent || k.peer != 0 || k.underlayOf != nil)
}

// lower returns the index of the parent, the other end or the underlay, or 0.
func (l *Link) lower() int {
	if i, ok := l.Info.(info); ok && l.Parent == 0 && kindOf(l.Kind).underlayOf != nil {
		return kindOf(l.Kind).underlayOf(i)
	}
	return l.Parent
}

// survives returns a link that was found, or nil if it will have been deleted when the
// plan is carried out.
func (t *transaction) survives(at *nsConn, l *Link) *Link {
	if l != nil && t.doomed[indexKey{at, l.Index}] {
		return nil
	}
	return l
}

// removeAbsent deletes the links of the Absents, also those that other processes make
// meanwhile.
func (c *clearing) removeAbsent(ctx context.Context) error {
	for range mostRounds {
		if !c.found() {
			return nil
		}
		for _, at := range placesOf(c.absent) {
			if err := c.removeIn(ctx, at); err != nil {
				return err
			}
		}
		if err := c.look(ctx); err != nil {
			return err
		}
	}
	return c.stillThere()
}

func (c *clearing) removeIn(ctx context.Context, at *nsConn) error {
	var targets []removal.Target
	for _, a := range c.absent {
		if a.at != at || a.have == nil {
			continue
		}
		a.note(a.have)
		if !slices.ContainsFunc(targets, func(l removal.Target) bool { return l.Index == a.have.Index }) {
			targets = append(targets, removal.Target{Index: a.have.Index, Name: a.Name})
		}
	}
	return c.e.remove(ctx, at, targets, (*Conn).deleteTargets)
}

// note records a link that is deleted.
func (a *clearance) note(l *Link) {
	a.change.Deleted = append(a.change.Deleted, l)
	a.change.Differences = append(a.change.Differences, l.present())
}

// present is the difference between a link and its absence.
func (l *Link) present() Difference {
	return Difference{Attr: "name", Have: l.Name, Immutable: l.undeletable() != ""}
}

// remove deletes links of a namespace.
func (t *transaction) remove(ctx context.Context, at *nsConn, targets []removal.Target, by func(*Conn, context.Context, rtnl.Held, []removal.Target) error) error {
	if len(targets) == 0 {
		return nil
	}
	held, err := at.rt.Hold()
	if err != nil {
		return kernelError(&Error{Op: t.op}, err)
	}
	defer held.Release()
	return inOperation(t.op, by(&Conn{rt: at.rt}, ctx, held, targets))
}

// inOperation returns the errors of a deletion as errors of the operation op.
func inOperation(op string, err error) error {
	switch err := err.(type) {
	case nil:
		return nil
	case *Error:
		e := *err
		e.Op = op
		return &e
	case interface{ Unwrap() []error }:
		var all []error
		for _, one := range err.Unwrap() {
			all = append(all, inOperation(op, one))
		}
		return errors.Join(all...)
	}
	return err
}

// stayAbsent looks the names up again if the call has made or changed other links: the
// kernel may have given one of the names to a new link.
func (c *clearing) stayAbsent(ctx context.Context) error {
	if !slices.ContainsFunc(c.made, (*Change).Changed) {
		return nil
	}
	if err := c.look(ctx); err != nil {
		return err
	}
	return c.stillThere()
}

// stillThere returns an error for the first Absent whose name a link has.
func (c *clearing) stillThere() error {
	for _, a := range c.absent {
		if a.have != nil {
			return &Error{Op: c.e.op, Kind: a.have.Kind, Name: a.Name, Attr: "Absent", Err: ErrNotApplied,
				Message: fmt.Sprintf("a link with index %d has the name again", a.have.Index)}
		}
	}
	return nil
}

// results returns the changes of all specs of the call, in their order.
func (e *ensurePlan) results() []*Change {
	c := e.clearing
	if c == nil {
		return e.changes()
	}
	all := c.made
	cleared := slices.Concat(c.absent, c.prunes, c.moot)
	slices.SortFunc(cleared, func(a, b *clearance) int { return a.number - b.number })
	for _, a := range cleared {
		all = slices.Insert(all, a.number, &a.change)
	}
	return all
}

// diffAbsence compares the links that exist with an Absent or a Prune.
func (e *ensurePlan) diffAbsence(ctx context.Context, s Spec) (diffs []Difference, err error) {
	c, err := e.newClearing(ctx, []Spec{s})
	if err != nil {
		return nil, err
	}
	if err := c.look(ctx); err != nil {
		return nil, err
	}
	for _, a := range c.absent {
		if a.have != nil {
			diffs = append(diffs, a.have.present())
		}
	}
	for _, p := range c.prunes {
		links, err := c.victims(ctx, p)
		if err != nil {
			return nil, err
		}
		for _, l := range links {
			diffs = append(diffs, l.present())
		}
	}
	return diffs, nil
}
