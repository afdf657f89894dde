package iplink

import (
	"cmp"
	"maps"
	"slices"
)

// An nsLinks holds the links of one namespace by index.
type nsLinks struct {
	id    int32
	links map[int]*Link // current state in the kernel
	shown map[int]*Link // state last reported
	found bool          // it has been listed before
}

// replace replaces the links of a namespace by a complete list.
func (w *mirror) replace(id int32, links []*Link) {
	s, ok := w.spaces[id]
	if !ok {
		s = &nsLinks{id: id, shown: map[int]*Link{}}
		w.spaces[id] = s
	}
	former := s.links
	s.links = make(map[int]*Link, len(links))
	for i, l := range links {
		if had := former[l.Index]; had != nil && l.raw.undescribed {
			links[i] = had // the most recent full description
		}
		s.links[l.Index] = links[i]
		w.adopt(s, former[l.Index], links[i])
	}
	for index, l := range former {
		if s.links[index] == nil {
			w.adopt(s, l, nil)
		}
	}
	w.reportRemoved(s)
	w.events = slices.Grow(w.events, len(links)) // too much only if most of the links are known
	for _, l := range links {
		w.report(s, l.Index)
		w.hintPorts(s, former[l.Index], l)
	}
	s.found = true
}

// reportRemoved precedes the reports on the rest of a list, so that two reported
// links never have the same name.
func (w *mirror) reportRemoved(s *nsLinks) {
	for _, index := range sortedKeys(s.shown) {
		if s.links[index] == nil {
			w.report(s, index)
		}
	}
}

// drop removes a namespace and all its links.
func (w *mirror) drop(id int32) {
	s, ok := w.spaces[id]
	if !ok {
		return
	}
	for _, l := range s.links {
		w.adopt(s, l, nil)
	}
	if w.objects != nil {
		w.objects.drop(id)
	}
	s.links = nil
	w.reportRemoved(s)
	delete(w.spaces, id)
}

// put records the current state of a link.
func (w *mirror) put(s *nsLinks, l *Link) {
	old := s.links[l.Index]
	s.links[l.Index] = l
	w.adopt(s, old, l)
	if old == nil {
		w.hintRelatives(s, l)
	}
	w.report(s, l.Index)
	w.change = 0
	w.renamed(s, old, l)
	w.hintPorts(s, old, l)
}

// remove records that a link is gone, and where it moved to.
func (w *mirror) remove(s *nsLinks, last *Link) {
	old := s.links[last.Index]
	delete(s.links, last.Index)
	w.adopt(s, old, nil)
	if last.NewIndex != 0 {
		w.hintChildrenOf(linkID{s.id, last.Index})
	}
	before := len(w.events)
	w.report(s, last.Index)
	w.change = 0
	if len(w.events) > before {
		e := &w.events[before]
		e.NewIndex, e.NewNetNSID = last.NewIndex, last.NewNetNSID
	}
	w.renamed(s, old, nil)
}

// renamed re-examines all links if the link may have gained or lost the master name
// in the filter.
func (w *mirror) renamed(s *nsLinks, old, now *Link) {
	name := w.filter.master
	if name == "" || (old != nil && old.hasName(name)) == (now != nil && now.hasName(name)) {
		return
	}
	for _, index := range sortedKeys(s.links) {
		w.report(s, index)
	}
}

// report collects the events that lead from the last reported state of a link to its
// current state, if the two differ.
func (w *mirror) report(s *nsLinks, index int) {
	old, now := s.shown[index], s.links[index]
	if now != nil && !w.matches(s, now) {
		now = nil
	}
	switch {
	case old == nil && now == nil:
	case old == nil:
		w.emit(s, Event{Kind: Added, Snapshot: !s.found, New: now})
	case now == nil:
		w.emit(s, Event{Kind: Removed, Old: old})
	case old.Kind != now.Kind: // a link cannot change its kind: this is another link with the same index
		w.emit(s, Event{Kind: Removed, Old: old})
		w.emit(s, Event{Kind: Added, New: now})
	default:
		diff := append(changes(&w.codec, old, now), news(old, now)...)
		if slices.Sort(diff); len(diff) > 0 {
			w.emit(s, Event{Kind: Changed, Old: old, New: now, Changes: diff})
		}
	}
}

// hintPorts schedules a look-up of a master's ports, if a change of the master
// changes the kernel's reports of them. The kernel announces such a change for the
// master only.
func (w *mirror) hintPorts(s *nsLinks, old, now *Link) {
	regroups := kindOf(now.Kind).regroups
	if old == nil || old.Kind != now.Kind || regroups == nil || !regroups(old, now) {
		return
	}
	for index, l := range s.links {
		if l.Master == now.Index {
			w.hinted[linkID{s.id, index}] = struct{}{}
		}
	}
}

func (w *mirror) emit(s *nsLinks, e Event) {
	if e.New != nil {
		s.shown[e.New.Index] = e.New
	} else {
		delete(s.shown, e.Old.Index)
	}
	e.NetNSID, e.NewNetNSID, e.Resync, e.FlagsChange = s.id, -1, w.resync, w.change
	w.events = append(w.events, e)
}

// matches applies the filter. The master name in it may come to refer to another
// link.
func (w *mirror) matches(s *nsLinks, l *Link) bool {
	return w.filter.matches(l) && (w.filter.master == "" || s.isPort(l, w.filter.master))
}

// isPort reports whether the link has a master with the given name.
func (s *nsLinks) isPort(l *Link, name string) bool {
	master := s.links[l.Master]
	return master != nil && master.hasName(name)
}

// named returns the link with a name or an alternative name.
func (s *nsLinks) named(name string) *Link {
	for _, l := range s.links {
		if l.hasName(name) {
			return l
		}
	}
	return nil
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}
