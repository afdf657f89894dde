package inetnl

import (
	"bytes"
	"net/netip"
	"slices"
	"time"

	"github.com/iplink-go/iplink/inet"
)

// A Match compares wanted values with the values of a link.
type Match[T any] struct {
	same  func(want, have *T) bool // have occupies the place of want: the link has room for only one of them
	holds func(want, have *T) bool // have matches want
	fixed func(want, have *T) bool // have differs in a property that the kernel does not change; may be nil
}

// The matches for addresses, routes and neighbours.
var (
	Addrs  = Match[inet.Addr]{same: sameAddr, holds: addrHolds, fixed: addrFixed}
	Routes = Match[inet.Route]{same: replaces, holds: routeHolds}
	Neighs = Match[inet.Neigh]{same: sameNeigh, holds: neighHolds}
)

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

// Has reports whether a value of the link matches one of the wanted ones.
func (m Match[T]) Has(wanted []T, have *T) bool {
	return slices.ContainsFunc(wanted, func(w T) bool { return m.holds(&w, have) })
}

// Find returns the value in the place of want, or nil if there is none.
func (m Match[T]) Find(want *T, all []T) *T {
	i := slices.IndexFunc(all, func(have T) bool { return m.same(want, &have) })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// Compare returns the changes that give a link all wanted values.
func (m Match[T]) Compare(want, have []T) (changes []Change[T]) {
	for i := range want {
		w := &want[i]
		if slices.ContainsFunc(have, func(h T) bool { return m.holds(w, &h) }) {
			continue
		}
		c := Change[T]{Want: *w, Have: m.Find(w, have)}
		c.Fixed = c.Have != nil && m.fixed != nil && m.fixed(w, c.Have)
		changes = append(changes, c)
	}
	return changes
}

func sameAddr(a, b *inet.Addr) bool {
	local, network := addrKey(a)
	otherLocal, otherNetwork := addrKey(b)
	return local == otherLocal && network == otherNetwork
}

// addrKey returns the key by which the kernel distinguishes the addresses of a link:
// for IPv6 the address alone, for IPv4 also the network.
func addrKey(a *inet.Addr) (netip.Addr, netip.Prefix) {
	if a.Prefix.Addr().Is6() {
		return a.Prefix.Addr(), netip.Prefix{}
	}
	return a.Prefix.Addr(), a.PeerPrefix().Masked()
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
	return missing == 0 && sameAddr(a, had) && !addrFixed(a, had) &&
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

// SameRoute reports whether two routes exclude each other in the kernel: they have
// the same network, table and metric.
func SameRoute(r, other *inet.Route) bool {
	return r.Is6() == other.Is6() && Target(r) == Target(other) && tableOf(r) == tableOf(other) && Metric(r) == Metric(other)
}

// FindRoute returns the route that excludes another one, or nil.
func FindRoute(r *inet.Route, all []inet.Route) *inet.Route {
	return Match[inet.Route]{same: SameRoute}.Find(r, all)
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
	return SameRoute(r, had) && typeOf(r) == typeOf(had) && r.Via == had.Via &&
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

// replaces reports whether a route of the link may be replaced by the wanted route.
// Routes of the kernel and of other programs stay.
func replaces(r, had *inet.Route) bool {
	byPerson := had.Proto == inet.RouteProtoBoot || had.Proto == inet.RouteProtoStatic || had.Proto == r.Proto
	return byPerson && SameRoute(r, had)
}

// sameNeigh reports whether two entries have the same key. The kernel has a table of
// neighbours, and another of proxy entries.
func sameNeigh(n, other *inet.Neigh) bool {
	return n.Addr == other.Addr && (n.Flags^other.Flags)&inet.NeighProxy == 0
}

// neighHolds reports whether a neighbour of the link matches the wanted one. States
// that change into one another are considered equal.
func neighHolds(n, had *inet.Neigh) bool {
	if !sameNeigh(n, had) || (n.Flags&^had.Flags).Settable() != 0 {
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
