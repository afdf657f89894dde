package uapi

// IFLA_GTP_*: a GTP link.
const (
	IFLA_GTP_FD0            = 1
	IFLA_GTP_FD1            = 2
	IFLA_GTP_PDP_HASHSIZE   = 3
	IFLA_GTP_ROLE           = 4
	IFLA_GTP_CREATE_SOCKETS = 5
	IFLA_GTP_RESTART_COUNT  = 6
	IFLA_GTP_LOCAL          = 7
	IFLA_GTP_LOCAL6         = 8
)

// The UDP ports of GTP version 0, and of user data of version 1.
const (
	GTP0_PORT  = 3386
	GTP1U_PORT = 2152
)

// The generic netlink family of GTP.
const GTP_GENL_NAME = "gtp"

// GTP_CMD_*: commands of the family.
const (
	GTP_CMD_NEWPDP  = 0
	GTP_CMD_DELPDP  = 1
	GTP_CMD_GETPDP  = 2
	GTP_CMD_ECHOREQ = 3
)

// GTPA_*: attributes of a PDP context. Linux 6.10 introduced the last three.
const (
	GTPA_LINK         = 1
	GTPA_VERSION      = 2
	GTPA_TID          = 3
	GTPA_PEER_ADDRESS = 4
	GTPA_MS_ADDRESS   = 5
	GTPA_FLOW         = 6
	GTPA_NET_NS_FD    = 7
	GTPA_I_TEI        = 8
	GTPA_O_TEI        = 9
	GTPA_PAD          = 10
	GTPA_PEER_ADDR6   = 11
	GTPA_MS_ADDR6     = 12
	GTPA_FAMILY       = 13
)
