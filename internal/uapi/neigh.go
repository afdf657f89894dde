package uapi

// RTM_*NEIGH: messages about neighbours, or for AF_BRIDGE about entries of a
// forwarding database.
const (
	RTM_NEWNEIGH = 28
	RTM_DELNEIGH = 29
	RTM_GETNEIGH = 30
)

// NLM_F_*: flags of RTM_NEWNEIGH and RTM_DELNEIGH.
const (
	NLM_F_BULK   = 0x200
	NLM_F_APPEND = 0x800
)

// NDA_*: attributes of a neighbour.
const (
	NDA_DST            = 1
	NDA_LLADDR         = 2
	NDA_CACHEINFO      = 3
	NDA_VLAN           = 5
	NDA_PORT           = 6
	NDA_VNI            = 7
	NDA_IFINDEX        = 8
	NDA_MASTER         = 9
	NDA_LINK_NETNSID   = 10
	NDA_SRC_VNI        = 11
	NDA_NH_ID          = 13
	NDA_FDB_EXT_ATTRS  = 14
	NDA_FLAGS_EXT      = 15
	NDA_NDM_STATE_MASK = 16
	NDA_NDM_FLAGS_MASK = 17
)

// NFEA_*: members of NDA_FDB_EXT_ATTRS.
const (
	NFEA_ACTIVITY_NOTIFY = 1
	NFEA_DONT_REFRESH    = 2
)

// FDB_NOTIFY_*: bits of NFEA_ACTIVITY_NOTIFY.
const (
	FDB_NOTIFY_BIT          = 1
	FDB_NOTIFY_INACTIVE_BIT = 2
)

// NTF_*: flags of a neighbour; the flags in NDA_FLAGS_EXT are NTF_EXT_*.
const (
	NTF_USE         = 0x1
	NTF_SELF        = 0x2
	NTF_MASTER      = 0x4
	NTF_PROXY       = 0x8
	NTF_EXT_LEARNED = 0x10
	NTF_OFFLOADED   = 0x20
	NTF_STICKY      = 0x40
	NTF_ROUTER      = 0x80

	NTF_EXT_MANAGED = 0x1
	NTF_EXT_LOCKED  = 0x2
)

// NUD_*: states of a neighbour.
const (
	NUD_INCOMPLETE = 0x1
	NUD_REACHABLE  = 0x2
	NUD_STALE      = 0x4
	NUD_DELAY      = 0x8
	NUD_PROBE      = 0x10
	NUD_FAILED     = 0x20
	NUD_NOARP      = 0x40
	NUD_PERMANENT  = 0x80
)
