package geneve_test

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/geneve"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

var (
	left4, right4 = lab.Addr("192.0.2.1"), lab.Addr("192.0.2.2")
	left6, right6 = lab.Addr("2001:db8::1"), lab.Addr("2001:db8::2")
)

// tunnel makes both ends of a tunnel over the cable, for IPv4 inside. The left end of the
// cable has the address 192.0.2.33, too.
func tunnel(t *testing.T, here, there *geneve.Builder) *lab.Ends {
	t.Helper()
	e := lab.NewEnds(t, iplink.KindGeneve, lab.Inner4)
	e.Left.IP("address add 192.0.2.33/24 dev eth0")
	common := func(b *geneve.Builder, addr string) *geneve.Builder {
		return b.Port(0x1234).Addr(lab.Prefix(addr)).Up()
	}
	lab.MustCreate(t, e.There, common(there, "10.0.0.2/24"))
	lab.MustCreate(t, e.Here, common(here, "10.0.0.1/24"))
	return e
}

// link returns the builder of one end.
func link(remote netip.Addr) *geneve.Builder {
	return geneve.New(lab.TunnelName).VNI(0x123456).Remote(remote)
}

// wantsHeader demands a GENEVE header behind a UDP header: the port, the checksum or none,
// the protocol and the VNI. It returns the bytes behind it.
func wantsHeader(t *testing.T, udp []byte, sum bool, protocol uint16) []byte {
	t.Helper()
	if has := binary.BigEndian.Uint16(udp[6:]) != 0; binary.BigEndian.Uint16(udp[2:]) != 0x1234 || has != sum {
		t.Errorf("UDP % x, want port 0x1234, with a checksum: %v", udp[:8], sum)
	}
	header := udp[8:16]
	if header[0] != 0 || binary.BigEndian.Uint16(header[2:]) != protocol || binary.BigEndian.Uint32(header[4:])>>8 != 0x123456 {
		t.Errorf("GENEVE % x, want protocol %#x, VNI 0x123456, no options", header, protocol)
	}
	return udp[16:]
}

// TestInherit copies fields of the inner IPv4 header to the outer one.
func TestInherit(t *testing.T) {
	e := tunnel(t, link(right4).TTLInherit().TOSInherit().DF(geneve.DFInherit), link(left4))
	udp := e.Wants(testutil.Datagram{TTL: 33, TOS: 0x28, DF: true}, testutil.Outer{TTL: 33, TOS: 0x28, DF: true, Protocol: unix.IPPROTO_UDP})
	wantsHeader(t, udp, false, unix.ETH_P_TEB)
	e.Wants(testutil.Datagram{TTL: 34, TOS: 0x48}, testutil.Outer{TTL: 34, TOS: 0x48, Protocol: unix.IPPROTO_UDP})
	lab.Updated(t, e.Here, geneve.New(lab.TunnelName).TTL(17).TOS(0x14).DF(geneve.DFUnset))
	e.Wants(testutil.Datagram{TTL: 35, TOS: 0x88, DF: true}, testutil.Outer{TTL: 17, TOS: 0x14, Protocol: unix.IPPROTO_UDP})
}

// TestOverIPv6 reads the IPv6 header around datagrams, with a UDP checksum and without one.
func TestOverIPv6(t *testing.T) {
	for _, zero := range []bool{false, true} {
		e := tunnel(t, link(right6).TTL(17).TOS(0x14).Label(0x12345).UDPZeroCSum6Tx(zero), link(left6).UDPZeroCSum6Rx(zero))
		udp := e.Wants(testutil.Datagram{TTL: 33, TOS: 0x28}, testutil.Outer{TTL: 17, TOS: 0x14, FlowLabel: 0x12345, Protocol: unix.IPPROTO_UDP})
		wantsHeader(t, udp, !zero, unix.ETH_P_TEB)
	}
	tunnel(t, link(right6).UDPZeroCSum6Tx(true), link(left6).UDPZeroCSum6Rx(false)).Lost(testutil.Datagram{})
}

// TestSource reads the UDP port and the address that datagrams come from. The system has a
// range of UDP ports of its own.
func TestSource(t *testing.T) {
	t.Run("ports", func(t *testing.T) {
		testutil.NeedKernel(t, 6, 15)
		for _, want := range [][4]uint16{{0x4321, 0x4322, 0x4321, 0x4322}, {0x4321, 0x4321, 32768, 60999}} {
			_, udp := tunnel(t, link(right4).PortRange(want[0], want[1]), link(left4)).Through(testutil.Datagram{})
			if got := binary.BigEndian.Uint16(udp); got < want[2] || got > want[3] {
				t.Errorf("source port %#x, want one of %#x", got, want[2:])
			}
		}
	})
	t.Run("local", func(t *testing.T) {
		testutil.NeedKernel(t, 7, 2)
		e := tunnel(t, link(right4).Local(lab.Addr("192.0.2.33")), link(lab.Addr("192.0.2.33")))
		if from, _ := netip.AddrFromSlice(e.Frame(testutil.Datagram{})[26:30]); from != lab.Addr("192.0.2.33") {
			t.Errorf("from %v", from)
		}
	})
}

// TestInnerProtoInherit sends IP packets without Ethernet headers.
func TestInnerProtoInherit(t *testing.T) {
	e := tunnel(t, link(right4).InnerProtoInherit(), link(left4).InnerProtoInherit())
	_, udp := e.Through(testutil.Datagram{})
	if inner := wantsHeader(t, udp, false, unix.ETH_P_IP); inner[0] != 0x45 || inner[9] != unix.IPPROTO_UDP {
		t.Errorf("% x", inner)
	}
}

// TestExternal has the parameters come from a route.
func TestExternal(t *testing.T) {
	for _, six := range []bool{false, true} {
		there, words := link(left4), "id 0x123456"
		if six {
			there, words = link(left6), words+" csum"
		}
		e := tunnel(t, geneve.New(lab.TunnelName).External(), there)
		e.Encapsulate(six, words)
		wantsHeader(t, e.WantsEncapsulated(unix.IPPROTO_UDP), six, unix.ETH_P_TEB)
	}
}
