package iplink

import (
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
// destination, table and all other fields that are set; a zero Table is the main table,
// and a zero Route with a Via is the default route through that gateway. A missing route
// is not an error (RTM_DELROUTE).
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

// word returns the setter of the first thing to be taken away, or an empty string.
func (a *takeaway) word() string {
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
	if word := s.word(); word != "" {
		return s.invalid(op, word, "a new link has nothing to be taken away: Update and Ensure take it from a link that exists")
	}
	return s.other().refuseTakeaway(op)
}

// checkTakeaway refuses objects that no link can have, and objects that the same builder
// adds.
func (s *spec) checkTakeaway(op string) error {
	if setter, text := s.takeawayFault(); text != "" {
		return s.invalid(op, setter, text)
	}
	return nil
}

const addedToo = "%v is added by the same builder"

func (s *spec) takeawayFault() (setter, text string) {
	for _, p := range s.noAddrs {
		if fault := inetnl.PrefixFault(p); fault != "" {
			return "DelAddr", fault
		}
		if inetnl.Addrs.Find(&inet.Addr{Prefix: p}, s.addrs) != nil {
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
		if inetnl.Neighs.Find(&s.noNeighs[i], s.neighs) != nil {
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
	for _, name := range s.noAltNames {
		if slices.Contains(have.AltNames, name) {
			diffs = append(diffs, Difference{Attr: "altname", Have: name})
			p.remove("altname", removeAltName(name))
		}
	}
	return diffs, nil
}

// remove adds a request that removes an object.
func (p *pending) remove(word string, r own.Request) {
	p.removals = append(p.removals, objectRequest{word, r})
}

func (t *transaction) addRemovals(j *job) {
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

// removeAddrs also adds again the secondary addresses that the kernel removes together
// with a primary one.
func (s *spec) removeAddrs(all []inet.Addr, p *pending) (diffs []Difference) {
	unwanted := func(a inet.Addr) bool { return slices.Contains(s.noAddrs, a.Prefix) }
	for _, gone := range all {
		if !unwanted(gone) {
			continue
		}
		diffs = append(diffs, Difference{Attr: "addr", Have: gone.String()})
		p.remove("address", removeAddr(gone))
		for _, a := range all {
			if !unwanted(a) && inetnl.Loses(&gone, &a) {
				p.remove("address", restoreAddr(a))
			}
		}
	}
	return diffs
}

func removeAddr(a inet.Addr) own.Request {
	return own.Request{Text: a.String(), Type: uapi.RTM_DELADDR, Holds: []syscall.Errno{syscall.EADDRNOTAVAIL},
		Append: func(b []byte, index int) []byte { return inetnl.AppendAddrKey(b, &a, index) }}
}

func restoreAddr(a inet.Addr) own.Request {
	return own.Request{Text: a.String(), Type: uapi.RTM_NEWADDR, Flag: uapi.NLM_F_CREATE | uapi.NLM_F_REPLACE,
		Append: func(b []byte, index int) []byte { return inetnl.AppendAddr(b, &a, index) }}
}

func (s *spec) removeRoutes(all []inet.Route, p *pending) (diffs []Difference) {
	for _, r := range all {
		if slices.ContainsFunc(s.noRoutes, func(no inet.Route) bool { return inetnl.IsRoute(&no, &r) }) {
			diffs = append(diffs, Difference{Attr: "route", Have: r.String()})
			p.remove("route", removeRoute(r))
		}
	}
	return diffs
}

func removeRoute(r inet.Route) own.Request {
	return own.Request{Text: r.String(), Type: uapi.RTM_DELROUTE, Holds: []syscall.Errno{syscall.ESRCH},
		Append: func(b []byte, index int) []byte { return inetnl.AppendRouteKey(b, &r, index) }}
}

func (s *spec) removeNeighs(all []inet.Neigh, p *pending) (diffs []Difference) {
	for _, n := range all {
		if inetnl.NeighExists(&n) && inetnl.Neighs.Find(&n, s.noNeighs) != nil {
			diffs = append(diffs, Difference{Attr: "neigh", Have: n.String()})
			p.remove("neigh", own.Request{Text: n.Addr.String(), Type: uapi.RTM_DELNEIGH, Holds: []syscall.Errno{syscall.ENOENT},
				Append: func(b []byte, index int) []byte { return inetnl.AppendNeighKey(b, &n, index) }})
		}
	}
	return diffs
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
}
