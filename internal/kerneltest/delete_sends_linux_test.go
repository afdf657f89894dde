package kerneltest_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/rtnl"
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
	sends := lab.CountSends(c)
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
		sends := lab.CountSends(c)
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
	sends := lab.CountSends(c)
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

// TestDeleteRace deletes links that somebody else deletes at the same time.
func TestDeleteRace(t *testing.T) {
	c, ns := lab.Scratch(t)
	for range lab.Many(t, lab.Rounds(3), 30) {
		names := vxlans(t, c, 50)
		once := false
		lab.Socket(c).SetHook(func(p rtnl.Point) error {
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
		lab.Socket(c).SetHook(nil)
		if got := ns.Names(); !slices.Equal(got, []string{"lo", "vx7"}) {
			t.Fatalf("links %v", got)
		}
		if err := c.Delete(t.Context(), "vx7"); err != nil {
			t.Fatal(err)
		}
	}
}
