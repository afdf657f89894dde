package iplink_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/golden"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
)

// goldenLinks make what the golden requests refer to, with the indexes that
// goldenIndexes gives them.
var goldenLinks = []string{
	"link add br0 index 88 type bridge",
	"link add under index 77 type veth peer name under1", "link add spare0 index 78 type veth peer name spare1",
	"link add free index 79 type veth peer name free1",
	"link add backup index 99 type veth peer name backup1", "link set dev backup master br0",
}

// TestGoldenUpdate records what `ip` sends, as strace sees it, when a shell
// runs the commands of String. What the kernel says to that is of no interest
// here, so that any kernel will do.
func TestGoldenUpdate(t *testing.T) {
	if !*recordGolden {
		testutil.Skipf(t, "recording golden requests takes -update")
	}
	for _, c := range goldenCases() {
		ns := testutil.NetNS(t)
		testutil.IPBatch(t, ns, goldenLinks...)
		requests := traced(t, ns, c.spec.String())
		text := c.spec.String() + "\n\n" + golden.Text(requests)
		if err := os.MkdirAll(filepath.Dir(c.path()), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(c.path(), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// traced returns what the commands in a line for the shell send.
func traced(t *testing.T, ns *os.File, line string) [][]byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "strace")
	args := append(slices.Clone(golden.StraceArgs), "-o", file, "sh", "-c", line)
	var out []byte
	var err error
	testutil.In(t, ns, func() { out, err = exec.Command("strace", args...).CombinedOutput() })
	if err != nil {
		t.Logf("%s: %v\n%s", line, err, out)
	}
	trace, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer trace.Close()
	requests, err := golden.Requests(trace)
	if err != nil {
		t.Fatal(err)
	}
	return requests
}

// TestStringThroughIP gives the String of each golden builder to a shell, and
// the builder to the library, in one namespace each: `ip` must see the same
// link in both.
func TestStringThroughIP(t *testing.T) {
	loadFOU(t)
	for _, k := range slices.Concat(kindTests, sharedRequests()) {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			testutil.NeedKind(t, k.name)
			twins := newTwins(t)
			for _, spec := range k.golden {
				c := goldenCase{k, spec}
				if !t.Run(c.name, func(t *testing.T) { c.throughIP(t, twins) }) || c.existing() {
					twins = newTwins(t)
				}
			}
		})
	}
}

// twins are two namespaces with the same links.
type twins struct {
	theirs, ours *os.File
}

func newTwins(t *testing.T) twins {
	return twins{goldenNetNS(t), goldenNetNS(t)}
}

// loadFOU loads the modules for the encapsulations, which the kernel does not do.
func loadFOU(t *testing.T) {
	t.Helper()
	if testutil.Matrix() {
		testutil.NeedModule(t, "fou6")
	}
}

// throughIP makes the link by `ip` in one namespace and by the library in the
// other, compares them and removes them.
func (c goldenCase) throughIP(t *testing.T, in twins) {
	if c.needsHardware() {
		testutil.Skipf(t, "needs a device in the namespace that only hardware has: see the kind's settings")
	}
	if c.name == "rename" { // which links that are up may refuse
		testutil.IP(t, in.theirs, "link", "set", "dev", "backup", "down")
		testutil.IP(t, in.ours, "link", "set", "dev", "backup", "down")
	}
	refusal := testutil.Shell(t, in.theirs, c.spec.String())
	_, err := lab.InNetNS(t, in.ours, func(conn *iplink.Conn) ([]*iplink.Link, error) {
		if c.existing() {
			return conn.Update(t.Context(), c.spec)
		}
		return conn.Create(t.Context(), c.spec)
	})
	switch {
	case err != nil && refusal != "" && c.name == "carrier": // of a veth, which nobody can set
		return
	case err != nil && refusal != "" && !testutil.Matrix():
		testutil.Skipf(t, "this kernel refuses it to both: %v", err)
	case err != nil || refusal != "":
		t.Fatalf("%s\nshell: %s\nlibrary: %v", c.spec, refusal, err)
	}
	var diff string
	for start := time.Now(); time.Since(start) < 5*time.Second; time.Sleep(50 * time.Millisecond) { // the state follows the carrier
		if diff = cmp.Diff(c.seen(t, in.theirs), c.seen(t, in.ours)); diff == "" {
			break
		}
	}
	if diff != "" {
		t.Errorf("%s\n- ip, + library: %s", c.spec, diff)
	}
	if !c.existing() {
		testutil.IP(t, in.theirs, "link", "del", link)
		testutil.IP(t, in.ours, "link", "del", link)
	}
}

// goldenNetNS returns a namespace with what the golden builders refer to, the
// port with a carrier, which some of its settings need.
func goldenNetNS(t *testing.T) *os.File {
	ns := testutil.NetNS(t)
	testutil.IPBatch(t, ns, append(goldenLinks,
		"link set dev spare0 master br0", "link set dev br0 up", "link set dev backup1 up", "link set dev backup up")...)
	if link := testutil.LinkJSON(t, ns, "backup"); link["operstate"] != "UP" {
		t.Logf("backup is %v", link["operstate"])
	}
	return ns
}

// needsHardware reports whether the links of goldenNetNS cannot do.
func (c goldenCase) needsHardware() bool {
	return c.kind.hardware || c.kind.name == iplink.KindMACsec && c.name == "scb" // offload
}

// existing reports whether the builder changes a link that is there already.
func (c goldenCase) existing() bool {
	_, ok := c.spec.(*iplink.DeviceUpdate)
	return ok
}

// seen is what `ip` says about the link, without what differs between any two
// links: random addresses and timers.
func (c goldenCase) seen(t *testing.T, ns *os.File) map[string]any {
	name := link
	switch {
	case c.name == "rename":
		name = "spare"
	case c.existing():
		name = "backup"
	}
	l := testutil.LinkJSON(t, ns, name)
	delete(l, "permaddr") // which tunnels over IPv6 choose at random
	if c.name != "identity" {
		delete(l, "address")
	}
	for _, nest := range []string{"info_data", "info_slave_data"} {
		info, _ := l["linkinfo"].(map[string]any)
		data, _ := info[nest].(map[string]any)
		if c.name != "sci" {
			delete(data, "sci") // it begins with the address
		}
		for _, key := range []string{"bridge_id", "root_id", "gc_timer", "hold_timer", "forward_delay_timer", "message_age_timer"} {
			delete(data, key)
		}
	}
	return l
}

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
			c, ns := lab.Scratch(t)
			if strings.Contains(strings.Join(test.commands, " "), "type dummy") {
				testutil.Need(t, "dummy")
			}
			testutil.IPBatch(t, ns.File, test.commands...)
			if strings.Contains(test.commands[0], "add t0 up") {
				testutil.Settle(t, ns.File, "t0")
			}
			for _, all := range []bool{false, true} {
				t.Run(fmt.Sprintf("all=%v", all), func(t *testing.T) { setAgain(t, c, ns, all) })
			}
		})
	}
}

func setAgain(t *testing.T, c *iplink.Conn, ns *testutil.Lab, all bool) {
	read := func() iplink.Spec {
		l, err := c.Get(t.Context(), "t0")
		if err != nil {
			t.Fatal(err)
		}
		return iplink.Again(l, all)
	}
	before := steady(ns.Link("t0"))
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
	if after := steady(ns.Link("t0")); !reflect.DeepEqual(after, before) {
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

// interopLinks are links that `ip` makes, with as many settings as go together.
// Each is read, and made once more from what was read.
var interopLinks = []struct {
	name    string
	kind    string
	link    string   // arguments of `ip`
	change  []string // likewise
	without []string // what is reported, and refused in this state
}{
	{"bridge", iplink.KindBridge, "link add t0 address 02:12:34:56:78:9a txqueuelen 4660 mtu 1281 numtxqueues 3 numrxqueues 5 type bridge " +
		"forward_delay 1234 hello_time 234 max_age 2345 ageing_time 12345 stp_state 0 priority 4660 group_fwd_mask 4656 group_address 01:80:c2:00:00:0e " +
		"mcast_snooping 0 mcast_router 2 mcast_query_use_ifaddr 1 mcast_querier 1 mcast_hash_max 1024 mcast_last_member_count 7 " +
		"mcast_startup_query_count 5 mcast_last_member_interval 123 mcast_membership_interval 12345 mcast_querier_interval 12346 " +
		"mcast_query_interval 12347 mcast_query_response_interval 1234 mcast_startup_query_interval 1235 mcast_stats_enabled 1 " +
		"mcast_igmp_version 3 mcast_mld_version 2",
		[]string{"link set t0 alias made-by-ip group 4660", "link property add dev t0 altname the-other-name-of-t0"},
		[]string{"vlan_filtering", "mcast_vlan_snooping", "mst_enabled", "fdb_local_vlan_0"}}, // needs CONFIG_BRIDGE_VLAN_FILTERING
	{"VXLAN", iplink.KindVXLAN, "link add t0 mtu 1281 type vxlan id 1193046 local 192.0.2.1 remote 192.0.2.7 dev under dstport 4660 " +
		"srcport 4386 13124 ttl 33 tos 0x24 df set nolearning proxy rsc l2miss l3miss noudpcsum udp6zerocsumtx udp6zerocsumrx " +
		"remcsumtx remcsumrx gbp ageing 291 maxaddress 4660", nil, []string{"flowlabel", "label_policy", "reserved_bits"}},
	{"VXLAN6", iplink.KindVXLAN, "link add t0 type vxlan id 4660 local 2001:db8::1 remote 2001:db8::7 dev under dstport 4660 flowlabel 0x12345 ttl 33",
		nil, notSaid},
	{"VXLANexternal", iplink.KindVXLAN, "link add t0 type vxlan external dstport 4660", nil, slices.Concat(notSaid, []string{"flowlabel", "label_policy", "id"})},
	{"bridge port", iplink.KindVeth, "link add t0 master br0 type veth peer name t1",
		[]string{"link set t0 type bridge_slave cost 4660 priority 35 hairpin on guard on fastleave on mcast_router 2 learning off flood off " +
			"mcast_flood off bcast_flood off neigh_suppress on isolated on group_fwd_mask 4656"}, []string{"backup_port", "state"}},
	{"veth", iplink.KindVeth, "link add t0 address 02:12:34:56:78:9a mtu 1281 numtxqueues 3 numrxqueues 5 txqueuelen 4660 type veth peer name t1", nil, nil},
	{"macvlan", iplink.KindMacvlan, "link add t0 link under address 02:12:34:56:78:9a type macvlan mode private bcqueuelen 4660", nil, nil},
	{"macvlanSource", iplink.KindMacvlan, "link add t0 link under type macvlan mode source macaddr set 02:00:00:00:00:07 02:00:00:00:00:08", nil, nil},
	{"macvtap", iplink.KindMacvtap, "link add t0 link under address 02:12:34:56:78:9a type macvtap mode bridge", nil, nil},
	{"VLAN", iplink.KindVLAN, "link add t0 link under type vlan protocol 802.1ad id 291 reorder_hdr off gvrp on loose_binding on " +
		"ingress-qos-map 1:4660 2:7 egress-qos-map 18:5", nil, nil},
	{"bond", iplink.KindBond, "link add t0 type bond mode 802.3ad miimon 123 updelay 246 downdelay 369 lacp_rate fast ad_select count " +
		"xmit_hash_policy layer3+4 min_links 3 ad_actor_sys_prio 4660 ad_user_port_key 291", nil,
		[]string{"arp_interval", "arp_missed_max", "arp_validate", "arp_all_targets", "primary_reselect", "fail_over_mac", "packets_per_slave", "lp_interval", "tlb_dynamic_lb"}},
	{"ipvlan", iplink.KindIPvlan, "link add t0 link under type ipvlan mode l3s vepa", nil, []string{"address"}},
	{"MACsec", iplink.KindMACsec, "link add t0 link under type macsec port 291 encrypt on cipher gcm-aes-256 icvlen 12 encodingsa 2 protect off replay on window 4660",
		nil, nil},
	{"dummy", iplink.KindDummy, "link add t0 address 02:12:34:56:78:9a mtu 1281 txqueuelen 4660 type dummy", nil, nil},
}

// notSaid are settings that change the reserved bits when they are named, whatever
// is said of them (vxlan_nl2conf).
var notSaid = []string{"reserved_bits", "remcsumrx", "remcsumtx"}

// TestReadWithoutLoss demands that nothing of a link of `ip` is unknown here, and
// that `ip` says the same of one that is made of what was read.
func TestReadWithoutLoss(t *testing.T) {
	for _, c := range interopLinks {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			testutil.Need(t, c.kind)
			first, firstNS := lab.Scratch(t)
			under := []string{"link add under index 77 address 02:00:00:00:00:01 type veth peer name under1",
				"link add br0 index 88 address 02:00:00:00:00:02 type bridge"}
			testutil.IPBatch(t, firstNS.File, slices.Concat(under, []string{c.link}, c.change)...)
			l, err := first.Get(t.Context(), "t0")
			if err != nil || l.Err != nil || len(l.Unknown) > 0 {
				t.Fatalf("errors %v, %v, unknown %v", err, l.Err, l.Unknown)
			}
			second, secondNS := lab.Scratch(t)
			testutil.IPBatch(t, secondNS.File, under...)
			spec := iplink.Rebuild(l, c.without...)
			if _, err := second.Create(t.Context(), spec); err != nil {
				t.Fatalf("%v: %v", spec, err)
			}
			if diff := cmp.Diff(lasting(firstNS.Link("t0")), lasting(secondNS.Link("t0"))); diff != "" {
				t.Errorf("- as ip made it, + as %v made it:\n%s", spec, diff)
			}
		})
	}
}

// lasting is what `ip` says of a link, without what is different in another link
// or at another moment.
func lasting(l map[string]any) map[string]any {
	l = maps.Clone(l)
	for _, key := range []string{"ifindex", "link_index", "link"} {
		delete(l, key)
	}
	if info, ok := l["linkinfo"].(map[string]any)["info_data"].(map[string]any); ok {
		delete(info, "gc_timer")
	}
	return l
}

// TestLayer3AsIP gives commands to `ip`, and the builders that they come from to
// the library: `ip` must see the same in both namespaces.
func TestLayer3AsIP(t *testing.T) {
	testutil.Need(t, iplink.KindMacvlan)
	for _, c := range goldenLayer3() {
		theirs, ours := goldenNetNS(t), goldenNetNS(t)
		for _, file := range []*os.File{theirs, ours} { // without a carrier, only permanent neighbours stay
			testutil.IPBatch(t, file, "link set under1 up", "link set under up")
		}
		commands := strings.Split(strings.TrimPrefix(c.spec.String(), "ip "), " && ip ")
		testutil.IPBatch(t, theirs, commands...)
		if _, err := lab.InNetNS(t, ours, func(conn *iplink.Conn) ([]*iplink.Link, error) { return conn.Create(t.Context(), c.spec) }); err != nil {
			t.Fatal(err)
		}
		want, got := lab.Layer3Of(t, theirs, link), lab.Layer3Of(t, ours, link)
		for range 20 { // routes to IPv6 addresses come once nobody else has these
			if cmp.Equal(want, got) {
				break
			}
			time.Sleep(100 * time.Millisecond)
			want, got = lab.Layer3Of(t, theirs, link), lab.Layer3Of(t, ours, link)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n- ip, + library: %s", c.name, diff)
		}
		if len(want.Addrs)+len(want.Routes)+len(want.Neighs) < 4 {
			t.Errorf("%s: ip says only %v", c.name, want)
		}
		ensuredAlready(t, ours, c.spec)
	}
}

// ensuredAlready demands that Ensure finds nothing to do.
func ensuredAlready(t *testing.T, file *os.File, specs ...iplink.Spec) {
	t.Helper()
	_, err := lab.InNetNS(t, file, func(conn *iplink.Conn) (struct{}, error) {
		changes, err := conn.Ensure(t.Context(), specs...)
		for _, c := range changes {
			if c.Changed() {
				t.Errorf("%v: not as wanted: %v", specs, c.Differences)
			}
		}
		return struct{}{}, err
	})
	if err != nil {
		t.Errorf("%v: %v", specs, err)
	}
}
