package team_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/team"
)

// A controlCase is a configuration, and requests of teamdctl for it.
type controlCase struct {
	name, config string
	steps        []string // in addition to the common ones
	settled      string   // in the state before the first step
	cut          string   // the port without a cable
}

var controlCases = []controlCase{
	{name: "bc", config: `{"runner":{"name":"broadcast"},"notify_peers":{"count":3,"interval":20},"link_watch":{"name":"ethtool","delay_up":10},"ports":{"p0":{},"p1":{}}}`},
	{name: "rr", config: `{"ports":{"p0":{"prio":7},"p1":{}}}`},
	{name: "rn", config: `{"runner":{"name":"random"},"hwaddr":"02:00:00:00:00:55","ports":{"p0":{},"p1":{"link_watch":{"name":"ethtool","delay_down":7}},"p9":{"prio":3}}}`},
	{name: "ab", config: `{"runner":{"name":"activebackup","hwaddr_policy":"by_active"},"mcast_rejoin":{"count":2},"ports":{"p0":{"prio":9,"queue_id":3},"p1":{"sticky":true}}}`,
		settled: `"active_port": "p0"`,
		steps: []string{"StateItemValueSet runner.active_port p1", "StateItemValueGet runner.active_port", "StateItemValueSet runner.active_port p7",
			`PortConfigUpdate p1 {"prio":100}`}},
	{name: "lw", config: `{"runner":{"name":"activebackup"},"link_watch":[{"name":"ethtool"},
		{"name":"arp_ping","interval":100000,"missed_max":30,"source_host":"192.0.2.23","target_host":"192.0.2.1","validate_active":true,"send_always":true},
		{"name":"nsna_ping","interval":100000,"init_wait":5,"target_host":"fe80::1"}],"ports":{"p0":{"prio":9},"p1":{}}}`, settled: `"active_port": "p0"`},
	{name: "lb", config: `{"runner":{"name":"loadbalance","tx_hash":["eth","l4"],"tx_balancer":{"name":"basic","balancing_interval":20}},"ports":{"p0":{},"p1":{}}}`},
	{name: "la", config: `{"runner":{"name":"lacp","fast_rate":true,"sys_prio":4660,"min_ports":1},"ports":{"p0":{"lacp_prio":30,"lacp_key":5},"p1":{"lacp_prio":40,"lacp_key":5}}}`,
		settled: `"state": "current"`,
		steps: []string{"StateItemValueSet ports.p1.runner.aggregator.selected true", "StateItemValueSet ports.p1.runner.aggregator.selected false",
			"StateItemValueSet ports.p1.runner.aggregator.selected maybe", "StateItemValueGet ports.p1.runner.actor_lacpdu_info.system_priority"}},
	{name: "ld", config: `{"runner":{"name":"lacp","fast_rate":true,"active":false},"ports":{"p0":{"lacp_prio":30},"p1":{"lacp_prio":40}}}`, settled: `"state": "current"`, cut: "p1"},
}

// commonSteps are for every mode.
var commonSteps = []string{
	"PortConfigDump p0", "PortConfigDump p2", "PortConfigDump p8",
	`PortConfigUpdate p2 {"prio":-7}`, "PortAdd p2", "PortConfigDump p2", "PortAdd p8", "PortAdd lo",
	`PortConfigUpdate p0 {"prio":-4660}`, `PortConfigUpdate p0 {`, `PortConfigUpdate p8 {"prio":5}`,
	"StateItemValueGet ports.p2.link.up", "StateItemValueGet ports.p2", "StateItemValueGet ports", "StateItemValueGet nope.nope",
	"StateItemValueSet setup.debug_level 3", "StateItemValueSet setup.debug_level x", "StateItemValueSet setup.pid 4", "StateItemValueSet nope 4",
	"PortRemove p0", "PortRemove p0", "PortRemove p8",
}

// request sends a request to the socket of teamdctl, without the start of a program, and
// returns the reply: only the code of an error, since some texts are this library's own.
func (l *lab) request(words ...string) string {
	l.Helper()
	conn, err := net.Dial("unixpacket", "/run/teamd/"+l.name+".sock")
	testutil.Must(l, err)
	defer conn.Close()
	testutil.Must(l, conn.SetDeadline(time.Now().Add(30*time.Second)))
	_, err = conn.Write([]byte("REQUEST\n" + strings.Join(words, "\n") + "\n"))
	testutil.Must(l, err)
	b := make([]byte, 1<<17)
	n, err := conn.Read(b)
	testutil.Must(l, err)
	reply := strings.ReplaceAll(string(b[:n]), l.name, "NAME")
	if failure, ok := strings.CutPrefix(reply, "REPLY_ERROR\n"); ok {
		code, _, _ := strings.Cut(failure, "\n")
		return "error " + code
	}
	return strings.TrimPrefix(reply, "REPLY_SUCCESS\n")
}

// state decodes the state.
func (l *lab) state(into any) {
	l.Helper()
	text := l.request("StateDump")
	if err := json.Unmarshal([]byte(text), into); err != nil {
		l.Fatalf("%v in %s", err, text)
	}
}

// documents returns the JSON of some requests, without the numbers of processes.
func (l *lab) documents() (all []string) {
	l.Helper()
	for _, method := range []string{"StateDump", "ConfigDump", "ConfigDumpActual"} {
		all = append(all, method)
		all = append(all, l.lines(l.request(method))...)
	}
	return all
}

// lines returns JSON by lines, without the numbers of processes.
func (l *lab) lines(text string) []string {
	l.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		l.Fatalf("%v in %s", err, text)
	}
	if setup, ok := v["setup"].(map[string]any); ok {
		delete(setup, "pid")
		delete(setup, "pid_file")
	}
	b, err := json.MarshalIndent(v, "", " ")
	testutil.Must(l, err)
	return strings.Split(string(b), "\n")
}

// printed returns the JSON that teamdctl prints.
func (l *lab) printed() (all []string) {
	l.Helper()
	for _, args := range [][]string{{"state", "dump"}, {"config", "dump"}} {
		all = append(all, l.lines(l.teamdctl(args...))...)
	}
	return append(all, l.teamdctl("state", "item", "get", "setup.runner_name"))
}

// teamdctl runs it, with the name of the team replaced in its output.
func (l *lab) teamdctl(args ...string) string {
	l.Helper()
	out, err := l.Run("teamdctl", append([]string{l.name}, args...)...)
	if err != nil {
		l.Errorf("teamdctl %s %v: %v: %s", l.name, args, err, out)
	}
	return strings.ReplaceAll(out, l.name, "NAME")
}

// TestTeamdctl has the same requests give the same answers, and have the same effects,
// whether teamd runs the team or this library, in each mode.
func TestTeamdctl(t *testing.T) {
	needTaps(t)
	for _, c := range controlCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var theirs, ours *lab
			var runs *runner
			both(t, func() { theirs, _ = c.begin(t, c.name+"teamd", beginTeamd) },
				func() {
					l, d := c.begin(t, c.name+"run", beginAnswering)
					ours, runs = l, d.(*runner)
				})
			same(t, "at first", theirs, ours)
			if diff := cmp.Diff(theirs.printed(), ours.printed()); diff != "" {
				t.Errorf("teamdctl prints (-teamd +Run):\n%s", diff)
			}
			compareItems(t, theirs, ours)
			for _, step := range slices.Concat(c.steps, commonSteps) {
				words := strings.SplitN(step, " ", 3)
				one, other := theirs.request(words...), ours.request(words...)
				if one != other {
					t.Errorf("%s: teamd says %q, Run %q", step, one, other)
				}
				if one == "" { // it has changed something
					same(t, "after "+step, theirs, ours)
				}
			}
			same(t, "in the end", theirs, ours)
			compareViews(t, theirs, ours, runs)
		})
	}
}

// begin runs a team of p0 and p1, whose cables are whole, and waits until it is settled.
// They lead to two systems.
func (c controlCase) begin(t *testing.T, name string, begin begin) (*lab, driver) {
	l := newLabOf(t, name)
	l.silence()
	partners := l.taps(systemA, systemB, systemA)
	l.Batch("link add " + name + " address 02:00:00:00:00:11 type team")
	d := begin(l, c.config)
	l.Cleanup(d.stop)
	l.Batch("link set " + name + " up")
	for _, p := range partners {
		p.cable(p.name != c.cut)
	}
	testutil.Eventually(l, name+" settled", func() bool {
		text := l.request("StateDump")
		down := c.cut != "" || strings.Contains(text, "arp_ping") // which nothing answers
		return strings.Contains(text, c.settled) && (down || !strings.Contains(text, `"up": false`)) &&
			!strings.Contains(text, `"state": "expired"`) && (c.cut != "" || !strings.Contains(text, `"state": "disabled"`))
	})
	return l, d
}

func same(t *testing.T, when string, theirs, ours *lab) {
	t.Helper()
	if diff := compare(t, theirs.documents, ours.documents); diff != "" {
		t.Errorf("%s (-teamd +Run):\n%s", when, diff)
	}
}

// compareItems gets each item of the state.
func compareItems(t *testing.T, theirs, ours *lab) {
	t.Helper()
	var state map[string]any
	theirs.state(&state)
	paths := slices.DeleteFunc(itemPaths("", state), func(path string) bool { return strings.HasPrefix(path, "setup.pid") })
	if len(paths) < 20 {
		t.Errorf("%d items", len(paths))
	}
	for _, path := range paths {
		one, other := theirs.request("StateItemValueGet", path), ours.request("StateItemValueGet", path)
		if one != other || strings.HasPrefix(one, "error") {
			t.Errorf("%s: teamd says %q, Run %q", path, one, other)
		}
	}
}

// itemPaths returns the paths of all values.
func itemPaths(prefix string, object map[string]any) (all []string) {
	for key, value := range object {
		if inner, ok := value.(map[string]any); ok {
			all = append(all, itemPaths(prefix+key+".", inner)...)
		} else {
			all = append(all, prefix+key)
		}
	}
	return all
}

// compareViews compares the text for people, also with State.String.
func compareViews(t *testing.T, theirs, ours *lab, runs *runner) {
	t.Helper()
	view := func(l *lab) string { return l.teamdctl("state", "view") }
	if diff := cmp.Diff(view(theirs), view(ours)); diff != "" {
		t.Errorf("state view (-teamd +Run):\n%s", diff)
	}
	if diff := cmp.Diff(view(ours), runs.team.State().String()); diff != "" {
		t.Errorf("State.String (-teamdctl +String):\n%s", diff)
	}
}

// TestControlBesideTeamd begins where teamd answers, and where it has died.
func TestControlBesideTeamd(t *testing.T) {
	l := newLabOf(t, "beside")
	l.Batch("link add beside type team")
	config := team.Runner{Mode: team.Broadcast, Control: &team.Control{}}
	d := beginTeamd(l, `{"runner":{"name":"random"}}`).(*daemon)
	tm := l.open()
	err := tm.Run(t.Context(), config)
	const want = "run team beside: control /var/run/teamd/beside.sock: address already in use (another program, such as teamd, is listening there)"
	if fmt.Sprint(err) != want || !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("error %v\n want %s", err, want)
	}
	if got := l.teamnl("getoption", "mode"); got != "random" {
		t.Errorf("mode %s", got)
	}
	d.cmd.Process.Kill()
	d.stop()
	if _, err := os.Lstat("/run/teamd/beside.sock"); err != nil {
		t.Fatalf("no socket was left: %v", err)
	}
	r := l.start(tm, config)
	if got := l.request("StateItemValueGet", "setup.runner_name"); got != "broadcast" {
		t.Errorf("runner %q", got)
	}
	r.stop()
	if _, err := os.Lstat("/run/teamd/beside.sock"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is there: %v", err)
	}
}
