package iplink

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// layer3 holds the addresses, routes and neighbours of a link.
type layer3 struct {
	addrs  []inet.Addr
	routes []inet.Route
	neighs []inet.Neigh
}

func (l *layer3) empty() bool {
	return len(l.addrs) == 0 && len(l.routes) == 0 && len(l.neighs) == 0
}

// Addr adds IP addresses with their prefix lengths, such as 192.0.2.1/24. See Addrs
// for addresses with more properties.
func (b *Common[Self]) Addr(addrs ...netip.Prefix) *Self {
	for _, a := range addrs {
		b.spec.addrs = appendNew(b.spec.addrs, inet.Addr{Prefix: a})
	}
	return b.call(calledAddr)
}

// Addrs adds IP addresses with all their properties: a peer, a scope, flags,
// lifetimes. Addresses that were read from another link can be used unchanged.
//
// If the link already has an address, Update and Ensure change the properties that
// the kernel can change: lifetimes, metric and protocol, for IPv6 also the peer and
// all flags but AddrMCAutoJoin. Other differences result in ErrImmutable.
func (b *Common[Self]) Addrs(addrs ...inet.Addr) *Self {
	b.spec.addrs = appendNew(b.spec.addrs, addrs...)
	return b.call(calledAddrs)
}

// appendNew returns a list with the values that it lacks at its end. It does not change
// the list, which another builder may have as well.
func appendNew[T comparable](all []T, more ...T) []T {
	all = slices.Clip(all)
	for _, v := range more {
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

// DefaultRoute adds the default route of IPv4 or IPv6, according to the address of
// the gateway, which must be in the network of one of the link's addresses. The
// kernel removes the route when the link is deleted or goes down.
func (b *Common[Self]) DefaultRoute(via netip.Addr) *Self {
	b.spec.routes = appendNew(b.spec.routes, inet.Route{Via: via})
	return b.call(calledDefaultRoute)
}

// Routes adds routes through the link, which must be up. The kernel removes them
// when the link is deleted or goes down.
//
// Update and Ensure replace a route of the link to the same network with the same
// metric, if its protocol is boot, static or that of the new route.
func (b *Common[Self]) Routes(routes ...inet.Route) *Self {
	b.spec.routes = appendNew(b.spec.routes, routes...)
	return b.call(calledRoutes)
}

// Neighs adds neighbours, or changes those with the same IP address. The kernel
// removes them when the link is deleted or goes down.
func (b *Common[Self]) Neighs(neighs ...inet.Neigh) *Self {
	b.spec.neighs = slices.Concat(b.spec.neighs, neighs)
	return b.call(calledNeighs)
}

// Exclusive has Update only add the builder's addresses, routes and neighbours, as `ip
// address add` does, rather than change those that exist. If the link has one of them
// already, the error matches fs.ErrExist and names it, and nothing is sent for the link. A
// route exists if there is one to the same network in the same table with the same metric,
// with any gateway and by any link. If the call fails later, the objects that it has added
// are removed again (NLM_F_EXCL).
//
// Create is always exclusive: a new link has no objects. Ensure and Diff refuse the
// setting, and so does each Only setter for such objects.
func (b *Common[Self]) Exclusive() *Self {
	b.spec.exclusive = true
	return b.me()
}

func (t *transaction) driftOfAddrs(ctx context.Context, j *job, have *Link, p *pending) (diffs []Difference, err error) {
	s := j.spec
	if len(s.addrs) == 0 && len(s.noAddrs) == 0 && !s.only(calledOnlyAddrs) {
		return nil, nil
	}
	all, err := inetnl.ReadAddrs(ctx, j.at.rt, j.index, have.Name)
	if err != nil {
		return nil, s.failed(t.op, "addr", err)
	}
	var gone []inet.Addr
	unwanted := s.unwantedAddrs()
	for i := range all {
		if unwanted(&all[i]) {
			gone = append(gone, all[i])
			diffs = append(diffs, Difference{Attr: "addr", Have: all[i].String()})
		}
	}
	for _, c := range inetnl.Addrs.Compare(s.unlabelled(have.Name), all) {
		replaced := c.Fixed && s.only(calledOnlyAddrs)
		c.Fixed = c.Fixed && !replaced
		diffs = append(diffs, differenceOf("addr", &c))
		if replaced {
			gone = append(gone, *c.Have)
		} else {
			c.Want = c.Over(inetnl.AddrOver)
		}
		p.addrs = append(p.addrs, c.Want)
	}
	if len(gone) > 0 {
		p.removeAddrs(gone, all)
	}
	return diffs, nil
}

// unlabelled returns the wanted addresses without the default label, which the kernel
// does not report.
func (s *spec) unlabelled(name string) []inet.Addr {
	wanted := slices.Clone(s.addrs)
	for i, a := range wanted {
		if a.Label == name || a.Label == s.finalName() {
			wanted[i].Label = ""
		}
	}
	return wanted
}

// driftOfRoutes finds the routes that a link lacks. A conflicting route, such as one to
// another gateway, is removed if its protocol is boot, static or that of the wanted
// route.
func (t *transaction) driftOfRoutes(ctx context.Context, j *job, have *Link, p *pending) (diffs []Difference, err error) {
	s := j.spec
	if len(s.routes) == 0 && len(s.noRoutes) == 0 && !s.only(calledOnlyRoutes) {
		return nil, nil
	}
	if up := have.Up() && s.change&^s.flags&uapi.IFF_UP == 0; len(s.routes) > 0 && !up && s.flags&s.change&uapi.IFF_UP == 0 && t.op != "diff" {
		return nil, s.invalid(t.op, "route", "only a link that is up has routes: add Up")
	}
	if i := slices.IndexFunc(s.routes, inetnl.OnlyOnLoopback); i >= 0 && have.Flags&FlagLoopback == 0 {
		return nil, s.invalid(t.op, "route", notOnLoopback(&s.routes[i]))
	}
	all, err := inetnl.ReadRoutes(ctx, j.at.rt, j.index)
	if err != nil {
		return nil, s.failed(t.op, "route", err)
	}
	changes := inetnl.Routes.Compare(s.routes, all)
	diffs = s.removeRoutes(all, changes, p)
	for _, c := range changes {
		diffs = append(diffs, differenceOf("route", &c))
		p.routes = append(p.routes, c.Want)
		if c.Have != nil {
			p.remove("route", removeRoute(*c.Have))
		}
	}
	return diffs, nil
}

func (t *transaction) driftOfNeighs(ctx context.Context, j *job, have *Link, p *pending) (diffs []Difference, err error) {
	s := j.spec
	if len(s.neighs) == 0 && len(s.noNeighs) == 0 && !s.only(calledOnlyNeighs) {
		return nil, nil
	}
	all, err := inetnl.ReadNeighs(ctx, j.at.rt, j.index, s.needsProxies())
	if err != nil {
		return nil, s.failed(t.op, "neigh", err)
	}
	diffs = s.removeNeighs(all, have, p)
	for _, c := range inetnl.Neighs.Compare(s.neighs, all) {
		diffs = append(diffs, differenceOf("neigh", &c))
		p.neighs = append(p.neighs, c.Over(inetnl.NeighOver))
	}
	return diffs, nil
}

// needsProxies reports whether the spec concerns proxy entries.
func (s *spec) needsProxies() bool {
	isProxy := func(n inet.Neigh) bool { return n.Flags&inet.NeighProxy != 0 }
	return s.only(calledOnlyNeighs) || slices.ContainsFunc(s.neighs, isProxy) || slices.ContainsFunc(s.noNeighs, isProxy)
}

// differenceOf returns the difference that a change of an address, a route or a
// neighbour resolves.
func differenceOf[T fmt.Stringer](attr string, c *inetnl.Change[T]) Difference {
	d := Difference{Attr: attr, Want: c.Want.String(), Immutable: c.Fixed}
	if c.Have != nil {
		d.Have = (*c.Have).String()
	}
	return d
}

func (t *transaction) addAddrs(j *job) {
	for i := range j.addrs {
		t.addAddr(j, j.addrs[i])
	}
}

func (t *transaction) addRoutes(j *job) {
	routes := orderRoutes(j.routes)
	for i := range routes {
		r := &routes[i]
		t.addStep(j, stepRoute, r.String(), uapi.RTM_NEWROUTE, j.routeFlags(), func(b []byte) []byte { return inetnl.AppendRoute(b, r, j.index) })
		if t.adds(j) {
			j.revocable(removeRoute(inetnl.Added(r)))
		}
	}
}

// routeFlags returns the flags of a request that adds a route. While the old link of a
// link that is recreated exists, it may have the same routes.
func (j *job) routeFlags() uint16 {
	if j.carried != nil && j.carried.aside != "" {
		return uapi.NLM_F_CREATE | uapi.NLM_F_APPEND
	}
	return uapi.NLM_F_CREATE | uapi.NLM_F_EXCL
}

// orderRoutes returns local routes, then the routes of networks on the link, and then the
// others: the kernel takes a source address only if it is local, and a gateway only on the
// link. Otherwise routes keep their order.
func orderRoutes(routes []inet.Route) []inet.Route {
	const local, onLink, behindGateway = 0, 1, 2
	rank := func(r inet.Route) int {
		switch {
		case r.Via.IsValid() && !r.OnLink:
			return behindGateway
		case r.Type == inet.RouteLocal:
			return local
		}
		return onLink
	}
	if len(routes) < 2 {
		return routes
	}
	return slices.SortedStableFunc(slices.Values(routes), func(a, b inet.Route) int { return cmp.Compare(rank(a), rank(b)) })
}

func (t *transaction) addNeighs(j *job) {
	for i := range j.neighs {
		n := &j.neighs[i]
		t.addStep(j, stepNeigh, n.String(), uapi.RTM_NEWNEIGH, t.making(j), func(b []byte) []byte { return inetnl.AppendNeigh(b, n, j.index) })
		if t.adds(j) {
			j.revocable(removeNeigh(*n))
		}
	}
}

func (t *transaction) addAddr(j *job, a inet.Addr) {
	t.addStep(j, stepAddr, a.String(), uapi.RTM_NEWADDR, t.making(j), func(b []byte) []byte { return inetnl.AppendAddr(b, &a, j.index) })
	if t.adds(j) {
		j.revocable(removeAddr(a))
	}
}

// making returns the flags of a request that adds an object. On an existing link,
// the object may already exist.
func (t *transaction) making(j *job) uint16 {
	if t.op == "create" || t.adds(j) {
		return uapi.NLM_F_CREATE | uapi.NLM_F_EXCL
	}
	return uapi.NLM_F_CREATE | uapi.NLM_F_REPLACE
}

// adds reports whether a job only adds objects: it is exclusive and acts for the first
// time.
func (t *transaction) adds(j *job) bool {
	return t.op == "update" && j.spec.exclusive && !t.disturbed
}

// revocable records the request that takes the last one back if the call fails.
func (j *job) revocable(inverse own.Request) {
	j.at.steps[len(j.at.steps)-1].inverse = &inverse
}

// refuseExisting returns an error if the link has an object that an exclusive job is to
// add.
func (t *transaction) refuseExisting(ctx context.Context, j *job) error {
	if j.at.isRemote() {
		return nil
	}
	word, err := j.existing(ctx)
	switch s := j.spec; {
	case err != nil:
		return s.failed(t.op, word, err)
	case word != "":
		return &Error{Op: t.op, Kind: s.Kind, Name: s.Name, Attr: word, Message: "the link has it already", Err: syscall.EEXIST}
	}
	return nil
}

// existing returns the words for the first address, route or neighbour of the spec that
// the link has.
func (j *job) existing(ctx context.Context) (string, error) {
	s, rt := j.spec, j.at.rt
	if word, err := firstOf("address", s.addrs, func() ([]inet.Addr, error) { return inetnl.ReadAddrs(ctx, rt, j.index, "") }, inetnl.Addrs); word != "" {
		return word, err
	}
	if word, err := firstOf("route", s.routes, func() ([]inet.Route, error) { return inetnl.ReadRoutes(ctx, rt, j.index) }, inetnl.AllRoutes); word != "" {
		return word, err
	}
	return firstOf("neigh", s.neighs, func() ([]inet.Neigh, error) { return inetnl.ReadNeighs(ctx, rt, j.index, s.needsProxies()) }, inetnl.Neighs)
}

// firstOf returns the words for the first wanted object that is there, or the sort of the
// objects with an error.
func firstOf[T any, K comparable](sort string, wanted []T, read func() ([]T, error), match inetnl.Match[T, K]) (string, error) {
	if len(wanted) == 0 {
		return "", nil
	}
	have, err := read()
	if err != nil {
		return sort, err
	}
	there := match.Index(have)
	for i := range wanted {
		if there.Find(&wanted[i]) != nil {
			return fmt.Sprintf("%s %v", sort, wanted[i]), nil
		}
	}
	return "", nil
}

// checkExclusive refuses Exclusive where objects may be there.
func (s *spec) checkExclusive(op string) error {
	const setter = "Exclusive"
	switch only := (s.called & calledOnly).first(); {
	case !s.exclusive:
		return nil
	case op == "ensure" || op == "diff":
		return s.invalid(op, setter, "it is for Update: Ensure and Diff accept objects that are there")
	case only != "":
		return s.invalid(op, setter, only+" accepts objects that are there")
	}
	return nil
}

func (t *transaction) addStep(j *job, what stepKind, text string, typ, flags uint16, body func([]byte) []byte) {
	t.addStepAt(j.at, j, what, text, typ, flags, body)
}

// addStepAt is addStep for a request that is sent in another namespace.
func (t *transaction) addStepAt(at *nsConn, j *job, what stepKind, text string, typ, flags uint16, body func([]byte) []byte) {
	at.batch.Write(typ, flags, body)
	at.steps = append(at.steps, step{job: j, what: what, text: text})
}

// checkAddrs refuses addresses that the kernel would refuse or misinterpret.
func (s *spec) checkAddrs(op string) error {
	twice := inetnl.Addrs.Index(s.addrs).Twice()
	for i := range s.addrs {
		a := &s.addrs[i]
		fault := cmp.Or(inetnl.AddrFault(a), inetnl.HostFault(a))
		switch {
		case fault != "":
		case twice == a:
			fault = fmt.Sprintf("%v is given twice", a.Prefix)
		case s.Kind != "" && a.Prefix.Addr().Is6() && a.Prefix.Addr().IsLoopback():
			fault = fmt.Sprintf("%v is for the loopback interface alone", a.Prefix)
		case a.Label != "" && !strings.HasPrefix(a.Label, s.finalName()):
			fault = fmt.Sprintf("the label %q does not begin with the name of the link, %q", a.Label, s.finalName())
		default:
			continue
		}
		return s.invalid(op, "address", fault)
	}
	return nil
}

// checkRoutes refuses routes that the kernel would refuse or misinterpret.
func (s *spec) checkRoutes(op string) error {
	twice := inetnl.Routes.Index(s.routes).Twice()
	for i := range s.routes {
		r := &s.routes[i]
		fault := inetnl.RouteFault(r)
		switch {
		case fault != "":
		case twice == r:
			fault = fmt.Sprintf("there are two routes to %s of metric %d", inetnl.Target(r), inetnl.Metric(r))
		case s.Kind != "" && inetnl.OnlyOnLoopback(s.routes[i]):
			fault = notOnLoopback(r)
		case op == "create" && s.flags&s.change&uapi.IFF_UP == 0:
			fault = "only a link that is up has routes: add Up"
		default:
			continue
		}
		return s.invalid(op, "route", fault)
	}
	return nil
}

func notOnLoopback(r *inet.Route) string {
	return fmt.Sprintf("%v: of all links, only the loopback interface has routes of type %v", r, r.Type)
}

// checkNeighs refuses neighbours that the kernel would refuse or misinterpret.
func (s *spec) checkNeighs(op string) error {
	twice := inetnl.Neighs.Index(s.neighs).Twice()
	for i := range s.neighs {
		n := &s.neighs[i]
		fault := inetnl.NeighFault(n, s.kind().addressLen())
		if fault == "" && twice == n {
			fault = fmt.Sprintf("%v is given twice", n.Addr)
		}
		if fault != "" {
			return s.invalid(op, "neigh", fault)
		}
	}
	return nil
}

// Addrs returns the IP addresses of a link in the Conn's namespace, in the kernel's
// order.
func (c *Conn) Addrs(ctx context.Context, link *Link) ([]inet.Addr, error) {
	return readLayer3(ctx, c, link, "addresses", func(rt *rtnl.Conn) ([]inet.Addr, error) {
		return inetnl.ReadAddrs(ctx, rt, link.Index, link.Name)
	})
}

// Routes returns the routes through a link in the Conn's namespace, from all routing
// tables: first of IPv4, then of IPv6. It includes the unicast routes that the kernel
// created, but not the routes of other types to each address of the link; ListRoutes
// returns these, too. Routes through several links, and those that use nexthop objects,
// are omitted.
func (c *Conn) Routes(ctx context.Context, link *Link) ([]inet.Route, error) {
	return readLayer3(ctx, c, link, "routes", func(rt *rtnl.Conn) ([]inet.Route, error) {
		all, err := inetnl.ReadRoutes(ctx, rt, link.Index)
		return slices.DeleteFunc(all, inetnl.RouteOfAddr), err
	})
}

// Neighs returns the neighbours on a link in the Conn's namespace, in the kernel's
// order, and then the proxy entries.
func (c *Conn) Neighs(ctx context.Context, link *Link) ([]inet.Neigh, error) {
	return readLayer3(ctx, c, link, "neighbours", func(rt *rtnl.Conn) ([]inet.Neigh, error) {
		return inetnl.ReadNeighs(ctx, rt, link.Index, true)
	})
}

// readLayer3 calls read if the link is in the Conn's namespace. It has to check
// this, because a Link does not contain its namespace.
func readLayer3[T any](ctx context.Context, c *Conn, link *Link, what string, read func(*rtnl.Conn) ([]T, error)) ([]T, error) {
	op := "list " + what + " of"
	if err := c.unready(ctx, op); err != nil {
		return nil, err
	}
	if link == nil {
		return nil, (&fault{"Link", "it is nil: Get returns one"}).in(op)
	}
	e := &Error{Op: op, Kind: link.Kind, Name: link.Name}
	name, err := rtnl.NameOf(c.rt, link.Index)
	if err != nil {
		return nil, kernelError(e, err)
	}
	if name != link.Name {
		e.Message, e.Err = fmt.Sprintf("the link with index %d is %s by now, or this is another namespace", link.Index, name), syscall.ENODEV
		return nil, e
	}
	all, err := read(c.rt)
	if err != nil {
		return nil, kernelError(e, err)
	}
	return all, nil
}

// Addrs returns the present IP addresses of the link. The link must be in the
// namespace of the calling thread; otherwise use Conn.Addrs. If the link does not
// exist, the error matches fs.ErrNotExist.
func (l *Link) Addrs(ctx context.Context) ([]inet.Addr, error) {
	return withConn(func(c *Conn) ([]inet.Addr, error) { return c.Addrs(ctx, l) })
}

// Routes returns the present routes through the link. The link must be in the
// namespace of the calling thread; see Conn.Routes.
func (l *Link) Routes(ctx context.Context) ([]inet.Route, error) {
	return withConn(func(c *Conn) ([]inet.Route, error) { return c.Routes(ctx, l) })
}

// Neighs returns the present neighbours on the link. The link must be in the
// namespace of the calling thread; see Conn.Neighs.
func (l *Link) Neighs(ctx context.Context) ([]inet.Neigh, error) {
	return withConn(func(c *Conn) ([]inet.Neigh, error) { return c.Neighs(ctx, l) })
}
