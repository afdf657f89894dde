package inet

import (
	"cmp"
	"net/netip"
	"strconv"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
)

// String returns the arguments that follow `ip address add`, without the link.
func (a Addr) String() string {
	return string(a.appendWords(make([]byte, 0, 64)))
}

func (a Addr) appendWords(b []byte) []byte {
	if a.Peer.IsValid() {
		b = a.Prefix.Addr().AppendTo(b)
		b = append(b, " peer "...)
	}
	b = a.PeerPrefix().AppendTo(b)
	if a.Broadcast.IsValid() {
		b = a.Broadcast.AppendTo(append(b, " broadcast "...))
	}
	if a.Label != "" {
		b = append(append(b, " label "...), attr.Quote(a.Label)...)
	}
	if byDefault := a.Scope == ScopeGlobal && a.DefaultScope() == ScopeGlobal; a.Scope != 0 && !byDefault {
		b = append(append(b, " scope "...), a.Scope.String()...)
	}
	b = appendCount(b, "metric", a.Metric)
	if a.Proto != 0 {
		b = append(append(b, " proto "...), a.Proto.String()...)
	}
	return a.appendFlagWords(a.appendLifetimeWords(b))
}

func (a Addr) appendLifetimeWords(b []byte) []byte {
	valid, preferred, set := a.Lifetimes()
	if !set {
		return b
	}
	return appendLifetime(appendLifetime(b, "valid_lft", valid), "preferred_lft", preferred)
}

func (a Addr) appendFlagWords(b []byte) []byte {
	for i, word := range addrFlagWords {
		if a.Flags.Settable()&(1<<i) != 0 {
			b = append(append(b, ' '), word...)
		}
	}
	return b
}

func appendLifetime(b []byte, word string, d time.Duration) []byte {
	b = append(append(append(b, ' '), word...), ' ')
	if d == Forever {
		return append(b, "forever"...)
	}
	return strconv.AppendInt(b, int64(d/time.Second), 10)
}

// appendCount appends a word and a number, unless the number is 0.
func appendCount(b []byte, word string, v uint32) []byte {
	if v == 0 {
		return b
	}
	return strconv.AppendUint(append(append(append(b, ' '), word...), ' '), uint64(v), 10)
}

// PeerPrefix returns the address of the other end with the prefix length of its
// network, or Prefix if there is no other end (IFA_ADDRESS).
func (a Addr) PeerPrefix() netip.Prefix {
	if a.Peer.IsValid() {
		return netip.PrefixFrom(a.Peer, a.Prefix.Bits())
	}
	return a.Prefix
}

// Lifetimes returns the valid and preferred lifetimes, with the defaults in place of
// zero fields. Set reports whether a lifetime or AddrDeprecated is set.
func (a Addr) Lifetimes() (valid, preferred time.Duration, set bool) {
	valid, preferred = cmp.Or(a.ValidLifetime, Forever), a.PreferredLifetime
	deprecated := a.Flags&AddrDeprecated != 0
	if preferred == 0 && !deprecated {
		preferred = valid
	}
	return valid, preferred, a.ValidLifetime != 0 || a.PreferredLifetime != 0 || deprecated
}

// DefaultScope returns the scope of the address if none is set, like `ip address
// add`. An IPv6 address determines its own scope.
func (a Addr) DefaultScope() Scope {
	switch local := a.Prefix.Addr(); {
	case local.Is6():
		return scope6(local)
	case local.IsLoopback():
		return ScopeHost
	}
	return ScopeGlobal
}

// scope6 returns the scope of an IPv6 address.
func scope6(ip netip.Addr) Scope {
	siteLocal := netip.PrefixFrom(netip.AddrFrom16([16]byte{0xfe, 0xc0}), 10)
	const siteGroup = 5 // the scope of a multicast group, in the low bits of its second byte
	switch {
	case ip.IsLoopback() || ip.IsInterfaceLocalMulticast():
		return ScopeHost
	case ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast():
		return ScopeLink
	case siteLocal.Contains(ip), ip.IsMulticast() && ip.As16()[1]&0xf == siteGroup:
		return ScopeSite
	}
	return ScopeGlobal
}
