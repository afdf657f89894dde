package netkit_test

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/netkit"
)

// ends makes a pair with one end in each of two namespaces.
func ends(t *testing.T, main func(*netkit.Builder)) (conn *iplink.Conn, near, far *testutil.Lab) {
	t.Helper()
	testutil.Need(t, iplink.KindNetkit)
	conn, near = lab.Scratch(t)
	far = testutil.NewLab(t)
	b := netkit.New("nk1").Addr(lab.Prefix("192.0.2.1/24")).Up().
		Peer(netkit.New("nk2").NetNS(lab.NetNS(far)).Addr(lab.Prefix("192.0.2.2/24")).Up())
	main(b)
	lab.MustCreate(t, conn, b)
	return conn, near, far
}

// An inbox receives datagrams in one namespace, which come from another.
type inbox struct {
	conn net.PacketConn
	from *testutil.Lab
	to   string
}

func newInbox(t *testing.T, at, from *testutil.Lab, addr string) (b inbox) {
	t.Helper()
	b.from, b.to = from, addr
	at.In(func() {
		var err error
		b.conn, err = net.ListenPacket("udp4", addr)
		testutil.Must(t, err)
	})
	t.Cleanup(func() { b.conn.Close() })
	return b
}

// arrives sends a number, and reports whether it comes within the time.
func (b inbox) arrives(t *testing.T, number uint16, within time.Duration) bool {
	t.Helper()
	b.from.In(func() {
		out, err := net.Dial("udp4", b.to)
		testutil.Must(t, err)
		defer out.Close()
		_, err = out.Write(binary.BigEndian.AppendUint16(nil, number))
		testutil.Must(t, err)
	})
	testutil.Must(t, b.conn.SetReadDeadline(time.Now().Add(within)))
	for data := make([]byte, 64); ; {
		n, _, err := b.conn.ReadFrom(data)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return false
		case err != nil:
			t.Fatal(err)
		case slices.Equal(data[:n], binary.BigEndian.AppendUint16(nil, number)):
			return true
		}
	}
}

const (
	soon  = 5 * time.Second
	never = 200 * time.Millisecond // and yet a datagram is there at once where one comes at all
)

// TestPolicies sends through a pair in both directions, while one end forwards and the
// other one does not.
func TestPolicies(t *testing.T) {
	for mode, word := range map[iplink.NetkitMode]string{netkit.L2: "l2", netkit.L3: "l3"} {
		t.Run(word, func(t *testing.T) {
			conn, near, far := ends(t, func(b *netkit.Builder) { b.Mode(mode).PeerPolicy(netkit.Forward) })
			in, out := newInbox(t, near, far, "192.0.2.1:4660"), newInbox(t, far, near, "192.0.2.2:4661")
			if !out.arrives(t, 0x1234, soon) || !in.arrives(t, 0x4321, soon) {
				t.Fatal("a datagram has not arrived")
			}
			lab.Ensured(t, conn, netkit.New("nk1").PeerPolicy(netkit.Blackhole), false, "peer policy")
			if in.arrives(t, 0x2345, never) {
				t.Error("a datagram of the other end arrives although its policy is blackhole")
			}
			lab.Updated(t, conn, netkit.New("nk1").PeerPolicy(netkit.Forward).Policy(netkit.Blackhole))
			if out.arrives(t, 0x3456, never) {
				t.Error("a datagram arrives although the policy is blackhole")
			}
			info := near.InfoData("nk1")
			if info["policy"] != "blackhole" || info["peer_policy"] != "forward" || info["mode"] != word || info["type"] != "primary" {
				t.Errorf("nk1 is %v", info)
			}
			if info = far.InfoData("nk2"); info["policy"] != "forward" || info["peer_policy"] != "blackhole" || info["type"] != "peer" {
				t.Errorf("nk2 is %v", info)
			}
			lab.Updated(t, conn, netkit.New("nk1").Policy(netkit.Forward))
			if !out.arrives(t, 0x4567, soon) || !in.arrives(t, 0x5678, soon) {
				t.Error("a datagram has not arrived after the policies were forward again")
			}
		})
	}
}

// TestPeer makes pairs whose ends have settings of their own, and compares them with
// their descriptions.
func TestPeer(t *testing.T) {
	testutil.Need(t, iplink.KindNetkit)
	conn, ns := lab.Scratch(t)
	far := testutil.NewLab(t)
	there := lab.NetNS(far)
	spec := func() *netkit.Builder {
		return netkit.New("nk1").Mode(netkit.L2).MTU(1281).PeerPolicy(netkit.Blackhole).
			Peer(netkit.New("nk2").NetNS(there).MTU(1433).Address(lab.MAC).Promiscuous(true).ARP(false).Alias("far").Up())
	}
	lab.Ensured(t, conn, spec(), true)
	lab.Ensured(t, conn, spec(), false)
	peer := far.Link("nk2")
	flags, _ := peer["flags"].([]any)
	if !slices.Contains(flags, any("NOARP")) || !slices.Contains(flags, any("UP")) || peer["promiscuity"] != 1. || peer["mtu"] != 1433. ||
		peer["address"] != lab.MAC.String() || peer["ifalias"] != "far" || ns.Link("nk1")["mtu"] != 1281. {
		t.Errorf("nk1 is %v, nk2 is %v", ns.Link("nk1"), peer)
	}
	link, err := conn.Get(t.Context(), "nk1")
	testutil.Must(t, err)
	info, ok := netkit.Info(link)
	if !ok || !info.Primary || float64(info.Peer) != peer["ifindex"] || info.PeerNetNSID < 0 || info.Scrub != netkit.Default || info.Pairing != netkit.Pair {
		t.Errorf("%+v", info)
	}
	diffs, err := conn.Diff(t.Context(), netkit.New("nk1").Mode(netkit.L3).PeerPolicy(netkit.Forward))
	testutil.Must(t, err)
	if len(diffs) != 2 || !diffs[0].Immutable || diffs[1].Immutable || diffs[1].Attr != "peer policy" || diffs[1].Have != "blackhole" {
		t.Errorf("%v", diffs)
	}
	changed := spec()
	changed.Peer(netkit.New("nk2").NetNS(there).MTU(1300).ARP(true))
	lab.Ensured(t, conn, changed, false, "mtu", "arp")
	if got := far.Link("nk2")["mtu"]; got != 1300. {
		t.Errorf("MTU %v", got)
	}
	if change := lab.Ensured(t, conn, spec().Mode(netkit.L3).Peer(netkit.New("nk2").NetNS(there)).Recreate(), false, "mode"); !change.Recreated {
		t.Errorf("%+v", change)
	}
}

// TestSingle makes a link without another end.
func TestSingle(t *testing.T) {
	testutil.NeedKernel(t, 7, 1)
	testutil.Need(t, iplink.KindNetkit)
	conn, ns := lab.Scratch(t)
	single := netkit.New("s0").Mode(netkit.L2).Pairing(netkit.Single).Address(lab.MAC).Up()
	lab.Ensured(t, conn, single, true)
	lab.Ensured(t, conn, single, false)
	if names := ns.Names(); !slices.Equal(names, []string{"lo", "s0"}) {
		t.Errorf("links %v", names)
	}
	for _, b := range []*netkit.Builder{netkit.New("s0").Policy(netkit.Blackhole), netkit.New("s0").PeerPolicy(netkit.Blackhole),
		netkit.New("s0").Pairing(netkit.Pair)} {
		if _, err := conn.Update(t.Context(), b); !errors.Is(err, iplink.ErrImmutable) {
			t.Errorf("%v: %v", b, err)
		}
	}
	if change := lab.Ensured(t, conn, netkit.New("s0").Pairing(netkit.Pair).Recreate(), false, "pairing"); !change.Recreated {
		t.Errorf("%+v", change)
	}
	if names := ns.Names(); len(names) != 3 {
		t.Errorf("links %v", names)
	}
}

// TestFaults is about the mistakes that the kernel or the library refuse.
func TestFaults(t *testing.T) {
	testutil.Need(t, iplink.KindNetkit)
	conn, ns := lab.Scratch(t)
	lab.MustCreate(t, conn, netkit.New("nk1").Peer(netkit.New("nk2")))
	create := func(s iplink.Spec) error { return lab.ErrorOf(conn.Create(t.Context(), s)) }
	update := func(s iplink.Spec) error { return lab.ErrorOf(conn.Update(t.Context(), s)) }
	a := func() *netkit.Builder { return netkit.New("a") }
	for _, c := range []struct {
		err  error
		is   error
		text string
	}{
		{create(a().Policy(1)), fs.ErrInvalid, "policy: invalid argument (1 is not one of forward, blackhole)"},
		{create(a().Mode(2)), fs.ErrInvalid, "mode: "},
		{create(a().Peer(netkit.New("nk2"))), fs.ErrExist, `peer: file exists (a link named "nk2" exists already`},
		{update(netkit.New("nk2").Policy(netkit.Blackhole)), iplink.ErrImmutable, "policy: "},
		{update(netkit.New("nk1").Mode(netkit.L2)), iplink.ErrImmutable, "mode: "},
		{update(netkit.New("nk1").Address(lab.MAC)), fs.ErrInvalid, "address: invalid argument (a netkit link in mode l3 has none"},
		{update(netkit.New("nk1").Peer(netkit.New("nk3"))), iplink.ErrImmutable, "peer: "},
		{update(netkit.New("nk1").ProtoDown(true)), syscall.EOPNOTSUPP, ""},
	} {
		if c.err == nil || !errors.Is(c.err, c.is) || !strings.Contains(c.err.Error(), c.text) {
			t.Errorf("%v\n   want %s", c.err, c.text)
		}
	}
	if got := ns.Names(); len(got) != 3 {
		t.Errorf("links %v", got)
	}
}

// TestNoDriver is about a kernel without the driver.
func TestNoDriver(t *testing.T) {
	conn, _ := lab.Scratch(t)
	_, err := conn.Create(t.Context(), netkit.New("nk1"))
	const want = "create netkit nk1: operation not supported (this kernel has no netkit driver (CONFIG_NETKIT, since Linux 6.7))"
	if has := testutil.Matrix() && !testutil.Older(t, 6, 7); has != (err == nil) || err != nil && err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
