package iplink_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
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
	c, ns := scratch(t)
	names := vxlans(t, c, 1)
	sends := countSends(c)
	if err := c.Delete(t.Context(), names...); err != nil {
		t.Error(err)
	}
	if got := ns.names(); *sends != 1 || len(got) != 1 {
		t.Errorf("%d sends, links %v", *sends, got)
	}
}

// TestDeleteMany is far faster than one by one, and takes nothing else along.
func TestDeleteMany(t *testing.T) {
	for _, n := range []int{200, many(t, 400, 1000)} {
		c, ns := scratch(t)
		ns.ip("link", "add", "stays", "group", "4660", "type", "bridge")
		names := vxlans(t, c, n)
		sends := countSends(c)
		start := time.Now()
		if err := c.Delete(t.Context(), names...); err != nil {
			t.Fatal(err)
		}
		together := time.Since(start) / time.Duration(n)
		if got := ns.names(); !slices.Equal(got, []string{"lo", "stays"}) || ns.link("stays")["group"] != "4660" {
			t.Errorf("links %v, %v", got, ns.link("stays")["group"])
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
		if together*4 > alone {
			t.Errorf("together %v each is not far from %v", together, alone)
		}
	}
}

// TestDeleteTogether names both ends of a pair, a link twice, by another name,
// and links that go with their parents.
func TestDeleteTogether(t *testing.T) {
	c, ns := scratch(t)
	ns.ip("link", "add", "a1", "type", "veth", "peer", "name", "b1")
	ns.ip("link", "property", "add", "dev", "a1", "altname", "a-name-of-more-than-15-bytes")
	ns.ip("link", "add", "m1", "link", "a1", "type", "macvlan")
	ns.ip("link", "add", "m2", "link", "m1", "type", "macvlan")
	ns.ip("link", "add", "br0", "type", "bridge")
	ns.ip("link", "set", "b1", "master", "br0", "up")
	err := c.Delete(t.Context(), "m2", "a1", "b1", "a-name-of-more-than-15-bytes", "br0", "a1", "m1")
	if got := ns.names(); err != nil || len(got) != 1 {
		t.Errorf("error %v, links %v", err, got)
	}
}

func TestDeleteMissing(t *testing.T) {
	c, ns := scratch(t)
	ns.ip("link", "add", "a1", "group", "4660", "type", "bridge")
	ns.ip("link", "add", "b1", "group", "22136", "type", "bridge")
	before := ns.ip("-d", "-j", "link")
	for _, names := range [][]string{{"nope"}, {"a1", "nope"}, {"a1", "b1", "nope"}, {"a1", "no/name"}} {
		err := c.Delete(t.Context(), names...)
		if want := map[bool]error{true: fs.ErrInvalid, false: fs.ErrNotExist}[names[1%len(names)] == "no/name"]; !errors.Is(err, want) {
			t.Errorf("%v: %v", names, err)
		}
		if after := ns.ip("-d", "-j", "link"); after != before {
			t.Errorf("%v: links %s\nbefore %s", names, after, before)
		}
	}
	var named *iplink.Error
	if err := c.Delete(t.Context(), "a1", "nope"); !errors.As(err, &named) || named.Name != "nope" {
		t.Errorf("%v does not name the link", err)
	}
	if err := c.DeleteIfExists(t.Context(), "a1", "nope", "b1"); err != nil {
		t.Error(err)
	}
	if err := c.DeleteIfExists(t.Context(), "a1", "nope"); err != nil {
		t.Error(err)
	}
	if got := ns.names(); len(got) != 1 {
		t.Errorf("links %v", got)
	}
}

// TestDeleteHardware refuses it before anything changes.
func TestDeleteHardware(t *testing.T) {
	c, ns := scratch(t)
	ns.ip("link", "add", "a1", "group", "4660", "type", "bridge")
	before := ns.ip("-d", "-j", "link")
	sends := countSends(c)
	err := c.Delete(t.Context(), "a1", "lo")
	if !errors.Is(err, errors.ErrUnsupported) || err.Error() != "delete lo: operation not supported (the loopback interface cannot be deleted: Down disables it)" {
		t.Errorf("error %v", err)
	}
	if after := ns.ip("-d", "-j", "link"); after != before || *sends != 1 {
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
				c, ns := scratch(t)
				ns.ip("link", "add", "a1", "group", "4660", "type", "bridge")
				ns.ip("link", "add", "b1", "type", "veth", "peer", "name", "c1")
				ns.ip("link", "add", "d1", "group", "22136", "type", "vxlan", "id", "5", "dstport", "4789")
				before := ns.ip("-d", "-j", "link")
				inject := &injection{at: n, fault: fault, conn: c}
				err := inject.run(t, func(ctx context.Context) error { return c.Delete(ctx, "a1", "b1", "d1") })
				after := ns.ip("-d", "-j", "link")
				if got := ns.names(); len(got) != 1 && (err == nil || after != before) {
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
	c, ns := scratch(t)
	for range many(t, emulated(3), 30) {
		names := vxlans(t, c, 50)
		once := false
		c.SetHook(func(p rtnl.Point) error {
			if p == rtnl.AfterReceive && !once {
				once = true
				ns.ip("link", "del", "vx7")
				ns.ip("link", "add", "vx7", "type", "bridge")
			}
			return nil
		})
		if err := c.Delete(t.Context(), names...); err != nil {
			t.Fatal(err)
		}
		c.SetHook(nil)
		if got := ns.names(); !slices.Equal(got, []string{"lo", "vx7"}) {
			t.Fatalf("links %v", got)
		}
		if err := c.Delete(t.Context(), "vx7"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDeleteCancelled stops before it changes anything.
func TestDeleteCancelled(t *testing.T) {
	c, ns := scratch(t)
	mustCreate(t, c, bridge.New("a1"), veth.New("b1"))
	before := ns.ip("-d", "-j", "link")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(syscall.EDOM)
	if err := c.Delete(ctx, "a1", "b1"); !errors.Is(err, syscall.EDOM) {
		t.Errorf("error %v", err)
	}
	if after := ns.ip("-d", "-j", "link"); after != before {
		t.Errorf("links %s\nbefore %s", after, before)
	}
}
