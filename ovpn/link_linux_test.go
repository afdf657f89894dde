package ovpn_test

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/ovpn"
)

// TestWithoutModule makes a link when the driver is not loaded, which the kernel then loads.
// Where there is none, the error names the release.
func TestWithoutModule(t *testing.T) {
	loaded := func() bool {
		_, err := os.Stat("/sys/module/ovpn")
		return err == nil
	}
	if testutil.Matrix() {
		testutil.Eventually(t, "ovpn is not loaded", func() bool { // namespaces that use it end later
			_ = exec.Command("modprobe", "-r", "ovpn").Run() // may not be loaded
			return !loaded()
		})
	}
	conn, ns := lab.Scratch(t)
	_, err := conn.Create(t.Context(), ovpn.New("ovpn0").Mode(ovpn.MP))
	if has := testutil.Matrix() && !testutil.Older(t, 6, 16); has || loaded() {
		if err != nil || !loaded() || ns.Link("ovpn0")["mtu"] != 1416. {
			t.Errorf("%v; %v", err, ns.Link("ovpn0"))
		}
		return
	}
	want := "create ovpn ovpn0: operation not supported (this kernel has no ovpn driver (CONFIG_OVPN, since Linux 6.16))"
	if !errors.Is(err, errors.ErrUnsupported) || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

// TestFaults is about the mistakes that the kernel or the library refuse.
func TestFaults(t *testing.T) {
	testutil.Need(t, iplink.KindOVPN)
	conn, ns := lab.Scratch(t)
	lab.MustCreate(t, conn, ovpn.New("p2p"), ovpn.New("mp").Mode(ovpn.MP), ovpn.New("gone"))
	p2p, mp, gone := testutil.OpenedLink(ns, "p2p", ovpn.Open), testutil.OpenedLink(ns, "mp", ovpn.Open), testutil.OpenedLink(ns, "gone", ovpn.Open)
	ns.IP("link delete gone")
	ctx, remote := t.Context(), netip.MustParseAddrPort("192.0.2.2:7")
	four, used, closed := udp(ns, "udp4", 0), udp(ns, "udp4", 0), udp(ns, "udp4", 0)
	closed.Close()
	listen := func(multipath bool) *net.TCPListener {
		var config net.ListenConfig
		config.SetMultipathTCP(multipath)
		return testutil.OpenedBy(ns, func() (net.Listener, error) { return config.Listen(ctx, "tcp4", ":0") }).(*net.TCPListener)
	}
	listener := listen(false)
	first := ovpn.Peer{ID: 7, Socket: used, Remote: remote, VPNIPv4: lab.Inner4}
	testutil.Must(t, mp.AddPeer(ctx, first))
	testutil.Must(t, mp.AddPeer(ctx, ovpn.Peer{ID: 8, Socket: used, Remote: remote, VPNIPv4: lab.Addr("10.0.0.3")}))
	add := func(p ovpn.Peer) error { return p2p.AddPeer(ctx, p) }
	left, _ := keys(ovpn.Primary, 3, ovpn.AESGCM, 16)
	for _, c := range []struct {
		err  error
		is   error
		text string
	}{
		{add(ovpn.Peer{ID: 7}), fs.ErrInvalid, "add ovpn p2p: peer 7 socket: invalid argument (a peer needs"},
		{add(ovpn.Peer{ID: 7, Socket: four}), fs.ErrInvalid, "peer 7 socket: invalid argument (a peer over UDP needs Remote"},
		{add(ovpn.Peer{ID: 7, Socket: closed, Remote: remote}), fs.ErrInvalid, "peer 7 socket: invalid argument (it is closed"},
		{add(ovpn.Peer{ID: 7, Socket: listener}), fs.ErrInvalid, "peer 7 socket: invalid argument (it is not connected"},
		{add(ovpn.Peer{ID: 7, Socket: listener, Remote: remote}), fs.ErrInvalid, "peer 7 socket: invalid argument (a peer over TCP is"},
		{add(ovpn.Peer{ID: 7, Socket: listen(true)}), fs.ErrInvalid, "peer 7 socket: invalid argument (it is of Multipath TCP"},
		{add(ovpn.Peer{ID: 7, Socket: ns.File, Remote: remote}), fs.ErrInvalid, "peer 7 socket: invalid argument (it is not a UDP or TCP"},
		{add(ovpn.Peer{ID: 7, Socket: four, Remote: netip.MustParseAddrPort("[2001:db8::1]:7")}), fs.ErrInvalid, "(a socket for IPv4 cannot send to 2001:db8::1"},
		{add(ovpn.Peer{ID: 7, Socket: udp(ns, "udp6", 0), Remote: remote}), fs.ErrInvalid, "(a socket for IPv6 alone"},
		{add(ovpn.Peer{ID: 7, Socket: used, Remote: remote}), syscall.ENOTSOCK, "peer 7: socket operation on non-socket (the socket belongs to another"},
		{mp.AddPeer(ctx, first), fs.ErrExist, "add ovpn mp: peer 7: file exists (the link has a peer"},
		{mp.SetPeer(ctx, ovpn.Peer{ID: 7, VPNIPv4: lab.Addr("10.0.0.3")}), syscall.EADDRINUSE, "set ovpn mp: peer 7: address already in use (another peer"},
		{mp.SetPeer(ctx, ovpn.Peer{ID: 9}), fs.ErrNotExist, "set ovpn mp: peer 9: no such file or directory (the link has no such peer"},
		{p2p.RemovePeer(ctx, 9), fs.ErrNotExist, "remove ovpn p2p: peer 9: "},
		{p2p.NewKey(ctx, 9, left), fs.ErrNotExist, "add ovpn p2p: peer 9 key primary: no such file or directory (the link has no such peer"},
		{p2p.SwapKeys(ctx, 9), fs.ErrNotExist, "swap ovpn p2p: peer 9: "},
		{p2p.RemoveKey(ctx, 9, ovpn.Primary), fs.ErrNotExist, "remove ovpn p2p: peer 9 key primary: "},
		{lab.ErrorOf(mp.Key(ctx, 7, ovpn.Secondary)), fs.ErrNotExist, "show ovpn mp: peer 7 key secondary: no such file or directory (the peer has no key"},
		{lab.ErrorOf(mp.Key(ctx, 7, 2)), fs.ErrInvalid, "show ovpn mp: peer 7 slot: "},
		{lab.ErrorOf(mp.Peer(ctx, 1<<24)), fs.ErrInvalid, "show ovpn mp: peer 16777216 id: "},
		{lab.ErrorOf(gone.Peers(ctx)), fs.ErrNotExist, "show ovpn gone: "},
		{gone.RemovePeer(ctx, 7), fs.ErrNotExist, "remove ovpn gone: "},
		{lab.ErrorOf(conn.Update(ctx, ovpn.New("p2p").Mode(ovpn.MP))), iplink.ErrImmutable, "mode: "},
		{lab.ErrorOf(conn.Create(ctx, ovpn.New("a").MTU(65452))), fs.ErrInvalid, "mtu: invalid argument (65452 is not in 68…65451"},
	} {
		if c.err == nil || !errors.Is(c.err, c.is) || !strings.Contains(c.err.Error(), c.text) {
			t.Errorf("%v\n   want %s", c.err, c.text)
		}
	}
	if all, err := mp.Peers(ctx); err != nil || len(all) != 2 || all[0].VPNIPv4 == all[1].VPNIPv4 {
		t.Errorf("%+v, %v", all, err)
	}
	lab.Ensured(t, conn, ovpn.New("mp").Mode(ovpn.MP).MTU(65451), false, "mtu")
	lab.Ensured(t, conn, ovpn.New("mp").Mode(ovpn.MP), false)
	ns.In(func() {
		_, err := ovpn.Open(ctx, "lo")
		if !errors.Is(err, iplink.ErrKind) {
			t.Errorf("opening lo: %v", err)
		}
	})
}
