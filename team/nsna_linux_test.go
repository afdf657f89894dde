package team_test

import (
	"net/netip"
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
