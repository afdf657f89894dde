package team_test

import (
	"slices"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/team"
)

// A failoverCase is a configuration of p0 and p1, and the option that says that the team
// copes without a port.
type failoverCase struct {
	name, config string
	done         func(o team.Option, failed int) bool
}

var failoverCases = []failoverCase{
	{"activebackup", `{"runner":{"name":"activebackup"},"ports":{"p0":{},"p1":{}}}`,
		func(o team.Option, failed int) bool {
			return o.Name == "activeport" && o.Value != 0 && o.Value != failed
		}},
	{"loadbalance", `{"runner":{"name":"loadbalance"},"ports":{"p0":{},"p1":{}}}`,
		func(o team.Option, failed int) bool {
			return o.Name == "enabled" && o.Port == failed && o.Value == false
		}},
	// Another aggregator takes the place of the port's.
	{"lacp", `{"runner":{"name":"lacp","fast_rate":true},"ports":{"p0":{},"p1":{}}}`,
		func(o team.Option, failed int) bool {
			return o.Name == "enabled" && o.Port != failed && o.Value == true
		}},
}

// TestFailoverTime cuts the cable of a port in use, several times, and compares how long
// it takes until the team copes without it. The two take turns.
func TestFailoverTime(t *testing.T) {
	needTaps(t)
	for _, c := range failoverCases {
		t.Run(c.name, func(t *testing.T) {
			var players [2]*side
			both(t, func() { players[0] = c.begin(t, beginTeamd) }, func() { players[1] = c.begin(t, beginRun) })
			times := map[string][]time.Duration{}
			slack := 5 * time.Millisecond
			for round := 0; round == 0 || round < 3 && slower(t, times, slack); round++ {
				for range 4 {
					times["teamd"] = append(times["teamd"], players[0].failover(c))
					times["Run"] = append(times["Run"], players[1].failover(c))
				}
			}
			compareTimes(t, times, slack)
		})
	}
}

// compareTimes fails if Run was slower.
func compareTimes(t *testing.T, times map[string][]time.Duration, slack time.Duration) {
	t.Helper()
	if slower(t, times, slack) {
		t.Error("failover takes longer than teamd's")
	}
}

// slower reports whether Run was slower in more than four of five pairs of one time of
// each: of seven against seven, chance has it so in three of a hundred cases, and the
// machine does other things as well.
func slower(t *testing.T, times map[string][]time.Duration, slack time.Duration) bool {
	t.Helper()
	n, pairs := 0, len(times["Run"])*len(times["teamd"])
	for _, run := range times["Run"] {
		for _, teamd := range times["teamd"] {
			if run > teamd+slack {
				n++
			}
		}
	}
	t.Logf("slower in %d of %d pairs: %v", n, pairs, times)
	return pairs == 0 || n*5 > pairs*4
}

// begin runs a team whose cables lead to two systems.
func (c failoverCase) begin(t *testing.T, begin begin) *side {
	l := newLab(t)
	l.silence()
	s := &side{partners: l.taps(systemA, systemB)}
	l.Batch("link add team0 address 02:00:00:00:00:11 type team")
	s.player = &player{lab: l, team: l.open(), conn: testutil.Opened(l.Lab, iplink.Dial)}
	s.player.begin(begin, scenario{config: c.config})
	l.Cleanup(s.driver.stop)
	l.Batch("link set team0 up")
	for _, p := range s.partners {
		p.cable(true)
	}
	return s
}

// failover measures one, from the cable to the event. It starts no process meanwhile,
// which would take longer than the failover.
func (s *side) failover(c failoverCase) (took time.Duration) {
	l := s.lab
	l.Helper()
	var port int
	testutil.Eventually(l, "a port in use, and another", func() bool {
		port = s.inUse(c.name)
		return port != 0
	})
	s.settle()
	name := l.nameOf(s.team, port)
	cable := s.partners[slices.IndexFunc(s.partners, func(p *partner) bool { return p.name == name })]
	var start time.Time
	for e, err := range s.team.Events(l.Context()) {
		testutil.Must(l, err)
		if e.Snapshot {
			start = time.Now()
			cable.cable(false)
		} else if slices.ContainsFunc(e.Options, func(o team.Option) bool { return c.done(o, port) }) {
			break
		}
	}
	took = time.Since(start)
	cable.cable(true)
	return took
}

// inUse returns a port in use, 0 if another one is not ready to take its place.
func (s *side) inUse(mode string) (port int) {
	s.lab.Helper()
	o, err := s.team.Options(s.lab.Context())
	testutil.Must(s.lab, err)
	enabled := 0
	for index, option := range o.Ports {
		if option.Enabled {
			enabled++
			port = index
		}
		if !option.UserLinkUp {
			return 0
		}
	}
	switch {
	case len(o.Ports) < 2, mode == "loadbalance" && enabled < 2, mode != "loadbalance" && enabled != 1,
		mode == "activebackup" && port != o.ActivePort,
		mode == "lacp" && slices.ContainsFunc(s.partners, func(p *partner) bool { return !p.isKnown() }):
		return 0
	}
	return port
}

func (l *lab) nameOf(tm *team.Team, index int) string {
	l.Helper()
	ports, err := tm.Ports(l.Context())
	i := slices.IndexFunc(ports, func(p team.Port) bool { return p.Index == index })
	if err != nil || i < 0 {
		l.Fatalf("port %d in %v, error %v", index, ports, err)
	}
	return ports[i].Name
}
