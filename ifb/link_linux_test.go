package ifb_test

import (
	"encoding/binary"
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
	sender, queue, in := ns.Packets("out", etherType), ns.Packets("shape", unix.ETH_P_ALL), ns.Packets("in", etherType)
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
