package iplink_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// A lab is a few namespaces with links of others' in them, of which a
// transaction must not change anything.
type lab struct {
	t     *testing.T
	conn  *iplink.Conn // in the first namespace
	all   []*scratchNS
	state string // what `ip` says of them
}

// newLab makes a bridge br with a port in the first namespace, and what a
// tunnel can run over in the second.
func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{t: t}
	for range 3 {
		_, ns := scratch(t)
		l.all = append(l.all, ns)
	}
	l.all[0].ip("link", "add", "name", "br", "address", "0a:00:12:34:56:78", "up", "type", "bridge")
	l.all[0].ip("link", "add", "port", "mtu", "1280", "master", "br", "up", "type", "veth", "peer", "name", "end")
	l.all[0].ip("link", "set", "end", "group", "4660", "up")
	l.all[1].ip("link", "add", "under", "up", "type", "veth", "peer", "name", "over")
	l.all[1].ip("link", "set", "over", "alias", "somebody's", "up")
	l.redial()
	l.settle()
	return l
}

// redial opens a new Conn in place of one that is closed.
func (l *lab) redial() {
	l.t.Helper()
	c, err := l.all[0].Dial()
	if err != nil {
		l.t.Fatal(err)
	}
	l.conn = c
	l.t.Cleanup(func() { c.Close() })
}

// settle waits until nothing changes any more: carriers come with a delay.
func (l *lab) settle() {
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
		"operstate", "state", "NO-CARRIER", "LOWER_UP", "fdb_n_learned"}
	chosen = []string{"ifindex", "link_index", "link_netnsid", "address", "root_id", "bridge_id"}
)

// look returns what `ip` says of all links. What passes with time is left out,
// and unless exactly is wanted also what the kernel chooses.
func (l *lab) look(exactly bool) string {
	l.t.Helper()
	drop := passing
	if !exactly {
		drop = slices.Concat(passing, chosen)
	}
	var all []any
	for _, ns := range l.all {
		var links []map[string]any
		ns.decode(&links, "-d", "-j", "address")
		slices.SortFunc(links, func(a, b map[string]any) int { return cmpStrings(a["ifname"], b["ifname"]) })
		for _, link := range links {
			all = append(all, prune(link, drop))
		}
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		l.t.Fatal(err)
	}
	return string(text)
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
func (l *lab) unchanged(format string, args ...any) {
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
type scenario func(*lab) []iplink.Spec

var scenarios = map[string]scenario{
	"alone": func(l *lab) []iplink.Spec {
		return []iplink.Spec{bridge.New("alone").Alias("by itself")}
	},
	"attach": func(l *lab) []iplink.Spec {
		return []iplink.Spec{attach(l.all[1].NetNS, 7)}
	},
	"overlay": overlay,
	"mixed":   func(l *lab) []iplink.Spec { return mixed(l, 20) },
	"unheard": func(l *lab) []iplink.Spec {
		l.conn.WithoutEcho()
		return []iplink.Spec{bridge.New("u0").Group(0x1234), veth.New("u1").Group(0x1234).Peer(veth.New("u2").NetNS(l.all[1].NetNS))}
	},
}

// overlay is a bridge with a tunnel whose underlay is in another namespace, and
// with containers attached.
func overlay(l *lab) []iplink.Spec {
	return []iplink.Spec{
		bridge.New("ov").Up(),
		vxlan.New("tunnel").VNI(0x1234).Dev("under").LinkNetNS(l.all[1].NetNS).Port(4790).Master("ov").Alias("the tunnel").Up(),
		veth.New("ov1").Master("ov").Up().Peer(veth.New("eth1").NetNS(l.all[1].NetNS).Addr(netip.MustParsePrefix("10.18.52.1/24")).Up()),
		veth.New("ov2").Master("ov").Up().Peer(veth.New("eth2").NetNS(l.all[2].NetNS).Addr(netip.MustParsePrefix("10.18.52.2/24")).Up()),
		macvlan.New("mac2").NetNS(l.all[2].NetNS).LinkNetNS(l.all[2].NetNS).Parent("eth2").Mode(macvlan.Bridge).AltName("a-name-of-more-than-15-bytes"),
	}
}

// mixed is n links of several kinds in all namespaces.
func mixed(l *lab, n int) []iplink.Spec {
	var specs []iplink.Spec
	for i := range n {
		at := l.all[i%3].NetNS
		name := fmt.Sprintf("l%d", i)
		switch i % 5 {
		case 0:
			specs = append(specs, bridge.New(name).NetNS(at).Group(uint32(i)+7))
		case 1:
			specs = append(specs, vxlan.New(name).NetNS(at).VNI(uint32(i)+7).Alias(name+"'s alias"))
		case 2:
			specs = append(specs, veth.New(name).NetNS(at).Up().Peer(veth.New("p"+name).NetNS(l.all[(i+1)%3].NetNS).MTU(1288)))
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
			l, s, rounds := newLab(t), scenarios[name], many(t, emulated(8), 1000)
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
func (l *lab) made(specs []iplink.Spec) string {
	l.t.Helper()
	mustCreate(l.t, l.conn, specs...)
	want := l.look(false)
	l.remove()
	return want
}

// moments counts those of a transaction, and undoes it.
func (l *lab) moments(specs []iplink.Spec) int {
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
func (l *lab) remove() {
	l.t.Helper()
	base := []string{"lo", "br", "port", "end", "under", "over"}
	for _, ns := range l.all {
		made := slices.DeleteFunc(ns.names(), func(name string) bool { return slices.Contains(base, name) })
		err := ns.Do(func() error { return iplink.DeleteIfExists(l.t.Context(), made...) })
		if err != nil {
			l.t.Fatal(err)
		}
	}
	l.unchanged("removed")
}

// try runs the transaction with a fault, looks at what it has left and returns
// its error.
func (l *lab) try(inject *injection, what string, specs []iplink.Spec, want string) error {
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

// TestCreateUnknown drops all answers about one link whose index the kernel
// chooses. Then nobody knows whose link it is, and the error says so.
func TestCreateUnknown(t *testing.T) {
	c, ns := scratch(t)
	inject := &injection{fault: faults["all-answers-dropped"], conn: c}
	err := inject.run(t, create(c, []iplink.Spec{bridge.New("mine")}))
	text := "create bridge mine: the kernel's answer was lost\nundo create of bridge mine: the kernel's answer was lost (whether it was made is unknown)"
	if err == nil || err.Error() != text {
		t.Errorf("error %v", err)
	}
	if got := ns.names(); !slices.Equal(got, []string{"lo", "mine"}) {
		t.Errorf("links %v", got)
	}
}
