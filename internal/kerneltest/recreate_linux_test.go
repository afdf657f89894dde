package kerneltest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

var badRoute = inet.Route{Dst: lab.Prefix("198.51.100.0/24"), Via: lab.Addr("203.0.113.7")}

// failingReplacements are links that cannot be made in place of t0, which commands have
// made: by an alternative name that another link has, or by a route without a way.
var failingReplacements = []struct {
	name     string
	commands []string
	spec     func() iplink.Spec
}{
	{"altname", []string{"link add t0 type vxlan id 7 dstport 4789"},
		func() iplink.Spec { return vxlan.New("t0").VNI(8).Port(4789).AltName("other").Recreate() }},
	{"route", []string{"link add t0 type vxlan id 7 dstport 4789"},
		func() iplink.Spec { return vxlan.New("t0").VNI(8).Port(4789).Up().Routes(badRoute).Recreate() }},
	{"kind", []string{"link add t0 type bridge stp_state 1 ageing_time 4660", "link set ends1 master t0", "link set ends1 type bridge_slave cost 291 isolated on"},
		func() iplink.Spec { return vxlan.New("t0").VNI(8).Up().Port(4789).Routes(badRoute).Recreate() }},
	{"ports", []string{"link add t0 type bridge stp_state 1", "link set ends1 master t0", "link set ends1 type bridge_slave cost 291 isolated on"},
		func() iplink.Spec { return bridge.New("t0").Index(0x1234).Up().Routes(badRoute).Recreate() }},
	{"pair", []string{"link add t0 mtu 1431 type veth peer t1", "link set t1 up mtu 1432"},
		func() iplink.Spec {
			return veth.New("t0").Peer(veth.New("t1").Master("lo")).AltName("other").Recreate()
		}},
	{"same VNI", []string{"link add t0 type vxlan id 7 dstport 4789 ageing 0x123 local 192.0.2.1 ttl 7"},
		func() iplink.Spec { return vxlan.New("t0").VNI(7).Port(4789).GBP().Up().Routes(badRoute).Recreate() }},
	{"same VNI, altname", []string{"link add t0 type vxlan id 7 dstport 4789 ageing 0x123 local 192.0.2.1 ttl 7"},
		func() iplink.Spec { return vxlan.New("t0").VNI(7).Port(4789).GBP().AltName("other").Recreate() }},
}

// TestRecreateFails replaces links by links that cannot be made. Afterwards, `ip` shows
// the old link, with its settings, addresses, routes, neighbours and ports.
func TestRecreateFails(t *testing.T) {
	for _, test := range failingReplacements {
		t.Run(test.name, func(t *testing.T) {
			conn, ns := oldLink(t, test.commands)
			before := shownOf(ns)
			if _, err := conn.Ensure(t.Context(), test.spec()); err == nil {
				t.Fatal("no error")
			} else if strings.Contains(err.Error(), "undo") {
				t.Error(err)
			}
			if after := shownOf(ns); after != before {
				t.Errorf("before:\n%s\nafter:\n%s", before, after)
			}
		})
	}
}

// oldLink makes t0 by commands of `ip`, with addresses, a route, a neighbour and an
// alternative name, beside other links.
func oldLink(t *testing.T, commands []string) (*iplink.Conn, *testutil.Lab) {
	t.Helper()
	conn, ns := lab.Scratch(t)
	ns.Batch("link add ends1 type veth peer ends2", "link property add dev ends2 altname other")
	ns.Batch(commands...)
	ns.Batch("link property add dev t0 altname second", "address add 192.0.2.33/28 dev t0", "address add 192.0.2.34/28 dev t0",
		"link set t0 up", "route add 198.51.100.128/25 via 192.0.2.46 dev t0 proto static", "neigh add 192.0.2.46 lladdr 02:00:00:00:12:34 dev t0 nud permanent",
		"link set t0 alias old")
	testutil.Settle(t, ns.File, "t0")
	return conn, ns
}

// shownOf returns a text of all that `ip` shows of t0 and its ports.
func shownOf(ns *testutil.Lab) string {
	var all strings.Builder
	for _, command := range []string{"-d -o link show dev t0", "-4 -o address show dev t0", "-4 route show table all dev t0", "neigh show dev t0 nud permanent", "-d -o link show dev ends1"} {
		for line := range strings.Lines(ns.IP(strings.Fields(command)...)) {
			fields := strings.Fields(line)
			kept := fields[:0]
			for i, f := range fields {
				unsteady := i > 0 && strings.Contains("hello_timer tcn_timer topology_change_timer gc_timer forward_delay_timer message_age_timer hold_timer", fields[i-1]) ||
					strings.Contains("<> state", f)
				if !unsteady {
					kept = append(kept, f)
				}
			}
			fmt.Fprintln(&all, strings.Join(kept, " "))
		}
	}
	return all.String()
}

// TestRecreateSameVNI replaces a VXLAN by one that the kernel does not allow beside it.
func TestRecreateSameVNI(t *testing.T) {
	conn, ns := oldLink(t, []string{"link add t0 type vxlan id 7 dstport 4789 ageing 0x123"})
	lab.Ensured(t, conn, vxlan.New("t0").VNI(7).Port(4789).GBP().Up().Recreate(), false, "gbp")
	if got := ns.InfoData("t0"); got["id"] != 7.0 || got["gbp"] != true {
		t.Error(got)
	}
	if got := strings.Join(ns.Addrs("t0"), " "); !strings.Contains(got, "192.0.2.33") {
		t.Error(got)
	}
}
