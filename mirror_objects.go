package iplink

import (
	"context"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/wire"
)

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

// An object is an object of a link, with its identity.
type object[T any, K comparable] struct {
	owner int // the index of the link that has it; a bridge has the entries of its ports
	key   K
	value T
}

// An objectSort describes a sort of objects.
type objectSort[T any, K comparable] struct {
	op             string   // for errors
	multicast      []uint32 // RTNLGRP_*
	added, removed uint16   // message types
	get            uint16   // message type of a request, and of a notice that an object is missing
	ownNetNS       bool     // the kernel lists the objects of the socket's own namespace only

	// parse returns the objects in a message.
	parse func(s *nsLinks, m wire.Message) []object[T, K]
	// lists append the requests for lists, of the type get, of the namespace with an id.
	lists []func(b []byte, id int32) []byte
	// link returns the index of the link in an object, and sets its name.
	link func(v *T, name func(index int) string) int
	// same compares two objects with the same key.
	same func(a, b *T) bool
	// doubtful reports whether an announcement of an object that is known may be wrong. It
	// may be nil.
	doubtful func(old, now *T) bool
	// unannounced reports whether a change of a link, or a message with objects,
	// changes other objects, which the kernel does not announce. Either of the first two
	// is nil, and so may the function be.
	unannounced func(link *Event, m *wire.Message, found []object[T, K]) bool
}

// objects is the objectMirror of one sort.
type objects[T any, K comparable] struct {
	*objectSort[T, K]
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

func newObjects[T any, K comparable](w *mirror, sort *objectSort[T, K]) *objects[T, K] {
	return &objects[T, K]{objectSort: sort, w: w, spaces: map[int32]map[int]map[K]known[T]{}, old: ids{}}
}

func (o *objects[T, K]) groups() []uint32 { return o.multicast }

func (o *objects[T, K]) outdated() ids { return o.old }

func (o *objects[T, K]) take(s *nsLinks, m wire.Message) {
	var found []object[T, K]
	if m.Type == o.added || m.Type == o.removed || m.Type == o.get {
		found = o.parse(s, m)
	}
	switch {
	case o.unannounced != nil && o.unannounced(nil, &m, found):
		o.old[s.id] = struct{}{}
	case m.Type == o.added:
		for _, x := range found {
			if old, had := o.spaces[s.id][x.owner][x.key]; had && o.doubtful != nil && o.doubtful(&old.value, &x.value) {
				o.old[s.id] = struct{}{}
				continue
			}
			o.put(s, x, false)
		}
	case m.Type == o.removed:
		for _, x := range found {
			o.remove(s.id, x.owner, x.key)
		}
	case m.Type == o.get:
		for _, x := range found {
			if o.prepare(s, &x.value) {
				o.emit(s.id, ObjectEvent[T]{Kind: Missed, New: &x.value})
			}
		}
	}
}

// prepare sets the name of the link in an object, and reports whether it is to be shown:
// its link matches the filters. Without filters, objects without a link are shown too.
func (o *objects[T, K]) prepare(s *nsLinks, v *T) bool {
	index := o.link(v, s.nameOf)
	if index == 0 {
		return o.w.filter.matchesAll()
	}
	return s.shown[index] != nil
}

// nameOf returns the name of the link with an index, or an empty string.
func (s *nsLinks) nameOf(index int) string {
	if l := s.links[index]; l != nil {
		return l.Name
	}
	return ""
}

// put records the current state of an object.
func (o *objects[T, K]) put(s *nsLinks, x object[T, K], snapshot bool) {
	links := o.spaces[s.id]
	if links == nil {
		links = map[int]map[K]known[T]{}
		o.spaces[s.id] = links
	}
	if links[x.owner] == nil {
		links[x.owner] = map[K]known[T]{}
	}
	now := known[T]{value: x.value}
	now.shown = o.prepare(s, &now.value)
	old, had := links[x.owner][x.key]
	links[x.owner][x.key] = now
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
	case !o.same(&old.value, &now.value):
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
	var found []object[T, K]
	for _, body := range o.lists {
		var some []object[T, K]
		err := quietly(func() error {
			return o.w.conn.rt.Dump(ctx, o.get, func(b []byte) []byte { return body(b, id) },
				func() { some = nil }, func(m wire.Message) { some = append(some, o.parse(s, m)...) })
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
func (o *objects[T, K]) replace(s *nsLinks, found []object[T, K]) {
	_, listed := o.spaces[s.id]
	fresh := map[int]map[K]struct{}{}
	for _, x := range found {
		if fresh[x.owner] == nil {
			fresh[x.owner] = map[K]struct{}{}
		}
		fresh[x.owner][x.key] = struct{}{}
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
		if o.unannounced != nil && o.unannounced(e, nil, nil) {
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

// adapt prepares the objects of an owner again that are on a link.
func (o *objects[T, K]) adapt(s *nsLinks, owner, index int) {
	all := o.spaces[s.id][owner]
	for key, old := range all {
		if now := old; o.link(&now.value, s.nameOf) == index {
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
