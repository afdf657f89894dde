package guest

import "testing"

// TestWatchedLog searches a log that grows, and that loses its beginning.
func TestWatchedLog(t *testing.T) {
	const (
		quiet   = "[    1.0] br0: port 1(v0) entered blocking state\n"
		warning = "[    2.0] WARNING: CPU: 0 PID: 7 at net/core/dev.c:1 unregister+0x1/0x2\n[    2.0] ---[ end trace ]---\n"
		begin   = "[    3.0] " + WarningExpected + "fill\n"
		within  = "[    4.0] WARNING: CPU: 0 PID: 7 at net/core/dev.c:1 fill+0x1/0x2\n[    4.0] ---[ end trace ]---\n"
		end     = "[    5.0] " + WarningOver + "fill\n"
		late    = "[    6.0] WARNING: CPU: 0 PID: 7 at net/core/dev.c:1 fill+0x1/0x2\n"
	)
	var w watchedLog
	for i, step := range []struct {
		log  string
		want bool
	}{
		{"", false},
		{quiet, false},
		{quiet + warning, true},
		{quiet + warning, false},
		{quiet + warning + begin, false},
		{quiet + warning + begin + within, false}, // expected, though the job that said so was searched before
		{warning + begin + within + end, false},
		{within + end + late, true},
		{end + late, false},
		{quiet, false},
		{late, false}, // reported before
	} {
		if got := w.troubled(step.log, 0); got != step.want {
			t.Errorf("step %d: %t", i, got)
		}
	}
}
