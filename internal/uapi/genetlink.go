package uapi

// The generic netlink family that describes families.
const (
	GENL_ID_CTRL = 16
	GENL_HDRLEN  = 4 // of struct genlmsghdr

	CTRL_CMD_GETFAMILY = 3

	CTRL_ATTR_FAMILY_ID    = 1
	CTRL_ATTR_FAMILY_NAME  = 2
	CTRL_ATTR_VERSION      = 3
	CTRL_ATTR_MCAST_GROUPS = 7

	CTRL_ATTR_MCAST_GRP_NAME = 1
	CTRL_ATTR_MCAST_GRP_ID   = 2
)
