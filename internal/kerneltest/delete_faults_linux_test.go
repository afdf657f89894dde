package kerneltest_test

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/vxlan"
)

// TestDeleteFaults makes every moment of a removal go wrong: either all links
// are gone, or all that are left are in their own groups.
func TestDeleteFaults(t *testing.T) {
	step := 1
	if testutil.Matrix() {
		step = 5 // each takes long on an emulated processor
	}
	for what, fault := range lab.Faults {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			for n := 0; ; n += step {
				c, ns := lab.Scratch(t)
				ns.IP("link", "add", "a1", "group", "4660", "type", "bridge")
				ns.IP("link", "add", "b1", "type", "veth", "peer", "name", "c1")
				ns.IP("link", "add", "d1", "group", "22136", "type", "vxlan", "id", "5", "dstport", "4789")
				before := ns.IP("-d", "-j", "link")
				inject := &lab.Injection{At: n, Fault: fault, Conn: c}
				err := inject.Run(t, func(ctx context.Context) error { return c.Delete(ctx, "a1", "b1", "d1") })
				after := ns.IP("-d", "-j", "link")
				if got := ns.Names(); len(got) != 1 && (err == nil || after != before) {
					t.Errorf("at %d: error %v, links %s\nbefore %s", n, err, after, before)
				}
				if !inject.Done {
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

// TestRecreateFaults lets each moment of a recreation go wrong, beside the old link and in
// place of it. After an error, the old link is as it was. If from some moment on no answer
// arrives, an address may have another label, which the error then says.
func TestRecreateFaults(t *testing.T) {
	for way, old := range map[string]string{
		"beside":  "link add t0 type vxlan id 9 dstport 4789 ttl 7",
		"instead": "link add t0 type vxlan id 7 dstport 4789 ttl 7",
	} {
		for name, fault := range lab.Faults {
			if testutil.Matrix() && name != "error" && name != "cancelled" {
				continue // the moments are the same on each kernel
			}
			t.Run(way+"/"+name, func(t *testing.T) {
				t.Parallel()
				for n := 0; ; n += faultStep(name) {
					c, ns := lab.OldLink(t, []string{old})
					before := lab.Shown(ns)
					inject := &lab.Injection{At: n, Fault: fault, Conn: c}
					err := inject.Run(t, func(ctx context.Context) error {
						_, err := c.Ensure(ctx, vxlan.New("t0").VNI(7).Port(4789).GBP().Up().Recreate())
						return err
					})
					if !inject.Done {
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

// TestDeleteSingly makes every moment of a removal go wrong that takes many sends:
// links that are left are in their own groups, and one that a removal left behind
// in a private group is in none.
func TestDeleteSingly(t *testing.T) {
	for what, fault := range lab.Faults {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			for n := 0; ; n += 1 + 4*lab.Rounds(0) {
				c, ns := lab.Scratch(t)
				lab.SendSingly(c)
				ns.IP("link", "add", "a1", "group", "4660", "type", "vxlan", "id", "5", "dstport", "4789")
				ns.IP("link", "add", "b1", "group", strconv.Itoa(0x69123456), "type", "vxlan", "id", "6", "dstport", "4789")
				inject := &lab.Injection{At: n, Fault: fault, Conn: c}
				err := inject.Run(t, func(ctx context.Context) error { return c.Delete(ctx, "a1", "b1") })
				groups := map[string]any{}
				for _, name := range ns.Names() {
					groups[name] = ns.Link(name)["group"]
				}
				a, b := groups["a1"], groups["b1"]
				if len(groups) > 1 && err == nil || a != nil && a != "4660" || b != nil && b != "default" && b != strconv.Itoa(0x69123456) {
					t.Errorf("at %d: error %v, groups %v", n, err, groups)
				}
				if !inject.Done {
					return
				}
			}
		})
	}
}
