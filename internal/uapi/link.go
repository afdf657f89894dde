package uapi

// IFLA_*: attributes of every link (include/uapi/linux/if_link.h).
const (
	IFLA_ADDRESS                    = 1
	IFLA_BROADCAST                  = 2
	IFLA_IFNAME                     = 3
	IFLA_MTU                        = 4
	IFLA_LINK                       = 5
	IFLA_QDISC                      = 6
	IFLA_STATS                      = 7
	IFLA_COST                       = 8
	IFLA_PRIORITY                   = 9
	IFLA_MASTER                     = 10
	IFLA_WIRELESS                   = 11
	IFLA_PROTINFO                   = 12
	IFLA_TXQLEN                     = 13
	IFLA_MAP                        = 14
	IFLA_WEIGHT                     = 15
	IFLA_OPERSTATE                  = 16
	IFLA_LINKMODE                   = 17
	IFLA_LINKINFO                   = 18
	IFLA_NET_NS_PID                 = 19
	IFLA_IFALIAS                    = 20
	IFLA_NUM_VF                     = 21
	IFLA_VFINFO_LIST                = 22
	IFLA_STATS64                    = 23
	IFLA_VF_PORTS                   = 24
	IFLA_PORT_SELF                  = 25
	IFLA_AF_SPEC                    = 26
	IFLA_GROUP                      = 27
	IFLA_NET_NS_FD                  = 28
	IFLA_EXT_MASK                   = 29
	IFLA_PROMISCUITY                = 30
	IFLA_NUM_TX_QUEUES              = 31
	IFLA_NUM_RX_QUEUES              = 32
	IFLA_CARRIER                    = 33
	IFLA_PHYS_PORT_ID               = 34
	IFLA_CARRIER_CHANGES            = 35
	IFLA_PHYS_SWITCH_ID             = 36
	IFLA_LINK_NETNSID               = 37
	IFLA_PHYS_PORT_NAME             = 38
	IFLA_PROTO_DOWN                 = 39
	IFLA_GSO_MAX_SEGS               = 40
	IFLA_GSO_MAX_SIZE               = 41
	IFLA_PAD                        = 42
	IFLA_XDP                        = 43
	IFLA_EVENT                      = 44
	IFLA_NEW_NETNSID                = 45
	IFLA_TARGET_NETNSID             = 46
	IFLA_CARRIER_UP_COUNT           = 47
	IFLA_CARRIER_DOWN_COUNT         = 48
	IFLA_NEW_IFINDEX                = 49
	IFLA_MIN_MTU                    = 50
	IFLA_MAX_MTU                    = 51
	IFLA_PROP_LIST                  = 52
	IFLA_ALT_IFNAME                 = 53
	IFLA_PERM_ADDRESS               = 54
	IFLA_PROTO_DOWN_REASON          = 55
	IFLA_PARENT_DEV_NAME            = 56
	IFLA_PARENT_DEV_BUS_NAME        = 57
	IFLA_GRO_MAX_SIZE               = 58
	IFLA_TSO_MAX_SIZE               = 59
	IFLA_TSO_MAX_SEGS               = 60
	IFLA_ALLMULTI                   = 61
	IFLA_DEVLINK_PORT               = 62
	IFLA_GSO_IPV4_MAX_SIZE          = 63
	IFLA_GRO_IPV4_MAX_SIZE          = 64
	IFLA_DPLL_PIN                   = 65
	IFLA_MAX_PACING_OFFLOAD_HORIZON = 66
	IFLA_NETNS_IMMUTABLE            = 67
	IFLA_HEADROOM                   = 68
	IFLA_TAILROOM                   = 69
)

// IFLA_INFO_*: members of IFLA_LINKINFO.
const (
	IFLA_INFO_KIND       = 1
	IFLA_INFO_DATA       = 2
	IFLA_INFO_XSTATS     = 3
	IFLA_INFO_SLAVE_KIND = 4
	IFLA_INFO_SLAVE_DATA = 5
)

// IFLA_INET6_*: members of AF_INET6 in IFLA_AF_SPEC.
const (
	IFLA_INET6_FLAGS         = 1
	IFLA_INET6_CONF          = 2
	IFLA_INET6_STATS         = 3
	IFLA_INET6_MCAST         = 4
	IFLA_INET6_CACHEINFO     = 5
	IFLA_INET6_ICMP6STATS    = 6
	IFLA_INET6_TOKEN         = 7
	IFLA_INET6_ADDR_GEN_MODE = 8
	IFLA_INET6_RA_MTU        = 9
)

// IFLA_INET_*: members of AF_INET in IFLA_AF_SPEC.
const (
	IFLA_INET_CONF = 1
)

// IFLA_XDP_*: members of IFLA_XDP.
const (
	IFLA_XDP_FD          = 1
	IFLA_XDP_ATTACHED    = 2
	IFLA_XDP_FLAGS       = 3
	IFLA_XDP_PROG_ID     = 4
	IFLA_XDP_DRV_PROG_ID = 5
	IFLA_XDP_SKB_PROG_ID = 6
	IFLA_XDP_HW_PROG_ID  = 7
	IFLA_XDP_EXPECTED_FD = 8
)

// IFLA_PROTO_DOWN_REASON_*: members of IFLA_PROTO_DOWN_REASON.
const (
	IFLA_PROTO_DOWN_REASON_MASK  = 1
	IFLA_PROTO_DOWN_REASON_VALUE = 2
)

// IFLA_EVENT_*: reasons for an announcement of a link.
const (
	IFLA_EVENT_BONDING_FAILOVER = 3
	IFLA_EVENT_NOTIFY_PEERS     = 4
	IFLA_EVENT_IGMP_RESEND      = 5
)
