package kerneltest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
)

// TestNamespaceOfIDGoes ends a namespace that is known by its id only, at each moment of a
// call. It also has another namespace get the id, in which another link has the index of the
// parent.
func TestNamespaceOfIDGoes(t *testing.T) {
	for verb, call := range map[string]func(context.Context, *iplink.Conn, ...iplink.Spec) error{"Create": createAll, "Ensure": ensureAll} {
		for _, replaced := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, replaced %v", verb, replaced), func(t *testing.T) {
				t.Parallel()
				conn, here := lab.Scratch(t)
				g := &idGoer{t: t, conn: conn, call: call, here: here, name: testutil.Name(t), replaced: replaced}
				t.Cleanup(func() { _ = iplink.DeleteNetNS(g.name) })
				never := g.try(-1)
				tries, r := lab.Many(t, lab.Rounds(8), never.Now), lab.Seeded(t)
				for _, n := range r.Perm(never.Now)[:min(tries, never.Now)] {
					if inject := g.try(n); !inject.Done {
						t.Errorf("moment %d of %d did not come", n, never.Now)
					}
				}
				t.Logf("%d moments", never.Now)
			})
		}
	}
}

// goingID is the id of the namespace that goes.
const goingID = 0x1234

// An idGoer ends the namespace of an id in the middle of calls.
type idGoer struct {
	t        *testing.T
	conn     *iplink.Conn
	call     func(context.Context, *iplink.Conn, ...iplink.Spec) error
	here     *testutil.Lab
	name     string
	replaced bool // another namespace gets the id
}

// try makes a call, in which the namespace ends at a moment, or never if that is -1.
func (g *idGoer) try(n int) *lab.Injection {
	g.t.Helper()
	g.end()
	g.make("low0", "other0")
	inject := &lab.Injection{At: n, Conn: g.conn, Fault: g.fault}
	err := inject.Run(g.t, func(ctx context.Context) error {
		return g.call(ctx, g.conn, bridge.New("x1").Up(), macvlan.New("x0").Parent("low0").LinkNetNSID(goingID).MTU(1400).Up())
	})
	g.check(fmt.Sprintf("moment %d, gone %v: error %v", n, inject.Done, err), inject.Done, err)
	return inject
}

// make makes the namespace with the id, and its links, in order.
func (g *idGoer) make(links ...string) {
	g.t.Helper()
	g.here.IP("netns", "add", g.name)
	testutil.Eventually(g.t, "the id is free", func() bool {
		_, err := g.here.Run("ip", "netns", "set", g.name, fmt.Sprint(goingID))
		return err == nil
	})
	for _, name := range links {
		g.here.IP("-n", g.name, "link", "add", name, "type", "bridge")
	}
}

// end ends the namespace, and deletes the links here.
func (g *idGoer) end() {
	for _, name := range []string{"x0", "x1"} {
		_, _ = g.here.Run("ip", "link", "del", name)
	}
	_, _ = g.here.Run("ip", "netns", "del", g.name)
}

func (g *idGoer) fault(i *lab.Injection, _ rtnl.Point) error {
	if i.Once(lab.ErrInjected) == nil {
		return nil
	}
	g.here.IP("netns", "del", g.name)
	if g.replaced {
		g.make("other0", "low0")
	}
	return nil
}

// check demands that a call has made both links, the upper one on the right link, or failed
// and left nothing. The macvlan of a parent that went after the call went with it.
func (g *idGoer) check(when string, gone bool, err error) {
	g.t.Helper()
	left := g.here.Names()
	switch {
	case err != nil && (!gone || !errors.Is(err, fs.ErrNotExist)):
		g.t.Error(when)
	case err != nil && !slices.Equal(left, []string{"lo"}):
		g.t.Errorf("%s; left is %v", when, left)
	case err == nil && !slices.Contains(left, "x1"):
		g.t.Errorf("%s; there is only %v", when, left)
	case err == nil && slices.Contains(left, "x0"):
		g.checkParent(when)
	case err == nil && !gone:
		g.t.Errorf("%s; there is no x0", when)
	}
}

// checkParent demands that x0 is on low0.
func (g *idGoer) checkParent(when string) {
	g.t.Helper()
	out, err := g.here.Run("ip", "-n", g.name, "-j", "link", "show", "dev", "low0")
	if err != nil {
		return // the link went with its parent
	}
	var low []struct{ IfIndex int }
	testutil.Must(g.t, json.Unmarshal([]byte(out), &low))
	if got := g.here.Link("x0"); got["link_index"] != float64(low[0].IfIndex) || got["mtu"] != 1400. {
		g.t.Errorf("%s; x0 is %v, low0 %v", when, got, low)
	}
}
