package iplink_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// An injection makes one moment of an operation on a Conn go wrong.
type injection struct {
	at    int // the moment, from 0
	fault fault
	conn  *iplink.Conn
	tap   func(rtnl.Point) // looks at each moment first; may be nil

	now    int
	done   bool // the moment has come
	cancel context.CancelCauseFunc
}

// A fault is what happens at the moment, and from then on. Its error takes the
// place of what would have followed.
type fault func(i *injection, p rtnl.Point) error

var (
	errInjected = errors.New("injected")
	errPanic    = errors.New("injected panic")
)

// faults are those that must leave no trace.
var faults = map[string]fault{
	"error": func(i *injection, p rtnl.Point) error {
		return i.once(errInjected)
	},
	"no-buffers": func(i *injection, p rtnl.Point) error {
		return i.once(syscall.ENOBUFS)
	},
	"all-answers-dropped": func(i *injection, p rtnl.Point) error {
		if p == rtnl.AfterReceive && i.now >= i.at {
			i.done = true
			return syscall.ENOBUFS
		}
		return nil
	},
	"cancelled": func(i *injection, p rtnl.Point) error {
		if i.once(errInjected) != nil {
			i.cancel(errInjected)
		}
		return nil
	},
	"closed": func(i *injection, p rtnl.Point) error {
		if i.once(errInjected) == nil {
			return nil
		}
		return i.conn.Close()
	},
	"panic": func(i *injection, p rtnl.Point) error {
		if i.once(errPanic) != nil {
			panic(errPanic)
		}
		return nil
	},
}

// once returns err at the moment.
func (i *injection) once(err error) error {
	if i.now != i.at || i.done {
		return nil
	}
	i.done = true
	return err
}

// run calls f, in which the fault happens, and returns its error, or errPanic
// if it passed on the panic.
func (i *injection) run(t *testing.T, f func(context.Context) error) (err error) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	i.cancel = cancel
	i.conn.SetHook(func(p rtnl.Point) error {
		defer func() { i.now++ }()
		if i.tap != nil {
			i.tap(p)
		}
		return i.fault(i, p)
	})
	defer func() {
		if p := recover(); p != nil {
			if p != errPanic {
				panic(p)
			}
			err = errPanic
		}
		i.conn.SetHook(nil)
	}()
	return f(ctx)
}

// A testbed is a few namespaces with links of others' in them, of which a
// transaction must not change anything.
type testbed struct {
	t     *testing.T
	conn  *iplink.Conn // in the first namespace
	all   []*testutil.Lab
	ns    []*iplink.NetNS // the same
	ip    []*testutil.IPServer
	state string // what `ip` says of them

	restore []string // commands of `ip` after a transaction was removed from the first
}

// newTestbed makes a bridge br with a port in the first namespace, and what a
// tunnel can run over in the second.
func newTestbed(t *testing.T) *testbed {
	t.Helper()
	l := &testbed{t: t, restore: []string{"link set port master br"}}
	for range 3 {
		ns := testutil.NewLab(t)
		l.all, l.ns, l.ip = append(l.all, ns), append(l.ns, lab.NetNS(ns)), append(l.ip, testutil.NewIPServer(t, ns.File))
	}
	l.all[0].IP("link", "add", "name", "br", "address", "0a:00:12:34:56:78", "up", "type", "bridge")
	l.all[0].IP("link", "add", "port", "mtu", "1280", "master", "br", "up", "type", "veth", "peer", "name", "end")
	l.all[0].IP("link", "set", "end", "group", "4660", "up")
	l.all[1].IP("link", "add", "under", "up", "type", "veth", "peer", "name", "over")
	l.all[1].IP("link", "set", "over", "alias", "somebody's", "up")
	l.redial()
	l.settle()
	return l
}

// redial opens a new Conn in place of one that is closed.
func (l *testbed) redial() {
	l.t.Helper()
	l.conn = testutil.Opened(l.all[0], iplink.Dial)
}

// settle waits until nothing changes any more: carriers come with a delay.
func (l *testbed) settle() {
	l.t.Helper()
	for range 100 {
		before := l.state
		l.state = l.look(true)
		if l.state == before {
			return
		}
		time.Sleep(30 * time.Millisecond)
	}
	l.t.Fatal("the links do not come to rest")
}

// What passes with time, or follows a carrier with a delay, and what the kernel
// chooses.
var (
	passing = []string{"gc_timer", "hello_timer", "tcn_timer", "topology_change_timer", "hold_timer", "forward_delay_timer", "message_age_timer",
		"operstate", "state", "NO-CARRIER", "LOWER_UP", "fdb_n_learned", "mii_status", "link_failure_count"}
	chosen = []string{"ifindex", "link_index", "link_netnsid", "address", "root_id", "bridge_id", "perm_hwaddr"}
)

// look returns what `ip` says of all links. What passes with time is left out,
// and unless exactly is wanted also what the kernel chooses.
func (l *testbed) look(exactly bool) string {
	l.t.Helper()
	drop := passing
	if !exactly {
		drop = slices.Concat(passing, chosen)
	}
	var all []any
	for i := range l.ip {
		for _, link := range l.links(i) {
			all = append(all, prune(link, drop))
		}
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		l.t.Fatal(err)
	}
	return string(text)
}

// links returns what `ip` says of the links of one namespace, sorted by name.
func (l *testbed) links(i int) (links []map[string]any) {
	l.t.Helper()
	l.ip[i].Decode(&links, "address")
	slices.SortFunc(links, func(a, b map[string]any) int { return cmpStrings(a["ifname"], b["ifname"]) })
	return links
}

func cmpStrings(a, b any) int {
	return slices.Compare([]byte(a.(string)), []byte(b.(string)))
}

// prune removes keys, flags, and IPv6 addresses, which take their time to be
// verified, from what JSON was decoded to.
func prune(v any, drop []string) any {
	switch v := v.(type) {
	case map[string]any:
		maps.DeleteFunc(v, func(key string, _ any) bool { return slices.Contains(drop, key) })
		for key, inner := range v {
			v[key] = prune(inner, drop)
		}
	case []any:
		v = slices.DeleteFunc(v, func(inner any) bool {
			flag, _ := inner.(string)
			addr, _ := inner.(map[string]any)
			return slices.Contains(drop, flag) || addr["family"] == "inet6"
		})
		for i, inner := range v {
			v[i] = prune(inner, drop)
		}
		return v
	}
	return v
}

// unchanged waits until all links are as they were, which carriers may take a
// while to be.
func (l *testbed) unchanged(format string, args ...any) {
	l.t.Helper()
	var now string
	for range 100 {
		if now = l.look(true); now == l.state {
			return
		}
		time.Sleep(30 * time.Millisecond)
	}
	l.t.Fatalf("%s: it is not as it was:\n%s", fmt.Sprintf(format, args...), cmp.Diff(l.state, now))
}

// A scenario is a transaction.
type scenario func(*testbed) []iplink.Spec

var scenarios = map[string]scenario{
	"alone": func(l *testbed) []iplink.Spec {
		return []iplink.Spec{bridge.New("alone").Alias("by itself")}
	},
	"attach": func(l *testbed) []iplink.Spec {
		return []iplink.Spec{attach(l.ns[1], 7)}
	},
	"overlay": overlay,
	"ports": func(l *testbed) []iplink.Spec { // with both ends of a pair: STP stops the loop
		return []iplink.Spec{bridge.New("master").STP(true).Ports("end", "port", "made").Up(), veth.New("made").Up()}
	},
	"mixed": func(l *testbed) []iplink.Spec { return mixed(l, 20) },
	"unheard": func(l *testbed) []iplink.Spec {
		l.conn.WithoutEcho()
		return []iplink.Spec{bridge.New("u0").Group(0x1234), veth.New("u1").Group(0x1234).Peer(veth.New("u2").NetNS(l.ns[1]))}
	},
}

// overlay is a bridge with a tunnel whose underlay is in another namespace, and
// with containers attached.
func overlay(l *testbed) []iplink.Spec {
	return []iplink.Spec{
		bridge.New("ov").Up(),
		vxlan.New("tunnel").VNI(0x1234).Dev("under").LinkNetNS(l.ns[1]).Port(4790).Master("ov").Alias("the tunnel").Up(),
		veth.New("ov1").Master("ov").Up().Peer(veth.New("eth1").NetNS(l.ns[1]).Addr(netip.MustParsePrefix("10.18.52.1/24")).Up()),
		veth.New("ov2").Master("ov").Up().Peer(veth.New("eth2").NetNS(l.ns[2]).Addr(netip.MustParsePrefix("10.18.52.2/24")).Up()),
		macvlan.New("mac2").NetNS(l.ns[2]).LinkNetNS(l.ns[2]).Parent("eth2").Mode(macvlan.Bridge).AltName("a-name-of-more-than-15-bytes"),
	}
}

// mixed is n links of several kinds in all namespaces.
func mixed(l *testbed, n int) []iplink.Spec {
	var specs []iplink.Spec
	for i := range n {
		at := l.ns[i%3]
		name := fmt.Sprintf("l%d", i)
		switch i % 5 {
		case 0:
			specs = append(specs, bridge.New(name).NetNS(at).Group(uint32(i)+7))
		case 1:
			specs = append(specs, vxlan.New(name).NetNS(at).VNI(uint32(i)+7).Alias(name+"'s alias"))
		case 2:
			specs = append(specs, veth.New(name).NetNS(at).Up().Peer(veth.New("p"+name).NetNS(l.ns[(i+1)%3]).MTU(1288)))
		case 3:
			specs = append(specs, macvlan.New(name).Parent("end").NetNS(at).AltName("alternative-name-of-"+name))
		case 4:
			specs = append(specs, bridge.New(name).Up(), veth.New("v"+name).Master(name).Addr(attachAddr(i)))
		}
	}
	return specs
}

// TestCreateFaults makes every moment of several transactions go wrong in every
// way: afterwards all is as before, or as asked for if Create says so. What may
// be left of a link whose index is the kernel's choice, TestCreateUnknown says.
func TestCreateFaults(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(scenarios)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, s, rounds := newTestbed(t), scenarios[name], lab.Many(t, emulated(8), 1000)
			want, moments := l.made(s(l)), l.moments(s(l))
			for _, what := range slices.Sorted(maps.Keys(faults)) {
				step := max(1, moments/rounds)
				for n := 0; n <= moments; n += step {
					l.try(&injection{at: n, fault: faults[what], conn: l.conn}, what, s(l), want)
				}
			}
			t.Logf("%d moments", moments)
		})
	}
}

// made returns what all is like after the transaction, and undoes it.
func (l *testbed) made(specs []iplink.Spec) string {
	l.t.Helper()
	lab.MustCreate(l.t, l.conn, specs...)
	want := l.look(false)
	l.remove()
	return want
}

// moments counts those of a transaction, and undoes it.
func (l *testbed) moments(specs []iplink.Spec) int {
	l.t.Helper()
	never := &injection{at: -1, fault: faults["error"], conn: l.conn}
	if err := never.run(l.t, create(l.conn, specs)); err != nil {
		l.t.Fatal(err)
	}
	l.remove()
	return never.now
}

func create(c *iplink.Conn, specs []iplink.Spec) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := c.Create(ctx, specs...)
		return err
	}
}

// remove removes what a transaction has made.
func (l *testbed) remove() {
	l.t.Helper()
	base := []string{"lo", "br", "port", "end", "under", "over"}
	for i := range l.all {
		var made []string
		for _, link := range l.links(i) {
			if name := link["ifname"].(string); !slices.Contains(base, name) {
				made = append(made, name)
			}
		}
		err := l.ns[i].Do(func() error { return iplink.DeleteIfExists(l.t.Context(), made...) })
		if err != nil {
			l.t.Fatal(err)
		}
	}
	l.all[0].Batch(l.restore...)
	l.unchanged("removed")
}

// try runs the transaction with a fault, looks at what it has left and returns
// its error.
func (l *testbed) try(inject *injection, what string, specs []iplink.Spec, want string) error {
	l.t.Helper()
	err := inject.run(l.t, create(l.conn, specs))
	if err == nil {
		if got := l.look(false); got != want {
			l.t.Fatalf("%s at %d: success, but it is not as asked for:\n%s", what, inject.at, cmp.Diff(want, got))
		}
		l.remove()
	}
	l.unchanged("%s at %d: error %v", what, inject.at, err)
	_, failed := l.conn.Get(l.t.Context(), "br")
	switch {
	case errors.Is(failed, fs.ErrClosed):
		l.redial()
	case failed != nil:
		l.t.Fatalf("%s at %d: the Conn is of no use any more: %v", what, inject.at, failed)
	}
	return err
}

// TestCreateUnknown drops all answers about one link. It is removed if it exists; a link
// that had the name before stays.
func TestCreateUnknown(t *testing.T) {
	for name, want := range map[string]struct {
		text  string
		links []string
	}{
		"mine":   {"create bridge mine: the kernel's answer was lost", []string{"lo", "theirs"}},
		"theirs": {"create bridge theirs: the kernel's answer was lost", []string{"lo", "theirs"}},
	} {
		c, ns := lab.Scratch(t)
		lab.MustCreate(t, c, bridge.New("theirs"))
		inject := &injection{fault: faults["all-answers-dropped"], conn: c}
		err := inject.run(t, create(c, []iplink.Spec{bridge.New(name)}))
		if err == nil || err.Error() != want.text {
			t.Errorf("error %v", err)
		}
		if got := ns.Names(); !slices.Equal(got, want.links) {
			t.Errorf("links %v", got)
		}
	}
}

// seeded returns a source of randomness that $IPLINK_SEED repeats.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("IPLINK_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("IPLINK_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// TestCreateRandomly makes random transactions go wrong at random moments, up
// to twice each, the second time perhaps while it is being undone.
func TestCreateRandomly(t *testing.T) {
	l, r := newTestbed(t), seeded(t)
	failed := 0
	for n := range lab.Many(t, emulated(40), 1000) {
		specs := randomSpecs(l, r)
		what := fmt.Sprintf("transaction %d, %v", n, specs)
		want := l.made(specs)
		inject := randomFaults(l, r, len(specs))
		err := l.try(inject, what, specs, want)
		if err != nil {
			failed++
		}
	}
	t.Logf("%d failed and were undone", failed)
	if failed == 0 {
		t.Error("none failed")
	}
}

// randomSpecs describes two to twelve links; later ones may refer to earlier.
func randomSpecs(l *testbed, r *rand.Rand) []iplink.Spec {
	var specs []iplink.Spec
	parents, masters := []string{"end"}, []string{"br"}
	for i := range 2 + r.IntN(11) {
		name, ns := fmt.Sprintf("r%d", i), l.ns[r.IntN(3)]
		switch r.IntN(6) {
		case 0:
			masters = append(masters, name)
			specs = append(specs, bridge.New(name).Group(r.Uint32N(9)).Up())
		case 1:
			specs = append(specs, vxlan.New(name).NetNS(ns).VNI(uint32(i)+7).AltName("alternative-name-of-"+name))
		case 2:
			parents = append(parents, name)
			specs = append(specs, veth.New(name).Peer(veth.New("p"+name).NetNS(ns).Up()))
		case 3:
			specs = append(specs, macvlan.New(name).Parent(parents[r.IntN(len(parents))]).NetNS(ns))
		case 4:
			specs = append(specs, veth.New(name).Master(masters[r.IntN(len(masters))]).Alias("alias of "+name).Up())
		case 5:
			specs = append(specs, vxlan.New(name).VNI(uint32(i)+7).Dev("under").LinkNetNS(l.ns[1]).Addr(attachAddr(i)))
		}
	}
	return specs
}

// randomFaults makes one moment go wrong and perhaps a later one.
func randomFaults(l *testbed, r *rand.Rand, links int) *injection {
	names := slices.Sorted(maps.Keys(faults))
	first := r.IntN(8 * links)
	moments := map[int]fault{first: faults[names[r.IntN(len(names))]]}
	if r.IntN(2) == 0 {
		moments[first+1+r.IntN(20)] = faults[[]string{"error", "no-buffers", "closed"}[r.IntN(3)]]
	}
	return &injection{conn: l.conn, fault: func(i *injection, p rtnl.Point) error {
		f := moments[i.now]
		if f == nil {
			return nil
		}
		i.at, i.done = i.now, false
		return f(i, p)
	}}
}
