package uapi

// IFLA_IPVLAN_*: an ipvlan or ipvtap.
const (
	IFLA_IPVLAN_MODE  = 1
	IFLA_IPVLAN_FLAGS = 2
)
