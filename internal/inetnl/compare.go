package inetnl

import (
	"bytes"
	"net/netip"
	"slices"
	"time"

	"github.com/iplink-go/iplink/inet"
)

// A Match says how values that are wanted compare with those that a link has.
type Match[T any] struct {
	same  func(want, have *T) bool // have is in the place of want: the link has room for one of them
	holds func(want, have *T) bool // have is as wanted
	fixed func(want, have *T) bool // have differs in something that the kernel does not change; may be nil
}

// The matches of the three nouns.
var (
	Addrs  = Match[inet.Addr]{same: sameAddr, holds: addrHolds, fixed: addrFixed}
	Routes = Match[inet.Route]{same: replaces, holds: routeHolds}
	Neighs = Match[inet.Neigh]{same: sameNeigh, holds: neighHolds}
)

// A Change is a value that a link lacks, or has otherwise than wanted.
type Change[T any] struct {
	Want  T
	Have  *T   // in the place of Want; nil if there is none
	Fixed bool // the kernel does not change Have to Want
}

// Find returns the value in the place of want, nil if there is none.
func (m Match[T]) Find(want *T, all []T) *T {
	i := slices.IndexFunc(all, func(have T) bool { return m.same(want, &have) })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// Compare returns the changes that make a link have all that is wanted.
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

// addrKey returns what the kernel tells the addresses of a link apart by: for IPv6
// the address alone, for IPv4 also the network.
func addrKey(a *inet.Addr) (netip.Addr, netip.Prefix) {
	if a.Prefix.Addr().Is6() {
		return a.Prefix.Addr(), netip.Prefix{}
	}
	return a.Prefix.Addr(), a.PeerPrefix().Masked()
}

// addrFixed reports whether a wanted address differs from that of the link in
// something that the kernel does not change.
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

// broadcastOf returns the broadcast address that the kernel has for one that it reports:
// 0.0.0.0 for none.
func broadcastOf(a *inet.Addr) netip.Addr {
	if !a.Broadcast.IsValid() {
		return netip.IPv4Unspecified()
	}
	return a.Broadcast
}

// addrHolds reports whether the address of the link is as wanted. AddrOptimistic
// goes by itself, and is not looked at.
func addrHolds(a, had *inet.Addr) bool {
	missing := (a.Flags &^ had.Flags).Settable() &^ inet.AddrOptimistic
	return missing == 0 && sameAddr(a, had) && !addrFixed(a, had) &&
		(!a.Peer.IsValid() || a.Peer == had.Peer) &&
		(a.Metric == 0 || a.Metric == had.Metric) &&
		(a.Proto == 0 || a.Proto == had.Proto) &&
		lifetimesHold(a, had)
}

// lifetimesHold reports whether lifetimes are those wanted, or what is left of
// them.
func lifetimesHold(a, had *inet.Addr) bool {
	valid, preferred, set := a.Lifetimes()
	return !set || left(had.ValidLifetime, valid) && left(had.PreferredLifetime, preferred)
}

// left reports whether had can be the rest of a lifetime.
func left(had, of time.Duration) bool {
	if of == inet.Forever || had == inet.Forever {
		return had == of
	}
	return had <= of
}

// AddrOver returns a wanted address with what that of the link has where nothing is
// wanted, so that a change leaves that alone.
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

// ByKernel reports whether the kernel made the address by itself, and makes it
// again on a link that is made anew.
func ByKernel(a *inet.Addr) bool {
	byKernel := a.Prefix.Addr().Is6() && a.Flags&(inet.AddrSecondary|inet.AddrStablePrivacy) != 0
	return byKernel || a.Prefix.Addr().IsLinkLocalUnicast() || a.Proto == inet.AddrProtoKernelRA
}

// SameRoute reports whether the kernel takes only one of two routes: to the same
// network, in the same table, of the same metric.
func SameRoute(r, other *inet.Route) bool {
	return r.Is6() == other.Is6() && Target(r) == Target(other) && tableOf(r) == tableOf(other) && Metric(r) == Metric(other)
}

// Target returns the network that a route leads to, in words.
func Target(r *inet.Route) string {
	if r.IsDefault() {
		return "default"
	}
	return r.Dst.String()
}

// routeHolds reports whether a route of the link is as wanted.
func routeHolds(r, had *inet.Route) bool {
	return SameRoute(r, had) && r.Via == had.Via &&
		(!r.Src.IsValid() || r.Src == had.Src) &&
		(r.Proto == 0 || r.Proto == had.Proto) &&
		(!r.OnLink || had.OnLink)
}

// replaces reports whether a route of the link makes room for the one that is
// wanted: those of the kernel and of other programs stay.
func replaces(r, had *inet.Route) bool {
	byPerson := had.Proto == inet.RouteProtoBoot || had.Proto == inet.RouteProtoStatic || had.Proto == r.Proto
	return byPerson && SameRoute(r, had)
}

func sameNeigh(n, other *inet.Neigh) bool {
	return n.Addr == other.Addr
}

// neighHolds reports whether a neighbour of the link is as wanted. States that
// pass into one another are alike.
func neighHolds(n, had *inet.Neigh) bool {
	const lasting = inet.NeighPermanent | inet.NeighNoARP
	same := neighState(n) == had.State || (neighState(n)|had.State)&lasting == 0 && had.State != inet.NeighFailed
	return same && sameNeigh(n, had) && bytes.Equal(n.LLAddr, had.LLAddr) && (!n.Router || had.Router)
}
