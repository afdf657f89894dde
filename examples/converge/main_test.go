//go:build linux

package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/labtest"
	"github.com/iplink-go/iplink/internal/testutil"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "converge") }

// A teller passes on what the example tells.
type teller chan string

func (c teller) Write(b []byte) (int, error) {
	c <- string(b)
	return len(b), nil
}

// await waits for a line that holds a text.
func (c teller) await(t *testing.T, text string) {
	t.Helper()
	for patience := time.After(30 * time.Second); ; {
		select {
		case line := <-c:
			if strings.Contains(line, text) {
				return
			}
		case <-patience:
			t.Fatalf("was not told %q", text)
		}
	}
}

// TestConverge breaks things with ip, as the example asks for.
func TestConverge(t *testing.T) {
	l, _ := labtest.New(t)
	told := make(teller, 1000)
	l.Out = told
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- lab.Run(ctx, l, run) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	told.await(t, "link set host2 down")
	net, err := os.Open("/run/netns/" + l.Prefix + "net")
	if err != nil {
		t.Fatal(err)
	}
	defer net.Close()
	for _, c := range []struct{ command, told string }{
		{"link del port1", "made port1"},
		{"link set port2 nomaster", "put right port2: [master: have nomaster, want br0]"},
		{"link set br0 mtu 1500", "put right br0: [mtu: have 1500, want 1400]"},
		{"link set host2 down", "put right port2: [state: have down, want up]"},
		{"link del br0", "made br0"},
	} {
		testutil.IP(t, net, strings.Fields(c.command)...)
		told.await(t, c.told)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		br0, host2 := testutil.LinkJSON(t, net, "br0"), testutil.LinkJSON(t, net, "host2")
		master := testutil.LinkJSON(t, net, "port1")["master"]
		if br0["mtu"] == 1400.0 && host2["operstate"] == "UP" && master == "br0" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("in the end there are %v and %v, and port1 has master %v", br0, host2, master)
		}
	}
}
