package team_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/team"
)

// TestNSNAPingBreak breaks the way of the port in use behind the next hop, and mends
// it. The watch finds out, alone and together with others.
func TestNSNAPingBreak(t *testing.T) {
	testutil.Need(t, "team")
	nsna := team.NSNAPing{Target: netip.MustParseAddr("fe80::ff:fe00:c0"), Interval: 200 * time.Millisecond, MissedMax: new(uint32(2)), SendAlways: true}
	arp := team.ARPPing{Target: netip.MustParseAddr("192.0.2.1"), Source: netip.MustParseAddr("192.0.2.23"), Interval: 200 * time.Millisecond,
		SendAlways: true, ValidateActive: true, ValidateInactive: true}
	for name, watches := range map[string][]team.LinkWatch{"alone": {nsna}, "with others": {team.Ethtool{}, nsna, arp}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			m := l.middle()
			l.Batch("link add team0 type team")
			tm := l.open()
			r := l.start(tm, team.Runner{Mode: team.ActiveBackup, LinkWatches: watches, LinkWatchPolicy: team.AllWatches,
				Ports: map[string]team.PortConfig{"p0": {Priority: 10}, "p1": {}}})
			defer r.stop()
			for _, port := range []string{"p0", "p1"} {
				if err := tm.AddPort(l.Context(), port); err != nil {
					t.Fatal(err)
				}
			}
			l.Batch("link set team0 up")
			testutil.Eventually(l, "p0 in use", l.uses(tm, "p0"))
			cable := testutil.Opened(m.Lab, iplink.Dial)
			if _, err := cable.Update(l.Context(), iplink.Device("r0").NoMaster()); err != nil {
				t.Fatal(err)
			}
			testutil.Eventually(l, "p1 in use", l.uses(tm, "p1"))
			if got := l.teamnl("-p", "p0", "getoption", "user_linkup"); got != "false" {
				t.Errorf("the broken port is up: %s", got)
			}
			m.Batch("link set r0 master br0")
			testutil.Eventually(l, "p0 in use again", l.uses(tm, "p0"))
		})
	}
}

// TestNSNAPingLikeTeamd breaks the way of each port in use, one after the other. Only the
// port in use sends probes, so the broken one is not found whole before the other is
// broken, too. It takes no longer than with teamd.
func TestNSNAPingLikeTeamd(t *testing.T) {
	testutil.Need(t, "team")
	const config = `{"runner":{"name":"activebackup"},"ports":{"p0":{"prio":10},"p1":{}},
		"link_watch":{"name":"nsna_ping","interval":200,"missed_max":2,"target_host":"fe80::ff:fe00:c0"}}`
	var theirs, ours []time.Duration
	one, other := newLab(t), newLab(t)
	both(t, func() { theirs = one.breakInTurn("teamd", beginTeamd, config) },
		func() { ours = other.breakInTurn("Run", beginRun, config) })
	// A break may come at any time between two probes.
	compareTimes(t, map[string][]time.Duration{"teamd": theirs, "Run": ours}, 400*time.Millisecond)
}

func (l *lab) breakInTurn(name string, begin begin, config string) (times []time.Duration) {
	m := l.middle()
	l.Batch("link add team0 type team")
	d := begin(l, config)
	l.Batch("link set team0 up")
	tm, cable := l.open(), testutil.Opened(m.Lab, iplink.Dial)
	testutil.Eventually(l, name+": p0 in use", l.uses(tm, "p0"))
	for i := range 3 {
		used, next := []string{"p0", "p1"}[i%2], []string{"p1", "p0"}[i%2]
		time.Sleep(300 * time.Millisecond)
		if got := l.teamnl("-p", next, "getoption", "user_linkup"); i > 0 && got != "false" {
			l.Errorf("%s: %s sends no probes, and is up: %s", name, next, got)
		}
		r := strings.Replace(used, "p", "r", 1)
		if _, err := cable.Update(l.Context(), iplink.Device(r).NoMaster()); err != nil {
			l.Fatal(err)
		}
		start := time.Now()
		testutil.Eventually(l, name+": "+next+" in use", l.uses(tm, next))
		times = append(times, time.Since(start))
		m.Batch("link set " + r + " master " + strings.Replace(used, "p", "br", 1))
	}
	d.stop()
	return times
}
