package kerneltest_test

import (
	"context"
	"errors"
	"io/fs"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
)

const (
	waitPair    = "link add a0 type veth peer name b0"
	waitBridge  = "link add br0 type bridge"
	waitAltName = "the-uplink-of-the-first-rack"
)

// waitTests are commands of `ip` and what they bring about.
var waitTests = []struct {
	name   string // of the link waited for
	cond   iplink.Condition
	before []string // commands before the wait begins
	then   []string // commands that bring it about; before the last it does not hold
	now    func(*iplink.Link) bool
}{
	{"a0", iplink.UntilExists, nil, []string{waitBridge, waitPair}, func(l *iplink.Link) bool { return l.Kind == iplink.KindVeth }},
	{"a0", iplink.UntilExists, []string{waitPair, "link set a0 name c0"}, []string{"link set b0 mtu 1401", "link set c0 name a0"}, nil},
	{waitAltName, iplink.UntilExists, []string{waitPair, "link set a0 up"}, []string{"link property add dev a0 altname " + waitAltName},
		func(l *iplink.Link) bool { return l.Name == "a0" }},
	{"a0", iplink.UntilUp, []string{waitPair}, []string{"link set b0 up", "link set a0 up"}, (*iplink.Link).Up},
	{"a0", iplink.UntilUp, nil, []string{waitPair, "link set a0 up"}, (*iplink.Link).Up},
	{"a0", iplink.UntilDown, []string{waitPair, "link set a0 up"}, []string{"link set b0 up", "link set a0 down"}, nil},
	{"a0", iplink.UntilCarrier, []string{waitPair}, []string{"link set a0 up", "link set b0 up"},
		func(l *iplink.Link) bool { return l.OperState == iplink.OperUp && l.Carrier }},
	{"a0", iplink.UntilMaster("br0"), []string{waitPair}, []string{waitBridge, "link set a0 master br0"},
		func(l *iplink.Link) bool { return l.Master != 0 }},
	{"a0", iplink.UntilMaster("br0"), []string{waitPair, "link add br7 type bridge", "link set a0 master br7"},
		[]string{"link set br7 mtu 1401", "link set br7 name br0"}, nil},
	{"a0", iplink.UntilNoMaster, []string{waitPair, waitBridge, "link set a0 master br0"}, []string{"link set a0 mtu 1401", "link del br0"},
		func(l *iplink.Link) bool { return l.Master == 0 }},
	{"a0", iplink.Until("mtu 1402", func(l *iplink.Link) bool { return l.MTU == 1402 }), []string{waitPair},
		[]string{"link set a0 mtu 1401", "link set a0 mtu 1402"}, func(l *iplink.Link) bool { return l.MTU == 1402 }},
	{"a0", iplink.UntilGone, []string{waitPair}, []string{"link set a0 mtu 1401", "link del b0"}, nil},
	{"a0", iplink.UntilGone, []string{waitPair}, []string{"link set b0 mtu 1401", "link set a0 name c0"}, nil},
}

// TestWait waits for what comes about later, and for what holds already.
func TestWait(t *testing.T) {
	t.Parallel()
	for _, test := range waitTests {
		t.Run(test.cond.String(), func(t *testing.T) {
			t.Parallel()
			w := newWatched(t)
			w.Batch(test.before...)
			var got *iplink.Link
			done := make(chan error, 1)
			go func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				var err error
				got, err = w.conn.Wait(ctx, test.name, test.cond)
				done <- err
			}()
			last := len(test.then) - 1
			w.Batch(test.then[:last]...)
			select {
			case err := <-done:
				t.Fatalf("Wait returned before the condition held, with the error %v", err)
			case <-time.After(30 * time.Millisecond):
			}
			w.Batch(test.then[last])
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			checkWaited(t, test.cond, got, test.now)
			checkWaited(t, test.cond, waitFor(t, w.conn, test.name, test.cond), test.now) // it holds already
		})
	}
}

func checkWaited(t *testing.T, cond iplink.Condition, l *iplink.Link, now func(*iplink.Link) bool) {
	t.Helper()
	if (l == nil) != (cond == iplink.UntilGone) {
		t.Errorf("Wait returned the link %v", l)
	}
	if now != nil && !now(l) {
		t.Errorf("what Wait returned does not hold of %+v", l)
	}
}

func TestWaitErrors(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	start := time.Now()
	l, err := w.conn.Wait(ctx, "a0", iplink.UntilMaster("br0"))
	if e, ok := errors.AsType[*iplink.Error](err); l != nil || !ok || !errors.Is(err, context.DeadlineExceeded) ||
		e.Error() != "wait for a0: in master br0: context deadline exceeded (there is no such link)" {
		t.Errorf("Wait returned %v, %v", l, err)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("Wait returned after %v", took)
	}
	if _, err := w.conn.Wait(t.Context(), "a/0", iplink.UntilExists); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("Wait takes a name with a slash: %v", err)
	}
}

// TestWaitHere waits in the namespace of the calling thread.
func TestWaitHere(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.IP("link", "add", "br0", "type", "bridge")
	err := lab.NetNS(w.Lab).Do(func() error {
		l, err := iplink.Wait(t.Context(), "br0", iplink.UntilDown)
		if err == nil && l.Kind != iplink.KindBridge {
			t.Errorf("the link is %+v", l)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
