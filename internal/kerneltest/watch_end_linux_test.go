package kerneltest_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// sockets counts the sockets that the process has open.
func sockets() (n int) {
	links, _ := filepath.Glob("/proc/self/fd/*")
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && strings.HasPrefix(target, "socket:") {
			n++
		}
	}
	return n
}

// TestWatchBreak leaves the loop in every way and counts what is left open. It
// does not run beside other tests, which open sockets too.
func TestWatchBreak(t *testing.T) {
	w := newWatched(t)
	before := sockets()
	leave := map[string]func(){
		"break": func() {
			for range w.conn.Watch(t.Context()) {
				break
			}
		},
		"panic": func() {
			defer func() { _ = recover() }()
			for range w.conn.Watch(t.Context()) {
				panic("out of here")
			}
		},
		"end of ctx in the loop": func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			for range w.conn.Watch(ctx) {
				cancel()
			}
		},
	}
	for name, fn := range leave {
		for range 20 {
			fn()
		}
		if after := sockets(); after != before {
			t.Errorf("%s: %d sockets were open before and %d after", name, before, after)
		}
	}
	goroutines := runtime.NumGoroutine()
	for range w.conn.Watch(t.Context()) {
		if n := runtime.NumGoroutine(); n > goroutines {
			t.Errorf("%d goroutines run in the loop, %d did before", n, goroutines)
		}
		if n := sockets(); n != before+1 {
			t.Errorf("%d sockets are open in the loop, %d were before", n, before)
		}
		break
	}
}

// TestWatchContext ends a ctx while the watch waits for an event.
func TestWatchContext(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	cause := errors.New("enough")
	for _, test := range []struct {
		name string
		ctx  func() (context.Context, context.CancelFunc)
		want error
	}{
		{"deadline", func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), 50*time.Millisecond)
		}, context.DeadlineExceeded},
		{"cause", func() (context.Context, context.CancelFunc) {
			return context.WithTimeoutCause(t.Context(), 50*time.Millisecond, cause)
		}, cause},
		{"ended before", func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return ctx, cancel
		}, context.Canceled},
	} {
		ctx, cancel := test.ctx()
		start := time.Now()
		var last error
		pairs := 0
		for e, err := range w.conn.Watch(ctx) {
			pairs++
			if last != nil {
				t.Errorf("%s: %v comes after the error", test.name, e)
			}
			if err != nil && e.Kind != 0 {
				t.Errorf("%s: event %v comes with the error", test.name, e)
			}
			last = err
		}
		cancel()
		if !errors.Is(last, test.want) {
			t.Errorf("%s: the last of %d pairs has the error %v, want %v", test.name, pairs, last, test.want)
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%s: the watch ended after %v", test.name, took)
		}
	}
	if l := mustGet(t, w.conn, "lo"); l.Name != "lo" {
		t.Errorf("afterwards the Conn finds %v", l.Name)
	}
}

// TestWatchHere watches the namespace of the calling thread, without privilege.
func TestWatchHere(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.IP("link", "add", "br0", "type", "bridge")
	w.In(func() { // on a thread that is thrown away
		conn, err := iplink.Dial()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		testutil.DropCapabilities(t)
		for name, watch := range map[string]func(context.Context, ...iplink.Filter) watchSeq{
			"Watch": func(ctx context.Context, f ...iplink.Filter) watchSeq { return watchSeq(iplink.Watch(ctx, f...)) },
			"Conn":  func(ctx context.Context, f ...iplink.Filter) watchSeq { return watchSeq(conn.Watch(ctx, f...)) },
		} {
			found := ""
			for e, err := range watch(t.Context(), iplink.OfKind(iplink.KindBridge)) {
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				found = e.New.Name
				break
			}
			if found != "br0" {
				t.Errorf("%s finds %q", name, found)
			}
		}
		for _, err := range conn.Watch(t.Context(), iplink.AllNetNS()) {
			if !errors.Is(err, os.ErrPermission) {
				t.Errorf("AllNetNS without privilege: %v", err)
			}
		}
	})
}

type watchSeq func(yield func(iplink.Event, error) bool)
