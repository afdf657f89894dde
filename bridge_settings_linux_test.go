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
	subject[*iplink.Bridge]{
		kind:  iplink.KindBridge,
		rows:  iplink.KindRows(iplink.KindBridge),
		start: newBridge,
		settings: append(append(append(append(
			bridgeSpanningTree, bridgeForwarding...), bridgeVLANs...), bridgeMulticast...), bridgeNetfilter...),
	}.test(t)
}

func newBridge(bool) (*iplink.Bridge, iplink.Spec) {
	b := bridge.New(link)
	return b, b
}

var bridgeSpanningTree = []setting[*iplink.Bridge]{
	set(uapi.IFLA_BR_STP_MODE, (*iplink.Bridge).STPMode, bridge.STPUser, bridge.STPKernel, "Info.STPMode",
		rawData([]byte{1, 0, 0, 0}, []byte{2, 0, 0, 0}, uapi.IFLA_BR_STP_MODE)),
	set(uapi.IFLA_BR_STP_STATE, (*iplink.Bridge).STP, true, false, "Info.STP", inData("stp_state", 1, 0)),
	set(uapi.IFLA_BR_PRIORITY, (*iplink.Bridge).Priority, 0x1234, 0x4321, "Info.Priority", inData("priority", 4660, 17185)),
	set(uapi.IFLA_BR_FORWARD_DELAY, (*iplink.Bridge).ForwardDelay, 4*time.Second, 17*time.Second, "Info.ForwardDelay",
		inData("forward_delay", 400, 1700)),
	set(uapi.IFLA_BR_HELLO_TIME, (*iplink.Bridge).HelloTime, 3*time.Second, 7*time.Second, "Info.HelloTime",
		inData("hello_time", 300, 700)),
	set(uapi.IFLA_BR_MAX_AGE, (*iplink.Bridge).MaxAge, 13*time.Second, 31*time.Second, "Info.MaxAge",
		inData("max_age", 1300, 3100)),
}

var bridgeForwarding = []setting[*iplink.Bridge]{
	set(uapi.IFLA_BR_AGEING_TIME, (*iplink.Bridge).AgeingTime, 123*time.Second, 321*time.Second, "Info.AgeingTime",
		inData("ageing_time", 12300, 32100)),
	present(uapi.IFLA_BR_FDB_FLUSH, (*iplink.Bridge).FlushFDB, "").unread("TestFlushFDB sees what it does"),
	set(uapi.IFLA_BR_FDB_MAX_LEARNED, (*iplink.Bridge).FDBMaxLearned, 0x1234, 0x4321, "Info.FDBMaxLearned",
		inData("fdb_max_learned", 4660, 17185).from(6, 9),
		rawData([]byte{0x34, 0x12, 0, 0}, []byte{0x21, 0x43, 0, 0}, uapi.IFLA_BR_FDB_MAX_LEARNED)),
	set(uapi.IFLA_BR_GROUP_ADDR, (*iplink.Bridge).GroupAddress,
		net.HardwareAddr{1, 0x80, 0xc2, 0, 0, 5}, net.HardwareAddr{1, 0x80, 0xc2, 0, 0, 0xe}, "Info.GroupAddress",
		inData("group_addr", "01:80:c2:00:00:05", "01:80:c2:00:00:0e")),
	set(uapi.IFLA_BR_GROUP_FWD_MASK, (*iplink.Bridge).GroupForwardMask, 0x1238, 0x4320, "Info.GroupForwardMask",
		inData("group_fwd_mask", "0x1238", "0x4320")),
	set(attr.Bit(uapi.BR_BOOLOPT_NO_LL_LEARN), (*iplink.Bridge).NoLinkLocalLearn, true, false, "Info.NoLinkLocalLearn",
		inData("no_linklocal_learn", 1, 0)),
	set(attr.Bit(uapi.BR_BOOLOPT_MST_ENABLE), (*iplink.Bridge).MST, true, false, "Info.MST",
		rawData([]byte{4, 0, 0, 0}, []byte{0, 0, 0, 0}, uapi.IFLA_BR_MULTI_BOOLOPT)).option(vlanFiltering),
	set(attr.Bit(uapi.BR_BOOLOPT_MDB_OFFLOAD_FAIL_NOTIFICATION), (*iplink.Bridge).MDBOffloadFailNotification, true, false,
		"Info.MDBOffloadFailNotification",
		rawData([]byte{8, 0, 0, 0}, []byte{0, 0, 0, 0}, uapi.IFLA_BR_MULTI_BOOLOPT)),
}

var bridgeVLANs = []setting[*iplink.Bridge]{
	set(uapi.IFLA_BR_VLAN_FILTERING, (*iplink.Bridge).VLANFiltering, true, false, "Info.VLANFiltering",
		inData("vlan_filtering", 1, 0)).option(vlanFiltering),
	set(uapi.IFLA_BR_VLAN_PROTOCOL, (*iplink.Bridge).VLANProtocol, bridge.VLAN8021AD, bridge.VLAN8021Q, "Info.VLANProtocol",
		inData("vlan_protocol", "802.1ad", "802.1Q")).option(vlanFiltering),
	set(uapi.IFLA_BR_VLAN_DEFAULT_PVID, (*iplink.Bridge).VLANDefaultPVID, 0x123, 0x321, "Info.VLANDefaultPVID",
		inData("vlan_default_pvid", 291, 801)).option(vlanFiltering),
	set(uapi.IFLA_BR_VLAN_STATS_ENABLED, (*iplink.Bridge).VLANStats, true, false, "Info.VLANStats",
		inData("vlan_stats_enabled", 1, 0)).option(vlanFiltering),
	set(uapi.IFLA_BR_VLAN_STATS_PER_PORT, (*iplink.Bridge).VLANStatsPerPort, true, false, "Info.VLANStatsPerPort",
		inData("vlan_stats_per_port", 1, 0)).option(vlanFiltering),
	set(attr.Bit(uapi.BR_BOOLOPT_MCAST_VLAN_SNOOPING), (*iplink.Bridge).MulticastVLANSnooping, true, false,
		"Info.MulticastVLANSnooping", inData("mcast_vlan_snooping", 1, 0)).
		needs(func(b *iplink.Bridge) { b.VLANFiltering(true) }).option(vlanFiltering),
	set(attr.Bit(uapi.BR_BOOLOPT_FDB_LOCAL_VLAN_0), (*iplink.Bridge).FDBLocalVLAN0, true, false, "Info.FDBLocalVLAN0",
		rawData([]byte{0x10, 0, 0, 0}, []byte{0, 0, 0, 0}, uapi.IFLA_BR_MULTI_BOOLOPT)).option(vlanFiltering),
}

var bridgeMulticast = []setting[*iplink.Bridge]{
	set(uapi.IFLA_BR_MCAST_SNOOPING, (*iplink.Bridge).MulticastSnooping, false, true, "Info.Multicast.Snooping",
		inData("mcast_snooping", 0, 1)),
	set(uapi.IFLA_BR_MCAST_ROUTER, (*iplink.Bridge).MulticastRouter, bridge.RouterPermanent, bridge.RouterDisabled,
		"Info.Multicast.Router", inData("mcast_router", 2, 0)),
	set(uapi.IFLA_BR_MCAST_QUERY_USE_IFADDR, (*iplink.Bridge).MulticastQueryUseIfAddr, true, false,
		"Info.Multicast.QueryUseIfAddr", inData("mcast_query_use_ifaddr", 1, 0)),
	set(uapi.IFLA_BR_MCAST_QUERIER, (*iplink.Bridge).MulticastQuerier, true, false, "Info.Multicast.Querier",
		inData("mcast_querier", 1, 0)),
	set(uapi.IFLA_BR_MCAST_HASH_ELASTICITY, (*iplink.Bridge).MulticastHashElasticity, 17, 33, "").
		refused(iplink.ErrNotApplied),
	set(uapi.IFLA_BR_MCAST_HASH_MAX, (*iplink.Bridge).MulticastHashMax, 0x1234, 0x4321, "Info.Multicast.HashMax",
		inData("mcast_hash_max", 4660, 17185)),
	set(uapi.IFLA_BR_MCAST_LAST_MEMBER_CNT, (*iplink.Bridge).MulticastLastMemberCount, 17, 33,
		"Info.Multicast.LastMemberCount", inData("mcast_last_member_cnt", 17, 33)),
	set(uapi.IFLA_BR_MCAST_STARTUP_QUERY_CNT, (*iplink.Bridge).MulticastStartupQueryCount, 19, 37,
		"Info.Multicast.StartupQueryCount", inData("mcast_startup_query_cnt", 19, 37)),
	set(uapi.IFLA_BR_MCAST_LAST_MEMBER_INTVL, (*iplink.Bridge).MulticastLastMemberInterval, 3*time.Second, 7*time.Second,
		"Info.Multicast.LastMemberInterval", inData("mcast_last_member_intvl", 300, 700)),
	set(uapi.IFLA_BR_MCAST_MEMBERSHIP_INTVL, (*iplink.Bridge).MulticastMembershipInterval, 123*time.Second, 321*time.Second,
		"Info.Multicast.MembershipInterval", inData("mcast_membership_intvl", 12300, 32100)),
	set(uapi.IFLA_BR_MCAST_QUERIER_INTVL, (*iplink.Bridge).MulticastQuerierInterval, 122*time.Second, 221*time.Second,
		"Info.Multicast.QuerierInterval", inData("mcast_querier_intvl", 12200, 22100)),
	set(uapi.IFLA_BR_MCAST_QUERY_INTVL, (*iplink.Bridge).MulticastQueryInterval, 23*time.Second, 32*time.Second,
		"Info.Multicast.QueryInterval", inData("mcast_query_intvl", 2300, 3200)),
	set(uapi.IFLA_BR_MCAST_QUERY_RESPONSE_INTVL, (*iplink.Bridge).MulticastQueryResponseInterval, 5*time.Second, 6*time.Second,
		"Info.Multicast.QueryResponseInterval", inData("mcast_query_response_intvl", 500, 600)),
	set(uapi.IFLA_BR_MCAST_STARTUP_QUERY_INTVL, (*iplink.Bridge).MulticastStartupQueryInterval, 11*time.Second, 17*time.Second,
		"Info.Multicast.StartupQueryInterval", inData("mcast_startup_query_intvl", 1100, 1700)),
	set(uapi.IFLA_BR_MCAST_STATS_ENABLED, (*iplink.Bridge).MulticastStats, true, false, "Info.Multicast.Stats",
		inData("mcast_stats_enabled", 1, 0)),
	set(uapi.IFLA_BR_MCAST_IGMP_VERSION, (*iplink.Bridge).MulticastIGMPVersion, 3, 2, "Info.Multicast.IGMPVersion",
		inData("mcast_igmp_version", 3, 2)),
	set(uapi.IFLA_BR_MCAST_MLD_VERSION, (*iplink.Bridge).MulticastMLDVersion, 2, 1, "Info.Multicast.MLDVersion",
		inData("mcast_mld_version", 2, 1)),
}

var bridgeNetfilter = []setting[*iplink.Bridge]{
	set(uapi.IFLA_BR_NF_CALL_IPTABLES, (*iplink.Bridge).CallIPTables, true, false, "Info.CallIPTables",
		inData("nf_call_iptables", 1, 0)).option("BRIDGE_NETFILTER"),
	set(uapi.IFLA_BR_NF_CALL_IP6TABLES, (*iplink.Bridge).CallIP6Tables, true, false, "Info.CallIP6Tables",
		inData("nf_call_ip6tables", 1, 0)).option("BRIDGE_NETFILTER"),
	set(uapi.IFLA_BR_NF_CALL_ARPTABLES, (*iplink.Bridge).CallARPTables, true, false, "Info.CallARPTables",
		inData("nf_call_arptables", 1, 0)).option("BRIDGE_NETFILTER"),
}
