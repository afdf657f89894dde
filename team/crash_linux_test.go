package team_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/team"
)

// crashVariable is the configuration of the process that runs a team until it is killed.
const crashVariable = "IPLINK_TEAM_CRASH"

// crashCases are configurations by which teams are run, with p0 in use at first.
var crashCases = map[string]string{
	"activebackup": `{"runner":{"name":"activebackup"},"ports":{"p0":{"prio":9},"p1":{}}}`,
	"loadbalance":  `{"runner":{"name":"loadbalance"},"ports":{"p0":{},"p1":{}}}`,
	"lacp":         `{"runner":{"name":"lacp","fast_rate":true,"sys_prio":4660},"ports":{"p0":{},"p1":{}}}`,
}

// TestCrash kills a process that runs a team. The kernel goes on with the ports in use.
// Another runner takes over: no port in use is taken out of use, and the carrier stays.
// It copes with a fault, leaves the team as it is when it ends, and a third one takes
// everything down.
func TestCrash(t *testing.T) {
	if config := os.Getenv(crashVariable); config != "" {
		runUntilKilled(t, config)
	}
	needTaps(t)
	for name, config := range crashCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.silence()
			partners := l.taps(systemA, systemA)
			l.Batch("link add team0 address 02:00:00:00:00:11 type team", "link set team0 up")
			p := &side{&player{lab: l, team: l.open(), conn: testutil.Opened(l.Lab, iplink.Dial), quiet: 100 * time.Millisecond}, partners}
			p.follow()
			for _, one := range partners {
				one.cable(true)
			}
			kill := l.runElsewhere(config)
			all := []string{"p0", "p1"}
			if name == "activebackup" {
				all = all[:1]
			}
			testutil.Eventually(l, "ports in use, by another process", func() bool {
				return slices.Equal(p.enabled(), all) && p.carrier() && (name != "lacp" || partners[0].isKnown() && partners[1].isKnown())
			})
			before := p.seen()
			kill()
			if diff := cmp.Diff(before, p.seen()); diff != "" {
				t.Errorf("after the kill:\n%s", diff)
			}
			r := p.takeOver(config, all)
			if diff := cmp.Diff(before, p.seen()); diff != "" {
				t.Errorf("after another runner has taken over:\n%s", diff)
			}
			partners[0].cable(false)
			testutil.Eventually(l, "p1 alone in use", func() bool { return slices.Equal(p.enabled(), []string{"p1"}) && p.carrier() })
			before = p.seen()
			r.stop()
			if diff := cmp.Diff(before, p.seen()); diff != "" {
				t.Errorf("after the end of the runner:\n%s", diff)
			}
			p.destroy(config)
		})
	}
}

// runUntilKilled runs the team in the namespace that was handed down.
func runUntilKilled(t *testing.T, config string) {
	ns, err := iplink.NetNSAtPath("/proc/self/fd/3")
	testutil.Must(t, err)
	tm, err := team.Open(t.Context(), "team0", iplink.In(ns))
	testutil.Must(t, err)
	c, err := team.ParseTeamd([]byte(config))
	testutil.Must(t, err)
	ends := make(chan error)
	go func() { ends <- tm.Run(t.Context(), c.Runner) }()
	testutil.Eventually(t, "running", func() bool { return tm.State().Running })
	for _, port := range c.Ports {
		testutil.Must(t, tm.AddPort(t.Context(), port))
	}
	t.Fatalf("Run ended with %v, before the process was killed", <-ends)
}

// runElsewhere runs the team in another process, and returns a function that kills it.
func (l *lab) runElsewhere(config string) (kill func()) {
	l.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestCrash$")
	cmd.Env = append(os.Environ(), crashVariable+"="+config)
	cmd.ExtraFiles = []*os.File{l.File}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	testutil.Must(l, cmd.Start())
	killed := false
	kill = func() {
		if killed {
			return
		}
		killed = true
		_ = cmd.Process.Kill() // it may have ended, which Wait tells
		if err := cmd.Wait(); err == nil || err.Error() != "signal: killed" {
			l.Errorf("the process ended with %v: %s", err, &out)
		}
	}
	l.Cleanup(kill)
	return kill
}

// seen returns all options and links, and how often the team has lost its carrier, once
// nothing changes any more.
func (s *side) seen() []string {
	s.lab.Helper()
	s.settle()
	link, err := s.conn.Get(s.lab.Context(), "team0")
	testutil.Must(s.lab, err)
	return append(s.look(), fmt.Sprint("carrier ", link.Carrier, ", lost ", link.CarrierDowns))
}

// takeOver runs a team whose ports in use are the given ones until all ports are known,
// and reports each that is taken out of use on the way.
func (s *side) takeOver(config string, inUse []string) *runner {
	l := s.lab
	l.Helper()
	events, cancel := context.WithCancel(l.Context())
	ready, done := make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		for e := range s.team.Events(events) {
			if e.Snapshot {
				close(ready)
				continue
			}
			for _, o := range e.Options {
				if o.Name == "activeport" || o.Name == "enabled" && o.Value == false && slices.Contains(inUse, l.nameOf(s.team, o.Port)) {
					l.Errorf("the ports in use were touched: %s of %d is %v", o.Name, o.Port, o.Value)
				}
			}
		}
	}()
	<-ready
	r := beginRunAs(l, config)
	testutil.Eventually(l, "all ports known", func() bool {
		ports := r.team.State().Ports
		return len(ports) == 2 && !slices.ContainsFunc(ports, func(p team.PortState) bool {
			return !p.Up || p.LACP != nil && (p.LACP.State != team.LACPCurrent || !p.LACP.Selected)
		})
	})
	s.settle()
	cancel()
	<-done
	return r
}

// destroy runs the team until it has taken over, and takes everything down.
func (s *side) destroy(config string) {
	l := s.lab
	l.Helper()
	c, err := team.ParseTeamd([]byte(config))
	testutil.Must(l, err)
	c.Runner.Destroy = true
	l.start(l.open(), c.Runner).stop()
	if got := l.Names(); !slices.Equal(got, []string{"lo", "p0", "p1"}) {
		l.Errorf("links %v", got)
	}
	for i := range 2 {
		if got, want := l.Link(fmt.Sprint("p", i))["address"], fmt.Sprint("02:00:00:00:00:a", i); got != want {
			l.Errorf("p%d has the address %v, not %s", i, got, want)
		}
	}
}
