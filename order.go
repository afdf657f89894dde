package iplink

import (
	"strings"

	"github.com/iplink-go/iplink/internal/uapi"
)

// linkKey is a name in a namespace.
type linkKey struct {
	at    *place
	name  string
	index int // of a link that is told without its name, else 0
}

// key is how the link of a spec is told from others.
func (s *spec) key(at *place) linkKey {
	key := linkKey{at: at, name: s.finalName()}
	if key.name == "" {
		key.index = s.index
	}
	return key
}

// sorter puts specs into an order in which none refers to a later one. Specs are
// told by their places in what it is given.
type sorter struct {
	t      *transaction
	specs  []*spec
	owners map[linkKey]int
	states []sorting
	path   []string
	sorted []int
}

// sorting is how far a spec has come.
type sorting uint8

const (
	unplaced sorting = iota
	placing          // what it refers to is being put in order
	placed
)

// sort returns the places of specs in an order with those first that others refer
// to. Two specs of one link, and specs that refer to each other, are refused.
func (t *transaction) sort(specs []*spec) ([]int, error) {
	o := &sorter{t: t, specs: specs, owners: make(map[linkKey]int, len(specs)), states: make([]sorting, len(specs)), sorted: make([]int, 0, len(specs))}
	for i, s := range specs {
		if err := o.own(s, i); err != nil {
			return nil, err
		}
		if other := s.other(); other != nil && other.Name != "" {
			if err := o.own(other, i); err != nil {
				return nil, err
			}
		}
	}
	for i := range specs {
		if err := o.visit(i); err != nil {
			return nil, err
		}
	}
	return o.sorted, nil
}

// own notes that owner brings the link that s describes.
func (o *sorter) own(s *spec, owner int) error {
	at, err := o.t.place(s.netns)
	if err != nil {
		return s.failed(o.t.op, "netns", err)
	}
	key := s.key(at)
	if _, taken := o.owners[key]; taken {
		return s.invalid(o.t.op, "name", "two descriptions of one link")
	}
	o.owners[key] = owner
	return nil
}

func (o *sorter) visit(i int) error {
	s := o.specs[i]
	switch o.states[i] {
	case placing:
		return s.invalid(o.t.op, "", "it needs itself: "+strings.Join(append(o.path, s.Name), " → "))
	case placed:
		return nil
	}
	o.states[i] = placing
	o.path = append(o.path, s.Name)
	keys, err := o.t.references(s)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if other, ok := o.owners[key]; ok && (other != i || key.name == s.Name) {
			if err := o.visit(other); err != nil {
				return err
			}
		}
	}
	o.path = o.path[:len(o.path)-1]
	o.states[i] = placed
	o.sorted = append(o.sorted, i)
	return nil
}

// references returns the links that a spec, or its peer, refers to by name.
func (t *transaction) references(s *spec) ([]linkKey, error) {
	at, err := t.place(s.netns)
	if err != nil {
		return nil, s.failed(t.op, "netns", err)
	}
	under, err := t.place(s.linkNetNS)
	if err != nil {
		return nil, s.failed(t.op, "link-netns", err)
	}
	var keys []linkKey
	for _, r := range s.linkRefs {
		keys = append(keys, linkKey{at: placeOf(r.Type == uapi.IFLA_LINK, under, at), name: r.Name})
	}
	for _, r := range s.Refs {
		keys = append(keys, linkKey{at: placeOf(s.about().tunnel, under, at), name: r.Name})
	}
	if s.port != nil {
		for _, r := range s.port.Refs {
			keys = append(keys, linkKey{at: at, name: r.Name})
		}
	}
	other := s.other()
	if other == nil {
		return keys, nil
	}
	more, err := t.references(other)
	return append(keys, more...), err
}

func placeOf(below bool, under, at *place) *place {
	if below {
		return under
	}
	return at
}
