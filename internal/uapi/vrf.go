package uapi

// IFLA_VRF_*: a VRF, and a port of it.
const (
	IFLA_VRF_TABLE      = 1
	IFLA_VRF_PORT_TABLE = 1
)
