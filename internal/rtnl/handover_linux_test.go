package rtnl

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// some is how many links make a list, or a batch of look-ups, that is not brief,
// but more than that by several handfuls; late is one of these.
const (
	some = 700
	late = 500
)

// TestHandover replies to many messages in another goroutine.
func TestHandover(t *testing.T) {
	t.Parallel()
	testutil.Need(t, "bridge")
	c, _ := dialed(t)
	bridges(t, c, some)
	t.Run("order", func(t *testing.T) { handoverOrder(t, c) })
	t.Run("panic", func(t *testing.T) { handoverPanic(t, c) })
	t.Run("goexit", func(t *testing.T) { handoverGoexit(t, c) })
	t.Run("closed", func(t *testing.T) { handoverClosed(t, c) })
}

// lookUps asks for each bridge, in order.
func lookUps(each func(i int, m wire.Message)) *Batch {
	var b Batch
	for i := range some {
		b.Get(uapi.RTM_GETLINK, func(m wire.Message) { each(i, m) }, key(fmt.Sprint("br", i)))
	}
	return &b
}

// handoverOrder calls replies in order, one at a time, while it reads on.
func handoverOrder(t *testing.T, c *Conn) {
	t.Helper()
	var received, busy atomic.Int32
	c.SetHook(func(p Point) error {
		if p == AfterReceive {
			received.Add(1)
		}
		return nil
	})
	var order []string
	heard, before, during := 0, int32(0), int32(0)
	b := lookUps(func(_ int, m wire.Message) {
		if busy.Add(1) != 1 {
			t.Error("two replies at a time")
		}
		defer busy.Add(-1)
		if heard += wire.HeaderLen + len(m.Data); heard > brief && before == 0 {
			before = received.Load()
			time.Sleep(20 * time.Millisecond)
			during = received.Load() - before
		}
		name, _ := linkOf(m)
		order = append(order, name)
	})
	do(t, c, b)
	c.SetHook(nil)
	if during == 0 {
		t.Error("nothing was read during a reply")
	}
	if before+during >= some {
		t.Errorf("%d of %d answers were read before the first reply returned", before+during, some)
	}
	for i, name := range order {
		if want := fmt.Sprint("br", i); name != want {
			t.Fatalf("reply %d is %s, want %s", i, name, want)
		}
	}
	if len(order) != some {
		t.Errorf("%d replies, want %d", len(order), some)
	}
}

// handoverPanic goes on in the caller's goroutine, after the answers to all
// that was sent.
func handoverPanic(t *testing.T, c *Conn) {
	t.Helper()
	for _, at := range []int{3, late, some - 1} {
		replies := 0
		b := lookUps(func(i int, _ wire.Message) {
			if replies++; i == at {
				panic(fmt.Sprint("at ", at))
			}
		})
		func() {
			defer func() {
				if got := recover(); got != fmt.Sprint("at ", at) {
					t.Errorf("recovered %v", got)
				}
			}()
			_ = c.Do(t.Context(), b)
			t.Error("no panic")
		}()
		if replies != at+1 {
			t.Errorf("%d replies, want %d", replies, at+1)
		}
		for i := range b.Len() {
			want(t, b, i, nil)
		}
		usable(t, c, some+1)
	}
}

// handoverGoexit ends the caller's goroutine if a reply ends its own, as a
// failing test does.
func handoverGoexit(t *testing.T, c *Conn) {
	t.Helper()
	replies, returned := 0, false
	var caller sync.WaitGroup
	caller.Go(func() {
		_ = c.Dump(t.Context(), uapi.RTM_GETLINK, all, func() {}, func(wire.Message) {
			if replies++; replies == late {
				runtime.Goexit()
			}
		})
		returned = true
	})
	caller.Wait()
	if returned {
		t.Error("the caller went on")
	}
	usable(t, c, some+1)
}

// handoverClosed ends a list whose Conn is closed during a reply, and
// closes the socket afterwards.
func handoverClosed(t *testing.T, c *Conn) {
	t.Helper()
	replies := 0
	err := c.Dump(t.Context(), uapi.RTM_GETLINK, all, func() {}, func(wire.Message) {
		if replies++; replies == late {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			time.Sleep(5 * time.Millisecond) // for it to be noticed
		}
	})
	if !errors.Is(err, os.ErrClosed) || replies >= some {
		t.Errorf("%v after %d replies", err, replies)
	}
	if err := c.Control(func(int) error { return nil }); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the socket is still there: %v", err)
	}
}
