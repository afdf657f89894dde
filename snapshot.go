package iplink

import "context"

// fewLinks is up to how many links are read one by one: a list costs as much
// as there are links, a look-up costs a send.
const fewLinks = 4

// snapshot is the links of a namespace by name and alternative name.
type snapshot map[string]*Link

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
	return e.lookUpName(ctx, at, s, s.name)
}

func (e *ensurance) lookUpName(ctx context.Context, at *place, s *spec, name string) (*Link, error) {
	l, err := readLink(ctx, at.rt, func(b []byte) []byte {
		if s.name == "" {
			return appendKey(b, s.index, "")
		}
		return appendKey(b, 0, name)
	})
	if isGone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, kernelError(&Error{Op: e.op, Kind: s.kind, Name: s.name}, err)
	}
	return l, nil
}

func (e *ensurance) lookUpListed(ctx context.Context, at *place, s *spec) (*Link, error) {
	seen, ok := e.seen[at]
	if !ok {
		links, err := (&Conn{rt: at.rt}).list(ctx, filter{})
		if err != nil {
			return nil, err
		}
		seen = byName(links)
		e.seen[at] = seen
	}
	if l, ok := (*seen)[s.finalName()]; ok {
		return l, nil
	}
	return (*seen)[s.name], nil
}

func byName(links []*Link) *snapshot {
	all := snapshot{}
	for _, l := range links {
		all[l.Name] = l
		for _, name := range l.AltNames {
			all[name] = l
		}
	}
	return &all
}
