package iplink

import (
	"fmt"
	"slices"
	"strings"

	"github.com/iplink-go/iplink/internal/uapi"
)

// checkConflicts refuses a set of specs that cannot all be created, or not in this
// order, regardless of the existing links.
func (t *transaction) checkConflicts(specs []*spec) error {
	r := claims{t: t, names: map[linkKey]int{}, indexes: map[indexKey]int{}, specs: specs}
	for i, s := range specs {
		if err := r.add(i, s); err != nil {
			return err
		}
	}
	t.noteWanted(specs)
	for i := range specs {
		if err := r.checkReferences(i); err != nil {
			return err
		}
	}
	return nil
}

// claims holds the names and indexes that specs ask for, by the position of the spec
// in the set. A peer belongs to its main end.
type claims struct {
	t       *transaction
	specs   []*spec
	names   map[linkKey]int
	indexes map[indexKey]int
}

// indexKey is an interface index in a namespace.
type indexKey struct {
	at    *nsConn
	index int
}

// add records the names and indexes of a spec and its peer.
func (r *claims) add(i int, s *spec) error {
	at, err := r.t.nsConn(s.netns)
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
		return r.add(i, other)
	}
	return nil
}

// checkReferences refuses a spec that refers to itself or to a later one.
func (r *claims) checkReferences(i int) error {
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

// referencesOf returns the positions of the specs that one spec refers to.
func (r *claims) referencesOf(i int) ([]int, error) {
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

// path returns a chain of specs, each referring to the next, between two specs, both
// included, or nil if there is none. The specs in seen lead nowhere.
func (r *claims) path(from, to int, seen map[int]bool) ([]int, error) {
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

func (r *claims) join(path []int) string {
	var words []string
	for _, i := range path {
		words = append(words, r.describe(i))
	}
	return strings.Join(words, " → ")
}

// describe returns the kind, the name and the position of a spec.
func (r *claims) describe(i int) string {
	return fmt.Sprintf("%s %s (#%d)", r.specs[i].Kind, r.specs[i].Name, i+1)
}

// invalid returns an error that names the position of the spec.
func (r *claims) invalid(s *spec, i int, attr, message string) error {
	if len(r.specs) > 1 {
		message = fmt.Sprintf("#%d of %d: %s", i+1, len(r.specs), message)
	}
	return s.invalid(r.t.op, attr, message)
}

// noteWanted notes the links of the call if a setting has to come after all of them.
func (t *transaction) noteWanted(specs []*spec) {
	if !slices.ContainsFunc(specs, func(s *spec) bool { return !s.Set.And(s.kind().namesPort).Empty() }) {
		return
	}
	t.wanted = map[linkKey]bool{}
	for _, s := range specs {
		for ; s != nil; s = s.other() {
			if at, err := t.nsConn(s.netns); err == nil {
				t.wanted[linkKey{at: at, name: s.finalName()}] = true
			}
		}
	}
}

// linkKey is a name in a namespace.
type linkKey struct {
	at    *nsConn
	name  string
	index int // of a link that is identified by its index alone, else 0
}

// key returns the identity of the link of a spec.
func (s *spec) key(at *nsConn) linkKey {
	key := linkKey{at: at, name: s.finalName()}
	if key.name == "" {
		key.index = s.index
	}
	return key
}

// dependencyOrder sorts specs so that none refers to a later one. It identifies
// specs by their positions in the list.
type dependencyOrder struct {
	t      *transaction
	specs  []*spec
	owners map[linkKey]int
	states []visitState
	path   []string
	sorted []int
}

// visitState is the progress of the sort at one spec.
type visitState uint8

const (
	unvisited visitState = iota
	visiting             // the links that it refers to are being sorted
	visited
)

// sort returns the positions of specs, with links that others refer to first. It
// refuses two specs for one link, and specs that refer to each other.
func (t *transaction) sort(specs []*spec) ([]int, error) {
	o := &dependencyOrder{t: t, specs: specs, owners: make(map[linkKey]int, len(specs)), states: make([]visitState, len(specs)), sorted: make([]int, 0, len(specs))}
	for i, s := range specs {
		if err := o.add(s, i); err != nil {
			return nil, err
		}
		if other := s.other(); other != nil && other.Name != "" {
			if err := o.add(other, i); err != nil {
				return nil, err
			}
		}
	}
	t.noteWanted(specs)
	for i := range specs {
		if err := o.visit(i); err != nil {
			return nil, err
		}
	}
	return o.sorted, nil
}

// add records that owner provides the link that s describes.
func (o *dependencyOrder) add(s *spec, owner int) error {
	at, err := o.t.nsConn(s.netns)
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

func (o *dependencyOrder) visit(i int) error {
	s := o.specs[i]
	switch o.states[i] {
	case visiting:
		return s.invalid(o.t.op, "", "it needs itself: "+strings.Join(append(o.path, s.Name), " → "))
	case visited:
		return nil
	}
	o.states[i] = visiting
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
	o.states[i] = visited
	o.sorted = append(o.sorted, i)
	return nil
}

// references returns the links that a spec, or its peer, refers to by name.
func (t *transaction) references(s *spec) ([]linkKey, error) {
	at, err := t.nsConn(s.netns)
	if err != nil {
		return nil, s.failed(t.op, "netns", err)
	}
	under, err := t.nsConn(s.linkNetNS)
	if err != nil {
		return nil, s.failed(t.op, "link-netns", err)
	}
	var keys []linkKey
	for _, r := range s.linkRefs {
		keys = append(keys, linkKey{at: nsConnOf(r.Type == uapi.IFLA_LINK, under, at), name: r.Name})
	}
	for _, r := range s.Refs {
		if t.comesLast(s, at, r) {
			continue
		}
		keys = append(keys, linkKey{at: nsConnOf(s.kind().tunnel, under, at), name: r.Name})
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

func nsConnOf(below bool, under, at *nsConn) *nsConn {
	if below {
		return under
	}
	return at
}

// A jobIndex finds the jobs of a transaction, which may have thousands: by name for
// links that others refer to, and by index once it is known.
type jobIndex struct {
	added   int // the number of jobs of the transaction in it
	byName  map[linkKey]*job
	byIndex map[indexKey]*job
	masters map[indexKey]*kind // the kinds of masters that no job creates, as read from the kernel
}

// jobNamed returns the first job of the link with the given name, or nil if there is
// none.
func (t *transaction) jobNamed(p *nsConn, name string) *job {
	return t.indexed().byName[linkKey{at: p, name: name}]
}

// jobNumbered returns the first job of the link with the given index, or nil if
// there is none.
func (t *transaction) jobNumbered(p *nsConn, index int) *job {
	return t.indexed().byIndex[indexKey{p, index}]
}

// indexed returns the index after adding all jobs to it.
func (t *transaction) indexed() *jobIndex {
	r := &t.index
	if r.byName == nil {
		r.byName, r.byIndex, r.masters = map[linkKey]*job{}, map[indexKey]*job{}, map[indexKey]*kind{}
	}
	for _, j := range t.jobs[r.added:] {
		r.added++
		if key := (linkKey{at: j.at, name: j.spec.Name}); r.byName[key] == nil && j.spec.newName == "" {
			r.byName[key] = j
		}
		r.add(j)
	}
	return r
}

// add adds a job by its interface index, if that is known by now.
func (r *jobIndex) add(j *job) {
	key := indexKey{j.at, j.index}
	if j.index != 0 && r.byIndex != nil && r.byIndex[key] == nil {
		r.byIndex[key] = j
	}
}
