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

// RTA_VIA is the attribute for a gateway of a different family from the route's.
const RTA_VIA = 18

// Types, tables and flags of routes.
const (
	RTN_UNICAST    = 1
	RT_TABLE_MAIN  = 254
	RT_TABLE_LOCAL = 255
	RTNH_F_ONLINK  = 4
)
