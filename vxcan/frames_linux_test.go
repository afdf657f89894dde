package vxcan_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/vcan"
	"github.com/iplink-go/iplink/vxcan"
)

// classic and fd are frames as a raw socket takes them: struct can_frame and
// struct canfd_frame.
var (
	classic = append(binary.NativeEndian.AppendUint32(nil, 0x123), 5, 0, 0, 0, 0x12, 0x34, 0x56, 0x78, 0x9a, 0, 0, 0)
	fd      = append(binary.NativeEndian.AppendUint32(nil, 0x12345678|unix.CAN_EFF_FLAG), append([]byte{48, flags, 0, 0}, fdData()...)...)
)

// flags are CANFD_BRS and CANFD_FDF; the kernel adds the latter if it is not there.
const flags = 1 | 4

// fdData is 48 bytes of data, and room for 16 more.
func fdData() []byte {
	b := make([]byte, 64)
	for i := range 48 {
		b[i] = byte(i * 5)
	}
	return b
}

// pair makes a vxcan pair between two namespaces, and a vcan link of the same
// name in each.
func pair(t *testing.T) (near, far *os.File) {
	t.Helper()
	testutil.Need(t, iplink.KindVCAN)
	testutil.Need(t, iplink.KindVXCAN)
	near, far = testutil.NetNS(t), testutil.NetNS(t)
	there, err := iplink.NetNSAtPath(fmt.Sprintf("/proc/self/fd/%d", far.Fd()))
	testutil.Must(t, err)
	defer there.Close()
	testutil.In(t, near, func() {
		conn, err := iplink.Dial()
		testutil.Must(t, err)
		defer conn.Close()
		_, err = conn.Create(t.Context(),
			// The gateway sends no frame to a link with the index of the one that it came from,
			// although that one is in another namespace.
			vxcan.New("x1").MTU(72).Up().Peer(vxcan.New("x2").MTU(72).NetNS(there).Up()),
			vcan.New("v0").MTU(72).Up(), vcan.New("v0").Index(0x177).MTU(72).NetNS(there).Up())
		testutil.Must(t, err)
	})
	return near, far
}

// open returns a raw socket on a CAN link, which waits up to 5 seconds for a
// frame.
func open(t *testing.T, ns *os.File, name string) int {
	t.Helper()
	var socket int
	var err error
	testutil.In(t, ns, func() {
		link, byName := net.InterfaceByName(name)
		testutil.Must(t, byName)
		socket, err = unix.Socket(unix.AF_CAN, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.CAN_RAW)
		testutil.Must(t, err)
		t.Cleanup(func() { unix.Close(socket) })
		testutil.Must(t, unix.Bind(socket, &unix.SockaddrCAN{Ifindex: link.Index}))
	})
	testutil.Must(t, unix.SetsockoptInt(socket, unix.SOL_CAN_RAW, unix.CAN_RAW_FD_FRAMES, 1))
	testutil.Must(t, unix.SetsockoptTimeval(socket, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 5}))
	return socket
}

func send(t *testing.T, socket int, frame []byte) {
	t.Helper()
	_, err := unix.Write(socket, frame)
	testutil.Must(t, err)
}

// wants takes the next frame of a socket, which must be this.
func wants(t *testing.T, socket int, frame []byte) {
	t.Helper()
	b := make([]byte, 128)
	n, err := unix.Read(socket, b)
	if err != nil || !slices.Equal(b[:n], frame) {
		t.Errorf("came % x, error %v; want % x", b[:max(n, 0)], err, frame)
	}
}

// wantsNone looks for frames that have arrived: there must be none.
func wantsNone(t *testing.T, socket int) {
	t.Helper()
	b := make([]byte, 128)
	if n, _, err := unix.Recvfrom(socket, b, unix.MSG_DONTWAIT); !errors.Is(err, unix.EAGAIN) {
		t.Errorf("came % x, error %v; want nothing", b[:max(n, 0)], err)
	}
}

// TestFrames sends frames from one namespace to the other and back.
func TestFrames(t *testing.T) {
	near, far := pair(t)
	here, there, beside := open(t, near, "x1"), open(t, far, "x2"), open(t, far, "v0")
	send(t, here, classic)
	wants(t, there, classic)
	send(t, there, fd)
	wants(t, here, fd)
	send(t, here, fd)
	wants(t, there, fd)
	wantsNone(t, beside)
	// An MTU of 16 is a bus without CAN FD.
	testutil.IPBatch(t, near, "link set dev x1 down", "link set dev x1 mtu 16", "link set dev x1 up")
	again := open(t, near, "x1")
	if _, err := unix.Write(again, fd); !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.EMSGSIZE) {
		t.Errorf("a CAN FD frame for an MTU of 16: error %v", err)
	}
	send(t, again, classic)
	wants(t, there, classic)
}

// TestVCAN sends frames on a bus: they reach all others on it, and nobody on the
// bus of the same name in another namespace.
func TestVCAN(t *testing.T) {
	near, far := pair(t)
	sender, first, second, elsewhere := open(t, near, "v0"), open(t, near, "v0"), open(t, near, "v0"), open(t, far, "v0")
	for _, frame := range [][]byte{classic, fd} {
		send(t, sender, frame)
		wants(t, first, frame)
		wants(t, second, frame)
	}
	wantsNone(t, sender)
	wantsNone(t, elsewhere)
}

// TestVCANThroughVXCAN joins the buses of two namespaces by a pair, with the
// kernel's gateway at both ends: what is sent on one bus arrives on the other.
func TestVCANThroughVXCAN(t *testing.T) {
	near, far := pair(t)
	if !testutil.Matrix() {
		testutil.Skipf(t, "needs the CAN gateway of the kernels of the matrix (can_gw)")
	}
	if out, err := exec.Command("modprobe", "can_gw").CombinedOutput(); err != nil {
		t.Fatalf("modprobe can_gw: %v\n%s", err, out)
	}
	gateway(t, near, "v0", "x1")
	gateway(t, near, "x1", "v0")
	gateway(t, far, "v0", "x2")
	gateway(t, far, "x2", "v0")
	here, there := open(t, near, "v0"), open(t, far, "v0")
	send(t, here, classic)
	wants(t, there, classic)
	send(t, there, slices.Concat(classic[:8], []byte("answer\x00\x00")))
	wants(t, here, slices.Concat(classic[:8], []byte("answer\x00\x00")))
}

// gateway sends classic frames of one link on by another (linux/can/gw.h).
func gateway(t *testing.T, ns *os.File, from, to string) {
	t.Helper()
	const (
		canCAN = 1 // CGW_TYPE_CAN_CAN
		echo   = 1 // CGW_FLAGS_CAN_ECHO: also to sockets on the link itself
		srcIf  = 9
		dstIf  = 10
	)
	testutil.In(t, ns, func() {
		in, err := net.InterfaceByName(from)
		testutil.Must(t, err)
		out, err := net.InterfaceByName(to)
		testutil.Must(t, err)
		attrs := netlink.NewAttributeEncoder()
		attrs.Uint32(srcIf, uint32(in.Index))
		attrs.Uint32(dstIf, uint32(out.Index))
		data, err := attrs.Encode()
		testutil.Must(t, err)
		conn, err := netlink.Dial(unix.NETLINK_ROUTE, nil)
		testutil.Must(t, err)
		defer conn.Close()
		header := binary.NativeEndian.AppendUint16([]byte{unix.AF_CAN, canCAN}, echo)
		_, err = conn.Execute(netlink.Message{
			Header: netlink.Header{Type: unix.RTM_NEWROUTE, Flags: netlink.Request | netlink.Acknowledge},
			Data:   append(header, data...),
		})
		testutil.Must(t, err)
	})
}
