package team_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/team"
)

// A scenario is what happens to a team of p0, p1 and p2, step by step.
type scenario struct {
	name   string
	config string
	steps  []string // commands; #p0 stands for the index of p0
	quiet  time.Duration
	tries  int // 0 is 1
}

const ab = `{"runner":{"name":"activebackup"%s},"link_watch":{"name":"ethtool"},"ports":{"p0":{%s},"p1":{%s},"p2":{%s}}}`

// faults are what a team must cope with.
var faults = []string{
	"ip link set team0 up",
	"ip link set q0 down", "ip link set q0 up",
	"ip link set q1 down", "ip link set q2 down", "ip link set q0 down",
	"ip link set q1 up", "ip link set q0 up", "ip link set q2 up",
	"ip link set p1 nomaster", "ip link set p1 down", "ip link set p1 master team0",
	"ip link set p0 down", "ip link set p0 up",
	"teamnl team0 -p p0 setoption priority 50",
	"teamnl team0 -p p2 setoption priority 70",
	"ip link del p2",
	"ip link set q0 down",
}

// addresses are about who has which, of ports that are in use and that are not,
// that join and leave.
var addresses = []string{
	"ip link set team0 up",
	"ip link set p0 address 02:00:00:00:00:66",
	"ip link set p1 address 02:00:00:00:00:67",
	"ip link set team0 address 02:00:00:00:00:77",
	"ip link set p1 nomaster", "ip link set p1 down",
	"ip link set q0 down", "ip link set p1 master team0",
	"ip link set p2 nomaster", "ip link set p1 nomaster", "ip link set p0 nomaster",
	"ip link set p0 down", "ip link set p0 master team0",
}

// meddling is what other programs may do to the options.
var meddling = []string{
	"teamnl team0 -p p1 setoption enabled true",
	"ip link set q2 down",
	"teamnl team0 setoption activeport #p1",
	"ip link set q2 up",
	"teamnl team0 -p p1 setoption user_linkup false",
	"ip link set q1 down", "ip link set q1 up",
	"ip link set team0 down", "ip link set team0 up",
}

// scenarios are all. In the mode loadbalance teamd may take a late echo of what it
// has set for what is, and leave a port disabled whose link is up, so that some
// tries are needed for one in which it does not.
var scenarios = []scenario{
	{name: "priority", config: fmt.Sprintf(ab, "", `"prio":-10,"queue_id":3`, `"prio":20,"queue_id":5`, `"prio":10`), steps: faults},
	{name: "sticky", config: fmt.Sprintf(ab, "", `"prio":10,"sticky":true`, `"prio":30,"sticky":true`, `"prio":20`), steps: faults[:9]},
	{name: "same_all", config: fmt.Sprintf(ab, `,"hwaddr_policy":"same_all"`, "", `"prio":5`, ""), steps: addresses},
	{name: "by_active", config: fmt.Sprintf(ab, `,"hwaddr_policy":"by_active"`, "", `"prio":5`, ""), steps: addresses},
	{name: "only_active", config: fmt.Sprintf(ab, `,"hwaddr_policy":"only_active"`, "", `"prio":5`, ""), steps: addresses},
	{name: "delays", quiet: 600 * time.Millisecond, steps: faults[:4],
		config: `{"runner":{"name":"activebackup"},"link_watch":{"name":"ethtool","delay_up":400,"delay_down":200},
			"ports":{"p0":{"prio":9,"link_watch":{"name":"ethtool","delay_down":300}},"p1":{},"p2":{}}}`},
	{name: "meddling", config: `{"hwaddr":"02:00:00:00:00:55","runner":{"name":"activebackup"},"ports":{"p0":{"prio":3},"p1":{},"p2":{}}}`, steps: meddling},
	{name: "roundrobin", config: `{"runner":{"name":"roundrobin"},"ports":{"p0":{"prio":7},"p1":{}}}`, steps: faults[:4]},
	{name: "broadcast", config: `{"runner":{"name":"broadcast"},"ports":{"p0":{},"p1":{}},"notify_peers":{"count":3,"interval":20},"mcast_rejoin":{"count":2}}`, steps: faults[:2]},
	{name: "loadbalance", tries: 3, config: `{"runner":{"name":"loadbalance","tx_hash":["eth","l4"]},"ports":{"p0":{},"p1":{},"p2":{}}}`, steps: append([]string{
		"teamnl team0 -p p0 setoption enabled false",
	}, addresses[:5]...)},
	{name: "balancer", tries: 3, config: `{"runner":{"name":"loadbalance","tx_balancer":{"name":"basic","balancing_interval":2}},"ports":{"p0":{},"p1":{}}}`, steps: faults[:3]},
}

// TestLikeTeamd has teamd and Run do the same in the same circumstances: after
// each step the options, the addresses and the flags of all links are equal.
func TestLikeTeamd(t *testing.T) {
	testutil.Need(t, "team")
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			diff := play(t, s)
			for tries := 1; diff != "" && tries < s.tries; tries++ {
				t.Logf("once more: %s", diff)
				diff = play(t, s)
			}
			if diff != "" {
				t.Error(diff)
			}
		})
	}
}

// play returns where the two differ first.
func play(t *testing.T, s scenario) string {
	var theirs, ours *player
	both(t, func() { theirs = newPlayer(t) }, func() { ours = newPlayer(t) })
	both(t, func() { theirs.begin(beginTeamd, s) }, func() { ours.begin(beginRun, s) })
	defer ours.driver.stop()
	defer theirs.driver.stop()
	if diff := compare(t, theirs.look, ours.look); diff != "" {
		return "at first (-teamd +Run):\n" + diff
	}
	for i, step := range s.steps {
		both(t, func() { theirs.take(step) }, func() { ours.take(step) })
		if diff := compare(t, theirs.look, ours.look); diff != "" {
			return fmt.Sprintf("after %d, %s (-teamd +Run):\n%s", i, step, diff)
		}
	}
	if diff := compare(t, theirs.ask, ours.ask); diff != "" {
		return "teamnl and ip, in the end (-teamd +Run):\n" + diff
	}
	return ""
}

// both calls two functions at the same time, and ends the test if it has failed.
func both(t *testing.T, f, g func()) {
	t.Helper()
	var all sync.WaitGroup
	all.Go(f)
	all.Go(g)
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// compare allows for one of the two to be late.
func compare(t *testing.T, theirs, ours func() []string) (diff string) {
	t.Helper()
	for start := time.Now(); time.Since(start) < 5*time.Second; time.Sleep(50 * time.Millisecond) {
		var one, other []string
		both(t, func() { one = theirs() }, func() { other = ours() })
		if diff = cmp.Diff(one, other); diff == "" {
			return ""
		}
	}
	return diff
}

// A player takes the steps of a scenario.
type player struct {
	lab      *lab
	team     *team.Team
	conn     *iplink.Conn
	driver   driver
	quiet    time.Duration
	lastSeen atomic.Int64 // when an option or a port changed, in nanoseconds
}

func newPlayer(t *testing.T) *player {
	l := newLab(t)
	l.silence()
	l.pairs(3)
	l.Batch("link add team0 address 02:00:00:00:00:11 type team")
	return &player{lab: l, team: l.open(), conn: testutil.Opened(l.Lab, iplink.Dial)}
}

func (p *player) begin(begin begin, s scenario) {
	p.quiet = max(s.quiet, 100*time.Millisecond)
	p.follow()
	p.driver = begin(p.lab, s.config)
	p.settle()
}

func (p *player) take(step string) {
	for _, port := range []string{"p0", "p1", "p2"} {
		if strings.Contains(step, "#"+port) {
			step = strings.ReplaceAll(step, "#"+port, p.lab.index(port))
		}
	}
	words := strings.Fields(step)
	if out, err := p.lab.Run(words[0], words[1:]...); err != nil {
		p.lab.Errorf("%s: %v: %s", step, err, out)
	}
	p.settle()
}

// follow takes down when something changes, but for what the kernel counts.
func (p *player) follow() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan bool)
	go func() {
		defer close(done)
		for e := range p.team.Events(ctx) {
			if len(e.Ports) > 0 || slices.ContainsFunc(e.Options, func(o team.Option) bool { return !strings.HasSuffix(o.Name, "_stats") }) {
				p.lastSeen.Store(time.Now().UnixNano())
			}
		}
	}()
	p.lab.Cleanup(func() {
		cancel()
		<-done
	})
}

// settle waits until nothing has changed for a while. In the mode loadbalance
// teamd may never be quiet: it takes late echoes of what it has set for what
// somebody else has, and sets it again, a thousand times a second.
func (p *player) settle() {
	start := time.Now()
	p.lastSeen.Store(start.UnixNano())
	for time.Since(start) < 6*p.quiet {
		quiet := time.Since(time.Unix(0, p.lastSeen.Load()))
		if quiet >= p.quiet {
			return
		}
		time.Sleep(p.quiet - quiet)
	}
}

// silence keeps links from sending anything of their own accord, which the
// balancer would count.
func (l *lab) silence() {
	l.Helper()
	l.In(func() {
		if err := os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0); err != nil {
			l.Error(err)
		}
	})
}

// look returns all options, and what matters of the links. It leaves out what
// depends on the moment: numbers of bytes, and which port a hash goes to as long
// as there is no traffic, which is the one that was first there when the kernel
// told of the traffic for the first time.
func (p *player) look() (all []string) {
	ctx := p.lab.Context()
	o, err := p.team.Options(ctx)
	links, listErr := p.conn.List(ctx)
	if err = errors.Join(err, listErr); err != nil {
		p.lab.Fatal(err)
	}
	for index, port := range o.Ports {
		// Where it does not count, teamd sometimes misses a change.
		port.TxBytes, port.UserLinkUp = 0, port.UserLinkUp && port.UserLinkUpEnabled
		all = append(all, fmt.Sprintf("port %d: %+v", index, port))
	}
	for _, l := range links {
		all = append(all, fmt.Sprintf("%s: %v %v of %d", l.Name, l.Flags, l.Address, l.Master))
	}
	slices.Sort(all)
	mapped := len(o.HashToPort) - len(slices.DeleteFunc(o.HashToPort, func(port int) bool { return port > 0 }))
	o.HashStats, o.HashToPort, o.Ports = nil, nil, nil
	return append(all, fmt.Sprintf("%d hashes have a port; %+v", mapped, *o))
}

// ask returns the options by teamnl, but for the 520 of the mode loadbalance, and
// what `ip` says of links that matters.
func (p *player) ask() (all []string) {
	if p.lab.teamnl("getoption", "mode") != "loadbalance" {
		all = p.lab.options()
	}
	for line := range strings.Lines(p.lab.IP("-o", "link")) {
		all = append(all, linkWords.ReplaceAllString(strings.TrimSpace(line), "$1 $2 $3"))
	}
	return all
}

func (l *lab) options() (all []string) {
	text := l.teamnl("options")
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "*"))
		port, linkUp := strings.CutPrefix(line, "user_linkup ")
		port, _, _ = strings.Cut(port, ")")
		if !linkUp || strings.Contains(text, "user_linkup_enabled "+port+") true") {
			all = append(all, line)
		}
	}
	return all
}

var linkWords = regexp.MustCompile(`^\d+: (\S+) (<\S*>).*link/\S+ (\S+).*$`)
