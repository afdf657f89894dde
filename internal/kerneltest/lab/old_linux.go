package lab

import (
	"fmt"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// OldLink makes t0 by commands of `ip`, with addresses, a route, a neighbour and an
// alternative name, beside other links.
func OldLink(t testing.TB, commands []string) (*iplink.Conn, *testutil.Lab) {
	t.Helper()
	conn, ns := Scratch(t)
	ns.Batch("link add ends1 type veth peer ends2", "link property add dev ends2 altname other")
	ns.Batch(commands...)
	ns.Batch("link property add dev t0 altname second", "address add 192.0.2.33/28 dev t0", "address add 192.0.2.34/28 dev t0",
		"link set t0 up", "route add 198.51.100.128/25 via 192.0.2.46 dev t0 proto static", "neigh add 192.0.2.46 lladdr 02:00:00:00:12:34 dev t0 nud permanent",
		"link set t0 alias old")
	testutil.Settle(t, ns.File, "t0")
	return conn, ns
}

// Shown returns a text of all that `ip` shows of the link t0 of OldLink and of its port.
func Shown(ns *testutil.Lab) string {
	text := ns.Show("-d -o", "link show dev t0", "link show dev ends1") +
		ns.Show("-4 -o", "address show dev t0", "route show table all dev t0", "neigh show dev t0 nud permanent")
	var all strings.Builder
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		kept := fields[:0]
		for i, f := range fields {
			unsteady := i > 0 && strings.Contains("hello_timer tcn_timer topology_change_timer gc_timer forward_delay_timer message_age_timer hold_timer", fields[i-1]) ||
				strings.Contains("<> state UP DOWN UNKNOWN linkdown", f) || strings.HasPrefix(f, "<")
			if !unsteady {
				kept = append(kept, f)
			}
		}
		fmt.Fprintln(&all, strings.Join(kept, " "))
	}
	return all.String()
}
