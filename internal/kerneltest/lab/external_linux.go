package lab

import (
	"fmt"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
)

// External sends a datagram through a link that takes its parameters from a route, and
// demands them in the outer header. words are further words of the encapsulation for
// `ip route`. The right end of the tunnel is a link with parameters of its own. External
// returns the bytes behind the outer header.
func External[B interface {
	TunnelBuilder[B]
	WithExternal[B]
}](t *testing.T, k Tunnel[B], words string) []byte {
	e := NewEnds(t, k.Kind, k.To)
	ends := k.ends()
	MustCreate(t, e.Here, k.Left(TunnelName).External().Addr(k.inner(1)).Up())
	MustCreate(t, e.There, k.Right(TunnelName).Local(ends[1]).Remote(ends[0]).Addr(k.inner(2)).Up())
	e.Encapsulate(k.over6(), words)
	return e.WantsEncapsulated(k.Protocol)
}

// WantsEncapsulated demands the parameters of Encapsulate in the outer header of the next
// datagram, and returns the bytes behind it. The kernel chooses the flow label of IPv6.
func (e *Ends) WantsEncapsulated(protocol byte) []byte {
	e.t.Helper()
	got, rest := e.Through(testutil.Datagram{TTL: 33, TOS: 0x28})
	got.FlowLabel = 0
	if want := (testutil.Outer{TTL: 17, TOS: 0x14, Protocol: protocol}); got != want {
		e.t.Errorf("outer header %+v, want %+v", got, want)
	}
	return rest
}

// Encapsulate makes a route on the left to the right end inside the tunnel. It sends to the
// right end of the cable over IPv4 or IPv6, with a TTL of 17 and a TOS of 0x14.
func (e *Ends) Encapsulate(six bool, words string) {
	e.t.Helper()
	encap := "ip dst 192.0.2.2 src 192.0.2.1 ttl 17 tos 0x14"
	if six {
		encap = "ip6 dst 2001:db8::2 src 2001:db8::1 hoplimit 17 tc 0x14"
	}
	e.Left.IP(fmt.Sprintf("route add %v/%d encap %s %s dev %s", e.To, e.To.BitLen(), encap, words, TunnelName))
}
