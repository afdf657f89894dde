package rtnl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// some is how many links make a long list, or a batch of many look-ups, and late is
// one of these.
const (
	some = 700
	late = 500
)

// TestReplies has replies to many messages, some of which do not return.
func TestReplies(t *testing.T) {
	t.Parallel()
	testutil.Need(t, "bridge")
	c, _ := dialed(t)
	bridges(t, c, some)
	t.Run("order", func(t *testing.T) { repliesInOrder(t, c) })
	t.Run("panic", func(t *testing.T) { replyPanics(t, c) })
	t.Run("panic in a list", func(t *testing.T) { replyOfListPanics(t, c) })
	t.Run("goexit", func(t *testing.T) { replyExits(t, c) })
	t.Run("cancelled", func(t *testing.T) { replyCancels(t, c) })
	t.Run("closed", func(t *testing.T) { replyCloses(t, c) })
}

// lookUps asks for each bridge, in order.
func lookUps(each func(i int, m wire.Message)) *Batch {
	var b Batch
	for i := range some {
		b.Get(uapi.RTM_GETLINK, func(m wire.Message) { each(i, m) }, key(fmt.Sprint("br", i)))
	}
	return &b
}

// repliesInOrder has one reply for each request, in order and one at a time.
func repliesInOrder(t *testing.T, c *Conn) {
	t.Helper()
	var busy atomic.Int32
	var order []string
	b := lookUps(func(_ int, m wire.Message) {
		if busy.Add(1) != 1 {
			t.Error("two replies at a time")
		}
		defer busy.Add(-1)
		name, _ := linkOf(m)
		order = append(order, name)
	})
	do(t, c, b)
	for i, name := range order {
		if want := fmt.Sprint("br", i); name != want {
			t.Fatalf("reply %d is %s, want %s", i, name, want)
		}
	}
	if len(order) != some {
		t.Errorf("%d replies, want %d", len(order), some)
	}
}

// replyPanics has a panic reach the caller after the answers to all that was sent.
func replyPanics(t *testing.T, c *Conn) {
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

// replyOfListPanics has a panic reach the caller of a list, whether its own goroutine or
// another has called the reply.
func replyOfListPanics(t *testing.T, c *Conn) {
	t.Helper()
	for _, at := range []int{3, late} {
		replies := 0
		func() {
			defer func() {
				if got := recover(); got != "in a reply" {
					t.Errorf("recovered %v", got)
				}
			}()
			_ = c.Dump(t.Context(), uapi.RTM_GETLINK, all, func() {}, func(wire.Message) {
				if replies++; replies == at {
					panic("in a reply")
				}
			})
			t.Error("no panic")
		}()
		if replies != at {
			t.Errorf("%d replies, want %d", replies, at)
		}
		usable(t, c, some+1)
	}
}

// replyExits has a reply end the caller's goroutine, as a failing test does.
func replyExits(t *testing.T, c *Conn) {
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

// replyCancels ends a list whose context ends during a reply.
func replyCancels(t *testing.T, c *Conn) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	replies := 0
	err := c.Dump(ctx, uapi.RTM_GETLINK, all, func() {}, func(wire.Message) {
		if replies++; replies == late {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || replies >= some {
		t.Errorf("%v after %d replies", err, replies)
	}
	usable(t, c, some+1)
}

// replyCloses ends a list whose Conn is closed during a reply, and closes the socket
// afterwards.
func replyCloses(t *testing.T, c *Conn) {
	t.Helper()
	replies := 0
	err := c.Dump(t.Context(), uapi.RTM_GETLINK, all, func() {}, func(wire.Message) {
		if replies++; replies == late {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	if !errors.Is(err, os.ErrClosed) || replies >= some {
		t.Errorf("%v after %d replies", err, replies)
	}
	if err := c.Control(func(int) error { return nil }); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the socket is still there: %v", err)
	}
}
