package iplink_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// mirror is what a consumer knows of the links of one namespace by the events
// alone. It checks that each event fits what it knows.
type mirror struct {
	mu      sync.Mutex
	links   map[int]*iplink.Link
	events  int
	resyncs int // events that came from a list after an overrun
	err     error
}

func (m *mirror) apply(e iplink.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events++
	if e.Resync {
		m.resyncs++
	}
	index := e.Link().Index
	if have := m.links[index]; have != e.Old {
		return fmt.Errorf("event %v: the link was %p, it says %p", e, have, e.Old)
	}
	if e.New == nil {
		delete(m.links, index)
	} else {
		m.links[index] = e.New
	}
	return nil
}

// follow applies events until ctx ends. Now and then it stalls.
func (m *mirror) follow(ctx context.Context, c *iplink.Conn, s *stall) {
	for e, err := range c.Watch(ctx, iplink.ReceiveBuffer(smallest)) {
		if err == nil {
			err = m.apply(e)
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			m.mu.Lock()
			m.err = err
			m.mu.Unlock()
		}
		if err != nil {
			return
		}
		s.hold(ctx, e.Kind)
	}
}

// differences says how the mirror differs from what is there, which is listed.
func (m *mirror) differences(t *testing.T, c *iplink.Conn) (all []string) {
	links, err := c.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		t.Fatal(m.err)
	}
	for _, l := range links {
		if have := m.links[l.Index]; have == nil {
			all = append(all, l.Name+" is missing")
		} else if diff := iplink.Differences(have, l); len(diff) > 0 {
			all = append(all, fmt.Sprint(l.Name, " differs in ", diff))
		}
	}
	if len(m.links) > len(links) {
		all = append(all, fmt.Sprintf("%d links too many", len(m.links)-len(links)))
	}
	return all
}

// brief is what both the mirror and `ip` say of a link.
type brief struct {
	Name, Master string
	MTU          uint32
	Flags        []string
}

func (m *mirror) brief() map[int]brief {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[int]brief{}
	for index, l := range m.links {
		b := brief{Name: l.Name, MTU: l.MTU, Flags: lab.IPFlags(l.Flags)}
		if master := m.links[l.Master]; master != nil {
			b.Master = master.Name
		}
		all[index] = b
	}
	return all
}

func briefOf(ns *testutil.Lab) map[int]brief {
	all := map[int]brief{}
	for index, l := range lab.IPLinks(ns, ns.File) {
		all[index] = brief{l.Name, l.Master, l.MTU, lab.OwnFlags(l.Flags)}
	}
	return all
}

// TestWatchMirror has four writers change links while a reader that stalls now and then,
// with a receive buffer that overruns, follows. In the end what the reader knows is what
// the kernel has.
func TestWatchMirror(t *testing.T) {
	changes := lab.Many(t, 2000, 20_000)
	c, ns := lab.Scratch(t)
	ns.Batch("link add br0 up type bridge", "link add br1 up type bridge")
	m := &mirror{links: map[int]*iplink.Link{}}
	ctx, cancel := context.WithCancel(t.Context())
	var reader, writers sync.WaitGroup
	s := newStall(ns, 1)
	reader.Go(func() { m.follow(ctx, c, s) })
	s.await(t)
	for n := range 4 {
		w := &linkWriter{n: n}
		cmd := batch("ip", w.commands(changes/4))
		writers.Go(func() {
			ns.In(func() {
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("writer %d: %v\n%s", n, err, out)
				}
			})
		})
	}
	start := time.Now()
	writers.Wait()
	written := time.Since(start)
	diff := m.differences(t, c)
	for deadline := time.Now().Add(time.Minute); len(diff) > 0 && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
		diff = m.differences(t, c)
	}
	caught := time.Since(start) - written
	if len(diff) > 0 {
		t.Errorf("after %v the mirror differs from a list: %q", caught, diff)
	}
	if got, want := m.brief(), briefOf(ns); !reflect.DeepEqual(got, want) {
		t.Errorf("the mirror has\n%v\nand ip says\n%v", got, want)
	}
	cancel()
	reader.Wait()
	if m.resyncs == 0 {
		t.Error("no overrun made a difference: the test showed nothing")
	}
	t.Logf("%d changes in %v, %d events, %d of them after overruns, caught up %v later",
		changes, written, m.events, m.resyncs, caught)
}

// smallest is the receive buffer of the tests: a few announcements.
const smallest = 4096

// A stall holds readers up. At first it does so until the kernel has dropped announcements
// for each of them, which the kernel counts; later it does so now and then, for a while.
type stall struct {
	ns      *testutil.Lab
	readers int
	ready   sync.WaitGroup // for the snapshots of the readers
}

func newStall(ns *testutil.Lab, readers int) *stall {
	s := &stall{ns: ns, readers: readers}
	s.ready.Add(readers)
	return s
}

// await waits until all readers have their snapshot. They then stall.
func (s *stall) await(t *testing.T) {
	t.Helper()
	done := make(chan struct{})
	go func() { s.ready.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("a reader has no snapshot after a minute")
	}
}

// hold is called by a reader after each event.
func (s *stall) hold(ctx context.Context, kind iplink.EventKind) {
	if kind != iplink.Current {
		if rand.IntN(300) == 0 {
			time.Sleep(100 * time.Millisecond)
		}
		return
	}
	s.ready.Done()
	for !s.overrun() && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
}

// overrun reports whether the kernel has dropped several announcements for each reader:
// those are the sockets in the namespace with groups.
func (s *stall) overrun() bool {
	const several = 20
	var text []byte
	s.ns.In(func() { text, _ = os.ReadFile("/proc/thread-self/net/netlink") })
	n := 0
	for line := range strings.Lines(string(text)) {
		// sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode
		f := strings.Fields(line)
		if len(f) < 10 || f[3] == "00000000" {
			continue
		}
		if drops, err := strconv.Atoi(f[8]); err == nil && drops >= several {
			n++
		}
	}
	return n >= s.readers
}

// batch returns a process that carries out commands, `ip -batch` or `bridge -batch`.
func batch(program, commands string, flags ...string) *exec.Cmd {
	cmd := exec.Command(program, append(flags, "-batch", "-")...)
	cmd.Stdin = strings.NewReader(commands)
	return cmd
}

// A linkWriter writes commands at random that change up to eight links, one at a time, and
// the other ends of pairs with them. Each command succeeds and is announced.
type linkWriter struct {
	strings.Builder
	n     int
	names int
	links []string
}

// commands returns the number of commands, or a few more.
func (w *linkWriter) commands(n int) string {
	for strings.Count(w.String(), "\n") < n {
		w.change()
	}
	return w.String()
}

func (w *linkWriter) name() string {
	w.names++
	return fmt.Sprintf("w%d-%d", w.n, w.names)
}

func (w *linkWriter) change() {
	const most = 8
	dice := rand.IntN(100)
	if len(w.links) == 0 || dice < 2 && len(w.links) < most {
		name, peer := w.name(), w.name()
		fmt.Fprintf(w, "link add %s type veth peer name %s\nlink set %s up\nlink set %s up\n", name, peer, name, peer)
		w.links = append(w.links, name)
		return
	}
	at := rand.IntN(len(w.links))
	switch name := w.links[at]; {
	case dice < 3:
		fmt.Fprintf(w, "link del %s\n", name)
		w.links = slices.Delete(w.links, at, at+1)
	case dice < 5:
		w.links[at] = w.name()
		fmt.Fprintf(w, "link set %s down\nlink set %s name %s\n", name, name, w.links[at])
	default:
		fmt.Fprintf(w, "link set %s %s\n", name, w.setting())
	}
}

func (w *linkWriter) setting() string {
	switch dice := rand.IntN(100); { // ports, and links that go down or up, take long
	case dice < 4:
		return fmt.Sprintf("master br%d", rand.IntN(2))
	case dice < 6:
		return "nomaster"
	case dice < 8:
		return "down"
	case dice < 12:
		return "up"
	case dice < 40:
		return fmt.Sprintf("txqueuelen %d", 1+rand.IntN(1000))
	case dice < 70:
		return fmt.Sprintf("address 02:12:34:56:%02x:%02x", w.n, rand.IntN(256))
	}
	return fmt.Sprintf("mtu %d", 1300+rand.IntN(200))
}
