package uapi

// RTM_*ROUTE: messages about routes.
const (
	RTM_NEWROUTE = 24
	RTM_DELROUTE = 25
	RTM_GETROUTE = 26
)

// RT_SCOPE_*: the distance to an address, or to the destination of a route.
const (
	RT_SCOPE_UNIVERSE = 0
	RT_SCOPE_SITE     = 200
	RT_SCOPE_LINK     = 253
	RT_SCOPE_HOST     = 254
	RT_SCOPE_NOWHERE  = 255
)

// RTPROT_*: origins of a route.
const (
	RTPROT_REDIRECT = 1
	RTPROT_KERNEL   = 2
	RTPROT_BOOT     = 3
	RTPROT_STATIC   = 4
	RTPROT_RA       = 9
	RTPROT_DHCP     = 16
)

// RTN_*: types of routes.
const (
	RTN_UNICAST     = 1
	RTN_LOCAL       = 2
	RTN_BROADCAST   = 3
	RTN_ANYCAST     = 4
	RTN_MULTICAST   = 5
	RTN_BLACKHOLE   = 6
	RTN_UNREACHABLE = 7
	RTN_PROHIBIT    = 8
	RTN_THROW       = 9
)

// RTA_*: attributes of a route.
const (
	RTA_DST       = 1
	RTA_OIF       = 4
	RTA_GATEWAY   = 5
	RTA_PRIORITY  = 6
	RTA_PREFSRC   = 7
	RTA_METRICS   = 8
	RTA_MULTIPATH = 9
	RTA_FLOW      = 11
	RTA_CACHEINFO = 12
	RTA_TABLE     = 15
	RTA_VIA       = 18
	RTA_PREF      = 20
	RTA_ENCAP     = 22
	RTA_NH_ID     = 30
)

// RTAX_*: metrics of a route, in RTA_METRICS.
const (
	RTAX_LOCK   = 1 // the set of the others that are fixed
	RTAX_MTU    = 2
	RTAX_ADVMSS = 8
)

// Tables and flags of routes.
const (
	RT_TABLE_MAIN  = 254
	RT_TABLE_LOCAL = 255
	RTNH_F_ONLINK  = 4
	RTM_F_CLONED   = 0x200
)
