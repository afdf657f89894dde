package iplink_test

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
)

// TestWait waits for what `ip` commands bring about later, and for what holds
// already.
func TestWait(t *testing.T) {
	t.Parallel()
	const pair = "link add a0 type veth peer name b0"
	const bridge = "link add br0 type bridge"
	const altName = "the-uplink-of-the-first-rack"
	for _, test := range []struct {
		name   string // of the link waited for
		cond   iplink.Condition
		before []string // commands before the wait begins
		then   []string // commands that bring it about; before the last it does not hold
		now    func(*iplink.Link) bool
	}{
		{"a0", iplink.Exists, nil, []string{bridge, pair}, func(l *iplink.Link) bool { return l.Kind == iplink.KindVeth }},
		{"a0", iplink.Exists, []string{pair, "link set a0 name c0"}, []string{"link set b0 mtu 1401", "link set c0 name a0"}, nil},
		{altName, iplink.Exists, []string{pair, "link set a0 up"}, []string{"link property add dev a0 altname " + altName},
			func(l *iplink.Link) bool { return l.Name == "a0" }},
		{"a0", iplink.Up, []string{pair}, []string{"link set b0 up", "link set a0 up"}, (*iplink.Link).Up},
		{"a0", iplink.Up, nil, []string{pair, "link set a0 up"}, (*iplink.Link).Up},
		{"a0", iplink.Down, []string{pair, "link set a0 up"}, []string{"link set b0 up", "link set a0 down"}, nil},
		{"a0", iplink.Carrier, []string{pair}, []string{"link set a0 up", "link set b0 up"},
			func(l *iplink.Link) bool { return l.OperState == iplink.OperUp && l.Carrier }},
		{"a0", iplink.InMaster("br0"), []string{pair}, []string{bridge, "link set a0 master br0"},
			func(l *iplink.Link) bool { return l.Master != 0 }},
		{"a0", iplink.InMaster("br0"), []string{pair, "link add br7 type bridge", "link set a0 master br7"},
			[]string{"link set br7 mtu 1401", "link set br7 name br0"}, nil},
		{"a0", iplink.NoMaster, []string{pair, bridge, "link set a0 master br0"}, []string{"link set a0 mtu 1401", "link del br0"},
			func(l *iplink.Link) bool { return l.Master == 0 }},
		{"a0", iplink.Satisfies("mtu 1402", func(l *iplink.Link) bool { return l.MTU == 1402 }), []string{pair},
			[]string{"link set a0 mtu 1401", "link set a0 mtu 1402"}, func(l *iplink.Link) bool { return l.MTU == 1402 }},
		{"a0", iplink.Gone, []string{pair}, []string{"link set a0 mtu 1401", "link del b0"}, nil},
		{"a0", iplink.Gone, []string{pair}, []string{"link set b0 mtu 1401", "link set a0 name c0"}, nil},
	} {
		t.Run(test.cond.String(), func(t *testing.T) {
			t.Parallel()
			w := newWatched(t)
			run := func(commands ...string) {
				for _, command := range commands {
					w.ip(strings.Fields(command)...)
				}
			}
			run(test.before...)
			result := make(chan *iplink.Link, 1)
			failed := make(chan error, 1)
			go func() {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				l, err := w.conn.Wait(ctx, test.name, test.cond)
				failed <- err
				result <- l
			}()
			last := len(test.then) - 1
			run(test.then[:last]...)
			select {
			case err := <-failed:
				t.Fatalf("Wait returned before the condition held, with the error %v", err)
			case <-time.After(30 * time.Millisecond):
			}
			run(test.then[last])
			if err := <-failed; err != nil {
				t.Fatal(err)
			}
			checkWaited(t, test.cond, <-result, test.now)
			checkWaited(t, test.cond, waitFor(t, w.conn, test.name, test.cond), test.now) // it holds already
		})
	}
}

func checkWaited(t *testing.T, cond iplink.Condition, l *iplink.Link, now func(*iplink.Link) bool) {
	t.Helper()
	if (l == nil) != (cond == iplink.Gone) {
		t.Errorf("Wait returned the link %v", l)
	}
	if now != nil && !now(l) {
		t.Errorf("what Wait returned does not hold of %+v", l)
	}
}

func TestWaitErrors(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	l, err := w.conn.Wait(ctx, "a0", iplink.InMaster("br0"))
	if e, ok := errors.AsType[*iplink.Error](err); l != nil || !ok || !errors.Is(err, context.DeadlineExceeded) ||
		e.Error() != "wait for a0: in master br0: context deadline exceeded (there is no such link)" {
		t.Errorf("Wait returned %v, %v", l, err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("Wait returned after %v", took)
	}
	if _, err := w.conn.Wait(t.Context(), "a/0", iplink.Exists); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("Wait takes a name with a slash: %v", err)
	}
}

// TestWaitHere waits in the namespace of the calling thread.
func TestWaitHere(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.ip("link", "add", "br0", "type", "bridge")
	err := w.ns.Do(func() error {
		l, err := iplink.Wait(t.Context(), "br0", iplink.Down)
		if err == nil && l.Kind != iplink.KindBridge {
			t.Errorf("the link is %+v", l)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
