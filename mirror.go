package iplink

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A mirror holds the links of one or more namespaces as the kernel has them,
// and collects the events that lead there.
//
// That it ends up with the kernel's state rests on an order. The kernel changes
// a link and queues the announcement, which describes the whole link, while it
// holds the RTNL lock, and it lists links under the same lock; so announcements
// stand in the queue in the order of the changes, and what a list does not show
// yet is announced behind the list. Hence:
//
//   - First subscribe, then list. An announcement that was queued between the
//     two is older than the list and may for a moment take a link back to what
//     it was; but then those of all later changes are in the queue too, and the
//     last of them describes the link at least as the list did.
//   - After an overrun first drain, then list. What is in the queue then is old,
//     since the kernel drops the new until the queue has been read empty;
//     applied to a later list it would take links back for good, because what
//     followed was dropped. Once a read has found the queue empty, nothing is
//     dropped without another overrun being told: whatever was dropped before
//     shows in the list, and whatever comes after is queued.
//
// Some announcements are only hints. Those of bridge ports (AF_BRIDGE) and of
// IPv6 (AF_INET6) describe part of a link, and are sent without the lock too.
// Such a link is looked up, once the queue is empty. A full announcement that
// was written before the hint may still be queued behind it; so a link for
// which one follows right upon the look-up is looked up once more.
type mirror struct {
	conn   *Conn // for lists and look-ups
	socket *rtnl.Listener
	filter filter
	codec  attr.Codec

	watched  []byte // of the message that is decoded
	differs  []byte // how it differs from its model
	models   map[modelKey][]byte
	modelled int // bytes of models since they were last forgotten
	common   interner

	spaces   map[int32]*nsLinks
	children map[int][]linkID // by the index of the parent, in whatever namespace
	ownID    int32            // by which announcements may name the own namespace, too
	stale    ids              // namespaces to list
	hinted   linkIDs          // links to look up
	fresh    linkIDs          // links that the last look-up was for
	busy     int              // datagrams since there was something to list or look up

	events []Event
	resync bool // they make good an overrun
}

type (
	ids     map[int32]struct{}
	linkIDs map[linkID]struct{}
)

// linkID says which link: an index in a namespace.
type linkID struct {
	nsid  int32
	index int
}

func (a linkID) compare(b linkID) int {
	return cmp.Or(cmp.Compare(a.nsid, b.nsid), cmp.Compare(a.index, b.index))
}

// patience is how many datagrams a look-up waits for the queue to be empty.
const patience = 256

func newMirror(f filter) *mirror {
	w := &mirror{filter: f, models: map[modelKey][]byte{}, spaces: map[int32]*nsLinks{}, children: map[int][]linkID{}, ownID: rtnl.OwnNetNS}
	w.codec.Keep(w.common.copy)
	w.forget()
	return w
}

func (w *mirror) close() {
	w.socket.Close()
}

// forget drops all hints, which a list makes void.
func (w *mirror) forget() {
	w.stale, w.hinted, w.fresh, w.busy = ids{}, linkIDs{}, linkIDs{}, 0
}

// step takes in one datagram, or does what is due when there is none.
func (w *mirror) step(ctx context.Context) error {
	pending := len(w.stale)+len(w.hinted)+len(w.fresh) > 0
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

// recover makes good an overrun.
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

// settle lists and looks up what announcements only hinted at.
func (w *mirror) settle(ctx context.Context) error {
	stale, hinted := w.stale, w.hinted
	w.forget()
	if len(stale) > 0 {
		if err := w.listStale(ctx, stale); err != nil {
			return err
		}
	}
	w.fresh = hinted
	return w.lookUp(ctx, hinted)
}

// take takes in the messages of one datagram.
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
		}
	}
}

// takeLink takes in an announcement about a link. Of a namespace that is yet to
// be listed it says nothing that the list will not.
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
	if m.Type == uapi.RTM_DELLINK {
		w.remove(s, w.parse(m))
	} else {
		w.put(s, w.parse(m))
	}
}

// describes reports whether a message describes a link as a whole. What bridge,
// IPv6 and wireless drivers send under the same type does not.
func describes(header wire.Link, attrs []byte) bool {
	whole := wire.Find(attrs, uapi.IFLA_MTU) != nil
	return header.Family == uapi.AF_UNSPEC && whole
}

// namesID reports whether a message names a namespace by id. An announcement
// means the ids of the link's own namespace, an answer those of the socket's, by
// which alone links of several namespaces can be compared. Of a link that is gone
// that makes no difference, and nobody could be asked.
func namesID(attrs []byte) bool {
	return wire.Find(attrs, uapi.IFLA_LINK_NETNSID) != nil
}

// takeID takes in what becomes of a namespace's id. An id that was lost may be
// another namespace's already: it is looked at again either way.
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

// A link that moves to another namespace stays the parent, or the other end, of
// links that the kernel announces nothing of if they are down: how they are to name
// it from then on is looked up. Who has a parent of an index is therefore kept.

// adopt takes in that a link has another parent than before, or none any more. Either
// may be nil.
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

// hintChildrenOf has the links looked up whose parent has left for another namespace.
func (w *mirror) hintChildrenOf(left linkID) {
	for _, at := range w.children[left.index] {
		if w.parentOf(at) == left {
			w.hinted[at] = struct{}{}
		}
	}
}

// hintRelatives has the links looked up that a new link of a namespace may be the
// parent of, under the index that it had elsewhere, or the other end, which is announced
// before the pair is one.
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

// parentOf returns which link is the parent of another.
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
