package vxlan

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
)

// etherType is that of frames for local experiments, 0x88b5.
const etherType = 0x88b5

// TestFrames sends frames through a VXLAN link with two other ends, each in a
// namespace of its own, and looks at which one they arrive.
func TestFrames(t *testing.T) {
	here := testutil.NewLab(t, "vxlan")
	ends := []end{newEnd(t, here, 1), newEnd(t, here, 2)}
	here.In(func() {
		_, err := New("vx0").VNI(0x1234).Port(4789).Learning(false).Up().Create(t.Context())
		testutil.Must(t, err)
	})
	v := testutil.OpenedLink(here, "vx0", Open)
	out := packets(t, here, "vx0")
	ctx := t.Context()

	testutil.Must(t, v.AddFDB(ctx, fdb.Entry{MAC: host, Dst: ends[1].addr}))
	sendFrame(t, out, host, 1)
	ends[1].wants(t, 1)
	testutil.Must(t, v.ReplaceFDB(ctx, fdb.Entry{MAC: host, Dst: ends[0].addr}))
	sendFrame(t, out, host, 2)
	ends[0].wants(t, 2) // and not 1
	testutil.Must(t, v.AppendFDB(ctx, fdb.Entry{MAC: AllOthers(), Dst: ends[0].addr}))
	testutil.Must(t, v.AppendFDB(ctx, fdb.Entry{MAC: AllOthers(), Dst: ends[1].addr}))
	sendFrame(t, out, net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 3)
	ends[0].wants(t, 3)
	ends[1].wants(t, 3) // and not 2
	testutil.Must(t, v.DeleteFDB(ctx, fdb.Entry{MAC: AllOthers(), Dst: ends[1].addr}))
	sendFrame(t, out, net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 4)
	ends[0].wants(t, 4)
	testutil.Must(t, v.ReplaceFDB(ctx, fdb.Entry{MAC: host, Dst: ends[1].addr, VNI: 0x4321}))
	sendFrame(t, out, host, 5) // in another network, where nobody is
	testutil.Must(t, v.ReplaceFDB(ctx, fdb.Entry{MAC: host, Dst: ends[1].addr}))
	sendFrame(t, out, host, 6)
	ends[1].wants(t, 6) // and neither 4 nor 5
}

// TestVNIFilter sends frames of two networks to a link that takes one of them,
// and counts.
func TestVNIFilter(t *testing.T) {
	testutil.Need(t, "vxlan")
	here, there := testutil.NewLab(t), testutil.NewLab(t)
	addr := cable(t, here, there, 1)
	ctx := t.Context()
	here.In(func() {
		_, err := New("vx0").VNI(0x1234).Port(4789).Learning(false).Up().Create(ctx)
		testutil.Must(t, err)
	})
	there.In(func() {
		_, err := New("vx0").External(true).VNIFilter(true).Port(4789).Learning(false).Up().Create(ctx)
		testutil.Must(t, err)
	})
	v, filter := testutil.OpenedLink(here, "vx0", Open), testutil.OpenedLink(there, "vx0", Open)
	out, in := packets(t, here, "vx0"), end{addr, packets(t, there, "vx0")}
	testutil.Must(t, filter.AddVNIs(ctx, VNIs{First: 0x1234}, VNIs{First: 0x777}))
	testutil.Must(t, v.AddFDB(ctx, fdb.Entry{MAC: host, Dst: addr, VNI: 0x4321}))
	sendFrame(t, out, host, 1)
	testutil.Must(t, v.ReplaceFDB(ctx, fdb.Entry{MAC: host, Dst: addr}))
	sendFrame(t, out, host, 2)
	in.wants(t, 2) // and not 1
	all, err := filter.ListVNIs(ctx)
	testutil.Must(t, err)
	if len(all) != 2 || all[0].Stats.RxPackets != 0 || all[1].First != 0x1234 || all[1].Stats.RxPackets != 1 || all[1].Stats.RxBytes < 46 {
		t.Errorf("%+v", all)
	}
}

// end is another end of the tunnel: its address, and a socket on its VXLAN link.
type end struct {
	addr netip.Addr
	fd   int
}

// newEnd makes a namespace with an end, and a cable to it.
func newEnd(t *testing.T, here *testutil.Lab, n byte) end {
	t.Helper()
	there := testutil.NewLab(t)
	addr := cable(t, here, there, n)
	there.In(func() {
		_, err := New("vx0").VNI(0x1234).Local(addr).Port(4789).Up().Create(t.Context())
		testutil.Must(t, err)
	})
	return end{addr, packets(t, there, "vx0")}
}

// cable connects two namespaces and returns the address of the second.
func cable(t *testing.T, here, there *testutil.Lab, n byte) netip.Addr {
	t.Helper()
	ns := testutil.OpenedBy(there, iplink.CurrentNetNS)
	ours, theirs := netip.AddrFrom4([4]byte{192, 0, n, 1}), netip.AddrFrom4([4]byte{192, 0, n, 2})
	here.In(func() {
		_, err := veth.New(fmt.Sprintf("to-%d", n)).Addr(netip.PrefixFrom(ours, 24)).Up().
			Peer(veth.New("eth0").NetNS(ns).Addr(netip.PrefixFrom(theirs, 24)).Up()).Create(t.Context())
		testutil.Must(t, err)
	})
	return theirs
}

// packets returns a socket for experimental frames on a link, which waits up to
// 5 seconds for one.
func packets(t *testing.T, ns *testutil.Lab, name string) int {
	t.Helper()
	var fd int
	var err error
	ns.In(func() { fd, err = packetSocket(name) })
	testutil.Must(t, err)
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

func packetSocket(name string) (int, error) {
	link, err := net.InterfaceByName(name)
	if err != nil {
		return 0, err
	}
	protocol := int(etherType>>8 | etherType&0xff<<8)
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return 0, err
	}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 5}); err != nil {
		return fd, err
	}
	return fd, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: uint16(protocol), Ifindex: link.Index})
}

// sendFrame sends a frame that holds a number.
func sendFrame(t *testing.T, fd int, to net.HardwareAddr, number byte) {
	t.Helper()
	frame := slices.Concat(to, []byte{2, 0, 0, 0, 0, 1}, binary.BigEndian.AppendUint16(nil, etherType), make([]byte, 46))
	frame[14] = number
	_, err := unix.Write(fd, frame)
	testutil.Must(t, err)
}

// wants takes the next frame that has arrived, which must hold a number.
func (e end) wants(t *testing.T, number byte) {
	t.Helper()
	frame := make([]byte, 2048)
	n, err := unix.Read(e.fd, frame)
	if err != nil || n < 15 || frame[14] != number {
		t.Errorf("%s: got frame %d, error %v; want frame %d", e.addr, frame[14], err, number)
	}
}
