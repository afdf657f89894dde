package rtnl

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/testutil"
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

// hasten makes the next wait the last that a burst needs, however long it takes.
func hasten(l *Listener) {
	l.burst = burst{waits: burstAfter - 1, woken: time.Now().Add(time.Hour), came: burstLeast}
}

func (l *Listener) inBurst() bool {
	return l.burst.waits >= burstAfter
}

// TestListenBurst has announcements come in a burst, twice, which is heard of in
// order and completely. Datagrams wake no thread in it, and do so afterwards.
func TestListenBurst(t *testing.T) {
	t.Parallel()
	c, l := upBridge(t)
	for _, first := range []uint32{0x1234, 0x5678} {
		began := false
		hasten(l)
		var wg sync.WaitGroup
		ahead := make(chan struct{}, 30) // so many fit the receive buffer
		wg.Go(func() {
			for n := range uint32(800) {
				ahead <- struct{}{}
				regroup(t, c, first+n)
				nap(100 * time.Microsecond)
			}
		})
		for n := range uint32(800) {
			if heard := groupHeard(t, l); heard != first+n {
				t.Errorf("group %d is heard of, want %d", heard, first+n)
			}
			<-ahead
			began = began || l.inBurst()
		}
		if !began {
			t.Error("no burst began")
		}
		wg.Go(func() {
			time.Sleep(100 * burstPause)
			regroup(t, c, 0x9abc)
		})
		if heard := groupHeard(t, l); heard != 0x9abc || l.inBurst() {
			t.Errorf("group %d is heard of after the burst, which goes on: %t", heard, l.inBurst())
		}
		wg.Wait()
	}
}

// TestListenReacting has each change wait until the one before has been heard of:
// pauses, which it does not pay to wait for, are rare.
func TestListenReacting(t *testing.T) {
	t.Parallel()
	const changes = 2000
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
	late := 0
	for number := range uint32(changes) {
		if l.inBurst() && l.burst.came >= burstLeast {
			late++
		}
		heard <- 0x1234 + number
		if got := groupHeard(t, l); got != 0x1234+number {
			t.Fatalf("group %d is heard of, want %d", got, 0x1234+number)
		}
	}
	if late > changes/burstAfter {
		t.Errorf("%d announcements of %d were heard of after a pause", late, changes)
	}
}

// TestBurstBegins counts short waits. How long the very first took is not known.
func TestBurstBegins(t *testing.T) {
	var b burst
	now := time.Unix(4660, 0)
	for i, after := range []time.Duration{0, 300, 999, 1000, 300, 2000, 999} {
		now = now.Add(after * time.Microsecond)
		b.woke(now)
		if want := []int{1, 2, 3, 1, 2, 1, 2}[i]; b.waits != want {
			t.Errorf("wait %d: %d short ones in a row, want %d", i, b.waits, want)
		}
	}
}

// TestBurstGoesOn while a pause brings more than one announcement, and not so many
// that they might overrun the receive buffer.
func TestBurstGoesOn(t *testing.T) {
	t.Parallel()
	l := listen(t, testutil.NetNS(t), Listening{})
	for came, goesOn := range map[int]bool{0: false, 1: false, burstLeast: true, burstMost: true, burstMost + 1: false} {
		l.burst = burst{waits: burstAfter, came: came}
		if err := l.pause(); err != nil || l.inBurst() != goesOn {
			t.Errorf("after %d announcements the burst goes on: %t, %v", came, l.inBurst(), err)
		}
	}
}

// TestListenContextInBurst ends the context in a burst, which ends with it.
func TestListenContextInBurst(t *testing.T) {
	t.Parallel()
	c, ns := dialed(t)
	ctx, cancel := context.WithCancel(t.Context())
	l, err := Listen(ctx, int(ns.Fd()), Listening{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	bridges(t, c, 40)
	l.burst = burst{waits: burstAfter}
	if err := l.waiter.disable(); err != nil {
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

// TestListenEndsPause has the end of the context, or Close, not wait for a pause.
func TestListenEndsPause(t *testing.T) {
	t.Parallel()
	for _, byContext := range []bool{true, false} {
		ctx, cancel := context.WithCancel(t.Context())
		l, err := Listen(ctx, int(testutil.NetNS(t).Fd()), Listening{})
		if err != nil {
			t.Fatal(err)
		}
		pausing := make(chan error, 1)
		go func() { pausing <- sleep(l.ctx, time.Minute) }()
		if byContext {
			cancel()
			err = <-pausing
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if !byContext {
			err = <-pausing
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("by the context: %t; the pause ended with %v", byContext, err)
		}
		cancel()
	}
}

// TestListenClosedInBurst closes a Listener while a goroutine receives.
func TestListenClosedInBurst(t *testing.T) {
	t.Parallel()
	l, err := Listen(t.Context(), int(testutil.NetNS(t).Fd()), Listening{})
	if err != nil {
		t.Fatal(err)
	}
	l.burst = burst{waits: burstAfter, came: burstLeast}
	received := make(chan error, 1)
	go func() {
		_, _, err := l.Receive(true)
		received <- err
	}()
	time.Sleep(burstPause / 2)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := <-received; err == nil {
		t.Error("received after Close")
	}
}
