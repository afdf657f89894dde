package iplink

import (
	"context"
	"fmt"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// The lower link of a link is its parent, its underlay or its other end. The
// kernel names it by an index, which counts only together with the namespace
// that the index is of.

// lowerElsewhere reports whether the lower link is in another namespace. The
// kernel has no id, and reports -1, for one that is about to end.
func (l *Link) lowerElsewhere() bool {
	return l.raw.common.Has(uapi.IFLA_LINK_NETNSID)
}

// tellsNetNS reports whether the kernel says so of links of this kind.
func (l *Link) tellsNetNS() bool {
	k := kinds[l.Kind]
	return l.lowerElsewhere() || l.Kind == "" || k != nil && !k.hidesNetNS
}

// namesLower reports whether a spec names the lower link, or its namespace. A
// peer is another spec.
func (s *spec) namesLower() bool {
	underlay := s.about().underlay
	switch {
	case s.linkSet.Has(uapi.IFLA_LINK), underlay != 0 && s.Set.Has(underlay):
		return true
	}
	return s.linkNetNS != nil && s.Peer == nil
}

// lowerIn reports whether the lower link of a link at p is in the namespace of
// another place.
func (t *transaction) lowerIn(ctx context.Context, p *place, l *Link, other *place) (bool, error) {
	if p == other || !l.lowerElsewhere() {
		return (p == other) != l.lowerElsewhere(), nil
	}
	id, err := t.knownNSID(ctx, p, other)
	return id >= 0 && id == l.NetNSID, err
}

// misplaced reports whether the lower link is in another namespace than a job
// wants.
func (t *transaction) misplaced(ctx context.Context, j *job, have *Link) (bool, error) {
	if !j.spec.namesLower() || !have.tellsNetNS() {
		return false, nil
	}
	in, err := t.lowerIn(ctx, j.at, have, j.under)
	if err != nil {
		return false, j.spec.failed(t.op, "link-netns", err)
	}
	return !in, nil
}

// sitsBelow reports whether a link sits on the link that its wanted parent sits
// on, as the kernel has it if the two are of one family.
func (t *transaction) sitsBelow(ctx context.Context, j *job, have *Link) (bool, error) {
	index, ok := refIndex(j.linkRefs, uapi.IFLA_LINK, j.spec.link.Parent)
	family := kindOf(have.Kind).family
	if !ok || j.under == nil || family == "" {
		return false, nil
	}
	parent, err := j.under.readIndex(ctx, index)
	if isGone(err) {
		return false, nil
	}
	if err != nil {
		return false, j.spec.failed(t.op, "link", err)
	}
	if parent.Parent != have.Parent || kindOf(parent.Kind).family != family {
		return false, nil
	}
	return t.shareNetNS(ctx, j, have, parent)
}

// shareNetNS reports whether the lower links of a job's link and of its parent
// are in one namespace.
func (t *transaction) shareNetNS(ctx context.Context, j *job, have, parent *Link) (bool, error) {
	switch {
	case !have.tellsNetNS() || !parent.tellsNetNS():
		return true, nil
	case j.under == j.at:
		return have.lowerElsewhere() == parent.lowerElsewhere() && have.NetNSID == parent.NetNSID, nil
	case !parent.lowerElsewhere():
		return t.lowerIn(ctx, j.at, have, j.under)
	case !have.lowerElsewhere():
		return t.lowerIn(ctx, j.under, parent, j.at)
	}
	under, err := t.knownNSID(ctx, j.at, j.under)
	if err != nil || under < 0 {
		return false, err
	}
	id, err := rtnl.TranslateNSID(ctx, j.at.rt, have.NetNSID, under)
	return id >= 0 && id == parent.NetNSID, err
}

// driftOfNetNS is the difference of a link whose lower link is in another
// namespace than wanted.
func (t *transaction) driftOfNetNS(j *job, have *Link) Difference {
	d := Difference{Attr: "link-netns", Have: t.netNSOfLower(j.at, have), Immutable: true}
	if j.under != j.at {
		d.Want = t.netNSName(j.under)
	}
	return d
}

// netNSOfLower names the namespace of the lower link, empty if it is that of the
// link.
func (t *transaction) netNSOfLower(p *place, l *Link) string {
	if !l.lowerElsewhere() {
		return ""
	}
	if other := t.placeOfLower(p, l); other != nil {
		return t.netNSName(other)
	}
	return fmt.Sprintf("netnsid %d", l.NetNSID)
}

func (t *transaction) netNSName(p *place) string {
	ns, err := t.namespace(p)
	if err != nil {
		return "that of the Conn"
	}
	return ns.String()
}

// placeOfLower returns the place of the lower link, nil if it is none of the
// transaction's.
func (t *transaction) placeOfLower(p *place, l *Link) *place {
	if !l.lowerElsewhere() {
		return p
	}
	for _, known := range p.ids {
		if known.id == l.NetNSID {
			return known.of
		}
	}
	return nil
}

// verifyLower compares the lower link of a link that was read back with the one
// that was asked for.
func (t *transaction) verifyLower(ctx context.Context, j *job) error {
	s, l := j.spec, j.link
	wrong, err := t.misplaced(ctx, j, l)
	if err != nil {
		return err
	}
	index := t.lowerDiffers(j, l)
	if !wrong && len(index) == 0 {
		return nil
	}
	if below, err := t.sitsBelow(ctx, j, l); below || err != nil {
		return err
	}
	if wrong {
		d := t.driftOfNetNS(j, l)
		return &Error{Op: t.op, Kind: s.Kind, Name: s.Name, Attr: d.Attr, Message: asked(d.Want, d.Have), Err: ErrNotApplied}
	}
	return t.notApplied(s, index, s.link.attrs, l.attrs, j.linkRefs)
}

// lowerDiffers compares the index of the parent, for the kinds that are known to
// report it.
func (t *transaction) lowerDiffers(j *job, l *Link) []attr.Difference {
	link := attr.SetOf(uapi.IFLA_LINK)
	if !j.kind.parent {
		return nil
	}
	return linkTable.Compare(&t.codec, j.spec.linkSet.And(link), l.raw.common, j.linkRefs, j.spec.link, l)
}
