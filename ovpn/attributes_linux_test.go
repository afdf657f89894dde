package ovpn_test

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
	"github.com/iplink-go/iplink/ovpn"
)

func le32(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }

// one is a namespace with a link in mode MP, which has no peers between the tests.
type one struct {
	*testutil.Lab
	*ovpn.OVPN
	socket *net.UDPConn // for IPv4 and IPv6
}

func newOne(t *testing.T) *one {
	t.Helper()
	testutil.Need(t, iplink.KindOVPN)
	conn, ns := lab.Scratch(t)
	lab.MustCreate(t, conn, ovpn.New("ovpn0").Mode(ovpn.MP))
	return &one{ns, testutil.OpenedLink(ns, "ovpn0", ovpn.Open), udp(ns, "udp", leftPort)}
}

// peer returns a peer to which change adds a field.
func (o *one) peer(change func(*ovpn.Peer)) ovpn.Peer {
	p := ovpn.Peer{ID: 0x17, Socket: o.socket, Remote: netip.MustParseAddrPort("192.0.2.2:7"), VPNIPv4: lab.Inner4}
	change(&p)
	return p
}

// raw returns an attribute of the only peer.
func (o *one) raw(typ uint16) []byte {
	o.Helper()
	got := testutil.RawGeneric(o.Lab, uapi.OVPN_FAMILY_NAME, uapi.OVPN_CMD_PEER_GET, wire.AppendU32(nil, uapi.OVPN_A_IFINDEX, uint32(o.Index())), uapi.OVPN_A_PEER, typ)
	if len(got) != 1 {
		o.Fatalf("%d peers", len(got))
	}
	return got[0]
}

// proves adds a peer with a value of an attribute, changes it to another value, and compares
// both with the bytes of the kernel.
func (o *one) proves(typ uint16, first, second func(*ovpn.Peer), firstBytes, secondBytes []byte) func(*testing.T) {
	return func(t *testing.T) {
		p := o.peer(first)
		testutil.Must(t, o.AddPeer(t.Context(), p))
		if got := o.raw(typ); !bytes.Equal(got, firstBytes) {
			t.Errorf("% x, want % x", got, firstBytes)
		}
		change := ovpn.Peer{ID: p.ID}
		second(&change)
		testutil.Must(t, o.SetPeer(t.Context(), change))
		if got := o.raw(typ); !bytes.Equal(got, secondBytes) {
			t.Errorf("changed to % x, want % x", got, secondBytes)
		}
		testutil.Must(t, o.RemovePeer(t.Context(), p.ID))
	}
}

// reports adds peers, and compares an attribute with the bytes of the kernel.
func (o *one) reports(typ uint16, peers map[string]ovpn.Peer) func(*testing.T) {
	return func(t *testing.T) {
		for want, p := range peers {
			testutil.Must(t, o.AddPeer(t.Context(), p))
			if got := o.raw(typ); string(got) != want {
				t.Errorf("% x, want % x", got, want)
			}
			testutil.Must(t, o.RemovePeer(t.Context(), p.ID))
		}
	}
}

// by returns an entry whose oracle is the bytes that the kernel sends.
func by(name string, prove func(*testing.T)) testutil.Attribute {
	return testutil.Attribute{Name: name, Oracle: "bytes", Prove: prove}
}

// TestAttributes sets each attribute of the family, and compares with the bytes of the kernel.
func TestAttributes(t *testing.T) {
	o, e := newOne(t), connect(t, ovpn.P2P)
	e.newKeys(t, ovpn.Primary, 3, ovpn.AESGCM, 32)
	remote := func(text string) func(*ovpn.Peer) {
		return func(p *ovpn.Peer) { p.Remote = netip.MustParseAddrPort(text) }
	}
	local := func(to, from string) func(*ovpn.Peer) {
		return func(p *ovpn.Peer) { p.Remote, p.Local = netip.MustParseAddrPort(to), lab.Addr(from) }
	}
	vpn := func(text string) func(*ovpn.Peer) {
		return func(p *ovpn.Peer) {
			if a := lab.Addr(text); a.Is4() {
				p.VPNIPv4 = a
			} else {
				p.VPNIPv6 = a
			}
		}
	}
	keepalive := func(interval, timeout time.Duration) func(*ovpn.Peer) {
		return func(p *ovpn.Peer) {
			p.KeepaliveInterval, p.KeepaliveTimeout = interval*time.Second, timeout*time.Second
		}
	}
	txID := func(n uint32) func(*ovpn.Peer) { return func(p *ovpn.Peer) { p.TxID = &n } }
	id := func(n uint32) ovpn.Peer { return o.peer(func(p *ovpn.Peer) { p.ID = n }) }
	at := func(port int) ovpn.Peer {
		return o.peer(func(p *ovpn.Peer) { p.Socket = udp(o.Lab, "udp4", port) })
	}
	six := func(text string) []byte { return lab.Addr(text).AsSlice() }
	t.Run("peer", func(t *testing.T) {
		testutil.ProveEach(t, uapi.OVPN_A_PEER_TX_ID, map[uint16]testutil.Attribute{
			uapi.OVPN_A_PEER_ID:          by("OVPN_A_PEER_ID", o.reports(uapi.OVPN_A_PEER_ID, map[string]ovpn.Peer{string(le32(0x123456)): id(0x123456), string(le32(0x654321)): id(0x654321)})),
			uapi.OVPN_A_PEER_REMOTE_IPV4: by("OVPN_A_PEER_REMOTE_IPV4", o.proves(uapi.OVPN_A_PEER_REMOTE_IPV4, remote("192.0.2.17:7"), remote("198.51.100.3:7"), []byte{192, 0, 2, 17}, []byte{198, 51, 100, 3})),
			uapi.OVPN_A_PEER_REMOTE_IPV6: by("OVPN_A_PEER_REMOTE_IPV6", o.proves(uapi.OVPN_A_PEER_REMOTE_IPV6, remote("[2001:db8::17]:7"), remote("[2001:db8::1234]:7"), six("2001:db8::17"), six("2001:db8::1234"))),
			uapi.OVPN_A_PEER_REMOTE_IPV6_SCOPE_ID: by("OVPN_A_PEER_REMOTE_IPV6_SCOPE_ID",
				o.proves(uapi.OVPN_A_PEER_REMOTE_IPV6_SCOPE_ID, remote("[fe80::17%4660]:7"), remote("[fe80::17%17185]:7"), le32(0x1234), le32(0x4321))),
			uapi.OVPN_A_PEER_REMOTE_PORT:    by("OVPN_A_PEER_REMOTE_PORT", o.proves(uapi.OVPN_A_PEER_REMOTE_PORT, remote("192.0.2.17:4660"), remote("192.0.2.17:17185"), []byte{0x12, 0x34}, []byte{0x43, 0x21})),
			uapi.OVPN_A_PEER_SOCKET:         {Name: "OVPN_A_PEER_SOCKET", Oracle: "UDP_ENCAP", Prove: o.proveSocket},
			uapi.OVPN_A_PEER_SOCKET_NETNSID: {Name: "OVPN_A_PEER_SOCKET_NETNSID", Oracle: "ip", Prove: o.proveNetNSID},
			uapi.OVPN_A_PEER_VPN_IPV4:       by("OVPN_A_PEER_VPN_IPV4", o.proves(uapi.OVPN_A_PEER_VPN_IPV4, vpn("10.1.2.3"), vpn("10.3.2.1"), []byte{10, 1, 2, 3}, []byte{10, 3, 2, 1})),
			uapi.OVPN_A_PEER_VPN_IPV6:       by("OVPN_A_PEER_VPN_IPV6", o.proves(uapi.OVPN_A_PEER_VPN_IPV6, vpn("2001:db8:1::17"), vpn("2001:db8:1::1234"), six("2001:db8:1::17"), six("2001:db8:1::1234"))),
			uapi.OVPN_A_PEER_LOCAL_IPV4: by("OVPN_A_PEER_LOCAL_IPV4", o.proves(uapi.OVPN_A_PEER_LOCAL_IPV4,
				local("192.0.2.17:7", "192.0.2.18"), local("192.0.2.17:7", "198.51.100.4"), []byte{192, 0, 2, 18}, []byte{198, 51, 100, 4})),
			uapi.OVPN_A_PEER_LOCAL_IPV6: by("OVPN_A_PEER_LOCAL_IPV6", o.proves(uapi.OVPN_A_PEER_LOCAL_IPV6,
				local("[2001:db8::17]:7", "2001:db8::18"), local("[2001:db8::17]:7", "2001:db8::4321"), six("2001:db8::18"), six("2001:db8::4321"))),
			uapi.OVPN_A_PEER_LOCAL_PORT:         by("OVPN_A_PEER_LOCAL_PORT", o.reports(uapi.OVPN_A_PEER_LOCAL_PORT, map[string]ovpn.Peer{"\x23\x45": at(0x2345), "\x54\x32": at(0x5432)})),
			uapi.OVPN_A_PEER_KEEPALIVE_INTERVAL: by("OVPN_A_PEER_KEEPALIVE_INTERVAL", o.proves(uapi.OVPN_A_PEER_KEEPALIVE_INTERVAL, keepalive(0x1234, 0x2345), keepalive(0x4321, 0x5432), le32(0x1234), le32(0x4321))),
			uapi.OVPN_A_PEER_KEEPALIVE_TIMEOUT:  by("OVPN_A_PEER_KEEPALIVE_TIMEOUT", o.proves(uapi.OVPN_A_PEER_KEEPALIVE_TIMEOUT, keepalive(0x1234, 0x2345), keepalive(0x4321, 0x5432), le32(0x2345), le32(0x5432))),
			uapi.OVPN_A_PEER_DEL_REASON:         {Name: "OVPN_A_PEER_DEL_REASON", Oracle: "the removal", Prove: proveReasons},
			uapi.OVPN_A_PEER_VPN_RX_BYTES:       {Name: "OVPN_A_PEER_VPN_RX_BYTES", Oracle: "ping", Prove: e.proveCounter(uapi.OVPN_A_PEER_VPN_RX_BYTES, inner, func(p *ovpn.PeerStatus) uint64 { return p.VPN.RxBytes })},
			uapi.OVPN_A_PEER_VPN_TX_BYTES:       {Name: "OVPN_A_PEER_VPN_TX_BYTES", Oracle: "ping", Prove: e.proveCounter(uapi.OVPN_A_PEER_VPN_TX_BYTES, inner, func(p *ovpn.PeerStatus) uint64 { return p.VPN.TxBytes })},
			uapi.OVPN_A_PEER_VPN_RX_PACKETS:     {Name: "OVPN_A_PEER_VPN_RX_PACKETS", Oracle: "ping", Prove: e.proveCounter(uapi.OVPN_A_PEER_VPN_RX_PACKETS, packets, func(p *ovpn.PeerStatus) uint64 { return p.VPN.RxPackets })},
			uapi.OVPN_A_PEER_VPN_TX_PACKETS:     {Name: "OVPN_A_PEER_VPN_TX_PACKETS", Oracle: "ping", Prove: e.proveCounter(uapi.OVPN_A_PEER_VPN_TX_PACKETS, packets, func(p *ovpn.PeerStatus) uint64 { return p.VPN.TxPackets })},
			uapi.OVPN_A_PEER_LINK_RX_BYTES:      {Name: "OVPN_A_PEER_LINK_RX_BYTES", Oracle: "ping", Prove: e.proveCounter(uapi.OVPN_A_PEER_LINK_RX_BYTES, outer, func(p *ovpn.PeerStatus) uint64 { return p.Link.RxBytes })},
			uapi.OVPN_A_PEER_LINK_TX_BYTES:      {Name: "OVPN_A_PEER_LINK_TX_BYTES", Oracle: "ping", Prove: e.proveCounter(uapi.OVPN_A_PEER_LINK_TX_BYTES, outer, func(p *ovpn.PeerStatus) uint64 { return p.Link.TxBytes })},
			uapi.OVPN_A_PEER_LINK_RX_PACKETS:    {Name: "OVPN_A_PEER_LINK_RX_PACKETS", Oracle: "ping", Prove: e.proveCounter(uapi.OVPN_A_PEER_LINK_RX_PACKETS, packets, func(p *ovpn.PeerStatus) uint64 { return p.Link.RxPackets })},
			uapi.OVPN_A_PEER_LINK_TX_PACKETS:    {Name: "OVPN_A_PEER_LINK_TX_PACKETS", Oracle: "ping", Prove: e.proveCounter(uapi.OVPN_A_PEER_LINK_TX_PACKETS, packets, func(p *ovpn.PeerStatus) uint64 { return p.Link.TxPackets })},
			uapi.OVPN_A_PEER_TX_ID:              by("OVPN_A_PEER_TX_ID", o.proves(uapi.OVPN_A_PEER_TX_ID, txID(0x123456), txID(0x654321), le32(0x123456), le32(0x654321))),
		})
	})
	t.Run("message", func(t *testing.T) {
		testutil.ProveEach(t, uapi.OVPN_A_KEYCONF, map[uint16]testutil.Attribute{
			uapi.OVPN_A_IFINDEX: by("OVPN_A_IFINDEX", o.proveIndex),
			uapi.OVPN_A_PEER:    by("OVPN_A_PEER", o.proveIndex),
			uapi.OVPN_A_KEYCONF: by("OVPN_A_KEYCONF", o.proveKeys),
		})
	})
	t.Run("direction", func(t *testing.T) {
		testutil.ProveEach(t, uapi.OVPN_A_KEYDIR_NONCE_TAIL, map[uint16]testutil.Attribute{
			uapi.OVPN_A_KEYDIR_CIPHER_KEY: {Name: "OVPN_A_KEYDIR_CIPHER_KEY", Oracle: "crypto/cipher", Prove: e.proveSecrets},
			uapi.OVPN_A_KEYDIR_NONCE_TAIL: {Name: "OVPN_A_KEYDIR_NONCE_TAIL", Oracle: "crypto/cipher", Prove: e.proveSecrets},
		})
	})
	t.Run("key", func(t *testing.T) {
		testutil.ProveEach(t, uapi.OVPN_A_KEYCONF_DECRYPT_DIR, map[uint16]testutil.Attribute{
			uapi.OVPN_A_KEYCONF_PEER_ID:     by("OVPN_A_KEYCONF_PEER_ID", o.proveKeys),
			uapi.OVPN_A_KEYCONF_SLOT:        by("OVPN_A_KEYCONF_SLOT", o.proveKeys),
			uapi.OVPN_A_KEYCONF_KEY_ID:      by("OVPN_A_KEYCONF_KEY_ID", o.proveKeys),
			uapi.OVPN_A_KEYCONF_CIPHER_ALG:  by("OVPN_A_KEYCONF_CIPHER_ALG", o.proveKeys),
			uapi.OVPN_A_KEYCONF_ENCRYPT_DIR: {Name: "OVPN_A_KEYCONF_ENCRYPT_DIR", Oracle: "crypto/cipher", Prove: e.proveSecrets},
			uapi.OVPN_A_KEYCONF_DECRYPT_DIR: {Name: "OVPN_A_KEYCONF_DECRYPT_DIR", Oracle: "crypto/cipher", Prove: e.proveSecrets},
		})
	})
}

// proveSocket gives the link two sockets, which the kernel then uses for OpenVPN.
func (o *one) proveSocket(t *testing.T) {
	for _, port := range []int{0x2346, 0x6432} {
		socket := udp(o.Lab, "udp4", port)
		encap := func() (n int) {
			raw, err := socket.SyscallConn()
			testutil.Must(t, err)
			testutil.Must(t, raw.Control(func(fd uintptr) { n, err = unix.GetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_ENCAP) }))
			testutil.Must(t, err)
			return n
		}
		had := encap()
		testutil.Must(t, o.AddPeer(t.Context(), o.peer(func(p *ovpn.Peer) { p.Socket = socket })))
		if now := encap(); had != 0 || now == 0 {
			t.Errorf("port %#x: UDP_ENCAP is %d, and then %d", port, had, now)
		}
		testutil.Must(t, o.RemovePeer(t.Context(), 0x17))
	}
}

// proveNetNSID gives a peer sockets of two other namespaces, which have the third and the
// fourth id of the link's.
func (o *one) proveNetNSID(t *testing.T) {
	for n := range int32(4) {
		other := testutil.NewLab(t)
		var id int
		o.In(func() {
			var err error
			id, err = lab.NetNS(other).ID(t.Context())
			testutil.Must(t, err)
		})
		if n < 2 {
			continue
		}
		testutil.Must(t, o.AddPeer(t.Context(), o.peer(func(p *ovpn.Peer) { p.Socket = udp(other, "udp4", leftPort) })))
		p, err := o.Peer(t.Context(), 0x17)
		if got := o.raw(uapi.OVPN_A_PEER_SOCKET_NETNSID); !bytes.Equal(got, le32(uint32(id))) || p.SocketNetNSID != int32(id) || err != nil || id < 2 {
			t.Errorf("% x, %d, %v; want %d", got, p.SocketNetNSID, err, id)
		}
		testutil.Must(t, o.RemovePeer(t.Context(), 0x17))
	}
}

// proveKeys gives two peers two keys each, and compares the bytes that the kernel reports.
func (o *one) proveKeys(t *testing.T) {
	for i, id := range []uint32{0x123456, 0x654321} {
		testutil.Must(t, o.AddPeer(t.Context(), o.peer(func(p *ovpn.Peer) { p.ID, p.VPNIPv4 = id, netip.AddrFrom4([4]byte{10, 0, 0, byte(7 + i)}) })))
		for slot, c := range map[ovpn.Slot]ovpn.Cipher{ovpn.Primary: ovpn.ChaCha20Poly1305, ovpn.Secondary: ovpn.AESGCM} {
			k, _ := keys(slot, uint8(3+2*int(slot)+i), c, 32)
			testutil.Must(t, o.NewKey(t.Context(), id, k))
			if got, err := o.Key(t.Context(), id, slot); err != nil || got != (ovpn.KeyStatus{Slot: slot, ID: k.ID, Cipher: c}) {
				t.Errorf("%+v, %v; want %+v", got, err, k)
			}
			o.wantKey(id, &k)
		}
	}
	for _, id := range []uint32{0x123456, 0x654321} {
		testutil.Must(t, o.RemoveKey(t.Context(), id, ovpn.Secondary))
		if k, err := o.Key(t.Context(), id, ovpn.Secondary); err == nil {
			t.Errorf("%+v was removed", k)
		}
		testutil.Must(t, o.RemovePeer(t.Context(), id))
	}
}

// wantKey compares the kernel's report of a key.
func (o *one) wantKey(peer uint32, k *ovpn.Key) {
	o.Helper()
	body, at := wire.Begin(wire.AppendU32(nil, uapi.OVPN_A_IFINDEX, uint32(o.Index())), uapi.OVPN_A_KEYCONF|uapi.NLA_F_NESTED)
	body = wire.AppendU32(wire.AppendU32(body, uapi.OVPN_A_KEYCONF_PEER_ID, peer), uapi.OVPN_A_KEYCONF_SLOT, uint32(k.Slot))
	body = wire.End(body, at)
	for typ, want := range map[uint16]uint32{uapi.OVPN_A_KEYCONF_PEER_ID: peer, uapi.OVPN_A_KEYCONF_SLOT: uint32(k.Slot),
		uapi.OVPN_A_KEYCONF_KEY_ID: uint32(k.ID), uapi.OVPN_A_KEYCONF_CIPHER_ALG: uint32(k.Cipher)} {
		got := testutil.RawAnswer(o.Lab, uapi.OVPN_FAMILY_NAME, uapi.OVPN_CMD_KEY_GET, body, uapi.OVPN_A_KEYCONF, typ)
		if len(got) != 1 || !bytes.Equal(got[0], le32(want)) {
			o.Errorf("attribute %d is % x, want %#x", typ, got, want)
		}
	}
}

// proveIndex adds a peer to another link, which the first one then does not have.
func (o *one) proveIndex(t *testing.T) {
	lab.MustCreate(t, testutil.Opened(o.Lab, iplink.Dial), ovpn.New("ovpn1").Mode(ovpn.MP))
	other := &one{o.Lab, testutil.OpenedLink(o.Lab, "ovpn1", ovpn.Open), udp(o.Lab, "udp4", 0x2347)}
	testutil.Must(t, other.AddPeer(t.Context(), other.peer(func(p *ovpn.Peer) { p.ID = 0x1234 })))
	if all, err := o.Peers(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	if got := other.raw(uapi.OVPN_A_PEER_ID); !bytes.Equal(got, le32(0x1234)) {
		t.Errorf("the peer % x", got)
	}
	other.socket.Close()
	o.IP("link delete ovpn1")
}

// The pings of proveCounter, which have 20 bytes of IP, 8 of ICMP and 1000 more: the bytes
// inside the tunnel, and those of OpenVPN with 24 bytes before each.
const (
	packets = 3
	inner   = packets * 1028
	outer   = packets * (1028 + 24)
)

// proveCounter sends pings from the left end, and demands of a counter there that it grows
// by a number.
func (e *ends) proveCounter(typ uint16, by uint64, field func(*ovpn.PeerStatus) uint64) func(*testing.T) {
	return func(t *testing.T) {
		count := func() uint64 {
			o := &one{e.Left, e.left, nil}
			raw := o.raw(typ)
			p, err := e.left.Peer(t.Context(), 0x123456)
			testutil.Must(t, err)
			n := binary.LittleEndian.Uint64(append(bytes.Clone(raw), 0, 0, 0, 0, 0, 0, 0, 0))
			if got := field(&p); got != n || len(raw) != 4 && len(raw) != 8 {
				t.Errorf("%d, and % x in the bytes", got, raw)
			}
			return n
		}
		had := count()
		if out, err := e.Left.Run("ping", "-c", "3", "-i", "0.02", "-W", "5", "-s", "1000", "10.0.0.2"); err != nil {
			t.Errorf("ping: %v %s", err, out)
		}
		if now := count(); now-had != by {
			t.Errorf("it grew by %d, want %d", now-had, by)
		}
	}
}

// proveSecrets gives both ends other secrets, and decrypts a packet of each direction.
func (e *ends) proveSecrets(t *testing.T) {
	toRight, toLeft := e.Right.Packets("eth0", unix.ETH_P_ALL), e.Left.Packets("eth0", unix.ETH_P_ALL)
	for id, n := range map[uint8]int{4: 32, 6: 16} {
		k := e.newKeys(t, ovpn.Primary, id, ovpn.AESGCM, n)
		pings(t, e.Left, "10.0.0.2")
		there, back := opened(t, dataTo(t, toRight, "192.0.2.2", rightPort), k.Encrypt), opened(t, dataTo(t, toLeft, "192.0.2.1", leftPort), k.Decrypt)
		if !bytes.Equal(there[12:20], []byte{10, 0, 0, 1, 10, 0, 0, 2}) || !bytes.Equal(back[12:20], []byte{10, 0, 0, 2, 10, 0, 0, 1}) {
			t.Errorf("% x and % x", there, back)
		}
	}
}
