package iplink_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// vxlans makes n links and returns their names.
func vxlans(t testing.TB, c *iplink.Conn, n int) []string {
	t.Helper()
	var specs []iplink.Spec
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("vx%d", i))
		specs = append(specs, vxlan.New(names[i]).VNI(uint32(i+1)))
	}
	if _, err := c.Create(t.Context(), specs...); err != nil {
		t.Fatal(err)
	}
	return names
}

func TestDeleteOneSendsOnce(t *testing.T) {
	c, ns := lab.Scratch(t)
	names := vxlans(t, c, 1)
	sends := countSends(c)
	if err := c.Delete(t.Context(), names...); err != nil {
		t.Error(err)
	}
	if got := ns.Names(); *sends != 1 || len(got) != 1 {
		t.Errorf("%d sends, links %v", *sends, got)
	}
}

// TestDeleteMany takes two sends, is far faster than one by one, and takes nothing else along.
func TestDeleteMany(t *testing.T) {
	for _, n := range []int{200, lab.Many(t, 400, 1000)} {
		c, ns := lab.Scratch(t)
		ns.IP("link", "add", "stays", "group", "4660", "type", "bridge")
		names := vxlans(t, c, n)
		sends := countSends(c)
		start := time.Now()
		if err := c.Delete(t.Context(), names...); err != nil {
			t.Fatal(err)
		}
		together := time.Since(start) / time.Duration(n)
		if got := ns.Names(); !slices.Equal(got, []string{"lo", "stays"}) || ns.Link("stays")["group"] != "4660" {
			t.Errorf("links %v, %v", got, ns.Link("stays")["group"])
		}
		if *sends != 2 {
			t.Errorf("%d sends, want 2", *sends)
		}
		const few = 10
		names = vxlans(t, c, few)
		start = time.Now()
		for _, name := range names {
			if err := c.Delete(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
		alone := time.Since(start) / few
		t.Logf("%d together: %v each; one by one %v each", n, together, alone)
		// A kernel on one processor need not wait for others: there one by one is as fast.
		if runtime.NumCPU() > 1 && together*4 > alone {
			t.Errorf("together %v each is not far from %v", together, alone)
		}
	}
}

// TestDeleteHardware refuses it before anything changes.
func TestDeleteHardware(t *testing.T) {
	c, ns := lab.Scratch(t)
	ns.IP("link", "add", "a1", "group", "4660", "type", "bridge")
	before := ns.IP("-d", "-j", "link")
	sends := countSends(c)
	err := c.Delete(t.Context(), "a1", "lo")
	if !errors.Is(err, errors.ErrUnsupported) || err.Error() != "delete lo: operation not supported (the loopback interface cannot be deleted: Down disables it)" {
		t.Errorf("error %v", err)
	}
	if after := ns.IP("-d", "-j", "link"); after != before || *sends != 1 {
		t.Errorf("%d sends, links %s\nbefore %s", *sends, after, before)
	}
	if err := c.Delete(t.Context(), "lo"); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("alone: %v", err)
	}
}

// TestDeleteFaults makes every moment of a removal go wrong: either all links
// are gone, or all that are left are in their own groups.
func TestDeleteFaults(t *testing.T) {
	step := 1
	if testutil.Matrix() {
		step = 5 // each takes long on an emulated processor
	}
	for what, fault := range faults {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			for n := 0; ; n += step {
				c, ns := lab.Scratch(t)
				ns.IP("link", "add", "a1", "group", "4660", "type", "bridge")
				ns.IP("link", "add", "b1", "type", "veth", "peer", "name", "c1")
				ns.IP("link", "add", "d1", "group", "22136", "type", "vxlan", "id", "5", "dstport", "4789")
				before := ns.IP("-d", "-j", "link")
				inject := &injection{at: n, fault: fault, conn: c}
				err := inject.run(t, func(ctx context.Context) error { return c.Delete(ctx, "a1", "b1", "d1") })
				after := ns.IP("-d", "-j", "link")
				if got := ns.Names(); len(got) != 1 && (err == nil || after != before) {
					t.Errorf("at %d: error %v, links %s\nbefore %s", n, err, after, before)
				}
				if !inject.done {
					if err != nil {
						t.Errorf("without a fault: %v", err)
					}
					t.Logf("%d moments", n)
					return
				}
			}
		})
	}
}

// TestDeleteRace deletes links that somebody else deletes at the same time.
func TestDeleteRace(t *testing.T) {
	c, ns := lab.Scratch(t)
	for range lab.Many(t, emulated(3), 30) {
		names := vxlans(t, c, 50)
		once := false
		c.SetHook(func(p rtnl.Point) error {
			if p == rtnl.AfterReceive && !once {
				once = true
				ns.IP("link", "del", "vx7")
				ns.IP("link", "add", "vx7", "type", "bridge")
			}
			return nil
		})
		if err := c.Delete(t.Context(), names...); err != nil {
			t.Fatal(err)
		}
		c.SetHook(nil)
		if got := ns.Names(); !slices.Equal(got, []string{"lo", "vx7"}) {
			t.Fatalf("links %v", got)
		}
		if err := c.Delete(t.Context(), "vx7"); err != nil {
			t.Fatal(err)
		}
	}
}

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
	c.SetHook(func(p rtnl.Point) error {
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

// TestRecreateFaults lets each moment of a recreation go wrong, beside the old link and in
// place of it. After an error, the old link is as it was. If from some moment on no answer
// arrives, an address may have another label, which the error then says.
func TestRecreateFaults(t *testing.T) {
	for way, old := range map[string]string{
		"beside":  "link add t0 type vxlan id 9 dstport 4789 ttl 7",
		"instead": "link add t0 type vxlan id 7 dstport 4789 ttl 7",
	} {
		for name, fault := range faults {
			if testutil.Matrix() && name != "error" && name != "cancelled" {
				continue // the moments are the same on each kernel
			}
			t.Run(way+"/"+name, func(t *testing.T) {
				t.Parallel()
				for n := 0; ; n += faultStep(name) {
					c, ns := lab.OldLink(t, []string{old})
					before := lab.Shown(ns)
					inject := &injection{at: n, fault: fault, conn: c}
					err := inject.run(t, func(ctx context.Context) error {
						_, err := c.Ensure(ctx, vxlan.New("t0").VNI(7).Port(4789).GBP().Up().Recreate())
						return err
					})
					if !inject.done {
						if err != nil || n == 0 {
							t.Errorf("without a fault at %d: %v", n, err)
						}
						return
					}
					after := lab.Shown(ns)
					if err != nil && strings.Contains(err.Error(), "the link before is not as it was") && name == "all-answers-dropped" {
						after = strings.ReplaceAll(after, " t0:2\\", " t0\\") // a label that a rename leaves behind, and that cannot be read
					}
					if err != nil && after != before {
						t.Fatalf("fault at %d, error %v: before:\n%s\nafter:\n%s", n, err, before, after)
					}
				}
			})
		}
	}
}

// faultStep is the distance of the moments that go wrong. All moments are tried with one
// fault, and not on an emulated processor.
func faultStep(fault string) int {
	switch {
	case testutil.Matrix():
		return 23
	case fault == "error":
		return 1
	}
	return 5
}
