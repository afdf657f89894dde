package iplink

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/wire"
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

// NameOf returns the name of the link with an index, or an empty string.
func (s *nsLinks) NameOf(index int) string {
	if l := s.links[index]; l != nil {
		return l.Name
	}
	return ""
}

// KindOf returns the kind of the link with an index, or an empty string.
func (s *nsLinks) KindOf(index int) string {
	if l := s.links[index]; l != nil {
		return l.Kind
	}
	return ""
}

// Has reports whether there is a link of a kind.
func (s *nsLinks) Has(kind string) bool {
	for _, l := range s.links {
		if l.Kind == kind {
			return true
		}
	}
	return false
}

// An objectMirror keeps a copy of the objects of one sort, such as addresses, on the
// links of a mirror. It becomes correct for the same reasons as the copy of the links: see
// mirror.
type objectMirror interface {
	// groups returns the multicast groups with the announcements.
	groups() []uint32
	// take processes an announcement in a namespace whose links are known.
	take(s *nsLinks, m wire.Message)
	// follow adapts the objects to events of links.
	follow(links []Event)
	// list lists all objects of a namespace and collects the differences.
	list(ctx context.Context, id int32) error
	// drop removes a namespace and all its objects.
	drop(id int32)
	// discard forgets the events that were collected.
	discard()
	// outdated returns namespaces to list, because the kernel changes objects without
	// announcing it.
	outdated() ids
}

// objects is the objectMirror of one sort.
type objects[T any, K comparable] struct {
	*own.Sort[T, K]
	w      *mirror
	spaces map[int32]map[int]map[K]known[T] // by namespace, owner and key
	old    ids
	events []ObjectEvent[T]
}

// A known object is shown if its link matches the filters.
type known[T any] struct {
	value T
	shown bool
}

func newObjects[T any, K comparable](w *mirror, sort *own.Sort[T, K]) *objects[T, K] {
	return &objects[T, K]{Sort: sort, w: w, spaces: map[int32]map[int]map[K]known[T]{}, old: ids{}}
}

func (o *objects[T, K]) groups() []uint32 { return o.Groups }

func (o *objects[T, K]) outdated() ids { return o.old }

func (o *objects[T, K]) take(s *nsLinks, m wire.Message) {
	var found []own.Watched[T, K]
	if m.Type == o.Added || m.Type == o.Removed || m.Type == o.Get {
		found = o.Parse(s, m)
	}
	switch {
	case o.Hints != nil && o.Hints(m, found):
		o.old[s.id] = struct{}{}
	case m.Type == o.Added:
		for _, x := range found {
			if old, had := o.spaces[s.id][x.Owner][x.Key]; had && o.Doubtful != nil && o.Doubtful(&old.value, &x.Value) {
				o.old[s.id] = struct{}{}
				continue
			}
			o.put(s, x, false)
		}
	case m.Type == o.Removed:
		for _, x := range found {
			o.remove(s.id, x.Owner, x.Key)
		}
	case m.Type == o.Get:
		for _, x := range found {
			if o.prepare(s, &x.Value) {
				o.emit(s.id, ObjectEvent[T]{Kind: Missed, New: &x.Value})
			}
		}
	}
}

// prepare sets the name of the link in an object, and reports whether it is to be shown:
// its link matches the filters. Without filters, objects without a link are shown too.
func (o *objects[T, K]) prepare(s *nsLinks, v *T) bool {
	index := o.Link(v, s.NameOf)
	if index == 0 {
		return o.w.filter.matchesAll()
	}
	return s.shown[index] != nil
}

// linkChange describes the event for objects of the link.
func (e *Event) linkChange() own.LinkChange {
	return own.LinkChange{
		Kind: e.Link().Kind, Added: e.Kind == Added, Removed: e.Kind == Removed,
		WentDown: e.Kind == Changed && e.Old.Up() && !e.New.Up(),
	}
}

// put records the current state of an object.
func (o *objects[T, K]) put(s *nsLinks, x own.Watched[T, K], snapshot bool) {
	links := o.spaces[s.id]
	if links == nil {
		links = map[int]map[K]known[T]{}
		o.spaces[s.id] = links
	}
	if links[x.Owner] == nil {
		links[x.Owner] = map[K]known[T]{}
	}
	now := known[T]{value: x.Value}
	now.shown = o.prepare(s, &now.value)
	old, had := links[x.Owner][x.Key]
	links[x.Owner][x.Key] = now
	o.report(s.id, old, now, had, snapshot)
}

// report emits the event that leads from one state of an object to the next.
func (o *objects[T, K]) report(id int32, old, now known[T], had, snapshot bool) {
	switch {
	case had && old.shown && !now.shown:
		o.emit(id, ObjectEvent[T]{Kind: Removed, Old: &old.value})
	case !now.shown:
	case !had || !old.shown:
		o.emit(id, ObjectEvent[T]{Kind: Added, Snapshot: snapshot, New: &now.value})
	case !o.Same(&old.value, &now.value):
		o.emit(id, ObjectEvent[T]{Kind: Changed, Old: &old.value, New: &now.value})
	}
}

func (o *objects[T, K]) remove(id int32, owner int, key K) {
	all := o.spaces[id][owner]
	old, had := all[key]
	delete(all, key)
	if had && old.shown {
		o.emit(id, ObjectEvent[T]{Kind: Removed, Old: &old.value})
	}
}

func (o *objects[T, K]) emit(id int32, e ObjectEvent[T]) {
	e.NetNSID, e.Resync = id, o.w.resync
	o.events = append(o.events, e)
}

// drop removes a namespace and all its objects.
func (o *objects[T, K]) drop(id int32) {
	for owner, all := range o.spaces[id] {
		for key := range all {
			o.remove(id, owner, key)
		}
	}
	delete(o.spaces, id)
	delete(o.old, id)
}

// list lists the objects of a namespace. If another namespace cannot be listed, it is
// gone or not accessible.
func (o *objects[T, K]) list(ctx context.Context, id int32) error {
	s, ok := o.w.spaces[id]
	if !ok {
		return nil
	}
	delete(o.old, id)
	var found []own.Watched[T, K]
	lists := o.Lists
	if o.Needs != "" && !s.Has(o.Needs) {
		lists = nil
	}
	for _, body := range lists {
		var some []own.Watched[T, K]
		err := quietly(func() error {
			return o.w.conn.rt.Dump(ctx, o.Get, func(b []byte) []byte { return body(b, id) },
				func() { some = nil }, func(m wire.Message) { some = append(some, o.Parse(s, m)...) })
		})
		switch {
		case id != rtnl.OwnNetNS && refused(err):
			o.drop(id)
			return nil
		case err != nil:
			return err
		}
		found = append(found, some...)
	}
	o.replace(s, found)
	return nil
}

// replace replaces the objects of a namespace by a complete list.
func (o *objects[T, K]) replace(s *nsLinks, found []own.Watched[T, K]) {
	_, listed := o.spaces[s.id]
	fresh := map[int]map[K]struct{}{}
	for _, x := range found {
		if fresh[x.Owner] == nil {
			fresh[x.Owner] = map[K]struct{}{}
		}
		fresh[x.Owner][x.Key] = struct{}{}
	}
	for owner, all := range o.spaces[s.id] {
		for key := range all {
			if _, still := fresh[owner][key]; !still {
				o.remove(s.id, owner, key)
			}
		}
	}
	if !listed {
		o.spaces[s.id] = map[int]map[K]known[T]{}
	}
	for _, x := range found {
		o.put(s, x, !listed)
	}
}

// follow adapts the objects to events of links. The objects of a removed link go with it;
// if a link begins to match the filters, or has another name, its objects are reported.
func (o *objects[T, K]) follow(links []Event) {
	for i := range links {
		e := &links[i]
		s, ok := o.w.spaces[e.NetNSID]
		if !ok {
			continue
		}
		if o.Affected != nil && o.Affected(e.linkChange()) {
			o.old[s.id] = struct{}{}
		}
		l := e.Link()
		if e.Kind == Changed && e.Old.Name == e.New.Name {
			continue
		}
		if s.links[l.Index] == nil {
			o.forget(s.id, l.Index)
		}
		o.adapt(s, l.Index, l.Index)
		if l.Master != 0 {
			o.adapt(s, l.Master, l.Index)
		}
	}
}

// forget removes all objects that a link had.
func (o *objects[T, K]) forget(id int32, owner int) {
	for key := range o.spaces[id][owner] {
		o.remove(id, owner, key)
	}
	delete(o.spaces[id], owner)
}

// adapt prepares the objects of an owner again that are on a link: all, if it is the owner.
func (o *objects[T, K]) adapt(s *nsLinks, owner, index int) {
	all := o.spaces[s.id][owner]
	for key, old := range all {
		if now := old; o.Link(&now.value, s.NameOf) == index || owner == index {
			now.shown = o.prepare(s, &now.value)
			all[key] = now
			o.report(s.id, old, now, true, false)
		}
	}
}

// listOutdated lists the objects of namespaces that have changed without an announcement.
func (w *mirror) listOutdated(ctx context.Context) error {
	if w.objects == nil {
		return nil
	}
	for _, id := range sortedKeys(w.objects.outdated()) {
		if err := w.objects.list(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}
