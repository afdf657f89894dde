package team_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/team"
)

// TestTxHashLikeTeamd compares the program for subsets of the fragments, of all
// in a long run, with what teamd gives the kernel.
func TestTxHashLikeTeamd(t *testing.T) {
	testutil.Need(t, "team")
	if err := os.MkdirAll("/run/teamd", 0o755); err != nil {
		t.Fatal(err)
	}
	const workers = 4
	step := 53 // has all fragments come in some subset
	if os.Getenv("IPLINK_LONG") != "" {
		step = 1
	}
	var all sync.WaitGroup
	equal := make([]int, workers)
	for w := range workers {
		l := newLab(t)
		all.Go(func() {
			for n := w * step; n < 1<<10; n += workers * step {
				got, err := l.teamdHash(fmt.Sprint("team", w), subset(n))
				if want := team.TxHash(subset(n)...); err != nil || !slices.Equal(got, want) {
					t.Errorf("%v: error %v\n teamd %s\n  ours %s", subset(n), err, disassembled(got), disassembled(want))
					return
				}
				equal[w]++
			}
		})
	}
	all.Wait()
	t.Logf("equal programs, by worker: %v", equal)
}

// teamdHash starts teamd and returns the program that it gives the kernel.
func (l *lab) teamdHash(name string, fragments []team.Fragment) (program []team.Instruction, err error) {
	names := []string{}
	for _, f := range fragments {
		names = append(names, f.String())
	}
	hash, err := json.Marshal(names)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("teamd", "-U", "-t", name, "-c", `{"runner":{"name":"loadbalance","tx_hash":`+string(hash)+`}}`)
	l.In(func() { err = cmd.Start() })
	if err != nil {
		return nil, err
	}
	defer func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	}()
	for range 2000 {
		l.In(func() { program, err = hashOf(l.Context(), name) })
		if len(program) > 0 {
			return program, nil
		}
		time.Sleep(2 * time.Millisecond)
	}
	return nil, errors.Join(err, errors.New("teamd has given no program"))
}

func hashOf(ctx context.Context, name string) ([]team.Instruction, error) {
	tm, err := team.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer tm.Close()
	o, err := tm.Options(ctx)
	if err != nil {
		return nil, err
	}
	return o.HashFunc, nil
}

// middle leads p0 and p1 through bridges in a namespace in the middle to a host
// with an address, 192.0.2.1, and another in a VLAN, so that a break there leaves
// the ports' own links up.
func (l *lab) middle() *lab {
	l.Helper()
	m, h := newLab(l), newLab(l)
	h.Batch("link add host address 02:00:00:00:00:c0 type bridge", "link set host up", "address add 192.0.2.1/24 dev host",
		"link add link host name tagged type vlan id 291", "link set tagged up", "address add 198.51.100.1/24 dev tagged")
	for i := range 2 {
		n := fmt.Sprint(i)
		l.Batch("link add p" + n + " address 02:00:00:00:00:a" + n + " type veth peer name q" + n + " netns " + m.Path())
		m.Batch("link add br"+n+" type bridge", "link set br"+n+" up", "link set q"+n+" master br"+n+" up",
			"link add r"+n+" type veth peer name s"+n+" netns "+h.Path(), "link set r"+n+" master br"+n+" up")
		h.Batch("link set s" + n + " master host up")
	}
	return m
}

// breaks are link watches that find a silent break.
var breaks = map[string]string{
	"any ARP": `{"name":"arp_ping","interval":200,"missed_max":2,"target_host":"192.0.2.1"}`,
	"VLAN": `{"name":"arp_ping","interval":200,"missed_max":2,"source_host":"198.51.100.23","target_host":"198.51.100.1",
		"validate_active":true,"validate_inactive":true,"send_always":true,"vlanid":291}`,
	"two": `[{"name":"arp_ping","interval":200,"missed_max":2,"source_host":"192.0.2.23","target_host":"192.0.2.1","validate_active":true,"send_always":true,"validate_inactive":true},
		{"name":"arp_ping","interval":300,"missed_max":1,"source_host":"192.0.2.24","target_host":"192.0.2.1","validate_active":true,"send_always":true,"validate_inactive":true}]`,
}

// TestSilentBreak breaks the way of the port in use behind the next hop. The
// watch finds out, another port is used, and when the way is whole again the one
// of the higher priority. It takes no longer than with teamd.
func TestSilentBreak(t *testing.T) {
	testutil.Need(t, "team")
	for name, watch := range breaks {
		t.Run(name, func(t *testing.T) {
			config := `{"runner":{"name":"activebackup"},"ports":{"p0":{"prio":10},"p1":{}},"link_watch":` + watch + `}`
			var theirs, ours []time.Duration
			one, other := newLab(t), newLab(t)
			both(t, func() { theirs = one.silentBreaks("teamd", beginTeamd, config) },
				func() { ours = other.silentBreaks("Run", beginRun, config) })
			// A break may come at any time between two probes.
			compareTimes(t, map[string][]time.Duration{"teamd": theirs, "Run": ours}, 400*time.Millisecond)
		})
	}
}

// silentBreaks measures two of them.
func (l *lab) silentBreaks(name string, begin begin, config string) (times []time.Duration) {
	m := l.middle()
	l.Batch("link add team0 type team")
	d := begin(l, config)
	l.Batch("link set team0 up")
	tm, cable := l.open(), testutil.Opened(m.Lab, iplink.Dial)
	for range 2 {
		testutil.Eventually(l, name+": p0 in use", l.uses(tm, "p0"))
		time.Sleep(500 * time.Millisecond)
		if _, err := cable.Update(l.Context(), iplink.Device("r0").NoMaster()); err != nil {
			l.Fatal(err)
		}
		start := time.Now()
		testutil.Eventually(l, name+": p1 in use", l.uses(tm, "p1"))
		times = append(times, time.Since(start))
		for option, want := range map[string]string{"enabled": "false", "user_linkup": "false", "user_linkup_enabled": "true"} {
			if got := l.teamnl("-p", "p0", "getoption", option); got != want {
				l.Errorf("%s: %s of the broken port is %s", name, option, got)
			}
		}
		m.Batch("link set r0 master br0")
	}
	testutil.Eventually(l, name+": p0 in use again", l.uses(tm, "p0"))
	d.stop()
	return times
}

// uses asks whether a port is in use.
func (l *lab) uses(tm *team.Team, port string) func() bool {
	return func() bool {
		o, err := tm.Options(l.Context())
		return err == nil && o.ActivePort != 0 && l.nameOf(tm, o.ActivePort) == port && o.Ports[o.ActivePort].Enabled && o.Ports[o.ActivePort].UserLinkUp
	}
}

// TestTakeOverFromTeamd goes on where teamd has left off: the port in use stays
// in use, and fails over by the library from now on.
func TestTakeOverFromTeamd(t *testing.T) {
	config := fmt.Sprintf(ab, "", "", `"prio":5`, "")
	p := newPlayer(t)
	l := p.lab
	p.begin(beginTeamd, scenario{config: config})
	p.take("ip link set team0 up")
	tm := l.open()
	if got := l.teamnl("getoption", "activeport"); got != l.index("p1") {
		t.Fatalf("port %s in use", got)
	}
	p.driver.(*daemon).cmd.Process.Kill()
	p.driver.stop()
	l.Batch("link set q0 down")
	events, cancel := context.WithCancel(t.Context())
	var changed []string
	ready, done := make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		for e := range tm.Events(events) {
			if e.Snapshot {
				close(ready)
				continue
			}
			for _, o := range e.Options {
				if o.Name == "activeport" || o.Name == "enabled" && o.Value == true {
					changed = append(changed, fmt.Sprint(o.Name, o.Port, o.Value))
				}
			}
		}
	}()
	<-ready
	r := beginRunAs(l, config)
	defer r.stop()
	p.settle()
	cancel()
	<-done
	if len(changed) > 0 {
		t.Errorf("the port in use was touched: %v", changed)
	}
	l.Batch("link set q1 down")
	testutil.Eventually(l, "p2 in use", func() bool { return l.teamnl("getoption", "activeport") == l.index("p2") })
}

// beginRunAs runs the team by a configuration, and adds no port.
func beginRunAs(l *lab, config string) *runner {
	l.Helper()
	c, err := team.ParseTeamd([]byte(config))
	if err != nil {
		l.Fatal(err)
	}
	return l.start(l.open(), c.Runner)
}

// index returns the interface index of a link, in digits.
func (l *lab) index(name string) string {
	l.Helper()
	return fmt.Sprint(l.Link(name)["ifindex"])
}
