package iplink_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// againLinks are links of every kind, in many states. The link t0 is read.
var againLinks = []struct {
	kind, name string
	commands   []string
}{
	{"dummy", "", []string{"link add t0 mtu 1281 type dummy"}},
	{"dummy", "up", []string{"link add t0 up type dummy"}},
	{"ifb", "", []string{"link add t0 type ifb"}},
	{"veth", "", []string{"link add t0 type veth peer name t1"}},
	{"vcan", "", []string{"link add t0 type vcan"}},
	{"vxcan", "", []string{"link add t0 type vxcan peer name t1"}},
	{"nlmon", "", []string{"link add t0 type nlmon"}},
	{"bridge", "", []string{"link add t0 type bridge"}},
	{"bridge", "stp", []string{"link add t0 type bridge forward_delay 700 stp_state 1", "link add p0 master t0 type veth peer name p1"}},
	{"bridge", "port", []string{"link add br0 type bridge", "link add t0 master br0 type veth peer name t1"}},
	{"vxlan", "", []string{"link add t0 type vxlan id 7 dstport 4789"}},
	{"vxlan", "ipv4", []string{"link add under type veth peer name under1", "link add t0 type vxlan id 7 dev under group 239.1.2.3 dstport 4789 ttl 5"}},
	{"vxlan", "ipv6", []string{"link add under type veth peer name under1", "link add t0 type vxlan id 7 dev under remote fe80::7 local fe80::1 dstport 4789 flowlabel 0x123"}},
	{"vxlan", "external", []string{"link add t0 type vxlan external vnifilter dstport 4789"}},
	{"vxlan", "gpe", []string{"link add t0 type vxlan external gpe nolearning dstport 4790"}},
	{"macvlan", "", []string{"link add under type veth peer name under1", "link add t0 link under type macvlan"}},
	{"macvlan", "passthru", []string{"link add under type veth peer name under1", "link add t0 link under type macvlan mode passthru nopromisc"}},
	{"macvlan", "source", []string{"link add under type veth peer name under1", "link add t0 link under type macvlan mode source macaddr set 02:00:00:00:12:07 02:00:00:00:12:05"}},
	{"macvtap", "", []string{"link add under type veth peer name under1", "link add t0 link under type macvtap mode private"}},
	{"ipvlan", "l2", []string{"link add under type veth peer name under1", "link add t0 link under type ipvlan mode l2 private"}},
	{"ipvlan", "l3", []string{"link add under type veth peer name under1", "link add t0 link under type ipvlan mode l3"}},
	{"ipvtap", "", []string{"link add under type veth peer name under1", "link add t0 link under type ipvtap mode l3"}},
	{"vlan", "", []string{"link add under type veth peer name under1", "link add t0 link under type vlan id 7 ingress-qos-map 1:2 3:4 loose_binding on"}},
	{"macsec", "", []string{"link add under type veth peer name under1", "link add t0 link under type macsec port 7"}},
	{"macsec", "replay", []string{"link add under type veth peer name under1", "link add t0 link under type macsec port 7 encrypt on replay on window 64"}},
	{"macsec", "end station", []string{"link add under type veth peer name under1", "link add t0 link under type macsec send_sci off end_station on"}},
	{"team", "", []string{"link add t0 type team"}},
	{"team", "port", []string{"link add m0 type team", "link add t0 type dummy", "link set t0 master m0"}},
	{"bond", "port", []string{"link add m0 type bond mode active-backup", "link add t0 type dummy", "link set t0 master m0"}},
	{"bond", "balance-rr", []string{"link add t0 type bond"}},
	{"bond", "arp", []string{"link add t0 type bond mode active-backup arp_interval 100 arp_ip_target 192.0.2.1 arp_validate all"}},
	{"bond", "active-backup", []string{"link add t0 up type bond mode active-backup miimon 50 updelay 150", "link add p0 type dummy", "link set p0 master t0", "link set t0 type bond primary p0"}},
	{"bond", "balance-xor", []string{"link add t0 type bond mode balance-xor"}},
	{"bond", "broadcast", []string{"link add t0 type bond mode broadcast"}},
	{"bond", "802.3ad", []string{"link add t0 up type bond mode 802.3ad lacp_rate fast ad_actor_sys_prio 123", "link add p0 type dummy", "link set p0 master t0"}},
	{"bond", "balance-tlb", []string{"link add t0 up type bond mode balance-tlb tlb_dynamic_lb 0", "link add p0 type dummy", "link set p0 master t0"}},
	{"bond", "balance-alb", []string{"link add t0 up type bond mode balance-alb", "link add p0 type dummy", "link set p0 master t0"}},
}

// TestSetAgain reads a link of every kind, and sets all that was read again: that is
// never refused, however the kernel would take it, and nothing is sent.
func TestSetAgain(t *testing.T) {
	for _, test := range againLinks {
		t.Run(strings.TrimSpace(test.kind+" "+test.name), func(t *testing.T) {
			testutil.Need(t, test.kind)
			c, ns := scratch(t)
			if strings.Contains(strings.Join(test.commands, " "), "type dummy") {
				testutil.Need(t, "dummy")
			}
			testutil.IPBatch(t, ns.file, test.commands...)
			if strings.Contains(test.commands[0], "add t0 up") {
				settle(t, ns.file, "t0")
			}
			for _, all := range []bool{false, true} {
				t.Run(fmt.Sprintf("all=%v", all), func(t *testing.T) { setAgain(t, c, ns, all) })
			}
		})
	}
}

func setAgain(t *testing.T, c *iplink.Conn, ns *scratchNS, all bool) {
	read := func() iplink.Spec {
		l, err := c.Get(t.Context(), "t0")
		if err != nil {
			t.Fatal(err)
		}
		return iplink.Again(l, all)
	}
	before := steady(ns.link("t0"))
	if diffs, err := c.Diff(t.Context(), read()); err != nil || len(diffs) > 0 {
		t.Errorf("Diff: %v, %v", diffs, err)
	}
	if changes, err := c.Ensure(t.Context(), read()); err != nil || changes[0].Changed() {
		t.Errorf("Ensure: %v, %v", changes, err)
	}
	if n, err := c.WritesOf(t.Context(), read()); err != nil || n != 0 && !all {
		t.Errorf("Update sends %d requests, error %v", n, err)
	}
	if _, err := c.Update(t.Context(), read()); err != nil {
		t.Errorf("Update: %v", err)
	}
	if after := steady(ns.link("t0")); !reflect.DeepEqual(after, before) {
		t.Errorf("changed from %v to %v", before, after)
	}
}

// steady leaves out of what `ip` says what changes by itself.
func steady(link map[string]any) map[string]any {
	for key, value := range link {
		if inner, ok := value.(map[string]any); ok {
			steady(inner)
		}
		if strings.HasSuffix(key, "timer") || key == "operstate" {
			delete(link, key)
		}
	}
	return link
}
