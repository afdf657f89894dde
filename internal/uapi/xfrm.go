package uapi

// IFLA_XFRM_*: an xfrm interface.
const (
	IFLA_XFRM_LINK             = 1
	IFLA_XFRM_IF_ID            = 2
	IFLA_XFRM_COLLECT_METADATA = 3
)
