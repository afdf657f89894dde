package tracenl

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// batAdv has meshes of batman-adv, their ports, VLANs and nodes.
var batAdv = family{uapi.BATADV_NL_NAME, attr.Words{
	uapi.BATADV_CMD_GET_MESH: "GET_MESH", uapi.BATADV_CMD_SET_MESH: "SET_MESH",
	uapi.BATADV_CMD_GET_HARDIF: "GET_HARDIF", uapi.BATADV_CMD_SET_HARDIF: "SET_HARDIF",
	uapi.BATADV_CMD_GET_VLAN: "GET_VLAN", uapi.BATADV_CMD_SET_VLAN: "SET_VLAN",
	uapi.BATADV_CMD_GET_ORIGINATORS: "GET_ORIGINATORS", uapi.BATADV_CMD_GET_NEIGHBORS: "GET_NEIGHBORS",
	uapi.BATADV_CMD_GET_GATEWAYS: "GET_GATEWAYS",
}, []field{
	{typ: uapi.BATADV_ATTR_VERSION, name: "version", form: text},
	{typ: uapi.BATADV_ATTR_ALGO_NAME, name: "ra", form: text},
	{typ: uapi.BATADV_ATTR_MESH_IFINDEX, name: "meshif", form: ifindex},
	{typ: uapi.BATADV_ATTR_MESH_IFNAME, name: "meshif", form: text},
	{typ: uapi.BATADV_ATTR_MESH_ADDRESS, name: "address", form: hardware},
	{typ: uapi.BATADV_ATTR_HARD_IFINDEX, name: "hardif", form: ifindex},
	{typ: uapi.BATADV_ATTR_HARD_IFNAME, name: "hardif", form: text},
	{typ: uapi.BATADV_ATTR_HARD_ADDRESS, name: "address", form: hardware},
	{typ: uapi.BATADV_ATTR_ORIG_ADDRESS, name: "originator", form: hardware},
	{typ: uapi.BATADV_ATTR_ACTIVE, name: "active", form: flag},
	{typ: uapi.BATADV_ATTR_FLAG_BEST, name: "best", form: flag},
	{typ: uapi.BATADV_ATTR_LAST_SEEN_MSECS, name: "last_seen"},
	{typ: uapi.BATADV_ATTR_NEIGH_ADDRESS, name: "neighbour", form: hardware},
	{typ: uapi.BATADV_ATTR_TQ, name: "tq"},
	{typ: uapi.BATADV_ATTR_THROUGHPUT, name: "throughput"},
	{typ: uapi.BATADV_ATTR_BANDWIDTH_UP, name: "bandwidth_up"},
	{typ: uapi.BATADV_ATTR_BANDWIDTH_DOWN, name: "bandwidth_down"},
	{typ: uapi.BATADV_ATTR_ROUTER, name: "router", form: hardware},
	{typ: uapi.BATADV_ATTR_VLANID, name: "vid"},
	{typ: uapi.BATADV_ATTR_AGGREGATED_OGMS_ENABLED, name: "aggregation"},
	{typ: uapi.BATADV_ATTR_AP_ISOLATION_ENABLED, name: "ap_isolation"},
	{typ: uapi.BATADV_ATTR_ISOLATION_MARK, name: "isolation_mark", form: hexadecimal},
	{typ: uapi.BATADV_ATTR_ISOLATION_MASK, name: "isolation_mask", form: hexadecimal},
	{typ: uapi.BATADV_ATTR_BONDING_ENABLED, name: "bonding"},
	{typ: uapi.BATADV_ATTR_BRIDGE_LOOP_AVOIDANCE_ENABLED, name: "bridge_loop_avoidance"},
	{typ: uapi.BATADV_ATTR_DISTRIBUTED_ARP_TABLE_ENABLED, name: "distributed_arp_table"},
	{typ: uapi.BATADV_ATTR_FRAGMENTATION_ENABLED, name: "fragmentation"},
	{typ: uapi.BATADV_ATTR_GW_BANDWIDTH_DOWN, name: "gw_bandwidth_down"},
	{typ: uapi.BATADV_ATTR_GW_BANDWIDTH_UP, name: "gw_bandwidth_up"},
	{typ: uapi.BATADV_ATTR_GW_MODE, name: "gw_mode"},
	{typ: uapi.BATADV_ATTR_GW_SEL_CLASS, name: "gw_sel_class"},
	{typ: uapi.BATADV_ATTR_HOP_PENALTY, name: "hop_penalty"},
	{typ: uapi.BATADV_ATTR_LOG_LEVEL, name: "loglevel", form: hexadecimal},
	{typ: uapi.BATADV_ATTR_MULTICAST_FORCEFLOOD_ENABLED, name: "multicast_forceflood"},
	{typ: uapi.BATADV_ATTR_NETWORK_CODING_ENABLED, name: "network_coding"},
	{typ: uapi.BATADV_ATTR_ORIG_INTERVAL, name: "orig_interval"},
	{typ: uapi.BATADV_ATTR_ELP_INTERVAL, name: "elp_interval"},
	{typ: uapi.BATADV_ATTR_THROUGHPUT_OVERRIDE, name: "throughput_override"},
	{typ: uapi.BATADV_ATTR_MULTICAST_FANOUT, name: "multicast_fanout"},
}}
