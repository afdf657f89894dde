package iplink_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

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
			first, firstNS := scratch(t)
			under := []string{"link add under index 77 address 02:00:00:00:00:01 type veth peer name under1",
				"link add br0 index 88 address 02:00:00:00:00:02 type bridge"}
			testutil.IPBatch(t, firstNS.file, slices.Concat(under, []string{c.link}, c.change)...)
			l, err := first.Get(t.Context(), "t0")
			if err != nil || l.Err != nil || len(l.Unknown) > 0 {
				t.Fatalf("errors %v, %v, unknown %v", err, l.Err, l.Unknown)
			}
			second, secondNS := scratch(t)
			testutil.IPBatch(t, secondNS.file, under...)
			spec := iplink.Rebuild(l, c.without...)
			if _, err := second.Create(t.Context(), spec); err != nil {
				t.Fatalf("%v: %v", spec, err)
			}
			if diff := cmp.Diff(lasting(firstNS.link("t0")), lasting(secondNS.link("t0"))); diff != "" {
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
