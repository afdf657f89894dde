package iplink

import (
	"context"
	"net/netip"
	"slices"
	"time"
)

// driftOfAddrs finds out which addresses a link lacks, or has otherwise than
// wanted.
func (t *transaction) driftOfAddrs(ctx context.Context, j *job, have *Link) ([]Difference, error) {
	j.addrs = nil
	if len(j.spec.addrs) == 0 {
		return nil, nil
	}
	all, err := readAddrs(ctx, j.at.rt, j.index, have.Name)
	if err != nil {
		return nil, j.spec.failed(t.op, "addr", err)
	}
	var diffs []Difference
	for _, want := range j.spec.addrs {
		if want.Label == have.Name || want.Label == j.spec.finalName() { // the default, which is not reported
			want.Label = ""
		}
		had := want.find(all)
		if had == nil {
			j.addrs = append(j.addrs, want)
			diffs = append(diffs, Difference{Attr: "addr", Want: want.String()})
			continue
		}
		immutable := want.clashes(had)
		if !immutable && want.holds(had) {
			continue
		}
		j.addrs = append(j.addrs, want.over(had))
		diffs = append(diffs, Difference{Attr: "addr", Have: had.String(), Want: want.String(), Immutable: immutable})
	}
	return diffs, nil
}

// key is what the kernel tells the addresses of a link apart by: for IPv6 the
// address alone, for IPv4 also the network.
func (a *Addr) key() (netip.Addr, netip.Prefix) {
	if a.Prefix.Addr().Is6() {
		return a.Prefix.Addr(), netip.Prefix{}
	}
	return a.Prefix.Addr(), a.keyPrefix().Masked()
}

// heritable reports whether a link that is made anew takes the address over,
// rather than have the kernel make it again.
func (a *Addr) heritable() bool {
	byKernel := a.Prefix.Addr().Is6() && a.Flags&(AddrSecondary|AddrStablePrivacy) != 0
	return !byKernel && !a.Prefix.Addr().IsLinkLocalUnicast() && a.Proto != AddrProtoKernelRA
}

// find returns the address of the same key, nil if there is none.
func (a *Addr) find(all []Addr) *Addr {
	local, network := a.key()
	i := slices.IndexFunc(all, func(b Addr) bool {
		otherLocal, otherNetwork := b.key()
		return local == otherLocal && network == otherNetwork
	})
	if i < 0 {
		return nil
	}
	return &all[i]
}

// clashes reports whether the address differs from the one that the link has in
// what the kernel does not change.
func (a *Addr) clashes(had *Addr) bool {
	missing := a.Flags &^ had.Flags & settableInFlags
	if a.Prefix.Addr().Is6() {
		return a.Prefix.Bits() != had.Prefix.Bits() || missing&AddrMCAutoJoin != 0
	}
	return a.Peer.IsValid() && a.Peer != had.Peer ||
		a.Broadcast.IsValid() && a.Broadcast != had.broadcast() ||
		a.Label != "" && a.Label != had.Label ||
		a.Scope != 0 && a.Scope != had.Scope ||
		missing != 0
}

// broadcast returns the broadcast address that the kernel has for one that it reports:
// 0.0.0.0 for none.
func (a *Addr) broadcast() netip.Addr {
	if !a.Broadcast.IsValid() {
		return netip.IPv4Unspecified()
	}
	return a.Broadcast
}

// holds reports whether the address that the link has is as wanted in what the
// kernel changes. AddrOptimistic passes, and is not looked at.
func (a *Addr) holds(had *Addr) bool {
	missing := a.Flags &^ had.Flags & settableInFlags &^ AddrOptimistic
	return missing == 0 &&
		(!a.Peer.IsValid() || a.Peer == had.Peer) &&
		(a.Metric == 0 || a.Metric == had.Metric) &&
		(a.Proto == 0 || a.Proto == had.Proto) &&
		a.lifetimesHold(had)
}

// lifetimesHold reports whether lifetimes are those wanted, or what is left of
// them.
func (a *Addr) lifetimesHold(had *Addr) bool {
	if !a.limited() {
		return true
	}
	valid, preferred := a.lifetimes()
	return left(had.ValidLifetime, valid) && left(had.PreferredLifetime, preferred)
}

// left reports whether had can be what is left of a lifetime.
func left(had time.Duration, of uint32) bool {
	if of == endless || had == Forever {
		return of == endless && had == Forever
	}
	return had <= time.Duration(of)*time.Second
}

// over returns the address with what the link's own has where a says nothing,
// so that a change leaves that alone.
func (a *Addr) over(had *Addr) Addr {
	all := *a
	all.Flags |= had.Flags & settableInFlags &^ AddrOptimistic
	if all.Metric == 0 {
		all.Metric = had.Metric
	}
	if all.Proto == 0 {
		all.Proto = had.Proto
	}
	if !all.Peer.IsValid() {
		all.Peer = had.Peer
	}
	if !all.limited() {
		all.ValidLifetime, all.PreferredLifetime = had.ValidLifetime, had.PreferredLifetime
		all.Flags |= had.Flags & AddrDeprecated
	}
	return all
}
