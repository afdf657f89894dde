package team_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/team"
)

// A lab is a scratch namespace for one team, team0, on a kernel that has the
// driver.
type lab struct {
	*testutil.Lab
	name string // of the team
}

func newLab(t testing.TB) *lab {
	t.Helper()
	return newLabOf(t, "team0")
}

// newLabOf is for a team with a name of its own: the sockets for teamdctl of all teams
// are in one directory, and some teams run side by side.
func newLabOf(t testing.TB, name string) *lab {
	t.Helper()
	return &lab{testutil.NewLab(t, "team"), name}
}

// pairs makes pairs of p0 and q0, p1 and q1, …, all q up. What happens to a q
// happens to the cable of its p.
func (l *lab) pairs(n int) {
	l.Helper()
	var commands []string
	for i := range n {
		d := string(rune('0' + i))
		commands = append(commands, "link add p"+d+" address 02:00:00:00:00:a"+d+" type veth peer name q"+d+" address 02:00:00:00:00:b"+d,
			"link set q"+d+" up")
	}
	l.Batch(commands...)
}

// teamnl asks libteam's program about the team.
func (l *lab) teamnl(args ...string) string {
	l.Helper()
	out, err := l.Run("teamnl", append([]string{l.name}, args...)...)
	if err != nil {
		l.Fatalf("teamnl %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(out)
}

// open opens the team.
func (l *lab) open() *team.Team {
	l.Helper()
	return testutil.OpenedLink(l.Lab, l.name, team.Open)
}

// A driver runs a team: teamd, or this library.
type driver interface {
	stop() // and leaves the team as it is
}

// begin runs the team, which it makes if it is not there, by a configuration of
// teamd's.
type begin func(l *lab, config string) driver

// missing is a port of some configurations that does not exist: teamd leaves it out.
const missing = "p9"

type daemon struct {
	l   *lab
	cmd *exec.Cmd
}

// beginTeamd starts teamd, and waits until it answers.
func beginTeamd(l *lab, config string) driver {
	l.Helper()
	if err := os.MkdirAll("/run/teamd", 0o755); err != nil {
		l.Fatal(err)
	}
	d := &daemon{l, exec.Command("teamd", "-o", "-N", "-U", "-t", l.name, "-c", config)}
	var log strings.Builder
	d.cmd.Stdout, d.cmd.Stderr = &log, &log
	var err error
	l.In(func() { err = d.cmd.Start() })
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { d.stop() })
	for range 100 {
		if _, err := l.Run("teamdctl", l.name, "state"); err == nil {
			return d
		}
		time.Sleep(20 * time.Millisecond)
	}
	l.Fatalf("teamd does not answer: %s", &log)
	return nil
}

func (d *daemon) stop() {
	if d.cmd != nil {
		d.cmd.Process.Signal(syscall.SIGTERM)
		d.cmd.Wait()
		d.cmd = nil
	}
}

type runner struct {
	l      *lab
	team   *team.Team
	cancel context.CancelFunc
	done   chan error
}

// beginRun runs the team by the library, as far as possible with the steps that
// teamd takes.
func beginRun(l *lab, config string) driver {
	l.Helper()
	return l.run(config, nil)
}

// beginAnswering is beginRun, and teamdctl is answered.
func beginAnswering(l *lab, config string) driver {
	l.Helper()
	return l.run(config, &team.Control{})
}

func (l *lab) run(config string, control *team.Control) *runner {
	l.Helper()
	c, err := team.ParseTeamd([]byte(config))
	if err != nil {
		l.Fatal(err)
	}
	if _, err := l.Run("ip", "link", "show", l.name); err != nil {
		l.In(func() { _, err = team.New(l.name).Create(l.Context()) })
		if err != nil {
			l.Fatal(err)
		}
	}
	c.Runner.Control = control
	c.Runner.Log = slog.New(slog.NewTextHandler(l.Output(), nil))
	r := l.start(l.open(), c.Runner)
	for _, p := range c.Ports {
		if err := r.team.AddPort(l.Context(), p); err != nil && p != missing {
			l.Fatal(err)
		}
	}
	return r
}

// start begins to run a team, and waits until it is being run.
func (l *lab) start(tm *team.Team, config team.Runner) *runner {
	l.Helper()
	r := &runner{l: l, team: tm, done: make(chan error, 1)}
	var ctx context.Context
	ctx, r.cancel = context.WithCancel(context.Background())
	go func() { r.done <- r.team.Run(ctx, config) }()
	l.Cleanup(r.stop)
	testutil.Eventually(l, "running", func() bool { return tm.State().Running })
	return r
}

func (r *runner) stop() {
	if r.cancel != nil {
		r.cancel()
		r.cancel = nil
		if err := <-r.done; !errors.Is(err, context.Canceled) {
			r.l.Errorf("Run ended with: %v", err)
		}
	}
}
