package sit_test

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/sit"
)

var tunnel = lab.Tunnel[*sit.Builder]{Kind: iplink.KindSIT, Protocol: unix.IPPROTO_IPV6, To: lab.Inner6, Left: sit.New, Right: sit.New}

func TestOuterHeader(t *testing.T) { lab.OverIPv4(t, tunnel) }
func TestOverUDP(t *testing.T)     { lab.OverUDP(t, tunnel) }
func TestFwMark(t *testing.T)      { lab.Marked(t, tunnel) }

// TestMPLS sends labelled packets, which a sit link takes with another Mode.
func TestMPLS(t *testing.T) {
	labelled := func(name string) *sit.Builder { return sit.New(name).Mode(sit.MPLSIP) }
	lab.InMPLS(t, lab.Tunnel[*sit.Builder]{Kind: iplink.KindSIT, To: lab.Inner4, Left: labelled, Right: labelled})
}

// TestIPv4Inside sends IPv4 packets, which a sit link takes with another Mode.
func TestIPv4Inside(t *testing.T) {
	four := func(name string) *sit.Builder { return sit.New(name).Mode(sit.Any) }
	k := lab.Tunnel[*sit.Builder]{Kind: iplink.KindSIT, To: lab.Inner4, Left: four, Right: four}
	ttl := func(b *sit.Builder) *sit.Builder { return b.TTL(17) }
	k.Connect(t, ttl, ttl).Wants(testutil.Datagram{}, testutil.Outer{TTL: 17, DF: true, Protocol: unix.IPPROTO_IPIP})
}

// Test6RD sends packets to addresses inside the prefix, which hold the address of the other
// end. The links have no Remote.
func Test6RD(t *testing.T) {
	e := lab.NewEnds(t, iplink.KindSIT, lab.Addr("2001:db9:1002::1"))
	prefix, relay := lab.Prefix("2001:db9:1000::/40"), lab.Prefix("192.0.2.0/24")
	build := func(local string, addr netip.Prefix) *sit.Builder {
		return sit.New(lab.TunnelName).Local(lab.Addr(local)).TTL(17).SixRD(prefix, relay).Addr(addr).Up()
	}
	lab.MustCreate(t, e.Here, build("192.0.2.1", lab.Prefix("2001:db9:1001::1/32")))
	lab.MustCreate(t, e.There, build("192.0.2.2", lab.Prefix("2001:db9:1002::1/32")))
	e.Wants(testutil.Datagram{}, testutil.Outer{TTL: 17, DF: true, Protocol: unix.IPPROTO_IPV6})
}

// TestISATAP sends packets to an address that ends in the address of the other end. The
// links have no Remote. Without ISATAP, none leaves.
func TestISATAP(t *testing.T) {
	e := lab.NewEnds(t, iplink.KindSIT, lab.Addr("2001:db8:1::5efe:192.0.2.2"))
	build := func(addr string) *sit.Builder {
		return sit.New(lab.TunnelName).Local(lab.Addr(addr)).TTL(17).Addr(netip.PrefixFrom(lab.Addr("2001:db8:1::5efe:"+addr), 64)).Up()
	}
	lab.MustCreate(t, e.There, build("192.0.2.2").ISATAP())
	lab.MustCreate(t, e.Here, build("192.0.2.1"))
	e.Lost(testutil.Datagram{})
	e.Left.IP("link del " + lab.TunnelName)
	lab.MustCreate(t, e.Here, build("192.0.2.1").ISATAP())
	e.Anew()
	frame := e.Frame(testutil.Datagram{})
	if to, _ := netip.AddrFromSlice(frame[30:34]); to != lab.Addr("192.0.2.2") {
		t.Errorf("sent to %v", to)
	}
	e.Wants(testutil.Datagram{}, testutil.Outer{TTL: 17, DF: true, Protocol: unix.IPPROTO_IPV6})
}
