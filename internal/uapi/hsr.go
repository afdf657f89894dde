package uapi

// IFLA_HSR_*: a link of HSR or PRP.
const (
	IFLA_HSR_SLAVE1           = 1
	IFLA_HSR_SLAVE2           = 2
	IFLA_HSR_MULTICAST_SPEC   = 3
	IFLA_HSR_SUPERVISION_ADDR = 4
	IFLA_HSR_SEQ_NR           = 5
	IFLA_HSR_VERSION          = 6
	IFLA_HSR_PROTOCOL         = 7
	IFLA_HSR_INTERLINK        = 8
)

// HSR_GENL_NAME is the generic netlink family for the nodes of a network.
const HSR_GENL_NAME = "HSR"

// HSR_C_*: commands of the family.
const (
	HSR_C_GET_NODE_STATUS = 3
	HSR_C_SET_NODE_STATUS = 4
	HSR_C_GET_NODE_LIST   = 5
	HSR_C_SET_NODE_LIST   = 6
)

// HSR_A_*: attributes of a node.
const (
	HSR_A_NODE_ADDR      = 1
	HSR_A_IFINDEX        = 2
	HSR_A_IF1_AGE        = 3
	HSR_A_IF2_AGE        = 4
	HSR_A_NODE_ADDR_B    = 5
	HSR_A_IF1_SEQ        = 6
	HSR_A_IF2_SEQ        = 7
	HSR_A_IF1_IFINDEX    = 8
	HSR_A_IF2_IFINDEX    = 9
	HSR_A_ADDR_B_IFINDEX = 10
)
