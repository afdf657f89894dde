package wireguard

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mdlayher/netlink"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
)

// TestAttributes sets each attribute of the family, or has the kernel change those that it
// only reports, and compares with `wg show`.
func TestAttributes(t *testing.T) {
	by := func(name string, prove func(*testing.T)) testutil.Attribute {
		return testutil.Attribute{Name: name, Oracle: "wg", Prove: prove}
	}
	t.Run("device", func(t *testing.T) {
		testutil.ProveEach(t, uapi.WGDEVICE_A_PEERS, map[uint16]testutil.Attribute{
			uapi.WGDEVICE_A_IFINDEX:     by("WGDEVICE_A_IFINDEX", proveIndex),
			uapi.WGDEVICE_A_IFNAME:      {Name: "WGDEVICE_A_IFNAME", Unused: "the index identifies the link"},
			uapi.WGDEVICE_A_PRIVATE_KEY: by("WGDEVICE_A_PRIVATE_KEY", provePrivateKey),
			uapi.WGDEVICE_A_PUBLIC_KEY:  by("WGDEVICE_A_PUBLIC_KEY", provePublicKey),
			uapi.WGDEVICE_A_FLAGS:       {Name: "WGDEVICE_A_FLAGS", Unused: "peers are removed one by one"},
			uapi.WGDEVICE_A_LISTEN_PORT: by("WGDEVICE_A_LISTEN_PORT", proveListenPort),
			uapi.WGDEVICE_A_FWMARK:      by("WGDEVICE_A_FWMARK", proveFwMark),
			uapi.WGDEVICE_A_PEERS:       by("WGDEVICE_A_PEERS", provePeers),
		})
	})
	t.Run("peer", func(t *testing.T) {
		testutil.ProveEach(t, uapi.WGPEER_A_PROTOCOL_VERSION, map[uint16]testutil.Attribute{
			uapi.WGPEER_A_PUBLIC_KEY:                    by("WGPEER_A_PUBLIC_KEY", provePeers),
			uapi.WGPEER_A_PRESHARED_KEY:                 by("WGPEER_A_PRESHARED_KEY", provePresharedKey),
			uapi.WGPEER_A_FLAGS:                         by("WGPEER_A_FLAGS", provePeerFlags),
			uapi.WGPEER_A_ENDPOINT:                      by("WGPEER_A_ENDPOINT", proveEndpoint),
			uapi.WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL: by("WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL", proveKeepalive),
			uapi.WGPEER_A_LAST_HANDSHAKE_TIME:           by("WGPEER_A_LAST_HANDSHAKE_TIME", proveHandshake),
			uapi.WGPEER_A_RX_BYTES:                      by("WGPEER_A_RX_BYTES", proveRxBytes),
			uapi.WGPEER_A_TX_BYTES:                      by("WGPEER_A_TX_BYTES", proveTxBytes),
			uapi.WGPEER_A_ALLOWEDIPS:                    by("WGPEER_A_ALLOWEDIPS", proveAllowedIPs("10.1.0.0/16 10.2.0.0/15", "2001:db8:1::/48")),
			uapi.WGPEER_A_PROTOCOL_VERSION:              {Name: "WGPEER_A_PROTOCOL_VERSION", Oracle: "bytes", Prove: proveProtocol},
		})
	})
	t.Run("allowed IP", func(t *testing.T) {
		testutil.ProveEach(t, uapi.WGALLOWEDIP_A_FLAGS, map[uint16]testutil.Attribute{
			uapi.WGALLOWEDIP_A_FAMILY:    by("WGALLOWEDIP_A_FAMILY", proveAllowedIPs("10.1.0.0/16", "2001:db8:1::/48")),
			uapi.WGALLOWEDIP_A_IPADDR:    by("WGALLOWEDIP_A_IPADDR", proveAllowedIPs("10.18.52.86/32", "10.86.52.18/32")),
			uapi.WGALLOWEDIP_A_CIDR_MASK: by("WGALLOWEDIP_A_CIDR_MASK", proveAllowedIPs("10.64.0.0/11", "10.64.0.0/13")),
			uapi.WGALLOWEDIP_A_FLAGS:     {Name: "WGALLOWEDIP_A_FLAGS", Since: [2]int{6, 16}, Oracle: "wg", Prove: proveRemoved},
		})
	})
}

// one has a link without settings.
func one(t *testing.T) (*lab, *Device) {
	t.Helper()
	l := newLab(t)
	l.make(New("wg0"))
	return l, l.open("wg0")
}

// status returns the report of this library.
func status(t *testing.T, d *Device) *Status {
	t.Helper()
	s, err := d.Status(t.Context())
	testutil.Must(t, err)
	return s
}

// show demands the words of `wg show` about something of wg0, sorted.
func (l *lab) show(what, want string) {
	l.Helper()
	words := strings.Fields(l.wg("show", "wg0", what))
	slices.Sort(words)
	if got := strings.Join(words, " "); got != want {
		l.Errorf("wg shows %s %s, want %s", what, got, want)
	}
}

func proveIndex(t *testing.T) {
	l, _ := one(t)
	l.make(New("wg1"), New("wg2"))
	d := l.open("wg1")
	testutil.Must(t, d.SetFwMark(t.Context(), 0x777))
	marks := strings.Fields(l.wg("show", "all", "fwmark"))
	if want := []string{"wg0", "off", "wg1", "0x777", "wg2", "off"}; !slices.Equal(marks, want) {
		t.Errorf("wg shows %q, want %q", marks, want)
	}
	if s := status(t, d); float64(s.Index) != l.Link("wg1")["ifindex"] {
		t.Errorf("the index of wg1 is %d", s.Index)
	}
}

func provePrivateKey(t *testing.T) {
	l, d := one(t)
	for _, n := range []byte{0x10, 0x11} {
		testutil.Must(t, d.SetPrivateKey(t.Context(), privateOf(n)))
		l.show("private-key", base64Of(n))
	}
}

// provePublicKey has the kernel change the public key.
func provePublicKey(t *testing.T) {
	l, d := one(t)
	for _, n := range []byte{0x10, 0x11} {
		testutil.Must(t, d.SetPrivateKey(t.Context(), privateOf(n)))
		l.show("public-key", status(t, d).PublicKey.String())
	}
}

func proveListenPort(t *testing.T) {
	l, d := one(t)
	for _, port := range []uint16{0x1234, 0x4321} {
		testutil.Must(t, d.SetListenPort(t.Context(), port))
		l.show("listen-port", fmt.Sprint(port))
		if got := status(t, d).ListenPort; got != port {
			t.Errorf("port %d, want %d", got, port)
		}
	}
}

func proveFwMark(t *testing.T) {
	l, d := one(t)
	for _, mark := range []uint32{0x12345678, 0x777} {
		testutil.Must(t, d.SetFwMark(t.Context(), mark))
		l.show("fwmark", fmt.Sprintf("%#x", mark))
		if got := status(t, d).FwMark; got != mark {
			t.Errorf("mark %#x, want %#x", got, mark)
		}
	}
}

// provePeers adds a peer, and another one.
func provePeers(t *testing.T) {
	l, d := one(t)
	var want []string
	for i, key := range []Key{publicOf(0x20), publicOf(0x30)} {
		testutil.Must(t, d.AddPeer(t.Context(), Peer{Key: key}))
		want = append(want, key.String())
		slices.Sort(want)
		l.show("peers", strings.Join(want, " "))
		if peers := status(t, d).Peers; len(peers) != i+1 || peers[i].Key != key {
			t.Errorf("%+v", peers)
		}
	}
}

// onePeer has a link with a peer, whose fields in `wg show` follow its key.
func onePeer(t *testing.T) (*lab, *Device, Key) {
	t.Helper()
	l, d := one(t)
	key := publicOf(0x20)
	testutil.Must(t, d.AddPeer(t.Context(), Peer{Key: key}))
	return l, d, key
}

// showPeer demands the words of `wg show` about something of the only peer.
func (l *lab) showPeer(what, want string) {
	l.Helper()
	_, words, _ := strings.Cut(strings.TrimSpace(l.wg("show", "wg0", what)), "\t")
	if words != want {
		l.Errorf("wg shows %s %s, want %s", what, words, want)
	}
}

func provePresharedKey(t *testing.T) {
	l, d, key := onePeer(t)
	if status(t, d).Peer(key).HasPresharedKey {
		t.Error("the peer has a preshared key")
	}
	for _, n := range []byte{0x21, 0x22} {
		testutil.Must(t, d.SetPeer(t.Context(), Peer{Key: key, PresharedKey: presharedOf(n)}))
		l.showPeer("preshared-keys", base64Of(n))
		if !status(t, d).Peer(key).HasPresharedKey {
			t.Error("the peer has no preshared key")
		}
	}
}

// provePeerFlags replaces allowed IPs, changes a peer that was removed after it was read,
// which must not come back, and removes a peer.
func provePeerFlags(t *testing.T) {
	l, d, key := onePeer(t)
	for _, ip := range []string{"10.1.0.0/16", "10.2.0.0/15"} {
		testutil.Must(t, d.SetPeer(t.Context(), Peer{Key: key, AllowedIPs: prefixes(ip), ReplaceAllowedIPs: true}))
		l.showPeer("allowed-ips", ip)
	}
	sends := 0
	d.nl.SetHook(func(at rtnl.Point) error {
		if at == rtnl.BeforeSend {
			if sends++; sends == 2 {
				l.wg("set", "wg0", "peer", key.String(), "remove")
			}
		}
		return nil
	})
	testutil.Must(t, d.SetPeer(t.Context(), Peer{Key: key, Keepalive: time.Second}))
	d.nl.SetHook(nil)
	if l.show("peers", ""); sends != 2 {
		t.Errorf("%d sends", sends)
	}
	testutil.Must(t, d.AddPeer(t.Context(), Peer{Key: key}, Peer{Key: publicOf(0x30)}))
	testutil.Must(t, d.RemovePeer(t.Context(), key))
	l.show("peers", publicOf(0x30).String())
}

func proveEndpoint(t *testing.T) {
	l, d, key := onePeer(t)
	for _, text := range []string{"192.0.2.7:4660", "[2001:db8::7]:22136"} {
		want := netip.MustParseAddrPort(text)
		testutil.Must(t, d.SetPeer(t.Context(), Peer{Key: key, Endpoint: want}))
		l.showPeer("endpoints", text)
		if got := status(t, d).Peer(key).Endpoint; got != want {
			t.Errorf("endpoint %v, want %v", got, want)
		}
	}
}

func proveKeepalive(t *testing.T) {
	l, d, key := onePeer(t)
	for _, want := range []time.Duration{25 * time.Second, 65535 * time.Second} {
		testutil.Must(t, d.SetPeer(t.Context(), Peer{Key: key, Keepalive: want}))
		l.showPeer("persistent-keepalive", fmt.Sprint(int(want.Seconds())))
		if got := status(t, d).Peer(key).Keepalive; got != want {
			t.Errorf("keepalive %v, want %v", got, want)
		}
	}
}

// proveAllowedIPs returns a test that gives a peer some allowed IPs, and others instead.
func proveAllowedIPs(first, second string) func(*testing.T) {
	return func(t *testing.T) {
		l, d, key := onePeer(t)
		for _, text := range []string{first, second} {
			want := prefixes(strings.Fields(text)...)
			testutil.Must(t, d.SetPeer(t.Context(), Peer{Key: key, AllowedIPs: want, ReplaceAllowedIPs: true}))
			l.showPeer("allowed-ips", text)
			if got := status(t, d).Peer(key).AllowedIPs; !slices.Equal(got, want) {
				t.Errorf("allowed IPs %v, want %v", got, want)
			}
		}
	}
}

// proveRemoved removes one of two allowed IPs, with the flag and without another peer that
// it moves to.
func proveRemoved(t *testing.T) {
	l, d, key := onePeer(t)
	testutil.Must(t, d.SetPeer(t.Context(), Peer{Key: key, AllowedIPs: prefixes("10.1.0.0/16", "10.2.0.0/15")}))
	testutil.Must(t, d.RemoveAllowedIPs(t.Context(), key, prefixes("10.1.0.0/16")...))
	l.showPeer("allowed-ips", "10.2.0.0/15")
}

// proveProtocol compares the version of the protocol with the bytes from the kernel.
func proveProtocol(t *testing.T) {
	l, d, key := onePeer(t)
	request := netlink.NewAttributeEncoder()
	request.String(uapi.WGDEVICE_A_IFNAME, "wg0")
	b, err := request.Encode()
	testutil.Must(t, err)
	found := testutil.RawGeneric(l.Lab, "wireguard", uapi.WG_CMD_GET_DEVICE, b, uapi.WGDEVICE_A_PEERS, 0, uapi.WGPEER_A_PROTOCOL_VERSION)
	if got := status(t, d).Peer(key).ProtocolVersion; len(found) != 1 || got == 0 || binary.NativeEndian.Uint32(found[0]) != got {
		t.Errorf("version %d, the bytes are % x", got, found)
	}
}

// pinged has a link with a peer that it has exchanged packets with, and the report of this
// library about that peer before and after.
func pinged(t *testing.T) (l *lab, before, after *PeerStatus) {
	t.Helper()
	l, there := newLab(t), &lab{testutil.NewLab(t)}
	l.Batch("link add eth1 up type veth peer name eth2 netns "+there.Path(), "address add 192.0.2.1/24 dev eth1")
	there.Batch("address add 192.0.2.2/24 dev eth2", "link set eth2 up")
	l.make(New("wg0").PrivateKey(privateOf(0x10)).ListenPort(0x1234).Addr(netip.MustParsePrefix("10.0.0.1/24")).Up().Peer(
		Peer{Key: publicOf(0x20), Endpoint: netip.MustParseAddrPort("192.0.2.2:17185"), AllowedIPs: prefixes("10.0.0.2/32")}))
	there.make(New("wg0").PrivateKey(privateOf(0x20)).ListenPort(0x4321).Addr(netip.MustParsePrefix("10.0.0.2/24")).Up().Peer(
		Peer{Key: publicOf(0x10), AllowedIPs: prefixes("10.0.0.1/32")}))
	d := l.open("wg0")
	before = status(t, d).Peer(publicOf(0x20))
	if out, err := l.Run("ping", "-n", "-c", "3", "-i", "0.2", "-W", "5", "10.0.0.2"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return l, before, status(t, d).Peer(publicOf(0x20))
}

func proveHandshake(t *testing.T) {
	l, before, after := pinged(t)
	if !before.LastHandshake.IsZero() || after.LastHandshake.IsZero() {
		t.Errorf("%v, then %v", before.LastHandshake, after.LastHandshake)
	}
	l.showPeer("latest-handshakes", fmt.Sprint(after.LastHandshake.Unix()))
}

// transferred compares the n-th counter of `wg show transfer`.
func (l *lab) transferred(n int, before, after uint64) {
	l.Helper()
	fields := strings.Fields(l.wg("show", "wg0", "transfer"))
	if before != 0 || after < 3*84 || fields[n] != fmt.Sprint(after) {
		l.Errorf("wg shows %v, Status %d, then %d", fields, before, after)
	}
}

func proveRxBytes(t *testing.T) {
	l, before, after := pinged(t)
	l.transferred(1, before.RxBytes, after.RxBytes)
}

func proveTxBytes(t *testing.T) {
	l, before, after := pinged(t)
	l.transferred(2, before.TxBytes, after.TxBytes)
}
