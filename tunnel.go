package iplink

import (
	"context"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A change of a tunnel replaces all its settings: the kernel resets the addresses, the TTL,
// the keys and others that a request leaves out, and computes the MTU anew. For kinds with
// wholeChange a request therefore carries all settings, as they were read right before.

// readWhole reads a link that is to be changed, unless the change needs no other settings.
func (t *transaction) readWhole(ctx context.Context, j *job) error {
	j.whole = nil
	if !j.kind.wholeChange || j.dataSet().Empty() {
		return nil
	}
	have, err := t.read(ctx, j)
	if err != nil {
		return err
	}
	j.carryWhole(have)
	return nil
}

// carryWhole makes the request that changes the link have carry its other settings, and
// its MTU. Settings that cannot change are left out, since the kernel keeps them.
func (j *job) carryWhole(have *Link) {
	j.whole = nil
	now, ok := have.Info.(info)
	if !ok || !j.kind.wholeChange || j.dataSet().Empty() {
		return
	}
	var c attr.Codec
	all := j.kind.info()
	reported := have.raw.info
	// The rows were decoded before, or checked.
	_ = c.Copy(reported, nil, now.attrs, all.attrs)
	_ = c.Copy(j.dataSet(), j.infoRefs, j.spec.info().attrs, all.attrs)
	j.whole, j.wholeSet = all, reported.Or(j.dataSet()).And(changeable(all.attrs))
	if !j.linkSet.Has(uapi.IFLA_MTU) {
		j.repeatMTU(have.MTU)
	}
}

// changeable returns the rows of a table that can change.
func changeable(t attr.Table) (set attr.Set) {
	new(attr.Codec).Describe(t, func(r attr.Row) {
		if r.Changeable() {
			set.Add(r.Type)
		}
	})
	return set
}

// repeatMTU makes the request of a job set the MTU that the link has.
func (j *job) repeatMTU(mtu uint32) {
	s, link := *j.spec, *j.spec.link
	link.MTU, s.link = mtu, &link
	j.spec = &s
	j.linkSet.Add(uapi.IFLA_MTU)
}
