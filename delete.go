package iplink

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/invalid"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// Delete removes links by name, which may be an alternative one. All names are
// looked up first: if one is missing, nothing is removed, and the error matches
// fs.ErrNotExist. A link that goes with another, such as the other end of a
// pair, may be named as well, and a name may come twice. Links that cannot be
// removed, such as hardware, are an error.
//
// One link is deleted by its name, whichever link has that when the kernel gets to
// it. Of several, a link goes that has both the name and the index which it had when
// it was looked up: one that got its name or its index meanwhile is left alone.
//
// Several links go at once, many in one request, which is some hundred times faster
// than one by one. For a moment they are then in a private group, a group (IFLA_GROUP)
// at random of those from 0x69000000 to 0x69ffffff, which nothing else should use.
// If the removal fails, or ctx ends, those that are left get their own groups back.
// Several processes may delete the same links. What is in a private group when Delete
// finds it was left there by a process that was killed, or is being deleted by
// another one; if it has to stay, its group is 0, the default, then.
//
// When ctx ends, Delete returns as soon as the links are gone that the kernel is
// deleting: up to a thousand, or 32 bridges, which takes up to half a second.
func (c *Conn) Delete(ctx context.Context, names ...string) error {
	return c.delete(ctx, names, false)
}

// DeleteIfExists is Delete for links that may be missing.
func (c *Conn) DeleteIfExists(ctx context.Context, names ...string) error {
	return c.delete(ctx, names, true)
}

// DeleteIfExists removes links of the calling thread's namespace that may be
// missing. It is Conn.DeleteIfExists on a socket of its own.
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
	switch {
	case err != nil:
		return err
	case len(all) == 0:
		return nil
	case len(all) == 1:
		return c.deleteOne(ctx, all[0])
	}
	return c.deleteMany(ctx, held, all)
}

// resolveTargets finds the links of all names, each once, or says which is missing.
func (c *Conn) resolveTargets(ctx context.Context, names []string, mayMiss bool) ([]target, error) {
	var all []target
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
		all = append(all, target{index: index, name: name})
	}
	return all, nil
}

// deleteOne deletes one link, by its name, and looks whether it is gone.
func (c *Conn) deleteOne(ctx context.Context, l target) error {
	var b rtnl.Batch
	index := 0
	key := func(b []byte) []byte { return rtnl.AppendKey(b, 0, l.name) }
	b.Write(uapi.RTM_DELLINK, 0, key)
	b.Get(uapi.RTM_GETLINK, func(m wire.Message) { index = rtnl.IndexIn(m) }, key)
	if err := c.rt.Do(ctx, &b); err != nil {
		return l.failed(err)
	}
	switch removal, look := b.Err(0), b.Err(1); {
	case isGone(look):
		return nil
	case removal != nil:
		return c.refusedRemoval(ctx, l, removal)
	case look != nil:
		return l.failed(look)
	case index != l.index: // a new link has the name
		return nil
	}
	return l.stays()
}

// refusedRemoval says why the kernel does not delete a link.
func (c *Conn) refusedRemoval(ctx context.Context, l target, err error) error {
	e := l.failed(err)
	if link, look := readIndex(ctx, c.rt, l.index); look == nil && errors.Is(err, syscall.EOPNOTSUPP) {
		e.Message = cmp.Or(link.undeletable(), e.Message)
	}
	return e
}

// deleteMany deletes several links, many with one request. Those that are left
// although the request succeeded, because another process moved them to another
// group, are deleted one by one.
func (c *Conn) deleteMany(ctx context.Context, held rtnl.Held, all []target) error {
	r := removal{held: held, via: c.rt}
	there, err := r.listLinks(ctx)
	if err != nil {
		return kernelError(&Error{Op: "delete"}, err)
	}
	all = slices.DeleteFunc(all, func(l target) bool { return !l.isNameOf(there[l.index]) })
	for i := range all {
		if err := all[i].inspect(there[all[i].index]); err != nil {
			return err
		}
	}
	err = r.inBatches(all, func(some []target) error { return r.byName(ctx, some) })
	var errs []error
	for _, l := range all {
		switch {
		case !r.stillThere(ctx, l):
		case err != nil:
			errs = append(errs, l.failed(err))
		default:
			errs = append(errs, c.deleteOne(ctx, l))
		}
	}
	return errors.Join(errs...)
}

// isNameOf reports whether a link, nil if there is none, has the name.
func (l *target) isNameOf(link *Link) bool {
	return link != nil && (link.Name == l.name || slices.Contains(link.AltNames, l.name))
}

// inspect notes the link's kind, and refuses it if the kernel would not delete it.
func (l *target) inspect(link *Link) error {
	l.kind = link.Kind
	if fault := link.undeletable(); fault != "" {
		return &Error{Op: "delete", Kind: link.Kind, Name: l.name, Message: fault, Err: invalid.State(syscall.EOPNOTSUPP)}
	}
	return nil
}

func (l *Link) isLoopback() bool {
	return l.Type == HardwareLoopback && l.Kind == ""
}

// undeletable says why the kernel would not delete the link, or would say that
// it has and not do it; empty if it can be deleted.
func (l *Link) undeletable() string {
	switch {
	case l.isLoopback():
		return "the loopback interface cannot be deleted: Down disables it"
	case l.Kind == "", kindOf(l.Kind).hardware != "", kindOf(l.Kind).parent && l.Parent == 0:
		return "it is hardware, which cannot be deleted"
	}
	return ""
}

func (l *target) failed(err error) *Error {
	e := kernelError(&Error{Op: "delete", Name: l.name}, err)
	if errors.Is(err, syscall.EOPNOTSUPP) && e.Message == "" {
		e.Message = "it is hardware, which cannot be deleted"
	}
	return e
}

func (l *target) stays() error {
	return &Error{Op: "delete", Name: l.name, Message: "the kernel reported success, but the link is still there", Err: ErrNotApplied}
}

// A removal deletes links of one namespace. Each link that is deleted waits for
// the end of RCU grace periods, some 16 ms, unless one request deletes many:
// several are therefore moved to a private group, and the group is deleted.
type removal struct {
	held rtnl.Held
	via  exchanger      // held, or its Conn if it must stop when that is closed
	own  map[int]uint32 // the groups that links had before, by index
}

// exchanger is a socket that also lists links.
type exchanger interface {
	rtnl.Socket
	DumpLinks(ctx context.Context, body func([]byte) []byte, restart func(), each rtnl.Reply) error
}

// target is a link that is to be deleted: the one that has both the index and the
// name. Another may get either meanwhile.
type target struct {
	index int
	name  string
	kind  string
}

// Private groups have numbers from 0x69000000 to 0x69ffffff, which nothing else
// should use: a link that is in one when it is first seen is another removal's, or
// one that was killed left it there. Its own group is not known.
const (
	firstPrivate = 0x69000000
	lastPrivate  = 0x69ffffff
)

func isPrivate(group uint32) bool {
	return firstPrivate <= group && group <= lastPrivate
}

// freeGroup chooses a private group, at random, that no link was in.
func (r *removal) freeGroup() uint32 {
	taken := map[uint32]bool{}
	for _, group := range r.own {
		taken[group] = true
	}
	for {
		if group := firstPrivate + rand.Uint32N(lastPrivate-firstPrivate+1); !taken[group] {
			return group
		}
	}
}

// ownGroup returns the group that a link goes back to.
func (r *removal) ownGroup(index int) uint32 {
	if group := r.own[index]; !isPrivate(group) {
		return group
	}
	return 0
}

// stillThere reports whether the link still has its index and its name, as far as
// that can be found out. The index is asked for first: for a name that no link has,
// the kernel looks for a module, which takes 60 ms where it starts modprobe.
func (r *removal) stillThere(ctx context.Context, l target) bool {
	switch name, err := rtnl.NameOf(r.held, l.index); {
	case isGone(err):
		return false
	case err == nil && name == l.name:
		return true
	}
	index, err := rtnl.IndexOf(ctx, r.held, l.name)
	if err != nil {
		return !isGone(err)
	}
	return index == l.index
}

// listLinks lists the links of the namespace by index, and notes their groups.
func (r *removal) listLinks(ctx context.Context) (map[int]*Link, error) {
	all, err := listByIndex(ctx, r.via)
	r.own = map[int]uint32{}
	for index, l := range all {
		r.own[index] = l.Group
	}
	return all, err
}

func listByIndex(ctx context.Context, via exchanger) (all map[int]*Link, err error) {
	var codec attr.Codec
	err = via.DumpLinks(ctx, wire.AppendLinkList, func() { all = map[int]*Link{} }, func(m wire.Message) {
		l := parseLink(&codec, slices.Clone(m.Data))
		all[l.Index] = l
	})
	return all, err
}

// inBatches calls remove for so many links at a time as the kernel deletes in a
// fraction of a second, during which the context does not count, and as one send can
// move to a group.
func (r *removal) inBatches(links []target, remove func([]target) error) error {
	const most, longest = 1024, 192 // links, and bytes of a request
	fit := min(most, r.held.Fit(longest)-1)
	for len(links) > 0 {
		n := batchLen(links, fit)
		if err := remove(links[:n]); err != nil {
			return err
		}
		links = links[n:]
	}
	return nil
}

// batchLen returns how many of the links are deleted together: so many, which take
// some 0.15 ms each, or fewer if there are some that wait each for itself.
func batchLen(links []target, most int) int {
	const waiting = 32
	sum := 0
	for i, l := range links {
		sum++
		if kindOf(l.kind).waits {
			sum += waiting - 1
		}
		if i > 0 && sum > most {
			return i
		}
	}
	return len(links)
}

// byName deletes the links that have their names when the kernel gets to them. All
// goes out in one send, so that no link is renamed in between, and a process that is
// killed leaves none in a private group.
func (r *removal) byName(ctx context.Context, links []target) (err error) {
	var b rtnl.Batch
	b.Together()
	group := r.freeGroup()
	for _, l := range links {
		if r.stillThere(ctx, l) {
			regroup(&b, 0, l.name, group)
		}
	}
	if b.Len() == 0 {
		return nil
	}
	deleteGroup(&b, group)
	return r.releaseOnError(ctx, group, func() error { return exchange(ctx, r.via, &b) })
}

// byIndex deletes the links that have their indexes, and only those that have
// their names and kinds as well: it claims them first, by a private group, and looks
// whether it got what it meant.
func (r *removal) byIndex(ctx context.Context, links []target) error {
	group := r.freeGroup()
	return r.releaseOnError(ctx, group, func() error {
		others, err := r.moveToGroup(ctx, links, group)
		if err == nil && len(others) > 0 {
			err = r.release(ctx, group, others...)
		}
		if err != nil {
			return err
		}
		var b rtnl.Batch
		deleteGroup(&b, group)
		return exchange(ctx, r.via, &b)
	})
}

// moveToGroup moves the links with given indexes to a group, and returns the indexes of
// those that turn out to be others than were meant.
func (r *removal) moveToGroup(ctx context.Context, links []target, group uint32) (others []int, err error) {
	var b rtnl.Batch
	b.Together()
	var codec attr.Codec
	kinds := map[int]string{}
	links = slices.DeleteFunc(slices.Clone(links), func(l target) bool { return !r.stillThere(ctx, l) })
	for _, l := range links {
		kinds[l.index] = l.kind
		b.Get(uapi.RTM_GETLINK, func(m wire.Message) {
			found := parseLink(&codec, slices.Clone(m.Data))
			r.own[l.index], kinds[l.index] = found.Group, found.Kind
		}, func(buf []byte) []byte { return rtnl.AppendKey(buf, l.index, "") })
		regroup(&b, l.index, "", group)
	}
	err = exchange(ctx, r.via, &b)
	for _, l := range links {
		if kinds[l.index] != l.kind || !r.stillThere(ctx, l) {
			others = append(others, l.index)
		}
	}
	return others, err
}

// releaseOnError calls f. On an error what is left in a private group leaves it, also if
// f panics.
func (r *removal) releaseOnError(ctx context.Context, group uint32, f func() error) (err error) {
	finished := false
	defer func() {
		if !finished {
			err = errors.Join(err, r.release(ctx, group))
		}
	}()
	if err := f(); err != nil {
		return err
	}
	finished = true
	return nil
}

// release gives the links that are in a private group their own ones back,
// whatever has become of the context: those with given indexes, or all.
func (r *removal) release(ctx context.Context, group uint32, only ...int) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	for range undoAttempts {
		var all map[int]*Link
		if all, err = listByIndex(ctx, r.held); err != nil {
			continue
		}
		var members []int
		for index, l := range all {
			if l.Group == group && (only == nil || slices.Contains(only, index)) {
				members = append(members, index)
			}
		}
		if len(members) == 0 {
			return nil
		}
		err = r.restore(ctx, members)
	}
	return err
}

// restore gives links their own groups back.
func (r *removal) restore(ctx context.Context, indexes []int) error {
	var b rtnl.Batch
	b.Together()
	for _, index := range indexes {
		regroup(&b, index, "", r.ownGroup(index))
	}
	return exchange(ctx, r.held, &b)
}

// regroup adds the request that moves a link to a group.
func regroup(b *rtnl.Batch, index int, name string, group uint32) {
	b.Write(uapi.RTM_NEWLINK, 0, func(buf []byte) []byte {
		return wire.AppendU32(rtnl.AppendKey(buf, index, name), uapi.IFLA_GROUP, group)
	})
}

func deleteGroup(b *rtnl.Batch, group uint32) {
	b.Write(uapi.RTM_DELLINK, 0, func(buf []byte) []byte {
		return wire.AppendU32(wire.AppendLink(buf, wire.Link{}), uapi.IFLA_GROUP, group)
	})
}

// exchange sends a batch. That a link is gone is no error, and neither is a lost
// answer: whether links are left is to be found out in another way.
func exchange(ctx context.Context, via exchanger, b *rtnl.Batch) error {
	if err := via.Do(ctx, b); err != nil {
		return err
	}
	for i := range b.Len() {
		if err := b.Err(i); err != nil && !isGone(err) && !errors.Is(err, rtnl.ErrLost) {
			return err
		}
	}
	return nil
}

// isAbsent reports whether certainly no link has an index.
func isAbsent(rt *rtnl.Conn, index int) bool {
	_, err := rtnl.NameOf(rt, index)
	return errors.Is(err, syscall.ENODEV)
}
