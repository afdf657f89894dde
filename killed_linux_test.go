package iplink_test

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/veth"
)

// victimVariable makes TestCreateKilled the process that is killed.
const victimVariable = "IPLINK_TEST_VICTIM"

// victimPairs describes pairs between two namespaces, whose main ends alternate
// between them, so that it takes many sends to make them.
func victimPairs(a, b *iplink.NetNS) []iplink.Spec {
	var specs []iplink.Spec
	for i := range 100 {
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
	c, ns := scratch(t)
	_, other := scratch(t)
	mustCreate(t, c, bridge.New("stays"))
	killWhileCreating(t, ns, other)
	left := append(ns.names(), other.names()...)
	if all := 2*100 + 3; len(left) < 10 || len(left) >= all {
		t.Fatalf("%d links are left, the kill came not in the middle", len(left))
	}
	specs := victimPairs(ns.NetNS, other.NetNS)
	names := []string{}
	for i := range specs {
		names = append(names, fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i))
	}
	for _, in := range []*scratchNS{ns, other} {
		if err := in.Do(func() error { return iplink.DeleteIfExists(t.Context(), names...) }); err != nil {
			t.Fatal(err)
		}
	}
	if got := append(ns.names(), other.names()...); !slices.Equal(got, []string{"lo", "stays", "lo"}) {
		t.Errorf("links %v", got)
	}
	mustCreate(t, c, specs...)
}

// killWhileCreating runs this test in another process and kills it as soon as
// some links are there.
func killWhileCreating(t *testing.T, a, b *scratchNS) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestCreateKilled$")
	cmd.Env = append(os.Environ(), victimVariable+"=1")
	cmd.ExtraFiles = []*os.File{a.file, b.file}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); len(a.names()) < 10 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	_ = cmd.Process.Kill() // it may be too late, which Wait tells
	if err := cmd.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Fatalf("%v: %s", err, &out)
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
	_, err = c.Create(t.Context(), victimPairs(ns[0], ns[1])...)
	t.Fatalf("it was not killed: %v", err)
}
