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

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/team"
)

// A lab is a scratch namespace for one team, team0, on a kernel that has the
// driver.
type lab struct {
	t  *testing.T
	ns *os.File
}

func newLab(t *testing.T) *lab {
	t.Helper()
	testutil.Need(t, "team")
	return &lab{t, testutil.NetNS(t)}
}

// ip runs one `ip` command a line.
func (l *lab) ip(commands ...string) {
	l.t.Helper()
	testutil.IPBatch(l.t, l.ns, commands...)
}

// pairs makes pairs of p0 and q0, p1 and q1, …, all q up. What happens to a q
// happens to the cable of its p.
func (l *lab) pairs(n int) {
	l.t.Helper()
	var commands []string
	for i := range n {
		d := string(rune('0' + i))
		commands = append(commands, "link add p"+d+" address 02:00:00:00:00:a"+d+" type veth peer name q"+d+" address 02:00:00:00:00:b"+d,
			"link set q"+d+" up")
	}
	l.ip(commands...)
}

// run runs a command in the namespace and returns what it prints.
func (l *lab) run(name string, args ...string) (string, error) {
	var out []byte
	var err error
	testutil.In(l.t, l.ns, func() { out, err = exec.Command(name, args...).CombinedOutput() })
	return string(out), err
}

// teamnl asks libteam's program about the team.
func (l *lab) teamnl(args ...string) string {
	l.t.Helper()
	out, err := l.run("teamnl", append([]string{"team0"}, args...)...)
	if err != nil {
		l.t.Fatalf("teamnl %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(out)
}

// open opens the team.
func (l *lab) open() *team.Team {
	l.t.Helper()
	var tm *team.Team
	var err error
	testutil.In(l.t, l.ns, func() { tm, err = team.Open(l.t.Context(), "team0") })
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { tm.Close() })
	return tm
}

// dial opens a socket of the library's.
func (l *lab) dial() *iplink.Conn {
	l.t.Helper()
	var c *iplink.Conn
	var err error
	testutil.In(l.t, l.ns, func() { c, err = iplink.Dial() })
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { c.Close() })
	return c
}

// A driver runs a team: teamd, or this library.
type driver interface {
	stop() // and leaves the team as it is
}

// begin runs the team, which it makes if it is not there, by a configuration of
// teamd's.
type begin func(l *lab, config string) driver

type daemon struct {
	l   *lab
	cmd *exec.Cmd
}

// beginTeamd starts teamd, and waits until it answers.
func beginTeamd(l *lab, config string) driver {
	l.t.Helper()
	if err := os.MkdirAll("/run/teamd", 0o755); err != nil {
		l.t.Fatal(err)
	}
	d := &daemon{l, exec.Command("teamd", "-o", "-N", "-U", "-t", "team0", "-c", config)}
	var log strings.Builder
	d.cmd.Stdout, d.cmd.Stderr = &log, &log
	var err error
	testutil.In(l.t, l.ns, func() { err = d.cmd.Start() })
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { d.stop() })
	for range 100 {
		if _, err := l.run("teamdctl", "team0", "state"); err == nil {
			return d
		}
		time.Sleep(20 * time.Millisecond)
	}
	l.t.Fatalf("teamd does not answer: %s", &log)
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
	l.t.Helper()
	c, err := team.ParseTeamd([]byte(config))
	if err != nil {
		l.t.Fatal(err)
	}
	if _, err := l.run("ip", "link", "show", "team0"); err != nil {
		testutil.In(l.t, l.ns, func() { _, err = team.New("team0").Create(l.t.Context()) })
		if err != nil {
			l.t.Fatal(err)
		}
	}
	c.Runner.Log = slog.New(slog.NewTextHandler(l.t.Output(), nil))
	r := l.start(l.open(), c.Runner)
	for _, p := range c.Ports {
		if err := r.team.AddPort(l.t.Context(), p); err != nil {
			l.t.Fatal(err)
		}
	}
	return r
}

// start begins to run a team, and waits until it is being run.
func (l *lab) start(tm *team.Team, config team.Runner) *runner {
	l.t.Helper()
	r := &runner{l: l, team: tm, done: make(chan error, 1)}
	var ctx context.Context
	ctx, r.cancel = context.WithCancel(context.Background())
	go func() { r.done <- r.team.Run(ctx, config) }()
	l.t.Cleanup(r.stop)
	l.await("running", func() bool { return tm.State().Running })
	return r
}

// await waits for something that must come about.
func (l *lab) await(what string, so func() bool) {
	l.t.Helper()
	for range 1000 {
		if so() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	l.t.Fatalf("not %s in time", what)
}

func (r *runner) stop() {
	if r.cancel != nil {
		r.cancel()
		r.cancel = nil
		if err := <-r.done; !errors.Is(err, context.Canceled) {
			r.l.t.Errorf("Run ended with: %v", err)
		}
	}
}
