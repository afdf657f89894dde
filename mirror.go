package iplink

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A mirror keeps a copy of the kernel's links in one or more namespaces, and
// collects the events that lead to its state.
//
// The order of operations guarantees that the copy becomes correct. The kernel
// changes a link and queues the announcement, which describes the whole link, while
// it holds the RTNL lock, and it lists links under the same lock. So the
// announcements in the queue have the order of the changes, and a change that is
// missing from a list is announced after the list. Hence:
//
//   - First subscribe, then list. An announcement queued between the two is older
//     than the list and may briefly return a link to an earlier state. The
//     announcements of all later changes are then in the queue too, and the last of
//     them is at least as recent as the list.
//   - After an overrun, first drain, then list. The queue then contains old
//     announcements, because the kernel drops new ones until the queue has been read
//     empty. Applied to a later list, they would return links to an earlier state
//     for good, because the announcements after them were dropped. Once a read has
//     found the queue empty, the kernel drops nothing without reporting another
//     overrun: changes dropped before are in the list, and later ones are queued.
//
// Some announcements are only hints. Those for bridge ports (AF_BRIDGE) and for IPv6
// (AF_INET6) describe part of a link, and are also sent without the lock. Such a
// link is looked up once the queue is empty. A full announcement that was written
// before the hint may still be queued behind it; so if one follows directly after
// the look-up, the link is looked up once more.
type mirror struct {
	conn   *Conn // for lists and look-ups
	socket *rtnl.Listener
	filter filter
	reader

	spaces   map[int32]*nsLinks
	children map[int][]linkID // by the index of the parent, in any namespace
	ownID    int32            // id that announcements may use for the own namespace
	stale    ids              // namespaces to list
	hinted   linkIDs          // links to look up
	fresh    linkIDs          // links of the last look-up
	busy     int              // datagrams since a list or a look-up became necessary

	objects objectMirror // nil if only links are mirrored

	events []Event
	resync bool  // the events result from an overrun
	change Flags // the flags that the present announcement says have changed
}

type (
	ids     map[int32]struct{}
	linkIDs map[linkID]struct{}
)

// linkID identifies a link: an index in a namespace.
type linkID struct {
	nsid  int32
	index int
}

func (a linkID) compare(b linkID) int {
	return cmp.Or(cmp.Compare(a.nsid, b.nsid), cmp.Compare(a.index, b.index))
}

// patience is the number of datagrams that a look-up waits for the queue to be
// empty.
const patience = 256

func newMirror(f filter) *mirror {
	w := &mirror{filter: f, spaces: map[int32]*nsLinks{}, children: map[int][]linkID{}, ownID: rtnl.OwnNetNS}
	w.noSysctl = true
	w.share(new(interner))
	w.forget()
	return w
}

func (w *mirror) close() {
	w.socket.Close()
}

// forget drops all hints, which a list makes obsolete.
func (w *mirror) forget() {
	w.stale, w.hinted, w.fresh, w.busy = ids{}, linkIDs{}, linkIDs{}, 0
}

// step processes one datagram, or the pending lists and look-ups if there is none.
func (w *mirror) step(ctx context.Context) error {
	pending := len(w.stale)+len(w.hinted)+len(w.fresh) > 0 || w.objects != nil && len(w.objects.outdated()) > 0
	datagram, nsid, err := w.socket.Receive(!pending)
	switch {
	case errors.Is(err, rtnl.ErrOverrun):
		return w.recover(ctx)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return context.Cause(ctx)
	case err != nil:
		return err
	case datagram != nil:
		w.take(nsid, datagram)
		w.busy++
	}
	if datagram == nil || pending && w.busy > patience {
		return w.settle(ctx)
	}
	return nil
}

// recover restores a correct state after an overrun.
func (w *mirror) recover(ctx context.Context) error {
	w.resync = true
	defer func() { w.resync = false }()
	err := w.socket.Drain()
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return context.Cause(ctx)
	case err != nil:
		return err
	}
	return w.listAll(ctx)
}

// settle lists namespaces and looks up links after announcements that were only
// hints.
func (w *mirror) settle(ctx context.Context) error {
	stale, hinted := w.stale, w.hinted
	w.forget()
	if len(stale) > 0 {
		if err := w.listStale(ctx, stale); err != nil {
			return err
		}
	}
	w.fresh = hinted
	if err := w.lookUp(ctx, hinted); err != nil {
		return err
	}
	return w.listOutdated(ctx)
}

// take processes the messages of one datagram.
func (w *mirror) take(nsid int32, datagram []byte) {
	if nsid == w.ownID {
		nsid = rtnl.OwnNetNS
	}
	for m, err := range wire.Messages(datagram) {
		if err != nil {
			return
		}
		switch m.Type {
		case uapi.RTM_NEWLINK, uapi.RTM_DELLINK:
			w.takeLink(nsid, m)
		case uapi.RTM_NEWNSID, uapi.RTM_DELNSID:
			w.takeID(nsid, m)
		default:
			w.takeObject(nsid, m)
		}
	}
}

// takeObject processes an announcement about an object of a link. In a namespace that is
// still to be listed it is redundant.
func (w *mirror) takeObject(nsid int32, m wire.Message) {
	s, known := w.spaces[nsid]
	if _, stale := w.stale[nsid]; w.objects != nil && known && !stale {
		w.objects.take(s, m)
	}
}

// takeLink processes an announcement about a link. In a namespace that is still to
// be listed it is redundant.
func (w *mirror) takeLink(nsid int32, m wire.Message) {
	s, known := w.spaces[nsid]
	if _, stale := w.stale[nsid]; stale || !known {
		w.stale[nsid] = struct{}{}
		return
	}
	header, attrs, err := wire.ParseLink(m.Data)
	if err != nil {
		return
	}
	at := linkID{nsid, int(header.Index)}
	if !describes(header, attrs) || m.Type == uapi.RTM_NEWLINK && nsid != rtnl.OwnNetNS && namesID(attrs) {
		w.hinted[at] = struct{}{}
		return
	}
	if _, fresh := w.fresh[at]; fresh {
		w.hinted[at] = struct{}{}
	}
	w.change = Flags(header.Change)
	if m.Type == uapi.RTM_DELLINK {
		w.remove(s, w.parse(m))
	} else {
		w.put(s, w.parse(m))
	}
}

// describes reports whether a message describes a whole link. Messages of the same
// type from bridge, IPv6 and wireless drivers do not.
func describes(header wire.Link, attrs []byte) bool {
	whole := wire.Find(attrs, uapi.IFLA_MTU) != nil
	return header.Family == uapi.AF_UNSPEC && whole
}

// namesID reports whether a message names a namespace by id. The id in an
// announcement belongs to the link's own namespace, the id in an answer to the
// socket's namespace. Only the latter makes links of several namespaces comparable.
// For a deleted link the difference is irrelevant, and it cannot be looked up.
func namesID(attrs []byte) bool {
	return wire.Find(attrs, uapi.IFLA_LINK_NETNSID) != nil
}

// takeID processes a change of a namespace's id. An id that was lost may belong to
// another namespace already, so it is examined again in both cases.
func (w *mirror) takeID(nsid int32, m wire.Message) {
	id, ok := rtnl.ParseNSID(m)
	if nsid != rtnl.OwnNetNS || !ok || !w.filter.allNetNS {
		return
	}
	if m.Type == uapi.RTM_DELNSID {
		w.drop(id)
	}
	w.stale[id] = struct{}{}
}

// A link that moves to another namespace remains the parent, or the other end, of
// links that stay behind. If those are down, the kernel does not announce the
// change, so they are looked up to learn how they refer to the moved link now. For
// this purpose the mirror keeps an index of links by parent.

// adopt records that the parent of a link has changed. Either argument may be nil.
func (w *mirror) adopt(s *nsLinks, old, now *Link) {
	if old != nil && now != nil && old.Parent == now.Parent {
		return
	}
	if old != nil && old.Parent != 0 {
		at := linkID{s.id, old.Index}
		left := w.children[old.Parent]
		if i := slices.Index(left, at); i >= 0 {
			left[i] = left[len(left)-1]
			left = left[:len(left)-1]
		}
		if w.children[old.Parent] = left; len(left) == 0 {
			delete(w.children, old.Parent)
		}
	}
	if now != nil && now.Parent != 0 {
		w.children[now.Parent] = append(w.children[now.Parent], linkID{s.id, now.Index})
	}
}

// hintChildrenOf schedules a look-up of the links whose parent has left the
// namespace.
func (w *mirror) hintChildrenOf(left linkID) {
	for _, at := range w.children[left.index] {
		if w.parentOf(at) == left {
			w.hinted[at] = struct{}{}
		}
	}
}

// hintRelatives schedules look-ups for a new link in a namespace. The new link may
// be the parent of others, under the index that it had elsewhere. The other end of a
// new pair is included, since it is announced before the pair is complete.
func (w *mirror) hintRelatives(s *nsLinks, now *Link) {
	for _, at := range w.children[now.Index] {
		if l := s.links[at.index]; at.nsid == s.id && l != nil && l.NetNSID >= 0 {
			w.hinted[at] = struct{}{}
		}
	}
	end := s.links[now.Parent]
	if end != nil && now.NetNSID < 0 && end.Kind == now.Kind && (end.Parent != now.Index || end.NetNSID >= 0) {
		w.hinted[linkID{s.id, end.Index}] = struct{}{}
	}
}

// parentOf returns the parent of a link.
func (w *mirror) parentOf(child linkID) linkID {
	s, ok := w.spaces[child.nsid]
	if !ok || s.links[child.index] == nil {
		return linkID{}
	}
	switch l := s.links[child.index]; {
	case l.NetNSID < 0:
		return linkID{s.id, l.Parent}
	case l.NetNSID == w.ownID:
		return linkID{rtnl.OwnNetNS, l.Parent}
	default:
		return linkID{l.NetNSID, l.Parent}
	}
}

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
	if w.objects != nil {
		return w.objects.list(ctx, id)
	}
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
