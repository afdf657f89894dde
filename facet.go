package iplink

import (
	"context"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
)

// pending holds the settings that are to be sent for a link: all of its spec when the
// link is created, and later those in which it differs from the spec.
type pending struct {
	linkSet, infoSet, portSet, inet6Set attr.Set
	change                              uint32
	clamped                             bool // the link has the MTU that the link below can carry
	altNames                            []string
	layer3
	sysctls  []inet.Sysctl
	objects  []objectRequest
	ports    bool            // objects that name ports are to be compared once all links are there
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
	want, ok := j.spec.Info.(lister)
	now, is := j.spec.known(have)
	if !ok || !is || j.spec.Only.Empty() {
		return
	}
	s := *j.spec
	s.Info = want.without(now, s.Only)
	j.spec = &s
}
