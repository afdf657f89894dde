package uapi

// The generic netlink family of teams, and its multicast group.
const (
	TEAM_GENL_NAME                = "team"
	TEAM_GENL_CHANGE_EVENT_MC_GRP = "change_event"
)

// TEAM_CMD_*: commands of the family.
const (
	TEAM_CMD_NOOP          = 0
	TEAM_CMD_OPTIONS_SET   = 1
	TEAM_CMD_OPTIONS_GET   = 2
	TEAM_CMD_PORT_LIST_GET = 3
)

// TEAM_ATTR_*: attributes of its messages.
const (
	TEAM_ATTR_TEAM_IFINDEX = 1
	TEAM_ATTR_LIST_OPTION  = 2
	TEAM_ATTR_LIST_PORT    = 3

	TEAM_ATTR_ITEM_OPTION = 1 // in a list of options
	TEAM_ATTR_ITEM_PORT   = 1 // in a list of ports
)

// TEAM_ATTR_OPTION_*: an option.
const (
	TEAM_ATTR_OPTION_NAME         = 1
	TEAM_ATTR_OPTION_CHANGED      = 2
	TEAM_ATTR_OPTION_TYPE         = 3
	TEAM_ATTR_OPTION_DATA         = 4
	TEAM_ATTR_OPTION_REMOVED      = 5
	TEAM_ATTR_OPTION_PORT_IFINDEX = 6
	TEAM_ATTR_OPTION_ARRAY_INDEX  = 7
)

// TEAM_ATTR_PORT_*: a port.
const (
	TEAM_ATTR_PORT_IFINDEX = 1
	TEAM_ATTR_PORT_CHANGED = 2
	TEAM_ATTR_PORT_LINKUP  = 3
	TEAM_ATTR_PORT_SPEED   = 4
	TEAM_ATTR_PORT_DUPLEX  = 5
	TEAM_ATTR_PORT_REMOVED = 6
)

// NLA_*: the kernel's own numbers for types of values, used as the types of a team's
// options.
const (
	NLA_U32    = 3
	NLA_STRING = 5
	NLA_FLAG   = 6
	NLA_BINARY = 11
	NLA_S32    = 14
)

// TEAM_STRING_MAX_LEN is the maximum length of an option's name or text in bytes,
// with the NUL.
const TEAM_STRING_MAX_LEN = 32
