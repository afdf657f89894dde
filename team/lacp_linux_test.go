package team_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/team"
)

// A lacpEnd is a system with the ports p0 and p1, whose cables lead to the other end.
type lacpEnd interface {
	// ports returns actor and partner of each port, by the witness of that end, and
	// false unless all ports are current.
	ports() (actors, partners [2]string, current bool)
}

// cables connects two namespaces by two cables, between p0 and p0 and p1 and p1.
func cables(one, other *lab) {
	one.Helper()
	for i := range 2 {
		n := fmt.Sprint(i)
		one.Batch("link add p" + n + " address 02:00:00:00:00:a" + n + " type veth peer name p" + n + " address 02:00:00:00:00:b" + n + " netns " + other.Path())
	}
}

// ownEnd is run by the library.
type ownEnd struct{ *runner }

func beginOwn(l *lab, config, address string) ownEnd {
	l.Helper()
	r := beginRun(l, config).(*runner)
	l.Batch("address add "+address+"/24 dev "+l.name, "link set "+l.name+" up")
	return ownEnd{r}
}

func fields(system string, systemPriority, key, port, portPriority any, state any) string {
	return fmt.Sprintf("%s/%v key %v port %v/%v state %v", system, systemPriority, key, port, portPriority, state)
}

func (e ownEnd) ports() (actors, partners [2]string, current bool) {
	s := e.team.State()
	current = len(s.Ports) == 2 && s.Carrier
	for i, p := range s.Ports {
		text := func(end team.LACPEnd) string {
			return fields(end.System.String(), end.SystemPriority, end.Key, end.Port, end.PortPriority, uint8(end.State))
		}
		actors[i], partners[i] = text(p.LACP.Actor), text(p.LACP.Partner)
		current = current && p.LACP.State == team.LACPCurrent && p.Enabled && p.LACP.Selected && p.LACP.Aggregator == s.Aggregator
	}
	return actors, partners, current
}

// teamdEnd is run by teamd, and teamdctl is its witness.
type teamdEnd struct {
	*lab
	driver
}

func beginTeamdEnd(l *lab, config, address string) teamdEnd {
	l.Helper()
	l.Batch("link add " + l.name + " type team")
	d := beginTeamd(l, config)
	l.Batch("address add "+address+"/24 dev "+l.name, "link set "+l.name+" up")
	return teamdEnd{l, d}
}

type teamdInfo struct {
	System         string
	SystemPriority int `json:"system_priority"`
	Key, Port      int
	PortPriority   int `json:"port_priority"`
	State          int
}

func (i teamdInfo) String() string {
	return fields(i.System, i.SystemPriority, i.Key, i.Port, i.PortPriority, i.State)
}

type teamdState struct {
	Ports map[string]struct {
		Runner struct {
			State      string
			Selected   bool
			Aggregator struct {
				ID       int
				Selected bool
			}
			Actor   teamdInfo `json:"actor_lacpdu_info"`
			Partner teamdInfo `json:"partner_lacpdu_info"`
		}
	}
}

func (e teamdEnd) ports() (actors, partners [2]string, current bool) {
	out, err := e.Run("teamdctl", e.lab.name, "state", "dump")
	if err != nil {
		e.Fatalf("teamdctl: %v: %s", err, out)
	}
	var s teamdState
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		e.Fatal(err)
	}
	current = true
	for i := range 2 {
		r := s.Ports[fmt.Sprint("p", i)].Runner
		actors[i], partners[i] = r.Actor.String(), r.Partner.String()
		current = current && r.State == "current" && r.Selected
	}
	return actors, partners, current
}

// bondEnd is a bond of the kernel, and /proc/net/bonding its witness.
type bondEnd struct{ *lab }

func beginBond(l *lab, options, address string) bondEnd {
	l.Helper()
	l.Batch("link add bond0 type bond mode 802.3ad miimon 20 "+options,
		"link set p0 master bond0", "link set p1 master bond0", "address add "+address+"/24 dev bond0", "link set bond0 up")
	return bondEnd{l}
}

var bondDetails = regexp.MustCompile(`(?s)details (actor|partner) lacp pdu:\n` +
	`\s+system priority: (\d+)\n\s+system mac address: (\S+)\n\s+(?:port|oper) key: (\d+)\n\s+port priority: (\d+)\n\s+port number: (\d+)\n\s+port state: (\d+)\n`)

func (e bondEnd) ports() (actors, partners [2]string, current bool) {
	var text []byte
	var err error
	e.In(func() { text, err = os.ReadFile("/proc/thread-self/net/bonding/bond0") })
	if err != nil {
		e.Fatal(err)
	}
	all := bondDetails.FindAllStringSubmatch(string(text), -1)
	if len(all) != 4 {
		return actors, partners, false
	}
	for i, m := range all {
		one := fields(m[3], m[2], m[4], m[6], m[5], m[7])
		if m[1] == "actor" {
			actors[i/2] = one
		} else {
			partners[i/2] = one
		}
	}
	return actors, partners, true
}

// agree waits until both ends are current, each knows the other as it is, and the
// states of all four ports are the wanted one.
func agree(l *lab, one, other lacpEnd, states [2]string) {
	l.Helper()
	var seen string
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		a1, p1, ok1 := one.ports()
		a2, p2, ok2 := other.ports()
		seen = fmt.Sprintf("one   %q\n knows %q\n other %q\n knows %q\n current %v %v", a1, p1, a2, p2, ok1, ok2)
		if ok1 && ok2 && a1 == p2 && a2 == p1 && strings.HasSuffix(a1[0], states[0]) && strings.HasSuffix(a1[1], states[0]) &&
			strings.HasSuffix(a2[0], states[1]) && strings.HasSuffix(a2[1], states[1]) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	l.Fatalf("no agreement:\n %s", seen)
}

// ping pings an address, through whichever cable. Until the state is agreed upon, the
// other system may drop frames, so it pings until the first answer.
func (l *lab) ping(address string) {
	l.Helper()
	if out, err := l.Run("ping", "-c", "1", "-w", "10", "-i", "0.2", "-W", "2", address); err != nil {
		l.Errorf("ping %s: %v: %s", address, err, out)
	}
}

const (
	slowStates = "state 61" // 0x3d
	fastStates = "state 63" // 0x3f
)

func lacpConfig(more string) string {
	return `{"runner":{"name":"lacp","sys_prio":4660` + more + `},"ports":{"p0":{"lacp_prio":22136},"p1":{"lacp_prio":22137}}}`
}

// TestLACPWith has the library speak with the kernel's bond, with teamd and with
// itself.
func TestLACPWith(t *testing.T) {
	needLACP(t)
	for _, rate := range []struct{ name, config, bond, state string }{
		{"slow", "", "lacp_rate slow", slowStates},
		{"fast", `,"fast_rate":true`, "lacp_rate fast", fastStates},
	} {
		for name, begin := range map[string]func(*lab) lacpEnd{
			"bond":  func(l *lab) lacpEnd { return beginBond(l, rate.bond, "192.0.2.2") },
			"teamd": func(l *lab) lacpEnd { return beginTeamdEnd(l, lacpConfig(rate.config), "192.0.2.2") },
			"Run":   func(l *lab) lacpEnd { return beginOwn(l, lacpConfig(rate.config+`,"active":false`), "192.0.2.2") },
		} {
			t.Run(name+" "+rate.name, func(t *testing.T) {
				t.Parallel()
				one, other := newLab(t), newLabOf(t, "far-"+rate.name) // teamd's name is its own
				cables(one, other)
				far := begin(other)
				near := beginOwn(one, lacpConfig(rate.config), "192.0.2.1")
				states := [2]string{rate.state, rate.state}
				if name == "Run" { // it is passive
					states[1] = map[string]string{slowStates: "state 60", fastStates: "state 62"}[rate.state]
				}
				agree(one, near, far, states)
				one.ping("192.0.2.2")
				one.flap("p0")
				agree(one, near, far, states)
				one.ping("192.0.2.2")
				one.hasCarrier(true)
			})
		}
	}
}

// flap takes a link down and up a hundred times, every 30 ms.
func (l *lab) flap(name string) {
	l.Helper()
	conn := testutil.Opened(l.Lab, iplink.Dial)
	for i := range 200 {
		d := iplink.Device(name).Down()
		if i%2 == 1 {
			d = iplink.Device(name).Up()
		}
		if _, err := conn.Update(l.Context(), d); err != nil {
			l.Fatal(err)
		}
		time.Sleep(15 * time.Millisecond)
	}
}

// hasCarrier waits for a carrier, or its loss, as reported by ip.
func (l *lab) hasCarrier(want bool) {
	l.Helper()
	testutil.Eventually(l, fmt.Sprintf("carrier %v", want), func() bool {
		return strings.Contains(l.IP("-o", "link", "show", l.name), "NO-CARRIER") != want
	})
}

// TestLACPSilence drops all that arrives, so that the links stay up, and compares the
// states that follow, and their times, with teamd's.
func TestLACPSilence(t *testing.T) {
	needLACP(t)
	var seen [2][]stay
	config := lacpConfig(`,"fast_rate":true`)
	both(t, func() { seen[0] = silence(t, func(l *lab) lacpEnd { return beginTeamdEnd(l, config, "192.0.2.1") }) },
		func() { seen[1] = silence(t, func(l *lab) lacpEnd { return beginOwn(l, config, "192.0.2.1") }) })
	t.Logf("%v", seen)
	if len(seen[0]) != len(seen[1]) {
		t.Fatal("not the same states")
	}
	for i, theirs := range seen[0] {
		ours := seen[1][i]
		if ours.state != theirs.state || ours.carrier != theirs.carrier || i > 0 && (ours.lasts-theirs.lasts).Abs() > time.Second {
			t.Errorf("%v, where teamd has %v", ours, theirs)
		}
	}
}

// silence has two ends agree, drops all that arrives at one of them, and follows it.
func silence(t *testing.T, begin func(*lab) lacpEnd) []stay {
	one, other := newLab(t), newLab(t)
	cables(one, other)
	near := begin(one)
	agree(one, near, beginBond(other, "lacp_rate fast", "192.0.2.2"), [2]string{fastStates, fastStates})
	for _, port := range []string{"p0", "p1"} {
		one.tc("qdisc", "add", "dev", port, "clsact")
		one.tc("filter", "add", "dev", port, "ingress", "matchall", "action", "drop")
	}
	seen := follow(one, near)
	one.hasCarrier(false)
	for _, port := range []string{"p0", "p1"} {
		if got := one.teamnl("-p", port, "getoption", "enabled"); got != "false" {
			t.Errorf("%T: %s is enabled: %s", near, port, got)
		}
	}
	return seen
}

// A stay is a state of the first port, whether the team had a carrier for most of it, since
// the second port follows up to a second later, and the time that it lasted.
type stay struct {
	state   string
	carrier bool
	lasts   time.Duration
}

// follow returns the states from now on up to the one that lasts.
func follow(l *lab, end lacpEnd) (all []stay) {
	conn := testutil.Opened(l.Lab, iplink.Dial)
	since, balance := time.Now(), 0
	for begun := since; time.Since(begun) < 15*time.Second; time.Sleep(20 * time.Millisecond) {
		link, err := conn.Get(l.Context(), l.name)
		testutil.Must(l, err)
		actors, _, _ := end.ports()
		state := actors[0][strings.LastIndex(actors[0], " ")+1:]
		if len(all) == 0 || all[len(all)-1].state != state {
			all = append(all, stay{state: state})
			since, balance = time.Now(), 0
		}
		if balance--; link.Carrier {
			balance += 2
		}
		now := &all[len(all)-1]
		now.carrier, now.lasts = balance > 0, time.Since(since)
		if state == strconv.Itoa(0x47) && time.Since(since) > time.Second {
			break
		}
	}
	all[len(all)-1].lasts = 0
	return all
}

func (l *lab) tc(args ...string) {
	l.Helper()
	if out, err := l.Run("tc", args...); err != nil {
		l.Fatalf("tc %v: %v: %s", args, err, out)
	}
}

func needLACP(t *testing.T) {
	testutil.Need(t, "team")
	testutil.Need(t, "bond")
}

// TestLACPFrameLikeTeamd compares the frames, byte for byte, with teamd's, as tcpdump
// sees them at the other end, which does not answer.
func TestLACPFrameLikeTeamd(t *testing.T) {
	needLACP(t)
	config := `{"hwaddr":"02:00:00:00:00:11","runner":{"name":"lacp","fast_rate":true,"sys_prio":4660},
		"ports":{"p0":{"lacp_prio":22136,"lacp_key":39612},"p1":{}}}`
	var theirs, ours []string
	both(t, func() { theirs = framesOf(t, func(l *lab) { beginTeamdEnd(l, config, "192.0.2.1") }) },
		func() { ours = framesOf(t, func(l *lab) { beginOwn(l, config, "192.0.2.1") }) })
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("frames (-teamd +Run):\n%s", diff)
	}
	// The frame that the tests of internal/lacp expect.
	const expired = "0180c20000020200000000a08809010101141234020000000011" + "9abc5678PORT" + "87000000" + "0214"
	if len(ours) == 0 || !strings.HasPrefix(ours[len(ours)-1], expired) {
		t.Errorf("frames %q", ours)
	}
}

// framesOf returns the different frames at an end that does not answer.
func framesOf(t *testing.T, begin func(*lab)) []string {
	one, other := newLab(t), newLab(t)
	cables(one, other)
	other.Batch("link set p0 up", "link set p1 up")
	begin(one)
	out, err := other.Run("tcpdump", "-i", "p0", "-c", "7", "-xx", "-n", "-Q", "in", "ether proto 0x8809")
	if err != nil {
		t.Errorf("tcpdump: %v: %s", err, out)
		return nil
	}
	index := one.Link("p0")["ifindex"].(float64)
	return dumped(out, fmt.Sprintf("5678%04x", int(index)))
}

// dumped returns the different frames in the output of tcpdump, with the priority and
// the number of the sending port replaced.
func dumped(out, port string) (all []string) {
	for _, frame := range strings.Split(out, "LACPv1")[1:] {
		var text strings.Builder
		for _, line := range dumpLine.FindAllStringSubmatch(frame, -1) {
			text.WriteString(strings.ReplaceAll(line[1], " ", ""))
		}
		all = append(all, strings.Replace(text.String(), port, "5678PORT", 1))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

var dumpLine = regexp.MustCompile(`\t0x[0-9a-f]{4}:  ([0-9a-f ]+)`)
