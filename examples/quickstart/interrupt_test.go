//go:build linux

package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
)

// An interrupter ends the context after a number of steps.
type interrupter struct {
	steps int
	stop  context.CancelCauseFunc
}

var errInterrupted = errors.New("interrupted")

func (i *interrupter) Write(b []byte) (int, error) {
	if i.steps -= strings.Count(string(b), "# took"); i.steps <= 0 {
		i.stop(errInterrupted)
	}
	return len(b), nil
}

func TestInterrupted(t *testing.T) {
	l, _ := newTestLab(t)
	const all = 9 // six namespaces, the underlay, two hosts
	for steps := range all + 1 {
		ctx, stop := context.WithCancelCause(t.Context())
		err := run(ctx, &interrupter{steps, stop}, options{prefix: l.prefix})
		if !errors.Is(err, errInterrupted) && !errors.Is(err, context.Canceled) {
			t.Errorf("after %d steps: %v", steps, err)
		}
		if left := names(t, l.prefix); len(left) > 0 {
			t.Errorf("after %d steps: left behind %q", steps, left)
		}
	}
	links, err := iplink.List(t.Context(), iplink.OfKind(iplink.KindVeth))
	if err != nil || slices.ContainsFunc(links, func(l *iplink.Link) bool { return l.Name == "underlay" }) {
		t.Errorf("links left behind: %v, %v", links, err)
	}
}

func TestNameTaken(t *testing.T) {
	l, _ := newTestLab(t)
	ns, err := iplink.CreateNetNS(l.prefix + "db1")
	if err != nil {
		t.Fatal(err)
	}
	defer ns.Close()
	err = run(t.Context(), io.Discard, options{prefix: l.prefix})
	if err == nil || !strings.Contains(err.Error(), "delete it with `ip netns del "+ns.Name()+"`") {
		t.Error(err)
	}
	if left := names(t, l.prefix); !slices.Equal(left, []string{ns.Name()}) {
		t.Errorf("namespaces %q, want the one that was there before", left)
	}
}

func TestKeepWaits(t *testing.T) {
	l, _ := newTestLab(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	told, tell := io.Pipe()
	done := make(chan error)
	go func() { done <- run(ctx, tell, options{prefix: l.prefix, keep: true}) }()
	look := "ip netns exec " + l.prefix + "web1 ping 10.20.0.21"
	readUntil(t, told, look)
	if n := len(names(t, l.prefix)); n != 6 {
		t.Errorf("%d namespaces while waiting", n)
	}
	go io.Copy(io.Discard, told)
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	tell.Close()
}

func readUntil(t *testing.T, r io.Reader, text string) {
	t.Helper()
	buf, read := make([]byte, 4096), ""
	for !strings.Contains(read, text) {
		n, err := r.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		read += string(buf[:n])
	}
}
