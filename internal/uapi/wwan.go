package uapi

// IFLA_WWAN_*: a link of a modem.
const (
	IFLA_WWAN_LINK_ID = 1
)
