package uapi

// NLMSG_*: message types that every netlink family shares.
const (
	NLMSG_NOOP  = 1
	NLMSG_ERROR = 2
	NLMSG_DONE  = 3
)

// NLM_F_*: flags of a message header.
const (
	NLM_F_REQUEST       = 0x1
	NLM_F_MULTI         = 0x2
	NLM_F_ACK           = 0x4
	NLM_F_ECHO          = 0x8
	NLM_F_DUMP_INTR     = 0x10
	NLM_F_DUMP_FILTERED = 0x20
	NLM_F_REPLACE       = 0x100
	NLM_F_EXCL          = 0x200
	NLM_F_CREATE        = 0x400
	NLM_F_DUMP          = 0x300
	NLM_F_CAPPED        = 0x100
	NLM_F_ACK_TLVS      = 0x200
)

// NLMSGERR_ATTR_*: attributes of an extended acknowledgement.
const (
	NLMSGERR_ATTR_MSG       = 1
	NLMSGERR_ATTR_OFFS      = 2
	NLMSGERR_ATTR_MISS_TYPE = 5
)

// NLA_*: the two flag bits of an attribute's type.
const (
	NLA_F_NESTED        = 0x8000
	NLA_F_NET_BYTEORDER = 0x4000
)

// RTM_*: rtnetlink message types.
const (
	RTM_NEWLINK     = 16
	RTM_DELLINK     = 17
	RTM_GETLINK     = 18
	RTM_SETLINK     = 19
	RTM_NEWNSID     = 88
	RTM_DELNSID     = 89
	RTM_GETNSID     = 90
	RTM_GETSTATS    = 94
	RTM_NEWLINKPROP = 108
	RTM_DELLINKPROP = 109
)

// IFLA_STATS_*: attributes of RTM_NEWSTATS.
const (
	IFLA_STATS_AF_SPEC = 5
)

// NETNSA_*: attributes of RTM_NEWNSID and RTM_GETNSID.
const (
	NETNSA_NSID        = 1
	NETNSA_PID         = 2
	NETNSA_FD          = 3
	NETNSA_TARGET_NSID = 4
)

// AF_*: address families that name nests of IFLA_AF_SPEC or select a handler.
const (
	AF_UNSPEC = 0
	AF_INET   = 2
	AF_BRIDGE = 7
	AF_INET6  = 10
)

// IFF_*: bits of ifi_flags that a request may change.
const (
	IFF_UP        = 0x1
	IFF_NOARP     = 0x80
	IFF_PROMISC   = 0x100
	IFF_ALLMULTI  = 0x200
	IFF_MULTICAST = 0x1000
	IFF_DYNAMIC   = 0x8000
)

// Limits of names, in bytes, without the terminating NUL.
const (
	IFNAMSIZ    = 16  // IFLA_IFNAME, with the NUL
	ALTIFNAMSIZ = 128 // IFLA_ALT_IFNAME, with the NUL
	IFALIASZ    = 256 // IFLA_IFALIAS, with the NUL
)

// RTNLGRP_*: multicast groups of rtnetlink, besides those about links and namespaces.
const (
	RTNLGRP_NEIGH       = 3
	RTNLGRP_IPV4_IFADDR = 5
	RTNLGRP_IPV4_ROUTE  = 7
	RTNLGRP_IPV6_IFADDR = 9
	RTNLGRP_IPV6_ROUTE  = 11
	RTNLGRP_MDB         = 26
	RTNLGRP_NEXTHOP     = 32
	RTNLGRP_BRVLAN      = 33
	RTNLGRP_TUNNEL      = 35
)

// RTM_*NEXTHOP: messages about nexthop objects.
const (
	RTM_NEWNEXTHOP = 104
	RTM_DELNEXTHOP = 105
)
