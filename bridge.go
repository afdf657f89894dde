package iplink

import (
	"net"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var bridgeKind = kind{
	config: "BRIDGE",
	info:   func() info { return new(BridgeInfo) },
	port:   func() info { return new(BridgePortInfo) },
	mtu:    [2]uint32{68, 65535},
	driver: "bridge",
	later:  attr.SetOf(uapi.IFLA_MTU), // which ports that join would change otherwise
	waits:  true,                      // for its multicast groups, by rcu_barrier
}

// BridgeInfo is what the kernel says of a bridge.
type BridgeInfo struct {
	// STP reports whether the spanning tree protocol runs, and STPUser whether
	// a program runs it in place of the kernel (IFLA_BR_STP_STATE).
	STP, STPUser bool
	// STPMode says who is to run it (IFLA_BR_STP_MODE).
	STPMode BridgeSTPMode
	// Priority is the upper part of BridgeID (IFLA_BR_PRIORITY).
	Priority uint16
	// ForwardDelay, HelloTime and MaxAge are the protocol's times
	// (IFLA_BR_FORWARD_DELAY, IFLA_BR_HELLO_TIME, IFLA_BR_MAX_AGE).
	ForwardDelay, HelloTime, MaxAge time.Duration
	// BridgeID is the bridge's own, and RootID that of the root
	// (IFLA_BR_BRIDGE_ID, IFLA_BR_ROOT_ID).
	BridgeID, RootID BridgeID
	// RootPort is the number of the port towards the root, 0 if the bridge is
	// the root, and RootPathCost the cost of that way (IFLA_BR_ROOT_PORT,
	// IFLA_BR_ROOT_PATH_COST).
	RootPort     uint16
	RootPathCost uint32
	// TopologyChange and TopologyChangeDetected are the protocol's flags
	// (IFLA_BR_TOPOLOGY_CHANGE, IFLA_BR_TOPOLOGY_CHANGE_DETECTED).
	TopologyChange, TopologyChangeDetected bool
	// HelloTimer, TCNTimer, TopologyChangeTimer and GCTimer are the times left,
	// 0 if the timer does not run (IFLA_BR_HELLO_TIMER, …).
	HelloTimer, TCNTimer, TopologyChangeTimer, GCTimer time.Duration

	// AgeingTime is after which time a learned address is forgotten, 0 for
	// never (IFLA_BR_AGEING_TIME).
	AgeingTime time.Duration
	// FDBMaxLearned is how many addresses are learned at most, 0 for no limit,
	// and FDBLearned how many are (IFLA_BR_FDB_MAX_LEARNED,
	// IFLA_BR_FDB_N_LEARNED).
	FDBMaxLearned, FDBLearned uint32
	// GroupAddress is the address that the protocol's frames go to
	// (IFLA_BR_GROUP_ADDR), and GroupForwardMask which link-local groups are
	// forwarded, a bit for the last digit (IFLA_BR_GROUP_FWD_MASK).
	GroupAddress     net.HardwareAddr
	GroupForwardMask uint16

	// VLANFiltering reports whether VLANs are kept apart
	// (IFLA_BR_VLAN_FILTERING), VLANProtocol by which tag
	// (IFLA_BR_VLAN_PROTOCOL), and VLANDefaultPVID in which VLAN a new port is,
	// 0 for none (IFLA_BR_VLAN_DEFAULT_PVID).
	VLANFiltering   bool
	VLANProtocol    VLANProtocol
	VLANDefaultPVID uint16
	// VLANStats and VLANStatsPerPort count by VLAN (IFLA_BR_VLAN_STATS_ENABLED,
	// IFLA_BR_VLAN_STATS_PER_PORT).
	VLANStats, VLANStatsPerPort bool

	// NoLinkLocalLearn, MulticastVLANSnooping, MST, MDBOffloadFailNotification
	// and FDBLocalVLAN0 are the boolean options (IFLA_BR_MULTI_BOOLOPT).
	NoLinkLocalLearn, MulticastVLANSnooping, MST bool
	MDBOffloadFailNotification, FDBLocalVLAN0    bool

	// Multicast is how the bridge snoops and queries.
	Multicast BridgeMulticast

	// CallIPTables, CallIP6Tables and CallARPTables hand frames to netfilter
	// (IFLA_BR_NF_CALL_IPTABLES, …); kernels without br_netfilter report none.
	CallIPTables, CallIP6Tables, CallARPTables bool

	// FlushFDB asks the kernel to forget the addresses that it has learned; the
	// kernel does not report it (IFLA_BR_FDB_FLUSH).
	FlushFDB bool
}

// BridgeMulticast is how a bridge snoops IGMP and MLD and sends queries.
type BridgeMulticast struct {
	// Snooping reports whether groups go only where they are wanted
	// (IFLA_BR_MCAST_SNOOPING), and Router whether the bridge itself counts as
	// a multicast router (IFLA_BR_MCAST_ROUTER).
	Snooping bool
	Router   BridgeMulticastRouter
	// Querier sends queries (IFLA_BR_MCAST_QUERIER), with the bridge's own
	// address if QueryUseIfAddr (IFLA_BR_MCAST_QUERY_USE_IFADDR).
	Querier, QueryUseIfAddr bool
	// HashMax is how many groups are kept (IFLA_BR_MCAST_HASH_MAX);
	// HashElasticity has no effect and is always 16
	// (IFLA_BR_MCAST_HASH_ELASTICITY).
	HashElasticity, HashMax uint32
	// LastMemberCount and StartupQueryCount are numbers of queries
	// (IFLA_BR_MCAST_LAST_MEMBER_CNT, IFLA_BR_MCAST_STARTUP_QUERY_CNT).
	LastMemberCount, StartupQueryCount uint32
	// LastMemberInterval, MembershipInterval, QuerierInterval, QueryInterval,
	// QueryResponseInterval and StartupQueryInterval are those of RFC 3376,
	// section 8 (IFLA_BR_MCAST_…_INTVL).
	LastMemberInterval, MembershipInterval, QuerierInterval    time.Duration
	QueryInterval, QueryResponseInterval, StartupQueryInterval time.Duration
	// Stats counts IGMP and MLD (IFLA_BR_MCAST_STATS_ENABLED).
	Stats bool
	// IGMPVersion is 2 or 3, and MLDVersion 1 or 2 (IFLA_BR_MCAST_IGMP_VERSION,
	// IFLA_BR_MCAST_MLD_VERSION).
	IGMPVersion, MLDVersion uint8
	// Querier4 and Querier6 are the queriers that are known
	// (IFLA_BR_MCAST_QUERIER_STATE).
	Querier4, Querier6 BridgeQuerier
}

// A BridgeQuerier is an elected multicast querier.
type BridgeQuerier struct {
	Address    netip.Addr    // its address; the zero Addr if none is known
	Port       int           // the index of the port towards it, 0 for the bridge itself
	OtherTimer time.Duration // the time left until it counts as gone
}

// A BridgeID is what bridges are compared by in the spanning tree protocol.
type BridgeID struct {
	Priority uint16
	Address  net.HardwareAddr
}
