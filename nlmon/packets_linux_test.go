package nlmon_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/nlmon"
)

// TestPackets captures for the program: a request to make a link, and a message
// of another family.
func TestPackets(t *testing.T) {
	ns := monitored(t)
	stop := repeat(t, ns)
	defer stop()
	var route, generic bool
	testutil.In(t, ns, func() {
		for p, err := range nlmon.Packets(t.Context(), link) {
			testutil.Must(t, err)
			if age := time.Since(p.Time); age < 0 || age > time.Minute || p.Length != len(p.Data) || p.Dropped != 0 {
				t.Fatalf("packet of %v, %d and %d bytes, %d dropped", p.Time, p.Length, len(p.Data), p.Dropped)
			}
			generic = generic || p.Family == nlmon.Generic
			for m, err := range p.Messages() {
				testutil.Must(t, err)
				route = route || p.Family == nlmon.Route && m.Type == unix.RTM_NEWLINK &&
					m.Flags == unix.NLM_F_REQUEST|unix.NLM_F_ACK|unix.NLM_F_CREATE|unix.NLM_F_EXCL &&
					m.Seq != 0 && bytes.Contains(m.Data, []byte("first\x00"))
			}
			if route && generic {
				return
			}
		}
	})
	if !route || !generic {
		t.Errorf("seen: route %t, generic %t", route, generic)
	}
}

// repeat has `ip` and `ethtool` say something again and again.
func repeat(t *testing.T, ns *os.File) (stop func()) {
	t.Helper()
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-end:
				return
			default:
			}
			testutil.In(t, ns, func() {
				exec.Command("ip", "link", "add", "name", "first", "type", "dummy").Run()
				exec.Command("ip", "link", "del", "dev", "first").Run()
				exec.Command("ethtool", "lo").Run()
			})
		}
	}()
	return func() { close(end); <-ended }
}

// TestPacketsEnd ends the context, and takes the link down.
func TestPacketsEnd(t *testing.T) {
	ns := monitored(t)
	reason := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(100*time.Millisecond, func() { cancel(reason) })
	var last error
	n := 0
	testutil.In(t, ns, func() {
		for p, err := range nlmon.Packets(ctx, link) {
			if last = err; err == nil {
				t.Errorf("a packet of %d bytes, but nobody said anything", len(p.Data))
			}
			n++
		}
	})
	if want := "capture nlmon mon0: enough"; n != 1 || last == nil || last.Error() != want || !errors.Is(last, reason) {
		t.Errorf("%d pairs, error %v, want %s", n, last, want)
	}
	time.AfterFunc(100*time.Millisecond, func() { testutil.IP(t, ns, "link", "del", "dev", link) })
	testutil.In(t, ns, func() {
		for _, err := range nlmon.Packets(t.Context(), link) {
			last = err
		}
	})
	if !errors.Is(last, unix.ENETDOWN) {
		t.Errorf("error %v, want %v", last, unix.ENETDOWN)
	}
}

// TestPacketsOutlive keeps a packet while others come.
func TestPacketsOutlive(t *testing.T) {
	ns := monitored(t)
	stop := repeat(t, ns)
	defer stop()
	var kept, copied [][]byte
	testutil.In(t, ns, func() {
		for p, err := range nlmon.Packets(t.Context(), link) {
			testutil.Must(t, err)
			kept, copied = append(kept, p.Data), append(copied, bytes.Clone(p.Data))
			if len(kept) == 10 {
				break
			}
		}
	})
	for i := range kept {
		if !bytes.Equal(kept[i], copied[i]) {
			t.Errorf("packet %d changed", i)
		}
	}
}
