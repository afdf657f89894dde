package iplink

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// TestUseKeepsTheDescriptor closes the namespace while it is in use: the
// number must not pass to another file before the use has ended.
func TestUseKeepsTheDescriptor(t *testing.T) {
	ns, err := CurrentNetNS()
	if err != nil {
		t.Fatal(err)
	}
	err = ns.use(func(fd int) error {
		if err := ns.Close(); err != nil {
			t.Errorf("Close during use: %v", err)
		}
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			t.Errorf("closed in the middle of use: %v", err)
		}
		other, err := os.Open(os.DevNull)
		if err != nil {
			return err
		}
		defer other.Close()
		if int(other.Fd()) == fd {
			t.Errorf("descriptor %d is another file's now", fd)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := ns.use(func(int) error { t.Error("used after Close"); return nil }); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}

// TestUseRacesWithClose sees the namespace or an error, never another file.
func TestUseRacesWithClose(t *testing.T) {
	for range 200 {
		ns, err := CurrentNetNS()
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				err := ns.use(func(fd int) error {
					if kind, err := unix.IoctlRetInt(fd, unix.NS_GET_NSTYPE); err != nil || kind != unix.CLONE_NEWNET {
						t.Errorf("descriptor %d: kind %#x, %v", fd, kind, err)
					}
					return nil
				})
				if err != nil && !errors.Is(err, os.ErrClosed) {
					t.Error(err)
				}
			})
		}
		wg.Go(func() {
			if err := ns.Close(); err != nil {
				t.Error(err)
			}
			if file, err := os.Open(os.DevNull); err == nil {
				file.Close()
			}
		})
		wg.Wait()
	}
}

func TestSameSaysWhatIsClosed(t *testing.T) {
	a, err := CurrentNetNS()
	if err != nil {
		t.Fatal(err)
	}
	b, err := CurrentNetNS()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if same, err := a.same(b); !same || err != nil {
		t.Errorf("%v, %v", same, err)
	}
	a.Close()
	for _, pair := range [][2]*NetNS{{a, b}, {b, a}} {
		if same, err := pair[0].same(pair[1]); same || !errors.Is(err, os.ErrClosed) {
			t.Errorf("%v, %v", same, err)
		}
	}
}

// TestWatcherOrder holds the list after an overrun back, and looks whether the
// socket has been drained by then. Were it drained later, what is announced
// between the two would be lost for good.
func TestWatcherOrder(t *testing.T) {
	t.Parallel()
	ns := testutil.NewLab(t)
	ns.IP("link add br0 type bridge")
	conn, other := testutil.Opened(ns, Dial), testutil.Opened(ns, Dial)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	w, err := conn.openMirror(ctx, filter{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	if err := w.listAll(ctx); err != nil {
		t.Fatal(err)
	}
	w.events = nil
	index := w.spaces[rtnl.OwnNetNS].named("br0").Index
	for n := range 500 { // more than the system's default buffer holds
		setMTU(t, other, uint32(1300+n))
	}
	if waiting(t, w.socket) == 0 {
		t.Fatal("nothing is queued")
	}
	release := hold(t, conn)
	defer release()
	done := make(chan error, 1)
	go func() { done <- w.step(ctx) }()
	for waiting(t, w.socket) > 0 {
		if ctx.Err() != nil {
			t.Fatal("the queue was not drained before the links were listed")
		}
		time.Sleep(time.Millisecond)
	}
	setMTU(t, other, 1901)
	release()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if e := w.events; len(e) != 1 || !e[0].Resync || e[0].String() != "changed br0: mtu" {
		t.Errorf("the overrun was made good by %v", e)
	}
	for waiting(t, w.socket) > 0 {
		if err := w.step(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if mtu := w.spaces[rtnl.OwnNetNS].shown[index].MTU; mtu != 1901 {
		t.Errorf("the watcher ends up with MTU %d, the kernel has 1901", mtu)
	}
}

func setMTU(t *testing.T, c *Conn, mtu uint32) {
	t.Helper()
	if _, err := c.Update(t.Context(), Device("br0").MTU(mtu)); err != nil {
		t.Fatal(err)
	}
}

// waiting returns how much memory the queue of a socket takes, in bytes.
func waiting(t *testing.T, l *rtnl.Listener) int {
	t.Helper()
	bytes := 0
	err := l.Control(func(fd int) (err error) {
		bytes, err = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MEMINFO) // SK_MEMINFO_RMEM_ALLOC comes first
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

// hold keeps a Conn busy until the returned function is called.
func hold(t *testing.T, c *Conn) (release func()) {
	held, gate, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	body := func(b []byte) []byte { return wire.AppendLink(b, wire.Link{}) }
	first := true
	go func() {
		done <- c.rt.Dump(context.Background(), uapi.RTM_GETLINK, body, func() {}, func(wire.Message) {
			if first {
				first = false
				close(held)
				<-gate
			}
		})
	}()
	<-held
	return sync.OnceFunc(func() {
		close(gate)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// FuzzWatcherTake has a watcher take in what no kernel sends.
func FuzzWatcherTake(f *testing.F) {
	link := wire.AppendU32(wire.AppendLink(nil, wire.Link{Index: 7}), uapi.IFLA_MTU, 1234)
	for _, typ := range []uint16{uapi.RTM_NEWLINK, uapi.RTM_DELLINK, uapi.RTM_NEWNSID, uapi.RTM_DELNSID} {
		m, at := wire.BeginMessage(nil, typ, 0)
		f.Add(int32(-1), wire.EndMessage(append(m, link...), at))
	}
	m, at := wire.BeginMessage(nil, uapi.RTM_NEWLINK, 0)
	m = wire.AppendString(append(m, link...), uapi.IFLA_IFNAME, "a0")
	f.Add(int32(-1), wire.EndMessage(m, at))
	f.Fuzz(func(t *testing.T, nsid int32, datagram []byte) {
		w := newMirror(filter{allNetNS: true, master: "br0"})
		w.ownID = 3
		w.replace(rtnl.OwnNetNS, []*Link{{Index: 7, Name: "a0"}, {Index: 8, Name: "br0", Kind: KindBridge}})
		w.take(nsid, datagram)
		for _, e := range w.events {
			if e.Old == nil && e.New == nil {
				t.Errorf("event %+v is about no link", e)
			}
		}
	})
}
