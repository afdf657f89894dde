package inetnl

import (
	"bytes"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink/inet"
)

// A Match compares wanted values with the values of a link. K is the type of keys: a link
// has room for only one value of each.
type Match[T any, K comparable] struct {
	key    func(*T) K
	yields func(want, have *T) bool // have, of the same key, may be replaced; nil if it always may
	holds  func(want, have *T) bool // have, of the same key, matches want
	fixed  func(want, have *T) bool // have differs in a property that the kernel does not change; may be nil
}

// The matches for addresses, routes and neighbours. Routes keeps the routes that the kernel
// and other programs made, AllRoutes does not.
var (
	Addrs     = Match[inet.Addr, keyOfAddr]{key: addrKey, holds: addrHolds, fixed: addrFixed}
	Routes    = Match[inet.Route, keyOfRoute]{key: routeKey, yields: byPerson, holds: routeHolds}
	AllRoutes = Match[inet.Route, keyOfRoute]{key: routeKey, holds: routeHolds}
	Neighs    = Match[inet.Neigh, keyOfNeigh]{key: neighKey, holds: neighHolds}
)

// An Index finds values of a list, which must not change.
type Index[T any, K comparable] struct {
	match  Match[T, K]
	all    []T
	places map[K][]int // by key; nil for a short list
}

// Index returns the Index of a list.
func (m Match[T, K]) Index(all []T) Index[T, K] {
	const short = 16
	x := Index[T, K]{match: m, all: all}
	if len(all) <= short {
		return x
	}
	x.places = make(map[K][]int, len(all))
	for i := range all {
		key := m.key(&all[i])
		x.places[key] = append(x.places[key], i)
	}
	return x
}

// first returns the first value with the key of v that is reports true for, or nil.
func (x Index[T, K]) first(v *T, is func(*T) bool) *T {
	key := x.match.key(v)
	if x.places == nil {
		for i := range x.all {
			if x.match.key(&x.all[i]) == key && is(&x.all[i]) {
				return &x.all[i]
			}
		}
	}
	for _, i := range x.places[key] {
		if is(&x.all[i]) {
			return &x.all[i]
		}
	}
	return nil
}

// Find returns the value in the place of want, or nil if that is free.
func (x Index[T, K]) Find(want *T) *T {
	return x.first(want, func(have *T) bool { return x.match.yields == nil || x.match.yields(want, have) })
}

// Has reports whether a value of the link matches one of the list, which are wanted.
func (x Index[T, K]) Has(have *T) bool {
	return x.first(have, func(want *T) bool { return x.match.holds(want, have) }) != nil
}

// Twice returns the first value whose key an earlier one has, or nil.
func (x Index[T, K]) Twice() *T {
	for i := range x.all {
		v := &x.all[i]
		if x.first(v, func(*T) bool { return true }) != v {
			return v
		}
	}
	return nil
}

// A Change is a wanted value that a link lacks or that differs on the link.
type Change[T any] struct {
	Want  T
	Have  *T   // the value in the place of Want; nil if there is none
	Fixed bool // the kernel cannot change Have to Want
}

// Over returns the wanted value, completed from the value in its place if there is one.
func (c *Change[T]) Over(over func(want, have *T) T) T {
	if c.Have == nil {
		return c.Want
	}
	return over(&c.Want, c.Have)
}

// Compare returns the changes that give a link all wanted values.
func (m Match[T, K]) Compare(want, have []T) (changes []Change[T]) {
	there := m.Index(have)
	for i := range want {
		w := &want[i]
		if there.first(w, func(h *T) bool { return m.holds(w, h) }) != nil {
			continue
		}
		c := Change[T]{Want: *w, Have: there.Find(w)}
		c.Fixed = c.Have != nil && m.fixed != nil && m.fixed(w, c.Have)
		changes = append(changes, c)
	}
	return changes
}

// keyOfAddr distinguishes the addresses of a link, as the kernel does: for IPv6
// the address alone, for IPv4 also the network.
type keyOfAddr struct {
	local   netip.Addr
	network netip.Prefix
}

func addrKey(a *inet.Addr) keyOfAddr {
	if a.Prefix.Addr().Is6() {
		return keyOfAddr{local: a.Prefix.Addr()}
	}
	return keyOfAddr{a.Prefix.Addr(), a.PeerPrefix().Masked()}
}

// addrFixed reports whether a wanted address differs from the link's in a property
// that the kernel does not change.
func addrFixed(a, had *inet.Addr) bool {
	missing := (a.Flags &^ had.Flags).Settable()
	if a.Prefix.Addr().Is6() {
		return a.Prefix.Bits() != had.Prefix.Bits() || missing&inet.AddrMCAutoJoin != 0
	}
	return a.Peer.IsValid() && a.Peer != had.Peer ||
		a.Broadcast.IsValid() && a.Broadcast != broadcastOf(had) ||
		a.Label != "" && a.Label != had.Label ||
		a.Scope != 0 && a.Scope != had.Scope ||
		missing != 0
}

// broadcastOf returns the kernel's broadcast address for a reported address, or
// 0.0.0.0 if it has none.
func broadcastOf(a *inet.Addr) netip.Addr {
	if !a.Broadcast.IsValid() {
		return netip.IPv4Unspecified()
	}
	return a.Broadcast
}

// addrHolds reports whether the address of the link matches the wanted one. It
// ignores AddrOptimistic, which the kernel clears by itself.
func addrHolds(a, had *inet.Addr) bool {
	missing := (a.Flags &^ had.Flags).Settable() &^ inet.AddrOptimistic
	return missing == 0 && addrKey(a) == addrKey(had) && !addrFixed(a, had) &&
		(!a.Peer.IsValid() || a.Peer == had.Peer) &&
		(a.Metric == 0 || a.Metric == had.Metric) &&
		(a.Proto == 0 || a.Proto == had.Proto) &&
		lifetimesHold(a, had)
}

// lifetimesHold reports whether the lifetimes equal the wanted ones or can be their
// remainder.
func lifetimesHold(a, had *inet.Addr) bool {
	valid, preferred, set := a.Lifetimes()
	return !set || left(had.ValidLifetime, valid) && left(had.PreferredLifetime, preferred)
}

// left reports whether had can be the remainder of a lifetime.
func left(had, of time.Duration) bool {
	if of == inet.Forever || had == inet.Forever {
		return had == of
	}
	return had <= of
}

// AddrOver returns the wanted address with unset fields taken from the link's
// address, so that a change does not alter them.
func AddrOver(a, had *inet.Addr) inet.Addr {
	all := *a
	all.Flags |= had.Flags.Settable() &^ inet.AddrOptimistic
	if all.Metric == 0 {
		all.Metric = had.Metric
	}
	if all.Proto == 0 {
		all.Proto = had.Proto
	}
	if !all.Peer.IsValid() {
		all.Peer = had.Peer
	}
	if _, _, set := all.Lifetimes(); !set {
		all.ValidLifetime, all.PreferredLifetime = had.ValidLifetime, had.PreferredLifetime
		all.Flags |= had.Flags & inet.AddrDeprecated
	}
	return all
}

// ByKernel reports whether the kernel created the address by itself, and will create
// it again when the link is recreated. It counts each IPv6 link-local address.
func ByKernel(a *inet.Addr) bool {
	switch a.Proto {
	case inet.AddrProtoKernelLO, inet.AddrProtoKernelRA, inet.AddrProtoKernelLL:
		return true
	}
	return a.Prefix.Addr().Is6() &&
		(a.Prefix.Addr().IsLinkLocalUnicast() || a.Flags&(inet.AddrSecondary|inet.AddrStablePrivacy) != 0)
}

// keyOfRoute distinguishes routes, as the kernel does: two of the same network,
// table and metric exclude each other.
type keyOfRoute struct {
	is6           bool
	target        string
	table, metric uint32
}

func routeKey(r *inet.Route) keyOfRoute {
	return keyOfRoute{r.Is6(), Target(r), tableOf(r), Metric(r)}
}

// Target returns the destination network of a route as text.
func Target(r *inet.Route) string {
	if r.IsDefault() {
		return "default"
	}
	return r.Dst.String()
}

// routeHolds reports whether a route of the link matches the wanted one.
func routeHolds(r, had *inet.Route) bool {
	return routeKey(r) == routeKey(had) && typeOf(r) == typeOf(had) && r.Via == had.Via &&
		(r.Proto == 0 || r.Proto == had.Proto) && hasSettings(r, had)
}

// hasSettings reports whether a route of the link has the scope, source, flag and metrics
// that are set for another one.
func hasSettings(r, had *inet.Route) bool {
	return (r.Scope == 0 || r.Is6() || r.Scope == had.Scope) &&
		(!r.Src.IsValid() || r.Src == had.Src) &&
		(!r.OnLink || had.OnLink) &&
		(r.MTU == 0 || r.MTU == had.MTU) &&
		(!r.MTULock || had.MTULock) &&
		(r.AdvMSS == 0 || r.AdvMSS == had.AdvMSS)
}

// byPerson reports whether a person, or the program that wants a route, made another one.
func byPerson(r, had *inet.Route) bool {
	return had.Proto == inet.RouteProtoBoot || had.Proto == inet.RouteProtoStatic || had.Proto == r.Proto
}

// keyOfNeigh is the key of an entry. The kernel has a table of neighbours, and another of
// proxy entries.
type keyOfNeigh struct {
	addr  netip.Addr
	proxy bool
}

func neighKey(n *inet.Neigh) keyOfNeigh {
	return keyOfNeigh{n.Addr, n.Flags&inet.NeighProxy != 0}
}

// neighHolds reports whether a neighbour of the link matches the wanted one. States
// that change into one another are considered equal.
func neighHolds(n, had *inet.Neigh) bool {
	if neighKey(n) != neighKey(had) || (n.Flags&^had.Flags).Settable() != 0 {
		return false
	}
	if n.Flags&(inet.NeighManaged|inet.NeighProxy) != 0 {
		return true
	}
	const lasting = inet.NeighPermanent | inet.NeighNoARP
	same := neighState(n) == had.State || (neighState(n)|had.State)&lasting == 0 && had.State != inet.NeighFailed
	return same && bytes.Equal(n.LLAddr, had.LLAddr) && had.Flags&inet.NeighManaged == 0
}

// NeighOver returns the wanted neighbour with the flags of the link's neighbour, so that
// a change does not clear them.
func NeighOver(n, had *inet.Neigh) inet.Neigh {
	all := *n
	all.Flags |= had.Flags & (inet.NeighExtLearned | inet.NeighRouter)
	return all
}
