package iplink

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// takeaway holds the objects that a link is not to have.
type takeaway struct {
	noAddrs    []netip.Prefix
	noRoutes   []inet.Route
	noNeighs   []inet.Neigh
	noAltNames []string
	called     setters
}

// setters are the setters that were called for addresses, routes, neighbours and
// alternative names.
type setters uint16

const (
	calledAddr setters = 1 << iota
	calledAddrs
	calledOnlyAddrs
	calledDefaultRoute
	calledRoutes
	calledOnlyRoutes
	calledNeighs
	calledOnlyNeighs
	calledAltName
	calledOnlyAltNames

	calledOnly = calledOnlyAddrs | calledOnlyRoutes | calledOnlyNeighs | calledOnlyAltNames
)

var setterNames = []string{"Addr", "Addrs", "OnlyAddrs", "DefaultRoute", "Routes", "OnlyRoutes", "Neighs", "OnlyNeighs", "AltName", "OnlyAltNames"}

// first returns the name of the first setter, or an empty string.
func (c setters) first() string {
	return attr.BitWords(uint32(c&-c), setterNames, "")
}

// only reports whether a setter was called.
func (a *takeaway) only(c setters) bool {
	return a.called&c != 0
}

// OnlyAddrs gives the link exactly these IP addresses, none if there are no arguments:
// Update and Ensure add those that it lacks and remove all others. They leave alone the
// addresses that the kernel makes by itself: IPv6 link-local ones, and those from router
// advertisements. An address that differs in a property that the kernel does not change
// is removed and added again.
//
// New addresses come before old ones go, so that the link keeps its routes where the
// kernel permits: it removes them with the last IPv4 address, and with a primary address
// its secondary ones, which are added again. Calls add up. The same builder cannot have
// Addr, Addrs or DelAddr.
func (b *Common[Self]) OnlyAddrs(addrs ...inet.Addr) *Self {
	b.spec.addrs = appendNew(b.spec.addrs, addrs...)
	return b.call(calledOnlyAddrs)
}

// OnlyRoutes gives the link exactly these routes, none if there are no arguments: Update
// and Ensure add those that it lacks and remove all others, in all tables. They leave
// alone the routes that the kernel makes by itself, with the protocols kernel, ra and
// redirect, such as the local ones for its addresses in table 255, and routes through
// several links or through nexthop objects. Calls add up. The same builder cannot have
// Routes, DefaultRoute or DelRoute.
func (b *Common[Self]) OnlyRoutes(routes ...inet.Route) *Self {
	b.spec.routes = appendNew(b.spec.routes, routes...)
	return b.call(calledOnlyRoutes)
}

// OnlyNeighs gives the link exactly these neighbours and proxy entries, none if there are
// no arguments: Update and Ensure add those that it lacks and remove all others that a
// program has made. These are proxy entries and the neighbours that are permanent,
// managed, learned by another program, or without address resolution (NeighNoARP). They
// leave alone the neighbours that the kernel finds by itself. Calls add up. The same
// builder cannot have Neighs or DelNeigh.
func (b *Common[Self]) OnlyNeighs(neighs ...inet.Neigh) *Self {
	b.spec.neighs = slices.Concat(b.spec.neighs, neighs)
	return b.call(calledOnlyNeighs)
}

// OnlyAltNames gives the link exactly these alternative names, none if there are no
// arguments: Update and Ensure add those that it lacks and remove all others, except the
// name that the builder finds the link by. Calls add up. The same builder cannot have
// AltName or DelAltName.
func (b *Common[Self]) OnlyAltNames(names ...string) *Self {
	b.spec.altNames = appendNew(b.spec.altNames, names...)
	return b.call(calledOnlyAltNames)
}

// call records that a setter was called.
func (b *Common[Self]) call(c setters) *Self {
	b.spec.called |= c
	return b.me()
}

// DelAddr takes IP addresses away, given as in Addr with their prefix lengths, with or
// without a peer. A missing address is not an error. If the kernel removes secondary
// IPv4 addresses together with the primary one, they are added again, unless they are
// taken away as well. If for a moment no IPv4 address is left, the kernel removes all
// IPv4 routes and neighbours of the link (RTM_DELADDR).
//
// Update and Ensure take objects away. Create refuses to: a new link has nothing that a
// builder did not ask for.
func (b *Common[Self]) DelAddr(addrs ...netip.Prefix) *Self {
	b.spec.noAddrs = slices.Concat(b.spec.noAddrs, addrs)
	return b.me()
}

// DelRoute takes routes through the link away. A route fits if it has the same
// destination, table and all other fields that are set; a zero Table is the default one,
// and a zero Route with a Via is the default route through that gateway. A zero Type fits
// any but a route that the kernel made for an address. A missing route is not an error
// (RTM_DELROUTE).
func (b *Common[Self]) DelRoute(routes ...inet.Route) *Self {
	b.spec.noRoutes = slices.Concat(b.spec.noRoutes, routes)
	return b.me()
}

// DelNeigh takes neighbours away, or the proxy entries of those with NeighProxy. Besides
// this flag, only their Addr is compared. A missing neighbour is not an error
// (RTM_DELNEIGH).
func (b *Common[Self]) DelNeigh(neighs ...inet.Neigh) *Self {
	b.spec.noNeighs = slices.Concat(b.spec.noNeighs, neighs)
	return b.me()
}

// DelAltName takes alternative names away. A missing name is not an error. The
// name that the builder finds the link by cannot be taken away (RTM_DELLINKPROP,
// IFLA_ALT_IFNAME).
func (b *Common[Self]) DelAltName(names ...string) *Self {
	b.spec.noAltNames = slices.Concat(b.spec.noAltNames, names)
	return b.me()
}

// word returns the first setter that may take objects from a link, or an empty string.
func (a *takeaway) word() string {
	return cmp.Or(a.del(), (a.called & calledOnly).first())
}

// del returns the setter of the first thing to be taken away, or an empty string.
func (a *takeaway) del() string {
	switch {
	case len(a.noAddrs) > 0:
		return "DelAddr"
	case len(a.noRoutes) > 0:
		return "DelRoute"
	case len(a.noNeighs) > 0:
		return "DelNeigh"
	case len(a.noAltNames) > 0:
		return "DelAltName"
	}
	return ""
}

// refuseTakeaway rejects a new link from which something is to be taken away.
func (s *spec) refuseTakeaway(op string) error {
	if s == nil {
		return nil
	}
	if word := s.del(); word != "" {
		return s.invalid(op, word, "a new link has nothing to be taken away: Update and Ensure take it from a link that exists")
	}
	return s.other().refuseTakeaway(op)
}

// checkTakeaway refuses objects that no link can have, and objects that the same builder
// adds.
func (s *spec) checkTakeaway(op string) error {
	if setter, text := s.onlyFault(); text != "" {
		return s.invalid(op, setter, text)
	}
	if setter, text := s.takeawayFault(); text != "" {
		return s.invalid(op, setter, text)
	}
	return nil
}

// onlyFault refuses setters beside the one that says that there are no other objects.
func (a *takeaway) onlyFault() (setter, text string) {
	if a.called&calledOnly == 0 {
		return "", ""
	}
	for _, sort := range []struct {
		only, adding setters
		taken        int
		taking       string
	}{
		{calledOnlyAddrs, calledAddr | calledAddrs, len(a.noAddrs), "DelAddr"},
		{calledOnlyRoutes, calledDefaultRoute | calledRoutes, len(a.noRoutes), "DelRoute"},
		{calledOnlyNeighs, calledNeighs, len(a.noNeighs), "DelNeigh"},
		{calledOnlyAltNames, calledAltName, len(a.noAltNames), "DelAltName"},
	} {
		only := (a.called & sort.only).first()
		switch adding := (a.called & sort.adding).first(); {
		case only == "":
		case adding != "":
			return only, fmt.Sprintf("%s adds to those that the link has, %s leaves no others: give all to %s", adding, only, only)
		case sort.taken > 0:
			return only, fmt.Sprintf("%s is called as well, but %s takes all others away anyway: leave one of them out", sort.taking, only)
		}
	}
	return "", ""
}

const addedToo = "%v is added by the same builder"

func (s *spec) takeawayFault() (setter, text string) {
	addrs, neighs := inetnl.Addrs.Index(s.addrs), inetnl.Neighs.Index(s.neighs)
	for _, p := range s.noAddrs {
		if fault := inetnl.PrefixFault(p); fault != "" {
			return "DelAddr", fault
		}
		if addrs.Find(&inet.Addr{Prefix: p}) != nil {
			return "DelAddr", fmt.Sprintf(addedToo, p)
		}
	}
	for i := range s.noRoutes {
		if fault := inetnl.RouteFault(&s.noRoutes[i]); fault != "" {
			return "DelRoute", fault
		}
		if slices.ContainsFunc(s.routes, func(r inet.Route) bool { return inetnl.IsRoute(&s.noRoutes[i], &r) }) {
			return "DelRoute", fmt.Sprintf(addedToo, &s.noRoutes[i])
		}
	}
	for i := range s.noNeighs {
		if fault := inetnl.NeighKeyFault(s.noNeighs[i].Addr); fault != "" {
			return "DelNeigh", fault
		}
		if neighs.Find(&s.noNeighs[i]) != nil {
			return "DelNeigh", fmt.Sprintf(addedToo, s.noNeighs[i].Addr)
		}
	}
	return s.altNameFault()
}

func (s *spec) altNameFault() (setter, text string) {
	for _, name := range s.noAltNames {
		fault := nameFault("altname", name, uapi.ALTIFNAMSIZ-1)
		switch {
		case fault != nil:
			return "DelAltName", fault.Text
		case slices.Contains(s.altNames, name):
			return "DelAltName", fmt.Sprintf(addedToo, name)
		case name == s.Name || name == s.newName:
			return "DelAltName", fmt.Sprintf("%q is the name by which the builder finds the link: give its other name", name)
		}
	}
	return "", ""
}

// driftOfTakeaway finds the alternative names that a link has and is not to have. The
// facets of addresses, routes and neighbours find those: each sort is read once.
func (t *transaction) driftOfTakeaway(_ context.Context, j *job, have *Link, p *pending) (diffs []Difference, err error) {
	s := j.spec
	if word := s.word(); word != "" && j.at.isRemote() {
		return nil, s.onlyInside(t.op, word)
	}
	for _, name := range have.AltNames {
		if s.unwantedName(name) {
			diffs = append(diffs, Difference{Attr: "altname", Have: name})
			p.remove("altname", removeAltName(name))
		}
	}
	return diffs, nil
}

// unwantedName reports whether the link is not to have an alternative name.
func (s *spec) unwantedName(name string) bool {
	if s.only(calledOnlyAltNames) {
		return name != s.Name && name != s.newName && !slices.Contains(s.altNames, name)
	}
	return slices.Contains(s.noAltNames, name)
}

// remove adds a request that removes an object.
func (p *pending) remove(word string, r own.Request) {
	p.removals = append(p.removals, objectRequest{word, r})
}

func (t *transaction) addRemovals(j *job) {
	for _, a := range j.early {
		t.addAddr(j, a)
	}
	t.addRequests(j, j.removals)
}

func removeAltName(name string) own.Request {
	return own.Request{Text: name, Type: uapi.RTM_DELLINKPROP, Holds: []syscall.Errno{syscall.ENOENT}, Append: func(b []byte, index int) []byte {
		return appendAltName(b, index, name)
	}}
}

// appendAltName appends the message that names an alternative name of a link.
func appendAltName(b []byte, index int, name string) []byte {
	b = wire.AppendLink(b, wire.Link{Index: int32(index)})
	b, at := wire.Begin(b, uapi.IFLA_PROP_LIST|uapi.NLA_F_NESTED)
	return wire.End(wire.AppendString(b, uapi.IFLA_ALT_IFNAME, name), at)
}

// unwantedAddrs returns a function that reports whether the link is not to have an address.
func (s *spec) unwantedAddrs() func(*inet.Addr) bool {
	if s.only(calledOnlyAddrs) {
		wanted := inetnl.Addrs.Index(s.addrs)
		return func(a *inet.Addr) bool { return wanted.Find(a) == nil && !inetnl.ByKernel(a) }
	}
	return func(a *inet.Addr) bool { return slices.Contains(s.noAddrs, a.Prefix) }
}

// removeAddrs removes addresses. Of the new ones, those that do not depend on a removal
// come first, so that the link does not lose its last address. The kernel removes
// secondary addresses with their primary one, and they are added again.
func (p *pending) removeAddrs(gone, all []inet.Addr) {
	var late []inet.Addr
	present := inetnl.NewPresent(all)
	for _, a := range p.addrs {
		if present.Excludes(&a) {
			late = append(late, a)
			continue
		}
		p.early = append(p.early, a)
		a.Flags |= inet.AddrSecondary // as far as it is in the network of another address
		present.Add(&a)
	}
	type ends struct {
		prefix netip.Prefix
		peer   netip.Addr
	}
	isGone := map[ends]bool{}
	for _, a := range gone {
		isGone[ends{a.Prefix, a.Peer}] = true
	}
	for i := range gone {
		p.remove("address", removeAddr(gone[i]))
		for _, a := range present.LostWith(&gone[i]) {
			if !isGone[ends{a.Prefix, a.Peer}] {
				p.remove("address", restoreAddr(a))
			}
		}
	}
	p.addrs = late
}

func removeAddr(a inet.Addr) own.Request {
	return own.Request{Text: a.String(), Type: uapi.RTM_DELADDR, Holds: []syscall.Errno{syscall.EADDRNOTAVAIL},
		Append: func(b []byte, index int) []byte { return inetnl.AppendAddrKey(b, &a, index) }}
}

func restoreAddr(a inet.Addr) own.Request {
	return own.Request{Text: a.String(), Type: uapi.RTM_NEWADDR, Flag: uapi.NLM_F_CREATE | uapi.NLM_F_REPLACE,
		Append: func(b []byte, index int) []byte { return inetnl.AppendAddr(b, &a, index) }}
}

// removeRoutes removes unwanted routes. The changes replace others.
func (s *spec) removeRoutes(all []inet.Route, changes []inetnl.Change[inet.Route], p *pending) (diffs []Difference) {
	unwanted := s.unwantedRoutes(changes)
	for i := range all {
		if r := &all[i]; unwanted(r) {
			diffs = append(diffs, Difference{Attr: "route", Have: r.String()})
			p.remove("route", removeRoute(*r))
		}
	}
	return diffs
}

// unwantedRoutes returns a function that reports whether the link is not to have a route.
func (s *spec) unwantedRoutes(changes []inetnl.Change[inet.Route]) func(*inet.Route) bool {
	if !s.only(calledOnlyRoutes) {
		return func(r *inet.Route) bool {
			return slices.ContainsFunc(s.noRoutes, func(no inet.Route) bool { return inetnl.IsRoute(&no, r) })
		}
	}
	wanted, replaced := inetnl.Routes.Index(s.routes), map[*inet.Route]bool{}
	for _, c := range changes {
		replaced[c.Have] = true
	}
	return func(r *inet.Route) bool { return !inetnl.RouteByKernel(r) && !wanted.Has(r) && !replaced[r] }
}

func removeRoute(r inet.Route) own.Request {
	return own.Request{Text: r.String(), Type: uapi.RTM_DELROUTE, Holds: []syscall.Errno{syscall.ESRCH},
		Append: func(b []byte, index int) []byte { return inetnl.AppendRouteKey(b, &r, index) }}
}

func (s *spec) removeNeighs(all []inet.Neigh, link *Link, p *pending) (diffs []Difference) {
	unwanted := s.unwantedNeighs(link)
	for _, n := range all {
		if unwanted(&n) {
			diffs = append(diffs, Difference{Attr: "neigh", Have: n.String()})
			p.remove("neigh", removeNeigh(n))
		}
	}
	return diffs
}

func removeNeigh(n inet.Neigh) own.Request {
	return own.Request{Text: n.Addr.String(), Type: uapi.RTM_DELNEIGH, Holds: []syscall.Errno{syscall.ENOENT},
		Append: func(b []byte, index int) []byte { return inetnl.AppendNeighKey(b, &n, index) }}
}

// unwantedNeighs returns a function that reports whether the link is not to have a neighbour.
func (s *spec) unwantedNeighs(link *Link) func(*inet.Neigh) bool {
	if s.only(calledOnlyNeighs) {
		wanted := inetnl.Neighs.Index(s.neighs)
		return func(n *inet.Neigh) bool {
			return wanted.Find(n) == nil && inetnl.NeighByProgram(n, link.Address, link.Broadcast)
		}
	}
	removed := inetnl.Neighs.Index(s.noNeighs)
	return func(n *inet.Neigh) bool { return inetnl.NeighExists(n) && removed.Find(n) != nil }
}

// takeAway writes the commands that remove objects.
func (w *commandWriter) takeAway(s *spec) {
	dev := s.dev(s.finalName())
	remove := func(words ...string) {
		w.begin(s.home(), words...)
		w.end()
	}
	for _, name := range s.noAltNames {
		remove("link", "property", "del", "dev", dev, "altname", attr.Quote(name))
	}
	for i := range s.noRoutes {
		remove("route", "del", s.noRoutes[i].String(), "dev", dev)
	}
	for _, n := range s.noNeighs {
		remove("neigh", "del", (inet.Neigh{Addr: n.Addr, Flags: n.Flags & inet.NeighProxy}).String(), "dev", dev)
	}
	for _, p := range s.noAddrs {
		remove("address", "del", p.String(), "dev", dev)
	}
	w.flush(s, remove)
}

// flush writes the commands that remove all objects of a sort, before the wanted ones are
// added. `ip` cannot leave out exactly the objects of the kernel.
func (w *commandWriter) flush(s *spec, remove func(words ...string)) {
	dev := s.dev(s.finalName())
	if s.only(calledOnlyAltNames) {
		w.absent = append(w.absent, "no other alternative names")
	}
	if s.only(calledOnlyRoutes) {
		for _, family := range []string{"-4", "-6"} {
			for _, proto := range []string{"boot", "static"} {
				remove(family, "route", "flush", "dev", dev, "proto", proto, "table", "all")
			}
		}
		w.absent = append(w.absent, "no routes of other protocols, except the kernel's")
	}
	if s.only(calledOnlyNeighs) {
		remove("neigh", "flush", "dev", dev, "nud", "permanent", "nud", "noarp")
		remove("neigh", "flush", "proxy", "dev", dev)
		w.absent = append(w.absent, "no managed neighbours")
	}
	if s.only(calledOnlyAddrs) {
		remove("-4", "address", "flush", "dev", dev)
		remove("-6", "address", "flush", "dev", dev, "scope", "global", "permanent")
	}
}
