package team_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/team"
)

// A controlCase is a configuration, and commands of teamdctl for it. All socket files
// are in one directory, so the teams have names of their own.
type controlCase struct {
	name, config string
	far          []string // commands for the other ends of the cables
	steps        []string // in addition to the common ones
	settled      string   // in the state before the first step
}

var controlCases = []controlCase{
	{name: "bc", config: `{"runner":{"name":"broadcast"},"notify_peers":{"count":3,"interval":20},"link_watch":{"name":"ethtool","delay_up":10},"ports":{"p0":{},"p1":{}}}`},
	{name: "rr", config: `{"ports":{"p0":{"prio":7},"p1":{}}}`},
	{name: "rn", config: `{"runner":{"name":"random"},"hwaddr":"02:00:00:00:00:55","ports":{"p0":{},"p1":{"link_watch":{"name":"ethtool","delay_down":7}},"p9":{"prio":3}}}`},
	{name: "ab", config: `{"runner":{"name":"activebackup","hwaddr_policy":"by_active"},"mcast_rejoin":{"count":2},"ports":{"p0":{"prio":9,"queue_id":3},"p1":{"sticky":true}}}`,
		settled: `"active_port": "p0"`,
		steps: []string{"state item set runner.active_port p1", "state item get runner.active_port", "state item set runner.active_port p7",
			"port config update p1 {\"prio\":100}"}},
	{name: "lw", config: `{"runner":{"name":"activebackup"},"link_watch":[{"name":"ethtool"},
		{"name":"arp_ping","interval":100000,"missed_max":30,"source_host":"192.0.2.23","target_host":"192.0.2.1","validate_active":true,"send_always":true},
		{"name":"nsna_ping","interval":100000,"init_wait":5,"target_host":"fe80::1"}],"ports":{"p0":{"prio":9},"p1":{}}}`, settled: `"active_port": "p0"`},
	{name: "lb", config: `{"runner":{"name":"loadbalance","tx_hash":["eth","l4"],"tx_balancer":{"name":"basic","balancing_interval":20}},"ports":{"p0":{},"p1":{}}}`},
	{name: "la", config: `{"runner":{"name":"lacp","fast_rate":true,"sys_prio":4660,"agg_select_policy":"lacp_prio_stable"},"ports":{"p0":{"lacp_prio":22136,"lacp_key":5},"p1":{"lacp_key":5}}}`,
		far:     farBond,
		settled: `"state": 63`,
		steps: []string{"state item set ports.p1.runner.aggregator.selected true", "state item set ports.p1.runner.aggregator.selected false",
			"state item set ports.p1.runner.aggregator.selected maybe", "state item get ports.p1.runner.actor_lacpdu_info.system_priority"}},
}

// commonSteps are for every mode.
var commonSteps = []string{
	"port present p0", "port present q0", "port config dump p0", "port config dump q0", "port config dump p8",
	`port config update p2 {"prio":-7}`, "port add p2", "port present p2", "port config dump p2", "port add p8", "port add lo",
	`port config update p0 {"prio":-4660}`, `port config update p0 {`, `port config update p8 {"prio":5}`,
	"state item get ports.p2.link.up", `state item get ports."p2".ifinfo.dev_addr`, "state item get ports.p2", "state item get ports", "state item get nope.nope",
	"state item set setup.debug_level 3", "state item set setup.debug_level x", "state item set setup.pid 4", "state item set nope 4",
	"port remove p0", "port remove p0", "port remove p8",
}

// An answer is the result of a command.
type answer struct {
	text   string
	failed bool
}

// A controlEnd is a team that is run by a driver.
type controlEnd struct {
	*lab
	team string
	driver
}

func newControlEnd(t *testing.T, c controlCase, team string, begin func(l *lab, team, config string) driver) *controlEnd {
	e := &controlEnd{lab: newLab(t), team: team}
	e.silence()
	e.pairs(3)
	e.Batch(append(c.far, "link add "+team+" address 02:00:00:00:00:11 type team")...)
	e.driver = begin(e.lab, team, c.config)
	e.Batch("link set " + team + " up")
	return e
}

// teamdctl runs it, with the name of the team replaced in its output.
func (e *controlEnd) teamdctl(command string) answer {
	var args []string
	if before, config, ok := strings.Cut(command, "{"); ok {
		args = append(strings.Fields(before), "{"+config)
	} else {
		args = strings.Fields(command)
	}
	out, err := e.Run("teamdctl", append([]string{e.team}, args...)...)
	out = strings.ReplaceAll(out, e.team, "NAME")
	// The texts of some errors are this library's own.
	return answer{errorText.ReplaceAllString(out, ""), err != nil}
}

// state decodes the state.
func (e *controlEnd) state(into any) {
	e.Helper()
	out := e.teamdctl("state dump")
	if err := json.Unmarshal([]byte(out.text), into); err != nil {
		e.Fatalf("%v in %s", err, out.text)
	}
}

var (
	errorText = regexp.MustCompile(`(?m)^.*Error message content.*$`)
	processes = regexp.MustCompile(`(?m)"pid(_file)?": .*|PID( file)?: .*`)
)

// seen returns all that teamdctl prints, without numbers of processes.
func (e *controlEnd) seen() (all []string) {
	for _, command := range []string{"state dump", "config dump", "config dump actual", "config dump noports"} {
		out := e.teamdctl(command)
		all = append(all, command, processes.ReplaceAllString(out.text, "PROCESS"))
	}
	return all
}

// beginControlled runs a team of another name than team0, and answers teamdctl.
func beginControlled(l *lab, name, config string) driver {
	l.Helper()
	c, err := team.ParseTeamd([]byte(config))
	if err != nil {
		l.Fatal(err)
	}
	c.Runner.Control = &team.Control{}
	r := l.start(testutil.OpenedLink(l.Lab, name, team.Open), c.Runner)
	for _, p := range c.Ports {
		if p == "p9" { // which does not exist
			continue
		}
		if err := r.team.AddPort(l.Context(), p); err != nil {
			l.Fatal(err)
		}
	}
	return r
}

// TestTeamdctl has the same commands of teamdctl give the same answers, and have the
// same effects, whether teamd runs the team or this library.
func TestTeamdctl(t *testing.T) {
	testutil.Need(t, "team")
	testutil.Need(t, "bond")
	for _, c := range controlCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var theirs, ours *controlEnd
			both(t, func() { theirs = newControlEnd(t, c, c.name+"teamd", beginTeamdAs) },
				func() { ours = newControlEnd(t, c, c.name+"iplink", beginControlled) })
			defer theirs.stop()
			defer ours.stop()
			for _, e := range []*controlEnd{theirs, ours} {
				testutil.Eventually(e, "settled", func() bool {
					text := e.teamdctl("state dump").text
					return strings.Contains(text, c.settled) && !strings.Contains(text, `"up": false`) == (c.name != "lw")
				})
			}
			same(t, c.name+" at first", theirs, ours)
			compareItems(t, theirs, ours)
			for _, step := range slices.Concat(c.steps, commonSteps) {
				var one, other answer
				both(t, func() { one = theirs.teamdctl(step) }, func() { other = ours.teamdctl(step) })
				if one != other {
					t.Errorf("%s: teamd says %+v, Run %+v", step, one, other)
				}
				if slices.ContainsFunc([]string{"set", "add", "remove", "update"}, func(word string) bool { return slices.Contains(strings.Fields(step), word) }) {
					same(t, c.name+" after "+step, theirs, ours)
				}
			}
			compareViews(t, theirs, ours)
		})
	}
}

func same(t *testing.T, when string, theirs, ours *controlEnd) {
	t.Helper()
	if diff := compare(t, theirs.seen, ours.seen); diff != "" {
		t.Errorf("%s (-teamd +Run):\n%s", when, diff)
	}
}

// compareItems gets each item of the state.
func compareItems(t *testing.T, theirs, ours *controlEnd) {
	t.Helper()
	var state map[string]any
	theirs.state(&state)
	paths := slices.DeleteFunc(itemPaths("", state), func(path string) bool {
		return strings.HasPrefix(path, "setup.pid") || strings.HasPrefix(path, "ports.p1.")
	})
	if len(paths) < 20 {
		t.Errorf("%d items", len(paths))
	}
	for _, path := range paths {
		var one, other answer
		both(t, func() { one = theirs.teamdctl("state item get " + path) }, func() { other = ours.teamdctl("state item get " + path) })
		if one != other || one.failed {
			t.Errorf("%s: teamd says %+v, Run %+v", path, one, other)
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

// compareViews compares the texts for people, also with State.String.
func compareViews(t *testing.T, theirs, ours *controlEnd) {
	t.Helper()
	for _, command := range []string{"state view", "-v state view"} {
		view := func(e *controlEnd) func() []string {
			return func() []string {
				return strings.Split(processes.ReplaceAllString(e.teamdctl(command).text, "PROCESS"), "\n")
			}
		}
		if diff := compare(t, view(theirs), view(ours)); diff != "" {
			t.Errorf("%s (-teamd +Run):\n%s", command, diff)
		}
	}
	if diff := cmp.Diff(ours.teamdctl("state view").text, ours.driver.(*runner).team.State().String()); diff != "" {
		t.Errorf("State.String (-teamdctl +String):\n%s", diff)
	}
}

// TestControlBesideTeamd begins where teamd answers, and where it has died.
func TestControlBesideTeamd(t *testing.T) {
	l := newLab(t)
	l.Batch("link add team0 type team")
	config := team.Runner{Mode: team.Broadcast, Control: &team.Control{}}
	d := beginTeamd(l, `{"runner":{"name":"random"}}`).(*daemon)
	tm := l.open()
	err := tm.Run(t.Context(), config)
	const want = "run team team0: control /var/run/teamd/team0.sock: address already in use (another program, such as teamd, is listening there)"
	if fmt.Sprint(err) != want || !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("error %v\n want %s", err, want)
	}
	if got := l.teamnl("getoption", "mode"); got != "random" {
		t.Errorf("mode %s", got)
	}
	d.cmd.Process.Kill()
	d.stop()
	if _, err := os.Lstat("/run/teamd/team0.sock"); err != nil {
		t.Fatalf("no socket was left: %v", err)
	}
	r := l.start(tm, config)
	if out, err := l.Run("teamdctl", "team0", "state", "item", "get", "setup.runner_name"); err != nil || out != "broadcast\n" {
		t.Errorf("%q, %v", out, err)
	}
	start := time.Now()
	r.stop()
	if _, err := os.Lstat("/run/teamd/team0.sock"); !os.IsNotExist(err) || time.Since(start) > time.Second {
		t.Errorf("the socket is there after %v: %v", time.Since(start), err)
	}
}
