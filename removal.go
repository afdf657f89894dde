package iplink

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

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

// doomed is a link that is to be deleted: the one that has both the index and the
// name. Another may get either meanwhile.
type doomed struct {
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

// stands reports whether the link still has its index and its name, as far as
// that can be found out. The index is asked for first: for a name that no link has,
// the kernel looks for a module, which takes 60 ms where it starts modprobe.
func (r *removal) stands(ctx context.Context, l doomed) bool {
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

// survey lists the links of the namespace by index, and notes their groups.
func (r *removal) survey(ctx context.Context) (map[int]*Link, error) {
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

// inPortions calls remove for so many links at a time as the kernel deletes in a
// fraction of a second, during which the context does not count, and as one send can
// move to a group.
func (r *removal) inPortions(links []doomed, remove func([]doomed) error) error {
	const most, longest = 1024, 192 // links, and bytes of a request
	fit := min(most, r.held.Fit(longest)-1)
	for len(links) > 0 {
		n := portion(links, fit)
		if err := remove(links[:n]); err != nil {
			return err
		}
		links = links[n:]
	}
	return nil
}

// portion returns how many of the links are deleted together: so many, which take
// some 0.15 ms each, or fewer if there are some that wait each for itself.
func portion(links []doomed, most int) int {
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
func (r *removal) byName(ctx context.Context, links []doomed) (err error) {
	var b rtnl.Batch
	b.Together()
	group := r.freeGroup()
	for _, l := range links {
		if r.stands(ctx, l) {
			regroup(&b, 0, l.name, group)
		}
	}
	if b.Len() == 0 {
		return nil
	}
	deleteGroup(&b, group)
	return r.orRelease(ctx, group, func() error { return exchange(ctx, r.via, &b) })
}

// byIndex deletes the links that have their indexes, and only those that have
// their names and kinds as well: it claims them first, by a private group, and looks
// whether it got what it meant.
func (r *removal) byIndex(ctx context.Context, links []doomed) error {
	group := r.freeGroup()
	return r.orRelease(ctx, group, func() error {
		others, err := r.claim(ctx, links, group)
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

// claim moves the links with given indexes to a group, and returns the indexes of
// those that turn out to be others than were meant.
func (r *removal) claim(ctx context.Context, links []doomed, group uint32) (others []int, err error) {
	var b rtnl.Batch
	b.Together()
	var codec attr.Codec
	kinds := map[int]string{}
	links = slices.DeleteFunc(slices.Clone(links), func(l doomed) bool { return !r.stands(ctx, l) })
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
		if kinds[l.index] != l.kind || !r.stands(ctx, l) {
			others = append(others, l.index)
		}
	}
	return others, err
}

// orRelease calls f. On an error what is left in a private group leaves it, also if
// f panics.
func (r *removal) orRelease(ctx context.Context, group uint32, f func() error) (err error) {
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
