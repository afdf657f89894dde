package iplink

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A dependencyGraph holds the links that the specs of a call describe, by name and by
// index, and finds out which of them refer to each other. It identifies a spec by its
// position in the call; a peer belongs to its main end.
type dependencyGraph struct {
	t       *transaction
	specs   []*spec
	indexes map[indexKey]int
	states  []visitState
	path    []int // from the first visited spec to the present one
	sorted  []int
}

// visitState is the progress of the search at one spec.
type visitState uint8

const (
	unvisited visitState = iota
	visiting             // the links that it refers to are being visited
	visited
)

// linkKey is a name in a namespace.
type linkKey struct {
	at   *nsConn
	name string
}

// indexKey is an interface index in a namespace.
type indexKey struct {
	at    *nsConn
	index int
}

// sort returns the positions of specs, with links that others refer to first. It
// refuses names and indexes that are given twice, and specs that refer to each other.
func (t *transaction) sort(ctx context.Context, specs []*spec) ([]int, error) {
	g := &dependencyGraph{t: t, specs: specs, indexes: map[indexKey]int{}, states: make([]visitState, len(specs)), sorted: make([]int, 0, len(specs))}
	t.wanted = make(map[linkKey]int, len(specs))
	for i, s := range specs {
		if err := g.add(ctx, i, s); err != nil {
			return nil, err
		}
	}
	for i := range specs {
		if err := g.visit(ctx, i); err != nil {
			return nil, err
		}
	}
	return g.sorted, t.checkMasters(ctx, specs)
}

// checkMasters refuses ports of a master that are also to be ports of another one.
func (t *transaction) checkMasters(ctx context.Context, specs []*spec) error {
	masters := map[linkKey]*spec{}
	for s := range ends(specs) {
		if s.ports() == nil {
			continue
		}
		at, err := t.nsConn(ctx, s.netns)
		if err != nil {
			return s.failed(t.op, "netns", err)
		}
		setter, names := s.ports().Ports()
		for _, name := range names {
			key := linkKey{at, name}
			if other := masters[key]; other != nil && other != s {
				return s.invalid(t.op, setter, fmt.Sprintf("%q is to be a port of %q of the same call as well", name, other.finalName()))
			}
			masters[key] = s
		}
	}
	if len(masters) == 0 {
		return nil
	}
	for s := range ends(specs) {
		if err := t.checkMaster(ctx, s, masters); err != nil {
			return err
		}
	}
	return nil
}

// checkMaster refuses a spec that gives its link another master than the one that asks
// for it as a port.
func (t *transaction) checkMaster(ctx context.Context, s *spec, masters map[linkKey]*spec) error {
	at, err := t.nsConn(ctx, s.netns)
	if err != nil {
		return s.failed(t.op, "netns", err)
	}
	m := masters[linkKey{at, s.finalName()}]
	if m == nil || !s.linkSet.Has(uapi.IFLA_MASTER) {
		return nil
	}
	i := slices.IndexFunc(s.linkRefs, func(r attr.Ref) bool { return r.Type == uapi.IFLA_MASTER })
	master := "no master"
	switch {
	case i >= 0 && (s.linkRefs[i].Name == m.Name || s.linkRefs[i].Name == m.finalName() || slices.Contains(m.altNames, s.linkRefs[i].Name)):
		return nil
	case i >= 0:
		master = fmt.Sprintf("the master %q", s.linkRefs[i].Name)
	case s.link.Master != 0 && (m.index == 0 || m.index == s.link.Master):
		return nil
	case s.link.Master != 0:
		master = fmt.Sprintf("the master if%d", s.link.Master)
	}
	setter, _ := m.ports().Ports()
	return m.invalid(t.op, setter, fmt.Sprintf("%q has %s in the same call", s.finalName(), master))
}

// ends returns specs, and the specs of the other ends of pairs.
func ends(specs []*spec) iter.Seq[*spec] {
	return func(yield func(*spec) bool) {
		for _, s := range specs {
			if !yield(s) {
				return
			}
			if other := s.other(); other != nil && !yield(other) {
				return
			}
		}
	}
}

// checkOrder refuses specs that cannot all be created in this order.
func (t *transaction) checkOrder(ctx context.Context, specs []*spec) error {
	sorted, err := t.sort(ctx, specs)
	if err != nil || slices.IsSorted(sorted) {
		return err
	}
	g := &dependencyGraph{t: t, specs: specs}
	for i := range specs {
		others, err := g.referencesOf(ctx, i)
		if err != nil {
			return err
		}
		if at := slices.IndexFunc(others, func(other int) bool { return other > i }); at >= 0 {
			return g.invalid(specs[i], i, "", fmt.Sprintf("it refers to %s, which must come first", g.describe(others[at])))
		}
	}
	return nil
}

// add records the names and the index of a spec and its peer. The alternative names of
// an existing link are not recorded: it may have them.
func (g *dependencyGraph) add(ctx context.Context, i int, s *spec) error {
	at, err := g.t.nsConn(ctx, s.netns)
	if err != nil {
		return s.failed(g.t.op, "netns", err)
	}
	names := []string{s.finalName()}
	if g.t.op == "create" {
		names = append(names, s.altNames...)
	}
	for _, name := range names {
		key := linkKey{at, name}
		if other, taken := g.t.wanted[key]; taken {
			return g.invalid(s, i, "name", fmt.Sprintf("%q in the same namespace is also a name of %s", name, g.describe(other)))
		}
		if name != "" && !isTemplate(name) {
			g.t.wanted[key] = i
		}
	}
	if s.index != 0 {
		if other, taken := g.indexes[indexKey{at, s.index}]; taken {
			return g.invalid(s, i, "index", fmt.Sprintf("%d in the same namespace is also that of %s", s.index, g.describe(other)))
		}
		g.indexes[indexKey{at, s.index}] = i
	}
	if other := s.other(); other != nil {
		return g.add(ctx, i, other)
	}
	return nil
}

// visit sorts a spec behind those that it refers to.
func (g *dependencyGraph) visit(ctx context.Context, i int) error {
	switch g.states[i] {
	case visiting:
		return g.cycle(i)
	case visited:
		return nil
	}
	g.states[i] = visiting
	g.path = append(g.path, i)
	others, err := g.referencesOf(ctx, i)
	if err != nil {
		return err
	}
	for _, other := range others {
		if err := g.visit(ctx, other); err != nil {
			return err
		}
	}
	g.path = g.path[:len(g.path)-1]
	g.states[i] = visited
	g.sorted = append(g.sorted, i)
	return nil
}

// cycle returns the error for a spec that refers to itself, possibly through others.
func (g *dependencyGraph) cycle(i int) error {
	path := g.path[slices.Index(g.path, i):]
	if len(path) == 1 {
		return g.invalid(g.specs[i], i, "", "it refers to itself")
	}
	var words []string
	for _, i := range append(path, i) {
		words = append(words, g.describe(i))
	}
	return g.invalid(g.specs[i], i, "", "they refer to each other: "+strings.Join(words, " → "))
}

// referencesOf returns the positions of the specs that one spec refers to.
func (g *dependencyGraph) referencesOf(ctx context.Context, i int) ([]int, error) {
	keys, err := g.t.references(ctx, g.specs[i])
	if err != nil {
		return nil, err
	}
	var all []int
	for _, key := range keys {
		if other, ok := g.t.wanted[key]; ok {
			all = append(all, other)
		}
	}
	return all, nil
}

// describe returns the kind, the name and the position of a spec.
func (g *dependencyGraph) describe(i int) string {
	s := g.specs[i]
	return fmt.Sprintf("%s (#%d)", strings.TrimSpace(s.Kind+" "+s.Name), i+1)
}

// invalid returns an error that names the position of the spec.
func (g *dependencyGraph) invalid(s *spec, i int, attr, message string) error {
	if len(g.specs) > 1 {
		message = fmt.Sprintf("#%d of %d: %s", i+1, len(g.specs), message)
	}
	return s.invalid(g.t.op, attr, message)
}

// references returns the links that a spec, or its peer, refers to by name.
func (t *transaction) references(ctx context.Context, s *spec) ([]linkKey, error) {
	at, err := t.nsConn(ctx, s.netns)
	if err != nil {
		return nil, s.failed(t.op, "netns", err)
	}
	under, err := t.nsConn(ctx, s.lowerNetNS())
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
	for _, name := range s.objectNames() {
		keys = append(keys, linkKey{at: at, name: name})
	}
	other := s.other()
	if other == nil {
		return keys, nil
	}
	more, err := t.references(ctx, other)
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
	if index < 0 {
		return t.numbered[-index-1]
	}
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
