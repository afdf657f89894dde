package vxlan_test

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/vxlan"
)

var (
	left4, right4 = lab.Addr("192.0.2.1"), lab.Addr("192.0.2.2")
	left6, right6 = lab.Addr("2001:db8::1"), lab.Addr("2001:db8::2")
)

// tunnel makes both ends of a tunnel over the cable, for packets to an address inside.
func tunnel(t *testing.T, to netip.Addr, here, there *vxlan.Builder) *lab.Ends {
	t.Helper()
	e := lab.NewEnds(t, iplink.KindVXLAN, to)
	common := func(b *vxlan.Builder, four, six string) *vxlan.Builder {
		return b.Port(0x1234).Addr(lab.Prefix(four)).Addrs(inet.Addr{Prefix: lab.Prefix(six), Flags: inet.AddrNoDAD}).Up()
	}
	lab.MustCreate(t, e.There, common(there, "10.0.0.2/24", "2001:db8:1::2/64"))
	lab.MustCreate(t, e.Here, common(here, "10.0.0.1/24", "2001:db8:1::1/64"))
	return e
}

// link returns the builder of one end.
func link(remote netip.Addr) *vxlan.Builder {
	return vxlan.New(lab.TunnelName).VNI(0x123456).Remote(remote)
}

// wantsHeader demands a VXLAN header behind a UDP header: the port, a checksum or none, the
// flags and group policy of the first word, and the VNI with the byte behind it.
func wantsHeader(t *testing.T, udp []byte, sum bool, first uint32, last byte) {
	t.Helper()
	if has := binary.BigEndian.Uint16(udp[6:]) != 0; binary.BigEndian.Uint16(udp[2:]) != 0x1234 || has != sum {
		t.Errorf("UDP % x, want port 0x1234, with a checksum: %v", udp[:8], sum)
	}
	if header := udp[8:16]; binary.BigEndian.Uint32(header) != first || binary.BigEndian.Uint32(header[4:]) != 0x123456<<8|uint32(last) {
		t.Errorf("VXLAN % x, want %08x, VNI 0x123456, %02x", header, first, last)
	}
}

// hasVNI is the flag of the first word that says that there is a VNI.
const hasVNI = 0x08000000

// TestOverIPv4 reads the IPv4 header around datagrams: as it is set, and as it is copied
// from the datagram.
func TestOverIPv4(t *testing.T) {
	e := tunnel(t, lab.Inner4, link(right4).TTL(17).TOS(0x14).DF(vxlan.DFSet).SourcePorts(0x4321, 0x4322), link(left4))
	udp := e.Wants(testutil.Datagram{TTL: 33, TOS: 0x28}, testutil.Outer{TTL: 17, TOS: 0x14, DF: true, Protocol: unix.IPPROTO_UDP})
	wantsHeader(t, udp, true, hasVNI, 0)
	if got := binary.BigEndian.Uint16(udp); got != 0x4321 && got != 0x4322 {
		t.Errorf("source port %#x", got)
	}
	e = tunnel(t, lab.Inner4, link(right4).SourcePorts(0x4321, 0x4321).TTLInherit().TOS(1).DF(vxlan.DFInherit).UDPCSum(false), link(left4))
	udp = e.Wants(testutil.Datagram{TTL: 33, TOS: 0x28, DF: true}, testutil.Outer{TTL: 33, TOS: 0x28, DF: true, Protocol: unix.IPPROTO_UDP})
	wantsHeader(t, udp, false, hasVNI, 0)
	if got := binary.BigEndian.Uint16(udp); got < 32768 || got > 60999 { // the system's range
		t.Errorf("source port %d", got)
	}
	e.Wants(testutil.Datagram{TTL: 34, TOS: 0x48}, testutil.Outer{TTL: 34, TOS: 0x48, Protocol: unix.IPPROTO_UDP})
	lab.Updated(t, e.Here, vxlan.New(lab.TunnelName).DF(vxlan.DFUnset).TOS(0x14))
	e.Wants(testutil.Datagram{TTL: 35, TOS: 0x88, DF: true}, testutil.Outer{TTL: 35, TOS: 0x14, Protocol: unix.IPPROTO_UDP})
}

// TestOverIPv6 reads the IPv6 header around datagrams, with a UDP checksum and without one.
func TestOverIPv6(t *testing.T) {
	for _, zero := range []bool{false, true} {
		e := tunnel(t, lab.Inner4, link(right6).TTL(17).TOS(0x14).FlowLabel(0x12345).UDPZeroCSum6Tx(zero), link(left6).UDPZeroCSum6Rx(zero))
		udp := e.Wants(testutil.Datagram{TTL: 33, TOS: 0x28}, testutil.Outer{TTL: 17, TOS: 0x14, FlowLabel: 0x12345, Protocol: unix.IPPROTO_UDP})
		wantsHeader(t, udp, !zero, hasVNI, 0)
	}
	tunnel(t, lab.Inner4, link(right6).UDPZeroCSum6Tx(true), link(left6).UDPZeroCSum6Rx(false)).Lost(testutil.Datagram{})
}

// TestLabelPolicy copies the flow label of the inner packet, for which the kernel has
// chosen one.
func TestLabelPolicy(t *testing.T) {
	testutil.NeedKernel(t, 6, 8)
	outer, udp := tunnel(t, lab.Inner6, link(right6).LabelPolicy(vxlan.LabelInherit), link(left6)).Through(testutil.Datagram{})
	if inner := udp[16+14:]; binary.BigEndian.Uint32(inner)&0xfffff != outer.FlowLabel || outer.FlowLabel == 0 {
		t.Errorf("flow label %#x around % x", outer.FlowLabel, inner[:4])
	}
}

// TestGBP reads the group policy, which is the mark of the datagram.
func TestGBP(t *testing.T) {
	_, udp := tunnel(t, lab.Inner4, link(right4).GBP(), link(left4).GBP()).Through(testutil.Datagram{Mark: 0x4567})
	wantsHeader(t, udp, true, hasVNI|0x80004567, 0)
}

// TestRemoteChecksum reads where the checksum of the datagram begins that the receiver is
// to compute: in units of two bytes, with the bit for UDP.
func TestRemoteChecksum(t *testing.T) {
	e := tunnel(t, lab.Inner4, link(right4).RemCSumTx(true), link(left4).RemCSumRx(true))
	_, udp := e.Through(testutil.Datagram{})
	const remote, isUDP = 0x200000, 0x80
	wantsHeader(t, udp, true, hasVNI|remote, isUDP|(14+20)/2)
}

// TestExternal has the parameters come from a route.
func TestExternal(t *testing.T) {
	for _, six := range []bool{false, true} {
		there, words := link(left4), "id 0x123456"
		if six {
			there, words = link(left6), words+" csum"
		}
		e := tunnel(t, lab.Inner4, vxlan.New(lab.TunnelName).External(true), there)
		e.Encapsulate(six, words)
		wantsHeader(t, e.WantsEncapsulated(unix.IPPROTO_UDP), six, hasVNI, 0)
	}
}

// TestGPE sends IP packets without Ethernet headers.
func TestGPE(t *testing.T) {
	gpe := func() *vxlan.Builder { return vxlan.New(lab.TunnelName).External(true).Learning(false).GPE() }
	e := tunnel(t, lab.Inner4, gpe(), gpe())
	e.Encapsulate(false, "id 0x123456")
	e.Right.IP("route add 10.0.0.1/32 encap ip dst 192.0.2.1 id 0x123456 dev " + lab.TunnelName)
	_, udp := e.Through(testutil.Datagram{})
	const protocol, isIPv4 = 0x04000000, 1
	wantsHeader(t, udp, false, hasVNI|protocol|isIPv4, 0)
	if inner := udp[16:]; inner[0] != 0x45 || inner[9] != unix.IPPROTO_UDP {
		t.Errorf("% x", inner)
	}
}
