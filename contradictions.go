package iplink

import (
	"fmt"
	"slices"
	"strings"
)

// contradictions refuses a set of specs that cannot all be made, or not in this
// order, whatever links there are.
func (t *transaction) contradictions(specs []*spec) error {
	r := roll{t: t, names: map[linkKey]int{}, indexes: map[indexKey]int{}, specs: specs}
	for i, s := range specs {
		if err := r.enter(i, s); err != nil {
			return err
		}
	}
	for i := range specs {
		if err := r.checkReferences(i); err != nil {
			return err
		}
	}
	return nil
}

// roll holds what specs lay claim to, by their places in the set. A peer
// belongs to its main end.
type roll struct {
	t       *transaction
	specs   []*spec
	names   map[linkKey]int
	indexes map[indexKey]int
}

// indexKey is an interface index in a namespace.
type indexKey struct {
	at    *place
	index int
}

// enter notes what a spec and its peer lay claim to.
func (r *roll) enter(i int, s *spec) error {
	at, err := r.t.place(s.netns)
	if err != nil {
		return s.failed(r.t.op, "netns", err)
	}
	for _, name := range slices.Concat([]string{s.Name}, s.altNames) {
		if other, taken := r.names[linkKey{at: at, name: name}]; taken {
			return r.invalid(s, i, "name", fmt.Sprintf("%q in the same namespace is also a name of %s", name, r.describe(other)))
		}
		if name != "" {
			r.names[linkKey{at: at, name: name}] = i
		}
	}
	if s.index != 0 {
		if other, taken := r.indexes[indexKey{at, s.index}]; taken {
			return r.invalid(s, i, "index", fmt.Sprintf("%d in the same namespace is also that of %s", s.index, r.describe(other)))
		}
		r.indexes[indexKey{at, s.index}] = i
	}
	if other := s.other(); other != nil {
		return r.enter(i, other)
	}
	return nil
}

// checkReferences refuses a spec that refers to itself, or to a later one.
func (r *roll) checkReferences(i int) error {
	s := r.specs[i]
	others, err := r.referencesOf(i)
	if err != nil {
		return err
	}
	for _, other := range others {
		switch {
		case other == i:
			return r.invalid(s, i, "", "it refers to itself")
		case other < i:
			continue
		}
		cycle, err := r.path(other, i, map[int]bool{})
		if err != nil {
			return err
		}
		if cycle != nil {
			return r.invalid(s, i, "", "they refer to each other: "+r.join(slices.Concat([]int{i}, cycle)))
		}
		return r.invalid(s, i, "", fmt.Sprintf("it refers to %s, which must come first", r.describe(other)))
	}
	return nil
}

// referencesOf returns which specs of the set one refers to.
func (r *roll) referencesOf(i int) ([]int, error) {
	keys, err := r.t.references(r.specs[i])
	if err != nil {
		return nil, err
	}
	var all []int
	for _, key := range keys {
		if other, ok := r.names[key]; ok {
			all = append(all, other)
		}
	}
	return all, nil
}

// path returns the specs on a way of references between two, both ends
// included, nil if there is none. Those in seen lead nowhere.
func (r *roll) path(from, to int, seen map[int]bool) ([]int, error) {
	if from == to {
		return []int{to}, nil
	}
	seen[from] = true
	others, err := r.referencesOf(from)
	for _, other := range others {
		if seen[other] {
			continue
		}
		if rest, err := r.path(other, to, seen); rest != nil || err != nil {
			return slices.Concat([]int{from}, rest), err
		}
	}
	return nil, err
}

func (r *roll) join(path []int) string {
	var words []string
	for _, i := range path {
		words = append(words, r.describe(i))
	}
	return strings.Join(words, " → ")
}

// describe says which spec it is: its kind, its name, and where it stands.
func (r *roll) describe(i int) string {
	return fmt.Sprintf("%s %s (#%d)", r.specs[i].Kind, r.specs[i].Name, i+1)
}

// invalid is an error that says which spec it is about.
func (r *roll) invalid(s *spec, i int, attr, message string) error {
	if len(r.specs) > 1 {
		message = fmt.Sprintf("#%d of %d: %s", i+1, len(r.specs), message)
	}
	return s.invalid(r.t.op, attr, message)
}
