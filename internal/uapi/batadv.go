package uapi

// IFLA_BATADV_*: the settings of a batadv link in route netlink.
const IFLA_BATADV_ALGO_NAME = 1

// The generic netlink family of batman-adv.
const BATADV_NL_NAME = "batadv"

// BATADV_CMD_*: commands of the family.
const (
	BATADV_CMD_GET_MESH        = 1
	BATADV_CMD_GET_HARDIF      = 5
	BATADV_CMD_GET_ORIGINATORS = 8
	BATADV_CMD_GET_NEIGHBORS   = 9
	BATADV_CMD_GET_GATEWAYS    = 10
	BATADV_CMD_SET_MESH        = 15
	BATADV_CMD_SET_HARDIF      = 16
	BATADV_CMD_GET_VLAN        = 17
	BATADV_CMD_SET_VLAN        = 18
)

// BATADV_ATTR_*: attributes of the family.
const (
	BATADV_ATTR_VERSION                       = 1
	BATADV_ATTR_ALGO_NAME                     = 2
	BATADV_ATTR_MESH_IFINDEX                  = 3
	BATADV_ATTR_MESH_IFNAME                   = 4
	BATADV_ATTR_MESH_ADDRESS                  = 5
	BATADV_ATTR_HARD_IFINDEX                  = 6
	BATADV_ATTR_HARD_IFNAME                   = 7
	BATADV_ATTR_HARD_ADDRESS                  = 8
	BATADV_ATTR_ORIG_ADDRESS                  = 9
	BATADV_ATTR_TPMETER_RESULT                = 10
	BATADV_ATTR_TPMETER_TEST_TIME             = 11
	BATADV_ATTR_TPMETER_BYTES                 = 12
	BATADV_ATTR_TPMETER_COOKIE                = 13
	BATADV_ATTR_PAD                           = 14
	BATADV_ATTR_ACTIVE                        = 15
	BATADV_ATTR_TT_ADDRESS                    = 16
	BATADV_ATTR_TT_TTVN                       = 17
	BATADV_ATTR_TT_LAST_TTVN                  = 18
	BATADV_ATTR_TT_CRC32                      = 19
	BATADV_ATTR_TT_VID                        = 20
	BATADV_ATTR_TT_FLAGS                      = 21
	BATADV_ATTR_FLAG_BEST                     = 22
	BATADV_ATTR_LAST_SEEN_MSECS               = 23
	BATADV_ATTR_NEIGH_ADDRESS                 = 24
	BATADV_ATTR_TQ                            = 25
	BATADV_ATTR_THROUGHPUT                    = 26
	BATADV_ATTR_BANDWIDTH_UP                  = 27
	BATADV_ATTR_BANDWIDTH_DOWN                = 28
	BATADV_ATTR_ROUTER                        = 29
	BATADV_ATTR_BLA_OWN                       = 30
	BATADV_ATTR_BLA_ADDRESS                   = 31
	BATADV_ATTR_BLA_VID                       = 32
	BATADV_ATTR_BLA_BACKBONE                  = 33
	BATADV_ATTR_BLA_CRC                       = 34
	BATADV_ATTR_DAT_CACHE_IP4ADDRESS          = 35
	BATADV_ATTR_DAT_CACHE_HWADDRESS           = 36
	BATADV_ATTR_DAT_CACHE_VID                 = 37
	BATADV_ATTR_MCAST_FLAGS                   = 38
	BATADV_ATTR_MCAST_FLAGS_PRIV              = 39
	BATADV_ATTR_VLANID                        = 40
	BATADV_ATTR_AGGREGATED_OGMS_ENABLED       = 41
	BATADV_ATTR_AP_ISOLATION_ENABLED          = 42
	BATADV_ATTR_ISOLATION_MARK                = 43
	BATADV_ATTR_ISOLATION_MASK                = 44
	BATADV_ATTR_BONDING_ENABLED               = 45
	BATADV_ATTR_BRIDGE_LOOP_AVOIDANCE_ENABLED = 46
	BATADV_ATTR_DISTRIBUTED_ARP_TABLE_ENABLED = 47
	BATADV_ATTR_FRAGMENTATION_ENABLED         = 48
	BATADV_ATTR_GW_BANDWIDTH_DOWN             = 49
	BATADV_ATTR_GW_BANDWIDTH_UP               = 50
	BATADV_ATTR_GW_MODE                       = 51
	BATADV_ATTR_GW_SEL_CLASS                  = 52
	BATADV_ATTR_HOP_PENALTY                   = 53
	BATADV_ATTR_LOG_LEVEL                     = 54
	BATADV_ATTR_MULTICAST_FORCEFLOOD_ENABLED  = 55
	BATADV_ATTR_NETWORK_CODING_ENABLED        = 56
	BATADV_ATTR_ORIG_INTERVAL                 = 57
	BATADV_ATTR_ELP_INTERVAL                  = 58
	BATADV_ATTR_THROUGHPUT_OVERRIDE           = 59
	BATADV_ATTR_MULTICAST_FANOUT              = 60
)
