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
func (c *Conn) deleteTargets(ctx context.Context, held rtnl.Held, all []target) error {
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

// deleteOne deletes one link by its name and checks that it is gone.
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
	return c.refusedSilently(ctx, l)
}

// refusedSilently returns an error for a link that is still there although the kernel
// reported success.
func (c *Conn) refusedSilently(ctx context.Context, l target) error {
	if link, err := readIndex(ctx, c.rt, l.index); err == nil && link.Fallback() {
		return l.inspect(link)
	}
	return l.stays()
}

// refusedRemoval returns an error with the reason why the kernel did not delete a
// link.
func (c *Conn) refusedRemoval(ctx context.Context, l target, err error) error {
	e := l.failed(err)
	if link, look := readIndex(ctx, c.rt, l.index); look == nil && errors.Is(err, syscall.EOPNOTSUPP) {
		e.Message = cmp.Or(link.undeletable(), e.Message)
	}
	return e
}

// deleteMany deletes several links, many with one request. A link may remain
// although the request succeeded, because another process moved it to another group;
// such links are deleted one by one.
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

// isNameOf reports whether link, which may be nil, has the name.
func (l *target) isNameOf(link *Link) bool {
	return link != nil && (link.Name == l.name || slices.Contains(link.AltNames, l.name))
}

// inspect notes the kind of the link, and refuses a link that the kernel would not
// delete.
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

// A removal deletes links of one namespace. The kernel waits for the end of RCU
// grace periods, some 16 ms, for each deleted link, unless one request deletes many.
// Several links are therefore moved to a private group, and the group is deleted.
type removal struct {
	held rtnl.Held
	via  exchanger      // held, or its Conn if the removal must stop when the Conn is closed
	own  map[int]uint32 // the previous groups of the links, by index
}

// exchanger is a socket that can also list links.
type exchanger interface {
	rtnl.Socket
	DumpLinks(ctx context.Context, body func([]byte) []byte, restart func(), each rtnl.Reply) error
}

// target is a link that is to be deleted. It is identified by both index and name,
// because another link may get either of them in the meantime.
type target struct {
	index int
	name  string
	kind  string
}

// Private groups have numbers from 0x69000000 to 0x69ffffff, which nothing else
// should use. A link that is in such a group when first seen belongs to another
// removal, or was left there by one that was killed. Its previous group is unknown.
const (
	firstPrivate = 0x69000000
	lastPrivate  = 0x69ffffff
)

func isPrivate(group uint32) bool {
	return firstPrivate <= group && group <= lastPrivate
}

// freeGroup chooses a random private group that contains none of the listed links.
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

// ownGroup returns the group that a link returns to.
func (r *removal) ownGroup(index int) uint32 {
	if group := r.own[index]; !isPrivate(group) {
		return group
	}
	return 0
}

// stillThere reports whether the link still has its index and its name, as far as
// this can be determined. It looks up the index first: for a name that no link has,
// the kernel looks for a module, which takes 60 ms if it starts modprobe.
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

// listLinks lists the links of the namespace by index and notes their groups.
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
		l.noteUndescribed(m)
		all[l.Index] = l
	})
	return all, err
}

// inBatches calls remove for batches of links. A batch is small enough that the
// kernel deletes it in a fraction of a second, during which the context is ignored,
// and that one send can move it to a group.
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

// batchLen returns the number of links to delete together: most, at some 0.15 ms
// each, or fewer if the kernel waits for some of them separately.
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

// byName deletes the links that have their names when the kernel processes the
// request. All requests go out in one send, so that no link is renamed in between,
// and a process that is killed leaves no link in a private group.
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

// byIndex deletes the links with their indexes if they also have their names and
// kinds. It first moves the links to a private group, and then checks that they are
// the intended ones.
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

// moveToGroup moves the links with the given indexes to a group, and returns the
// indexes of those that turn out to be other links.
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

// releaseOnError calls f. If f fails or panics, the remaining links leave the
// private group.
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

// release returns the links in a private group to their previous groups, even if the
// context has ended: those with the given indexes, or all.
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

// restore returns links to their previous groups.
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

// exchange sends a batch. It ignores missing links and lost replies: the caller has
// to check whether links remain. It also ignores EMSGSIZE, the kernel's answer to a
// request for a link that it cannot describe.
func exchange(ctx context.Context, via exchanger, b *rtnl.Batch) error {
	if err := via.Do(ctx, b); err != nil {
		return err
	}
	for i := range b.Len() {
		err := b.Err(i)
		if err != nil && !isGone(err) && !errors.Is(err, rtnl.ErrLost) && !errors.Is(err, syscall.EMSGSIZE) {
			return err
		}
	}
	return nil
}
