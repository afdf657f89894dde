package uapi

// IFLA_BAREUDP_*: a link for packets in UDP without a header of its own.
const (
	IFLA_BAREUDP_PORT            = 1
	IFLA_BAREUDP_ETHERTYPE       = 2
	IFLA_BAREUDP_SRCPORT_MIN     = 3
	IFLA_BAREUDP_MULTIPROTO_MODE = 4
)
