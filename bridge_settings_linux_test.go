package iplink_test

import (
	"net"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

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
