package kerneltest_test

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
)

// victimVariable makes TestCreateKilled the process that is killed.
const victimVariable = "IPLINK_TEST_VICTIM"

// inTheMiddle is what it then says when it waits for the kill.
const inTheMiddle = "in the middle of Create"

// killedPairs is the number of pairs, half of which are made in the first send.
const killedPairs = 50

// victimPairs describes pairs between two namespaces, whose main ends alternate
// between them, so that it takes many sends to make them.
func victimPairs(a, b *iplink.NetNS) []iplink.Spec {
	var specs []iplink.Spec
	for i := range killedPairs {
		specs = append(specs, veth.New(fmt.Sprintf("a%d", i)).NetNS(a).Alias("half made").Peer(veth.New(fmt.Sprintf("b%d", i)).NetNS(b).Up()))
		a, b = b, a
	}
	return specs
}

// TestCreateKilled kills a process that makes many links. Nobody undoes what it
// has made, but whoever knows the names can delete it and begin again.
func TestCreateKilled(t *testing.T) {
	if os.Getenv(victimVariable) != "" {
		beKilled(t)
	}
	c, ns := lab.Scratch(t)
	_, other := lab.Scratch(t)
	lab.MustCreate(t, c, bridge.New("stays"))
	killWhileCreating(t, ns, other)
	left := append(ns.Names(), other.Names()...)
	if all := 2*killedPairs + 3; len(left) < 10 || len(left) >= all {
		t.Fatalf("%d links are left, the kill came not in the middle", len(left))
	}
	specs := victimPairs(lab.NetNS(ns), lab.NetNS(other))
	names := []string{}
	for i := range specs {
		names = append(names, fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i))
	}
	for _, in := range []*testutil.Lab{ns, other} {
		if err := lab.NetNS(in).Do(func() error { return iplink.DeleteIfExists(t.Context(), names...) }); err != nil {
			t.Fatal(err)
		}
	}
	if got := append(ns.Names(), other.Names()...); !slices.Equal(got, []string{"lo", "stays", "lo"}) {
		t.Errorf("links %v", got)
	}
	lab.MustCreate(t, c, specs...)
}

// killWhileCreating runs this test in another process and kills it when it says
// that it is in the middle.
func killWhileCreating(t *testing.T, a, b *testutil.Lab) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestCreateKilled$")
	cmd.Env = append(os.Environ(), victimVariable+"=1")
	cmd.ExtraFiles = []*os.File{a.File, b.File}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := ""
	for b := make([]byte, 512); err == nil && !strings.Contains(said, inTheMiddle); {
		var n int
		n, err = out.Read(b)
		said += string(b[:n])
	}
	_ = cmd.Process.Kill() // it may have ended, which Wait tells
	if !strings.Contains(said, inTheMiddle) {
		t.Errorf("the process said %q: %v", said, err)
	}
	if err := cmd.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Fatal(err)
	}
}

// beKilled makes links in the namespaces that were handed down.
func beKilled(t *testing.T) {
	var ns [2]*iplink.NetNS
	for i := range ns {
		var err error
		if ns[i], err = iplink.NetNSAtPath(fmt.Sprintf("/proc/self/fd/%d", 3+i)); err != nil {
			t.Fatal(err)
		}
	}
	c, err := ns[0].Dial()
	if err != nil {
		t.Fatal(err)
	}
	sends := 0
	lab.Socket(c).SetHook(func(p rtnl.Point) error {
		if p == rtnl.AfterSend {
			sends++
		}
		if sends == 1 {
			fmt.Print(inTheMiddle)
			select {} // until the kill
		}
		return nil
	})
	_, err = c.Create(t.Context(), victimPairs(ns[0], ns[1])...)
	t.Fatalf("it was not killed: %v", err)
}
