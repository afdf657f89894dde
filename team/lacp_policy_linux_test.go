package team_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// Systems in the tests of policies. c has a better priority than the team, whose own
// priority counts towards the others.
var (
	systemA = system{0xffff, 0x0a}
	systemB = system{0xffff, 0x0b}
	systemC = system{5, 0x0c}
)

// policySystems are where the cables of p0, p1, p2 and p3 lead.
var policySystems = []system{systemA, systemB, systemB, systemC}

// policyPorts are the ports. Their numbers compare in the same order in the order of
// bytes of either kind: teamd confuses them.
const policyPorts = `"ports":{"p0":{"lacp_prio":30,"prio":5%s},"p1":{"lacp_prio":20,"prio":9},"p2":{"lacp_prio":25,"prio":3},"p3":{"lacp_prio":40,"prio":7}}`

// policySpeeds are in Mbit/s, in the order of the ports.
var policySpeeds = []int{5000, 2000, 2000, 1000}

// policySteps are faults of the cables, and their repair.
var policySteps = []struct {
	name string
	do   func([]*partner)
}{
	{"p0 up", func(p []*partner) { p[0].cable(true) }},
	{"p1 and p2 up", func(p []*partner) { p[1].cable(true); p[2].cable(true) }},
	{"p3 up", func(p []*partner) { p[3].cable(true) }},
	{"p1 down", func(p []*partner) { p[1].cable(false) }},
	{"p0 down", func(p []*partner) { p[0].cable(false) }},
	{"p1 up again", func(p []*partner) { p[1].cable(true) }},
	{"p0 up again", func(p []*partner) { p[0].cable(true) }},
	{"p3 down", func(p []*partner) { p[3].cable(false) }},
	{"p1 leads to the system of p0", func(p []*partner) { p[1].leadTo(systemA) }},
}

// TestLACPPoliciesLikeTeamd has each policy select an aggregator after each fault, with
// teamd and with this library, by the system of its ports.
func TestLACPPoliciesLikeTeamd(t *testing.T) {
	needTaps(t)
	for _, c := range []struct {
		name, runner, port string
		want               string // by step
	}{
		{"lacp_prio", "", "", "ABCCCCCBA"},
		{"lacp_prio_stable", "", "", "AAAACCCBB"},
		{"bandwidth", "", "", "AAAABBAAA"},
		{"count", `,"min_ports":2`, "", "ABBCCBBBA"}, // between equal ones, the port that joined last decides
		{"port_config", "", "", "ABBCCBBBA"},
		{"sticky", "", `,"sticky":true`, "AAAACBBBA"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			policy := strings.Replace(c.name, "sticky", "port_config", 1)
			config := `{"runner":{"name":"lacp","fast_rate":true,"sys_prio":4660,"agg_select_policy":"` + policy + `"` + c.runner + `},` + fmt.Sprintf(policyPorts, c.port) + `}`
			var theirs, ours *side
			both(t, func() { theirs = newSide(t, "t-"+c.name, beginTeamd, config) }, func() { ours = newSide(t, "r-"+c.name, beginAnswering, config) })
			for i, step := range policySteps {
				step.do(theirs.partners)
				step.do(ours.partners)
				want := theirs.portsTo(c.want[i])
				for _, s := range []*side{theirs, ours} {
					testutil.Eventually(s.lab, fmt.Sprintf("%s: %s: %v in use", s.lab.name, step.name, want), func() bool { return slices.Equal(s.selected(), want) })
				}
				carrier := len(want) > 1 || c.runner == ""
				for _, s := range []*side{theirs, ours} {
					testutil.Eventually(s.lab, fmt.Sprintf("%s: %s: enabled %v, carrier %v", s.lab.name, step.name, want, carrier), func() bool {
						return slices.Equal(s.enabled(), want) && s.carrier() == carrier
					})
				}
				if diff := compare(t, theirs.protocol, ours.protocol); diff != "" {
					t.Fatalf("%s (-teamd +Run):\n%s", step.name, diff)
				}
			}
		})
	}
}

// A side is a team of tap links that is run by teamd, or by this library, and answers
// teamdctl.
type side struct {
	*player
	partners []*partner
}

func newSide(t *testing.T, name string, begin begin, config string) *side {
	l := newLabOf(t, strings.NewReplacer("lacp_prio", "lp", "port_config", "pc", "bandwidth", "bw").Replace(name))
	s := &side{partners: l.taps(policySystems...)}
	for i, speed := range policySpeeds {
		if out, err := l.Run("ethtool", "-s", fmt.Sprint("p", i), "speed", fmt.Sprint(speed), "duplex", "full", "autoneg", "off"); err != nil {
			l.Fatalf("ethtool: %v: %s", err, out)
		}
	}
	// When a team comes up, teamd has the protocol begin on ports without a link, too.
	l.Batch("link add "+l.name+" address 02:00:00:00:00:11 type team", "link set "+l.name+" up")
	s.player = &player{lab: l, team: l.open(), conn: testutil.Opened(l.Lab, iplink.Dial)}
	s.driver = begin(l, config)
	l.Cleanup(s.driver.stop)
	return s
}

// portsTo returns the names of the ports whose cables are whole and lead to the system
// with this letter.
func (s *side) portsTo(letter byte) (names []string) {
	for _, p := range s.partners {
		p.mu.Lock()
		if p.whole && p.actor.System[5] == letter-'A'+0x0a {
			names = append(names, p.name)
		}
		p.mu.Unlock()
	}
	return names
}

// selected returns the ports of the selected aggregator.
func (s *side) selected() (names []string) {
	s.lab.Helper()
	var state teamdState
	s.lab.state(&state)
	for name, port := range state.Ports {
		if port.Runner.Aggregator.Selected {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// protocol returns all about LACP, but for the ends of ports without a link, which teamd
// does not know before there is one.
func (s *side) protocol() (all []string) {
	s.lab.Helper()
	var state teamdState
	s.lab.state(&state)
	for name, port := range state.Ports {
		r := port.Runner
		if all = append(all, fmt.Sprint(name, r.State, r.Selected, r.Aggregator)); r.State != "disabled" {
			all = append(all, fmt.Sprint(name, r.Actor, r.Partner))
		}
	}
	slices.Sort(all)
	return all
}

// enabled returns the ports that the kernel uses.
func (s *side) enabled() (names []string) {
	s.lab.Helper()
	o, err := s.team.Options(s.lab.Context())
	testutil.Must(s.lab, err)
	for index, port := range o.Ports {
		if port.Enabled {
			names = append(names, s.lab.nameOf(s.team, index))
		}
	}
	slices.Sort(names)
	return names
}

func (s *side) carrier() bool {
	s.lab.Helper()
	link, err := s.conn.Get(s.lab.Context(), s.lab.name)
	testutil.Must(s.lab, err)
	return link.Carrier
}
