package iplink

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// layer3 is what a link has above the link layer.
type layer3 struct {
	addrs  []inet.Addr
	routes []inet.Route
	neighs []inet.Neigh
}

func (l *layer3) empty() bool {
	return len(l.addrs) == 0 && len(l.routes) == 0 && len(l.neighs) == 0
}

// Addr adds IP addresses with their prefix lengths, such as 192.0.2.1/24. Addrs
// adds some with more to them.
func (b *Common[Self]) Addr(addrs ...netip.Prefix) *Self {
	for _, a := range addrs {
		b.Addrs(inet.Addr{Prefix: a})
	}
	return b.me()
}

// Addrs adds IP addresses with all that there is to an address: a peer, a scope,
// flags, lifetimes. Those that another link reports can be given as they are.
//
// Of an address that the link has already, Update and Ensure change what the
// kernel changes: lifetimes, metric and protocol, for IPv6 also the peer and the
// flags but AddrMCAutoJoin. What else differs is ErrImmutable.
func (b *Common[Self]) Addrs(addrs ...inet.Addr) *Self {
	b.spec.addrs = slices.Concat(b.spec.addrs, addrs)
	return b.me()
}

// DefaultRoute adds the default route, by the gateway of that address, which must
// be in the network of one of the link's addresses: of IPv4 or IPv6, as the
// gateway is. It goes when the link goes, or goes down.
func (b *Common[Self]) DefaultRoute(via netip.Addr) *Self {
	return b.Routes(inet.Route{Via: via})
}

// Routes adds routes by the link, which must be up for that. They go when the link
// goes, or goes down.
//
// If the link has another route to the same network, of the same metric and made
// by a person, Update and Ensure take that away.
func (b *Common[Self]) Routes(routes ...inet.Route) *Self {
	b.spec.routes = slices.Concat(b.spec.routes, routes)
	return b.me()
}

// Neighs adds neighbours, or changes those of the same IP address. They go when
// the link goes, or goes down.
func (b *Common[Self]) Neighs(neighs ...inet.Neigh) *Self {
	b.spec.neighs = slices.Concat(b.spec.neighs, neighs)
	return b.me()
}

// driftOfLayer3 compares what a job wants above the link layer with what the link
// has, and narrows the job to the differences.
func (t *transaction) driftOfLayer3(ctx context.Context, j *job, have *Link) ([]Difference, error) {
	diffs, err := t.driftOfAddrs(ctx, j, have)
	if err != nil {
		return nil, err
	}
	routes, err := t.driftOfRoutes(ctx, j, have)
	if err != nil {
		return nil, err
	}
	neighs, err := t.driftOfNeighs(ctx, j)
	return slices.Concat(diffs, routes, neighs), err
}

func (t *transaction) driftOfAddrs(ctx context.Context, j *job, have *Link) (diffs []Difference, err error) {
	if j.addrs = nil; len(j.spec.addrs) == 0 {
		return nil, nil
	}
	all, err := inetnl.ReadAddrs(ctx, j.at.rt, j.index, have.Name)
	if err != nil {
		return nil, j.spec.failed(t.op, "addr", err)
	}
	wanted := slices.Clone(j.spec.addrs)
	for i, a := range wanted {
		if a.Label == have.Name || a.Label == j.spec.finalName() { // the default, which is not reported
			wanted[i].Label = ""
		}
	}
	for _, c := range inetnl.Addrs.Compare(wanted, all) {
		diffs = append(diffs, differenceOf("addr", &c))
		if c.Have != nil {
			c.Want = inetnl.AddrOver(&c.Want, c.Have)
		}
		j.addrs = append(j.addrs, c.Want)
	}
	return diffs, nil
}

// driftOfRoutes finds the routes that a link lacks. A route that a person made in
// the place of one that is wanted, to another gateway, is removed.
func (t *transaction) driftOfRoutes(ctx context.Context, j *job, have *Link) (diffs []Difference, err error) {
	s := j.spec
	j.routes, j.rivals = nil, nil
	if len(s.routes) == 0 {
		return nil, nil
	}
	if up := have.Up() && s.change&^s.flags&uapi.IFF_UP == 0; !up && s.flags&s.change&uapi.IFF_UP == 0 && t.op != "diff" {
		return nil, s.invalid(t.op, "route", "only a link that is up has routes: add Up")
	}
	all, err := inetnl.ReadRoutes(ctx, j.at.rt, j.index)
	if err != nil {
		return nil, s.failed(t.op, "route", err)
	}
	for _, c := range inetnl.Routes.Compare(s.routes, all) {
		diffs = append(diffs, differenceOf("route", &c))
		j.routes = append(j.routes, c.Want)
		if c.Have != nil {
			j.rivals = append(j.rivals, *c.Have)
		}
	}
	return diffs, nil
}

func (t *transaction) driftOfNeighs(ctx context.Context, j *job) (diffs []Difference, err error) {
	if j.neighs = nil; len(j.spec.neighs) == 0 {
		return nil, nil
	}
	all, err := inetnl.ReadNeighs(ctx, j.at.rt, j.index)
	if err != nil {
		return nil, j.spec.failed(t.op, "neigh", err)
	}
	for _, c := range inetnl.Neighs.Compare(j.spec.neighs, all) {
		diffs = append(diffs, differenceOf("neigh", &c))
		j.neighs = append(j.neighs, c.Want)
	}
	return diffs, nil
}

// differenceOf returns the difference that a change of an address, a route or a
// neighbour makes good.
func differenceOf[T fmt.Stringer](attr string, c *inetnl.Change[T]) Difference {
	d := Difference{Attr: attr, Want: c.Want.String(), Immutable: c.Fixed}
	if c.Have != nil {
		d.Have = (*c.Have).String()
	}
	return d
}

// addLayer3 adds the requests for what a link has above the link layer: addresses
// first, which routes need.
func (t *transaction) addLayer3(j *job) {
	all := j.due()
	for i := range all.addrs {
		t.addAddr(j, all.addrs[i])
	}
	for i := range j.rivals {
		r := &j.rivals[i]
		t.addStep(j, stepRival, r.String(), uapi.RTM_DELROUTE, 0, func(b []byte) []byte { return inetnl.AppendRouteKey(b, r, j.index) })
	}
	for i := range all.routes {
		r := &all.routes[i]
		t.addStep(j, stepRoute, r.String(), uapi.RTM_NEWROUTE, uapi.NLM_F_CREATE|uapi.NLM_F_EXCL, func(b []byte) []byte { return inetnl.AppendRoute(b, r, j.index) })
	}
	for i := range all.neighs {
		n := &all.neighs[i]
		t.addStep(j, stepNeigh, n.String(), uapi.RTM_NEWNEIGH, t.making(), func(b []byte) []byte { return inetnl.AppendNeigh(b, n, j.index) })
	}
}

// due returns what is to be added above the link layer, and again what is lost
// when the link is taken down: routes, neighbours and IPv6 addresses.
func (j *job) due() layer3 {
	if !j.downFirst || !j.deferUp {
		return j.layer3
	}
	all := layer3{addrs: slices.Clone(j.addrs), routes: j.spec.routes, neighs: j.spec.neighs}
	for _, a := range j.spec.addrs {
		if a.Prefix.Addr().Is6() && inetnl.Addrs.Find(&a, j.addrs) == nil {
			all.addrs = append(all.addrs, a)
		}
	}
	return all
}

func (t *transaction) addAddr(j *job, a inet.Addr) {
	t.addStep(j, stepAddr, a.String(), uapi.RTM_NEWADDR, t.making(), func(b []byte) []byte { return inetnl.AppendAddr(b, &a, j.index) })
}

// making returns the flags for a request that makes something: on a link that
// exists it may be there already.
func (t *transaction) making() uint16 {
	if t.op == "create" {
		return uapi.NLM_F_CREATE | uapi.NLM_F_EXCL
	}
	return uapi.NLM_F_CREATE | uapi.NLM_F_REPLACE
}

func (t *transaction) addStep(j *job, what stepKind, text string, typ, flags uint16, body func([]byte) []byte) {
	j.at.batch.Write(typ, flags, body)
	j.at.steps = append(j.at.steps, step{job: j, what: what, text: text})
}
