package uapi

// The generic netlink family of the receive ports of foo over UDP.
const FOU_GENL_NAME = "fou"

// FOU_CMD_*: commands of the family.
const (
	FOU_CMD_ADD = 1
	FOU_CMD_DEL = 2
	FOU_CMD_GET = 3
)

// FOU_ATTR_*: attributes of a port.
const (
	FOU_ATTR_PORT              = 1
	FOU_ATTR_AF                = 2
	FOU_ATTR_IPPROTO           = 3
	FOU_ATTR_TYPE              = 4
	FOU_ATTR_REMCSUM_NOPARTIAL = 5
	FOU_ATTR_LOCAL_V4          = 6
	FOU_ATTR_LOCAL_V6          = 7
	FOU_ATTR_PEER_V4           = 8
	FOU_ATTR_PEER_V6           = 9
	FOU_ATTR_PEER_PORT         = 10
	FOU_ATTR_IFINDEX           = 11
)

// FOU_ENCAP_*: headers between UDP and the packet.
const (
	FOU_ENCAP_DIRECT = 1
	FOU_ENCAP_GUE    = 2
)
