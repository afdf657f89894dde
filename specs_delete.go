package iplink

import (
	"context"
	"fmt"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/internal/invalid"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// DeleteSpecs is the inverse of Create: it deletes the links that specs describe, in
// reverse order, wherever they are (RTM_DELLINK). A link is found by its name, its
// namespace and its kind; other settings do not count. The other end of a pair counts as
// a link of its own. A missing link is not an error.
//
// All links are looked up first. If a link of the name is of another kind, the error is
// ErrKind and nothing is deleted; likewise for links that cannot be deleted, and for
// specs without a kind, such as a Device. Links that follow each other in the same
// namespace are deleted together, as by Delete. If a deletion fails, the error names the
// link, and the links before it in specs stay.
func (c *Conn) DeleteSpecs(ctx context.Context, specs ...Spec) error {
	if err := c.unready(ctx, "delete"); err != nil {
		return err
	}
	t := newTransaction(c, "delete")
	defer t.close()
	return t.attempt(ctx, func(ctx context.Context) error { return t.deleteSpecs(ctx, specs) })
}

// DeleteSpecs deletes the links that specs describe. It is like Conn.DeleteSpecs on a
// socket of its own, in the namespace of the calling thread.
func DeleteSpecs(ctx context.Context, specs ...Spec) error {
	_, err := withConn(func(c *Conn) (struct{}, error) { return struct{}{}, c.DeleteSpecs(ctx, specs...) })
	return err
}

// A doomedRun holds links of one namespace that are deleted together.
type doomedRun struct {
	at    *nsConn
	links []target
}

func (t *transaction) deleteSpecs(ctx context.Context, specs []Spec) error {
	wanted, err := described(t.op, specs...)
	if err != nil {
		return err
	}
	for _, s := range wanted {
		if s.Kind == "" {
			return s.invalid(t.op, "", "a Device is a link of any kind: give its name to Delete")
		}
		if fault := s.checkNamed(t.op); fault != nil {
			return fault
		}
	}
	var runs []doomedRun
	for _, s := range slices.Backward(wanted) {
		if runs, err = t.findDoomed(ctx, s, runs); err != nil {
			return err
		}
	}
	for _, r := range runs {
		err := t.remove(ctx, r.at, r.links, (*Conn).deleteTargets)
		if e, ok := err.(*Error); ok && e.Name == "" {
			e.Kind, e.Name = r.links[0].kind, r.links[0].name
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkNamed rejects a spec without a valid name.
func (s *spec) checkNamed(op string) error {
	if other := s.other(); other != nil && other.Name != "" {
		if err := other.checkName(op); err != nil {
			return err
		}
	}
	return s.checkName(op)
}

// findDoomed looks up the link of a spec, and its other end if it has a name, and adds
// them to the links to delete.
func (t *transaction) findDoomed(ctx context.Context, s *spec, runs []doomedRun) ([]doomedRun, error) {
	for ; s != nil && s.Name != ""; s = s.other() {
		at, err := t.nsConn(s.netns)
		if err != nil {
			return nil, s.failed(t.op, "netns", err)
		}
		if err := s.refuseRemote(t.op, "netns", at); err != nil {
			return nil, err
		}
		have, err := readLink(ctx, at.rt, func(b []byte) []byte { return rtnl.AppendKey(b, 0, s.Name) })
		if isGone(err) {
			continue
		}
		if err != nil {
			return nil, s.failed(t.op, "", err)
		}
		if err := s.refuseOther(t.op, have); err != nil {
			return nil, err
		}
		runs = addDoomed(runs, at, target{index: have.Index, name: s.Name, kind: have.Kind})
	}
	return runs, nil
}

// refuseOther rejects a link of another kind, and one that cannot be deleted.
func (s *spec) refuseOther(op string, have *Link) error {
	if have.Kind != s.Kind {
		return &Error{Op: op, Kind: s.Kind, Name: s.Name, Message: "it is " + article(have.Kind), Err: ErrKind}
	}
	if fault := have.undeletable(); fault != "" {
		return &Error{Op: op, Kind: s.Kind, Name: s.Name, Message: fault, Err: invalid.State(syscall.EOPNOTSUPP)}
	}
	return nil
}

// addDoomed adds a link to the last run if that is in its namespace, or to a new one.
func addDoomed(runs []doomedRun, at *nsConn, l target) []doomedRun {
	known := func(r doomedRun) bool {
		return r.at == at && slices.ContainsFunc(r.links, func(other target) bool { return other.index == l.index })
	}
	switch n := len(runs); {
	case slices.ContainsFunc(runs, known):
		return runs
	case n > 0 && runs[n-1].at == at:
		runs[n-1].links = append(runs[n-1].links, l)
		return runs
	}
	return append(runs, doomedRun{at, []target{l}})
}

// DeleteIndex is like Delete, but takes interface indexes, 1 or more. If one is missing,
// nothing is deleted, and the error matches fs.ErrNotExist. A link that is renamed in the
// meantime is deleted nevertheless.
func (c *Conn) DeleteIndex(ctx context.Context, indexes ...int) error {
	if err := c.unready(ctx, "delete"); err != nil {
		return err
	}
	held, err := c.rt.Hold()
	if err != nil {
		return kernelError(&Error{Op: "delete"}, err)
	}
	defer held.Release()
	for round := range mostRounds {
		all, err := c.resolveIndexes(indexes, round > 0)
		if err != nil || len(all) == 0 {
			return err
		}
		if err := c.deleteMany(ctx, held, all); err != nil {
			return err
		}
	}
	return &Error{Op: "delete", Attr: "index", Message: "another process renames the link again and again", Err: ErrNotApplied}
}

// DeleteIndex deletes links in the namespace of the calling thread by their indexes. It
// is like Conn.DeleteIndex on a socket of its own.
func DeleteIndex(ctx context.Context, indexes ...int) error {
	_, err := withConn(func(c *Conn) (struct{}, error) { return struct{}{}, c.DeleteIndex(ctx, indexes...) })
	return err
}

// resolveIndexes finds the names of links, each once, or returns an error for a missing
// link.
func (c *Conn) resolveIndexes(indexes []int, mayMiss bool) ([]target, error) {
	var all []target
	for _, index := range indexes {
		if index < 1 {
			return nil, (&fault{"index", fmt.Sprintf("%d is no interface index: they are 1 or more", index)}).in("delete")
		}
		name, err := rtnl.NameOf(c.rt, index)
		if isGone(err) && mayMiss {
			continue
		}
		if err != nil {
			return nil, kernelError(&Error{Op: "delete", Name: fmt.Sprintf("with index %d", index)}, err)
		}
		if !slices.ContainsFunc(all, func(l target) bool { return l.index == index }) {
			all = append(all, target{index: index, name: name})
		}
	}
	return all, nil
}
