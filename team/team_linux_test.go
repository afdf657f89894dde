package team_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/team"
)

// TestCreateWithMode sets every mode, of which teamnl then knows.
func TestCreateWithMode(t *testing.T) {
	for _, mode := range []iplink.TeamMode{team.Broadcast, team.RoundRobin, team.Random, team.ActiveBackup, team.LoadBalance} {
		l := newLab(t)
		var link *iplink.Link
		var err error
		l.In(func() { link, err = team.New("team0").Mode(mode).Up().Create(t.Context()) })
		if err != nil {
			t.Fatal(err)
		}
		if got := l.teamnl("getoption", "mode"); got != string(mode) {
			t.Errorf("mode %q, want %q", got, mode)
		}
		if info, ok := link.Info.(*iplink.TeamInfo); !ok || info.Mode != mode {
			t.Errorf("Info %+v", link.Info)
		}
	}
}

// TestModeLater sets the mode by the other verbs.
func TestModeLater(t *testing.T) {
	l := newLab(t)
	l.Batch("link add team0 type team", "link add d0 type dummy")
	l.In(func() {
		ctx := t.Context()
		if _, err := team.New("team0").Mode(team.Random).Update(ctx); err != nil {
			t.Error(err)
		}
		diffs, err := team.New("team0").Mode(team.Broadcast).Diff(ctx)
		if text := fmt.Sprint(diffs, err); text != "[mode: have random, want broadcast] <nil>" {
			t.Error(text)
		}
		change, err := team.New("team0").Mode(team.Broadcast).MTU(1400).Ensure(ctx)
		if err != nil || len(change.Differences) != 2 || change.Link.Info.(*iplink.TeamInfo).Mode != team.Broadcast {
			t.Errorf("%+v, error %v", change, err)
		}
		if change, err = team.New("team0").Mode(team.Broadcast).MTU(1400).Ensure(ctx); err != nil || change.Changed() {
			t.Errorf("the second time: %+v, error %v", change, err)
		}
		if _, err := iplink.Device("d0").Master("team0").Update(ctx); err != nil {
			t.Error(err)
		}
		_, err = team.New("team0").Mode(team.Random).Update(ctx)
		if !errors.Is(err, fs.ErrInvalid) || !strings.Contains(fmt.Sprint(err), "mode: invalid argument (changes only while the link has no ports: take out d0)") {
			t.Errorf("error %v", err)
		}
	})
	if got := l.teamnl("getoption", "mode"); got != "broadcast" {
		t.Errorf("mode %q", got)
	}
}

// TestModeAndPorts makes a team and its ports at once: the mode comes first.
func TestModeAndPorts(t *testing.T) {
	l := newLab(t)
	l.In(func() {
		c, err := iplink.Dial()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Create(t.Context(), team.New("team0").Mode(team.ActiveBackup), dummy.New("d0").Master("team0")); err != nil {
			t.Error(err)
		}
	})
	if got := l.teamnl("ports"); !strings.Contains(got, "d0") {
		t.Errorf("ports %q", got)
	}
	if got := l.teamnl("getoption", "mode"); got != "activebackup" {
		t.Errorf("mode %q", got)
	}
}

// TestModeElsewhere makes a team in another namespace than the caller's.
func TestModeElsewhere(t *testing.T) {
	l := newLab(t)
	ns := testutil.OpenedBy(l.Lab, iplink.CurrentNetNS)
	var err error
	testutil.NewLab(t).In(func() {
		_, err = team.New("team0").Mode(team.LoadBalance).NetNS(ns).Create(t.Context())
	})
	if got := l.teamnl("getoption", "mode"); got != "loadbalance" || err != nil {
		t.Errorf("mode %q, error %v", got, err)
	}
}

// refused makes a team of a mode that the kernel refuses: it is not left.
func (l *lab) refused(mode iplink.TeamMode) (err error) {
	l.Helper()
	l.In(func() { _, err = team.New("team0").Mode(mode).Create(l.Context()) })
	if out, err := l.Run("ip", "link", "show", "team0"); err == nil {
		l.Errorf("the team is there: %s", out)
	}
	return err
}

func TestModeRefused(t *testing.T) {
	err := newLab(t).refused("lacp")
	if !errors.Is(err, fs.ErrInvalid) || !strings.Contains(fmt.Sprint(err), `mode: invalid argument ("lacp" is not one of`) {
		t.Errorf("error %v", err)
	}
}

// TestWithoutModule has the kernel not know a mode.
func TestWithoutModule(t *testing.T) {
	l := newLab(t)
	if !testutil.Matrix() {
		testutil.Skipf(t, "modules are only unloaded in a virtual machine")
	}
	l.withoutModule("team_mode_random")
	want := "create team team0: mode: invalid argument (this kernel has no team mode random (CONFIG_NET_TEAM_MODE_RANDOM))"
	if err := l.refused(team.Random); fmt.Sprint(err) != want {
		t.Errorf("error %v\n  want %s", err, want)
	}
}

// withoutModule unloads a module and keeps the kernel from loading any.
func (l *lab) withoutModule(name string) {
	l.Helper()
	const file = "/proc/sys/kernel/modprobe"
	former, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, []byte("/none"), 0)
	}
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { os.WriteFile(file, former, 0) })
	if err := unix.DeleteModule(name, 0); err != nil && err != unix.ENOENT {
		l.Fatal(err)
	}
}

// TestOptionsLikeTeamnl sets every option, and teamnl tells what it is.
func TestOptionsLikeTeamnl(t *testing.T) {
	l := newLab(t)
	l.pairs(2)
	l.Batch("link add team0 type team", "link add team9 type team")
	tm := l.open()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	set := func(o team.Option, teamnl ...string) {
		t.Helper()
		want := teamnl[len(teamnl)-1]
		must(tm.SetOption(ctx, o))
		if got := l.teamnl(teamnl[:len(teamnl)-1]...); got != want {
			t.Errorf("%v: teamnl says %q, want %q", o, got, want)
		}
	}
	set(team.Mode(team.LoadBalance), "getoption", "mode", "loadbalance")
	must(tm.SetOption(ctx, team.Mode(team.LoadBalance))) // so it is already
	must(tm.AddPort(ctx, "p0"))
	must(tm.AddPort(ctx, "p1"))
	var ports []team.Port
	testutil.Eventually(l, "two ports with a carrier", func() bool { // of which the kernel hears a moment later
		var err error
		ports, err = tm.Ports(ctx)
		must(err)
		return len(ports) == 2 && ports[1].LinkUp
	})
	if ports[1].Name != "p1" || ports[1].Speed != 10000 || !ports[1].FullDuplex {
		t.Fatalf("ports %+v", ports)
	}
	p1 := ports[1].Index
	set(team.NotifyPeersCount(0x1234), "getoption", "notify_peers_count", "4660")
	set(team.NotifyPeersInterval(1500*time.Millisecond), "getoption", "notify_peers_interval", "1500")
	set(team.MCastRejoinCount(0x2345), "getoption", "mcast_rejoin_count", "9029")
	set(team.MCastRejoinInterval(33*time.Millisecond), "getoption", "mcast_rejoin_interval", "33")
	set(team.Method(team.ByMapping), "getoption", "lb_tx_method", "hash_to_port_mapping")
	set(team.StatsRefreshInterval(4500*time.Millisecond), "getoption", "lb_stats_refresh_interval", "45")
	set(team.Priority("p1", -0x1234), "-p", "p1", "getoption", "priority", "-4660")
	set(team.QueueID("p1", 5), "-p", "p1", "getoption", "queue_id", "5")
	set(team.UserLinkUp("p1", true), "-p", "p1", "getoption", "user_linkup", "true")
	set(team.UserLinkUpEnabled("p1", true), "-p", "p1", "getoption", "user_linkup_enabled", "true")
	set(team.Enabled("p0", false), "-p", "p0", "getoption", "enabled", "false")
	must(tm.SetOption(ctx, team.HashFunc(team.TxHash(team.HashVLAN))))
	l.checkHalves(tm)
	set(team.HashToPort(0x42, p1), "-a", "66", "getoption", "lb_tx_hash_to_port_mapping", fmt.Sprint(p1))

	o, err := tm.Options(ctx)
	must(err)
	want := &team.Options{Mode: team.LoadBalance, NotifyPeersCount: 0x1234, NotifyPeersInterval: 1500 * time.Millisecond,
		MCastRejoinCount: 0x2345, MCastRejoinInterval: 33 * time.Millisecond, TxMethod: team.ByMapping, StatsRefreshInterval: 4500 * time.Millisecond,
		HashFunc: team.TxHash(team.HashVLAN), HashToPort: make([]int, 256), HashStats: o.HashStats, Ports: map[int]team.PortOptions{
			ports[0].Index: {TxBytes: o.Ports[ports[0].Index].TxBytes},
			p1:             {Enabled: true, RxEnabled: true, TxEnabled: true, UserLinkUp: true, UserLinkUpEnabled: true, Priority: -0x1234, QueueID: 5, TxBytes: o.Ports[p1].TxBytes},
		}}
	want.HashToPort[0x42] = p1
	if diff := cmp.Diff(want, o); diff != "" || len(o.HashStats) != 256 {
		t.Error(diff)
	}
}

// checkHalves sets the halves of "enabled" where the kernel has them.
func (l *lab) checkHalves(tm *team.Team) {
	l.Helper()
	ctx := l.Context()
	err := tm.SetOption(ctx, team.RxEnabled("p1", false))
	if !strings.Contains(l.teamnl("options"), "rx_enabled") {
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(fmt.Sprint(err), "rx_enabled of port p1: no such file or directory (this kernel has no such option)") {
			l.Errorf("error %v", err)
		}
		return
	}
	if got := l.teamnl("-p", "p1", "getoption", "rx_enabled"); got != "false" || err != nil {
		l.Errorf("rx_enabled %s, error %v", got, err)
	}
	o, err := tm.Options(ctx)
	if err != nil {
		l.Fatal(err)
	}
	for _, p := range o.Ports {
		if p.Priority != 0 && (p.RxEnabled || !p.TxEnabled || p.Enabled) {
			l.Errorf("half enabled: %+v", p)
		}
	}
	for _, o := range []team.Option{team.TxEnabled("p1", false), team.RxEnabled("p1", true), team.TxEnabled("p1", true)} {
		if err := tm.SetOption(ctx, o); err != nil {
			l.Error(err)
		}
	}
	if got := l.teamnl("-p", "p1", "getoption", "enabled"); got != "true" {
		l.Errorf("enabled %s", got)
	}
}

// TestRefusals has the kernel refuse options, and gives the reasons.
func TestRefusals(t *testing.T) {
	l := newLab(t)
	l.pairs(2)
	l.Batch("link add team0 type team")
	tm := l.open()
	ctx := t.Context()
	if err := tm.SetOption(ctx, team.Mode(team.ActiveBackup)); err != nil {
		t.Fatal(err)
	}
	if err := tm.AddPort(ctx, "p0"); err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]team.Option{
		"activeport: no such file or directory (77 is the index of no port of the team)":  team.ActivePort(77),
		"lb_tx_method: no such file or directory (is there only in mode loadbalance)":     team.Method(team.ByHash),
		"priority of port p1: no such file or directory (that is not a port of the team)": team.Priority("p1", 5),
		"queue_id of port p0: invalid argument (the team has fewer transmit queues)":      team.QueueID("p0", 16),
		"mode: device or resource busy (changes only while the team has no ports)":        team.Mode(team.Random),
		"newer: no such file or directory (this kernel has no such option)":               {Name: "newer", Value: uint32(5), Index: -1},
		"priority of port p7: no such device":                                             team.Priority("p7", 5),
	} {
		if err := tm.SetOption(ctx, o); fmt.Sprint(err) != "set option of team team0: "+want && !strings.Contains(fmt.Sprint(err), "priority of port p7: no such device") {
			t.Errorf("%v\n gives %v\n want  %s", o, err, want)
		}
	}
	l.Batch("link add dev team9 type team")
	var other *team.Team
	var err error
	l.In(func() { other, err = team.Open(ctx, "team9") })
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := other.SetOption(ctx, team.Mode(team.LoadBalance)); err != nil {
		t.Fatal(err)
	}
	if err := other.SetOption(ctx, team.HashFunc([]team.Instruction{{Op: 0x15}})); fmt.Sprint(err) != "set option of team team9: bpf_hash_func: invalid argument (the kernel refuses the program)" {
		t.Errorf("error %v", err)
	}
	if err := other.SetOption(ctx, team.HashToPort(3, 77)); fmt.Sprint(err) != "set option of team team9: lb_tx_hash_to_port_mapping 3: no such device (77 is the index of no enabled port of the team)" {
		t.Errorf("error %v", err)
	}
}

func TestOpenFaults(t *testing.T) {
	l := newLab(t)
	l.Batch("link add d0 type dummy")
	for name, want := range map[string]error{"d0": iplink.ErrKind, "none": fs.ErrNotExist, "": fs.ErrInvalid} {
		l.In(func() {
			if tm, err := team.Open(t.Context(), name); !errors.Is(err, want) {
				t.Errorf("%q: error %v, want %v", name, err, want)
				if err == nil {
					tm.Close()
				}
			}
		})
	}
}

// TestEvents reports what others do.
func TestEvents(t *testing.T) {
	l := newLab(t)
	l.pairs(1)
	l.Batch("link add team0 type team", "link set p0 master team0")
	tm := l.open()
	steps := []string{"", "ip link set q0 down", "teamnl team0 -p p0 setoption priority 4660", "ip link set p0 nomaster", "ip link del team0"}
	seen := map[string]bool{}
	next := func() {
		words := strings.Fields(steps[0])
		steps = steps[1:]
		if len(words) > 0 {
			if out, err := l.Run(words[0], words[1:]...); err != nil {
				t.Errorf("%v: %v: %s", words, err, out)
			}
		}
	}
	next()
	for e, err := range tm.Events(t.Context()) {
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("ended with %v", err)
			}
			break
		}
		for _, p := range e.Ports {
			seen[fmt.Sprintf("port %v up %v removed %v", p.Index > 0, p.LinkUp, p.Removed)] = true
		}
		for _, o := range e.Options {
			seen[fmt.Sprint(o.Name, "=", o.Value)] = true
		}
		removed := slices.ContainsFunc(e.Ports, func(p team.Port) bool { return p.Removed })
		switch left := len(steps); { // each step waits for what the one before leads to
		case left == 4 && e.Snapshot, left == 3 && seen["port true up false removed false"], left == 2 && seen["priority=4660"], left == 1 && removed:
			next()
		}
	}
	for _, want := range []string{"port true up true removed false", "port true up false removed false", "priority=4660", "mode=*NOMODE*"} {
		if !seen[want] {
			t.Errorf("no %q in %v", want, seen)
		}
	}
}

// TestEventsOverrun changes an option while the reader of events stalls, and the kernel drops
// most of the events. The reader then has a snapshot with the last value.
func TestEventsOverrun(t *testing.T) {
	l := newLab(t)
	l.pairs(1)
	l.Batch("link add team0 type team", "link set p0 master team0")
	tm := l.open()
	tm.SetEventBuffer(4096)
	const changes = 200
	events, snapshots, value := 0, 0, any(nil)
	for e, err := range tm.Events(t.Context()) {
		testutil.Must(t, err)
		events++
		if e.Snapshot {
			snapshots++
		}
		if events == 1 {
			for n := range changes {
				testutil.Must(t, tm.SetOption(t.Context(), team.Priority("p0", int32(n+1))))
			}
		}
		for _, o := range e.Options {
			if o.Name == "priority" {
				value = o.Value
			}
		}
		if value == any(int32(changes)) {
			break
		}
	}
	if snapshots < 2 || events > changes/2 {
		t.Errorf("%d snapshots among %d events", snapshots, events)
	}
}

// TestDestroy takes everything down when ctx ends.
func TestDestroy(t *testing.T) {
	l := newLab(t)
	l.pairs(1)
	l.Batch("link add team0 type team")
	tm := l.open()
	r := l.start(tm, team.Runner{Mode: team.ActiveBackup, Destroy: true})
	if err := tm.AddPort(t.Context(), "p0"); err != nil {
		t.Fatal(err)
	}
	if err := tm.Run(t.Context(), team.Runner{}); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("a second Run: %v", err)
	}
	testutil.Eventually(l, "p0 in use", func() bool { return tm.State().ActivePort == "p0" })
	r.stop()
	if out, err := l.Run("ip", "link", "show", "team0"); err == nil {
		t.Errorf("the team is there: %s", out)
	}
	if mac := l.Link("p0")["address"]; mac != "02:00:00:00:00:a0" {
		t.Errorf("the port has the address %v", mac)
	}
	if s := tm.State(); s.Running || s.ActivePort != "p0" {
		t.Errorf("state %+v", s)
	}
}

// TestClose ends Run and Events, which leaves the team as it is.
func TestClose(t *testing.T) {
	l := newLab(t)
	l.Batch("link add team0 type team")
	tm := l.open()
	ends := make(chan error, 2)
	go func() { ends <- tm.Run(t.Context(), team.Runner{Mode: team.Broadcast}) }()
	watching := make(chan bool)
	go func() {
		for e, err := range tm.Events(t.Context()) {
			if e.Snapshot {
				close(watching)
			}
			if err != nil {
				ends <- err
			}
		}
	}()
	testutil.Eventually(l, "running", func() bool { return tm.State().Running })
	<-watching
	if err := tm.Close(); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := <-ends; !errors.Is(err, fs.ErrClosed) {
			t.Errorf("ended with: %v", err)
		}
	}
	if got := l.teamnl("getoption", "mode"); got != "broadcast" {
		t.Errorf("mode %q", got)
	}
}

// TestTeamDeleted ends Run.
func TestTeamDeleted(t *testing.T) {
	l := newLab(t)
	l.Batch("link add team0 type team")
	tm := l.open()
	done := make(chan error, 1)
	go func() {
		done <- tm.Run(t.Context(), team.Runner{Mode: team.Random, Address: net.HardwareAddr{2, 0, 0, 0, 0, 5}})
	}()
	testutil.Eventually(l, "running", func() bool { return tm.State().Running })
	l.Batch("link del team0")
	if err := <-done; !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
