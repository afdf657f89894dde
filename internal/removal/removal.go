// Package removal deletes many links of one namespace with one request.
package removal

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// The time and the number of attempts to undo something, since the fault that made it
// necessary may persist.
const (
	UndoTime     = 30 * time.Second // in each namespace, whether or not the context has ended
	UndoAttempts = 5
)

// A Removal deletes links of one namespace. The kernel waits for the end of RCU
// grace periods, some 16 ms, for each deleted link, unless one request deletes many.
// Several links are therefore moved to a private group, and the group is deleted.
type Removal struct {
	held   rtnl.Held
	via    Socket
	groups map[int]uint32 // the previous groups of the links, by index
}

// A Socket is an rtnl.Conn or an rtnl.Held.
type Socket interface {
	rtnl.Socket
	DumpLinks(ctx context.Context, body func([]byte) []byte, restart func(), each rtnl.Reply) error
}

// New returns a Removal of links whose groups are known, by index. Deletions use the
// socket via: held, or its Conn if the Removal must stop when the Conn is closed.
func New(held rtnl.Held, via Socket, groups map[int]uint32) *Removal {
	return &Removal{held, via, groups}
}

// A Target is a link that is to be deleted. It is identified by both index and name,
// because another link may get either of them in the meantime.
type Target struct {
	Index int
	Name  string
	Kind  string
	Waits bool // the kernel waits for it separately, with any request
}

// Private groups have numbers from 0x69000000 to 0x69ffffff, which nothing else
// should use. A link that is in such a group when first seen belongs to another
// removal, or was left there by one that was killed. Its previous group is unknown.
const (
	firstPrivate = 0x69000000
	lastPrivate  = 0x69ffffff
)

// IsPrivate reports whether a group has a number of private groups.
func IsPrivate(group uint32) bool {
	return firstPrivate <= group && group <= lastPrivate
}

// freeGroup chooses a random private group that contains none of the listed links.
func (r *Removal) freeGroup() uint32 {
	taken := map[uint32]bool{}
	for _, group := range r.groups {
		taken[group] = true
	}
	for {
		if group := firstPrivate + rand.Uint32N(lastPrivate-firstPrivate+1); !taken[group] {
			return group
		}
	}
}

// ownGroup returns the group that a link returns to.
func (r *Removal) ownGroup(index int) uint32 {
	if group := r.groups[index]; !IsPrivate(group) {
		return group
	}
	return 0
}

// Has reports whether the link still has its index and its name, as far as
// this can be determined. It looks up the index first: for a name that no link has,
// the kernel looks for a module, which takes 60 ms if it starts modprobe.
func (r *Removal) Has(ctx context.Context, l Target) bool {
	switch name, err := rtnl.NameOf(r.held, l.Index); {
	case errors.Is(err, syscall.ENODEV):
		return false
	case err == nil && name == l.Name:
		return true
	}
	index, err := rtnl.IndexOf(ctx, r.held, l.Name)
	if err != nil {
		return !errors.Is(err, syscall.ENODEV)
	}
	return index == l.Index
}

// InBatches calls remove for batches of links. A batch is small enough that the
// kernel deletes it in a fraction of a second, during which the context is ignored,
// and that one send can move it to a group.
func (r *Removal) InBatches(links []Target, remove func([]Target) error) error {
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
func batchLen(links []Target, most int) int {
	const waiting = 32
	sum := 0
	for i, l := range links {
		sum++
		if l.Waits {
			sum += waiting - 1
		}
		if i > 0 && sum > most {
			return i
		}
	}
	return len(links)
}

// ByName deletes the links that have their names when the kernel processes the
// request. All requests go out in one send, so that no link is renamed in between,
// and a process that is killed leaves no link in a private group.
func (r *Removal) ByName(ctx context.Context, links []Target) (err error) {
	var b rtnl.Batch
	b.Together()
	group := r.freeGroup()
	for _, l := range links {
		if r.Has(ctx, l) {
			regroup(&b, 0, l.Name, group)
		}
	}
	if b.Len() == 0 {
		return nil
	}
	deleteGroup(&b, group)
	return r.releaseOnError(ctx, group, func() error { return exchange(ctx, r.via, &b) })
}

// ByIndex deletes the links with their indexes if they also have their names and
// kinds. It first moves the links to a private group, and then checks that they are
// the intended ones.
func (r *Removal) ByIndex(ctx context.Context, links []Target) error {
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
func (r *Removal) moveToGroup(ctx context.Context, links []Target, group uint32) (others []int, err error) {
	var b rtnl.Batch
	b.Together()
	kinds := map[int]string{}
	links = slices.DeleteFunc(slices.Clone(links), func(l Target) bool { return !r.Has(ctx, l) })
	for _, l := range links {
		kinds[l.Index] = l.Kind
		b.Get(uapi.RTM_GETLINK, func(m wire.Message) {
			found, _ := rtnl.ParseLink(m.Data)
			r.groups[l.Index], kinds[l.Index] = found.Group, found.Kind
		}, func(buf []byte) []byte { return rtnl.AppendKey(buf, l.Index, "") })
		regroup(&b, l.Index, "", group)
	}
	err = exchange(ctx, r.via, &b)
	for _, l := range links {
		if kinds[l.Index] != l.Kind || !r.Has(ctx, l) {
			others = append(others, l.Index)
		}
	}
	return others, err
}

// releaseOnError calls f. If f fails or panics, the remaining links leave the
// private group.
func (r *Removal) releaseOnError(ctx context.Context, group uint32, f func() error) (err error) {
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
func (r *Removal) release(ctx context.Context, group uint32, only ...int) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), UndoTime)
	defer cancel()
	var members []int
	for range UndoAttempts {
		members, err = r.members(ctx, group)
		if err != nil {
			continue
		}
		if only != nil {
			members = slices.DeleteFunc(members, func(index int) bool { return !slices.Contains(only, index) })
		}
		if len(members) == 0 {
			return nil
		}
		err = r.restore(ctx, members)
	}
	return err
}

// members returns the indexes of the links in a group.
func (r *Removal) members(ctx context.Context, group uint32) (all []int, err error) {
	err = r.held.DumpLinks(ctx, wire.AppendLinkList, func() { all = nil }, func(m wire.Message) {
		if l, _ := rtnl.ParseLink(m.Data); l.Group == group {
			all = append(all, l.Index)
		}
	})
	return all, err
}

// restore returns links to their previous groups.
func (r *Removal) restore(ctx context.Context, indexes []int) error {
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
func exchange(ctx context.Context, via Socket, b *rtnl.Batch) error {
	if err := via.Do(ctx, b); err != nil {
		return err
	}
	for i := range b.Len() {
		err := b.Err(i)
		if err != nil && !errors.Is(err, syscall.ENODEV) && !errors.Is(err, rtnl.ErrLost) && !errors.Is(err, syscall.EMSGSIZE) {
			return err
		}
	}
	return nil
}
