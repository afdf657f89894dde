package team_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/team"
)

func TestPorts(t *testing.T) {
	l := newLab(t)
	l.pairs(3)
	l.Batch("link add team0 type team", "link add br0 type bridge", "link set p2 master br0", "link set p1 up")
	tm := l.open()
	ctx := t.Context()
	for port, want := range map[string]string{
		"p1":    "add port to team team0: port p1: device or resource busy (it is up: take it down before, or say DownFirst)",
		"p2":    "add port to team team0: port p2: device or resource busy (it is a port of br0: remove it there before)",
		"team0": "add port to team team0: port team0: invalid argument (a team is not a port of itself)",
		"":      "add port to team team0: port: invalid argument (name the link)",
	} {
		if err := tm.AddPort(ctx, port); fmt.Sprint(err) != want {
			t.Errorf("%q\n gives %v\n want  %s", port, err, want)
		}
	}
	if err := tm.AddPort(ctx, "nope"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	if err := tm.AddPort(ctx, "lo", team.DownFirst); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("lo as a port: error %v", err)
	}
	for _, add := range []error{tm.AddPort(ctx, "p0"), tm.AddPort(ctx, "p0"), tm.AddPort(ctx, "p1", team.DownFirst)} {
		if add != nil {
			t.Error(add)
		}
	}
	if got := l.teamnl("ports"); strings.Count(got, "up 10000Mbit FD") != 2 {
		t.Errorf("teamnl: %s", got)
	}
	if err := tm.RemovePort(ctx, "p2"); fmt.Sprint(err) != "remove port from team team0: port p2: no such file or directory (it is not a port of this team)" {
		t.Errorf("error %v", err)
	}
	if err := tm.RemovePort(ctx, "p0"); err != nil {
		t.Error(err)
	}
	if got := l.teamnl("ports"); strings.Contains(got, "p0") || !strings.Contains(got, "p1") {
		t.Errorf("teamnl: %s", got)
	}
}

// TestAddPortUndone brings a link up again that the team refuses.
func TestAddPortUndone(t *testing.T) {
	l := newLab(t)
	l.Batch("link add team0 type team", "link set lo up")
	if err := l.open().AddPort(t.Context(), "lo", team.DownFirst); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("error %v", err)
	}
	if flags := fmt.Sprint(l.Link("lo")["flags"]); !strings.Contains(flags, "UP") {
		t.Errorf("flags %s", flags)
	}
}

// TestAddPortCancelled ends ctx at any moment: the link is a port, or as it was.
func TestAddPortCancelled(t *testing.T) {
	l := newLab(t)
	l.pairs(1)
	l.Batch("link add team0 type team", "link set p0 up")
	tm := l.open()
	for d := time.Duration(1); d < 20*time.Millisecond; d *= 3 {
		ctx, cancel := context.WithTimeout(t.Context(), d)
		err := tm.AddPort(ctx, "p0", team.DownFirst)
		cancel()
		link := l.Link("p0")
		up := strings.Contains(fmt.Sprint(link["flags"]), "UP")
		if joined := link["master"] == "team0"; joined != (err == nil) || !up {
			t.Errorf("after %v: error %v, a port %v, up %v", d, err, joined, up)
		}
		if err == nil {
			if err := tm.RemovePort(t.Context(), "p0"); err != nil {
				t.Error(err)
			}
			l.Batch("link set p0 up")
		}
	}
}

// TestUserLinkUp has a program find the link of the only port down: the team's
// carrier goes, the port's own state stays.
func TestUserLinkUp(t *testing.T) {
	l := newLab(t)
	l.pairs(1)
	l.Batch("link add team0 type team")
	tm := l.open()
	ctx := t.Context()
	if err := errors.Join(tm.SetOption(ctx, team.Mode(team.RoundRobin)), tm.AddPort(ctx, "p0")); err != nil {
		t.Fatal(err)
	}
	l.Batch("link set team0 up")
	carrier := func() string { return fmt.Sprint(l.Link("team0")["flags"]) }
	testutil.Eventually(l, "carrier", func() bool { return strings.Contains(carrier(), "LOWER_UP") })
	if err := errors.Join(tm.SetOption(ctx, team.UserLinkUp("p0", false)), tm.SetOption(ctx, team.UserLinkUpEnabled("p0", true))); err != nil {
		t.Fatal(err)
	}
	testutil.Eventually(l, "no carrier", func() bool { return !strings.Contains(carrier(), "LOWER_UP") })
	ports, err := tm.Ports(ctx)
	if err != nil || len(ports) != 1 || !ports[0].LinkUp {
		t.Errorf("ports %+v, error %v", ports, err)
	}
}
