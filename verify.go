package iplink

import (
	"fmt"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// requests are settings that ask for a transition, which may not come about.
var requests = attr.SetOf(uapi.IFLA_OPERSTATE)

// unverified is what the kernel may rightly report otherwise than it was told:
// a macvlan on a macvlan sits on the link below both.
var unverified = requests.Or(attr.SetOf(uapi.IFLA_LINK))

// verifyJob compares the link that was read back with what was asked for. What
// differs was taken by the kernel and not applied.
func (t *transaction) verifyJob(j *job) error {
	s, l := j.spec, j.link
	common := s.linkSet.Minus(unverified.Or(j.kind.rewrites))
	if j.kind.clamps && (j.made || j.clamped) && l.MTU < s.link.MTU {
		common.Remove(uapi.IFLA_MTU)
	}
	if err := t.notApplied(s, linkTable.Compare(&t.codec, common, l.raw.common, j.linkRefs, s.link, l), s.link.attrs, l.attrs, j.linkRefs); err != nil {
		return err
	}
	if err := t.verifyInfo(j); err != nil {
		return err
	}
	if err := t.verifyFlags(j); err != nil {
		return err
	}
	return t.notApplied(s, t.codec.Compare(s.inet6Set, nil, s.link.INET6.attrs, l.INET6.attrs), s.link.INET6.attrs, l.INET6.attrs, nil)
}

func (t *transaction) verifyInfo(j *job) error {
	s, l := j.spec, j.link
	if s.Info != nil && (l.Kind != s.Kind || !s.Set.Empty()) {
		have, ok := s.known(l)
		if !ok || l.Kind != s.Kind {
			return s.failed(t.op, "", fmt.Errorf("%w: %q", ErrKind, l.Kind))
		}
		if !t.unprovable(s) {
			if err := t.notApplied(s, t.compareInfo(j, l, have), s.info().attrs, have.attrs, j.infoRefs); err != nil {
				return err
			}
		}
	}
	if s.port == nil {
		return nil
	}
	have, ok := l.PortInfo.(info)
	if !ok {
		return &Error{Op: t.op, Kind: s.Kind, Name: s.Name, Attr: "port", Message: "the link is no port of a " + s.port.Kind, Err: ErrNotApplied}
	}
	return t.notApplied(s, t.comparePort(j, l, have), infoOf(s.port).attrs, have.attrs, j.portRef)
}

func (t *transaction) verifyFlags(j *job) error {
	s, l := j.spec, j.link
	differ := (Flags(s.flags) ^ l.Flags) & Flags(s.change)
	if j.raised() && (t.op != "update" || j.linkSet.Has(uapi.IFLA_MASTER)) {
		differ &^= uapi.IFF_UP
	}
	if differ != 0 {
		return &Error{Op: t.op, Kind: s.Kind, Name: s.Name, Attr: "flags", Message: differ.String(), Err: ErrNotApplied}
	}
	return nil
}

// notApplied returns an error that names the first difference, nil if there is
// none.
func (t *transaction) notApplied(s *spec, diffs []attr.Difference, want, have attr.Table, refs []attr.Ref) error {
	if len(diffs) == 0 {
		return nil
	}
	return t.difference(s, diffs[0], want, have, refs)
}

func (t *transaction) difference(s *spec, d attr.Difference, want, have attr.Table, refs []attr.Ref) *Error {
	return &Error{Op: t.op, Kind: s.Kind, Name: s.Name, Attr: d.Name, Err: ErrNotApplied,
		Message: asked(t.codec.Value(d.Type, refs, want), t.codec.Value(d.Type, nil, have))}
}

func asked(want, have string) string {
	return fmt.Sprintf("asked for %s, the kernel reports %s", orNone(want), orNone(have))
}
