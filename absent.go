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
	"github.com/iplink-go/iplink/internal/rtnl"
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

// DeleteSpecs is the inverse of Create: it deletes the links that specs describe, in
// reverse order, wherever they are (RTM_DELLINK). A link is found by its name, its
// namespace and its kind; other settings do not count. The other end of a pair counts as
// a link of its own. A missing link is not an error. The name of a Namespace is removed
// after the links.
//
// All links are looked up first. If a link of the name is of another kind, the error is
// ErrKind and nothing is deleted; likewise for links that cannot be deleted, and for
// specs without a kind, such as a Device. Links that follow each other in the same
// namespace are deleted together, as by Delete. If a deletion fails, the error names the
// link, and the links before it in specs stay.
func (c *Conn) DeleteSpecs(ctx context.Context, specs ...Spec) error {
	if err := c.unready(ctx, "delete"); err != nil {
		return err
	}
	t := newTransaction(c, "delete")
	defer t.close()
	return t.attempt(ctx, func(ctx context.Context) error { return t.deleteSpecs(ctx, specs) })
}

// DeleteSpecs deletes the links that specs describe. It is like Conn.DeleteSpecs on a
// socket of its own, in the namespace of the calling thread.
func DeleteSpecs(ctx context.Context, specs ...Spec) error {
	_, err := withConn(func(c *Conn) (struct{}, error) { return struct{}{}, c.DeleteSpecs(ctx, specs...) })
	return err
}

// A doomedRun holds links of one namespace that are deleted together.
type doomedRun struct {
	at    *nsConn
	links []target
}

func (t *transaction) deleteSpecs(ctx context.Context, specs []Spec) error {
	names, specs, err := t.separateNamespaces(specs)
	if err != nil {
		return err
	}
	wanted, err := described(t.op, specs...)
	if err != nil {
		return err
	}
	for _, s := range wanted {
		if s.Kind == "" {
			return s.invalid(t.op, "", "a Device is a link of any kind: give its name to Delete")
		}
		if fault := s.checkNamed(t.op); fault != nil {
			return fault
		}
	}
	var runs []doomedRun
	for _, s := range slices.Backward(wanted) {
		if runs, err = t.findDoomed(ctx, s, runs); err != nil {
			return err
		}
	}
	for _, r := range runs {
		err := t.remove(ctx, r.at, r.links, (*Conn).deleteTargets)
		if e, ok := err.(*Error); ok && e.Name == "" {
			e.Kind, e.Name = r.links[0].kind, r.links[0].name
		}
		if err != nil {
			return err
		}
	}
	return deleteNamespaces(names)
}

// checkNamed rejects a spec without a valid name.
func (s *spec) checkNamed(op string) error {
	if other := s.other(); other != nil && other.Name != "" {
		if err := other.checkName(op); err != nil {
			return err
		}
	}
	return s.checkName(op)
}

// findDoomed looks up the link of a spec, and its other end if it has a name, and adds
// them to the links to delete.
func (t *transaction) findDoomed(ctx context.Context, s *spec, runs []doomedRun) ([]doomedRun, error) {
	for ; s != nil && s.Name != ""; s = s.other() {
		at, err := t.nsConn(ctx, s.netns)
		if s.missingNetNS(err) {
			continue
		}
		if err != nil {
			return nil, s.failed(t.op, "netns", err)
		}
		if err := s.refuseRemote(t.op, "netns", at); err != nil {
			return nil, err
		}
		have, err := readLink(ctx, at.rt, func(b []byte) []byte { return rtnl.AppendKey(b, 0, s.Name) })
		if isGone(err) {
			continue
		}
		if err != nil {
			return nil, s.failed(t.op, "", err)
		}
		if err := s.refuseOther(t.op, have); err != nil {
			return nil, err
		}
		runs = addDoomed(runs, at, target{index: have.Index, name: s.Name, kind: have.Kind})
	}
	return runs, nil
}

// refuseOther rejects a link of another kind, and one that cannot be deleted.
func (s *spec) refuseOther(op string, have *Link) error {
	if have.Kind != s.Kind {
		return &Error{Op: op, Kind: s.Kind, Name: s.Name, Message: "it is " + article(have.Kind), Err: ErrKind}
	}
	if fault := have.undeletable(); fault != "" {
		return &Error{Op: op, Kind: s.Kind, Name: s.Name, Message: fault, Err: invalid.State(syscall.EOPNOTSUPP)}
	}
	return nil
}

// addDoomed adds a link to the last run if that is in its namespace, or to a new one.
func addDoomed(runs []doomedRun, at *nsConn, l target) []doomedRun {
	known := func(r doomedRun) bool {
		return r.at == at && slices.ContainsFunc(r.links, func(other target) bool { return other.index == l.index })
	}
	switch n := len(runs); {
	case slices.ContainsFunc(runs, known):
		return runs
	case n > 0 && runs[n-1].at == at:
		runs[n-1].links = append(runs[n-1].links, l)
		return runs
	}
	return append(runs, doomedRun{at, []target{l}})
}

// DeleteIndex is like Delete, but takes interface indexes, 1 or more. If one is missing,
// nothing is deleted, and the error matches fs.ErrNotExist. A link that is renamed in the
// meantime is deleted nevertheless.
func (c *Conn) DeleteIndex(ctx context.Context, indexes ...int) error {
	if err := c.unready(ctx, "delete"); err != nil {
		return err
	}
	held, err := c.rt.Hold()
	if err != nil {
		return kernelError(&Error{Op: "delete"}, err)
	}
	defer held.Release()
	for round := range mostRounds {
		all, err := c.resolveIndexes(indexes, round > 0)
		if err != nil || len(all) == 0 {
			return err
		}
		if err := c.deleteMany(ctx, held, all); err != nil {
			return err
		}
	}
	return &Error{Op: "delete", Attr: "index", Message: "another process renames the link again and again", Err: ErrNotApplied}
}

// DeleteIndex deletes links in the namespace of the calling thread by their indexes. It
// is like Conn.DeleteIndex on a socket of its own.
func DeleteIndex(ctx context.Context, indexes ...int) error {
	_, err := withConn(func(c *Conn) (struct{}, error) { return struct{}{}, c.DeleteIndex(ctx, indexes...) })
	return err
}

// resolveIndexes finds the names of links, each once, or returns an error for a missing
// link.
func (c *Conn) resolveIndexes(indexes []int, mayMiss bool) ([]target, error) {
	var all []target
	for _, index := range indexes {
		if index < 1 {
			return nil, (&fault{"index", fmt.Sprintf("%d is not an interface index: they are 1 or more", index)}).in("delete")
		}
		name, err := rtnl.NameOf(c.rt, index)
		if isGone(err) && mayMiss {
			continue
		}
		if err != nil {
			return nil, kernelError(&Error{Op: "delete", Name: fmt.Sprintf("with index %d", index)}, err)
		}
		if !slices.ContainsFunc(all, func(l target) bool { return l.index == index }) {
			all = append(all, target{index: index, name: name})
		}
	}
	return all, nil
}
