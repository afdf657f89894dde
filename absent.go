package iplink

import (
	"fmt"
	"slices"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
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
	a.spec.placeAbsence(ns)
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

func (s *spec) placeAbsence(ns *NetNS) {
	if s.Judge("NetNS", netNSFault("NetNS", ns)) {
		s.netns = ns
	}
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
	p.spec.placeAbsence(ns)
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
		if k.absence != nil {
			return s.invalid(op, "Keep", "a link that stays cannot be "+k.absence.setter())
		}
	}
	return nil
}
