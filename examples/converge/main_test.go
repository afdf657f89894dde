//go:build linux

package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/labtest"
	"github.com/iplink-go/iplink/internal/testutil"
)

func TestMain(m *testing.M) { labtest.Main(m, main) }

func TestHelp(t *testing.T) { labtest.Help(t, "converge") }

// TestConverge breaks things with ip, as the example asks for.
func TestConverge(t *testing.T) {
	l, _ := labtest.New(t)
	told := make(labtest.Lines, 1000)
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
	told.Await(t, "link set host2 down")
	net, err := os.Open("/run/netns/" + l.Prefix + "net")
	if err != nil {
		t.Fatal(err)
	}
	defer net.Close()
	type command struct{ program, command, told string }
	commands := []command{
		{"ip", "link del port1", "made port1"},
		{"ip", "link set port2 nomaster", "put right port2: [master: have nomaster, want br0]"},
		{"ip", "link set br0 mtu 1500", "put right br0: [mtu: have 1500, want 1400]"},
		{"ip", "address del 192.0.2.1/24 dev br0", "put right br0: [addr: "},
		{"bridge", "fdb del 02:00:00:00:12:34 dev port1 master", "put right port1: [fdb: "},
		{"ip", "link set host2 down", "put right port2: [state: have down, want up]"},
		{"ip", "link add br7 type bridge", ""},
		{"ip", "link set port2 master br7", "put right port2: [master: have br7, want br0"},
	}
	if info, _ := testutil.LinkJSON(t, net, "br0")["linkinfo"].(map[string]any); info["info_data"].(map[string]any)["vlan_filtering"] == 1.0 {
		commands = append(commands, []command{
			{"bridge", "vlan del vid 100 dev port1", "put right port1: [vlan: "},
			{"bridge", "vlan add vid 100 dev port1", "put right port1: [vlan: "}, // no longer untagged
		}...)
	} else if testutil.Matrix() {
		t.Error("the bridge does not filter VLANs")
	}
	commands = append(commands, command{"ip", "link del br0", "made br0"})
	for _, c := range commands {
		testutil.In(t, net, func() {
			if out, err := exec.Command(c.program, strings.Fields(c.command)...).CombinedOutput(); err != nil {
				t.Errorf("%s %s: %v: %s", c.program, c.command, err, out)
			}
		})
		if c.told != "" {
			told.Await(t, c.told)
		}
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
