package iplink

import (
	"net"
	"net/netip"
	"slices"
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

	fdbFlush bool
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

// Bridge is the builder for a bridge: an Ethernet switch.
type Bridge struct {
	builder[Bridge]
	info BridgeInfo
}

// NewBridge returns the builder for a bridge of that name; see package bridge.
func NewBridge(name string) *Bridge {
	b := new(Bridge)
	return b.start(b, KindBridge, name)
}

func (b *Bridge) settings() info {
	return &b.info
}

// STP runs the spanning tree protocol of IEEE 802.1D; off by default
// (IFLA_BR_STP_STATE).
func (b *Bridge) STP(on bool) *Bridge {
	b.info.STP = on
	return b.with(uapi.IFLA_BR_STP_STATE)
}

// STPMode says who is to run the spanning tree protocol, BridgeSTPAuto by default;
// only while it is off, since Linux 7.1 (IFLA_BR_STP_MODE).
func (b *Bridge) STPMode(mode BridgeSTPMode) *Bridge {
	b.info.STPMode = mode
	return b.with(uapi.IFLA_BR_STP_MODE)
}

// Priority sets the upper part of the bridge's id, 32768 by default; the lowest id
// becomes the root. IEEE 802.1D wants multiples of 4096 (IFLA_BR_PRIORITY).
func (b *Bridge) Priority(priority uint16) *Bridge {
	b.info.Priority = priority
	return b.with(uapi.IFLA_BR_PRIORITY)
}

// ForwardDelay sets the time that a port listens, and then learns, before it
// forwards: 2 s to 30 s while STP is on, in steps of 10 ms, 15 s by default
// (IFLA_BR_FORWARD_DELAY).
func (b *Bridge) ForwardDelay(d time.Duration) *Bridge {
	b.info.ForwardDelay = d
	return b.with(uapi.IFLA_BR_FORWARD_DELAY)
}

// HelloTime sets the time between hello frames, 1 s to 10 s in steps of 10 ms, 2 s
// by default (IFLA_BR_HELLO_TIME).
func (b *Bridge) HelloTime(d time.Duration) *Bridge {
	b.info.HelloTime = d
	return b.with(uapi.IFLA_BR_HELLO_TIME)
}

// MaxAge sets after which time without hello frames the root counts as gone, 6 s to
// 40 s in steps of 10 ms, 20 s by default (IFLA_BR_MAX_AGE).
func (b *Bridge) MaxAge(d time.Duration) *Bridge {
	b.info.MaxAge = d
	return b.with(uapi.IFLA_BR_MAX_AGE)
}

// AgeingTime sets after which time a learned address is forgotten, in steps of
// 10 ms, 300 s by default; 0 keeps it for ever (IFLA_BR_AGEING_TIME).
func (b *Bridge) AgeingTime(d time.Duration) *Bridge {
	b.info.AgeingTime = d
	return b.with(uapi.IFLA_BR_AGEING_TIME)
}

// FDBMaxLearned sets how many addresses are learned at most, 0, the default, for no
// limit; since Linux 6.7 (IFLA_BR_FDB_MAX_LEARNED).
func (b *Bridge) FDBMaxLearned(addresses uint32) *Bridge {
	b.info.FDBMaxLearned = addresses
	return b.with(uapi.IFLA_BR_FDB_MAX_LEARNED)
}

// FlushFDB forgets all addresses that were learned (IFLA_BR_FDB_FLUSH).
func (b *Bridge) FlushFDB() *Bridge {
	b.info.fdbFlush = true
	return b.with(uapi.IFLA_BR_FDB_FLUSH)
}

// GroupAddress sets the address that the spanning tree protocol's frames go to,
// 01:80:c2:00:00:00 by default, or …:04 to …:0f (IFLA_BR_GROUP_ADDR).
func (b *Bridge) GroupAddress(mac net.HardwareAddr) *Bridge {
	b.info.GroupAddress = slices.Clone(mac)
	return b.with(uapi.IFLA_BR_GROUP_ADDR)
}

// GroupForwardMask sets which groups 01:80:c2:00:00:0X are forwarded, bit X each,
// none by default; bits 0 to 2 cannot be set (IFLA_BR_GROUP_FWD_MASK).
func (b *Bridge) GroupForwardMask(mask uint16) *Bridge {
	b.info.GroupForwardMask = mask
	return b.with(uapi.IFLA_BR_GROUP_FWD_MASK)
}

// VLANFiltering keeps VLANs apart; off by default (IFLA_BR_VLAN_FILTERING).
func (b *Bridge) VLANFiltering(on bool) *Bridge {
	b.info.VLANFiltering = on
	return b.with(uapi.IFLA_BR_VLAN_FILTERING)
}

// VLANProtocol sets by which tag VLANs are told apart, VLAN8021Q by default
// (IFLA_BR_VLAN_PROTOCOL).
func (b *Bridge) VLANProtocol(p VLANProtocol) *Bridge {
	b.info.VLANProtocol = p
	return b.with(uapi.IFLA_BR_VLAN_PROTOCOL)
}

// VLANDefaultPVID sets in which VLAN a new port is, 1 to 4094, 1 by default, 0 for
// none (IFLA_BR_VLAN_DEFAULT_PVID).
func (b *Bridge) VLANDefaultPVID(vid uint16) *Bridge {
	b.info.VLANDefaultPVID = vid
	return b.with(uapi.IFLA_BR_VLAN_DEFAULT_PVID)
}

// VLANStats counts by VLAN; off by default (IFLA_BR_VLAN_STATS_ENABLED).
func (b *Bridge) VLANStats(on bool) *Bridge {
	b.info.VLANStats = on
	return b.with(uapi.IFLA_BR_VLAN_STATS_ENABLED)
}

// VLANStatsPerPort counts by VLAN and port; off by default. It can change only as
// long as no port is in a VLAN, the default one included
// (IFLA_BR_VLAN_STATS_PER_PORT).
func (b *Bridge) VLANStatsPerPort(on bool) *Bridge {
	b.info.VLANStatsPerPort = on
	return b.with(uapi.IFLA_BR_VLAN_STATS_PER_PORT)
}

// NoLinkLocalLearn learns no addresses from link-local frames; off by default
// (BR_BOOLOPT_NO_LL_LEARN).
func (b *Bridge) NoLinkLocalLearn(on bool) *Bridge {
	b.info.NoLinkLocalLearn = on
	return b.with(attr.Bit(uapi.BR_BOOLOPT_NO_LL_LEARN))
}

// MulticastVLANSnooping snoops by VLAN; it needs VLANFiltering, and is off by
// default (BR_BOOLOPT_MCAST_VLAN_SNOOPING).
func (b *Bridge) MulticastVLANSnooping(on bool) *Bridge {
	b.info.MulticastVLANSnooping = on
	return b.with(attr.Bit(uapi.BR_BOOLOPT_MCAST_VLAN_SNOOPING))
}

// MST gives ports a state per spanning tree instance of VLANs; off by default. It
// can change only as long as no port is in a VLAN, the default one included
// (BR_BOOLOPT_MST_ENABLE).
func (b *Bridge) MST(on bool) *Bridge {
	b.info.MST = on
	return b.with(attr.Bit(uapi.BR_BOOLOPT_MST_ENABLE))
}

// MDBOffloadFailNotification tells programs when hardware cannot take a multicast
// entry; off by default, since Linux 6.16
// (BR_BOOLOPT_MDB_OFFLOAD_FAIL_NOTIFICATION).
func (b *Bridge) MDBOffloadFailNotification(on bool) *Bridge {
	b.info.MDBOffloadFailNotification = on
	return b.with(attr.Bit(uapi.BR_BOOLOPT_MDB_OFFLOAD_FAIL_NOTIFICATION))
}

// FDBLocalVLAN0 keeps the bridge's own addresses in VLAN 0 only; off by default,
// since Linux 6.18 (BR_BOOLOPT_FDB_LOCAL_VLAN_0).
func (b *Bridge) FDBLocalVLAN0(on bool) *Bridge {
	b.info.FDBLocalVLAN0 = on
	return b.with(attr.Bit(uapi.BR_BOOLOPT_FDB_LOCAL_VLAN_0))
}

// CallIPTables hands IPv4 frames to iptables; off by default. It has an effect only
// with br_netfilter (IFLA_BR_NF_CALL_IPTABLES).
func (b *Bridge) CallIPTables(on bool) *Bridge {
	b.info.CallIPTables = on
	return b.with(uapi.IFLA_BR_NF_CALL_IPTABLES)
}

// CallIP6Tables hands IPv6 frames to ip6tables, like CallIPTables
// (IFLA_BR_NF_CALL_IP6TABLES).
func (b *Bridge) CallIP6Tables(on bool) *Bridge {
	b.info.CallIP6Tables = on
	return b.with(uapi.IFLA_BR_NF_CALL_IP6TABLES)
}

// CallARPTables hands ARP frames to arptables, like CallIPTables
// (IFLA_BR_NF_CALL_ARPTABLES).
func (b *Bridge) CallARPTables(on bool) *Bridge {
	b.info.CallARPTables = on
	return b.with(uapi.IFLA_BR_NF_CALL_ARPTABLES)
}
