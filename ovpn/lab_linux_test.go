package ovpn_test

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/ovpn"
)

// The UDP ports of the two ends.
const (
	leftPort  = 0x1234
	rightPort = 0x4321
)

// udp returns a UDP socket in a namespace, bound to a port.
func udp(l *testutil.Lab, network string, port int) *net.UDPConn {
	l.Helper()
	return testutil.OpenedBy(l, func() (*net.UDPConn, error) { return net.ListenUDP(network, &net.UDPAddr{Port: port}) })
}

// bytesOf returns n bytes that begin with a number and count up.
func bytesOf(first byte, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = first + byte(i)
	}
	return b
}

// direction returns the secrets of one direction.
func direction(first byte, n int) ovpn.Direction {
	return ovpn.Direction{Key: ovpn.NewSecret(bytesOf(first, n)), NonceTail: ovpn.NewSecret(bytesOf(first+0x80, 8))}
}

// keys returns a key for the left end and the same for the right end.
func keys(slot ovpn.Slot, id uint8, c ovpn.Cipher, n int) (left, right ovpn.Key) {
	there, back := direction(0x10+id, n), direction(0x40+id, n)
	return ovpn.Key{Slot: slot, ID: id, Cipher: c, Encrypt: there, Decrypt: back}, ovpn.Key{Slot: slot, ID: id, Cipher: c, Encrypt: back, Decrypt: there}
}

// opened decrypts the UDP payload of a data packet by AES-GCM, and returns the packet
// inside.
func opened(t *testing.T, payload []byte, d ovpn.Direction) []byte {
	t.Helper()
	block, err := aes.NewCipher(d.Key.Expose())
	testutil.Must(t, err)
	gcm, err := cipher.NewGCM(block)
	testutil.Must(t, err)
	const head, tag = 8, 16 // type and numbers of key and peer, number of the packet
	nonce := slices.Concat(payload[4:head], d.NonceTail.Expose())
	inner, err := gcm.Open(nil, nonce, slices.Concat(payload[head+tag:], payload[head:head+tag]), payload[:head])
	testutil.Must(t, err)
	return inner
}

// dataTo returns the UDP payload of the next data packet of OpenVPN to an IPv4 address and
// a port on a cable.
func dataTo(t *testing.T, wire int, addr string, port uint16) []byte {
	t.Helper()
	to := netip.MustParseAddr(addr).AsSlice()
	frame := testutil.NextFrame(t, wire, func(b []byte) bool {
		return len(b) > 42+8 && binary.BigEndian.Uint16(b[12:]) == 0x0800 && b[23] == 17 && slices.Equal(b[30:34], to) &&
			binary.BigEndian.Uint16(b[36:]) == port && b[42]>>3 == 9
	})
	n := binary.BigEndian.Uint16(frame[38:])
	return frame[42 : 34+n]
}

// ends are two namespaces with a link in each, and a peer over UDP in each.
type ends struct {
	*lab.Ends
	left, right *ovpn.OVPN
}

// connect makes the ends with the addresses 10.0.0.1 and 10.0.0.2.
func connect(t *testing.T, mode ovpn.Mode) *ends {
	t.Helper()
	e := &ends{Ends: lab.NewEnds(t, iplink.KindOVPN, lab.Inner4)}
	make := func(c *iplink.Conn, ns *testutil.Lab, mode ovpn.Mode, addr string) *ovpn.OVPN {
		lab.MustCreate(t, c, ovpn.New("ovpn0").Mode(mode).AddrGenMode(iplink.AddrGenNone).Addr(netip.MustParsePrefix(addr)).Up())
		return testutil.OpenedLink(ns, "ovpn0", ovpn.Open)
	}
	e.left, e.right = make(e.Here, e.Left, mode, "10.0.0.1/24"), make(e.There, e.Right, ovpn.P2P, "10.0.0.2/24")
	there := ovpn.Peer{ID: 0x123456, TxID: new(uint32(0x654321)), Socket: udp(e.Left, "udp4", leftPort), Remote: netip.MustParseAddrPort("192.0.2.2:17185")}
	if mode == ovpn.MP {
		there.VPNIPv4 = lab.Inner4
	}
	testutil.Must(t, e.left.AddPeer(t.Context(), there))
	back := ovpn.Peer{ID: 0x654321, TxID: new(uint32(0x123456)), Socket: udp(e.Right, "udp4", rightPort), Remote: netip.MustParseAddrPort("192.0.2.1:4660")}
	testutil.Must(t, e.right.AddPeer(t.Context(), back))
	return e
}

// newKeys gives both ends a key.
func (e *ends) newKeys(t *testing.T, slot ovpn.Slot, id uint8, c ovpn.Cipher, n int) (left ovpn.Key) {
	t.Helper()
	left, right := keys(slot, id, c, n)
	testutil.Must(t, e.left.NewKey(t.Context(), 0x123456, left))
	testutil.Must(t, e.right.NewKey(t.Context(), 0x654321, right))
	return left
}

// pings demands that a ping to an address and its answer go through.
func pings(t *testing.T, from *testutil.Lab, to string) {
	t.Helper()
	if out, err := from.Run("ping", "-c", "1", "-W", "5", to); err != nil {
		t.Errorf("ping %s: %v %s", to, err, out)
	}
}

// lost demands that a ping gets no answer.
func lost(t *testing.T, from *testutil.Lab, to string) {
	t.Helper()
	if out, err := from.Run("ping", "-c", "1", "-W", "0.3", to); err == nil {
		t.Errorf("ping %s: %s", to, out)
	}
}
