package iplink

import (
	"context"
	"slices"

	"github.com/iplink-go/iplink/internal/rtnl"
)

// fewLinks is up to how many links are read one by one: a list costs as much
// as there are links, a look-up costs a send.
const fewLinks = 4

// lookUp reads the link that s is about, nil if there is none. Of many specs,
// all links of the namespace are read at once.
func (e *ensurance) lookUp(ctx context.Context, at *place, s *spec, many int) (*Link, error) {
	if many > fewLinks {
		return e.lookUpListed(ctx, at, s)
	}
	if s.newName != "" {
		if l, err := e.lookUpName(ctx, at, s, s.newName); l != nil || err != nil {
			return l, err
		}
	}
	return e.lookUpName(ctx, at, s, s.Name)
}

func (e *ensurance) lookUpName(ctx context.Context, at *place, s *spec, name string) (*Link, error) {
	l, err := readLink(ctx, at.rt, func(b []byte) []byte {
		if s.Name == "" {
			return rtnl.AppendKey(b, s.index, "")
		}
		return rtnl.AppendKey(b, 0, name)
	})
	if isGone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, kernelError(&Error{Op: e.op, Kind: s.Kind, Name: s.Name}, err)
	}
	return l, nil
}

func (e *ensurance) lookUpListed(ctx context.Context, at *place, s *spec) (*Link, error) {
	seen := e.seen[at]
	if seen == nil {
		links, err := (&Conn{rt: at.rt}).list(ctx, filter{data: e.data})
		if err != nil {
			return nil, err
		}
		seen = &snapshot{links: links}
		e.seen[at] = seen
	}
	if s.Name == "" {
		return seen.numbered(s.index), nil
	}
	if l := seen.find(s.finalName()); l != nil || s.newName == "" {
		return l, nil
	}
	return seen.find(s.Name), nil
}

// A snapshot is the links of a namespace as they were listed.
type snapshot struct {
	links  []*Link
	next   int // behind the one that was found last
	byName map[string]*Link
}

// find returns the link of that name, which may be an alternative one; nil if there
// is none. Links are mostly looked for in the order in which they are listed, that
// in which they were made: only if one is not is there a need for a map.
func (s *snapshot) find(name string) *Link {
	const near = 4
	ahead := s.links[s.next:min(s.next+near, len(s.links))]
	if i := slices.IndexFunc(ahead, func(l *Link) bool { return l.Name == name }); i >= 0 {
		s.next += i + 1
		return ahead[i]
	}
	if s.byName == nil {
		s.index()
	}
	return s.byName[name]
}

// numbered returns the link with that index, nil if there is none.
func (s *snapshot) numbered(index int) *Link {
	i := slices.IndexFunc(s.links, func(l *Link) bool { return l.Index == index })
	if i < 0 {
		return nil
	}
	return s.links[i]
}

func (s *snapshot) index() {
	s.byName = make(map[string]*Link, len(s.links))
	for _, l := range s.links {
		s.byName[l.Name] = l
		for _, name := range l.AltNames {
			s.byName[name] = l
		}
	}
}
