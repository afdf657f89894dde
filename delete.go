package iplink

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/invalid"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/removal"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// Delete deletes links by name, which may be an alternative name. It looks up all
// names first: if one is missing, nothing is deleted, and the error matches
// fs.ErrNotExist. A link that disappears with another one, such as the other end of
// a pair, may be named as well, and a name may be repeated. Delete returns an error
// for links that cannot be deleted, such as hardware.
//
// A single link is deleted by its name, that is, the kernel deletes the link that
// has the name at that moment. If several links are named, a link is deleted only if
// it has both the name and the index that were looked up: a link that has received
// the name or the index in the meantime is left alone.
//
// Several links are deleted at once, many in one request, which is some hundred
// times faster than one by one. For a moment they are in a private group, a random
// group (IFLA_GROUP) from 0x69000000 to 0x69ffffff, which nothing else should use.
// If the deletion fails, or ctx ends, the remaining links return to their previous
// groups. Several processes may delete the same links. A link that is already in a
// private group was left there by a process that was killed, or another process is
// deleting it; if it remains, its group becomes 0, the default.
//
// When ctx ends, Delete returns after the kernel has finished the current deletion:
// up to a thousand links, or 32 bridges, which takes up to half a second.
func (c *Conn) Delete(ctx context.Context, names ...string) error {
	return c.delete(ctx, names, false)
}

// DeleteIfExists is like Delete, but ignores missing links.
func (c *Conn) DeleteIfExists(ctx context.Context, names ...string) error {
	return c.delete(ctx, names, true)
}

// DeleteIfExists deletes links in the namespace of the calling thread and ignores
// missing links. It is like Conn.DeleteIfExists on a socket of its own.
func DeleteIfExists(ctx context.Context, names ...string) error {
	_, err := withConn(func(c *Conn) (struct{}, error) { return struct{}{}, c.DeleteIfExists(ctx, names...) })
	return err
}

func (c *Conn) delete(ctx context.Context, names []string, mayMiss bool) error {
	if err := c.unready(ctx, "delete"); err != nil {
		return err
	}
	held, err := c.rt.Hold()
	if err != nil {
		return kernelError(&Error{Op: "delete", Name: strings.Join(names, ", ")}, err)
	}
	defer held.Release()
	all, err := c.resolveTargets(ctx, names, mayMiss)
	if err != nil {
		return err
	}
	return c.deleteTargets(ctx, held, all)
}

// deleteTargets deletes links that were looked up.
func (c *Conn) deleteTargets(ctx context.Context, held rtnl.Held, all []removal.Target) error {
	switch len(all) {
	case 0:
		return nil
	case 1:
		return c.deleteOne(ctx, all[0])
	}
	return c.deleteMany(ctx, held, all)
}

// resolveTargets finds the links with the names, each once, or returns an error for
// a missing one.
func (c *Conn) resolveTargets(ctx context.Context, names []string, mayMiss bool) ([]removal.Target, error) {
	var all []removal.Target
	seen := map[int]bool{}
	for _, name := range names {
		if fault := nameFault("name", name, uapi.ALTIFNAMSIZ-1); fault != nil {
			return nil, (&spec{Settings: own.Settings{Name: name}}).refuse("delete", fault)
		}
		index, err := rtnl.IndexOf(ctx, c.rt, name)
		switch {
		case isGone(err) && mayMiss, seen[index]:
			continue
		case err != nil:
			return nil, kernelError(&Error{Op: "delete", Name: name}, err)
		}
		seen[index] = true
		all = append(all, removal.Target{Index: index, Name: name})
	}
	return all, nil
}

// deleteOne deletes one link by its name and checks that it is gone.
func (c *Conn) deleteOne(ctx context.Context, l removal.Target) error {
	var b rtnl.Batch
	index := 0
	key := func(b []byte) []byte { return rtnl.AppendKey(b, 0, l.Name) }
	b.Write(uapi.RTM_DELLINK, 0, key)
	b.Get(uapi.RTM_GETLINK, func(m wire.Message) { index = rtnl.IndexIn(m) }, key)
	if err := c.rt.Do(ctx, &b); err != nil {
		return notDeleted(l.Name, err)
	}
	switch refusal, look := b.Err(0), b.Err(1); {
	case isGone(look):
		return nil
	case refusal != nil:
		return c.refusedRemoval(ctx, l, refusal)
	case look != nil:
		return notDeleted(l.Name, look)
	case index != l.Index: // a new link has the name
		return nil
	}
	return c.refusedSilently(ctx, l)
}

// refusedSilently returns an error for a link that is still there although the kernel
// reported success.
func (c *Conn) refusedSilently(ctx context.Context, l removal.Target) error {
	if link, err := readIndex(ctx, c.rt, l.Index); err == nil && link.Fallback() {
		return inspect(&l, link)
	}
	return &Error{Op: "delete", Name: l.Name, Message: "the kernel reported success, but the link is still there", Err: ErrNotApplied}
}

// refusedRemoval returns an error with the reason why the kernel did not delete a
// link.
func (c *Conn) refusedRemoval(ctx context.Context, l removal.Target, err error) error {
	e := notDeleted(l.Name, err)
	if link, look := readIndex(ctx, c.rt, l.Index); look == nil && errors.Is(err, syscall.EOPNOTSUPP) {
		e.Message = cmp.Or(link.undeletable(), e.Message)
	}
	return e
}

// deleteMany deletes several links, many with one request. A link may remain
// although the request succeeded, because another process moved it to another group;
// such links are deleted one by one.
func (c *Conn) deleteMany(ctx context.Context, held rtnl.Held, all []removal.Target) error {
	there, err := listByIndex(ctx, c.rt)
	if err != nil {
		return kernelError(&Error{Op: "delete"}, err)
	}
	groups := map[int]uint32{}
	for index, l := range there {
		groups[index] = l.Group
	}
	r := removal.New(held, c.rt, groups)
	all = slices.DeleteFunc(all, func(l removal.Target) bool { return there[l.Index] == nil || !there[l.Index].hasName(l.Name) })
	for i := range all {
		if err := inspect(&all[i], there[all[i].Index]); err != nil {
			return err
		}
	}
	err = r.InBatches(all, func(some []removal.Target) error { return r.ByName(ctx, some) })
	var errs []error
	for _, l := range all {
		switch {
		case !r.Has(ctx, l):
		case err != nil:
			errs = append(errs, notDeleted(l.Name, err))
		default:
			errs = append(errs, c.deleteOne(ctx, l))
		}
	}
	return errors.Join(errs...)
}

// listByIndex lists the links of the namespace by index.
func listByIndex(ctx context.Context, rt *rtnl.Conn) (all map[int]*Link, err error) {
	var codec attr.Codec
	err = rt.DumpLinks(ctx, wire.AppendLinkList, func() { all = map[int]*Link{} }, func(m wire.Message) {
		l := parseLink(&codec, slices.Clone(m.Data))
		l.noteUndescribed(m)
		all[l.Index] = l
	})
	return all, err
}

// inspect notes the kind of the link, and refuses a link that the kernel would not
// delete.
func inspect(l *removal.Target, link *Link) error {
	l.Kind, l.Waits = link.Kind, kindOf(link.Kind).waits
	if fault := link.undeletable(); fault != "" {
		return &Error{Op: "delete", Kind: link.Kind, Name: l.Name, Message: fault, Err: invalid.State(syscall.EOPNOTSUPP)}
	}
	return nil
}

func (l *Link) isLoopback() bool {
	return l.Type == HardwareLoopback && l.Kind == ""
}

// undeletable returns the reason why the kernel would not delete the link, or would
// report success without deleting it. It returns an empty string if the link can be
// deleted.
func (l *Link) undeletable() string {
	switch {
	case l.isLoopback():
		return "the loopback interface cannot be deleted: Down disables it"
	case l.raw.undescribed: // the kernel refuses it if it is hardware
		return ""
	case kindOf(l.Kind).taker != "":
		return kindOf(l.Kind).taker
	case l.Kind == "", kindOf(l.Kind).hardware != "", kindOf(l.Kind).parent && l.Parent == 0:
		return "it is hardware, which cannot be deleted"
	case l.Fallback():
		return fallbackStays
	}
	return ""
}

// notDeleted returns the error of a link that could not be deleted.
func notDeleted(name string, err error) *Error {
	e := kernelError(&Error{Op: "delete", Name: name}, err)
	if errors.Is(err, syscall.EOPNOTSUPP) && e.Message == "" {
		e.Message = "it is hardware, which cannot be deleted"
	}
	return e
}

// DeleteSpecs is the inverse of Create: it deletes the links that specs describe, in
// reverse order, wherever they are (RTM_DELLINK). A link is found by its name, its
// namespace and its kind; other settings do not count. The other end of a pair counts as
// a link of its own. A missing link is not an error. The name of a Namespace is removed
// after the links.
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
	links []removal.Target
}

func (t *transaction) deleteSpecs(ctx context.Context, specs []Spec) error {
	names, specs, err := t.separateNamespaces(specs)
	if err != nil {
		return err
	}
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
			e.Kind, e.Name = r.links[0].Kind, r.links[0].Name
		}
		if err != nil {
			return err
		}
	}
	return deleteNamespaces(names)
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
		at, err := t.nsConn(ctx, s.netns)
		if s.missingNetNS(err) {
			continue
		}
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
		runs = addDoomed(runs, at, removal.Target{Index: have.Index, Name: s.Name, Kind: have.Kind})
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
func addDoomed(runs []doomedRun, at *nsConn, l removal.Target) []doomedRun {
	known := func(r doomedRun) bool {
		return r.at == at && slices.ContainsFunc(r.links, func(other removal.Target) bool { return other.Index == l.Index })
	}
	switch n := len(runs); {
	case slices.ContainsFunc(runs, known):
		return runs
	case n > 0 && runs[n-1].at == at:
		runs[n-1].links = append(runs[n-1].links, l)
		return runs
	}
	return append(runs, doomedRun{at, []removal.Target{l}})
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
func (c *Conn) resolveIndexes(indexes []int, mayMiss bool) ([]removal.Target, error) {
	var all []removal.Target
	for _, index := range indexes {
		if index < 1 {
			return nil, (&fault{"index", fmt.Sprintf("%d is not an interface index: they are 1 or more", index)}).in("delete")
		}
		name, err := rtnl.NameOf(c.rt, index)
		if isGone(err) && mayMiss {
			continue
		}
		if err != nil {
			return nil, kernelError(&Error{Op: "delete", Name: fmt.Sprintf("with index %d", index)}, err)
		}
		if !slices.ContainsFunc(all, func(l removal.Target) bool { return l.Index == index }) {
			all = append(all, removal.Target{Index: index, Name: name})
		}
	}
	return all, nil
}
