package uapi

// The one attribute of a pair: struct ifinfomsg and IFLA_* of the other end.
const (
	VETH_INFO_PEER  = 1
	VXCAN_INFO_PEER = 1
)
