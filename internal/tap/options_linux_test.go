package tap_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvtap"
)

// TestQueues sends many flows to a link with three queues: each frame comes out
// of one of them, and all have some.
func TestQueues(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		l := newLab(t, k)
		files := l.open(t, macvtap.Queues(3))
		const flows = 60
		for i := range flows {
			_, err := unix.Write(l.wire, l.toTap(uint16(0x4000+i), fmt.Sprint("flow ", i)))
			testutil.Must(t, err)
		}
		seen := map[uint16]int{}
		for i, file := range files {
			before := len(seen)
			for frame := range framesOf(t, file) {
				seen[binary.BigEndian.Uint16(frame[34:])]++
			}
			if len(seen) == before {
				t.Errorf("out of queue %d came nothing", i)
			}
		}
		for port, n := range seen {
			if n != 1 {
				t.Errorf("port %#x came %d times", port, n)
			}
		}
		if len(seen) != flows {
			t.Errorf("%d flows, want %d", len(seen), flows)
		}
		for i, file := range files { // and each of them sends
			_, err := file.Write(l.fromTap(uint16(0x5000+i), "back"))
			testutil.Must(t, err)
			if got := binary.BigEndian.Uint16(readWire(t, l.wire, 0)[34:]); got != uint16(0x5000+i) {
				t.Errorf("queue %d: port %#x at the far end", i, got)
			}
		}
	})
}

// framesOf yields the frames of the lab that are in a queue.
func framesOf(t *testing.T, file *os.File) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		testutil.Must(t, file.SetReadDeadline(time.Now().Add(250*time.Millisecond)))
		for b := make([]byte, 1<<16); ; {
			n, err := file.Read(b)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				return
			}
			testutil.Must(t, err)
			if isOurs(b[:n]) && !yield(b[:n]) {
				return
			}
		}
	}
}

// TestVNetHeader sends frames each way with a header before them.
func TestVNetHeader(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		for _, size := range []int{10, 12} {
			t.Run(fmt.Sprint(size), func(t *testing.T) {
				l := newLab(t, k)
				file := l.open(t, macvtap.VNetHeader(size), macvtap.ByteOrder(binary.LittleEndian))[0]
				if n := getInt(t, file, unix.TUNGETVNETLE); n != 1 {
					t.Errorf("little-endian: %d", n)
				}
				in, out := l.toTap(0x4321, "there"), l.fromTap(0x5432, "and back")
				_, err := unix.Write(l.wire, in)
				testutil.Must(t, err)
				if h, got := readHeaded(t, file, size); h != (header{}) || !slices.Equal(got, in) {
					t.Errorf("from the file came %+v % x", h, got)
				}
				_, err = file.Write(append(make([]byte, size), out...))
				testutil.Must(t, err)
				if got := readWire(t, l.wire, 0); !slices.Equal(got, out) {
					t.Errorf("at the far end came % x", got)
				}
			})
		}
	})
}

// TestByteOrder asks for the other byte order: numbers turn around, or the
// kernel has only the one.
func TestByteOrder(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		l := newLab(t, k)
		var files []*os.File
		var err error
		testutil.In(t, l.near, func() {
			files, err = k.open(t.Context(), "t0", macvtap.VNetHeader(10), macvtap.ByteOrder(binary.BigEndian), macvtap.Offloads(macvtap.Csum|macvtap.TSO4))
		})
		if errors.Is(err, syscall.EINVAL) {
			if want := fmt.Sprintf("open %s t0: byte order: invalid argument (this kernel has no other byte order (CONFIG_TUN_VNET_CROSS_LE))", k.name); err.Error() != want {
				t.Errorf("error %v, want %s", err, want)
			}
			return
		}
		testutil.Must(t, err)
		closeLater(t, files)
		l.sendLarge(t)
		h, frame := readHeaded(t, files[0], 10)
		if h.gsoSize>>8|h.gsoSize<<8 != segment || len(frame) != large {
			t.Errorf("came %+v and %d bytes", h, len(frame))
		}
	})
}

func getInt(t *testing.T, file *os.File, request uint) (n int) {
	t.Helper()
	conn, err := file.SyscallConn()
	testutil.Must(t, err)
	testutil.Must(t, conn.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), request) }))
	testutil.Must(t, err)
	return n
}

// header is a struct virtio_net_hdr.
type header struct {
	flags, gsoType                              byte
	headerLen, gsoSize, checksumAt, checksumOff uint16
}

const (
	needsCsum = 1 // VIRTIO_NET_HDR_F_NEEDS_CSUM
	gsoTCPv4  = 1 // VIRTIO_NET_HDR_GSO_TCPV4
	gsoUDPL4  = 5 // VIRTIO_NET_HDR_GSO_UDP_L4
)

func (h header) append(b []byte) []byte {
	b = append(b, h.flags, h.gsoType)
	for _, n := range []uint16{h.headerLen, h.gsoSize, h.checksumAt, h.checksumOff} {
		b = binary.NativeEndian.AppendUint16(b, n)
	}
	return b
}

func parseHeader(b []byte) header {
	n := func(at int) uint16 { return binary.NativeEndian.Uint16(b[at:]) }
	return header{b[0], b[1], n(2), n(4), n(6), n(8)}
}

// readHeaded takes the next frame of the lab, with its header.
func readHeaded(t *testing.T, file *os.File, size int) (header, []byte) {
	t.Helper()
	testutil.Must(t, file.SetReadDeadline(time.Now().Add(5*time.Second)))
	for b := make([]byte, 1<<17); ; {
		n, err := file.Read(b)
		testutil.Must(t, err)
		if frame := b[min(size, n):n]; isOurs(frame) {
			return parseHeader(b), frame
		}
	}
}

// A large frame has TCP or UDP payload for four segments.
const (
	segment = 1000
	payload = 3*segment + 123
	large   = 14 + 20 + 20 + payload
)

// largeTCP is a header and a frame that is to be cut up, its checksum begun.
func (l *lab) largeTCP() (header, []byte) {
	const tcp = 6
	b := ipv4(l.mac, farMAC, theirs, ours, tcp, 20+payload)
	b = append(b, 0x12, 0x34, 0x43, 0x21, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x10, 0x20, 0, 0, 0, 0, 0)
	b = append(b, make([]byte, payload)...)
	binary.BigEndian.PutUint16(b[50:], pseudoSum(tcp, 20+payload))
	return header{needsCsum, gsoTCPv4, 54, segment, 34, 16}, b
}

func (l *lab) largeUDP() (header, []byte) {
	const udp = 17
	b := ipv4(l.mac, farMAC, theirs, ours, udp, 8+payload)
	b = append(b, 0x12, 0x34, 0x43, 0x21, 0, 0, 0, 0)
	binary.BigEndian.PutUint16(b[38:], 8+payload)
	binary.BigEndian.PutUint16(b[40:], pseudoSum(udp, 8+payload))
	return header{needsCsum, gsoUDPL4, 42, segment, 34, 6}, append(b, make([]byte, payload)...)
}

func pseudoSum(protocol byte, length int) uint16 {
	b := append(theirs.AsSlice(), ours.AsSlice()...)
	return sum(append(b, 0, protocol, byte(length>>8), byte(length)))
}

// sendLarge sends a large frame of TCP from the far end, as one.
func (l *lab) sendLarge(t *testing.T) {
	t.Helper()
	h, frame := l.largeTCP()
	l.sendHeaded(t, h, frame)
}

func (l *lab) sendHeaded(t *testing.T, h header, frame []byte) {
	t.Helper()
	_, err := unix.Write(packetSocket(t, l.far, "far0", true), append(h.append(nil), frame...))
	testutil.Must(t, err)
}

// TestOffloads sends a large frame to a tap: whole for who is prepared for it,
// and in pieces with checksums for others. Who opens the tap without a header
// changes nothing of that.
func TestOffloads(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		for _, c := range []struct {
			name    string
			options []macvtap.Option
			whole   bool
			partial bool // the checksum is left to do
		}{
			{"whole", []macvtap.Option{macvtap.VNetHeader(10), macvtap.Offloads(macvtap.Csum | macvtap.TSO4 | macvtap.ECN)}, true, true},
			{"other", []macvtap.Option{macvtap.VNetHeader(10), macvtap.Offloads(macvtap.Csum | macvtap.TSO6)}, false, true},
			{"header", []macvtap.Option{macvtap.VNetHeader(10)}, false, false},
		} {
			t.Run(c.name, func(t *testing.T) {
				l := newLab(t, k)
				file := l.open(t, c.options...)[0]
				for _, f := range l.open(t) {
					f.Close()
				}
				l.sendLarge(t)
				h, frame := readHeaded(t, file, 10)
				l.judge(t, h, frame, c.whole, c.partial)
			})
		}
		t.Run("none", func(t *testing.T) {
			l := newLab(t, k)
			file := l.open(t)[0]
			l.sendLarge(t)
			l.judge(t, header{}, readFrame(t, file), false, false)
		})
	})
}

func (l *lab) judge(t *testing.T, h header, frame []byte, whole, partial bool) {
	t.Helper()
	want, size := header{}, 14+40+segment
	if partial {
		want = header{flags: needsCsum, checksumAt: 34, checksumOff: 16}
	}
	if whole {
		want, _ = l.largeTCP()
		size = large
	}
	h.headerLen, want.headerLen = 0, 0 // a hint
	if h != want || len(frame) != size {
		t.Errorf("came %+v and %d bytes, want %+v and %d", h, len(frame), want, size)
	}
	length := len(frame) - 34
	if begun := pseudoSum(6, length); !partial && sum(frame[34:]) != ^begun {
		t.Errorf("the checksum of the first piece is wrong: %#x", sum(frame[34:]))
	}
}

// TestUSO sends a large frame of UDP. Kernels that know the offload may cut it
// up nevertheless, but never without leaving the checksums to do.
func TestUSO(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		l := newLab(t, k)
		options := []macvtap.Option{macvtap.VNetHeader(12), macvtap.Offloads(macvtap.Csum | macvtap.USO4 | macvtap.USO6)}
		if testutil.Older(t, 6, 2) {
			_, err := k.open(t.Context(), "t0", append(options, iplink.In(l.there))...)
			want := fmt.Sprintf("open %s t0: offloads: invalid argument (this kernel does not know one of the offloads; USO4 and USO6 are known since Linux 6.2)", k.name)
			if err == nil || err.Error() != want || !errors.Is(err, syscall.EINVAL) {
				t.Errorf("error %v, want %s", err, want)
			}
			return
		}
		file := l.open(t, options...)[0]
		h, frame := l.largeUDP()
		l.sendHeaded(t, h, frame)
		got, came := readHeaded(t, file, 12)
		whole := got.gsoType == gsoUDPL4 && got.gsoSize == segment && len(came) == len(frame)
		piece := got.gsoType == 0 && len(came) == 14+28+segment
		if !whole && !piece || got.flags != needsCsum || got.checksumAt != 34 || got.checksumOff != 6 {
			t.Errorf("came %+v and %d bytes, want %+v and %d or pieces of it", got, len(came), h, len(frame))
		}
		t.Logf("came %+v and %d bytes", got, len(came))
	})
}

// TestSendLarge writes a large frame to a tap, which goes out whole.
func TestSendLarge(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		l := newLab(t, k)
		file := l.open(t, macvtap.VNetHeader(12))[0]
		h, frame := l.largeTCP()
		copy(frame, append(slices.Clone(farMAC), l.mac...))
		copy(frame[26:], append(ours.AsSlice(), theirs.AsSlice()...))
		headed := packetSocket(t, l.far, "far0", true)
		_, err := file.Write(slices.Concat(h.append(nil), []byte{0, 0}, frame))
		testutil.Must(t, err)
		got := readWire(t, headed, 10)
		if g := parseHeader(got); g.gsoType != gsoTCPv4 || g.gsoSize != segment || len(got)-10 != large {
			t.Errorf("came %+v and %d bytes, want %+v and %d", g, len(got)-10, h, large)
		}
	})
}
