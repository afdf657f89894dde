package kerneltest_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// standing are commands that make x0, a port of x2, with objects of each sort.
var standing = []string{
	"link add x2 address 02:00:00:00:12:02 type bridge", "link set x2 up", "link add x3 address 02:00:00:00:12:03 type bridge", "link set x3 up",
	"link add x0 address 02:00:00:00:12:00 mtu 1300 master x2 type veth peer name x1 address 02:00:00:00:12:01",
	"link set x1 addrgenmode none up", "link set x0 addrgenmode none alias former group 77 up", "link property add dev x0 altname x0-former",
	"addr add 10.18.52.9/24 dev x0", "addr add 10.18.52.3/24 dev x0", "route add 10.99.0.0/16 via 10.18.52.77 dev x0",
	"neigh add 10.18.52.77 lladdr 02:00:00:00:12:34 nud permanent dev x0", "neigh add 10.18.52.78 lladdr 02:00:00:00:12:34 nud permanent dev x0",
}

// changedPort describes x0 with another master and other objects of each sort.
func changedPort(master string) iplink.Spec {
	neigh := inet.Neigh{Addr: lab.Addr("10.18.52.79"), LLAddr: lab.NumberedMAC(0x34)}
	return veth.New("x0").MTU(1400).Alias("wanted").Group(0x1234).Master(master).PortSettings(bridge.Port().Isolated(true).Cost(0x1234)).
		OnlyAltNames("x0-wanted").OnlyAddrs(inet.Addr{Prefix: lab.Prefix("10.18.52.3/24")}, inet.Addr{Prefix: lab.Prefix("10.18.53.4/24")}).
		OnlyRoutes(inet.Route{Dst: lab.Prefix("10.98.0.0/16"), Via: lab.Addr("10.18.53.77")}).DelNeigh(inet.Neigh{Addr: lab.Addr("10.18.52.78")}).Neighs(neigh).
		Sysctls(inet.IPv4().ProxyARP(true)).Up()
}

// changers are calls that change x0. Those of the first one make links as well.
var changers = map[string]struct {
	call  func(*iplink.Conn, context.Context, ...iplink.Spec) error
	specs func() []iplink.Spec
}{
	"Ensure": {
		func(c *iplink.Conn, ctx context.Context, specs ...iplink.Spec) error {
			_, err := c.Ensure(ctx, specs...)
			return err
		},
		func() []iplink.Spec {
			return []iplink.Spec{bridge.New("x4").Address(lab.NumberedMAC(9)).Up(), changedPort("x4"), iplink.Absent("x3"),
				vxlan.New("x5").Address(lab.NumberedMAC(8)).VNI(0x1234).Port(4790).FDB(fdb.Entry{MAC: lab.NumberedMAC(7), Dst: netip.MustParseAddr("192.0.2.7")}).Master("x4").Up()}
		},
	},
	"Update": {
		func(c *iplink.Conn, ctx context.Context, specs ...iplink.Spec) error {
			_, err := c.Update(ctx, specs...)
			return err
		},
		func() []iplink.Spec { return []iplink.Spec{changedPort("x3"), iplink.Device("x2").Alias("wanted")} },
	},
}

// mischief is what another program does in the middle of a call: it changes what the call
// wants otherwise, and takes away what it has made.
var mischief = map[string][]string{
	"a rival changes":  {"link set x0 mtu 1290 alias rival nomaster", "addr flush dev x0", "link set x0 down"},
	"a rival removes":  {"link del x4", "link del x5"},
	"a rival replaces": {"link del x0", "link add x0 type veth peer name x1", "link set x1 up"},
}

// TestChangeFaults makes moments of calls that change a link go wrong in every way. What the
// call has made is gone then, links of others are as they were, and the same call succeeds
// afterwards.
func TestChangeFaults(t *testing.T) {
	for name, c := range changers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &changeBed{Testbed: lab.NewTestbed(t), call: func(ctx context.Context, conn *iplink.Conn) error { return c.call(conn, ctx, c.specs()...) }}
			l.begin()
			never := &lab.Injection{At: -1, Fault: lab.Faults["error"], Conn: l.Conn}
			testutil.Must(t, never.Run(t, l.run))
			l.want = l.view()
			tries, failed, r := lab.Many(t, lab.Rounds(8), never.Now+1), 0, lab.Seeded(t)
			for _, what := range slices.Concat(slices.Sorted(maps.Keys(lab.Faults)), slices.Sorted(maps.Keys(mischief))) {
				for _, n := range r.Perm(never.Now + 1)[:min(tries, never.Now+1)] {
					if l.tryChange(what, n) != nil {
						failed++
					}
				}
			}
			t.Logf("%d moments, %d failures", never.Now, failed)
			if failed == 0 {
				t.Error("nothing failed")
			}
		})
	}
}

// A changeBed is a testbed with x0, which calls change.
type changeBed struct {
	*lab.Testbed
	call func(context.Context, *iplink.Conn) error
	want string
}

func (l *changeBed) run(ctx context.Context) error { return l.call(ctx, l.Conn) }

// begin makes x0 as it is before the calls.
func (l *changeBed) begin() {
	l.T.Helper()
	err := l.NS[0].Do(func() error { return iplink.DeleteIfExists(l.T.Context(), "x0", "x2", "x3", "x4", "x5") })
	testutil.Must(l.T, err)
	l.All[0].Batch(standing...)
}

// tryChange makes a call with a fault, looks at what it has left, makes it again without
// one, and returns the first error.
func (l *changeBed) tryChange(what string, n int) error {
	l.T.Helper()
	l.begin()
	index := l.indexOf("x0")
	inject := &lab.Injection{At: n, Fault: l.fault(what), Conn: l.Conn}
	err := inject.Run(l.T, l.run)
	_, rivals := mischief[what]
	if !rivals {
		l.after(fmt.Sprintf("%s at %d: error %v", what, n, err), err, index)
	}
	if _, closed := l.Conn.Get(l.T.Context(), "br"); errors.Is(closed, fs.ErrClosed) {
		l.Redial()
	}
	if err := l.run(l.T.Context()); err != nil {
		l.T.Fatalf("%s at %d: error %v, and again %v", what, n, err, err)
	}
	switch got := l.view(); {
	case rivals:
		l.holds(fmt.Sprintf("%s at %d: error %v; after the next call", what, n, err), got)
	case got != l.want:
		l.T.Fatalf("%s at %d: error %v; after the next call (-want +got):\n%s", what, n, err, cmp.Diff(l.want, got))
	}
	return err
}

func (l *changeBed) indexOf(name string) any {
	l.T.Helper()
	for _, link := range l.Links(0) {
		if link["ifname"] == name {
			return link["ifindex"]
		}
	}
	return nil
}

// fault returns what goes wrong at the moment.
func (l *changeBed) fault(what string) lab.Fault {
	if f, ok := lab.Faults[what]; ok {
		return f
	}
	return func(i *lab.Injection, _ rtnl.Point) error {
		if i.Once(lab.ErrInjected) != nil {
			for _, command := range mischief[what] {
				_, _ = l.All[0].Run("ip", strings.Fields(command)...) // some links are not there yet
			}
		}
		return nil
	}
}

// holds looks for all that the calls want of x0: other objects may have gone because of the
// rival.
func (l *changeBed) holds(when, view string) {
	l.T.Helper()
	for _, text := range []string{`"mtu": 1400`, `"ifalias": "wanted"`, `"local": "10.18.52.3"`, `"local": "10.18.53.4"`, `"x0-wanted"`,
		"10.98.0.0/16 via 10.18.53.77", "10.18.52.79 lladdr", "isolated on", "cost 4660", "proxy_neigh on"} {
		if !strings.Contains(view, text) {
			l.T.Errorf("%s: no %s in\n%s", when, text, view)
		}
	}
	for _, text := range []string{"10.18.52.9\"", "x0-former", "10.99.0.0/16", "10.18.52.78 lladdr"} {
		if strings.Contains(view, text) {
			l.T.Errorf("%s: %s in\n%s", when, text, view)
		}
	}
}

// after checks what a call leaves that returns err.
func (l *changeBed) after(when string, err error, index any) {
	l.T.Helper()
	if err == nil {
		if got := l.view(); got != l.want {
			l.T.Fatalf("%s, but it is not as asked for (-want +got):\n%s", when, cmp.Diff(l.want, got))
		}
		return
	}
	names := l.All[0].Names()
	if slices.Contains(names, "x4") || slices.Contains(names, "x5") {
		l.T.Fatalf("%s: it has left %v", when, names)
	}
	if now := l.indexOf("x0"); now != index {
		l.T.Fatalf("%s: x0 was %v and is %v", when, index, now)
	}
}

var leadingIndex = regexp.MustCompile(`(?m)^\d+: `)

// view returns what `ip` and `bridge` say of all links, but for what the kernel chooses and
// what passes.
func (l *changeBed) view() string {
	l.T.Helper()
	view := []string{l.Look(false)}
	for _, command := range []string{"ip -4 route show dev x0", "ip neigh show dev x0 nud permanent", "ip -4 netconf show dev x0", "bridge -d link show dev x0", "bridge fdb show dev x5"} {
		program, rest, _ := strings.Cut(command, " ")
		answer, _ := l.All[0].Run(program, strings.Fields(rest)...)
		lines := strings.Split(leadingIndex.ReplaceAllString(answer, ""), "\n")
		slices.Sort(lines)
		view = append(view, lines...)
	}
	return strings.Join(view, "\n")
}

// TestEnsureRacedAndCancelled has another process make one of two links first, and the
// context end before each send of the second look: the link that Ensure made is removed.
func TestEnsureRacedAndCancelled(t *testing.T) {
	for after := 1; ; after++ {
		c, ns := lab.Scratch(t)
		ctx, cancel := context.WithCancel(t.Context())
		looks, sends := 2, 0 // of the first look, and of what follows it
		lab.Socket(c).SetHook(func(p rtnl.Point) error {
			if p != rtnl.BeforeSend {
				return nil
			}
			switch looks--; {
			case looks == -1:
				ns.IP("link", "add", "br1", "type", "bridge")
			case looks < -1:
				if sends++; sends == after {
					cancel()
				}
			}
			return nil
		})
		_, err := c.Ensure(ctx, bridge.New("br0"), bridge.New("br1").MTU(1281))
		lab.Socket(c).SetHook(nil)
		cancel()
		names := ns.Names()
		if sends < after {
			if err != nil || !slices.Contains(names, "br0") {
				t.Errorf("error %v, links %v", err, names)
			}
			return
		}
		if err == nil || slices.Contains(names, "br0") || !slices.Contains(names, "br1") {
			t.Errorf("ended before send %d: error %v, links %v", after, err, names)
		}
	}
}

// TestAbsentFaults makes each moment of an Ensure that deletes links go wrong. New links
// are removed again, links of others stay as they are, and no link stays in a private
// group.
func TestAbsentFaults(t *testing.T) {
	step := 1
	if testutil.Matrix() {
		step = 5 // each takes long on an emulated processor
	}
	for what, fault := range lab.Faults {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			for n := 0; ; n += step {
				c, ns := lab.Scratch(t)
				ns.Batch("link add a1 group 4660 type bridge", "link add b1 type veth peer name c1", "link add d1 group 22136 type vxlan id 5 dstport 4789",
					"link add e1 group 22136 type bridge", "link add f1 group 17 type bridge")
				inject := &lab.Injection{At: n, Fault: fault, Conn: c}
				err := inject.Run(t, func(ctx context.Context) error {
					_, err := c.Ensure(ctx, iplink.Prune(iplink.OfGroup(22136)), iplink.Absent("a1"), iplink.Absent("b1"), bridge.New("g0"), veth.New("g1").Peer(veth.New("g2").Group(22136)))
					return err
				})
				groups := map[string]string{"lo": "default", "a1": "4660", "b1": "default", "c1": "default", "d1": "22136", "e1": "22136", "f1": "17", "g0": "default", "g1": "default", "g2": "22136"}
				names := ns.Names()
				for _, l := range ipGroups(ns) {
					if l.Group != groups[l.Name] {
						t.Errorf("at %d: %s is in group %s, error %v", n, l.Name, l.Group, err)
					}
				}
				want := []string{"lo", "f1", "g0", "g1", "g2"}
				if done := sameNames(names, want); err == nil && !done || err != nil && (slices.Contains(names, "g0") || slices.Contains(names, "g1") || !slices.Contains(names, "f1")) {
					t.Errorf("at %d: error %v, links %v", n, err, names)
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

type ipGroup struct {
	Name  string `json:"ifname"`
	Group string
}

func ipGroups(ns *testutil.Lab) (links []ipGroup) {
	ns.Decode(&links, "-j", "link")
	return links
}

func sameNames(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// A goerCall is a call with a link in a named namespace, which goes in the middle of it.
type goerCall struct {
	makes bool // the namespace, too
	verb  func(context.Context, *iplink.Conn, ...iplink.Spec) error
	specs func(name string) []iplink.Spec
}

var goerCalls = map[string]goerCall{
	"Create":         {false, createAll, attachByName},
	"Create of both": {true, createAll, withNamespace},
	"Ensure":         {false, ensureAll, attachByName},
	"Ensure of both": {true, ensureAll, withNamespace},
	"Update": {false, updateAll, func(name string) []iplink.Spec {
		return []iplink.Spec{iplink.Device("x3").NetNSName(name).MTU(1400).Up(), iplink.Device("x2").Alias("wanted")}
	}},
}

func createAll(ctx context.Context, c *iplink.Conn, specs ...iplink.Spec) error {
	return lab.ErrorOf(c.Create(ctx, specs...))
}

func ensureAll(ctx context.Context, c *iplink.Conn, specs ...iplink.Spec) error {
	return lab.ErrorOf(c.Ensure(ctx, specs...))
}

func updateAll(ctx context.Context, c *iplink.Conn, specs ...iplink.Spec) error {
	return lab.ErrorOf(c.Update(ctx, specs...))
}

func withNamespace(name string) []iplink.Spec {
	return append([]iplink.Spec{iplink.Namespace(name)}, attachByName(name)...)
}

// attachByName describes a pair with one end in a named namespace, and a bridge.
func attachByName(name string) []iplink.Spec {
	return []iplink.Spec{bridge.New("x4").Up(), veth.New("x0").Master("x4").Up().Peer(veth.New("x1").NetNSName(name).MTU(1400).Addr(lab.Prefix("10.18.52.7/24")).Up())}
}

// TestNamespaceGoes removes the name of a namespace at each moment of a call, and also
// makes another namespace of that name.
func TestNamespaceGoes(t *testing.T) {
	for verb, c := range goerCalls {
		for _, replaced := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, replaced %v", verb, replaced), func(t *testing.T) {
				t.Parallel()
				conn, here := lab.Scratch(t)
				g := &goer{t: t, goerCall: c, name: testutil.Name(t), here: here, replaced: replaced}
				t.Cleanup(func() { _ = iplink.DeleteNetNS(g.name) })
				never := g.try(-1, conn, verb)
				tries, r := lab.Many(t, lab.Rounds(8), never.Now), lab.Seeded(t)
				for _, n := range r.Perm(never.Now)[:min(tries, never.Now)] {
					if inject := g.try(n, conn, verb); !inject.Done {
						t.Errorf("moment %d of %d did not come", n, never.Now)
					}
				}
				t.Logf("%d moments", never.Now)
			})
		}
	}
}

// A goer removes a namespace in the middle of calls.
type goer struct {
	t *testing.T
	goerCall
	name     string
	here     *testutil.Lab
	replaced bool // there is another namespace of the name then
}

// try makes a call, in which the namespace goes at a moment, or never if that is -1.
func (g *goer) try(n int, conn *iplink.Conn, verb string) *lab.Injection {
	g.t.Helper()
	g.begin()
	inject := &lab.Injection{At: n, Conn: conn, Fault: g.fault}
	err := inject.Run(g.t, func(ctx context.Context) error { return g.verb(ctx, conn, g.specs(g.name)...) })
	g.check(fmt.Sprintf("moment %d, gone %v: error %v", n, inject.Done, err), verb, inject.Done, err)
	return inject
}

// begin makes the namespace, unless the call does, and x2 and x3.
func (g *goer) begin() {
	g.t.Helper()
	for _, name := range g.here.Names() {
		if name != "lo" {
			_, _ = g.here.Run("ip", "link", "del", name) // the other end of a pair is gone already
		}
	}
	_, _ = g.here.Run("ip", "netns", "del", g.name)
	if !g.makes {
		g.here.IP("netns", "add", g.name)
	}
	g.here.Batch("link add x2 type bridge", "link add x3 type veth peer name x5")
}

func (g *goer) fault(i *lab.Injection, _ rtnl.Point) error {
	if i.Once(lab.ErrInjected) == nil {
		return nil
	}
	if _, err := g.here.Run("ip", "netns", "del", g.name); err == nil && g.replaced {
		g.here.IP("netns", "add", g.name)
	}
	return nil
}

// check demands that a call has either done all that it was asked for, in the namespace that
// has the name now, or failed and left nothing. Ensure looks again, and finds or makes the
// other namespace.
func (g *goer) check(when, verb string, gone bool, err error) {
	g.t.Helper()
	mayFail := gone && verb != "Ensure of both" && (verb != "Ensure" || !g.replaced)
	end := "x1"
	if verb == "Update" {
		end = "x3"
	}
	out, absent := g.here.Run("ip", "-n", g.name, "link", "show", "dev", end)
	switch left := g.here.Names(); {
	case err == nil && (absent != nil || !strings.Contains(out, "mtu 1400")):
		g.t.Errorf("%s; then %v: %s", when, absent, out)
	case err != nil && (!mayFail || !errors.Is(err, fs.ErrNotExist)):
		g.t.Error(when)
	case err != nil && verb != "Update" && !slices.Equal(left, []string{"lo", "x2", "x5", "x3"}):
		g.t.Errorf("%s; left is %v", when, left)
	}
}
