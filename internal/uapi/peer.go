package uapi

// The only attribute of a pair: struct ifinfomsg and IFLA_* of the peer.
const (
	VETH_INFO_PEER  = 1
	VXCAN_INFO_PEER = 1
)
