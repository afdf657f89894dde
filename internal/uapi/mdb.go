package uapi

// RTM_*MDB: messages about entries of a multicast database.
const (
	RTM_NEWMDB = 84
	RTM_DELMDB = 85
	RTM_GETMDB = 86
)

// MDBA_SET_ENTRY_*: attributes of RTM_NEWMDB and RTM_DELMDB in a request.
const (
	MDBA_SET_ENTRY       = 1
	MDBA_SET_ENTRY_ATTRS = 2
)

// MDBE_ATTR_*: members of MDBA_SET_ENTRY_ATTRS.
const (
	MDBE_ATTR_SOURCE     = 1
	MDBE_ATTR_SRC_LIST   = 2
	MDBE_ATTR_GROUP_MODE = 3
	MDBE_ATTR_RTPROT     = 4

	MDBE_SRC_LIST_ENTRY  = 1 // in MDBE_ATTR_SRC_LIST
	MDBE_SRCATTR_ADDRESS = 1 // in MDBE_SRC_LIST_ENTRY
)

// MDBA_*: attributes of reports.
const (
	MDBA_MDB            = 1
	MDBA_ROUTER         = 2
	MDBA_MDB_ENTRY      = 1 // in MDBA_MDB
	MDBA_MDB_ENTRY_INFO = 1 // in MDBA_MDB_ENTRY
	MDBA_ROUTER_PORT    = 1 // in MDBA_ROUTER
)

// MDBA_MDB_EATTR_*: attributes after the struct in MDBA_MDB_ENTRY_INFO.
const (
	MDBA_MDB_EATTR_TIMER      = 1
	MDBA_MDB_EATTR_SRC_LIST   = 2
	MDBA_MDB_EATTR_GROUP_MODE = 3
	MDBA_MDB_EATTR_SOURCE     = 4
	MDBA_MDB_EATTR_RTPROT     = 5

	MDBA_MDB_SRCLIST_ENTRY   = 1 // in MDBA_MDB_EATTR_SRC_LIST
	MDBA_MDB_SRCATTR_ADDRESS = 1 // in MDBA_MDB_SRCLIST_ENTRY
	MDBA_MDB_SRCATTR_TIMER   = 2
)

// MDBA_ROUTER_PATTR_*: attributes after the index in MDBA_ROUTER_PORT.
const (
	MDBA_ROUTER_PATTR_TIMER       = 1
	MDBA_ROUTER_PATTR_TYPE        = 2
	MDBA_ROUTER_PATTR_INET_TIMER  = 3
	MDBA_ROUTER_PATTR_INET6_TIMER = 4
	MDBA_ROUTER_PATTR_VID         = 5
)

// MDB_*: states and flags of a struct br_mdb_entry.
const (
	MDB_PERMANENT        = 1
	MDB_FLAGS_OFFLOAD    = 0x1
	MDB_FLAGS_FAST_LEAVE = 0x2
	MDB_FLAGS_STAR_EXCL  = 0x4
	MDB_FLAGS_BLOCKED    = 0x8
)

// MCAST_*: filter modes of a group.
const (
	MCAST_EXCLUDE = 0
	MCAST_INCLUDE = 1
)
