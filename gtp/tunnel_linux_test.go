package gtp_test

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/gtp"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// The ports of GTP.
const (
	port0 = 3386
	port1 = 2152
)

// socket returns a UDP socket in a namespace, bound to a port.
func socket(l *testutil.Lab, network string, port int) *os.File {
	l.Helper()
	c := testutil.OpenedBy(l, func() (*net.UDPConn, error) { return net.ListenUDP(network, &net.UDPAddr{Port: port}) })
	f, err := c.File()
	testutil.Must(l, err)
	l.Cleanup(func() { f.Close() })
	return f
}

// v1 returns a context of version 1.
func v1(local, peer uint32, node, ms string) gtp.PDP {
	return gtp.PDP{Version: 1, LocalTEI: local, PeerTEI: peer, Peer: lab.Addr(node), MS: lab.Addr(ms)}
}

// v0 returns a context of version 0.
func v0(tid uint64, flow uint16, node, ms string) gtp.PDP {
	return gtp.PDP{TID: tid, Flow: flow, Peer: lab.Addr(node), MS: lab.Addr(ms)}
}

// TestTunnel sends datagrams of a mobile and their answers, and reads on the cable the
// headers around them. The left end has sockets of the kernel, the right one of the test.
func TestTunnel(t *testing.T) {
	e := lab.NewEnds(t, iplink.KindGTP, lab.Inner4)
	wire := e.Right.Packets("eth0", unix.ETH_P_ALL)
	left := gtp.New("gtp0").Role(gtp.SGSN).Sockets().PDP(v1(0x12345678, 0x87654321, "192.0.2.2", "10.0.0.1"))
	right := gtp.New("gtp0").FD0(socket(e.Right, "udp4", port0)).FD1(socket(e.Right, "udp4", port1)).
		PDP(v1(0x87654321, 0x12345678, "192.0.2.1", "10.0.0.1"))
	lab.MustCreate(t, e.Here, left.Addr(netip.MustParsePrefix("10.0.0.1/24")).Up())
	lab.MustCreate(t, e.There, right.Addr(netip.MustParsePrefix("10.0.0.2/24")).Up())
	wantsV1(t, e, wire, unix.IPPROTO_UDP)
	if out, err := e.Left.Run("ping", "-c", "1", "-W", "5", "10.0.0.2"); err != nil {
		t.Errorf("ping: %v %s", err, out)
	}

	lab.Ensured(t, e.Here, gtp.New("gtp0").Sockets().PDP(v0(0x123456789abcdef0, 0x1234, "192.0.2.2", "10.0.0.1")), false, "pdp")
	lab.Updated(t, e.There, gtp.New("gtp0").OnlyPDPs(v0(0x123456789abcdef0, 0x4321, "192.0.2.1", "10.0.0.1")))
	_, udp := e.Through(testutil.Datagram{})
	answer := answered(t, wire)
	for flow, header := range map[uint16][]byte{0x1234: udp[8:], 0x4321: answer[14+20+8:]} {
		if header[1] != 0xff || binary.BigEndian.Uint16(header[6:]) != flow || binary.BigEndian.Uint64(header[12:]) != 0x123456789abcdef0 {
			t.Errorf("GTP % x, want flow %#x", header[:20], flow)
		}
	}
	if dst := binary.BigEndian.Uint16(udp[2:]); dst != port0 {
		t.Errorf("port %d, want %d", dst, port0)
	}
}

// answered returns the frame on the cable that contains the answer to a datagram.
func answered(t *testing.T, wire int) []byte {
	t.Helper()
	return testutil.NextFrame(t, wire, func(b []byte) bool { return bytes.Contains(b, []byte("<answer>")) })
}

// wantsV1 demands the headers of version 1 around a datagram and its answer.
func wantsV1(t *testing.T, e *lab.Ends, wire int, protocol byte) {
	t.Helper()
	outer, udp := e.Through(testutil.Datagram{})
	_, back := testutil.ParseOuter(answered(t, wire))
	if outer.Protocol != protocol {
		t.Errorf("outer header %+v", outer)
	}
	for tei, b := range map[uint32][]byte{0x87654321: udp, 0x12345678: back} {
		const tPDU = 0xff
		if port, header := binary.BigEndian.Uint16(b[2:]), b[8:]; port != port1 || header[1] != tPDU || binary.BigEndian.Uint32(header[4:]) != tei {
			t.Errorf("UDP % x, GTP % x, want TEI %#x", b[:8], header[:8], tei)
		}
	}
}

// TestTunnel6 is TestTunnel for a mobile and nodes with IPv6.
func TestTunnel6(t *testing.T) {
	testutil.NeedKernel(t, 6, 10)
	e := lab.NewEnds(t, iplink.KindGTP, lab.Inner6)
	wire := e.Right.Packets("eth0", unix.ETH_P_ALL)
	left := gtp.New("gtp0").Role(gtp.SGSN).Sockets().LocalIP(lab.Addr("2001:db8::1")).MTU(1281).
		PDP(v1(0x12345678, 0x87654321, "2001:db8::2", "2001:db8:1::"))
	right := gtp.New("gtp0").FD1(socket(e.Right, "udp6", port1)).PDP(v1(0x87654321, 0x12345678, "2001:db8::1", "2001:db8:1::"))
	lab.MustCreate(t, e.Here, left.Addr(netip.MustParsePrefix("2001:db8:1::1/64")).Up())
	lab.MustCreate(t, e.There, right.Addr(netip.MustParsePrefix("2001:db8:1::2/64")).Up())
	wantsV1(t, e, wire, unix.IPPROTO_UDP)
	if mtu := e.Left.Link("gtp0")["mtu"]; mtu != 1281. {
		t.Errorf("MTU %v", mtu)
	}
}
