package rtnl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// get asks for a link and returns the name that the answer holds.
func get(ctx context.Context, c *Conn, name string) (string, error) {
	var b Batch
	got := ""
	b.Get(uapi.RTM_GETLINK, func(m wire.Message) { got, _ = linkOf(m) }, key(name))
	return got, errors.Join(c.Do(ctx, &b), b.Err(0))
}

// usable checks that c answers the next requests, and them alone. The list comes
// first: the kernel refuses one while another is going on.
func usable(t *testing.T, c *Conn, links int) {
	t.Helper()
	seen := 0
	err := c.Dump(t.Context(), uapi.RTM_GETLINK, all, func() { seen = 0 }, func(wire.Message) { seen++ })
	if seen != links || err != nil {
		t.Errorf("a list afterwards: %d links, want %d; error %v", seen, links, err)
	}
	for range 3 {
		if name, err := get(t.Context(), c, "lo"); name != "lo" || err != nil {
			t.Errorf("a request afterwards: %q, %v", name, err)
		}
	}
}

func TestCancelledBefore(t *testing.T) {
	t.Parallel()
	c, _ := dialed(t)
	cause := errors.New("cause")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	var b Batch
	b.Write(uapi.RTM_SETLINK, 0, group("lo", 0x1234))
	err := c.Do(ctx, &b)
	if !errors.Is(err, cause) || !errors.Is(b.Err(0), cause) {
		t.Errorf("%v; request: %v", err, b.Err(0))
	}
	usable(t, c, 1)
}

// TestDeadlineInTurn ends while another exchange is going on.
func TestDeadlineInTurn(t *testing.T) {
	t.Parallel()
	c, _ := dialed(t)
	started, release := make(chan struct{}), make(chan struct{})
	var other sync.WaitGroup
	other.Go(func() {
		var b Batch
		b.Get(uapi.RTM_GETLINK, func(wire.Message) {
			close(started)
			<-release
		}, key("lo"))
		do(t, c, &b)
	})
	<-started
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if name, err := get(ctx, c, "lo"); !errors.Is(err, context.DeadlineExceeded) || name != "" {
		t.Errorf("%q, %v", name, err)
	}
	close(release)
	other.Wait()
	usable(t, c, 1)
}

// TestCancelledDump is abandoned in the midst of it. The kernel takes no other
// dump on a socket before the end of one, and what is queued must not answer
// what comes next.
func TestCancelledDump(t *testing.T) {
	t.Parallel()
	testutil.Need(t, "bridge")
	c, _ := dialed(t)
	const links = 150
	bridges(t, c, links)
	for range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		seen := 0
		err := c.Dump(ctx, uapi.RTM_GETLINK, all, func() {}, func(wire.Message) {
			if seen++; seen == 10 {
				cancel()
				time.Sleep(5 * time.Millisecond) // for the cancellation to be noticed
			}
		})
		if !errors.Is(err, context.Canceled) || seen < 10 || seen > links {
			t.Errorf("%v after %d links", err, seen)
		}
		usable(t, c, links+1)
	}
}

// TestCancelledBatch leaves unsent what was not sent, and knows the answers to
// what was.
func TestCancelledBatch(t *testing.T) {
	t.Parallel()
	c, _ := dialed(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var b Batch
	replies, received := 0, 0
	for range 25 {
		b.Get(uapi.RTM_GETLINK, func(wire.Message) { replies++ }, key("lo"))
	}
	c.SetHook(func(p Point) error {
		if p == AfterReceive {
			if received++; received == 13 {
				cancel()
			}
		}
		return nil
	})
	c.space = 10 * b.requests[0].space() // ten at a time
	if err := c.Do(ctx, &b); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	for i := range b.Len() {
		if i < 20 {
			want(t, &b, i, nil)
		} else {
			want(t, &b, i, context.Canceled)
		}
	}
	if replies != 20 {
		t.Errorf("%d replies", replies)
	}
	usable(t, c, 1)
}

// TestCancelledBetweenSends ends with the send that was going on, however many
// requests are left.
func TestCancelledBetweenSends(t *testing.T) {
	t.Parallel()
	c, _ := dialed(t)
	ctx, cancel := context.WithCancel(t.Context())
	var b Batch
	for i := range uint32(10 * sendWork) {
		b.Write(uapi.RTM_SETLINK, 0, group("lo", 0x1234+i))
	}
	c.SetHook(func(p Point) error {
		if p == AfterSend {
			cancel()
		}
		return nil
	})
	if err := c.Do(ctx, &b); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	want(t, &b, sendWork-1, nil)
	want(t, &b, sendWork, context.Canceled)
	c.SetHook(nil)
	wantGroup(t, c, 0x1234+sendWork-1)
	usable(t, c, 1)
}

// TestCancelledWrites are carried out all the same once they were sent, and
// their answers known.
func TestCancelledWrites(t *testing.T) {
	t.Parallel()
	c, _ := dialed(t)
	for n := range uint32(20) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(n)*20*time.Microsecond, cancel)
		var b Batch
		for i := range uint32(sendWork) {
			b.Write(uapi.RTM_SETLINK, 0, group("lo", n*sendWork+i+1))
		}
		err := c.Do(ctx, &b)
		for i := range b.Len() {
			if b.Err(i) != b.Err(0) || b.Err(i) != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("request %d: %v; all: %v", i, b.Err(i), err)
			}
		}
		if b.Err(sendWork-1) == nil {
			wantGroup(t, c, (n+1)*sendWork)
		}
		cancel()
	}
	usable(t, c, 1)
}

func wantGroup(t *testing.T, c *Conn, want uint32) {
	t.Helper()
	var b Batch
	var got uint32
	b.Get(uapi.RTM_GETLINK, func(m wire.Message) { _, got = linkOf(m) }, key("lo"))
	do(t, c, &b)
	if got != want {
		t.Errorf("the group of lo is %d, want %d", got, want)
	}
}

// TestCloseDuringUse ends what is going on, and all that comes later.
func TestCloseDuringUse(t *testing.T) {
	t.Parallel()
	testutil.Need(t, "bridge")
	c, _ := dialed(t)
	bridges(t, c, 10)
	started := make(chan struct{}, 8)
	var users sync.WaitGroup
	for range cap(started) {
		users.Go(func() {
			for n := 0; ; n++ {
				err := c.Dump(context.Background(), uapi.RTM_GETLINK, all, func() {}, func(wire.Message) {})
				if err != nil {
					if !errors.Is(err, os.ErrClosed) {
						t.Error(err)
					}
					return
				}
				if n == 0 {
					started <- struct{}{}
				}
			}
		})
	}
	for range cap(started) {
		<-started
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	users.Wait()
	if _, err := get(t.Context(), c, "lo"); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a closed Conn: %v", err)
	}
	if err := c.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("closed again: %v", err)
	}
}

// TestConcurrentUse gives each of many users its own answers, also when some
// of them give up.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	testutil.Need(t, "bridge")
	c, _ := dialed(t)
	const users = 32
	bridges(t, c, users)
	var all sync.WaitGroup
	for i := range users {
		all.Go(func() {
			mine := fmt.Sprint("br", i)
			for n := range 10 {
				ctx, cancel := context.WithCancel(t.Context())
				if n%5 == 4 {
					time.AfterFunc(50*time.Microsecond, cancel)
				}
				name, err := get(ctx, c, mine)
				gaveUp := errors.Is(err, context.Canceled) && ctx.Err() != nil
				if err != nil && !gaveUp || name != mine && err == nil {
					t.Errorf("%s got %q, %v", mine, name, err)
				}
				cancel()
			}
		})
	}
	all.Wait()
	usable(t, c, users+1)
}

// TestDialRefuses what is no namespace.
func TestDialRefuses(t *testing.T) {
	t.Parallel()
	testutil.NetNS(t) // for the privilege without which all is refused
	c, err := Dial(1 << 20)
	if err == nil {
		c.Close()
		t.Fatal("dialed in a descriptor that nobody has")
	}
}
