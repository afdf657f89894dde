package kerneltest_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/erspan"
	"github.com/iplink-go/iplink/gre"
	"github.com/iplink-go/iplink/gretap"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/ip6gre"
	"github.com/iplink-go/iplink/ip6tnl"
	"github.com/iplink-go/iplink/ipip"
	"github.com/iplink-go/iplink/sit"
	"github.com/iplink-go/iplink/vti"
	"github.com/iplink-go/iplink/vti6"
)

// A tunnel4 is a builder with the settings that the tunnels over IPv4 share.
type tunnel4[B any] interface {
	iplink.Spec
	Local(netip.Addr) B
	Remote(netip.Addr) B
	FwMark(uint32) B
	TTL(uint8) B
	TOS(uint8) B
}

// A tunnel6 is the same for tunnels over IPv6.
type tunnel6[B any] interface {
	iplink.Spec
	Local(netip.Addr) B
	Remote(netip.Addr) B
	FwMark(uint32) B
	HopLimit(uint8) B
	EncapLimit(uint8) B
	FlowLabel(uint32) B
}

// printed is a setting that takes numbers from low to high, and that `ip` shows in a format.
func printed[B any](word, format string, low, high int, set func(B, int)) randomSetting[B] {
	return randomSetting[B]{word, func(r *rand.Rand) (string, func(B)) {
		n := low + r.IntN(high-low+1)
		return fmt.Sprintf(format, n), func(b B) { set(b, n) }
	}}
}

// dotted is a key, which `ip` shows like an IPv4 address.
func dotted[B any](word string, set func(B, uint32)) randomSetting[B] {
	return randomSetting[B]{word, func(r *rand.Rand) (string, func(B)) {
		n := 1 + r.Uint32N(1<<24)
		return fmt.Sprintf("%d.%d.%d.%d", n>>24, n>>16&0xff, n>>8&0xff, n&0xff), func(b B) { set(b, n) }
	}}
}

func address[B any](word string, set func(B, netip.Addr), addrs ...string) randomSetting[B] {
	return randomSetting[B]{word, func(r *rand.Rand) (string, func(B)) {
		text := addrs[r.IntN(len(addrs))]
		return text, func(b B) { set(b, lab.Addr(text)) }
	}}
}

func fwMark[B interface{ FwMark(uint32) B }]() randomSetting[B] {
	return printed("fwmark", "%#x", 1, 0x7fffffff, func(b B, n int) { b.FwMark(uint32(n)) })
}

func over4[B tunnel4[B]](more ...randomSetting[B]) []randomSetting[B] {
	return append(more, fwMark[B](),
		address("local", func(b B, a netip.Addr) { b.Local(a) }, "192.0.2.17", "192.0.2.33"),
		address("remote", func(b B, a netip.Addr) { b.Remote(a) }, "198.51.100.5", "203.0.113.77"),
		number("ttl", 1, 255, func(b B, n int) { b.TTL(uint8(n)) }),
		printed("tos", "%#x", 2, 0xff, func(b B, n int) { b.TOS(uint8(n)) }))
}

func over6[B tunnel6[B]]() []randomSetting[B] {
	return []randomSetting[B]{fwMark[B](),
		address("local", func(b B, a netip.Addr) { b.Local(a) }, "2001:db8::17", "2001:db8::33"),
		address("remote", func(b B, a netip.Addr) { b.Remote(a) }, "2001:db8:1::5", "2001:db8:2::77"),
		number("hoplimit", 1, 255, func(b B, n int) { b.HopLimit(uint8(n)) }),
		number("encaplimit", 1, 255, func(b B, n int) { b.EncapLimit(uint8(n)) }),
		printed("flowlabel", "0x%05x", 1, 0xfffff, func(b B, n int) { b.FlowLabel(uint32(n)) }),
	}
}

// TestEnsureRandomTunnels is TestEnsureRandomKinds for the tunnels, whose change is to carry
// all settings, or the kernel resets those left out.
func TestEnsureRandomTunnels(t *testing.T) {
	t.Run("gre", func(t *testing.T) {
		ensureRandomly(t, iplink.KindGRE, nil, func() *gre.Builder { return gre.New("t0") }, over4(
			dotted("ikey", func(b *gre.Builder, n uint32) { b.IKey(n) }), dotted("okey", func(b *gre.Builder, n uint32) { b.OKey(n) })))
	})
	t.Run("gretap", func(t *testing.T) {
		ensureRandomly(t, iplink.KindGRETap, nil, func() *gretap.Builder { return gretap.New("t0") }, over4(
			dotted("okey", func(b *gretap.Builder, n uint32) { b.OKey(n) })))
	})
	t.Run("erspan", func(t *testing.T) {
		ensureRandomly(t, iplink.KindERSPAN, nil, func() *erspan.Builder { return erspan.New("t0").Key(0x123) }, over4(
			printed("erspan_index", "%d", 1, 1<<20-1, func(b *erspan.Builder, n int) { b.SessionIndex(uint32(n)) })))
	})
	t.Run("ipip", func(t *testing.T) {
		ensureRandomly(t, iplink.KindIPIP, nil, func() *ipip.Builder { return ipip.New("t0") }, over4[*ipip.Builder]())
	})
	t.Run("sit", func(t *testing.T) {
		ensureRandomly(t, iplink.KindSIT, nil, func() *sit.Builder { return sit.New("t0") }, over4[*sit.Builder]())
	})
	t.Run("ip6gre", func(t *testing.T) {
		ensureRandomly(t, iplink.KindIP6GRE, nil, func() *ip6gre.Builder { return ip6gre.New("t0") }, over6[*ip6gre.Builder]())
	})
	t.Run("ip6tnl", func(t *testing.T) {
		ensureRandomly(t, iplink.KindIP6Tnl, nil, func() *ip6tnl.Builder { return ip6tnl.New("t0") }, over6[*ip6tnl.Builder]())
	})
	t.Run("vti", func(t *testing.T) {
		ensureRandomly(t, iplink.KindVTI, nil, func() *vti.Builder { return vti.New("t0") }, []randomSetting[*vti.Builder]{fwMark[*vti.Builder](),
			dotted("ikey", func(b *vti.Builder, n uint32) { b.IKey(n) }),
			address("remote", func(b *vti.Builder, a netip.Addr) { b.Remote(a) }, "198.51.100.5", "203.0.113.77"),
		})
	})
	t.Run("vti6", func(t *testing.T) {
		ensureRandomly(t, iplink.KindVTI6, nil, func() *vti6.Builder { return vti6.New("t0") }, []randomSetting[*vti6.Builder]{fwMark[*vti6.Builder](),
			dotted("okey", func(b *vti6.Builder, n uint32) { b.OKey(n) }),
			address("remote", func(b *vti6.Builder, a netip.Addr) { b.Remote(a) }, "2001:db8:1::5", "2001:db8:2::77"),
		})
	})
}
