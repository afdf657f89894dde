package iplink

import (
	"context"
	"net/netip"
	"slices"

	"github.com/iplink-go/iplink/internal/uapi"
)

// layer3 is what a link has above the link layer.
type layer3 struct {
	addrs  []Addr
	routes []Route
	neighs []Neigh
}

func (l *layer3) empty() bool {
	return len(l.addrs) == 0 && len(l.routes) == 0 && len(l.neighs) == 0
}

// Addr adds IP addresses with their prefix lengths, such as 192.0.2.1/24. Addrs
// adds some with more to them.
func (b *builder[Self]) Addr(addrs ...netip.Prefix) *Self {
	for _, a := range addrs {
		b.Addrs(Addr{Prefix: a})
	}
	return b.me()
}

// Addrs adds IP addresses with all that there is to an address: a peer, a scope,
// flags, lifetimes. Those that another link reports can be given as they are.
//
// Of an address that the link has already, Update and Ensure change what the
// kernel changes: lifetimes, metric and protocol, for IPv6 also the peer and the
// flags but AddrMCAutoJoin. What else differs is ErrImmutable.
func (b *builder[Self]) Addrs(addrs ...Addr) *Self {
	b.spec.addrs = slices.Concat(b.spec.addrs, addrs)
	return b.me()
}

// DefaultRoute adds the default route, by the gateway of that address, which must
// be in the network of one of the link's addresses: of IPv4 or IPv6, as the
// gateway is. It goes when the link goes, or goes down.
func (b *builder[Self]) DefaultRoute(via netip.Addr) *Self {
	return b.Routes(Route{Via: via})
}

// Routes adds routes by the link, which must be up for that. They go when the link
// goes, or goes down.
//
// If the link has another route to the same network, of the same metric and made
// by a person, Update and Ensure take that away.
func (b *builder[Self]) Routes(routes ...Route) *Self {
	b.spec.routes = slices.Concat(b.spec.routes, routes)
	return b.me()
}

// Neighs adds neighbours, or changes those of the same IP address. They go when
// the link goes, or goes down.
func (b *builder[Self]) Neighs(neighs ...Neigh) *Self {
	b.spec.neighs = slices.Concat(b.spec.neighs, neighs)
	return b.me()
}

// driftOfLayer3 finds out in what a link differs from what a job wants above the
// link layer, and narrows the job to that.
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

// addLayer3 adds the requests for what a link has above the link layer: addresses
// first, which routes need.
func (t *transaction) addLayer3(j *job) {
	all := j.due()
	for i := range all.addrs {
		t.addAddr(j, all.addrs[i])
	}
	for i := range j.rivals {
		r := &j.rivals[i]
		t.addStep(j, stepRival, r.String(), uapi.RTM_DELROUTE, 0, func(b []byte) []byte { return r.appendKey(b, j.index) })
	}
	for i := range all.routes {
		r := &all.routes[i]
		t.addStep(j, stepRoute, r.String(), uapi.RTM_NEWROUTE, uapi.NLM_F_CREATE|uapi.NLM_F_EXCL, func(b []byte) []byte { return r.append(b, j.index) })
	}
	for i := range all.neighs {
		n := &all.neighs[i]
		t.addStep(j, stepNeigh, n.String(), uapi.RTM_NEWNEIGH, t.making(), func(b []byte) []byte { return n.append(b, j.index) })
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
		if a.Prefix.Addr().Is6() && a.find(j.addrs) == nil {
			all.addrs = append(all.addrs, a)
		}
	}
	return all
}

func (t *transaction) addAddr(j *job, a Addr) {
	t.addStep(j, stepAddr, a.String(), uapi.RTM_NEWADDR, t.making(), func(b []byte) []byte { return a.append(b, j.index) })
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
