package rtnl

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// regroup puts br0 into a group, of which the kernel tells while the link is up.
func regroup(t *testing.T, c *Conn, number uint32) {
	var b Batch
	b.Write(uapi.RTM_SETLINK, 0, group("br0", number))
	if err := errors.Join(c.Do(t.Context(), &b), b.Err(0)); err != nil {
		t.Error(err)
	}
}

// nap sleeps for less than Go's timers can.
func nap(d time.Duration) {
	spec := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&spec, nil)
}

// groupHeard returns the group in the next announcement that names one: those
// about IPv6 do not.
func groupHeard(t *testing.T, l *Listener) uint32 {
	t.Helper()
	for {
		datagram, _, err := l.Receive(true)
		if err != nil {
			t.Fatal(err)
		}
		for m := range wire.Messages(datagram) {
			if _, number := linkOf(m); number != 0 {
				return number
			}
		}
	}
}

// upBridge makes br0, which is up, and listens once it is.
func upBridge(t *testing.T) (*Conn, *Listener) {
	t.Helper()
	c, ns := dialed(t)
	var b Batch
	b.Write(uapi.RTM_NEWLINK, uapi.NLM_F_CREATE, create("br0", "bridge", nil))
	b.Write(uapi.RTM_SETLINK, 0, func(b []byte) []byte {
		b = wire.AppendLink(b, wire.Link{Flags: uapi.IFF_UP, Change: uapi.IFF_UP})
		return wire.AppendString(b, uapi.IFLA_IFNAME, "br0")
	})
	do(t, c, &b)
	return c, listen(t, ns, Listening{})
}

// hasten makes the next wait the last that a rush needs, however long it takes. How
// many are needed, and how short they must be, is tested where time stands still.
func hasten(l *Listener) {
	now := time.Now()
	l.rush = rush{quick: rushAfter, began: now, woken: now.Add(time.Hour)}
}

// TestListenRush has announcements come in a rush, twice, which is heard of in order
// and completely. The bell is silent in it, and rings for what comes afterwards.
func TestListenRush(t *testing.T) {
	t.Parallel()
	c, l := upBridge(t)
	for _, first := range []uint32{0x1234, 0x5678} {
		rushed := false
		hasten(l)
		var wg sync.WaitGroup
		ahead := make(chan struct{}, 30) // so many fit the receive buffer
		wg.Go(func() {
			for n := range uint32(3000) {
				ahead <- struct{}{}
				regroup(t, c, first+n)
				nap(100 * time.Microsecond)
			}
		})
		for n := range uint32(3000) {
			if heard := groupHeard(t, l); heard != first+n {
				t.Errorf("group %d is heard of, want %d", heard, first+n)
			}
			<-ahead
			rushed = rushed || l.rush.on
		}
		if !rushed {
			t.Error("no rush began")
		}
		wg.Go(func() {
			time.Sleep(100 * lull)
			regroup(t, c, 0x9abc)
		})
		if heard := groupHeard(t, l); heard != 0x9abc || l.rush.on {
			t.Errorf("group %d is heard of after the rush, which goes on: %t", heard, l.rush.on)
		}
		wg.Wait()
	}
}

// TestListenReacting has each change wait until the one before has been heard of:
// lulls, which it does not pay to wait for, are rare.
func TestListenReacting(t *testing.T) {
	t.Parallel()
	c, l := upBridge(t)
	heard := make(chan uint32)
	var wg sync.WaitGroup
	wg.Go(func() {
		for number := range heard {
			nap(20 * time.Microsecond) // the listener waits by now
			regroup(t, c, number)
		}
	})
	defer wg.Wait()
	defer close(heard)
	rushed := 0
	for number := range uint32(2000) {
		heard <- 0x1234 + number
		if got := groupHeard(t, l); got != 0x1234+number {
			t.Fatalf("group %d is heard of, want %d", got, 0x1234+number)
		}
		if l.rush.on {
			rushed++
		}
	}
	if rushed > 40 {
		t.Errorf("%d announcements of 2000 were heard of in a rush", rushed)
	}
}

// TestListenContextInRush ends the context in a rush, which ends with it.
func TestListenContextInRush(t *testing.T) {
	t.Parallel()
	c, ns := dialed(t)
	ctx, cancel := context.WithCancel(t.Context())
	l, err := Listen(ctx, int(ns.Fd()), Listening{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	bridges(t, c, 40)
	l.rush.begin(lull)
	if err := l.bell.silence(); err != nil {
		t.Fatal(err)
	}
	cancel()
	for {
		datagram, _, err := l.Receive(true)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		if err != nil || datagram == nil {
			t.Fatalf("after the end of ctx: %v", err)
		}
	}
}
