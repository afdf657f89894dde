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

// A removal deletes links of one namespace, whose indexes are known. Each link
// that is deleted waits for the end of RCU grace periods, some 16 ms, unless
// one request deletes many: several are therefore moved to a group that no
// other link is in, and the group is deleted.
type removal struct {
	held  rtnl.Held
	via   exchanger // held, or its Conn if it must stop when that is closed
	links []doomed
	all   map[int]*Link // that there were when they were listed, by index
}

// exchanger is what a Conn is for.
type exchanger interface {
	Do(context.Context, *rtnl.Batch) error
	Dump(ctx context.Context, typ uint16, body func([]byte) []byte, restart func(), each rtnl.Reply) error
}

// doomed is a link that is to be deleted.
type doomed struct {
	index int
	group uint32 // the one it belongs to
}

// run deletes the links together, after a survey. On an error those that are
// left are in their groups again, also if it panics. A link that is gone
// already is no error.
func (r *removal) run(ctx context.Context) (err error) {
	group := r.freeGroup()
	defer func() {
		if !r.gone() {
			err = errors.Join(err, r.restore(ctx))
		}
	}()
	if err := r.regroup(ctx, r.via, func(doomed) uint32 { return group }); err != nil {
		return err
	}
	return r.deleteGroup(ctx, group)
}

// runSingly deletes the links one by one.
func (r *removal) runSingly(ctx context.Context) error {
	var b rtnl.Batch
	for _, l := range r.links {
		b.Write(uapi.RTM_DELLINK, 0, func(buf []byte) []byte { return appendKey(buf, l.index, "") })
	}
	return exchange(ctx, r.via, &b)
}

// survey lists the links of the namespace.
func (r *removal) survey(ctx context.Context) error {
	var codec attr.Codec
	return r.via.Dump(ctx, uapi.RTM_GETLINK, wire.AppendLinkList, func() { r.all = map[int]*Link{} }, func(m wire.Message) {
		l := parseLink(&codec, slices.Clone(m.Data))
		r.all[l.Index] = l
	})
}

// freeGroup chooses a group, at random, that no link was in. Group 0, which is
// the default, cannot be deleted.
func (r *removal) freeGroup() uint32 {
	const least, most = 1 << 16, 1 << 31
	taken := map[uint32]bool{}
	for _, l := range r.all {
		taken[l.Group] = true
	}
	for {
		if group := least + rand.Uint32N(most-least); !taken[group] {
			return group
		}
	}
}

// regroup moves the links that still exist to the groups that to says.
func (r *removal) regroup(ctx context.Context, via exchanger, to func(doomed) uint32) error {
	var b rtnl.Batch
	for _, l := range r.links {
		b.Write(uapi.RTM_NEWLINK, 0, func(buf []byte) []byte {
			return wire.AppendU32(appendKey(buf, l.index, ""), uapi.IFLA_GROUP, to(l))
		})
	}
	return exchange(ctx, via, &b)
}

func (r *removal) deleteGroup(ctx context.Context, group uint32) error {
	var b rtnl.Batch
	b.Write(uapi.RTM_DELLINK, 0, func(buf []byte) []byte {
		return wire.AppendU32(wire.AppendLink(buf, wire.Link{}), uapi.IFLA_GROUP, group)
	})
	return exchange(ctx, r.via, &b)
}

// restore gives the links that are left their groups back, whatever has become
// of the context.
func (r *removal) restore(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	var err error
	for range undoAttempts {
		if err = r.regroup(ctx, r.held, func(l doomed) uint32 { return l.group }); err == nil {
			break
		}
	}
	return err
}

// exchange sends a batch. That a link is gone is no error.
func exchange(ctx context.Context, via exchanger, b *rtnl.Batch) error {
	if err := via.Do(ctx, b); err != nil {
		return err
	}
	for i := range b.Len() {
		if err := b.Err(i); err != nil && !isGone(err) {
			return err
		}
	}
	return nil
}

// gone reports whether no link is left.
func (r *removal) gone() bool {
	return !slices.ContainsFunc(r.links, func(l doomed) bool { return !isAbsent(r.held.Conn, l.index) })
}

// isAbsent reports whether certainly no link has an index.
func isAbsent(rt *rtnl.Conn, index int) bool {
	_, err := nameOf(rt, index)
	return errors.Is(err, syscall.ENODEV)
}
