package ifb_test

import (
	"encoding/binary"
	"net"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/ifb"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
)

// etherType is that of frames for local experiments, 0x88b5.
const etherType = 0x88b5

// TestRedirect redirects the received frames of a link to an ifb link, and sees them
// pass there.
func TestRedirect(t *testing.T) {
	testutil.Need(t, iplink.KindIFB)
	conn, ns := lab.Scratch(t)
	made := lab.MustCreate(t, conn, ifb.New("shape").Queues(3, 5).TxQueueLen(0x123).MTU(1433).Up(),
		veth.New("out").Up().Peer(veth.New("in").Up()))
	if l := ns.Link("shape"); l["num_tx_queues"] != 3. || l["num_rx_queues"] != 5. || l["mtu"] != 1433. || l["txqlen"] != 291. || made[0].Kind != iplink.KindIFB {
		t.Errorf("ip: %v", l)
	}
	lab.Ensured(t, conn, ifb.New("shape").Queues(3, 5).Up(), false)
	for _, command := range [][]string{
		{"tc", "qdisc", "add", "dev", "in", "clsact"},
		{"tc", "filter", "add", "dev", "in", "ingress", "matchall", "action", "mirred", "egress", "redirect", "dev", "shape"},
	} {
		if out, err := ns.Run(command[0], command[1:]...); err != nil && testutil.Matrix() {
			t.Fatalf("%q: %v: %s", command, err, out)
		} else if err != nil {
			testutil.Skipf(t, "needs a kernel with traffic control actions: %s", out)
		}
	}
	sender, queue, in := packets(t, ns, "out", etherType), packets(t, ns, "shape", unix.ETH_P_ALL), packets(t, ns, "in", etherType)
	frame := slices.Concat([]byte{2, 0, 0, 0, 0x12, 0x34, 2, 0, 0, 0, 0x43, 0x21}, binary.BigEndian.AppendUint16(nil, etherType), make([]byte, 46))
	frame[20] = 0x77
	_, err := unix.Write(sender, frame)
	testutil.Must(t, err)
	wants(t, "shape", queue, frame)
	wants(t, "in", in, frame) // it returns to the link that it came from
}

// wants reads from a socket until the frame arrives. IPv6 sends frames of its own.
func wants(t *testing.T, name string, fd int, frame []byte) {
	t.Helper()
	for b := make([]byte, 2048); ; {
		n, err := unix.Read(fd, b)
		if err != nil {
			t.Fatalf("%s: the frame has not arrived: %v", name, err)
		}
		if slices.Equal(b[:n], frame) {
			return
		}
	}
}

// packets returns a socket for the frames of a protocol on a link, which waits up to 5
// seconds for one. It sees those that the link sends only if it asks for all protocols.
func packets(t *testing.T, ns *testutil.Lab, name string, protocol uint16) (fd int) {
	t.Helper()
	ns.In(func() {
		link, err := net.InterfaceByName(name)
		testutil.Must(t, err)
		protocol = protocol>>8 | protocol<<8 // in network byte order
		fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(protocol))
		testutil.Must(t, err)
		t.Cleanup(func() { unix.Close(fd) })
		testutil.Must(t, unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 5}))
		testutil.Must(t, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: protocol, Ifindex: link.Index}))
	})
	return fd
}
