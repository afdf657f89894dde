package kerneltest_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// A takeover puts another link in the place of the one of a name: it is called as
// returned then, and is in group 4660.
type takeover func(ns *testutil.Lab, name string) string

// addOther adds a link in group 4660.
func addOther(ns *testutil.Lab, name string, args ...string) string {
	args = append([]string{"link", "add", "name", name, "group", "4660"}, args...)
	ns.IP(append(args, "type", "vxlan", "id", "4660", "dstport", "4790")...)
	return name
}

var takeovers = map[string]takeover{
	"index": func(ns *testutil.Lab, name string) string {
		index := fmt.Sprintf("%.0f", ns.Link(name)["ifindex"])
		ns.IP("link", "del", name)
		return addOther(ns, "other", "index", index)
	},
	"index of another kind": func(ns *testutil.Lab, name string) string {
		index := fmt.Sprintf("%.0f", ns.Link(name)["ifindex"])
		ns.IP("link", "del", name)
		ns.IP("link", "add", "other", "index", index, "group", "4660", "type", "bridge")
		return "other"
	},
	"renamed": func(ns *testutil.Lab, name string) string {
		ns.IP("link", "set", name, "group", "4660", "name", "other")
		return "other"
	},
	"renamed, and its name taken": func(ns *testutil.Lab, name string) string {
		ns.IP("link", "set", name, "group", "4660", "name", "other")
		ns.IP("link", "add", name, "type", "bridge")
		return "other"
	},
}

// interposed runs f, and at one of its moments has another link take the place of
// the one called name, if there is one. It returns what that is called then, and
// whether there was such a moment.
func interposed(c *iplink.Conn, ns *testutil.Lab, at int, take takeover, name string, f func() error) (other string, reached bool, err error) {
	now := 0
	lab.Socket(c).SetHook(func(p rtnl.Point) error {
		if p != rtnl.BeforeSend && p != rtnl.AfterSend { // between them the kernel does nothing
			return nil
		}
		if now++; now == at+1 {
			reached = true
			if slices.Contains(ns.Names(), name) {
				other = take(ns, name)
			}
		}
		return nil
	})
	defer lab.Socket(c).SetHook(nil)
	return other, reached, f()
}

// TestDeleteTakenOver has another link take a name or an index at each moment: it is
// left alone.
func TestDeleteTakenOver(t *testing.T) {
	for what, take := range takeovers {
		for _, names := range [][]string{{"d0"}, {"d0", "e0", "f0"}} {
			t.Run(fmt.Sprintf("%s, %d", what, len(names)), func(t *testing.T) {
				for at := 0; ; at += lab.Emulated(3, 1) {
					c, ns := lab.Scratch(t)
					for i, name := range names {
						ns.IP("link", "add", name, "type", "vxlan", "id", strconv.Itoa(i+7), "dstport", "4789")
					}
					other, reached, err := interposed(c, ns, at, take, "d0", func() error { return c.Delete(t.Context(), names...) })
					if err != nil {
						t.Errorf("at %d: %v", at, err)
					}
					isLeft(t, ns, at, other)
					if !reached {
						break
					}
				}
			})
		}
	}
}

// isLeft checks that a link is there, in its own group.
func isLeft(t *testing.T, ns *testutil.Lab, at int, other string) {
	t.Helper()
	left := ns.Names()
	switch {
	case other != "" && !slices.Contains(left, other):
		t.Errorf("at %d: links %v, without %s", at, left, other)
	case other != "" && ns.Link(other)["group"] != "4660":
		t.Errorf("at %d: %s is in group %v", at, other, ns.Link(other)["group"])
	}
	if slices.Contains(left, "e0") || slices.Contains(left, "f0") {
		t.Errorf("at %d: links %v", at, left)
	}
}

// TestUndoTakenOver has another link take the name or the index of one that is to be
// removed again: it is left alone.
func TestUndoTakenOver(t *testing.T) {
	all := map[string]takeover{"name": func(ns *testutil.Lab, name string) string {
		ns.IP("link", "del", name)
		return addOther(ns, name)
	}}
	for what, take := range takeovers {
		all[what] = take
	}
	for what, take := range all {
		for _, specs := range [][]iplink.Spec{
			{vxlan.New("d0").VNI(7), bridge.New("taken")},
			{vxlan.New("d0").VNI(7), vxlan.New("e0").VNI(8), vxlan.New("f0").VNI(9), bridge.New("taken")},
		} {
			t.Run(fmt.Sprintf("%s, %d", what, len(specs)), func(t *testing.T) {
				for at := 0; ; at += lab.Emulated(7, 1) { // the moments are the same on each kernel
					c, ns := lab.Scratch(t)
					ns.IP("link", "add", "taken", "type", "bridge")
					other, reached, err := interposed(c, ns, at, take, "d0", func() error { return lab.CreatingBy(c, specs)(t.Context()) })
					if !errors.Is(err, fs.ErrExist) {
						t.Errorf("at %d: %v", at, err)
					}
					isLeft(t, ns, at, other)
					if !reached {
						break
					}
				}
			})
		}
	}
}

// TestDeleteRegrouped has another process move the links to a group of its own at each
// moment, as a Delete of them does: they are deleted all the same.
func TestDeleteRegrouped(t *testing.T) {
	regroup := func(ns *testutil.Lab, name string) string {
		for _, name := range []string{name, "e0"} {
			if slices.Contains(ns.Names(), name) {
				ns.IP("link", "set", name, "group", strconv.Itoa(0x69123456))
			}
		}
		return name
	}
	for what, prepare := range map[string]func(*iplink.Conn){"": func(*iplink.Conn) {}, "singly": lab.SendSingly} {
		reached := true
		for at := 0; reached; at++ {
			c, ns := lab.Scratch(t)
			prepare(c)
			names := vxlans(t, c, 2)
			ns.IP("link", "set", names[0], "name", "d0")
			ns.IP("link", "set", names[1], "name", "e0")
			var err error
			_, reached, err = interposed(c, ns, at, regroup, "d0", func() error { return c.Delete(t.Context(), "d0", "e0") })
			if got := ns.Names(); err != nil || len(got) != 1 {
				t.Errorf("%s at %d: error %v, links %v", what, at, err, got)
			}
		}
	}
}

// TestDeleteRivals deletes the same links by two Conns at a time, and others beside
// them.
func TestDeleteRivals(t *testing.T) {
	c, ns := lab.Scratch(t)
	rival := testutil.Opened(ns, iplink.Dial)
	for round := range lab.Many(t, lab.Rounds(4), 40) {
		ns.IP("link", "add", "stays", "group", "4660", "type", "bridge")
		names := vxlans(t, c, 60)
		var both sync.WaitGroup
		for _, one := range []*iplink.Conn{c, rival} {
			if round%2 == 1 {
				lab.SendSingly(one) // so that they meet between any two requests
			}
			both.Go(func() {
				if err := one.DeleteIfExists(t.Context(), names...); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if got := ns.Names(); !slices.Equal(got, []string{"lo", "stays"}) || ns.Link("stays")["group"] != "4660" {
			t.Fatalf("links %v", got)
		}
		ns.IP("link", "del", "stays")
	}
}

// TestAnswersLost makes the kernel drop most of its answers: what was made is removed
// all the same, and what is to be deleted is.
func TestAnswersLost(t *testing.T) {
	c, ns := lab.Scratch(t)
	// The smallest buffer for answers that the kernel has.
	if err := lab.Socket(c).Control(func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 1) }); err != nil {
		t.Fatal(err)
	}
	var specs []iplink.Spec
	for i := range 100 {
		specs = append(specs, veth.New(fmt.Sprint("a", i)).Alias("has an index").Peer(veth.New(fmt.Sprint("b", i))))
	}
	if _, err := c.Create(t.Context(), specs...); !errors.Is(err, rtnl.ErrLost) {
		t.Errorf("create: %v", err)
	}
	if got := ns.Names(); len(got) != 1 {
		t.Errorf("%d links are left", len(got)-1)
	}
	ns.IP("link", "add", "a1", "type", "bridge")
	ns.IP("link", "add", "b1", "type", "veth")
	ns.IP("link", "add", "c1", "group", "4660", "type", "vxlan", "id", "6", "dstport", "4789")
	if err := c.Delete(t.Context(), "a1", "b1", "c1"); err != nil {
		t.Errorf("delete: %v", err)
	}
	if got := ns.Names(); slices.Contains(got, "a1") || slices.Contains(got, "b1") || slices.Contains(got, "c1") {
		t.Errorf("links %v", got)
	}
}

// TestCancelledBetweenSends ends with the send that was going on: of many links, few
// have been made or removed by then.
func TestCancelledBetweenSends(t *testing.T) {
	c, ns := lab.Scratch(t)
	var specs []iplink.Spec
	var names []string
	for i := range 100 {
		names = append(names, fmt.Sprint("a", i))
		specs = append(specs, bridge.New(names[i]).Group(4660))
	}
	cancelled := func(after int, f func(context.Context) error) (left []string) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		sends := 0
		lab.Socket(c).SetHook(func(p rtnl.Point) error {
			switch {
			case p == rtnl.AfterSend && sends < after:
				if sends++; sends == after {
					cancel()
					left = ns.Names()
				}
			}
			return nil
		})
		defer lab.Socket(c).SetHook(nil)
		if err := f(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		return left
	}
	made := cancelled(1, lab.CreatingBy(c, specs))
	if got := ns.Names(); len(made) != 1+64 || len(got) != 1 {
		t.Errorf("%d links made, %d left", len(made)-1, len(got)-1)
	}
	lab.MustCreate(t, c, specs...)
	left := cancelled(2, func(ctx context.Context) error { return c.Delete(ctx, names...) })
	if got := ns.Names(); len(left) != 1+100-32 || !slices.Equal(got, left) {
		t.Errorf("%d links left, %d later", len(left)-1, len(got)-1)
	}
	for _, name := range left[1:] {
		if group := ns.Link(name)["group"]; group != "4660" {
			t.Errorf("%s is in group %v", name, group)
		}
	}
}
