package lab

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// TunnelName is the name of both links of Ends.
const TunnelName = "t0"

// A Tunnel is a kind of tunnel whose packets a test reads on the cable.
type Tunnel[B TunnelBuilder[B]] struct {
	Kind     string
	Protocol byte       // of the outer packet
	To       netip.Addr // inside, the right end: Inner4 or Inner6
	// Left and Right return the builders of the two ends.
	Left, Right func(name string) B
}

// Inner4 and Inner6 are the addresses of the right end inside a tunnel.
var (
	Inner4 = Addr("10.0.0.2")
	Inner6 = Addr("2001:db8:1::2")
)

// over6 reports whether the outer packets are of IPv6.
func (k Tunnel[B]) over6() bool {
	_, is := any(k.Left(TunnelName)).(interface{ HopLimit(uint8) B })
	return is
}

// Connect makes the ends of a tunnel over a cable, which left and right complete.
func (k Tunnel[B]) Connect(t *testing.T, left, right func(B) B) *Ends {
	t.Helper()
	e := NewEnds(t, k.Kind, k.To)
	ends := [2]netip.Addr{Addr("192.0.2.1"), Addr("192.0.2.2")}
	if k.over6() {
		ends = [2]netip.Addr{Addr("2001:db8::1"), Addr("2001:db8::2")}
	}
	MustCreate(t, e.Here, left(k.Left(TunnelName)).Local(ends[0]).Remote(ends[1]).Addr(k.inner(1)).Up())
	MustCreate(t, e.There, right(k.Right(TunnelName)).Local(ends[1]).Remote(ends[0]).Addr(k.inner(2)).Up())
	return e
}

// inner returns the address of an end inside the tunnel.
func (k Tunnel[B]) inner(end byte) netip.Prefix {
	b := k.To.AsSlice()
	b[len(b)-1] = end
	addr, _ := netip.AddrFromSlice(b)
	return netip.PrefixFrom(addr, addr.BitLen()-8)
}

// as returns a builder as it is.
func as[B any](b B) B { return b }

// Ends are two namespaces with a cable between them, for a tunnel over it.
type Ends struct {
	t           *testing.T
	Left, Right *testutil.Lab
	Here, There *iplink.Conn // in Left and in Right
	To          netip.Addr   // the right end inside the tunnel
	wire        int          // a packet socket on the right end of the cable
	inbox       net.PacketConn
	sent        int
}

// NewEnds makes the namespaces for a kind of tunnel without the tunnel. to is the address
// of the right end inside it.
func NewEnds(t *testing.T, kind string, to netip.Addr) *Ends {
	t.Helper()
	e := &Ends{t: t, To: to}
	e.Here, e.Left, e.Right = Cable(t, kind)
	e.There = testutil.Opened(e.Right, iplink.Dial)
	network := "udp4"
	if to.Is6() {
		network = "udp6"
	}
	e.wire, e.inbox = e.Right.Packets("eth0", unix.ETH_P_ALL), e.Right.Inbox(network)
	return e
}

// Through sends a datagram from left to right through the tunnel, and its answer back. It
// returns the outer header on the cable and the bytes behind it.
func (e *Ends) Through(d testutil.Datagram) (testutil.Outer, []byte) {
	e.t.Helper()
	e.sent++
	d.To, d.Text = e.To, fmt.Sprintf("<datagram %d>", e.sent)
	conn := e.Left.Send(d)
	from, ok := testutil.Arrives(e.t, e.inbox, d.Text, 5*time.Second)
	if !ok {
		e.t.Fatalf("%q has not arrived", d.Text)
	}
	_, err := e.inbox.WriteTo([]byte("<answer>"), from)
	testutil.Must(e.t, err)
	if _, ok := testutil.Arrives(e.t, conn, "<answer>", 5*time.Second); !ok {
		e.t.Fatalf("the answer to %q has not arrived", d.Text)
	}
	return testutil.ParseOuter(testutil.NextFrame(e.t, e.wire, func(b []byte) bool { return bytes.Contains(b, []byte(d.Text)) }))
}

// Wants demands an outer header of the next datagram, and returns the bytes behind it.
func (e *Ends) Wants(d testutil.Datagram, want testutil.Outer) []byte {
	e.t.Helper()
	got, rest := e.Through(d)
	if got != want {
		e.t.Errorf("outer header %+v, want %+v", got, want)
	}
	return rest
}

// OverIPv4 reads the IPv4 headers around datagrams: as they are set, and as they are
// copied from the datagram.
func OverIPv4[B TunnelOver4[B]](t *testing.T, k Tunnel[B]) {
	e := k.Connect(t, func(b B) B { return b.TTL(17).TOS(0x14) }, as)
	e.Wants(testutil.Datagram{TTL: 33, TOS: 0x28}, testutil.Outer{TTL: 17, TOS: 0x14, DF: true, Protocol: k.Protocol})
	Updated(t, e.Here, k.Left(TunnelName).TTL(0).PMTUDiscovery(false).TOS(1))
	e.Wants(testutil.Datagram{TTL: 33, TOS: 0x28}, testutil.Outer{TTL: 33, TOS: 0x28, Protocol: k.Protocol})
	e.Wants(testutil.Datagram{TTL: 34, TOS: 0x48, DF: true}, testutil.Outer{TTL: 34, TOS: 0x48, DF: e.To.Is4(), Protocol: k.Protocol})
	if b, ok := any(k.Left(TunnelName)).(WithIgnoreDF[B]); ok {
		Updated(t, e.Here, b.IgnoreDF(true))
		e.Wants(testutil.Datagram{TTL: 35, TOS: 0x88, DF: true}, testutil.Outer{TTL: 35, TOS: 0x88, Protocol: k.Protocol})
	}
}

// OverIPv6 reads the IPv6 headers around datagrams: as they are set, and as they are
// copied from the datagram.
func OverIPv6[B TunnelOver6[B]](t *testing.T, k Tunnel[B]) {
	e := k.Connect(t, func(b B) B { return b.HopLimit(17).TClass(0x14).FlowLabel(0x12345).EncapLimit(5) }, as)
	e.Wants(testutil.Datagram{TTL: 33, TOS: 0x28},
		testutil.Outer{TTL: 17, TOS: 0x14, FlowLabel: 0x12345, Limited: true, EncapLimit: 5, Protocol: k.Protocol})
	Updated(t, e.Here, k.Left(TunnelName).HopLimit(0).TClassInherit().FlowLabel(0x54321).NoEncapLimit())
	e.Wants(testutil.Datagram{TTL: 34, TOS: 0x48}, testutil.Outer{TTL: 34, TOS: 0x48, FlowLabel: 0x54321, Protocol: k.Protocol})
}

// OverUDP reads the UDP headers around datagrams.
func OverUDP[B TunnelBuilder[B]](t *testing.T, k Tunnel[B]) {
	testutil.NeedModule(t, "fou6")
	e := k.Connect(t, func(b B) B {
		return b.Encap(iplink.TunnelEncap{Type: iplink.TunnelEncapFOU, SourcePort: 0x4321, DestPort: 0x1234, Checksum: true, Checksum6: true})
	}, as)
	family := ""
	if k.over6() {
		family = " -6"
	}
	if out, err := e.Right.Run("sh", "-c", fmt.Sprintf("ip fou add port 4660 ipproto %d%s && ip fou add port 22136 gue%s", k.Protocol, family, family)); err != nil {
		if !testutil.Matrix() && strings.Contains(out, "not permitted") {
			testutil.Skipf(t, "needs root of the first user namespace")
		}
		t.Fatalf("ip fou: %v %s", err, out)
	}
	e.wantsUDP("4321 1234", true)
	Updated(t, e.Here, k.Left(TunnelName).Encap(iplink.TunnelEncap{Type: iplink.TunnelEncapGUE, SourcePort: 0x5432, DestPort: 0x5678}))
	if gue := e.wantsUDP("5432 5678", false); gue[0] != 0 || gue[1] != k.Protocol {
		t.Errorf("GUE % x, want version 0, no options, protocol %d", gue[:4], k.Protocol)
	}
}

// wantsUDP demands the ports of the next datagram's outer header, and a checksum or none.
// It returns the bytes behind that header.
func (e *Ends) wantsUDP(ports string, sum bool) []byte {
	e.t.Helper()
	outer, udp := e.Through(testutil.Datagram{})
	if got := fmt.Sprintf("%x %x", udp[:2], udp[2:4]); outer.Protocol != unix.IPPROTO_UDP || got != ports {
		e.t.Errorf("protocol %d, ports %s, want UDP, %s", outer.Protocol, got, ports)
	}
	if has := udp[6] != 0 || udp[7] != 0; has != sum {
		e.t.Errorf("UDP % x, with a checksum: %v, want %v", udp[:8], has, sum)
	}
	return udp[8:]
}
