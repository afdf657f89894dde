package uapi

// IFLA_DSA_*: a port of a switch. Linux before 6.7 has the name IFLA_DSA_MASTER.
const (
	IFLA_DSA_CONDUIT = 1
)
