package team_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
)

// twoBonds are bonds at the other ends: bond0 of the cable of p0, and bond1 of the cables
// of p1 and p2, which are down at first.
var twoBonds = []string{
	"link set q0 down", "link set q1 down", "link set q2 down",
	"link add bond0 address 02:00:00:00:00:bb type bond mode 802.3ad miimon 20 lacp_rate fast",
	"link add bond1 address 02:00:00:00:00:cc type bond mode 802.3ad miimon 20 lacp_rate fast",
	"link set q0 master bond0", "link set q1 master bond1", "link set q2 master bond1", "link set bond0 up", "link set bond1 up",
	"link set q1 down", "link set q2 down",
}

// faults of the cables of the two bonds, from the start.
var bondFaults = [][]string{{}, {"link set q1 up", "link set q2 up"}, {"link set q0 down"}, {"link set q0 up"}, {"link set q1 down", "link set q2 down"},
	{"link set q1 up", "link set q2 up"}}

// TestLACPPoliciesLikeTeamd has each policy select an aggregator, with teamd and with this
// library: "0" is the one of bond0, "1" the one of bond1.
func TestLACPPoliciesLikeTeamd(t *testing.T) {
	needLACP(t)
	const ports = `"ports":{"p0":{"lacp_prio":30,"prio":5%s},"p1":{"lacp_prio":20,"prio":9},"p2":{"lacp_prio":21,"prio":9}}`
	for _, c := range []struct{ name, runner, port, want string }{
		{"prio", `"agg_select_policy":"lacp_prio"`, "", "011101"},
		{"stable", `"agg_select_policy":"lacp_prio_stable"`, "", "001100"},
		{"bw", `"agg_select_policy":"bandwidth"`, "", "011101"},
		{"count", `"agg_select_policy":"count","min_ports":2`, "", "011101"},
		{"cfg", `"agg_select_policy":"port_config"`, "", "011101"},
		{"sticky", `"agg_select_policy":"port_config"`, `,"sticky":true`, "001100"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			all := controlCase{far: twoBonds, config: `{"runner":{"name":"lacp","fast_rate":true,"sys_prio":4660,` + c.runner + `},` + fmt.Sprintf(ports, c.port) + "}"}
			var theirs, ours *controlEnd
			both(t, func() { theirs = newControlEnd(t, all, c.name+"teamd", beginTeamdAs) },
				func() { ours = newControlEnd(t, all, c.name+"iplink", beginControlled) })
			defer theirs.stop()
			defer ours.stop()
			for i, fault := range bondFaults {
				want := c.want[i : i+1]
				carrier := !strings.Contains(c.runner, "min_ports") || want == "1"
				for _, e := range []*controlEnd{theirs, ours} {
					e.Batch(append(fault, "link set lo up")...)
				}
				for _, e := range []*controlEnd{theirs, ours} {
					testutil.Eventually(e, fmt.Sprintf("%s after %q: bond%s", e.team, fault, want), func() bool { return e.selected() == want && e.carrier() == carrier })
				}
				same(t, fmt.Sprintf("after %q", fault), theirs, ours)
			}
		})
	}
}

// selected returns the bond of the ports that are in use, and "" if not all ports that
// could be are in use.
func (e *controlEnd) selected() string {
	e.Helper()
	var s teamdState
	e.state(&s)
	p0, p1, p2 := s.Ports["p0"].Runner, s.Ports["p1"].Runner, s.Ports["p2"].Runner
	switch states := []int{p0.Actor.State, p1.Actor.State, p2.Actor.State}; {
	case p0.Aggregator.Selected && !p1.Aggregator.Selected && !p2.Aggregator.Selected && states[0] == 63:
		return "0"
	case p1.Aggregator.Selected && p2.Aggregator.Selected && !p0.Aggregator.Selected && slices.Equal(states[1:], []int{63, 63}):
		return "1"
	}
	return ""
}

func (e *controlEnd) carrier() bool {
	e.Helper()
	return slices.Contains(e.Link(e.team)["flags"].([]any), any("LOWER_UP"))
}
