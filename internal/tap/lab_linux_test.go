package tap_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/ipvtap"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/veth"
)

// kind is one of the two kinds of links that have tap files.
type kind struct {
	name   string
	create func(ctx context.Context, parent string, addr netip.Prefix) (*iplink.Link, error)
	open   func(ctx context.Context, name string, options ...macvtap.Option) ([]*os.File, error)
}

var kinds = []kind{
	{iplink.KindMacvtap, func(ctx context.Context, parent string, addr netip.Prefix) (*iplink.Link, error) {
		return macvtap.New("t0").Index(index).Parent(parent).Mode(macvtap.Bridge).Addr(addr).Up().Create(ctx)
	}, macvtap.Open},
	{iplink.KindIPvtap, func(ctx context.Context, parent string, addr netip.Prefix) (*iplink.Link, error) {
		return ipvtap.New("t0").Index(index).Parent(parent).Mode(ipvtap.L2).Addr(addr).Up().Create(ctx)
	}, ipvtap.Open},
}

// each runs a test for both kinds.
func each(t *testing.T, test func(t *testing.T, k kind)) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			testutil.Need(t, k.name)
			needNodes(t)
			test(t, k)
		})
	}
}

// needNodes skips the test where nobody may make device nodes, which is in any
// user namespace but the first.
func needNodes(t *testing.T) {
	t.Helper()
	if !firstUserNS(t) {
		testutil.Skipf(t, "needs root outside of user namespaces: tap files are device nodes")
	}
}

// lab is two namespaces and a cable between them, with a tap link at one end.
type lab struct {
	kind
	near, far *os.File
	there     *iplink.NetNS    // near
	mac       net.HardwareAddr // of the tap link
	wire      int              // a packet socket at the far end
}

// index is that of every tap link: nodes in /dev are named after it.
const index = 0x1234

var ours, theirs = netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")

func newLab(t *testing.T, k kind) *lab {
	t.Helper()
	l := &lab{kind: k, near: testutil.NetNS(t), far: testutil.NetNS(t)}
	far := netNS(t, l.far)
	l.there = netNS(t, l.near)
	testutil.In(t, l.near, func() {
		_, err := veth.New("eth0").Up().Peer(veth.New("far0").NetNS(far).Up()).Create(t.Context())
		testutil.Must(t, err)
		_, err = k.create(t.Context(), "eth0", netip.PrefixFrom(ours, 24))
		testutil.Must(t, err)
	})
	link := linkOf(t, l.near, "t0")
	if link.Index != index {
		t.Fatalf("index %d", link.Index)
	}
	l.mac = link.HardwareAddr
	l.wire = packetSocket(t, l.far, "far0", false)
	return l
}

// linkOf asks the standard library, which is quicker than a process.
func linkOf(t *testing.T, ns *os.File, name string) (link *net.Interface) {
	t.Helper()
	var err error
	testutil.In(t, ns, func() { link, err = net.InterfaceByName(name) })
	testutil.Must(t, err)
	return link
}

func netNS(t *testing.T, file *os.File) *iplink.NetNS {
	t.Helper()
	ns, err := iplink.NetNSAtPath(fmt.Sprintf("/proc/self/fd/%d", file.Fd()))
	testutil.Must(t, err)
	t.Cleanup(func() { ns.Close() })
	return ns
}

// open opens the files in the link's namespace; the test's end closes them.
func (l *lab) open(t *testing.T, options ...macvtap.Option) []*os.File {
	t.Helper()
	var files []*os.File
	var err error
	testutil.In(t, l.near, func() { files, err = l.kind.open(t.Context(), "t0", options...) })
	testutil.Must(t, err)
	closeLater(t, files)
	return files
}

func closeLater(t *testing.T, files []*os.File) {
	t.Cleanup(func() {
		for _, f := range files {
			f.Close()
		}
	})
}

// packetSocket returns a socket for IPv4 frames on a link, which waits up to 5
// seconds for one; with a virtio header before each if asked for.
func packetSocket(t *testing.T, ns *os.File, name string, header bool) int {
	t.Helper()
	at := linkOf(t, ns, name).Index
	const protocol = 0x0008 // ETH_P_IP in the order of the network
	var fd int
	var err error
	testutil.In(t, ns, func() { fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, protocol) })
	testutil.Must(t, err)
	t.Cleanup(func() { unix.Close(fd) })
	testutil.Must(t, unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 5}))
	if header {
		testutil.Must(t, unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1))
	}
	testutil.Must(t, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: protocol, Ifindex: at}))
	return fd
}

var farMAC = net.HardwareAddr{2, 0x12, 0x34, 0x56, 0x78, 0x9a}

// toTap and fromTap return a frame with UDP for the tap link, or of it.
func (l *lab) toTap(port uint16, payload string) []byte {
	return udpFrame(l.mac, farMAC, theirs, ours, port, payload)
}

func (l *lab) fromTap(port uint16, payload string) []byte {
	return udpFrame(farMAC, l.mac, ours, theirs, port, payload)
}

// udpFrame has no UDP checksum, which IPv4 allows, and pads as Ethernet does.
func udpFrame(to, from net.HardwareAddr, src, dst netip.Addr, port uint16, payload string) []byte {
	const udp = 17
	b := ipv4(to, from, src, dst, udp, 8+len(payload))
	b = binary.BigEndian.AppendUint16(b, port)
	b = binary.BigEndian.AppendUint16(b, 0x1234)
	b = binary.BigEndian.AppendUint16(b, uint16(8+len(payload)))
	b = append(append(b, 0, 0), payload...)
	return append(b, make([]byte, max(0, 60-len(b)))...)
}

// ipv4 returns the headers up to IPv4's.
func ipv4(to, from net.HardwareAddr, src, dst netip.Addr, protocol byte, length int) []byte {
	header := []byte{0x45, 0, 0, 0, 0x43, 0x21, 0, 0, 64, protocol, 0, 0}
	binary.BigEndian.PutUint16(header[2:], uint16(20+length))
	header = slices.Concat(header, src.AsSlice(), dst.AsSlice())
	binary.BigEndian.PutUint16(header[10:], ^sum(header))
	return slices.Concat(to, from, []byte{8, 0}, header)
}

// sum adds up 16-bit words in ones' complement.
func sum(b []byte) uint16 {
	var s uint32
	for i := 0; i+1 < len(b); i += 2 {
		s += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	if len(b)%2 == 1 {
		s += uint32(b[len(b)-1]) << 8
	}
	for s>>16 != 0 {
		s = s&0xffff + s>>16
	}
	return uint16(s)
}

// passes sends a frame each way.
func (l *lab) passes(t *testing.T, file *os.File) {
	t.Helper()
	in, out := l.toTap(0x4321, "there"), l.fromTap(0x5432, "and back")
	_, err := unix.Write(l.wire, in)
	testutil.Must(t, err)
	if got := readFrame(t, file); !slices.Equal(got, in) {
		t.Errorf("from the file came\n% x, want\n% x", got, in)
	}
	_, err = file.Write(out)
	testutil.Must(t, err)
	if got := readWire(t, l.wire, 0); !slices.Equal(got, out) {
		t.Errorf("at the far end came\n% x, want\n% x", got, out)
	}
}

// isOurs reports whether a frame holds TCP or UDP between the addresses of the
// lab. The kernel sends frames of its own, such as those of IPv6 and IGMP.
func isOurs(frame []byte) bool {
	if len(frame) <= 34 || frame[12] != 8 || frame[13] != 0 || frame[23] != unix.IPPROTO_TCP && frame[23] != unix.IPPROTO_UDP {
		return false
	}
	ends := string(frame[26:34])
	return ends == string(ours.AsSlice())+string(theirs.AsSlice()) || ends == string(theirs.AsSlice())+string(ours.AsSlice())
}

// readFrame takes the next frame of the lab from a tap file, without a header.
func readFrame(t *testing.T, file *os.File) []byte {
	t.Helper()
	testutil.Must(t, file.SetReadDeadline(time.Now().Add(5*time.Second)))
	b := make([]byte, 1<<16)
	for {
		n, err := file.Read(b)
		testutil.Must(t, err)
		if isOurs(b[:n]) {
			return b[:n]
		}
	}
}

// readWire takes the next frame of the lab at the far end that has come from the
// tap. There is a header of so many bytes before it.
func readWire(t *testing.T, fd, header int) []byte {
	t.Helper()
	b := make([]byte, 1<<16)
	for {
		n, from, err := unix.Recvfrom(fd, b, 0)
		testutil.Must(t, err)
		if from.(*unix.SockaddrLinklayer).Pkttype != unix.PACKET_OUTGOING && isOurs(b[min(header, n):n]) {
			return b[:n]
		}
	}
}
