package tracenl

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// isOfBridge reports whether the body of a message about a link is of AF_BRIDGE.
func isOfBridge(body []byte) bool {
	l, _, err := wire.ParseLink(body)
	return err == nil && l.Family == uapi.AF_BRIDGE
}

// spellBridgeLink spells the VLANs of a port, in the words of `bridge vlan`. The rest of a
// report also stands in the other one about the link.
func spellBridgeLink(b, body []byte) []byte {
	l, attrs, _ := wire.ParseLink(body)
	attrs, _ = wire.Legible(attrs, func(wire.Attr) {})
	return appendFields(appendDev(b, int(l.Index)), attrs, bridgeLinkFields)
}

var bridgeLinkFields = []field{
	{typ: uapi.IFLA_IFNAME, name: "name", form: text},
	{typ: uapi.IFLA_MASTER, name: "master", form: ifindex},
	{typ: uapi.IFLA_EXT_MASK, name: "ext_mask", form: hexadecimal},
	{typ: uapi.IFLA_ADDRESS, form: silent},
	{typ: uapi.IFLA_MTU, form: silent},
	{typ: uapi.IFLA_LINK, form: silent},
	{typ: uapi.IFLA_OPERSTATE, form: silent},
	{typ: uapi.IFLA_PROTINFO, form: silent},
	{typ: uapi.IFLA_AF_SPEC, form: nest, in: []field{
		{typ: uapi.IFLA_BRIDGE_FLAGS, form: bridgeFlags},
		{typ: uapi.IFLA_BRIDGE_VLAN_INFO, form: vlanInfo},
		{typ: uapi.IFLA_BRIDGE_VLAN_TUNNEL_INFO, name: "tunnel_info", form: nest, in: []field{
			{typ: uapi.IFLA_BRIDGE_VLAN_TUNNEL_ID, name: "id"},
			{typ: uapi.IFLA_BRIDGE_VLAN_TUNNEL_VID, name: "vid"},
			{typ: uapi.IFLA_BRIDGE_VLAN_TUNNEL_FLAGS, form: vlanFlags},
		}},
		{typ: uapi.IFLA_BRIDGE_MST, name: "mst", form: list, in: []field{
			{typ: uapi.IFLA_BRIDGE_MST_ENTRY_MSTI, name: "msti"},
			{typ: uapi.IFLA_BRIDGE_MST_ENTRY_STATE, name: "state"},
		}},
	}},
}

// vlanFields are the attributes of settings of single VLANs.
var vlanFields = []field{
	{typ: uapi.BRIDGE_VLANDB_ENTRY, name: "vlan", form: nest, in: []field{
		{typ: uapi.BRIDGE_VLANDB_ENTRY_INFO, form: vlanInfo},
		{typ: uapi.BRIDGE_VLANDB_ENTRY_RANGE, name: "range"},
		{typ: uapi.BRIDGE_VLANDB_ENTRY_STATE, name: "state"},
		{typ: uapi.BRIDGE_VLANDB_ENTRY_TUNNEL_INFO, name: "tunnel_info", form: nest, in: []field{{typ: uapi.BRIDGE_VLANDB_TINFO_ID, name: "id"}}},
		{typ: uapi.BRIDGE_VLANDB_ENTRY_STATS, form: silent},
		{typ: uapi.BRIDGE_VLANDB_ENTRY_MCAST_ROUTER, name: "mcast_router"},
		{typ: uapi.BRIDGE_VLANDB_ENTRY_MCAST_N_GROUPS, name: "mcast_n_groups"},
		{typ: uapi.BRIDGE_VLANDB_ENTRY_MCAST_MAX_GROUPS, name: "mcast_max_groups"},
		{typ: uapi.BRIDGE_VLANDB_ENTRY_NEIGH_SUPPRESS, name: "neigh_suppress", form: onOff},
	}},
	{typ: uapi.BRIDGE_VLANDB_GLOBAL_OPTIONS, name: "vlan global", form: nest, in: []field{
		{typ: uapi.BRIDGE_VLANDB_GOPTS_ID, name: "vid"},
		{typ: uapi.BRIDGE_VLANDB_GOPTS_RANGE, name: "range"},
		{typ: uapi.BRIDGE_VLANDB_GOPTS_MCAST_SNOOPING, name: "mcast_snooping"},
		{typ: uapi.BRIDGE_VLANDB_GOPTS_MCAST_IGMP_VERSION, name: "mcast_igmp_version"},
		{typ: uapi.BRIDGE_VLANDB_GOPTS_MCAST_MLD_VERSION, name: "mcast_mld_version"},
		{typ: uapi.BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_CNT, name: "mcast_last_member_count"},
		{typ: uapi.BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_CNT, name: "mcast_startup_query_count"},
		{typ: uapi.BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_INTVL, name: "mcast_last_member_interval"},
		{typ: uapi.BRIDGE_VLANDB_GOPTS_PAD, form: silent},
		{typ: uapi.BRIDGE_VLANDB_GOPTS_MCAST_MEMBERSHIP_INTVL, name: "mcast_membership_interval"},
		{typ: uapi.BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_INTVL, name: "mcast_querier_interval"},
		{typ: uapi.BRIDGE_VLANDB_GOPTS_MCAST_QUERY_INTVL, name: "mcast_query_interval"},
		{typ: uapi.BRIDGE_VLANDB_GOPTS_MCAST_QUERY_RESPONSE_INTVL, name: "mcast_query_response_interval"},
		{typ: uapi.BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_INTVL, name: "mcast_startup_query_interval"},
		{typ: uapi.BRIDGE_VLANDB_GOPTS_MCAST_QUERIER, name: "mcast_querier"},
		{typ: uapi.BRIDGE_VLANDB_GOPTS_MSTI, name: "msti"},
	}},
}

// mdbReport are the attributes of reports about a multicast database.
var mdbReport = []field{
	{typ: uapi.MDBA_MDB, form: list, in: []field{{typ: uapi.MDBA_MDB_ENTRY_INFO, form: mdbEntry}}},
	{typ: uapi.MDBA_ROUTER, name: "router", form: nest, in: []field{{typ: uapi.MDBA_ROUTER_PORT, form: routerPort}}},
}

// mdbFields are the attributes of requests about a multicast database.
var mdbFields = []field{
	{typ: uapi.MDBA_SET_ENTRY, form: mdbEntry},
	{typ: uapi.MDBA_SET_ENTRY_ATTRS, form: nest, in: []field{
		{typ: uapi.MDBE_ATTR_SOURCE, name: "src", form: address},
		{typ: uapi.MDBE_ATTR_SRC_LIST, name: "source_list", form: list, in: []field{{typ: uapi.MDBE_SRCATTR_ADDRESS, form: address}}},
		{typ: uapi.MDBE_ATTR_GROUP_MODE, name: "filter_mode"},
		{typ: uapi.MDBE_ATTR_RTPROT, name: "proto"},
	}},
}

// tunnelFields are the attributes of the networks that a VXLAN link accepts.
var tunnelFields = []field{
	{typ: uapi.VXLAN_VNIFILTER_ENTRY, form: nest, in: []field{
		{typ: uapi.VXLAN_VNIFILTER_ENTRY_START, name: "vni"},
		{typ: uapi.VXLAN_VNIFILTER_ENTRY_END, name: "to"},
		{typ: uapi.VXLAN_VNIFILTER_ENTRY_GROUP, name: "group", form: address},
		{typ: uapi.VXLAN_VNIFILTER_ENTRY_GROUP6, name: "group", form: address},
		{typ: uapi.VXLAN_VNIFILTER_ENTRY_STATS, form: silent},
	}},
}

// The words for flags of VLANs, and for the bridge that a request is for.
var (
	vlanWords = []word{{uapi.BRIDGE_VLAN_INFO_PVID, "pvid"}, {uapi.BRIDGE_VLAN_INFO_UNTAGGED, "untagged"},
		{uapi.BRIDGE_VLAN_INFO_RANGE_BEGIN, "begin"}, {uapi.BRIDGE_VLAN_INFO_RANGE_END, "end"}, {uapi.BRIDGE_VLAN_INFO_ONLY_OPTS, ""}}
	bridgeWords = []word{{uapi.BRIDGE_FLAGS_MASTER, "master"}, {uapi.BRIDGE_FLAGS_SELF, "self"}}
)

// spellFlags spells two bytes.
func spellFlags(data []byte, words []word) (string, bool) {
	if len(data) != 2 {
		return "", false
	}
	return spellBits(uint32(wire.Order.Uint16(data)), words), true
}

// spellVLAN spells a struct bridge_vlan_info.
func spellVLAN(data []byte) (string, bool) {
	if len(data) != 4 {
		return "", false
	}
	flags, _ := spellFlags(data[:2], vlanWords)
	if flags != "" {
		flags = " " + flags
	}
	return fmt.Sprintf("vid %d%s", wire.Order.Uint16(data[2:]), flags), true
}

// spellMDB spells a struct br_mdb_entry. In a report, attributes follow it.
func spellMDB(data []byte) (string, bool) {
	const length = 28
	if len(data) < length {
		return "", false
	}
	group := net.HardwareAddr(data[8:14]).String()
	switch binary.BigEndian.Uint16(data[24:]) {
	case 0x0800: // IPv4
		group = netip.AddrFrom4([4]byte(data[8:12])).String()
	case 0x86dd: // IPv6
		group = netip.AddrFrom16([16]byte(data[8:24])).String()
	}
	text := fmt.Sprintf("port if%d grp %s", wire.Order.Uint32(data), group)
	if data[4]&uapi.MDB_PERMANENT != 0 {
		text += " permanent"
	}
	if vid := wire.Order.Uint16(data[6:]); vid != 0 {
		text += fmt.Sprintf(" vid %d", vid)
	}
	return text, true
}

// spellRouter spells the index of a port, which attributes follow.
func spellRouter(data []byte) (string, bool) {
	if len(data) < 4 {
		return "", false
	}
	return fmt.Sprintf("port if%d", wire.Order.Uint32(data)), true
}
