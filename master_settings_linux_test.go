package iplink_test

import (
	"encoding/json"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/batadv"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vrf"
)

func TestBondSettings(t *testing.T) {
	subject[*bond.Builder]{
		kind:     iplink.KindBond,
		rows:     iplink.KindRows(iplink.KindBond),
		prepare:  []string{"link add p1 index 71 type dummy", "link add p2 index 72 type dummy"},
		start:    newBond,
		settings: slices.Concat(bondModes, bondPorts, bondMonitor, bondProbes, bondTraffic, bondLACP),
	}.test(t)
}

func newBond(bool) (*bond.Builder, iplink.Spec) {
	b := bond.New(link)
	return b, b
}

// inMode returns what sets a mode.
func inMode(mode iplink.BondMode) func(*bond.Builder) {
	return func(b *bond.Builder) { b.Mode(mode) }
}

// withMIIMon sets what delays are multiples of.
func withMIIMon(b *bond.Builder) {
	b.MIIMon(50 * time.Millisecond)
}

var bondModes = []setting[*bond.Builder]{
	set(uapi.IFLA_BOND_MODE, (*bond.Builder).Mode, bond.BalanceXOR, bond.BalanceALB, "Info.Mode",
		inData("mode", "balance-xor", "balance-alb")),
	set(uapi.IFLA_BOND_MODE, (*bond.Builder).Mode, bond.Broadcast, bond.BalanceTLB, "Info.Mode",
		inData("mode", "broadcast", "balance-tlb")).variant("others"),
	set(uapi.IFLA_BOND_MODE, (*bond.Builder).Mode, bond.ActiveBackup, bond.IEEE8023AD, "Info.Mode",
		inData("mode", "active-backup", "802.3ad")).variant("more"),
	set(uapi.IFLA_BOND_FAIL_OVER_MAC, (*bond.Builder).FailOverMAC, bond.FailOverFollow, bond.FailOverActive, "Info.FailOverMAC",
		inData("fail_over_mac", "follow", "active")).needs(inMode(bond.ActiveBackup)),
	set(uapi.IFLA_BOND_XMIT_HASH_POLICY, (*bond.Builder).XmitHashPolicy, bond.HashLayer34, bond.HashVLANSrcMAC,
		"Info.XmitHashPolicy", inData("xmit_hash_policy", "layer3+4", "vlan+srcmac")),
	set(uapi.IFLA_BOND_XMIT_HASH_POLICY, (*bond.Builder).XmitHashPolicy, bond.HashEncap23, bond.HashLayer23,
		"Info.XmitHashPolicy", inData("xmit_hash_policy", "encap2+3", "layer2+3")).variant("others"),
	set(uapi.IFLA_BOND_TLB_DYNAMIC_LB, (*bond.Builder).TLBDynamicLB, false, true, "Info.TLBDynamicLB",
		inData("tlb_dynamic_lb", 0, 1)).needs(inMode(bond.BalanceTLB)),
	set(uapi.IFLA_BOND_PACKETS_PER_SLAVE, (*bond.Builder).PacketsPerSlave, 0x1234, 0x4321, "Info.PacketsPerSlave",
		inData("packets_per_slave", 4660, 17185)).needs(inMode(bond.BalanceRR)),
}

var bondPorts = []setting[*bond.Builder]{
	set(uapi.IFLA_BOND_ACTIVE_SLAVE, (*bond.Builder).ActiveSlave, "p2", "p1", "Info.ActiveSlave",
		inData("active_slave", "p2", "p1")).reads(72, 71).needs(inMode(bond.ActiveBackup)).
		after("link set p1 master "+link, "link set p2 master "+link, "link set up dev "+link),
	set(uapi.IFLA_BOND_ACTIVE_SLAVE, (*bond.Builder).ActiveSlaveIndex, 72, 71, "Info.ActiveSlave",
		inData("active_slave", "p2", "p1")).needs(inMode(bond.BalanceALB)).variant("index").
		after("link set p1 master "+link, "link set p2 master "+link, "link set up dev "+link),
	set(uapi.IFLA_BOND_PRIMARY, (*bond.Builder).Primary, "p2", "p1", "Info.Primary",
		inData("primary", "p2", "p1")).reads(72, 71).needs(inMode(bond.ActiveBackup)).
		after("link set p1 master "+link, "link set p2 master "+link),
	set(uapi.IFLA_BOND_PRIMARY, (*bond.Builder).PrimaryIndex, 72, 0, "Info.Primary",
		inData("primary", "p2", nil)).needs(inMode(bond.BalanceTLB)).variant("none").
		after("link set p1 master "+link, "link set p2 master "+link),
	set(uapi.IFLA_BOND_PRIMARY_RESELECT, (*bond.Builder).PrimaryReselect, bond.ReselectBetter, bond.ReselectFailure,
		"Info.PrimaryReselect", inData("primary_reselect", "better", "failure")),
	set(uapi.IFLA_BOND_ALL_SLAVES_ACTIVE, (*bond.Builder).AllSlavesActive, true, false, "Info.AllSlavesActive",
		inData("all_slaves_active", 1, 0)),
	set(uapi.IFLA_BOND_MIN_LINKS, (*bond.Builder).MinLinks, 0x1234, 0x4321, "Info.MinLinks",
		inData("min_links", 4660, 17185)),
}

var bondMonitor = []setting[*bond.Builder]{
	set(uapi.IFLA_BOND_MIIMON, (*bond.Builder).MIIMon, 1234*time.Millisecond, 4321*time.Millisecond, "Info.MIIMon",
		inData("miimon", 1234, 4321)),
	set(uapi.IFLA_BOND_UPDELAY, (*bond.Builder).UpDelay, 150*time.Millisecond, 350*time.Millisecond, "Info.UpDelay",
		inData("updelay", 150, 350)).needs(withMIIMon),
	set(uapi.IFLA_BOND_DOWNDELAY, (*bond.Builder).DownDelay, 250*time.Millisecond, 450*time.Millisecond, "Info.DownDelay",
		inData("downdelay", 250, 450)).needs(withMIIMon),
	set(uapi.IFLA_BOND_PEER_NOTIF_DELAY, (*bond.Builder).PeerNotifDelay, 550*time.Millisecond, 650*time.Millisecond,
		"Info.PeerNotifDelay", inData("peer_notify_delay", 550, 650)).needs(withMIIMon),
	set(uapi.IFLA_BOND_USE_CARRIER, (*bond.Builder).UseCarrier, true, true, "Info.UseCarrier",
		inData("use_carrier", 1, 1)),
}

var bondProbes = []setting[*bond.Builder]{
	set(uapi.IFLA_BOND_ARP_INTERVAL, (*bond.Builder).ARPInterval, 1234*time.Millisecond, 4321*time.Millisecond, "Info.ARPInterval",
		inData("arp_interval", 1234, 4321)),
	targets(uapi.IFLA_BOND_ARP_IP_TARGET, (*bond.Builder).ARPIPTargets, "Info.ARPIPTargets", "arp_ip_target",
		[]string{"192.0.2.18", "198.51.100.52"}, []string{"203.0.113.86"}),
	targets(uapi.IFLA_BOND_ARP_IP_TARGET, (*bond.Builder).ARPIPTargets, "Info.ARPIPTargets", "arp_ip_target",
		[]string{"10.1.2.1", "10.1.2.2", "10.1.2.3", "10.1.2.4", "10.1.2.5", "10.1.2.6", "10.1.2.7", "10.1.2.8", "10.1.2.9",
			"10.1.2.10", "10.1.2.11", "10.1.2.12", "10.1.2.13", "10.1.2.14", "10.1.2.15", "10.1.2.16"}, nil).variant("many"),
	targets(uapi.IFLA_BOND_NS_IP6_TARGET, (*bond.Builder).NSIP6Targets, "Info.NSIP6Targets", "ns_ip6_target",
		[]string{"2001:db8::12", "fe80::1234"}, []string{"2001:db8::56"}),
	set(uapi.IFLA_BOND_ARP_VALIDATE, (*bond.Builder).ARPValidate, bond.ValidateFilterBackup, bond.ValidateActive,
		"Info.ARPValidate", inData("arp_validate", "filter_backup", "active")).needs(inMode(bond.ActiveBackup)),
	set(uapi.IFLA_BOND_ARP_ALL_TARGETS, (*bond.Builder).ARPAllTargets, bond.ARPAll, bond.ARPAny, "Info.ARPAllTargets",
		inData("arp_all_targets", "all", "any")),
	set(uapi.IFLA_BOND_MISSED_MAX, (*bond.Builder).ARPMissedMax, 0x12, 0xfe, "Info.ARPMissedMax",
		inData("arp_missed_max", 18, 254)),
}

// targets returns the entry for a list of addresses.
func targets(row uint16, setter func(*bond.Builder, ...netip.Addr) *bond.Builder, field, word string, first, second []string) setting[*bond.Builder] {
	var lists [2][]netip.Addr
	var said [2]any
	for i, texts := range [][]string{first, second} {
		for _, text := range texts {
			lists[i] = append(lists[i], netip.MustParseAddr(text))
		}
		if texts != nil {
			said[i] = texts
		}
	}
	one := func(b *bond.Builder, addrs []netip.Addr) *bond.Builder { return setter(b, addrs...) }
	return set(row, one, lists[0], lists[1], field, inData(word, said[0], said[1]))
}

var bondTraffic = []setting[*bond.Builder]{
	set(uapi.IFLA_BOND_RESEND_IGMP, (*bond.Builder).ResendIGMP, 0x12, 0xfe, "Info.ResendIGMP",
		inData("resend_igmp", 18, 254)),
	set(uapi.IFLA_BOND_NUM_PEER_NOTIF, (*bond.Builder).NumPeerNotif, 0x12, 0xfe, "Info.NumPeerNotif",
		inData("num_peer_notif", 18, 254)),
	set(uapi.IFLA_BOND_LP_INTERVAL, (*bond.Builder).LPInterval, 0x1234*time.Second, 0x4321*time.Second, "Info.LPInterval",
		inData("lp_interval", 4660, 17185)),
}

var bondLACP = in8023AD(
	set(uapi.IFLA_BOND_AD_LACP_RATE, (*bond.Builder).LACPRate, bond.LACPFast, bond.LACPSlow, "Info.LACPRate",
		inData("ad_lacp_rate", "fast", "slow")),
	set(uapi.IFLA_BOND_AD_LACP_ACTIVE, (*bond.Builder).LACPActive, false, true, "Info.LACPActive",
		inData("ad_lacp_active", "off", "on")),
	set(uapi.IFLA_BOND_AD_SELECT, (*bond.Builder).ADSelect, bond.ADCount, bond.ADBandwidth, "Info.ADSelect",
		inData("ad_select", "count", "bandwidth")),
	set(uapi.IFLA_BOND_AD_ACTOR_SYS_PRIO, (*bond.Builder).ADActorSysPrio, 0x1234, 0x4321, "Info.ADActorSysPrio",
		inData("ad_actor_sys_prio", 4660, 17185)),
	set(uapi.IFLA_BOND_AD_USER_PORT_KEY, (*bond.Builder).ADUserPortKey, 0x123, 0x321, "Info.ADUserPortKey",
		inData("ad_user_port_key", 291, 801)),
	set(uapi.IFLA_BOND_AD_ACTOR_SYSTEM, (*bond.Builder).ADActorSystem,
		net.HardwareAddr{2, 0, 0, 0, 0x12, 0x34}, net.HardwareAddr{2, 0, 0, 0, 0x43, 0x21}, "Info.ADActorSystem",
		inData("ad_actor_system", "02:00:00:00:12:34", "02:00:00:00:43:21")),
	set(uapi.IFLA_BOND_COUPLED_CONTROL, (*bond.Builder).CoupledControl, false, true, "Info.CoupledControl",
		rawData([]byte{0}, []byte{1}, uapi.IFLA_BOND_COUPLED_CONTROL)),
	set(uapi.IFLA_BOND_BROADCAST_NEIGH, (*bond.Builder).BroadcastNeighbor, true, false, "Info.BroadcastNeighbor",
		rawData([]byte{1}, []byte{0}, uapi.IFLA_BOND_BROADCAST_NEIGH)),
	set(uapi.IFLA_BOND_LACP_STRICT, (*bond.Builder).LACPStrict, true, false, "Info.LACPStrict",
		rawData([]byte{1}, []byte{0}, uapi.IFLA_BOND_LACP_STRICT)),
)

// in8023AD gives entries the one mode that has them.
func in8023AD(settings ...setting[*bond.Builder]) []setting[*bond.Builder] {
	for i := range settings {
		settings[i] = settings[i].needs(inMode(bond.IEEE8023AD))
	}
	return settings
}

// joined is a port of a bond beside its settings as a port.
type joined struct {
	link *dummy.Builder
	port *bond.PortBuilder
}

func TestBondPortSettings(t *testing.T) {
	subject[*joined]{
		kind:    iplink.KindBond,
		rows:    iplink.PortRows(iplink.KindBond),
		prepare: []string{"link add b1 type bond mode active-backup", "link add b2 type bond mode 802.3ad"},
		start: func(bool) (*joined, iplink.Spec) {
			j := &joined{dummy.New(link).Master("b1"), bond.Port()}
			return j, j.link.PortSettings(j.port)
		},
		settings: []setting[*joined]{
			set(uapi.IFLA_BOND_SLAVE_QUEUE_ID, onPort((*bond.PortBuilder).QueueID), 3, 12, "PortInfo.QueueID",
				inPort("queue_id", 3, 12)),
			set(uapi.IFLA_BOND_SLAVE_PRIO, onPort((*bond.PortBuilder).Prio), -0x1234, 0x4321, "PortInfo.Prio",
				rawPort([]byte{0xcc, 0xed, 0xff, 0xff}, []byte{0x21, 0x43, 0, 0}, uapi.IFLA_BOND_SLAVE_PRIO)),
			set(uapi.IFLA_BOND_SLAVE_ACTOR_PORT_PRIO, onPort((*bond.PortBuilder).ActorPortPrio), 0x1234, 0x4321, "PortInfo.ActorPortPrio",
				rawPort([]byte{0x34, 0x12}, []byte{0x21, 0x43}, uapi.IFLA_BOND_SLAVE_ACTOR_PORT_PRIO)).
				needs(func(j *joined) { j.link.Master("b2") }),
		},
	}.test(t)
}

// onPort applies a setter to the settings as a port.
func onPort[V any](setter func(*bond.PortBuilder, V) *bond.PortBuilder) func(*joined, V) *joined {
	return func(j *joined, v V) *joined {
		setter(j.port, v)
		return j
	}
}

const vlanFiltering = "BRIDGE_VLAN_FILTERING"

func TestBridgeSettings(t *testing.T) {
	subject[*bridge.Builder]{
		kind:  iplink.KindBridge,
		rows:  iplink.KindRows(iplink.KindBridge),
		start: newBridge,
		settings: append(append(append(append(
			bridgeSpanningTree, bridgeForwarding...), bridgeVLANs...), bridgeMulticast...), bridgeNetfilter...),
	}.test(t)
}

func newBridge(bool) (*bridge.Builder, iplink.Spec) {
	b := bridge.New(link)
	return b, b
}

var bridgeSpanningTree = []setting[*bridge.Builder]{
	set(uapi.IFLA_BR_STP_MODE, (*bridge.Builder).STPMode, bridge.STPUser, bridge.STPKernel, "Info.STPMode",
		rawData([]byte{1, 0, 0, 0}, []byte{2, 0, 0, 0}, uapi.IFLA_BR_STP_MODE)),
	set(uapi.IFLA_BR_STP_STATE, (*bridge.Builder).STP, true, false, "Info.STP", inData("stp_state", 1, 0)),
	set(uapi.IFLA_BR_PRIORITY, (*bridge.Builder).Priority, 0x1234, 0x4321, "Info.Priority", inData("priority", 4660, 17185)),
	set(uapi.IFLA_BR_FORWARD_DELAY, (*bridge.Builder).ForwardDelay, 4*time.Second, 17*time.Second, "Info.ForwardDelay",
		inData("forward_delay", 400, 1700)),
	set(uapi.IFLA_BR_HELLO_TIME, (*bridge.Builder).HelloTime, 3*time.Second, 7*time.Second, "Info.HelloTime",
		inData("hello_time", 300, 700)),
	set(uapi.IFLA_BR_MAX_AGE, (*bridge.Builder).MaxAge, 13*time.Second, 31*time.Second, "Info.MaxAge",
		inData("max_age", 1300, 3100)),
}

var bridgeForwarding = []setting[*bridge.Builder]{
	set(uapi.IFLA_BR_AGEING_TIME, (*bridge.Builder).AgeingTime, 123*time.Second, 321*time.Second, "Info.AgeingTime",
		inData("ageing_time", 12300, 32100)),
	present(uapi.IFLA_BR_FDB_FLUSH, (*bridge.Builder).FlushFDB, "").unread("TestFlushFDB sees what it does"),
	set(uapi.IFLA_BR_FDB_MAX_LEARNED, (*bridge.Builder).FDBMaxLearned, 0x1234, 0x4321, "Info.FDBMaxLearned",
		inData("fdb_max_learned", 4660, 17185).from(6, 9),
		rawData([]byte{0x34, 0x12, 0, 0}, []byte{0x21, 0x43, 0, 0}, uapi.IFLA_BR_FDB_MAX_LEARNED)),
	set(uapi.IFLA_BR_GROUP_ADDR, (*bridge.Builder).GroupAddress,
		net.HardwareAddr{1, 0x80, 0xc2, 0, 0, 5}, net.HardwareAddr{1, 0x80, 0xc2, 0, 0, 0xe}, "Info.GroupAddress",
		inData("group_addr", "01:80:c2:00:00:05", "01:80:c2:00:00:0e")),
	set(uapi.IFLA_BR_GROUP_FWD_MASK, (*bridge.Builder).GroupForwardMask, 0x1238, 0x4320, "Info.GroupForwardMask",
		inData("group_fwd_mask", "0x1238", "0x4320")),
	set(attr.Bit(uapi.BR_BOOLOPT_NO_LL_LEARN), (*bridge.Builder).NoLinkLocalLearn, true, false, "Info.NoLinkLocalLearn",
		inData("no_linklocal_learn", 1, 0)),
	set(attr.Bit(uapi.BR_BOOLOPT_MST_ENABLE), (*bridge.Builder).MST, true, false, "Info.MST",
		rawData([]byte{4, 0, 0, 0}, []byte{0, 0, 0, 0}, uapi.IFLA_BR_MULTI_BOOLOPT)).option(vlanFiltering),
	set(attr.Bit(uapi.BR_BOOLOPT_MDB_OFFLOAD_FAIL_NOTIFICATION), (*bridge.Builder).MDBOffloadFailNotification, true, false,
		"Info.MDBOffloadFailNotification",
		rawData([]byte{8, 0, 0, 0}, []byte{0, 0, 0, 0}, uapi.IFLA_BR_MULTI_BOOLOPT)),
}

var bridgeVLANs = []setting[*bridge.Builder]{
	set(uapi.IFLA_BR_VLAN_FILTERING, (*bridge.Builder).VLANFiltering, true, false, "Info.VLANFiltering",
		inData("vlan_filtering", 1, 0)).option(vlanFiltering),
	set(uapi.IFLA_BR_VLAN_PROTOCOL, (*bridge.Builder).VLANProtocol, bridge.VLAN8021AD, bridge.VLAN8021Q, "Info.VLANProtocol",
		inData("vlan_protocol", "802.1ad", "802.1Q")).option(vlanFiltering),
	set(uapi.IFLA_BR_VLAN_DEFAULT_PVID, (*bridge.Builder).VLANDefaultPVID, 0x123, 0x321, "Info.VLANDefaultPVID",
		inData("vlan_default_pvid", 291, 801)).option(vlanFiltering),
	set(uapi.IFLA_BR_VLAN_STATS_ENABLED, (*bridge.Builder).VLANStats, true, false, "Info.VLANStats",
		inData("vlan_stats_enabled", 1, 0)).option(vlanFiltering),
	set(uapi.IFLA_BR_VLAN_STATS_PER_PORT, (*bridge.Builder).VLANStatsPerPort, true, false, "Info.VLANStatsPerPort",
		inData("vlan_stats_per_port", 1, 0)).option(vlanFiltering),
	set(attr.Bit(uapi.BR_BOOLOPT_MCAST_VLAN_SNOOPING), (*bridge.Builder).MulticastVLANSnooping, true, false,
		"Info.MulticastVLANSnooping", inData("mcast_vlan_snooping", 1, 0)).
		needs(func(b *bridge.Builder) { b.VLANFiltering(true) }).option(vlanFiltering),
	set(attr.Bit(uapi.BR_BOOLOPT_FDB_LOCAL_VLAN_0), (*bridge.Builder).FDBLocalVLAN0, true, false, "Info.FDBLocalVLAN0",
		rawData([]byte{0x10, 0, 0, 0}, []byte{0, 0, 0, 0}, uapi.IFLA_BR_MULTI_BOOLOPT)).option(vlanFiltering),
}

var bridgeMulticast = []setting[*bridge.Builder]{
	set(uapi.IFLA_BR_MCAST_SNOOPING, (*bridge.Builder).MulticastSnooping, false, true, "Info.Multicast.Snooping",
		inData("mcast_snooping", 0, 1)),
	set(uapi.IFLA_BR_MCAST_ROUTER, (*bridge.Builder).MulticastRouter, bridge.RouterPermanent, bridge.RouterDisabled,
		"Info.Multicast.Router", inData("mcast_router", 2, 0)),
	set(uapi.IFLA_BR_MCAST_QUERY_USE_IFADDR, (*bridge.Builder).MulticastQueryUseIfAddr, true, false,
		"Info.Multicast.QueryUseIfAddr", inData("mcast_query_use_ifaddr", 1, 0)),
	set(uapi.IFLA_BR_MCAST_QUERIER, (*bridge.Builder).MulticastQuerier, true, false, "Info.Multicast.Querier",
		inData("mcast_querier", 1, 0)),
	set(uapi.IFLA_BR_MCAST_HASH_ELASTICITY, (*bridge.Builder).MulticastHashElasticity, 17, 33, "").
		refused(iplink.ErrNotApplied),
	set(uapi.IFLA_BR_MCAST_HASH_MAX, (*bridge.Builder).MulticastHashMax, 0x1234, 0x4321, "Info.Multicast.HashMax",
		inData("mcast_hash_max", 4660, 17185)),
	set(uapi.IFLA_BR_MCAST_LAST_MEMBER_CNT, (*bridge.Builder).MulticastLastMemberCount, 17, 33,
		"Info.Multicast.LastMemberCount", inData("mcast_last_member_cnt", 17, 33)),
	set(uapi.IFLA_BR_MCAST_STARTUP_QUERY_CNT, (*bridge.Builder).MulticastStartupQueryCount, 19, 37,
		"Info.Multicast.StartupQueryCount", inData("mcast_startup_query_cnt", 19, 37)),
	set(uapi.IFLA_BR_MCAST_LAST_MEMBER_INTVL, (*bridge.Builder).MulticastLastMemberInterval, 3*time.Second, 7*time.Second,
		"Info.Multicast.LastMemberInterval", inData("mcast_last_member_intvl", 300, 700)),
	set(uapi.IFLA_BR_MCAST_MEMBERSHIP_INTVL, (*bridge.Builder).MulticastMembershipInterval, 123*time.Second, 321*time.Second,
		"Info.Multicast.MembershipInterval", inData("mcast_membership_intvl", 12300, 32100)),
	set(uapi.IFLA_BR_MCAST_QUERIER_INTVL, (*bridge.Builder).MulticastQuerierInterval, 122*time.Second, 221*time.Second,
		"Info.Multicast.QuerierInterval", inData("mcast_querier_intvl", 12200, 22100)),
	set(uapi.IFLA_BR_MCAST_QUERY_INTVL, (*bridge.Builder).MulticastQueryInterval, 23*time.Second, 32*time.Second,
		"Info.Multicast.QueryInterval", inData("mcast_query_intvl", 2300, 3200)),
	set(uapi.IFLA_BR_MCAST_QUERY_RESPONSE_INTVL, (*bridge.Builder).MulticastQueryResponseInterval, 5*time.Second, 6*time.Second,
		"Info.Multicast.QueryResponseInterval", inData("mcast_query_response_intvl", 500, 600)),
	set(uapi.IFLA_BR_MCAST_STARTUP_QUERY_INTVL, (*bridge.Builder).MulticastStartupQueryInterval, 11*time.Second, 17*time.Second,
		"Info.Multicast.StartupQueryInterval", inData("mcast_startup_query_intvl", 1100, 1700)),
	set(uapi.IFLA_BR_MCAST_STATS_ENABLED, (*bridge.Builder).MulticastStats, true, false, "Info.Multicast.Stats",
		inData("mcast_stats_enabled", 1, 0)),
	set(uapi.IFLA_BR_MCAST_IGMP_VERSION, (*bridge.Builder).MulticastIGMPVersion, 3, 2, "Info.Multicast.IGMPVersion",
		inData("mcast_igmp_version", 3, 2)),
	set(uapi.IFLA_BR_MCAST_MLD_VERSION, (*bridge.Builder).MulticastMLDVersion, 2, 1, "Info.Multicast.MLDVersion",
		inData("mcast_mld_version", 2, 1)),
}

var bridgeNetfilter = []setting[*bridge.Builder]{
	set(uapi.IFLA_BR_NF_CALL_IPTABLES, (*bridge.Builder).CallIPTables, true, false, "Info.CallIPTables",
		inData("nf_call_iptables", 1, 0)).option("BRIDGE_NETFILTER"),
	set(uapi.IFLA_BR_NF_CALL_IP6TABLES, (*bridge.Builder).CallIP6Tables, true, false, "Info.CallIP6Tables",
		inData("nf_call_ip6tables", 1, 0)).option("BRIDGE_NETFILTER"),
	set(uapi.IFLA_BR_NF_CALL_ARPTABLES, (*bridge.Builder).CallARPTables, true, false, "Info.CallARPTables",
		inData("nf_call_arptables", 1, 0)).option("BRIDGE_NETFILTER"),
}

func TestBridgePortSettings(t *testing.T) {
	subject[*bridge.PortBuilder]{
		kind: iplink.KindBridge,
		rows: iplink.PortRows(iplink.KindBridge),
		prepare: []string{
			"link add br0 type bridge", "link set dev br0 up",
			"link add backup index 77 type veth peer name backup1", "link set dev backup master br0",
			"link add other index 78 type veth peer name other1", "link set dev other master br0",
		},
		start:    newBridgePort,
		settings: append(bridgePortSettings, bridgePortNewer...),
	}.test(t)
}

func newBridgePort(update bool) (*bridge.PortBuilder, iplink.Spec) {
	p := bridge.Port()
	if update {
		return p, iplink.Device(link).PortSettings(p)
	}
	return p, veth.New(link).Peer(veth.New("t1").Up()).Up().Master("br0").PortSettings(p)
}

// onOff is the entry for a port setting that is on or off, and begins with
// first.
func onOff(row uint16, setter func(*bridge.PortBuilder, bool) *bridge.PortBuilder, first bool, name, word string) setting[*bridge.PortBuilder] {
	return set(row, setter, first, !first, "PortInfo."+name, inPort(word, first, !first))
}

var bridgePortSettings = []setting[*bridge.PortBuilder]{
	set(uapi.IFLA_BRPORT_STATE, (*bridge.PortBuilder).State, bridge.PortListening, bridge.PortLearning, "PortInfo.State",
		inPort("state", "listening", "learning")).after("link set dev br0 up"),
	set(uapi.IFLA_BRPORT_PRIORITY, (*bridge.PortBuilder).Priority, 13, 31, "PortInfo.Priority", inPort("priority", 13, 31)),
	set(uapi.IFLA_BRPORT_COST, (*bridge.PortBuilder).Cost, 0x1234, 0x4321, "PortInfo.Cost", inPort("cost", 4660, 17185)),
	onOff(uapi.IFLA_BRPORT_MODE, (*bridge.PortBuilder).Hairpin, true, "Hairpin", "hairpin"),
	onOff(uapi.IFLA_BRPORT_GUARD, (*bridge.PortBuilder).Guard, true, "Guard", "guard"),
	onOff(uapi.IFLA_BRPORT_PROTECT, (*bridge.PortBuilder).RootBlock, true, "RootBlock", "root_block"),
	onOff(uapi.IFLA_BRPORT_FAST_LEAVE, (*bridge.PortBuilder).FastLeave, true, "FastLeave", "fastleave"),
	onOff(uapi.IFLA_BRPORT_LEARNING, (*bridge.PortBuilder).Learning, false, "Learning", "learning"),
	onOff(uapi.IFLA_BRPORT_UNICAST_FLOOD, (*bridge.PortBuilder).Flood, false, "UnicastFlood", "flood"),
	onOff(uapi.IFLA_BRPORT_PROXYARP, (*bridge.PortBuilder).ProxyARP, true, "ProxyARP", "proxy_arp"),
	onOff(uapi.IFLA_BRPORT_PROXYARP_WIFI, (*bridge.PortBuilder).ProxyARPWiFi, true, "ProxyARPWiFi", "proxy_arp_wifi"),
	present(uapi.IFLA_BRPORT_FLUSH, (*bridge.PortBuilder).FlushFDB, "").unread("TestFlushFDB sees what it does"),
	set(uapi.IFLA_BRPORT_MULTICAST_ROUTER, (*bridge.PortBuilder).MulticastRouter, bridge.RouterPermanent, bridge.RouterDisabled,
		"PortInfo.MulticastRouter", inPort("multicast_router", 2, 0)),
	onOff(uapi.IFLA_BRPORT_MCAST_FLOOD, (*bridge.PortBuilder).MulticastFlood, false, "MulticastFlood", "mcast_flood"),
	onOff(uapi.IFLA_BRPORT_MCAST_TO_UCAST, (*bridge.PortBuilder).MulticastToUnicast, true, "MulticastToUnicast", "mcast_to_unicast"),
	onOff(uapi.IFLA_BRPORT_VLAN_TUNNEL, (*bridge.PortBuilder).VLANTunnel, true, "VLANTunnel", "vlan_tunnel").option(vlanFiltering),
	onOff(uapi.IFLA_BRPORT_BCAST_FLOOD, (*bridge.PortBuilder).BroadcastFlood, false, "BroadcastFlood", "bcast_flood"),
	set(uapi.IFLA_BRPORT_GROUP_FWD_MASK, (*bridge.PortBuilder).GroupForwardMask, 0x1235, 0x4321, "PortInfo.GroupForwardMask",
		inPort("group_fwd_mask", "0x1235", "0x4321")),
	onOff(uapi.IFLA_BRPORT_NEIGH_SUPPRESS, (*bridge.PortBuilder).NeighSuppress, true, "NeighSuppress", "neigh_suppress"),
	onOff(uapi.IFLA_BRPORT_ISOLATED, (*bridge.PortBuilder).Isolated, true, "Isolated", "isolated"),
	set(uapi.IFLA_BRPORT_BACKUP_PORT, (*bridge.PortBuilder).BackupPort, "backup", "other", "PortInfo.BackupPort",
		inPort("backup_port", "backup", "other")).reads(77, 78),
	set(uapi.IFLA_BRPORT_BACKUP_PORT, (*bridge.PortBuilder).BackupPortIndex, 78, 0, "PortInfo.BackupPort",
		inPort("backup_port", "other", nil)).variant("index"),
}

var bridgePortNewer = []setting[*bridge.PortBuilder]{
	set(uapi.IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT, (*bridge.PortBuilder).MulticastEHTHostsLimit, 0x1234, 0x4321,
		"PortInfo.MulticastEHTHostsLimit", rawPort([]byte{0x34, 0x12, 0, 0}, []byte{0x21, 0x43, 0, 0}, uapi.IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT)),
	onOff(uapi.IFLA_BRPORT_LOCKED, (*bridge.PortBuilder).Locked, true, "Locked", "locked"),
	set(uapi.IFLA_BRPORT_MAB, (*bridge.PortBuilder).MAB, true, false, "PortInfo.MAB",
		inPort("mab", true, false).from(6, 2), rawPort([]byte{1}, []byte{0}, uapi.IFLA_BRPORT_MAB)).
		needs(func(p *bridge.PortBuilder) { p.Locked(true).Learning(true) }),
	set(uapi.IFLA_BRPORT_MCAST_MAX_GROUPS, (*bridge.PortBuilder).MulticastMaxGroups, 0x1234, 0x4321,
		"PortInfo.MulticastMaxGroups", rawPort([]byte{0x34, 0x12, 0, 0}, []byte{0x21, 0x43, 0, 0}, uapi.IFLA_BRPORT_MCAST_MAX_GROUPS)),
	set(uapi.IFLA_BRPORT_NEIGH_VLAN_SUPPRESS, (*bridge.PortBuilder).NeighVLANSuppress, true, false, "PortInfo.NeighVLANSuppress",
		inPort("neigh_vlan_suppress", true, false).from(6, 4), rawPort([]byte{1}, []byte{0}, uapi.IFLA_BRPORT_NEIGH_VLAN_SUPPRESS)),
	set(uapi.IFLA_BRPORT_BACKUP_NHID, (*bridge.PortBuilder).BackupNextHop, 0x1234, 0x4321, "PortInfo.BackupNextHop",
		rawPort([]byte{0x34, 0x12, 0, 0}, []byte{0x21, 0x43, 0, 0}, uapi.IFLA_BRPORT_BACKUP_NHID)),
	set(uapi.IFLA_BRPORT_NEIGH_FORWARD_GRAT, (*bridge.PortBuilder).NeighForwardGratuitous, true, false,
		"PortInfo.NeighForwardGratuitous", rawPort([]byte{1}, []byte{0}, uapi.IFLA_BRPORT_NEIGH_FORWARD_GRAT)),
}

func TestVRFSettings(t *testing.T) {
	subject[*vrf.Builder]{
		kind: iplink.KindVRF,
		rows: iplink.KindRows(iplink.KindVRF),
		start: func(bool) (*vrf.Builder, iplink.Spec) {
			v := vrf.New(link).Table(0x12345)
			return v, v
		},
		settings: []setting[*vrf.Builder]{
			set(uapi.IFLA_VRF_TABLE, (*vrf.Builder).Table, 0x12345678, 0xfedcba98, "Info.Table", inData("table", 305419896, 4275878552)),
		},
	}.test(t)
}

// TestBatadvSettings has only the algorithm, which no report of the link contains. The
// settings of the mesh are no attributes of the link, and package batadv tries them.
func TestBatadvSettings(t *testing.T) {
	algorithm := oracle{name: "batctl: algo_name", want: [2]any{"BATMAN_V", "BATMAN_IV"}, same: lab.SameJSON,
		read: func(t testing.TB, w *witness) (value any) {
			var mesh map[string]any
			testutil.In(t, w.ns, func() {
				out, err := exec.Command("batctl", "meshif", link, "mesh_json").Output()
				testutil.Must(t, err)
				testutil.Must(t, json.Unmarshal(out, &mesh))
			})
			return mesh["algo_name"]
		}}
	subject[*batadv.Builder]{
		kind: iplink.KindBatadv,
		rows: iplink.KindRows(iplink.KindBatadv),
		start: func(bool) (*batadv.Builder, iplink.Spec) {
			b := batadv.New(link)
			return b, b
		},
		settings: []setting[*batadv.Builder]{
			set(uapi.IFLA_BATADV_ALGO_NAME, (*batadv.Builder).Algorithm, batadv.V, batadv.IV, "", algorithm),
		},
	}.test(t)
}

// TestVRFPortSettings reads the table of a port, which only its VRF determines.
func TestVRFPortSettings(t *testing.T) {
	testutil.Need(t, iplink.KindVRF)
	c, ns := lab.Scratch(t)
	ns.Batch("link add red type vrf table 305419896", "link add t0 type veth peer name t1", "link set dev t0 master red")
	l, err := c.Get(t.Context(), "t0")
	testutil.Must(t, err)
	port, ok := vrf.PortInfo(l)
	if !ok || port.Table != 0x12345678 || l.PortKind != iplink.KindVRF {
		t.Errorf("%+v as a port of a %q", l.PortInfo, l.PortKind)
	}
	if got := lab.Within(ns.Link("t0"), "linkinfo", "info_slave_data", "table"); got != 305419896. {
		t.Errorf("ip: table %v", got)
	}
	if l, err = c.Get(t.Context(), "t1"); err != nil || l.PortInfo != nil {
		t.Errorf("no port, and %+v, error %v", l.PortInfo, err)
	}
}
