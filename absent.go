package iplink

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/invalid"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/removal"
	"github.com/iplink-go/iplink/internal/uapi"
)

// AbsentLink is the Spec that Absent returns.
type AbsentLink struct{ spec spec }

// Absent returns a Spec for Ensure and Diff: no link has the name, which may be an
// alternative name. Ensure deletes such a link before it makes or changes the other
// links of the call (RTM_DELLINK). A missing link is not an error. A link that cannot be
// deleted, such as hardware, is an error before anything is sent. Create and Update
// refuse an Absent.
//
// No other Spec of the call may describe a link of that name in that namespace, or refer
// to it.
func Absent(name string) *AbsentLink {
	return &AbsentLink{spec{Settings: own.New("", name, nil), link: &unsetLink, absence: new(absence)}}
}

// NetNS sets the namespace where no link is to have the name, by default the Conn's.
func (a *AbsentLink) NetNS(ns *NetNS) *AbsentLink {
	a.spec.place(ns)
	return a
}

// NetNSName is NetNS by the name of a namespace of `ip netns`. In a namespace that
// does not exist, nothing is to be deleted.
func (a *AbsentLink) NetNSName(name string) *AbsentLink {
	a.spec.placeByName(name)
	return a
}

// String returns the equivalent `ip link` command, such as "ip link delete vx0".
func (a *AbsentLink) String() string {
	s := a.description()
	if text := s.comment(); text != "" {
		return text
	}
	return s.netns.command() + " link delete " + devWords(s.Name)
}

func (a *AbsentLink) description() *spec {
	return a.spec.linked()
}

func (a *AbsentLink) clone() Spec {
	c := *a
	return &c
}

// devWords returns the name of a link, preceded by the word "dev" if a keyword of `ip`
// could start with it.
func devWords(name string) string {
	if strings.ContainsAny(name, "0123456789") {
		return attr.Quote(name)
	}
	return "dev " + attr.Quote(name)
}

// An absence is the part of a spec that asks for missing links: a link with the name of
// the spec or, if it has a filter, all links that match and that the call does not need.
type absence struct {
	only *filter
	keep []Spec
}

func (a *absence) setter() string {
	if a.only != nil {
		return "Prune"
	}
	return "Absent"
}

// linked returns s after giving it a link, which a zero spec lacks.
func (s *spec) linked() *spec {
	if s.link == nil {
		s.link = &unsetLink
	}
	return s
}

// checkAbsence rejects an Absent or a Prune in a verb that deletes nothing, and invalid
// arguments of both.
func (s *spec) checkAbsence(op string) error {
	switch {
	case s.absence == nil:
		return nil
	case op != "" && op != "ensure" && op != "diff":
		return s.invalid(op, s.absence.setter(), "only Ensure and Diff take it")
	case s.absence.only != nil:
		return s.checkPrune(op)
	}
	if fault := nameFault("name", s.Name, uapi.ALTIFNAMSIZ-1); fault != nil {
		return s.refuse(op, fault)
	}
	return nil
}

// PruneSpec is the Spec that Prune returns.
type PruneSpec struct{ spec spec }

// Prune returns a Spec for Ensure and Diff: of the links that match all filters, only
// the links of the call exist. Ensure deletes the others, once it has made and changed
// the links of the call (RTM_DELLINK). Create and Update refuse a Prune.
//
// A link that the call needs stays as well: the other end of a pair, the parent, the
// underlay or the master of a link of the call or of another link that stays, and each
// link that a Spec of the call refers to. The loopback interface always stays. If other
// hardware matches that the call does not need, the call is refused before anything is
// sent.
//
// The kernel deletes more than the links that match: the other end of a pair, and VLANs,
// macvlans and the like together with their parent.
//
// Prune concerns one namespace: the Conn's, unless NetNS names another. At least one
// filter is required.
func Prune(filters ...Filter) *PruneSpec {
	f := newFilter(filters)
	p := &PruneSpec{spec{Settings: own.New("", "", nil), link: &unsetLink, absence: &absence{only: &f}}}
	p.spec.Judge("Prune", f.pruneFault(len(filters)))
	return p
}

// pruneFault returns the reason why Prune refuses its filters, or an empty string.
func (f *filter) pruneFault(filters int) string {
	switch {
	case filters == 0:
		return "without a filter it would delete every link: name those that are yours, for example with OfGroup"
	case f.fault != nil:
		return f.fault.Setter + ": " + f.fault.Text
	case f.allNetNS, f.buffer != watchBuffer:
		return "AllNetNS and Buffer are for Watch"
	case f.words() == "":
		return "the filters match every link: name those that are yours, for example with OfGroup"
	}
	return ""
}

// words describes the filters.
func (f *filter) words() string {
	var all []string
	add := func(is bool, format string, value any) {
		if is {
			all = append(all, fmt.Sprintf(format, value))
		}
	}
	add(f.kind != "", "of kind %s", f.kind)
	add(f.grouped, "in group %d", f.group)
	add(f.master != "", "with the master %s", f.master)
	add(f.masterIndex != 0, "with the master if%d", f.masterIndex)
	for _, names := range f.names {
		add(true, "named %s", strings.Join(names, " or "))
	}
	if f.up {
		all = append(all, "that are up")
	}
	return attr.Printable(strings.Join(all, ", "))
}

// NetNS sets the namespace of the links to delete, by default the Conn's.
func (p *PruneSpec) NetNS(ns *NetNS) *PruneSpec {
	p.spec.place(ns)
	return p
}

// NetNSName is NetNS by the name of a namespace of `ip netns`. In a namespace that
// does not exist, nothing is to be deleted.
func (p *PruneSpec) NetNSName(name string) *PruneSpec {
	p.spec.placeByName(name)
	return p
}

// Keep names links that stay, with the links that they need, although they may match.
// Ensure does not make or change them. Diff takes one Spec at a time: with the specs of
// the call given to Keep it reports the links that Ensure would delete.
func (p *PruneSpec) Keep(specs ...Spec) *PruneSpec {
	a := *p.spec.linked().absence
	a.keep = slices.Concat(a.keep, specs)
	p.spec.absence = &a
	return p
}

// String returns a shell comment: `ip` has no command for Prune.
func (p *PruneSpec) String() string {
	s := p.description()
	if text := s.comment(); text != "" {
		return text
	}
	where := ""
	if s.netns != nil {
		where = " in namespace " + attr.Quote(s.netns.String())
	}
	return "# ip link delete: all links " + s.absence.only.words() + where + " that the call does not need"
}

func (p *PruneSpec) description() *spec {
	return p.spec.linked()
}

func (p *PruneSpec) clone() Spec {
	c := *p
	return &c
}

// checkPrune rejects invalid specs of Keep.
func (s *spec) checkPrune(op string) error {
	kept, err := described(op, s.absence.keep...)
	if err != nil {
		return err
	}
	for _, k := range kept {
		switch {
		case k.absence != nil:
			return s.invalid(op, "Keep", "a link that stays cannot be "+k.absence.setter())
		case k.isNetNS:
			return s.invalid(op, "Keep", "it takes specs of links, and a Namespace is not one of them")
		}
	}
	return nil
}

// checkVictims rejects a Prune of links that cannot be deleted.
func (c *clearing) checkVictims(ctx context.Context) error {
	for _, p := range c.prunes {
		links, err := c.victims(ctx, p)
		if err != nil {
			return err
		}
		if err := c.checkPrunable(links); err != nil {
			return err
		}
	}
	return nil
}

func (c *clearing) checkPrunable(links []*Link) error {
	for _, l := range links {
		if fault := l.undeletable(); fault != "" {
			return &Error{Op: c.e.op, Kind: l.Kind, Name: l.Name, Attr: "Prune", Err: invalid.State(syscall.EOPNOTSUPP),
				Message: fault + ": take it out of the filters, or name it with Keep"}
		}
	}
	return nil
}

// prune deletes the links of the Prunes, and then brings the others into their state
// again: a bond whose last port is deleted changes its address.
func (c *clearing) prune(ctx context.Context) error {
	c.made = c.e.changes()
	for range mostRounds {
		n, err := c.pruneOnce(ctx)
		if err != nil || n == 0 {
			return err
		}
		c.e.startOver(ctx)
		if err := c.e.converge(ctx, c.rest); err != nil {
			return err
		}
		c.merge(c.e.changes())
	}
	return &Error{Op: c.e.op, Attr: "Prune", Message: "other processes make such links again and again", Err: ErrNotApplied}
}

// pruneOnce deletes the links that match now, and returns their number.
func (c *clearing) pruneOnce(ctx context.Context) (n int, err error) {
	for _, p := range c.prunes {
		links, err := c.victims(ctx, p)
		if err != nil {
			return n, err
		}
		if err := c.checkPrunable(links); err != nil {
			return n, err
		}
		var targets []removal.Target
		for _, l := range links {
			p.note(l)
			targets = append(targets, removal.Target{Index: l.Index, Name: l.Name})
		}
		if err := c.e.remove(ctx, p.at, targets, (*Conn).deleteMany); err != nil {
			return n, err
		}
		n += len(links)
	}
	return n, nil
}

// merge adds the changes of another round to the first.
func (c *clearing) merge(again []*Change) {
	for i, now := range again {
		had := c.made[i]
		had.Link, had.Recreated = now.Link, had.Recreated || now.Recreated
		for _, d := range now.Differences {
			if !had.Created && !slices.Contains(had.Differences, d) {
				had.Differences = append(had.Differences, d)
			}
		}
	}
}

// victims returns the links that a Prune would delete now.
func (c *clearing) victims(ctx context.Context, p *clearance) ([]*Link, error) {
	need, err := c.needed(ctx, p)
	if err != nil {
		return nil, err
	}
	f, all := *p.absence.only, need.lists[p.at]
	if f.master != "" {
		i := slices.IndexFunc(all, func(l *Link) bool { return l.hasName(f.master) })
		if i < 0 {
			return nil, c.missingMaster(p, f.master)
		}
		f.masterIndex = all[i].Index
	}
	return slices.DeleteFunc(slices.Clone(all), func(l *Link) bool {
		return !f.matches(l) || l.isLoopback() || l.Fallback() || need.links[indexKey{p.at, l.Index}]
	}), nil
}

// missingMaster returns an error for a master in a filter that neither exists nor is
// made by the call.
func (c *clearing) missingMaster(p *clearance, name string) error {
	if _, made := c.e.wanted[linkKey{p.at, name}]; made {
		return nil
	}
	return &Error{Op: c.e.op, Name: name, Attr: "Prune", Message: "the master of the filter is missing", Err: syscall.ENODEV}
}

// A need is the set of links that the specs of a call describe, and of all links that
// these depend on.
type need struct {
	t     *transaction
	lists map[*nsConn][]*Link
	links map[indexKey]bool
}

// needed finds out which links the specs of the call need, and those that Keep names.
func (c *clearing) needed(ctx context.Context, p *clearance) (*need, error) {
	kept, err := described(c.e.op, p.absence.keep...)
	if err != nil {
		return nil, err
	}
	n := &need{t: c.e.transaction, lists: map[*nsConn][]*Link{}, links: map[indexKey]bool{}}
	all := slices.Concat(c.wanted, kept)
	for _, s := range all { // opens their namespaces
		if _, err := c.e.references(ctx, s); err != nil {
			return nil, err
		}
	}
	for _, at := range c.e.nsConns {
		if at.isRemote() {
			continue
		}
		if n.lists[at], err = (&Conn{rt: at.rt}).list(ctx, filter{}); err != nil {
			return nil, err
		}
	}
	for _, s := range all {
		if err := n.addSpec(ctx, s); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// addSpec adds the links that a spec and its peer describe and refer to.
func (n *need) addSpec(ctx context.Context, s *spec) error {
	keys, err := n.t.references(ctx, s)
	if err != nil {
		return err
	}
	under, err := n.t.nsConn(ctx, s.lowerNetNS())
	if err != nil {
		return err
	}
	for ; s != nil; s = s.other() {
		at, err := n.t.nsConn(ctx, s.netns)
		if err != nil {
			return err
		}
		for _, name := range append([]string{s.Name, s.newName}, s.altNames...) {
			keys = append(keys, linkKey{at, name})
		}
		for _, key := range []indexKey{{at, s.index}, {at, s.indexOf(uapi.IFLA_MASTER, s.link.Master)}, {under, s.indexOf(uapi.IFLA_LINK, s.link.Parent)}, {under, s.underlayIndex()}} {
			if err := n.addIndex(ctx, key); err != nil {
				return err
			}
		}
	}
	for _, key := range keys {
		for _, l := range n.lists[key.at] {
			if key.name != "" && l.hasName(key.name) {
				if err := n.addLink(ctx, key.at, l); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// indexOf returns the value of a common setting that names a link by its index, or 0.
func (s *spec) indexOf(typ uint16, index int) int {
	if !s.linkSet.Has(typ) {
		return 0
	}
	return index
}

// underlayIndex returns the index of the underlay that a spec names by index, or 0.
func (s *spec) underlayIndex() int {
	if k := s.kind(); k.underlayOf != nil && s.Set.Has(k.underlay) && !s.isRaw() {
		return k.underlayOf(s.info())
	}
	return 0
}

func (n *need) addIndex(ctx context.Context, key indexKey) error {
	for _, l := range n.lists[key.at] {
		if key.index != 0 && l.Index == key.index {
			return n.addLink(ctx, key.at, l)
		}
	}
	return nil
}

// addLink adds a link and all links that it depends on.
func (n *need) addLink(ctx context.Context, at *nsConn, l *Link) error {
	if n.links[indexKey{at, l.Index}] {
		return nil
	}
	n.links[indexKey{at, l.Index}] = true
	if err := n.addIndex(ctx, indexKey{at, l.Master}); err != nil {
		return err
	}
	for _, other := range n.t.nsConns {
		in, err := n.t.lowerIn(ctx, at, l, other)
		if err != nil {
			return err
		}
		if in {
			return n.addIndex(ctx, indexKey{other, l.lower()})
		}
	}
	return nil
}
