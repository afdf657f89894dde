package tun_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/tun"
	"github.com/iplink-go/iplink/veth"
)

// etherType is that of frames for local experiments.
const etherType = 0x88b5

// frame returns a frame with a text, from and to two addresses.
func frame(to, from byte, text string) []byte {
	b := slices.Concat([]byte{2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from}, binary.BigEndian.AppendUint16(nil, etherType), []byte(text))
	return append(b, make([]byte, max(0, 60-len(b)))...)
}

// opened opens the files of a link in a namespace until the test ends.
func opened(ns *testutil.Lab, name string, options ...tun.Option) []*os.File {
	ns.Helper()
	files, err := tun.Open(ns.Context(), name, append(options, iplink.In(lab.NetNS(ns)))...)
	testutil.Must(ns, err)
	ns.Cleanup(func() { closeAll(files) })
	return files
}

// awaits reads packets until one is as wanted. The kernel sends some of its own. Some
// kernels count the buffers in the last two bytes of a long virtio header.
func awaits(t *testing.T, file *os.File, want []byte) {
	t.Helper()
	testutil.Must(t, file.SetReadDeadline(time.Now().Add(5*time.Second)))
	for b := make([]byte, 1<<16); ; {
		n, err := file.Read(b)
		if err != nil {
			t.Fatalf("% x does not arrive: %v", want, err)
		}
		if n > 60 {
			clear(b[14:16])
		}
		if slices.Equal(b[:n], want) {
			return
		}
	}
}

// bridged returns a namespace with a tap link that is the port of a bridge, and a socket
// at the far end of the other port.
func bridged(t *testing.T, tap *tun.Builder) (ns *testutil.Lab, far int) {
	t.Helper()
	testutil.Need(t, iplink.KindTun)
	conn, ns := lab.Scratch(t)
	lab.MustCreate(t, conn, bridge.New("br0").MulticastSnooping(false).Up(), tap.Master("br0").Up(),
		veth.New("v0").Master("br0").Up().Peer(veth.New("v1").Up()))
	return ns, ns.Packets("v1", etherType)
}

// TestFrames sends a frame from a tap through a bridge to the end of the other port, and
// back, with the headers that the link has: that of PI, and a virtio header of 12 bytes.
func TestFrames(t *testing.T) {
	for _, c := range []struct {
		tap     *tun.Builder
		header  []byte
		options []tun.Option
	}{
		{tap: tun.NewTap("tap0")},
		{tun.NewTap("tap0").PI().VNetHdr(), slices.Concat([]byte{0, 0}, binary.BigEndian.AppendUint16(nil, etherType), make([]byte, 12)), []tun.Option{tun.VNetHeader(12)}},
	} {
		ns, far := bridged(t, c.tap)
		file := opened(ns, "tap0", c.options...)[0]
		testutil.Settle(t, ns.File, "v1")
		out, in := frame(2, 1, "there"), frame(1, 2, "and back")
		_, err := file.Write(slices.Concat(c.header, out))
		testutil.Must(t, err)
		if got := testutil.NextFrame(t, far, func(b []byte) bool { return b[5] == 2 }); !slices.Equal(got, out) {
			t.Errorf("at the far end % x, want % x", got, out)
		}
		_, err = unix.Write(far, in)
		testutil.Must(t, err)
		awaits(t, file, slices.Concat(c.header, in))
	}
}

// TestPackets sends an IP packet from a tun link, and reads the answer of the kernel.
func TestPackets(t *testing.T) {
	testutil.Need(t, iplink.KindTun)
	conn, ns := lab.Scratch(t)
	lab.MustCreate(t, conn, tun.New("tun0").Addr(lab.Prefix("192.0.2.1/24")).Up())
	file := opened(ns, "tun0")[0]
	testutil.Settle(t, ns.File, "tun0") // the link has a carrier from now on
	_, err := file.Write(ping(8, 2, 1))
	testutil.Must(t, err)
	testutil.Must(t, file.SetReadDeadline(time.Now().Add(5*time.Second)))
	for b := make([]byte, 2048); ; {
		n, err := file.Read(b)
		testutil.Must(t, err)
		if n == 28 && b[9] == unix.IPPROTO_ICMP && b[20] == 0 && slices.Equal(b[12:20], []byte{192, 0, 2, 1, 192, 0, 2, 2}) && slices.Equal(b[24:28], []byte{0x12, 0x34, 0, 7}) {
			break
		}
	}
	ns.IP("link", "set", "dev", "tun0", "down")
	if _, err := file.Write(ping(8, 2, 1)); !errors.Is(err, syscall.EIO) {
		t.Errorf("error %v while the link is down", err)
	}
	ns.IP("link", "del", "dev", "tun0")
	if _, err := file.Read(make([]byte, 2048)); err == nil {
		t.Error("packets of a link that is gone")
	}
	if _, err := file.Write(ping(8, 2, 1)); !errors.Is(err, syscall.EBADFD) {
		t.Errorf("error %v of a link that is gone", err)
	}
}

// ping returns an ICMP message from 192.0.2.from to 192.0.2.to.
func ping(kind, from, to byte) []byte {
	icmp := []byte{kind, 0, 0, 0, 0x12, 0x34, 0, 7}
	binary.BigEndian.PutUint16(icmp[2:], ^sum(icmp))
	ip := []byte{0x45, 0, 0, 28, 0, 0, 0, 0, 64, unix.IPPROTO_ICMP, 0, 0, 192, 0, 2, from, 192, 0, 2, to}
	binary.BigEndian.PutUint16(ip[10:], ^sum(ip))
	return append(ip, icmp...)
}

func sum(b []byte) uint16 {
	var s uint32
	for i := 0; i < len(b); i += 2 {
		s += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	return uint16(s + s>>16)
}

// TestQueues sends frames through two files. An answer comes out of the file from which
// the flow came in.
func TestQueues(t *testing.T) {
	ns, far := bridged(t, tun.NewTap("tap0").MultiQueue())
	files := opened(ns, "tap0", tun.Queues(2))
	if d := ns.InfoData("tap0"); d["numqueues"] != 2. || d["numdisabled"] != 0. {
		t.Errorf("ip: %v", d)
	}
	link, err := lab.InNetNS(t, ns.File, func(c *iplink.Conn) (*iplink.Link, error) { return c.Get(t.Context(), "tap0") })
	testutil.Must(t, err)
	if info, ok := tun.Info(link); !ok || info.NumQueues != 2 || info.NumDisabledQueues != 0 {
		t.Errorf("info %+v", info)
	}
	for i, file := range files {
		own := byte(0x10 + i)
		_, err := file.Write(frame(2, own, fmt.Sprint("from ", i)))
		testutil.Must(t, err)
		testutil.NextFrame(t, far, func(b []byte) bool { return b[11] == own })
		in := frame(own, 2, fmt.Sprint("to ", i))
		_, err = unix.Write(far, in)
		testutil.Must(t, err)
		awaits(t, file, in)
	}
	closeAll(files)
	if d := ns.InfoData("tap0"); d["numqueues"] != 0. {
		t.Errorf("after Close: %v", d)
	}
}

// TestOpenRefused opens links in ways that they do not allow, and finds the namespaces of
// the link and the thread as they were.
func TestOpenRefused(t *testing.T) {
	testutil.Need(t, iplink.KindTun)
	conn, ns := lab.Scratch(t)
	lab.MustCreate(t, conn, tun.New("one"), tun.New("many").MultiQueue(), veth.New("v0"))
	opened(ns, "one")
	opened(ns, "many", tun.Queues(250))
	before := ns.IP("-d", "-j", "link")
	for _, c := range []struct {
		name   string
		option tun.Option
		is     error
		text   string
	}{
		{"one", tun.Queues(1), syscall.EBUSY, "open tun one: device or resource busy (a program has the link open, and the link has one queue: close that file, or make the link with MultiQueue)"},
		{"one", tun.Queues(2), fs.ErrInvalid, "open tun one: queues: invalid argument (the link has one queue: make it with MultiQueue)"},
		{"many", tun.Queues(7), syscall.E2BIG, "open tun many: argument list too long (the link has 256 queues in all, and no more are free)"},
		{"many", tun.VNetHeader(10), fs.ErrInvalid, "open tun many: vnet header: invalid argument (the link has none: make it with VNetHdr)"},
		{"v0", tun.Queues(1), iplink.ErrKind, "open tun v0: the link is of another kind (it is a veth link)"},
		{"none", tun.Queues(1), fs.ErrNotExist, ""},
	} {
		files, err := tun.Open(t.Context(), c.name, iplink.In(lab.NetNS(ns)), c.option)
		if !errors.Is(err, c.is) || files != nil || c.text != "" && err.Error() != c.text {
			t.Errorf("error %v\n want %s", err, c.text)
		}
	}
	_, err := conn.Update(t.Context(), tun.New("one").Owner(7))
	if want := "update tun one: user: device or resource busy (a program has the link open, and the link has one queue: close that file, or make the link with MultiQueue)"; fmt.Sprint(err) != want || !errors.Is(err, syscall.EBUSY) {
		t.Errorf("error %v, want %s", err, want)
	}
	if after := ns.IP("-d", "-j", "link"); after != before {
		t.Errorf("now %s\nwas %s", after, before)
	}
}
