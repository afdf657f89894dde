package nlmon_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/nlmon"
)

const link = "mon0"

// monitored returns a namespace with an nlmon link.
func monitored(t *testing.T) *os.File {
	t.Helper()
	testutil.Need(t, iplink.KindNlmon)
	ns := testutil.NetNS(t)
	testutil.In(t, ns, func() {
		_, err := nlmon.New(link).Up().Create(t.Context())
		testutil.Must(t, err)
	})
	return ns
}

// sink takes what a capture writes, and says when it begins.
type sink struct {
	mu    sync.Mutex
	b     []byte
	began chan struct{}
	each  func() error // called before each write but the first
}

func (s *sink) Write(b []byte) (int, error) {
	if len(s.bytes()) == 0 {
		defer close(s.began)
	} else if s.each != nil {
		if err := s.each(); err != nil {
			return 0, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.b = append(s.b, b...)
	return len(b), nil
}

func (s *sink) bytes() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b
}

// capture is one that is going on.
type capture struct {
	sink
	stop  context.CancelFunc
	ended chan struct{}
	stats nlmon.Stats
	err   error
}

// begin starts a capture and waits until it has begun.
func begin(t *testing.T, ns *os.File, each func() error, options ...nlmon.Option) *capture {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	c := &capture{sink: sink{began: make(chan struct{}), each: each}, stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		testutil.In(t, ns, func() { c.stats, c.err = nlmon.Capture(ctx, link, &c.sink, options...) })
	}()
	t.Cleanup(func() { stop(); <-c.ended })
	select {
	case <-c.began:
	case <-c.ended:
		t.Fatalf("capture ended: %v", c.err)
	}
	return c
}

// end ends the capture by its context, which is no error.
func (c *capture) end(t *testing.T) {
	t.Helper()
	c.stop()
	<-c.ended
	testutil.Must(t, c.err)
}

// TestCapture captures what `ip` says along with tcpdump: both have the same
// packets, and tcpdump reads ours. What was captured is an artifact of the test,
// for TestTshark to read where there is a tshark.
func TestCapture(t *testing.T) {
	ns := monitored(t)
	theirs := filepath.Join(t.TempDir(), "theirs.pcap")
	dump := startDump(t, ns, theirs)
	c := begin(t, ns, nil)
	testutil.IPBatch(t, ns, "link add name first type dummy", "link set dev first mtu 4660 alias number-one",
		"address add 192.0.2.18/25 dev first", "link show dev first", "link del dev first")
	time.Sleep(500 * time.Millisecond) // what the deletion leads to is behind it, also on a busy guest
	testutil.IP(t, ns, "link", "add", "name", "marker", "type", "dummy")
	want := dump.until(t, "marker")
	c.end(t)

	ours := filepath.Join(t.ArtifactDir(), "capture.pcapng")
	testutil.Must(t, os.WriteFile(ours, c.bytes(), 0o644))
	got := between(read(t, c.bytes()).frames, "first", "marker")
	if want = between(want, "first", "marker"); len(want) < 10 || !slices.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("captured %d packets, tcpdump %d, or they differ", len(got), len(want))
	}
	again := filepath.Join(t.TempDir(), "again.pcap")
	if out, err := exec.Command("tcpdump", "-r", ours, "-w", again).CombinedOutput(); err != nil {
		t.Fatalf("tcpdump: %v: %s", err, out)
	}
	if frames := between(readPcap(t, again), "first", "marker"); !slices.EqualFunc(frames, want, bytes.Equal) {
		t.Errorf("tcpdump reads %d packets of ours, want %d", len(frames), len(want))
	}
}

// dump is a tcpdump that is going on.
type dump struct {
	cmd  *exec.Cmd
	file string
}

func startDump(t *testing.T, ns *os.File, file string) *dump {
	t.Helper()
	if _, err := exec.LookPath("tcpdump"); err != nil {
		testutil.Skipf(t, "this system has no tcpdump")
	}
	d := &dump{exec.Command("tcpdump", "-i", link, "-U", "--immediate-mode", "-w", file), file}
	says, err := d.cmd.StderrPipe()
	testutil.Must(t, err)
	testutil.In(t, ns, func() { testutil.Must(t, d.cmd.Start()) })
	t.Cleanup(func() { d.cmd.Process.Kill(); d.cmd.Wait() })
	b := make([]byte, 4096)
	for text := ""; !strings.Contains(text, "listening on"); {
		n, err := says.Read(b)
		testutil.Must(t, err)
		text += string(b[:n])
	}
	return d
}

// until waits until tcpdump has written a packet with a text, and returns all that
// it has written.
func (d *dump) until(t *testing.T, text string) [][]byte {
	t.Helper()
	for range 500 {
		time.Sleep(20 * time.Millisecond)
		frames := readPcap(t, d.file)
		if slices.ContainsFunc(frames, func(b []byte) bool { return bytes.Contains(b, []byte(text)) }) {
			return frames
		}
	}
	t.Fatalf("tcpdump has no packet with %q", text)
	return nil
}

// between returns the frames from the first with one text to the first with
// another.
func between(frames [][]byte, first, last string) [][]byte {
	has := func(text string) func([]byte) bool {
		return func(b []byte) bool { return bytes.Contains(b, []byte(text)) }
	}
	from, to := slices.IndexFunc(frames, has(first)), slices.IndexFunc(frames, has(last))
	if from < 0 || to < from {
		return nil
	}
	return frames[from : to+1]
}

// readPcap reads the frames of a file of the older format: records of 16 bytes
// and data after 24 bytes. It leaves out what is not wholly written yet.
func readPcap(t *testing.T, file string) (frames [][]byte) {
	t.Helper()
	b, err := os.ReadFile(file)
	testutil.Must(t, err)
	if len(b) < 24 {
		return nil
	}
	if typ := binary.NativeEndian.Uint32(b[20:]); typ != 253 {
		t.Fatalf("link type %d", typ)
	}
	for b = b[24:]; len(b) > 16; {
		n := 16 + int(binary.NativeEndian.Uint32(b[8:]))
		if n > len(b) {
			break
		}
		frames, b = append(frames, b[16:n]), b[n:]
	}
	return frames
}

// TestDrops has the kernel drop most of what there is while nothing is written:
// what is written and what was dropped is what the link has counted.
func TestDrops(t *testing.T) {
	ns := monitored(t)
	wait := make(chan struct{})
	c := begin(t, ns, func() error { <-wait; return nil }, nlmon.Buffer(1<<14))
	before := counted(t, ns)
	const requests = 300
	testutil.In(t, ns, func() { ask(t, requests) })
	close(wait)
	testutil.Eventually(t, "it was captured", func() bool { return bytes.Count(c.bytes(), []byte("lo\x00")) > 0 })
	testutil.In(t, ns, func() { ask(t, 1) })
	total := counted(t, ns) - before
	c.end(t)

	file := read(t, c.bytes())
	if c.stats.Dropped == 0 || c.stats.Packets == 0 || c.stats.Packets+c.stats.Dropped != total || total < 2*requests {
		t.Errorf("%+v of %d packets", c.stats, total)
	}
	if file.received != total || file.dropped != c.stats.Dropped || uint64(len(file.frames)) != c.stats.Packets {
		t.Errorf("the file says %d received, %d dropped and has %d packets; want %+v", file.received, file.dropped, len(file.frames), c.stats)
	}
	if file.dropCounts == 0 || file.dropCounts > c.stats.Dropped {
		t.Errorf("before single packets %d were dropped, in all %d", file.dropCounts, c.stats.Dropped)
	}
}

// ask asks the kernel for lo so often, and awaits the answers.
func ask(t *testing.T, times int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	testutil.Must(t, err)
	defer unix.Close(fd)
	request := make([]byte, 32)
	binary.NativeEndian.PutUint32(request, 32)
	binary.NativeEndian.PutUint16(request[4:], unix.RTM_GETLINK)
	binary.NativeEndian.PutUint16(request[6:], unix.NLM_F_REQUEST)
	binary.NativeEndian.PutUint32(request[20:], 1) // the index of lo
	for range times {
		testutil.Must(t, unix.Sendto(fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}))
		_, _, err := unix.Recvfrom(fd, make([]byte, 1<<14), 0)
		testutil.Must(t, err)
	}
}

// counted returns how many packets the link has had, without a netlink message.
func counted(t *testing.T, ns *os.File) (packets uint64) {
	t.Helper()
	testutil.In(t, ns, func() {
		b, err := os.ReadFile("/proc/thread-self/net/dev")
		testutil.Must(t, err)
		_, line, _ := strings.Cut(string(b), link+":")
		_, err = fmt.Sscan(strings.Fields(line)[1], &packets)
		testutil.Must(t, err)
	})
	return packets
}

// TestLastPackets ends a capture while packets wait to be written, and finds
// them all in the file.
func TestLastPackets(t *testing.T) {
	ns := monitored(t)
	wait := make(chan struct{})
	c := begin(t, ns, func() error { <-wait; return nil })
	before := counted(t, ns)
	testutil.In(t, ns, func() { ask(t, 100) })
	total := counted(t, ns) - before
	c.stop()
	close(wait)
	c.end(t)
	if frames := len(read(t, c.bytes()).frames); total < 200 || uint64(frames) != total || c.stats.Packets != total || c.stats.Dropped != 0 {
		t.Errorf("%d packets in the file, %+v, want %d", frames, c.stats, total)
	}
}

// TestLinkDown captures on links that are down, gone, or none.
func TestLinkDown(t *testing.T) {
	ns := monitored(t)
	for _, args := range [][]string{{"link", "set", "dev", link, "down"}, {"link", "del", "dev", link}} {
		c := begin(t, ns, nil)
		testutil.IP(t, ns, args...)
		<-c.ended
		if want := "capture nlmon mon0: network is down (the link is down, or gone: Up brings it up)"; c.err == nil || c.err.Error() != want || !errors.Is(c.err, syscall.ENETDOWN) {
			t.Errorf("%v: error %v, want %s", args, c.err, want)
		}
		if file := read(t, c.bytes()); file.received == 0 || uint64(len(file.frames)) != file.received {
			t.Errorf("%v: the file has %d packets of %d", args, len(file.frames), file.received)
		}
		testutil.In(t, ns, func() {
			_, err := nlmon.Capture(t.Context(), link, writes(func() { t.Error("something was written") }))
			if want := []error{syscall.ENETDOWN, fs.ErrNotExist}; !errors.Is(err, want[0]) && !errors.Is(err, want[1]) {
				t.Errorf("error %v, want one of %v", err, want)
			}
		})
		if args[1] == "set" {
			testutil.IP(t, ns, "link", "set", "dev", link, "up")
		}
	}
	testutil.In(t, ns, func() {
		if _, err := nlmon.Capture(t.Context(), "lo", io.Discard); !errors.Is(err, iplink.ErrKind) {
			t.Errorf("error %v, want that of another kind", err)
		}
	})
}

// writes is a writer that calls a function.
type writes func()

func (w writes) Write(b []byte) (int, error) { w(); return len(b), nil }

// TestWriteFails has the first and a later Write fail: the capture ends.
func TestWriteFails(t *testing.T) {
	ns := monitored(t)
	full := errors.New("the disk is full")
	c := begin(t, ns, func() error { return full })
	testutil.IP(t, ns, "link", "show")
	<-c.ended
	if !errors.Is(c.err, full) || c.stats.Packets != 0 {
		t.Errorf("error %v, %+v", c.err, c.stats)
	}
	testutil.In(t, ns, func() {
		_, err := nlmon.Capture(t.Context(), link, failing{full})
		if want := "capture nlmon mon0: the disk is full (writing the file)"; err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	})
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// TestPrivilege captures without CAP_NET_RAW.
func TestPrivilege(t *testing.T) {
	ns := monitored(t)
	testutil.In(t, ns, func() {
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var data [2]unix.CapUserData
		testutil.Must(t, unix.Capget(&header, &data[0]))
		data[0].Effective &^= 1 << unix.CAP_NET_RAW
		testutil.Must(t, unix.Capset(&header, &data[0]))
		_, err := nlmon.Capture(t.Context(), link, io.Discard)
		if want := "capture nlmon mon0: operation not permitted (needs CAP_NET_RAW: run as root, or in a user namespace)"; err == nil || err.Error() != want || !errors.Is(err, fs.ErrPermission) {
			t.Errorf("error %v, want %s", err, want)
		}
	})
}
