package iplink

import (
	"net/netip"
	"strconv"

	"github.com/iplink-go/iplink/internal/attr"
)

// String returns the words that follow `ip address add`, without those for the
// link.
func (a Addr) String() string {
	return string(a.appendWords(nil))
}

func (a Addr) appendWords(b []byte) []byte {
	if a.Peer.IsValid() {
		b = a.Prefix.Addr().AppendTo(b)
		b = append(b, " peer "...)
	}
	b = a.keyPrefix().AppendTo(b)
	if a.Broadcast.IsValid() {
		b = a.Broadcast.AppendTo(append(b, " broadcast "...))
	}
	if a.Label != "" {
		b = append(append(b, " label "...), attr.Quote(a.Label)...)
	}
	if byDefault := a.Scope == ScopeGlobal && a.defaultScope() == ScopeGlobal; a.Scope != 0 && !byDefault {
		b = append(append(b, " scope "...), a.Scope.String()...)
	}
	b = appendCount(b, "metric", a.Metric)
	if a.Proto != 0 {
		b = append(append(b, " proto "...), a.Proto.String()...)
	}
	return a.appendFlagWords(a.appendLifetimeWords(b))
}

func (a Addr) appendLifetimeWords(b []byte) []byte {
	valid, preferred := a.lifetimes()
	if !a.limited() {
		return b
	}
	return appendLifetime(appendLifetime(b, "valid_lft", valid), "preferred_lft", preferred)
}

func (a Addr) appendFlagWords(b []byte) []byte {
	for i, word := range addrFlagWords {
		if a.Flags&settableInFlags&(1<<i) != 0 {
			b = append(append(b, ' '), word...)
		}
	}
	return b
}

func appendLifetime(b []byte, word string, seconds uint32) []byte {
	b = append(append(append(b, ' '), word...), ' ')
	if seconds == endless {
		return append(b, "forever"...)
	}
	return strconv.AppendUint(b, uint64(seconds), 10)
}

// appendCount appends a word and a number, unless that is 0.
func appendCount(b []byte, word string, v uint32) []byte {
	if v == 0 {
		return b
	}
	return strconv.AppendUint(append(append(append(b, ' '), word...), ' '), uint64(v), 10)
}

// keyPrefix is the prefix by which the kernel tells the addresses of a link
// apart, beside the local address: the other end's if there is one.
func (a Addr) keyPrefix() netip.Prefix {
	if a.Peer.IsValid() {
		return netip.PrefixFrom(a.Peer, a.Prefix.Bits())
	}
	return a.Prefix
}
