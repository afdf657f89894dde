package iplink

import (
	"slices"

	"github.com/iplink-go/iplink/internal/rtnl"
)

// A link that moves to another namespace stays the parent, or the other end, of
// links that the kernel announces nothing of if they are down: how they are to name
// it from then on is looked up. Who has a parent of an index is therefore kept.

// adopt takes in that a link has another parent than before, or none any more. Either
// may be nil.
func (w *watcher) adopt(s *space, old, now *Link) {
	if old != nil && now != nil && old.Parent == now.Parent {
		return
	}
	if old != nil && old.Parent != 0 {
		at := linkPlace{s.id, old.Index}
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
		w.children[now.Parent] = append(w.children[now.Parent], linkPlace{s.id, now.Index})
	}
}

// hintChildrenOf has the links looked up whose parent has left for another namespace.
func (w *watcher) hintChildrenOf(left linkPlace) {
	for _, at := range w.children[left.index] {
		if w.parentOf(at) == left {
			w.hinted[at] = struct{}{}
		}
	}
}

// hintRelatives has the links looked up that a new link of a namespace may be the
// parent of, under the index that it had elsewhere, or the other end, which is announced
// before the pair is one.
func (w *watcher) hintRelatives(s *space, now *Link) {
	for _, at := range w.children[now.Index] {
		if l := s.links[at.index]; at.nsid == s.id && l != nil && l.NetNSID >= 0 {
			w.hinted[at] = struct{}{}
		}
	}
	end := s.links[now.Parent]
	if end != nil && now.NetNSID < 0 && end.Kind == now.Kind && (end.Parent != now.Index || end.NetNSID >= 0) {
		w.hinted[linkPlace{s.id, end.Index}] = struct{}{}
	}
}

// parentOf returns which link is the parent of another.
func (w *watcher) parentOf(child linkPlace) linkPlace {
	s, ok := w.spaces[child.nsid]
	if !ok || s.links[child.index] == nil {
		return linkPlace{}
	}
	switch l := s.links[child.index]; {
	case l.NetNSID < 0:
		return linkPlace{s.id, l.Parent}
	case l.NetNSID == w.ownID:
		return linkPlace{rtnl.OwnNetNS, l.Parent}
	default:
		return linkPlace{l.NetNSID, l.Parent}
	}
}
