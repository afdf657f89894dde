package uapi

// IFLA_IPOIB_*: an IPoIB link.
const (
	IFLA_IPOIB_PKEY   = 1
	IFLA_IPOIB_MODE   = 2
	IFLA_IPOIB_UMCAST = 3
)
