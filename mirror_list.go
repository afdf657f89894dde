package iplink

import (
	"context"
	"errors"
	"maps"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// listAll lists the links of all watched namespaces.
func (w *mirror) listAll(ctx context.Context) error {
	w.forget()
	found := ids{rtnl.OwnNetNS: {}}
	if w.filter.allNetNS {
		if err := w.listIDs(ctx, found); err != nil {
			return err
		}
	}
	for id := range w.spaces {
		if _, still := found[id]; !still {
			w.drop(id)
		}
	}
	return w.listEach(ctx, found)
}

// listIDs adds to found the ids of other namespaces in the own namespace. The own
// namespace may have an id too, which is skipped.
func (w *mirror) listIDs(ctx context.Context, found ids) error {
	if err := w.findOwnID(ctx); err != nil {
		return err
	}
	var all []int32
	err := quietly(func() (err error) {
		all, err = rtnl.ListNSIDs(ctx, w.conn.rt.Dump)
		return err
	})
	for _, id := range all {
		if id != w.ownID {
			found[id] = struct{}{}
		}
	}
	return err
}

func (w *mirror) findOwnID(ctx context.Context) error {
	ns, err := w.conn.netns()
	if err != nil {
		return err
	}
	return ns.use(func(fd int) (err error) {
		w.ownID, err = rtnl.FindNSID(ctx, w.conn.rt, fd)
		return err
	})
}

// listStale lists namespaces that have received an id. If the id turns out to belong
// to the own namespace, announcements that used it were ignored until now.
func (w *mirror) listStale(ctx context.Context, stale ids) error {
	if err := w.findOwnID(ctx); err != nil {
		return err
	}
	if _, own := stale[w.ownID]; own {
		delete(stale, w.ownID)
		stale[rtnl.OwnNetNS] = struct{}{}
	}
	return w.listEach(ctx, stale)
}

// listEach lists namespaces in the order of their ids.
func (w *mirror) listEach(ctx context.Context, which ids) error {
	for _, id := range sortedKeys(which) {
		if err := w.list(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// list lists the links of a namespace and collects the differences from the known
// state. If another namespace cannot be listed, it is gone or not accessible.
func (w *mirror) list(ctx context.Context, id int32) error {
	var links []*Link
	restart := func() { links = nil }
	each := func(m wire.Message) { links = append(links, w.parse(m)) }
	err := quietly(func() error {
		if id == rtnl.OwnNetNS {
			return w.conn.rt.DumpLinks(ctx, wire.AppendLinkList, restart, each)
		}
		return w.conn.rt.DumpLinksOf(ctx, id, w.known(id), restart, each)
	})
	switch {
	case id != rtnl.OwnNetNS && refused(err):
		w.drop(id)
		return nil
	case err != nil:
		return err
	}
	w.replace(id, links)
	return nil
}

// known returns the indexes of the known links in a namespace.
func (w *mirror) known(id int32) (all []int32) {
	s, ok := w.spaces[id]
	if !ok {
		return nil
	}
	for index := range s.links {
		all = append(all, int32(index))
	}
	return all
}

// quietly repeats list until it succeeds without a change during the read. No change
// is missed, since each is announced.
func quietly(list func() error) error {
	for {
		if err := list(); !errors.Is(err, rtnl.ErrInterrupted) {
			return err
		}
	}
}

// lookUp reads links again. A link that no longer exists is announced as deleted.
func (w *mirror) lookUp(ctx context.Context, hinted linkIDs) error {
	var b rtnl.Batch
	for _, at := range slices.SortedFunc(maps.Keys(hinted), linkID.compare) {
		b.Get(uapi.RTM_GETLINK, func(m wire.Message) {
			if s, ok := w.spaces[at.nsid]; ok {
				w.put(s, w.parse(m))
			}
		}, func(b []byte) []byte {
			return rtnl.AppendTarget(rtnl.AppendKey(b, at.index, ""), uapi.IFLA_TARGET_NETNSID, at.nsid)
		})
	}
	if b.Len() == 0 {
		return nil
	}
	if err := w.conn.rt.Do(ctx, &b); err != nil {
		return err
	}
	for i := range b.Len() {
		if err := b.Err(i); err != nil && !refused(err) {
			return err
		}
	}
	return nil
}

// refused reports whether the kernel has rejected the request, for example because a
// link or a namespace is gone.
func refused(err error) bool {
	_, ok := errors.AsType[*rtnl.Errno](err)
	return ok && !errors.Is(err, syscall.ENOMEM)
}
