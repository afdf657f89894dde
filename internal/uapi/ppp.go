package uapi

// IFLA_PPP_*: a link of the Point-to-Point Protocol.
const (
	IFLA_PPP_DEV_FD = 1
)
