package gtp_test

import (
	"errors"
	"io/fs"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/gtp"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// scratch returns a Conn in a new namespace, and the namespace.
func scratch(t *testing.T) (*iplink.Conn, *testutil.Lab) {
	t.Helper()
	testutil.Need(t, iplink.KindGTP)
	return lab.Scratch(t)
}

// TestElsewhere puts the link into another namespace than its sockets, manages its contexts
// there, and deletes it.
func TestElsewhere(t *testing.T) {
	conn, ns := scratch(t)
	inner, outer := testutil.NewLab(t), testutil.NewLab(t)
	spec := gtp.New("gtp0").Sockets().LinkNetNS(lab.NetNS(outer)).NetNS(lab.NetNS(inner)).PDP(v1(7, 8, "192.0.2.2", "10.0.0.1"))
	lab.MustCreate(t, conn, spec)
	lab.Ensured(t, conn, spec, false)
	for l, want := range map[*testutil.Lab]bool{ns: false, inner: false, outer: true} {
		if got := has2152(l); got != want {
			t.Errorf("a socket at port 2152: %v, want %v", got, want)
		}
	}
	d, err := gtp.Open(t.Context(), "gtp0", iplink.In(lab.NetNS(inner)))
	testutil.Must(t, err)
	defer d.Close()
	wants(t, d, v1(7, 8, "192.0.2.2", "10.0.0.1"))
	testutil.Must(t, d.AddPDP(t.Context(), v1(9, 8, "192.0.2.2", "10.0.0.2")))
	wants(t, d, v1(7, 8, "192.0.2.2", "10.0.0.1"), v1(9, 8, "192.0.2.2", "10.0.0.2"))
	inner.IP("link del gtp0")
	if has2152(outer) {
		t.Error("the socket outlives the link")
	}
	if err := d.AddPDP(t.Context(), v1(7, 8, "192.0.2.2", "10.0.0.1")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v of a link that was deleted", err)
	}
}

// has2152 reports whether a namespace has a UDP socket at port 2152.
func has2152(l *testutil.Lab) bool {
	l.Helper()
	text, err := l.Proc("udp")
	testutil.Must(l, err)
	return strings.Contains(text, ":0868 ")
}

// TestContexts changes the contexts of a link by builders.
func TestContexts(t *testing.T) {
	conn, ns := scratch(t)
	a, b, c := v1(0x11, 0x12, "192.0.2.2", "10.0.0.1"), v1(0x21, 0x22, "192.0.2.2", "10.0.0.2"), v0(0x31, 0x32, "192.0.2.3", "10.0.0.3")
	spec := gtp.New("gtp0").Sockets().PDP(a, b)
	link := lab.MustCreate(t, conn, spec)[0]
	if info, ok := gtp.Info(link); !ok || len(info.PDPs) != 2 || info.HashSize != 1024 {
		t.Errorf("%+v", info)
	}
	d := testutil.OpenedLink(ns, "gtp0", gtp.Open)
	wants(t, d, a, b)
	lab.Ensured(t, conn, spec, false)

	other, moved := a, b // the same tunnel for another mobile, and another node
	other.MS, moved.Peer = lab.Addr("10.0.0.4"), lab.Addr("192.0.2.4")
	change := lab.Ensured(t, conn, gtp.New("gtp0").PDP(other, moved, c), false, "pdp", "pdp", "pdp")
	if got := change.Differences[0]; got.Have != a.String() || got.Want != other.String() || change.Differences[2].Have != "" {
		t.Errorf("%v", change.Differences)
	}
	wants(t, d, moved, c, other)
	diffs, err := conn.Diff(t.Context(), gtp.New("gtp0").OnlyPDPs(c))
	if testutil.Must(t, err); len(diffs) != 2 || diffs[0].Want != "" || diffs[0].Immutable {
		t.Errorf("%v", diffs)
	}
	lab.Updated(t, conn, gtp.New("gtp0").OnlyPDPs(c))
	wants(t, d, c)

	var many []gtp.PDP
	for i := range uint32(520) {
		many = append(many, v1(i+1, i+2, "192.0.2.2", netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}).String()))
	}
	taken := c // found after the others were made
	taken.MS = lab.Addr("10.0.0.9")
	if err := d.AddPDP(t.Context(), append(slices.Clone(many[:300]), taken)...); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "pdp 10.0.0.9: ") {
		t.Errorf("error %v", err)
	}
	wants(t, d, c)
	lab.Updated(t, conn, gtp.New("gtp0").OnlyPDPs(many...))
	wants(t, d, many...)
}

// TestRecreate replaces a link whose ports the new one needs, and restores it if the new
// one fails.
func TestRecreate(t *testing.T) {
	conn, ns := scratch(t)
	lab.MustCreate(t, conn, gtp.New("gtp0").Sockets())
	next := func() *gtp.Builder { return gtp.New("gtp0").Sockets().Role(gtp.SGSN).Recreate() }
	if err := lab.ErrorOf(conn.Ensure(t.Context(), next().PDP(v1(7, 8, "2001:db8::2", "10.0.0.1")))); err == nil || !strings.Contains(err.Error(), "pdp 10.0.0.1: ") {
		t.Errorf("error %v", err)
	}
	if role := ns.InfoData("gtp0")["role"]; role != "ggsn" || !has2152(ns) {
		t.Errorf("role %v, a socket at port 2152: %v", role, has2152(ns))
	}
	if change := lab.Ensured(t, conn, next(), false, "role"); !change.Recreated {
		t.Errorf("%+v", change)
	}
}

// TestFaults is about the mistakes that the kernel or the library refuse.
func TestFaults(t *testing.T) {
	conn, ns := scratch(t)
	closed, used, one := socket(ns, "udp4", 0), socket(ns, "udp4", 0), v1(7, 8, "192.0.2.2", "10.0.0.1")
	closed.Close()
	lab.MustCreate(t, conn, gtp.New("gtp0").Sockets().PDP(one), gtp.New("gtp1").FD1(used))
	create := func(b *gtp.Builder) error { return lab.ErrorOf(conn.Create(t.Context(), b)) }
	b := func() *gtp.Builder { return gtp.New("gtp2") }
	d, d1 := testutil.OpenedLink(ns, "gtp0", gtp.Open), testutil.OpenedLink(ns, "gtp1", gtp.Open)
	add := func(p gtp.PDP) error { return d.AddPDP(t.Context(), p) }
	for _, c := range []struct {
		err  error
		is   error
		text string
	}{
		{create(b()), fs.ErrInvalid, "sockets: invalid argument (a GTP link needs Sockets"},
		{create(b().Sockets().FD0(used)), fs.ErrInvalid, "sockets: "},
		{create(b().FD0(used).LocalIP(lab.Addr("127.0.0.1"))), fs.ErrInvalid, "local: "},
		{create(b().FD1(nil)), fs.ErrInvalid, "fd1: invalid argument (it is nil"},
		{create(b().FD0(closed)), fs.ErrInvalid, "fd0: invalid argument (the file is closed"},
		{create(b().FD0(ns.File)), fs.ErrInvalid, "fd0: invalid argument (it is not a UDP socket"},
		{create(b().FD1(socket(ns, "udp", 0))), fs.ErrInvalid, "fd1: invalid argument (a socket for IPv6 must not"},
		{create(b().Sockets().Role(2)), fs.ErrInvalid, "role: "},
		{create(b().Sockets().Address(lab.MAC)), fs.ErrInvalid, "address: "},
		{create(b().Sockets().PDP(one, v1(9, 8, "192.0.2.2", "10.0.0.1"))), fs.ErrInvalid, "pdp 10.0.0.1 ms: "},
		{create(b().Sockets().PDP(one, v1(7, 8, "192.0.2.2", "10.0.0.2"))), fs.ErrInvalid, "pdp 10.0.0.2 tei: "},
		{create(b().Sockets().PDP(gtp.PDP{Version: 1, LocalTEI: 7, PeerTEI: 8, MS: one.MS})), fs.ErrInvalid, "pdp 10.0.0.1 peer: "},
		{create(b().Sockets()), syscall.EADDRINUSE, `sockets: address already in use (UDP port 3386 or 2152 is taken by "gtp`},
		{create(b().FD1(used)), syscall.EBUSY, "(a socket of FD0 or FD1 belongs to another tunnel"},
		{create(b().FD1(socket(ns, "udp4", 0)).HashSize(1 << 30)), syscall.ENOMEM, "(the kernel has no room"},
		{create(b().FD1(socket(ns, "udp4", 0)).PDP(v0(7, 8, "192.0.2.2", "10.0.0.1"))), syscall.ENODEV, "pdp 10.0.0.1: no such device (the link has no socket for version 0"},
		{lab.ErrorOf(conn.Update(t.Context(), gtp.New("gtp0").RestartCount(7))), iplink.ErrImmutable, "restart_count: "},
		{lab.ErrorOf(conn.Update(t.Context(), gtp.New("gtp0").FD0(used))), iplink.ErrImmutable, "fd0: "},
		{add(one), fs.ErrExist, "pdp 10.0.0.1: file exists (the link has a context"},
		{add(gtp.PDP{Version: 2, MS: one.MS}), fs.ErrInvalid, "pdp 10.0.0.1 version: "},
		{add(gtp.PDP{Version: 1, TID: 7, MS: one.MS}), fs.ErrInvalid, "pdp 10.0.0.1 tid: "},
		{add(gtp.PDP{LocalTEI: 7, MS: one.MS}), fs.ErrInvalid, "pdp 10.0.0.1 tei: "},
		{add(v1(7, 8, "192.0.2.2", "2001:db8::7")), fs.ErrInvalid, "pdp 2001:db8::7 ms: "},
		{add(v1(9, 8, "2001:db8::2", "10.0.0.9")), nil, "pdp 10.0.0.9: "},
		{d1.AddPDP(t.Context(), v0(7, 8, "192.0.2.2", "10.0.0.1")), syscall.ENODEV, "pdp 10.0.0.1: no such device (the link has no socket for version 0"},
		{d.DeletePDP(t.Context(), one, gtp.PDP{MS: lab.Addr("10.0.0.9")}), fs.ErrNotExist, "delete gtp gtp0: pdp 10.0.0.9: no such file"},
		{d.DeletePDP(t.Context(), gtp.PDP{Version: 1}), fs.ErrInvalid, "ms: "},
	} {
		if c.err == nil || c.is != nil && !errors.Is(c.err, c.is) || !strings.Contains(c.err.Error(), c.text) {
			t.Errorf("%v\n   want %s", c.err, c.text)
		}
	}
	wants(t, d, one)
	if got := ns.Names(); slices.Contains(got, "gtp2") {
		t.Errorf("left behind: %v", got)
	}
	testutil.Must(t, d.Close())
	if err := add(one); err == nil {
		t.Error("a closed Device works")
	}
}

// TestLocalIP has an older kernel refuse the address, since it would ignore it.
func TestLocalIP(t *testing.T) {
	conn, ns := scratch(t)
	ns.Batch("link set dev lo up")
	err := lab.ErrorOf(conn.Create(t.Context(), gtp.New("gtp0").Sockets().LocalIP(lab.Addr("192.0.2.1"))))
	want, text := error(syscall.EADDRNOTAVAIL), "(LocalIP must be an address of the namespace"
	if testutil.Older(t, 6, 10) {
		want, text = syscall.EOPNOTSUPP, "local: unsupported operation (this kernel would ignore it"
	}
	if !errors.Is(err, want) || !strings.Contains(err.Error(), text) {
		t.Errorf("error %v, want %v", err, want)
	}
	if testutil.Older(t, 6, 10) {
		return
	}
	lab.MustCreate(t, conn, gtp.New("gtp0").Sockets().LocalIP(lab.Addr("127.0.0.17")), gtp.New("gtp1").Sockets().LocalIP(lab.Addr("127.0.0.18")))
}
