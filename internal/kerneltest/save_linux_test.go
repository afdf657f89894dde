package kerneltest_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/team"
	"github.com/iplink-go/iplink/vxlan"
)

// saved is a namespace made by `ip`: links that refer to each other, by names that are not
// in the order of their indexes, with addresses, routes and neighbours.
var saved = []string{
	"link set lo up",
	"link add z0 type veth peer name a1",
	"link add br0 group 4660 type bridge forward_delay 1234 stp_state 1 priority 4660",
	"link set z0 mtu 1400 master br0 up",
	"link set dev z0 alias two", "link property add dev z0 altname an-alternative-name",
	"link set z0 type bridge_slave cost 291 isolated on",
	"link add vx0 type vxlan id 4660 local 192.0.2.17 remote 192.0.2.18 dstport 4790 ttl 17 dev a1",
	"link set vx0 master br0",
	"link add mv0 link a1 type macvlan mode bridge",
	"link set a1 promisc on arp off up", "link set br0 up",
	"address add 192.0.2.17/28 dev br0", "address add 2001:db8::17/64 dev br0 nodad",
	"route add 198.51.100.0/24 via 192.0.2.30 dev br0 metric 17",
	"neigh add 192.0.2.20 lladdr 02:00:00:00:12:34 nud permanent dev br0",
}

// savedEntries are forwarding entries of these links; those of the kernel, learned ones and
// those that age are not saved.
var savedEntries = []string{
	"fdb add 02:00:00:00:00:17 dev z0 master static", "fdb add 02:00:00:00:00:18 dev z0 master sticky static",
	"fdb add 02:00:00:00:00:19 dev br0 self local",
	"fdb append 00:00:00:00:00:00 dev vx0 dst 192.0.2.23 port 4791 self", "fdb add 02:00:00:00:00:20 dev vx0 dst 192.0.2.24 vni 291 via a1 self static",
}

// savedVLANs are VLANs and groups, for a kernel whose bridge has them. Entries without a
// VLAN come after them, since the kernel makes one for each VLAN then.
var savedVLANs = []string{
	"vlan add vid 100-103 dev z0", "vlan add vid 7 pvid untagged dev z0", "vlan del vid 1 dev vx0", "vlan add vid 8 dev br0 self",
	"mdb add dev br0 port z0 grp 239.1.2.3 permanent", "mdb add dev br0 port z0 grp ff05::1234 src 2001:db8::5 permanent",
	"fdb add 02:00:00:00:00:27 dev z0 vlan 101 master static",
}

// filters reports whether the kernel's bridge filters VLANs and knows groups, and makes br0
// do so.
func filters(l *testutil.Lab) bool {
	l.Helper()
	out, err := l.Run("ip", "link", "set", "br0", "type", "bridge", "vlan_filtering", "1", "mcast_snooping", "1")
	if err != nil && testutil.Matrix() {
		l.Fatalf("%v %s", err, out)
	}
	return err == nil
}

// withoutSysctls are the commands that need a program sysctl, which guests do not have.
var withoutSysctls = regexp.MustCompile(` && sysctl [^&]*[^& ]`)

// groups are the commands for entries of multicast databases.
var groups = regexp.MustCompile(` && bridge mdb [^&]*[^& ]`)

// addObjects gives the saved links objects and settings of IP.
func addObjects(l *testutil.Lab) {
	l.Helper()
	commands := savedEntries
	if filters(l) {
		commands = slices.Concat(savedVLANs, commands)
	}
	for _, command := range commands {
		if text, err := l.Run("bridge", strings.Fields(command)...); err != nil {
			l.Fatalf("bridge %s: %v %s", command, err, text)
		}
	}
	setSysctl(l, "ipv4/conf/br0/rp_filter", "2")
	setSysctl(l, "ipv6/conf/br0/accept_ra", "0")
}

// TestSave saves a namespace and rebuilds it in others, with the builders and with the
// commands that they print.
func TestSave(t *testing.T) {
	from := testutil.NewLab(t)
	from.Batch(saved...)
	addObjects(from)
	conn := testutil.Opened(from, iplink.Dial)
	specs, err := conn.Save(t.Context(), bridge.Objects(), vxlan.Objects())
	testutil.Must(t, err)
	given := givenAddresses(from)
	want := state(from, given)

	demandUnchanged(t, conn, specs)

	for name, rebuild := range map[string]func(*testutil.Lab){
		"builders": func(l *testutil.Lab) {
			_, err := testutil.Opened(l, iplink.Dial).Ensure(t.Context(), specs...)
			testutil.Must(t, err)
		},
		"batch": func(l *testutil.Lab) {
			read, err := iplink.ParseBatch(strings.NewReader(commandLines(specs)), bridge.Words(), vxlan.Words())
			testutil.Must(t, err)
			_, err = testutil.Opened(l, iplink.Dial).Ensure(t.Context(), read...)
			testutil.Must(t, err)
		},
		"commands": func(l *testutil.Lab) {
			var late []string // commands about groups, which name ports
			for _, s := range specs {
				text := withoutSysctls.ReplaceAllString(fmt.Sprint(s), "")
				late = append(late, groups.FindAllString(text, -1)...)
				if text, err := l.Run("sh", "-ec", groups.ReplaceAllString(text, "")); err != nil {
					t.Errorf("%v: %v %s", s, err, text)
				}
			}
			for _, command := range late {
				if text, err := l.Run("sh", "-ec", strings.TrimPrefix(command, " && ")); err != nil {
					t.Errorf("%s: %v %s", command, err, text)
				}
			}
		},
	} {
		to := testutil.NewLab(t)
		rebuild(to)
		if got := sysctl(to, "ipv4/conf/br0/rp_filter") + sysctl(to, "ipv6/conf/br0/accept_ra"); got != "20" && name != "commands" {
			t.Errorf("with %s the settings of IP are %s, want 2 and 0", name, got)
		}
		if diff := cmp.Diff(want, state(to, given)); diff != "" {
			t.Errorf("with %s it is another:\n%s\nsaved as\n%s", name, diff, commandLines(specs))
		}
	}
}

// TestSpecOf makes a link like one that was read.
func TestSpecOf(t *testing.T) {
	l := testutil.NewLab(t)
	l.IP("link add t0 mtu 1400 type vxlan id 4660 remote 192.0.2.18 dstport 4790 ttl 17")
	conn := testutil.Opened(l, iplink.Dial)
	link, err := conn.Get(t.Context(), "t0")
	testutil.Must(t, err)
	spec := iplink.SpecOf(link)
	for _, word := range []string{"ip link add t0 ", " mtu 1400 ", " type vxlan id 4660 remote 192.0.2.18 ", " dstport 4790 ", " ttl 17 "} {
		if !strings.Contains(fmt.Sprint(spec, " "), word) {
			t.Errorf("%q is missing in %v", word, spec)
		}
	}
	want := state(l, nil)
	testutil.Must(t, conn.Delete(t.Context(), "t0"))
	_, err = conn.Create(t.Context(), spec)
	testutil.Must(t, err)
	if got := state(l, nil); cmp.Diff(want, got) != "" {
		t.Errorf("another link:\n%s", cmp.Diff(want, got))
	}
}

// givenAddresses returns the links whose link-layer addresses the kernel chose, by their
// names in the files of sysfs.
func givenAddresses(l *testutil.Lab) map[string]bool {
	l.Helper()
	const script = "for f in /sys/class/net/*; do [ -e $f/addr_assign_type ] || continue; read how <$f/addr_assign_type; echo ${f##*/} $how; done"
	out, err := lab.NetNS(l).Command(l.Context(), "sh", "-c", script).CombinedOutput()
	testutil.Must(l, err)
	given := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		var name string
		var how int
		_, err := fmt.Sscan(line, &name, &how)
		testutil.Must(l, err)
		given[name] = how != 3 // NET_ADDR_SET
	}
	return given
}

// state returns the report of `ip` about links, addresses, routes and neighbours, without
// properties that the kernel chooses and that follow a carrier with a delay, and without the
// link-layer addresses of some links.
func state(l *testutil.Lab, given map[string]bool) []any {
	var all []any
	text := l.Show("-d -j", "address", "route show table all", "neigh show nud permanent")
	for _, object := range []string{"fdb", "vlan", "mdb"} {
		text += testutil.Bridge(l, l.File, "-j", object, "show")
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	addresses := map[any]bool{}
	for decoder.More() {
		var part []any
		testutil.Must(l, decoder.Decode(&part))
		for _, v := range part {
			m, _ := v.(map[string]any)
			addresses[m["address"]] = true
			if name, _ := m["ifname"].(string); given[name] {
				delete(m, "address")
			}
			if m["dst"] != nil && m["protocol"] == "kernel" || m["mac"] != nil && (addresses[m["mac"]] || isMember(m["mac"])) {
				continue // comes with an address
			}
			all = append(all, steady(v))
		}
	}
	slices.SortFunc(all, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return all
}

// isMember reports whether an address is the one of a group that the kernel joins.
func isMember(mac any) bool {
	text := fmt.Sprint(mac)
	return strings.HasPrefix(text, "33:33:") || strings.HasPrefix(text, "01:00:5e:")
}

// isLearned reports whether a group is one that links join by themselves.
func isLearned(group any) bool {
	text := fmt.Sprint(group)
	return strings.HasPrefix(text, "ff02:") || strings.HasPrefix(text, "224.0.0.")
}

// unsteady are properties that the kernel chooses, or that follow a carrier or the spanning
// tree protocol.
var unsteady = []string{"ifindex", "index", "perm_hwaddr", "active_slave", "mii_status", "link_failure_count",
	"operstate", "state", "flags", "bridge_id", "root_id", "designated_root", "designated_bridge",
	"designated_port", "designated_cost", "root_port", "root_path_cost", "no", "topology_change_ack", "config_pending", "fdb_n_learned"}

// steady removes unsteady properties.
func steady(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if info, _ := v["linkinfo"].(map[string]any); info["info_slave_kind"] == "bond" { // the port in use takes these of the bond
			delete(v, "allmulti")
			delete(v, "promiscuity")
		}
		for key, inner := range v {
			switch {
			case strings.HasSuffix(key, "_timer"), key == "id" && v["hairpin"] != nil, slices.Contains(unsteady, key):
				delete(v, key)
			default:
				v[key] = steady(inner)
			}
		}
	case []any:
		var kept []any
		for _, inner := range v {
			if m, ok := inner.(map[string]any); ok && m["scope"] == "link" && m["family"] == "inet6" {
				continue // comes with the carrier
			}
			if m, ok := inner.(map[string]any); ok && m["grp"] != nil && isLearned(m["grp"]) {
				continue
			}
			kept = append(kept, steady(inner))
		}
		slices.SortFunc(kept, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		return kept
	}
	return v
}

// TestSaveTeam saves the mode of a team, which only generic netlink reports.
func TestSaveTeam(t *testing.T) {
	l := testutil.NewLab(t, iplink.KindTeam)
	conn := testutil.Opened(l, iplink.Dial)
	_, err := conn.Create(t.Context(), team.New("t0").Mode(team.RoundRobin))
	testutil.Must(t, err)
	saved, err := conn.Save(t.Context())
	testutil.Must(t, err)
	to := testutil.Opened(testutil.NewLab(t), iplink.Dial)
	_, err = to.Ensure(t.Context(), saved...)
	testutil.Must(t, err)
	diffs, err := to.Diff(t.Context(), team.New("t0").Mode(team.RoundRobin))
	if err != nil || len(diffs) > 0 {
		t.Errorf("%v %v", diffs, err)
	}
}
