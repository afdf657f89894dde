package ovpn_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/ovpn"
)

// TestTunnel pings in both directions with keys of each cipher, which are renewed meanwhile,
// and decrypts a packet on the cable.
func TestTunnel(t *testing.T) {
	e, ctx := connect(t, ovpn.P2P), t.Context()
	wire := e.Right.Packets("eth0", unix.ETH_P_ALL)
	first := e.newKeys(t, ovpn.Primary, 3, ovpn.AESGCM, 16)
	pings(t, e.Left, "10.0.0.2")
	payload := dataTo(t, wire, "192.0.2.2", rightPort)
	if inner := opened(t, payload, first.Encrypt); !bytes.Equal(payload[:4], []byte{9<<3 | 3, 0x65, 0x43, 0x21}) || !bytes.Equal(inner[12:20], []byte{10, 0, 0, 1, 10, 0, 0, 2}) {
		t.Errorf("packet % x with % x", payload[:8], inner)
	}
	pings(t, e.Right, "10.0.0.1")
	for _, next := range []struct {
		id uint8
		c  ovpn.Cipher
		n  int
	}{{5, ovpn.ChaCha20Poly1305, 32}, {6, ovpn.AESGCM, 32}, {7, ovpn.AESGCM, 24}} {
		e.newKeys(t, ovpn.Secondary, next.id, next.c, next.n)
		testutil.Must(t, e.left.SwapKeys(ctx, 0x123456)) // the right end decrypts with both keys
		pings(t, e.Left, "10.0.0.2")
		testutil.Must(t, e.right.SwapKeys(ctx, 0x654321))
		pings(t, e.Right, "10.0.0.1")
		if got, err := e.left.Key(ctx, 0x123456, ovpn.Primary); err != nil || got != (ovpn.KeyStatus{ID: next.id, Cipher: next.c}) {
			t.Errorf("%+v, %v", got, err)
		}
	}
	moves(t, e)
	testutil.Must(t, e.left.RemoveKey(ctx, 0x123456, ovpn.Primary))
	lost(t, e.Left, "10.0.0.2")
	testutil.Must(t, e.left.RemovePeer(ctx, 0x123456))
	if all, err := e.left.Peers(ctx); err != nil || len(all) != 0 {
		t.Errorf("peers %v, %v", all, err)
	}
}

// moves has the right end send from another address, which the left one learns.
func moves(t *testing.T, e *ends) {
	t.Helper()
	e.Right.IP("address add 192.0.2.33/24 dev eth0")
	events := follow(t, e.left, nil)
	remote := netip.MustParseAddrPort("192.0.2.1:4660")
	testutil.Eventually(t, "the left end follows", func() bool {
		testutil.Must(t, e.right.SetPeer(t.Context(), ovpn.Peer{ID: 0x654321, Remote: remote, Local: netip.MustParseAddr("192.0.2.33")}))
		pings(t, e.Right, "10.0.0.1")
		p, err := e.left.Peer(t.Context(), 0x123456)
		testutil.Must(t, err)
		return p.Remote == netip.MustParseAddrPort("192.0.2.33:17185")
	})
	events.want(t, ovpn.Event{Type: ovpn.PeerMoved, Peer: 0x123456, Remote: netip.MustParseAddrPort("192.0.2.33:17185")})
}

// TestManyPeers has a link with two peers, which packets find by their addresses.
func TestManyPeers(t *testing.T) {
	e, ctx := connect(t, ovpn.MP), t.Context()
	wire := e.Right.Packets("eth0", unix.ETH_P_ALL)
	e.newKeys(t, ovpn.Primary, 3, ovpn.AESGCM, 32)
	pings(t, e.Left, "10.0.0.2")
	pings(t, e.Right, "10.0.0.1")
	all, err := e.left.Peers(ctx)
	testutil.Must(t, err)
	other := ovpn.Peer{ID: 0x77, TxID: new(uint32(0x777777)), Socket: udp(e.Left, "udp4", 0x2345), Remote: netip.MustParseAddrPort("192.0.2.2:7"), VPNIPv4: netip.MustParseAddr("10.0.0.3")}
	testutil.Must(t, e.left.AddPeer(ctx, other))
	second, _ := keys(ovpn.Primary, 6, ovpn.AESGCM, 24)
	testutil.Must(t, e.left.NewKey(ctx, 0x77, second))
	lost(t, e.Left, "10.0.0.3") // nobody listens there
	payload := dataTo(t, wire, "192.0.2.2", 7)
	if inner := opened(t, payload, second.Encrypt); !bytes.Equal(payload[:4], []byte{9<<3 | 6, 0x77, 0x77, 0x77}) || !bytes.Equal(inner[16:20], []byte{10, 0, 0, 3}) {
		t.Errorf("packet % x with % x", payload[:8], inner)
	}
	now, err := e.left.Peers(ctx)
	if err != nil || len(all) != 1 || len(now) != 2 {
		t.Errorf("%d peers, and then %d, %v", len(all), len(now), err)
	}
	testutil.Must(t, e.left.RemovePeer(ctx, 0x77))
	lost(t, e.Left, "10.0.0.3")
	pings(t, e.Left, "10.0.0.2")
}

// TestTCP pings over a TCP connection.
func TestTCP(t *testing.T) {
	e, ctx := connect(t, ovpn.P2P), t.Context()
	listener := testutil.OpenedBy(e.Right, func() (*net.TCPListener, error) { return net.ListenTCP("tcp4", &net.TCPAddr{Port: rightPort}) })
	here := testutil.OpenedBy(e.Left, func() (*net.TCPConn, error) {
		return net.DialTCP("tcp4", nil, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 2), Port: rightPort})
	})
	there, err := listener.AcceptTCP()
	testutil.Must(t, err)
	t.Cleanup(func() { there.Close() })
	testutil.Must(t, e.left.AddPeer(ctx, ovpn.Peer{ID: 0x123456, TxID: new(uint32(0x654321)), Socket: here}))
	testutil.Must(t, e.right.AddPeer(ctx, ovpn.Peer{ID: 0x654321, TxID: new(uint32(0x123456)), Socket: there}))
	e.newKeys(t, ovpn.Primary, 3, ovpn.ChaCha20Poly1305, 32)
	pings(t, e.Left, "10.0.0.2")
	pings(t, e.Right, "10.0.0.1")
	if p, err := e.right.Peer(ctx, 0x654321); err != nil || p.LocalPort != rightPort || p.Remote.IsValid() || p.Local.IsValid() {
		t.Errorf("%+v, %v", p, err)
	}
}

// events are those of a Watch.
type events chan ovpn.Event

// follow starts to watch until the test ends.
func follow(t *testing.T, d *ovpn.OVPN, at *iplink.NetNS) events {
	t.Helper()
	all := make(events, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		var last error
		for e, err := range d.Watch(ctx, at) {
			if last = err; err == nil {
				all <- e
			}
		}
		done <- last
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("the watch ended with %v", err)
		}
	})
	return all
}

// want waits for an event, and skips others.
func (e events) want(t *testing.T, want ovpn.Event) {
	t.Helper()
	limit := time.After(10 * time.Second)
	for {
		select {
		case got := <-e:
			if got == want {
				return
			}
		case <-limit:
			t.Fatalf("no event %+v", want)
		}
	}
}

// proveReasons removes peers in each way that a test can bring about, while the library
// watches in the namespaces of the sockets.
func proveReasons(t *testing.T) {
	conn, ns := lab.Scratch(t)
	other := testutil.NewLab(t)
	lab.MustCreate(t, conn, ovpn.New("ovpn0").Mode(ovpn.P2P))
	d, ctx := testutil.OpenedLink(ns, "ovpn0", ovpn.Open), t.Context()
	add := func(id uint32, socket *net.UDPConn, timeout time.Duration) {
		t.Helper()
		testutil.Must(t, d.AddPeer(ctx, ovpn.Peer{ID: id, Socket: socket, Remote: netip.MustParseAddrPort("127.0.0.1:7"), KeepaliveInterval: timeout, KeepaliveTimeout: timeout}))
	}
	here, there := udp(ns, "udp4", leftPort), udp(other, "udp4", leftPort)
	inside, outside := follow(t, d, nil), follow(t, d, lab.NetNS(other))
	for len(inside) == 0 || len(outside) == 0 { // until both listen
		for _, socket := range []*net.UDPConn{here, there} {
			add(0x17, socket, 0)
			testutil.Must(t, d.RemovePeer(ctx, 0x17))
		}
		time.Sleep(10 * time.Millisecond)
	}
	inside.want(t, ovpn.Event{Type: ovpn.PeerRemoved, Peer: 0x17, Reason: ovpn.Userspace})
	outside.want(t, ovpn.Event{Type: ovpn.PeerRemoved, Peer: 0x17, Reason: ovpn.Userspace})
	add(0x18, here, time.Second)
	inside.want(t, ovpn.Event{Type: ovpn.PeerRemoved, Peer: 0x18, Reason: ovpn.Expired})
	add(0x19, there, 0)
	add(0x20, here, 0)
	outside.want(t, ovpn.Event{Type: ovpn.PeerRemoved, Peer: 0x19, Reason: ovpn.Teardown})
	here.Close()
	inside.want(t, ovpn.Event{Type: ovpn.PeerRemoved, Peer: 0x20, Reason: ovpn.TransportDisconnect})
	if _, err := d.Peer(ctx, 0x20); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the peer of the closed socket: %v", err)
	}
}
