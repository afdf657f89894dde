package ovpn

import (
	"bytes"
	"encoding"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// secretOf returns a secret with bytes of its own.
func secretOf(first byte, n int) Secret {
	b := make([]byte, n)
	for i := range b {
		b[i] = first + byte(i)
	}
	return NewSecret(b)
}

// TestRequests compares requests with bytes written by hand from the kernel's header.
func TestRequests(t *testing.T) {
	four := &Peer{ID: 0x123456, TxID: new(uint32(0x654321)), Remote: netip.MustParseAddrPort("192.0.2.17:4660"), Local: netip.MustParseAddr("192.0.2.18"),
		VPNIPv4: netip.MustParseAddr("10.1.2.3"), KeepaliveInterval: 0x1234 * time.Second, KeepaliveTimeout: 0x4321 * time.Second}
	six := &Peer{Remote: netip.MustParseAddrPort("[fe80::17%4660]:17185"), Local: netip.MustParseAddr("fe80::18"), VPNIPv6: netip.MustParseAddr("2001:db8::19"),
		KeepaliveInterval: KeepaliveOff, KeepaliveTimeout: KeepaliveOff}
	key := &Key{Slot: Secondary, ID: 5, Cipher: AESGCM, Encrypt: Direction{secretOf(0x10, 16), secretOf(0x20, 8)}, Decrypt: Direction{secretOf(0x30, 16), secretOf(0x40, 8)}}
	for _, c := range []struct {
		name string
		got  []byte
		want string
	}{
		{"four", appendPeer(nil, four, 0x77), "08000100 56341200 08001800 21436500 08000600 77000000 08000200 c0000211 06000500 12340000" +
			"08000a00 c0000212 08000800 0a010203 08000d00 34120000 08000e00 21430000"},
		{"six", appendPeer(nil, six, noFile), "08000100 00000000 14000300 fe800000000000000000000000000017 08000400 34120000 06000500 43210000" +
			"14000b00 fe800000000000000000000000000018 14000900 20010db8000000000000000000000019 08000d00 00000000 08000e00 00000000"},
		{"key", appendKey(nil, 0x123456, key), "08000100 56341200 08000200 01000000 08000300 05000000 08000400 01000000" +
			"24000580 14000100 101112131415161718191a1b1c1d1e1f 0c000200 2021222324252627" +
			"24000680 14000100 303132333435363738393a3b3c3d3e3f 0c000200 4041424344454647"},
		{"nest", request(0x4321, uapi.OVPN_A_PEER, func(b []byte) []byte { return wire.AppendU32(b, uapi.OVPN_A_PEER_ID, 7) }),
			"08000100 21430000 0c000280 08000100 07000000"},
	} {
		if want := testutil.LittleEndian(t, c.want); !bytes.Equal(c.got, want) {
			t.Errorf("%s\n got % x\nwant % x", c.name, c.got, want)
		}
	}
}

// TestReports reads descriptions and notifications written by hand, with counters of 4 and of
// 8 bytes, and the number of a key in 2 bytes, as the kernel announces it.
func TestReports(t *testing.T) {
	p, err := parsePeer(testutil.LittleEndian(t, "08000100 56341200 08001800 21436500 08000700 77000000 14000300 fe800000000000000000000000000017"+
		"08000400 34120000 06000500 43210000 14000b00 fe800000000000000000000000000018 06000c00 12340000 08000800 0a010203"+
		"08000d00 34120000 08000e00 21430000 0c001000 efcdab8967452301 08001100 21430000 08001200 22430000 08001300 23430000"+
		"08001400 24430000 08001500 25430000 08001600 26430000 08001700 27430000"))
	want := PeerStatus{ID: 0x123456, TxID: 0x654321, SocketNetNSID: 0x77, Remote: netip.MustParseAddrPort("[fe80::17%4660]:17185"),
		Local: netip.MustParseAddr("fe80::18"), LocalPort: 0x1234, VPNIPv4: netip.MustParseAddr("10.1.2.3"), KeepaliveInterval: 0x1234 * time.Second,
		KeepaliveTimeout: 0x4321 * time.Second, VPN: Counters{0x123456789abcdef, 0x4321, 0x4322, 0x4323}, Link: Counters{0x4324, 0x4325, 0x4326, 0x4327}}
	if err != nil || p != want {
		t.Errorf("%+v, %v\nwant %+v", p, err, want)
	}
	if _, err := parsePeer(testutil.LittleEndian(t, "0a001100 2143650087000000")); err == nil || !strings.Contains(err.Error(), "vpn_tx_bytes: 6 bytes") {
		t.Errorf("a counter of 6 bytes: %v", err)
	}
	k, err := parseKey(testutil.LittleEndian(t, "08000100 56341200 08000200 01000000 08000300 05000000 08000400 02000000"))
	if want := (KeyStatus{Secondary, 5, ChaCha20Poly1305}); err != nil || k != want {
		t.Errorf("%+v, %v", k, err)
	}
	for text, want := range map[string]Event{
		"05010000 08000100 21430000 14000280 08000f00 04000000 08000100 56341200":                   {Type: PeerRemoved, Peer: 0x123456, Reason: TransportDisconnect},
		"09010000 08000100 21430000 14000380 08000100 56341200 06000300 06000000":                   {Type: KeyUsedUp, Peer: 0x123456, KeyID: 6},
		"0b010000 08000100 21430000 1c000280 08000100 56341200 08000200 c0000211 06000500 12340000": {Type: PeerMoved, Peer: 0x123456, Remote: netip.MustParseAddrPort("192.0.2.17:4660")},
	} {
		if e, index, ok := parseEvent(testutil.LittleEndian(t, text)); !ok || index != 0x4321 || e != want {
			t.Errorf("%+v of %#x, %t; want %+v", e, index, ok, want)
		}
	}
	if _, _, ok := parseEvent(testutil.LittleEndian(t, "03010000 08000100 21430000")); ok {
		t.Error("an answer is taken for a notification")
	}
}

// TestReportsOfNoKernel reads bytes that no kernel sends.
func TestReportsOfNoKernel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 10000 {
		p := &Peer{ID: 7, Remote: netip.MustParseAddrPort("[fe80::17%4660]:17185"), VPNIPv4: netip.MustParseAddr("10.1.2.3")}
		b := append([]byte{byte(r.IntN(12)), 1, 0, 0}, request(7, uapi.OVPN_A_PEER, func(b []byte) []byte { return appendPeer(b, p, 1) })...)
		for range 1 + r.IntN(4) {
			b[r.IntN(len(b))] = byte(r.Uint32())
		}
		b = b[:r.IntN(len(b)+1)]
		_, _, _ = parseEvent(b)
		_, _ = parsePeer(b[min(12, len(b)):])
		_, _ = parseKey(b[min(12, len(b)):])
	}
}

// TestRefused has descriptions refused before anything is sent.
func TestRefused(t *testing.T) {
	remote, socket := netip.MustParseAddrPort("192.0.2.1:7"), new(closedSocket)
	good := Direction{secretOf(1, 32), secretOf(2, 8)}
	wiped := secretOf(3, 32)
	wiped.Wipe()
	for _, c := range []struct {
		flaw *flaw
		want string
	}{
		{(&Peer{}).checkNew(P2P), "socket: a peer needs"},
		{(&Peer{Socket: socket, Remote: remote}).checkNew(MP), "vpn: in mode MP a peer needs"},
		{(&Peer{Socket: socket, VPNIPv4: netip.MustParseAddr("10.0.0.1")}).checkNew(P2P), "vpn: in mode P2P all packets"},
		{(&Peer{Socket: socket}).checkChange(P2P), "socket: it cannot change"},
		{(&Peer{ID: 1 << 24}).checkChange(P2P), "id: 16777216 is not in 0…16777215"},
		{(&Peer{TxID: new(uint32(1 << 24))}).checkChange(P2P), "tx-id: 16777216"},
		{(&Peer{Remote: netip.MustParseAddrPort("192.0.2.1:0")}).checkChange(P2P), "remote: 192.0.2.1 has no port"},
		{(&Peer{Remote: netip.AddrPortFrom(netip.Addr{}, 7)}).checkChange(P2P), "remote: port 7 has no address"},
		{(&Peer{Remote: netip.MustParseAddrPort("[fe80::1%eth0]:7")}).checkChange(P2P), "remote: the zone of fe80::1%eth0"},
		{(&Peer{Remote: netip.MustParseAddrPort("[::ffff:192.0.2.1]:7")}).checkChange(P2P), "remote: ::ffff:192.0.2.1 is an IPv4 address in"},
		{(&Peer{Remote: netip.MustParseAddrPort("224.0.0.1:7")}).checkChange(P2P), "remote: 224.0.0.1 is not an address of a host"},
		{(&Peer{Local: remote.Addr()}).checkChange(P2P), "local: it goes with Remote"},
		{(&Peer{Remote: remote, Local: netip.MustParseAddr("2001:db8::1")}).checkChange(P2P), "local: 2001:db8::1 is of another family"},
		{(&Peer{Remote: netip.MustParseAddrPort("[fe80::1%7]:7"), Local: netip.MustParseAddr("fe80::2%7")}).checkChange(P2P), "local: fe80::2%7 has a zone"},
		{(&Peer{VPNIPv4: netip.MustParseAddr("2001:db8::1")}).checkChange(MP), "vpn-ipv4: 2001:db8::1 is not an IPv4"},
		{(&Peer{VPNIPv6: netip.MustParseAddr("10.0.0.1")}).checkChange(MP), "vpn-ipv6: 10.0.0.1 is not an IPv6"},
		{(&Peer{VPNIPv6: netip.MustParseAddr("ff02::1")}).checkChange(MP), "vpn-ipv6: ff02::1 is not an address of"},
		{(&Peer{KeepaliveInterval: time.Second}).checkChange(P2P), "keepalive: KeepaliveInterval and KeepaliveTimeout go"},
		{(&Peer{KeepaliveInterval: time.Second, KeepaliveTimeout: KeepaliveOff}).checkChange(P2P), "keepalive: "},
		{(&Peer{KeepaliveInterval: time.Second, KeepaliveTimeout: 1500 * time.Millisecond}).checkChange(P2P), "keepalive-timeout: 1.5s is not a whole"},
		{(&Peer{KeepaliveInterval: 1 << 32 * time.Second, KeepaliveTimeout: time.Second}).checkChange(P2P), "keepalive-interval: "},
		{(&Key{Slot: 2}).check(), "slot: 2 is not in"},
		{(&Key{ID: 8, Cipher: AESGCM}).check(), "id: 8 is not in 0…7"},
		{(&Key{Encrypt: good, Decrypt: good}).check(), "cipher: none protects nothing"},
		{(&Key{Cipher: 3}).check(), "cipher: 3 protects"},
		{(&Key{Cipher: AESGCM, Encrypt: good}).check(), "decrypt: there is no key"},
		{(&Key{Cipher: AESGCM, Encrypt: good, Decrypt: Direction{wiped, good.NonceTail}}).check(), "decrypt: there is no key, or it was wiped"},
		{(&Key{Cipher: AESGCM, Encrypt: Direction{secretOf(1, 31), good.NonceTail}}).check(), "encrypt: a key of 31 bytes, which aes-gcm"},
		{(&Key{Cipher: ChaCha20Poly1305, Encrypt: Direction{secretOf(1, 16), good.NonceTail}}).check(), "encrypt: a key of 16 bytes, which chacha20-poly1305"},
		{(&Key{Cipher: AESGCM, Encrypt: Direction{good.Key, secretOf(1, 12)}}).check(), "encrypt: a tail of 12 bytes"},
	} {
		if c.flaw == nil || !strings.HasPrefix(c.flaw.word+": "+c.flaw.text, c.want) {
			t.Errorf("%+v, want %s", c.flaw, c.want)
		}
	}
	for _, k := range []Key{{Cipher: AESGCM, Encrypt: Direction{secretOf(1, 24), good.NonceTail}, Decrypt: good}, {Slot: Secondary, ID: 7, Cipher: ChaCha20Poly1305, Encrypt: good, Decrypt: good}} {
		if flaw := k.check(); flaw != nil {
			t.Errorf("%+v", flaw)
		}
		if text := fmt.Sprintf("%v %+v %#v", k, k, k); strings.Contains(text, "1 2 3") || strings.Contains(text, "0x2, 0x3") || strings.Contains(text, "010203") || !strings.Contains(text, "redacted") {
			t.Errorf("printed as %s", text)
		}
	}
}

// TestWords writes numbers to text and reads them.
func TestWords(t *testing.T) {
	for _, c := range []struct {
		v    encoding.TextMarshaler
		into encoding.TextUnmarshaler
		want string
	}{
		{Secondary, new(Slot), "secondary"}, {Slot(7), new(Slot), "7"},
		{ChaCha20Poly1305, new(Cipher), "chacha20-poly1305"}, {Cipher(0), new(Cipher), "none"},
		{Expired, new(Reason), "expired"}, {Reason(9), new(Reason), "9"},
		{PeerMoved, new(EventType), "peer-moved"}, {EventType(9), new(EventType), "9"},
	} {
		text, err := c.v.MarshalText()
		testutil.Must(t, err)
		testutil.Must(t, c.into.UnmarshalText(text))
		back, err := c.into.(encoding.TextMarshaler).MarshalText()
		if string(text) != c.want || !slices.Equal(back, text) || err != nil {
			t.Errorf("%T is %q, and then %q, %v; want %s", c.v, text, back, err, c.want)
		}
	}
}
