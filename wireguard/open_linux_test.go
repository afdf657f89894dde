package wireguard

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// TestOpen changes an existing link, and reads what `wg` has set.
func TestOpen(t *testing.T) {
	l := newLab(t)
	l.make(whole())
	d := l.open("wg0")
	ctx := t.Context()
	testutil.Must(t, d.AddPeer(ctx, Peer{Key: publicOf(0x50), AllowedIPs: prefixes("10.5.0.0/16", "10.6.0.0/16", "2001:db8:5::/48")}))
	testutil.Must(t, d.SetPeer(ctx, Peer{Key: publicOf(0x40), PresharedKey: presharedOf(0x41), AllowedIPs: prefixes("10.6.0.0/16")}, Peer{Key: publicOf(0x20), Remove: true}))
	testutil.Must(t, d.RemovePeer(ctx, publicOf(0x30)))
	testutil.Must(t, d.SetPrivateKey(ctx, privateOf(0x11)))
	testutil.Must(t, d.SetListenPort(ctx, 0x4321))
	testutil.Must(t, d.SetFwMark(ctx, 0x777))
	l.wantPeers("wg0", text(publicOf(0x40), base64Of(0x41), "(none)", "10.6.0.0/16", "off"), text(publicOf(0x50), "(none)", "(none)", "10.5.0.0/16,2001:db8:5::/48", "off"))
	if device, _ := l.dump("wg0"); !slices.Equal(device, []string{base64Of(0x11), publicOf(0x11).String(), "17185", "0x777"}) {
		t.Errorf("%q", device)
	}
	testutil.Must(t, d.RemoveAllowedIPs(ctx, publicOf(0x50), netip.MustParsePrefix("10.5.9.9/16")))
	l.wantPeers("wg0", text(publicOf(0x40), base64Of(0x41), "(none)", "10.6.0.0/16", "off"), text(publicOf(0x50), "(none)", "(none)", "2001:db8:5::/48", "off"))
	l.wg("set", "wg0", "fwmark", "0x1235", "peer", publicOf(0x50).String(), "endpoint", "[2001:db8::9]:4660", "persistent-keepalive", "99")
	s, err := d.Status(ctx)
	testutil.Must(t, err)
	p := s.Peer(publicOf(0x50))
	if s.Name != "wg0" || s.Index != d.Index() || s.PublicKey != publicOf(0x11) || s.ListenPort != 0x4321 || s.FwMark != 0x1235 || len(s.Peers) != 2 || s.Peer(publicOf(0x20)) != nil ||
		p == nil || p.HasPresharedKey || p.Endpoint.String() != "[2001:db8::9]:4660" || p.Keepalive != 99*time.Second || !slices.Equal(p.AllowedIPs, prefixes("2001:db8:5::/48")) ||
		!p.LastHandshake.IsZero() || p.ProtocolVersion != 1 || !s.Peer(publicOf(0x40)).HasPresharedKey {
		t.Errorf("%+v", s)
	}
}

// TestOpenRefused has operations that cannot be carried out change nothing.
func TestOpenRefused(t *testing.T) {
	l := newLab(t)
	l.make(whole())
	d, ctx, stranger := l.open("wg0"), t.Context(), Peer{Key: publicOf(0x70)}
	for want, c := range map[string]struct {
		is  error
		err error
	}{
		"add wireguard wg0: peer " + publicOf(0x20).String() + ": file exists": {fs.ErrExist, d.AddPeer(ctx, stranger, Peer{Key: publicOf(0x20)})},
		"set wireguard wg0: peer " + stranger.Key.String() + ": no such file":  {fs.ErrNotExist, d.SetPeer(ctx, Peer{Key: publicOf(0x20), Keepalive: time.Second}, stranger)},
		"remove wireguard wg0: peer " + stranger.Key.String() + ": no such":    {fs.ErrNotExist, d.RemovePeer(ctx, publicOf(0x20), stranger.Key)},
		"remove wireguard wg0: peer " + publicOf(0x20).String() + ": no such":  {fs.ErrNotExist, d.RemoveAllowedIPs(ctx, publicOf(0x20), netip.MustParsePrefix("10.9.0.0/16"))},
		"add wireguard wg0: peer " + publicOf(0x10).String() + ": invalid":     {fs.ErrInvalid, d.AddPeer(ctx, stranger, Peer{Key: publicOf(0x10)})},
		"add wireguard wg0: peer " + stranger.Key.String() + " endpoint":       {fs.ErrInvalid, d.AddPeer(ctx, Peer{Key: stranger.Key, Endpoint: netip.MustParseAddrPort("192.0.2.1:0")})},
		"add wireguard wg0: peer " + stranger.Key.String() + ": invalid":       {fs.ErrInvalid, d.AddPeer(ctx, stranger, stranger)},
		"set wireguard wg0: private-key":                                       {fs.ErrInvalid, d.SetPrivateKey(ctx, PrivateKey{})},
	} {
		wantError(t, c.err, c.is, want)
	}
	wantWhole(l)
	l.Batch("link add dummy0 type veth peer name dummy1", "link del wg0")
	_, err := d.Status(ctx)
	wantError(t, err, fs.ErrNotExist, "show wireguard wg0: no such device")
	l.In(func() { _, err = Open(ctx, "dummy0") })
	wantError(t, err, iplink.ErrKind, "open wireguard dummy0: ")
	l.In(func() { _, err = Open(ctx, "wg0") })
	wantError(t, err, fs.ErrNotExist, "open wireguard wg0: no such device")
}

// TestManyPeers sets more peers than fit a message, and reads them.
func TestManyPeers(t *testing.T) {
	const each = 5
	l, count := newLab(t), 5000
	if testutil.Matrix() && testutil.Older(t, 7, 0) {
		count = 1000 // which are several messages, too
	}
	var peers []Peer
	var want []string
	for n := range count {
		p := Peer{Keepalive: time.Duration(1+n) * time.Second}
		binary.BigEndian.PutUint32(p.Key[3:], uint32(n+1))
		var words []string
		for k := range each {
			var a [4]byte
			binary.BigEndian.PutUint32(a[:], 0x0a000000+uint32(n*each+k))
			p.AllowedIPs = append(p.AllowedIPs, netip.PrefixFrom(netip.AddrFrom4(a), 32))
			words = append(words, p.AllowedIPs[k].String())
		}
		slices.Sort(words)
		peers = append(peers, p)
		want = append(want, text(p.Key, "(none)", "(none)", strings.Join(words, ","), fmt.Sprint(1+n)))
	}
	var vast Peer
	vast.Key[7] = 9
	var words []string
	for n := range 3000 {
		vast.AllowedIPs = append(vast.AllowedIPs, netip.MustParsePrefix(fmt.Sprintf("2001:db8:%x::/48", n)).Masked())
		words = append(words, vast.AllowedIPs[n].String())
	}
	slices.Sort(words)
	want = append(want, text(vast.Key, "(none)", "(none)", strings.Join(words, ","), "off"))
	l.make(New("wg0").Peer(peers...).Peer(vast))
	seventh := want[7]
	l.wantPeers("wg0", want...)
	s, err := l.open("wg0").Status(t.Context())
	testutil.Must(t, err)
	if len(s.Peers) != count+1 || len(s.Peer(vast.Key).AllowedIPs) != 3000 || len(s.Peer(peers[count-679].Key).AllowedIPs) != each {
		t.Errorf("%d peers", len(s.Peers))
	}
	l.on(func(c *iplink.Conn) {
		changes, err := c.Ensure(t.Context(), New("wg0").OnlyPeers(peers...))
		testutil.Must(t, err)
		if diffs := changes[0].Differences; len(diffs) != 1 || diffs[0].Want != "" {
			t.Errorf("%d differences", len(diffs))
		}
		_, err = c.Update(t.Context(), New("wg0").OnlyPeers(peers[7]))
		testutil.Must(t, err)
	})
	l.wantPeers("wg0", seventh)
}

// TestRandomPeers ensures random peers one after the other.
func TestRandomPeers(t *testing.T) {
	l := newLab(t)
	l.make(New("wg0"))
	r := rand.New(rand.NewPCG(5, 6))
	l.on(func(c *iplink.Conn) {
		for n := range 40 {
			b, want := randomPeers(r)
			_, err := c.Ensure(t.Context(), b)
			testutil.Must(t, err)
			l.wantPeers("wg0", want...)
			if changes, err := c.Ensure(t.Context(), b); err != nil || len(changes[0].Differences) != 0 {
				t.Fatalf("%d: %v, %v", n, changes, err)
			}
		}
	})
}

// randomPeers returns a builder with some of six peers that share eight addresses, and
// what `wg` is to show.
func randomPeers(r *rand.Rand) (b *Builder, want []string) {
	b = New("wg0").OnlyPeers()
	owner := map[int]int{}
	for i := range 8 {
		owner[i] = r.IntN(9)
	}
	for n := range 6 {
		if r.IntN(3) == 0 {
			continue
		}
		p := Peer{Key: publicOf(byte(0x80 + 8*n)), PresharedKey: presharedOf(byte(0x10 * r.IntN(4))), Keepalive: time.Duration(1+r.IntN(3)) * time.Second,
			Endpoint: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(1 + r.IntN(3))}), 0x1234)}
		var ips []string
		for i := range 8 {
			if owner[i] == n {
				p.AllowedIPs = append(p.AllowedIPs, netip.MustParsePrefix(fmt.Sprintf("10.%d.0.0/16", i)))
				ips = append(ips, p.AllowedIPs[len(p.AllowedIPs)-1].String())
			}
		}
		if len(ips) == 0 {
			ips = []string{"(none)"}
		}
		b.Peer(p)
		want = append(want, text(p.Key, Key(p.PresharedKey.Expose()).String(), p.Endpoint.String(), strings.Join(ips, ","), fmt.Sprint(int(p.Keepalive/time.Second))))
	}
	return b, want
}

// TestTunnel sends pings through a tunnel between two namespaces.
func TestTunnel(t *testing.T) {
	l, there := newLab(t), &lab{testutil.NewLab(t)}
	l.Batch("link add eth1 up type veth peer name eth2 netns "+there.Path(), "address add 192.0.2.1/24 dev eth1")
	there.Batch("address add 192.0.2.2/24 dev eth2", "link set eth2 up")
	shared := presharedOf(0x77)
	l.make(New("wg0").PrivateKey(privateOf(0x10)).ListenPort(0x1234).Addr(netip.MustParsePrefix("10.0.0.1/24")).Up().Peer(
		Peer{Key: publicOf(0x20), PresharedKey: shared, Endpoint: netip.MustParseAddrPort("192.0.2.2:17185"), AllowedIPs: prefixes("10.0.0.2/32")}))
	there.make(New("wg0").PrivateKey(privateOf(0x20)).ListenPort(0x4321).Addr(netip.MustParsePrefix("10.0.0.2/24")).Up().Peer(
		Peer{Key: publicOf(0x10), PresharedKey: shared, AllowedIPs: prefixes("10.0.0.1/32")}))
	before := time.Now().Add(-2 * time.Second)
	if out, err := l.Run("ping", "-n", "-c", "3", "-i", "0.2", "-W", "5", "10.0.0.2"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s, err := there.open("wg0").Status(t.Context())
	testutil.Must(t, err)
	p := s.Peer(publicOf(0x10))
	if p == nil || p.Endpoint.String() != "192.0.2.1:4660" || p.RxBytes < 3*84 || p.TxBytes < 3*84 || p.LastHandshake.Before(before) || p.LastHandshake.After(time.Now().Add(time.Second)) {
		t.Errorf("%+v", p)
	}
	fields := strings.Fields(there.wg("show", "wg0", "transfer"))
	if len(fields) != 3 || fields[1] != fmt.Sprint(p.RxBytes) || fields[2] != fmt.Sprint(p.TxBytes) {
		t.Errorf("wg says %v, Status %d and %d", fields, p.RxBytes, p.TxBytes)
	}
}
