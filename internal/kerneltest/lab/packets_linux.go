package lab

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
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
	ends := k.ends()
	MustCreate(t, e.Here, left(k.Left(TunnelName)).Local(ends[0]).Remote(ends[1]).Addr(k.inner(1)).Up())
	MustCreate(t, e.There, right(k.Right(TunnelName)).Local(ends[1]).Remote(ends[0]).Addr(k.inner(2)).Up())
	return e
}

// ends returns the addresses of the two ends on the cable.
func (k Tunnel[B]) ends() [2]netip.Addr {
	if k.over6() {
		return [2]netip.Addr{Addr("2001:db8::1"), Addr("2001:db8::2")}
	}
	return [2]netip.Addr{Addr("192.0.2.1"), Addr("192.0.2.2")}
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
	usable      bool // the kernel takes packets for all addresses
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
	return testutil.ParseOuter(e.Frame(d))
}

// Frame is Through, but it returns the whole frame on the cable.
func (e *Ends) Frame(d testutil.Datagram) []byte {
	e.t.Helper()
	conn, text := e.send(d)
	from, ok := testutil.Arrives(e.t, e.inbox, text, 5*time.Second)
	if !ok {
		e.t.Fatalf("%q has not arrived", text)
	}
	_, err := e.inbox.WriteTo([]byte("<answer>"), from)
	testutil.Must(e.t, err)
	if _, ok := testutil.Arrives(e.t, conn, "<answer>", 5*time.Second); !ok {
		e.t.Fatalf("the answer to %q has not arrived", text)
	}
	return testutil.NextFrame(e.t, e.wire, func(b []byte) bool { return bytes.Contains(b, []byte(text)) })
}

// send sends the next datagram, and returns its text.
func (e *Ends) send(d testutil.Datagram) (net.PacketConn, string) {
	e.t.Helper()
	if !e.usable {
		usable(e.Left)
		usable(e.Right)
	}
	e.usable = true
	e.sent++
	d.To, d.Text = e.To, fmt.Sprintf("<datagram %d>", e.sent)
	return e.Left.Send(d), d.Text
}

// Anew has the next datagram wait, as the first one does, until the kernel takes packets
// for all addresses: some are new.
func (e *Ends) Anew() { e.usable = false }

// usable waits until the kernel takes packets for all addresses of IPv6, which it does a
// moment after it was given them, and sends with them.
func usable(ns *testutil.Lab) {
	ns.Helper()
	testutil.Eventually(ns, "addresses of IPv6", func() bool {
		return ns.IP("-6 -o address show tentative scope global") == ""
	})
}

// Lost demands that a datagram from left to right does not arrive.
func (e *Ends) Lost(d testutil.Datagram) {
	e.t.Helper()
	_, text := e.send(d)
	if _, ok := testutil.Arrives(e.t, e.inbox, text, 300*time.Millisecond); ok {
		e.t.Errorf("%q has arrived", text)
	}
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
