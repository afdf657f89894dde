package wireguard

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// whole returns a builder with every setting.
func whole() *Builder {
	return New("wg0").PrivateKey(privateOf(0x10)).ListenPort(0x1234).FwMark(0x12345678).Peer(
		Peer{Key: publicOf(0x20), PresharedKey: presharedOf(0x21), Endpoint: netip.MustParseAddrPort("192.0.2.7:4660"),
			AllowedIPs: prefixes("10.1.2.3/24", "2001:db8:1::5/64"), Keepalive: 25 * time.Second},
		Peer{Key: publicOf(0x30), Endpoint: netip.MustParseAddrPort("[2001:db8::7]:22136"), AllowedIPs: prefixes("10.9.0.0/16"), Keepalive: 65535 * time.Second},
		Peer{Key: publicOf(0x40)})
}

func wantWhole(l *lab) {
	l.Helper()
	l.wantPeers("wg0",
		text(publicOf(0x20), base64Of(0x21), "192.0.2.7:4660", "10.1.2.0/24,2001:db8:1::/64", "25"),
		text(publicOf(0x30), "(none)", "[2001:db8::7]:22136", "10.9.0.0/16", "65535"),
		text(publicOf(0x40), "(none)", "(none)", "(none)", "off"))
}

// TestSettings has `wg` report every setting as it was given, and Ensure nothing to do.
func TestSettings(t *testing.T) {
	l := newLab(t)
	link := l.make(whole().Up())[0]
	info, ok := Info(link)
	if !ok || info.ListenPort != 0x1234 || info.FwMark != 0x12345678 || info.PublicKey != publicOf(0x10) || len(info.Peers) != 3 || info.PrivateKey.Len() != 0 {
		t.Errorf("%+v", info)
	}
	device, _ := l.dump("wg0")
	if want := []string{base64Of(0x10), publicOf(0x10).String(), "4660", "0x12345678"}; !slices.Equal(device, want) {
		t.Errorf("%q, want %q", device, want)
	}
	wantWhole(l)
	if !l.Up("wg0") {
		t.Error("the link is down")
	}
	l.on(func(c *iplink.Conn) {
		changes, err := c.Ensure(t.Context(), whole().Up())
		testutil.Must(t, err)
		if changes[0].Created || len(changes[0].Differences) != 0 {
			t.Errorf("%+v", changes[0])
		}
	})
}

// TestChanges changes one thing at a time, and names it.
func TestChanges(t *testing.T) {
	l := newLab(t)
	l.make(whole())
	first := text(publicOf(0x20), base64Of(0x21), "192.0.2.7:4660", "10.1.2.0/24,2001:db8:1::/64", "25")
	second := text(publicOf(0x30), "(none)", "[2001:db8::7]:22136", "10.9.0.0/16", "65535")
	third := text(publicOf(0x40), "(none)", "(none)", "(none)", "off")
	for _, c := range []struct {
		change      *Builder
		differences []string
		peers       []string
	}{
		{New("wg0").Peer(Peer{Key: publicOf(0x40), AllowedIPs: prefixes("10.4.0.0/17"), Keepalive: 77 * time.Second}),
			[]string{"peer: have " + publicOf(0x40).String() + ", want " + publicOf(0x40).String() + " persistent-keepalive 77 allowed-ips 10.4.0.0/17"},
			[]string{first, second, text(publicOf(0x40), "(none)", "(none)", "10.4.0.0/17", "77")}},
		{New("wg0").Peer(Peer{Key: publicOf(0x40), ReplaceAllowedIPs: true, Keepalive: KeepaliveOff}), []string{
			"peer: have " + publicOf(0x40).String() + " persistent-keepalive 77 allowed-ips 10.4.0.0/17, want " + publicOf(0x40).String() + " persistent-keepalive off allowed-ips ''"},
			[]string{first, second, third}},
		{New("wg0").Peer(Peer{Key: publicOf(0x20), PresharedKey: presharedOf(0x22)}), []string{
			"peer: have " + publicOf(0x20).String() + " preshared-key another endpoint 192.0.2.7:4660 persistent-keepalive 25 allowed-ips 10.1.2.0/24,2001:db8:1::/64, want " +
				publicOf(0x20).String() + " preshared-key redacted"},
			[]string{strings.Replace(first, base64Of(0x21), base64Of(0x22), 1), second, third}},
		{New("wg0").Peer(Peer{Key: publicOf(0x20), PresharedKey: NewPresharedKey(make([]byte, 32)), Endpoint: netip.MustParseAddrPort("[::ffff:192.0.2.9]:9")}), nil,
			[]string{text(publicOf(0x20), "(none)", "192.0.2.9:9", "10.1.2.0/24,2001:db8:1::/64", "25"), second, third}},
		{New("wg0").DelPeer(publicOf(0x20), publicOf(0x99)), nil, []string{second, third}},
		{New("wg0").OnlyPeers(Peer{Key: publicOf(0x50), AllowedIPs: prefixes("10.9.0.0/16")}, Peer{Key: publicOf(0x30), AllowedIPs: prefixes("10.8.0.0/16")}), nil, []string{
			text(publicOf(0x30), "(none)", "[2001:db8::7]:22136", "10.8.0.0/16", "65535"), text(publicOf(0x50), "(none)", "(none)", "10.9.0.0/16", "off")}},
		{New("wg0").OnlyPeers(), nil, nil},
	} {
		l.on(func(conn *iplink.Conn) {
			diffs, err := conn.Diff(t.Context(), c.change)
			testutil.Must(t, err)
			var got []string
			for _, d := range diffs {
				got = append(got, d.String())
			}
			if c.differences != nil && !slices.Equal(got, c.differences) {
				t.Errorf("%v:\n%q, want\n%q", c.change, got, c.differences)
			}
			_, err = conn.Update(t.Context(), c.change)
			testutil.Must(t, err)
			l.wantPeers("wg0", c.peers...)
			if diffs, err = conn.Diff(t.Context(), c.change); err != nil || len(diffs) != 0 {
				t.Errorf("%v: still %v, %v", c.change, diffs, err)
			}
		})
	}
}

// TestDeviceChanges changes the settings of the link itself.
func TestDeviceChanges(t *testing.T) {
	l := newLab(t)
	l.make(whole().Up())
	l.on(func(c *iplink.Conn) {
		changes, err := c.Ensure(t.Context(), New("wg0").PrivateKey(privateOf(0x11)).ListenPort(0x4321).FwMark(0x777))
		testutil.Must(t, err)
		var got []string
		for _, d := range changes[0].Differences {
			got = append(got, d.String())
		}
		if want := []string{"private-key: have another, want redacted", "listen-port: have 4660, want 17185", "fwmark: have 0x12345678, want 0x777"}; !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		device, _ := l.dump("wg0")
		if want := []string{base64Of(0x11), publicOf(0x11).String(), "17185", "0x777"}; !slices.Equal(device, want) {
			t.Errorf("%q, want %q", device, want)
		}
		_, err = c.Update(t.Context(), New("wg0").PrivateKey(NewPrivateKey(make([]byte, 32))).ListenPort(0))
		testutil.Must(t, err)
		if device, _ = l.dump("wg0"); device[0] != "(none)" || device[2] != "17185" {
			t.Errorf("%q", device)
		}
		// A key that is no scalar of Curve25519 is one for the kernel, which clamps it.
		wild := secretOf(0x13)
		wild[0], wild[31] = 0xff, 0xff
		for range 2 {
			_, err = c.Ensure(t.Context(), New("wg0").PrivateKey(NewPrivateKey(wild)))
			testutil.Must(t, err)
		}
		if device, _ = l.dump("wg0"); device[1] != NewPrivateKey(wild).PublicKey().String() {
			t.Errorf("%q", device)
		}
	})
	wantWhole(l)
}

// TestRefused has refused settings leave nothing behind.
func TestRefused(t *testing.T) {
	l := newLab(t)
	l.make(whole().Up())
	l.In(func() {
		s, err := net.ListenPacket("udp", ":5555")
		testutil.Must(t, err)
		t.Cleanup(func() { s.Close() })
	})
	l.on(func(c *iplink.Conn) {
		_, err := c.Create(t.Context(), New("wg1").ListenPort(0x1234).Up(), New("wg2"))
		wantError(t, err, syscall.EADDRINUSE, "create wireguard wg1: listen-port: address already in use (UDP port 4660 is taken in the namespace of the link's socket: give the link another ListenPort, or 0 for a free one)")
		if names := l.Names(); len(names) != 2 {
			t.Errorf("links %v", names)
		}
		_, err = c.Update(t.Context(), New("wg0").FwMark(9).ListenPort(5555).Peer(Peer{Key: publicOf(0x70)}).DelPeer(publicOf(0x30)))
		wantError(t, err, syscall.EADDRINUSE, "update wireguard wg0: listen-port: address already in use (UDP port 5555 is taken")
		wantWhole(l)
		if device, _ := l.dump("wg0"); device[2] != "4660" || device[3] != "0x12345678" {
			t.Errorf("%q", device)
		}
		_, err = c.Create(t.Context(), New("wg1").ListenPort(5555))
		testutil.Must(t, err)
		_, err = c.Update(t.Context(), New("wg1").Up())
		wantError(t, err, syscall.EADDRINUSE, "update wireguard wg1: listen-port: address already in use (the UDP port is taken")
		_, err = c.Update(t.Context(), New("wg0").Peer(Peer{Key: publicOf(0x10)}))
		wantError(t, err, fs.ErrInvalid, "update wireguard wg0: peer "+publicOf(0x10).String()+": invalid argument (it is the link's own public key, which the kernel ignores as a peer)")
	})
}

func wantError(t *testing.T, err, is error, text string) {
	t.Helper()
	if !errors.Is(err, is) || !strings.HasPrefix(err.Error(), text) {
		t.Errorf("error %v, want %s", err, text)
	}
}

// TestNamespaces makes links whose socket is in another namespace.
func TestNamespaces(t *testing.T) {
	l, inside := newLab(t), testutil.NewLab(t)
	ns := testutil.OpenedBy(inside, iplink.CurrentNetNS)
	l.make(New("wg0").NetNS(ns).ListenPort(0x1234).Up())
	l.on(func(c *iplink.Conn) {
		_, err := c.Create(t.Context(), New("wg1").NetNS(ns).LinkNetNS(ns).ListenPort(0x4321).Up())
		testutil.Must(t, err)
		for range 2 {
			changes, err := c.Ensure(t.Context(), New("wg0").NetNS(ns).ListenPort(0x1234), New("wg1").NetNS(ns).LinkNetNS(ns).ListenPort(0x4321))
			if err != nil || len(changes[0].Differences)+len(changes[1].Differences) != 0 {
				t.Error(err, changes)
			}
		}
	})
	if names := inside.Names(); !slices.Contains(names, "wg0") || !slices.Contains(names, "wg1") {
		t.Errorf("links %v", names)
	}
	for name, in := range map[string]*testutil.Lab{"1234": l.Lab, "4321": inside} {
		for _, l := range []*testutil.Lab{l.Lab, inside} {
			table, err := l.Proc("udp")
			testutil.Must(t, err)
			if got := strings.Contains(table, ":"+name+" "); got != (l == in) {
				t.Errorf("port %s: %v in %s", name, got, table)
			}
		}
	}
}
