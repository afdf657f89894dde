package iplink

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// pending holds the settings that are to be sent for a link: all of its spec when the
// link is created, and later those in which it differs from the spec.
type pending struct {
	linkSet, infoSet, portSet, inet6Set attr.Set
	change                              uint32
	clamped                             bool // the link has the MTU that the link below can carry
	ports                               bool // objects that name ports are to be compared once all links are there
	altNames                            []string
	layer3
	sysctls  []inet.Sysctl
	objects  []objectRequest
	early    []inet.Addr     // addresses that are added before others are removed
	removals []objectRequest // of objects that the link is not to have, or that conflict with wanted ones
}

// all returns everything that a spec asks for.
func (s *spec) all() pending {
	p := pending{linkSet: s.linkSet, infoSet: s.Set, inet6Set: s.inet6Set, change: s.change, altNames: s.altNames, layer3: s.layer3, sysctls: s.sysctls, objects: s.objectRequests(), ports: s.namesPorts()}
	if s.port != nil {
		p.portSet = s.port.Set
	}
	return p
}

// A facet is one aspect of a link that a spec can describe and that the kernel can be
// asked about. All functions but compare may be nil.
type facet struct {
	// read adds to a link that was read those settings that only another request reports.
	read func(*transaction, context.Context, *job, *Link) error
	// compare returns the differences between a link and the spec of a job, and adds
	// to the pending settings those that resolve them.
	compare func(*transaction, context.Context, *job, *Link, *pending) ([]Difference, error)
	// isSetting reports that compare needs no request.
	isSetting bool

	// before and after act before and after the requests for the pending settings of a
	// job. They send the requests that wait, if the order matters.
	before, after func(*transaction, context.Context, *job) error
	// add adds the requests for the pending settings of a job. It is nil for the facets
	// whose settings are part of the request that creates or changes the link.
	add func(*transaction, *job)
}

// facets are all facets, in the order in which a link takes their settings: routes need
// addresses.
var facets = []facet{
	{compare: (*transaction).driftOfSettings, isSetting: true, read: (*transaction).readGeneric, after: (*transaction).applyGeneric},
	{compare: (*transaction).driftOfSysctls, isSetting: true, before: (*transaction).setSysctls},
	{compare: (*transaction).driftOfObjects, add: (*transaction).addObjects},
	{compare: (*transaction).driftOfTakeaway, add: (*transaction).addRemovals},
	{compare: (*transaction).driftOfAltNames, add: (*transaction).addAltNames},
	{compare: (*transaction).driftOfAddrs, add: (*transaction).addAddrs},
	{compare: (*transaction).driftOfRoutes, add: (*transaction).addRoutes},
	{compare: (*transaction).driftOfNeighs, add: (*transaction).addNeighs},
}

// act resolves the pending settings of a job. The function adds the requests for the
// settings of the link itself.
func (t *transaction) act(ctx context.Context, j *job, add func(*job)) error {
	for _, f := range facets {
		if f.before == nil {
			continue
		}
		if err := f.before(t, ctx, j); err != nil {
			return err
		}
	}
	add(j)
	for _, f := range facets {
		if f.after == nil {
			continue
		}
		if err := f.after(t, ctx, j); err != nil {
			return err
		}
	}
	return nil
}

// compare compares a link with the spec of a job. It returns the settings that resolve
// the differences, and changes nothing.
func (t *transaction) compare(ctx context.Context, j *job, have *Link) (p pending, diffs []Difference, err error) {
	return t.compareFacets(ctx, j, have, false)
}

// compareFacets compares all facets or only the settings.
func (t *transaction) compareFacets(ctx context.Context, j *job, have *Link, onlySettings bool) (p pending, diffs []Difference, err error) {
	for _, f := range facets {
		if f.read == nil {
			continue
		}
		if err := f.read(t, ctx, j, have); err != nil {
			return p, nil, err
		}
	}
	t.found = pending{}
	j.wantOnly(have)
	for _, f := range facets {
		if onlySettings && !f.isSetting {
			continue
		}
		more, err := f.compare(t, ctx, j, have, &t.found)
		if err != nil {
			return p, nil, err
		}
		diffs = append(diffs, more...)
	}
	return t.found, diffs, nil
}

// lister is an info with lists to which the kernel adds the entries of a request, so
// that unwanted ones are removed one by one.
type lister interface {
	info
	// without returns a copy whose lists in set also have the removal of each entry that
	// have contains and the info does not ask for.
	without(have info, set attr.Set) info
}

// wantOnly adds the removal of unwanted entries to the lists that are to have no others.
// The builder does not change.
func (j *job) wantOnly(have *Link) {
	if j.spec.Only.Empty() {
		return
	}
	want, ok := j.spec.Info.(lister)
	now, is := j.spec.known(have)
	if !ok || !is {
		return
	}
	s := *j.spec
	s.Info = want.without(now, s.Only)
	j.spec = &s
}

// A step of a call may undo a setting that was right already: a new master sets the MTU
// and the port settings, a link that goes down loses its IPv6 addresses. Therefore the
// last look counts: after the requests, all links of the call are compared with all that
// their specs ask for, and each difference is set once more.

// mostRounds is the number of times that a call acts.
const mostRounds = 4

// settle looks at the links of the call after it has acted, and acts again until they
// are as described. It returns ErrNotApplied if they never are.
func (t *transaction) settle(ctx context.Context) error {
	if !t.acted {
		return nil
	}
	if err := t.sendLate(ctx); err != nil {
		return err
	}
	for round := 1; ; round++ {
		fault, err := t.lookAgain(ctx)
		if err != nil || fault == nil {
			return err
		}
		if round == mostRounds || !t.canAct() {
			return t.nameOther(fault)
		}
		t.disturbed = true
		if err := t.actAgain(ctx); err != nil {
			return refusedAgain(fault, err)
		}
		if err := t.sendLate(ctx); err != nil {
			return refusedAgain(fault, err)
		}
	}
}

// refusedAgain returns the error for a setting that was accepted and not applied, and is
// refused when it is sent again: ErrNotApplied with the reason of the refusal.
func refusedAgain(fault, err error) error {
	lost, ok := fault.(*Error)
	refused, is := err.(*Error)
	if !ok || !is || lost.Attr != refused.Attr || lost.Name != refused.Name || lost.Kind != refused.Kind {
		return err
	}
	if refused.Message != "" {
		lost.Message += "; " + refused.Message
	}
	return lost
}

// lookAgain compares all links with their specs, and notes the settings that are to be
// sent again. The fault describes the first difference.
func (t *transaction) lookAgain(ctx context.Context) (fault, err error) {
	for _, j := range t.jobs {
		j.again = nil
		if j.link == nil {
			continue
		}
		if err := t.sameLink(j); err != nil {
			return nil, err
		}
		if err := t.sameLower(ctx, j); err != nil {
			return nil, err
		}
		j.index = j.link.Index
		differs, err := t.lookAt(ctx, j)
		if err != nil {
			return nil, err
		}
		if fault == nil {
			fault = differs
		}
	}
	return fault, nil
}

// lookAt compares one link with its spec. A new link whose settings are as described,
// and which nothing else has touched, has the addresses and other objects that the
// kernel has acknowledged.
func (t *transaction) lookAt(ctx context.Context, j *job) (fault, err error) {
	if !t.whole(j) {
		_, diffs, err := t.compareFacets(ctx, j, j.link, true)
		if err != nil || len(diffs) == 0 {
			return nil, err
		}
		if fault = j.spec.notSo(t.op, diffs[0]); j.at.isRemote() {
			return fault, nil
		}
	}
	p, diffs, err := t.compare(ctx, j, j.link)
	if err != nil || len(diffs) == 0 {
		return fault, err
	}
	todo := p // a copy, so that only a link that differs costs an allocation
	j.again, j.todo = diffs, &todo
	if fault != nil {
		return fault, nil
	}
	return j.spec.notSo(t.op, diffs[0]), nil
}

// whole reports whether a link is compared with all that its spec asks for, rather than
// only with the settings of the link itself.
func (t *transaction) whole(j *job) bool {
	return !j.at.isRemote() && (!j.isNew() || t.disturbed || j.spec.kind().takesPorts() && slices.ContainsFunc(t.jobs, j.losesTo))
}

// losesTo reports whether a link may have lost addresses or neighbours to a port of the
// same call: a master may take over the address of a port, which takes its neighbours
// away, and its MTU, which takes addresses of IPv6 away.
func (j *job) losesTo(port *job) bool {
	return port.at == j.at && cmp.Or(masterOf(port.link), port.master()) == j.link.Index &&
		(len(j.spec.neighs) > 0 || len(j.spec.addrs) > 0 && port.link != nil && port.link.MTU < leastMTU6)
}

// isNew reports whether the transaction made the link, or the pair that it belongs to.
func (j *job) isNew() bool {
	return j.made || j.main != nil && j.main.made
}

// notSo returns the error for a difference that remains.
func (s *spec) notSo(op string, d Difference) error {
	return &Error{Op: op, Kind: s.Kind, Name: s.Name, Attr: d.Attr, Message: asked(d.Want, d.Have), Err: ErrNotApplied}
}

// canAct reports whether a remaining difference can be resolved at all.
func (t *transaction) canAct() bool {
	can := false
	for _, j := range t.jobs {
		if listImmutable(j.again) != "" {
			return false
		}
		can = can || len(j.again) > 0
	}
	return can
}

// actAgain sends the settings that differed, and reads all links again.
func (t *transaction) actAgain(ctx context.Context) error {
	var last *nsConn
	for _, j := range t.jobs {
		if len(j.again) == 0 {
			continue
		}
		if last != nil && last != j.at {
			if err := t.flush(ctx, last); err != nil {
				return err
			}
		}
		last = j.at
		j.pending = *j.todo
		if err := t.fitAgain(ctx, j); err != nil {
			return err
		}
		j.carryWhole(j.link)
		if err := t.act(ctx, j, t.addUpdate); err != nil {
			return err
		}
	}
	if err := t.flush(ctx, last); err != nil {
		return err
	}
	t.addReads(func(j *job) bool { return j.link != nil })
	return t.flushPlaces(ctx)
}

// fitAgain adds to the pending settings those that the kernel requires with them.
func (t *transaction) fitAgain(ctx context.Context, j *job) error {
	if !j.isNew() {
		return t.checkState(ctx, j, j.link)
	}
	j.downFirst, j.deferUp = false, false
	if fit := j.kind.validateChange; fit != nil {
		if fault := fit(j, j.link); fault != nil {
			return j.spec.refuse(t.op, fault)
		}
	}
	return nil
}

// shared are the settings that a link may share with the links above and below it.
var shared = attr.SetOf(uapi.IFLA_MTU, uapi.IFLA_ADDRESS)

// nameOther adds to an error about a setting the links of the call that ask for another
// value and stand above or below the link, since one of the two cannot hold.
func (t *transaction) nameOther(err error) error {
	e, ok := err.(*Error)
	if !ok || len(t.jobs) < 2 {
		return err
	}
	i := slices.IndexFunc(t.jobs, func(j *job) bool { return j.spec.Name == e.Name && j.spec.Kind == e.Kind })
	if i < 0 {
		return err
	}
	typ := linkRow(e.Attr)
	for _, other := range t.jobs {
		if !shared.Has(typ) || !other.spec.linkSet.Has(typ) || !t.jobs[i].spec.linkSet.Has(typ) || !related(t.jobs[i], other) {
			continue
		}
		if want := t.codec.Value(typ, other.linkRefs, other.spec.link.settable); want != t.codec.Value(typ, t.jobs[i].linkRefs, t.jobs[i].spec.link.settable) {
			text := &e.Message
			if e.FromKernel {
				text = &e.Hint
			}
			*text = strings.TrimPrefix(*text+"; ", "; ") + fmt.Sprintf("%q of the same call asks for %s", other.spec.finalName(), want)
		}
	}
	return e
}

// linkRow returns the row of a setting that every link has, or 0.
func linkRow(name string) (typ uint16) {
	new(attr.Codec).Describe(unsetLink.settable, func(r attr.Row) {
		if r.Name == name {
			typ = r.Type
		}
	})
	return typ
}

// related reports whether one link is the master, the parent or the other end of the
// other, or both have the same one.
func related(a, b *job) bool {
	if a == b || a.at != b.at {
		return false
	}
	upper := func(j *job) int { return cmp.Or(j.master(), masterOf(j.link), masterOf(j.have)) }
	return upper(a) == b.index || upper(b) == a.index || a.parent() == b.index || b.parent() == a.index ||
		upper(a) != 0 && upper(a) == upper(b)
}

func masterOf(l *Link) int {
	if l == nil {
		return 0
	}
	return l.Master
}

// Some settings of a master name one of its ports, such as the primary port of a bond.
// If the same call makes the port or makes it join, they come last.

// comesLast reports whether a setting of a spec names a link that comes after it.
func (t *transaction) comesLast(s *spec, at *nsConn, r attr.Ref) bool {
	_, isWanted := t.wanted[linkKey{at, r.Name}]
	return (isWanted || s.ports().Has(r.Name)) && s.kind().namesPort.Has(r.Type)
}

// leaveForLast takes such settings out of the first round.
func (t *transaction) leaveForLast(j *job) []attr.Ref {
	refs := slices.DeleteFunc(slices.Clone(j.spec.Refs), func(r attr.Ref) bool {
		if !t.comesLast(j.spec, j.at, r) {
			return false
		}
		j.late.Add(r.Type)
		return true
	})
	j.infoSet = j.infoSet.Minus(j.late)
	return refs
}

// sendLate sends these settings, once all links are there.
func (t *transaction) sendLate(ctx context.Context) (err error) {
	for _, j := range t.jobs {
		if err := t.addLateObjects(ctx, j); err != nil {
			return err
		}
		if j.late.Empty() {
			continue
		}
		j.pending = pending{infoSet: j.late}
		j.late = attr.Set{}
		if j.infoRefs, err = t.resolveRefs(ctx, j, j.spec.Refs, func(uint16) *nsConn { return j.at }, j.spec.info().attrs); err != nil {
			return err
		}
		t.addUpdate(j)
		t.addRead(j)
	}
	if err := t.flushPlaces(ctx); err != nil {
		return err
	}
	t.addReads(func(j *job) bool { reread := j.reread; j.reread = false; return reread })
	return t.flushPlaces(ctx)
}
