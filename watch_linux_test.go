package iplink_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"reflect"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
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
func (m *mirror) follow(ctx context.Context, c *iplink.Conn, stall time.Duration) {
	for e, err := range c.Watch(ctx, iplink.ReceiveBuffer(0)) {
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
		if rand.IntN(300) == 0 {
			time.Sleep(stall)
		}
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

// TestWatchMirror has four writers change links while a reader that stalls now
// and then, with a receive buffer that overruns, follows. In the end what the
// reader knows is what the kernel has.
func TestWatchMirror(t *testing.T) {
	changes := lab.Many(t, 2000, 20_000)
	c, ns := lab.Scratch(t)
	if _, err := c.Create(t.Context(), bridge.New("br0").Up(), bridge.New("br1").Up()); err != nil {
		t.Fatal(err)
	}
	m := &mirror{links: map[int]*iplink.Link{}}
	ctx, cancel := context.WithCancel(t.Context())
	var reader, writers sync.WaitGroup
	reader.Go(func() { m.follow(ctx, c, 100*time.Millisecond) })
	for n := range 4 {
		w := &writer{t: t, conn: testutil.Opened(ns, iplink.Dial), n: n}
		writers.Go(func() { w.run(changes / 4) })
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

// writer makes changes that the kernel announces, at random.
type writer struct {
	t     *testing.T
	conn  *iplink.Conn
	n     int
	names int
	links []string
}

func (w *writer) run(changes int) {
	for range changes {
		if err := w.change(); err != nil {
			w.t.Error(err)
			return
		}
	}
}

func (w *writer) name() string {
	w.names++
	return fmt.Sprintf("w%d-%d", w.n, w.names)
}

// change makes one change. There are up to eight links, and pairs go together.
func (w *writer) change() error {
	const most = 8
	dice := rand.IntN(100)
	switch {
	case len(w.links) == 0 || dice < 4 && len(w.links) < most:
		return w.create()
	case dice < 6:
		return w.delete()
	case dice < 14:
		return w.rename()
	}
	_, err := w.conn.Update(w.t.Context(), w.setting(iplink.Device(w.any())))
	return err
}

func (w *writer) any() string {
	return w.links[rand.IntN(len(w.links))]
}

func (w *writer) create() error {
	name, peer := w.name(), w.name()
	_, err := w.conn.Create(w.t.Context(), veth.New(name).Up().Peer(veth.New(peer).Up()))
	w.links = append(w.links, name)
	return err
}

func (w *writer) delete() error {
	name := w.any()
	w.links = slices.DeleteFunc(w.links, func(s string) bool { return s == name })
	return w.conn.Delete(w.t.Context(), name)
}

// rename leaves links alone that are up where the kernel wants that, which is
// before Linux 6.2.
func (w *writer) rename() error {
	old, name := w.any(), w.name()
	_, err := w.conn.Update(w.t.Context(), iplink.Device(old).Rename(name))
	switch {
	case err == nil:
		w.links[slices.Index(w.links, old)] = name
	case errors.Is(err, syscall.EBUSY):
		return nil
	}
	return err
}

func (w *writer) setting(d *iplink.DeviceUpdate) *iplink.DeviceUpdate {
	switch rand.IntN(8) {
	case 0, 1:
		return d.MTU(uint32(1300 + rand.IntN(200)))
	case 2:
		return d.TxQueueLen(uint32(1 + rand.IntN(1000)))
	case 3:
		return d.Address(net.HardwareAddr{2, 0x12, 0x34, 0x56, byte(w.n), byte(rand.Uint32())})
	case 4:
		return d.Master([]string{"br0", "br1"}[rand.IntN(2)])
	case 5:
		return d.NoMaster()
	case 6:
		return d.Down()
	}
	return d.Up()
}
