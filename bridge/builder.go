package bridge

import (
	"net"
	"slices"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a bridge: an Ethernet switch.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the bridge with the given name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindBridge, name, new(iplink.BridgeInfo))
	return b
}

// Info returns the bridge's own settings and state, and false if link is not a
// bridge.
func Info(link *iplink.Link) (*iplink.BridgeInfo, bool) {
	info, ok := link.Info.(*iplink.BridgeInfo)
	return info, ok
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.BridgeInfo {
	return own.Put[iplink.BridgeInfo](b.Own(b), number)
}

// STP runs the spanning tree protocol of IEEE 802.1D; off by default
// (IFLA_BR_STP_STATE).
func (b *Builder) STP(on bool) *Builder {
	b.set(uapi.IFLA_BR_STP_STATE).STP = on
	return b
}

// STPMode selects the implementation of the spanning tree protocol, STPAuto by
// default. It can change only while STP is off. Since Linux 7.1 (IFLA_BR_STP_MODE).
func (b *Builder) STPMode(mode iplink.BridgeSTPMode) *Builder {
	b.set(uapi.IFLA_BR_STP_MODE).STPMode = mode
	return b
}

// Priority sets the upper part of the bridge ID, 32768 by default. The bridge with
// the lowest ID becomes the root. IEEE 802.1D requires multiples of 4096
// (IFLA_BR_PRIORITY).
func (b *Builder) Priority(priority uint16) *Builder {
	b.set(uapi.IFLA_BR_PRIORITY).Priority = priority
	return b
}

// ForwardDelay sets the time for which a port listens, and then learns, before it
// forwards: 2 s to 30 s while STP is on, in steps of 10 ms, 15 s by default
// (IFLA_BR_FORWARD_DELAY).
func (b *Builder) ForwardDelay(d time.Duration) *Builder {
	b.set(uapi.IFLA_BR_FORWARD_DELAY).ForwardDelay = d
	return b
}

// HelloTime sets the time between hello frames, 1 s to 10 s in steps of 10 ms, 2 s
// by default (IFLA_BR_HELLO_TIME).
func (b *Builder) HelloTime(d time.Duration) *Builder {
	b.set(uapi.IFLA_BR_HELLO_TIME).HelloTime = d
	return b
}

// MaxAge sets the time without hello frames after which the root is considered lost,
// 6 s to 40 s in steps of 10 ms, 20 s by default (IFLA_BR_MAX_AGE).
func (b *Builder) MaxAge(d time.Duration) *Builder {
	b.set(uapi.IFLA_BR_MAX_AGE).MaxAge = d
	return b
}

// AgeingTime sets the time after which a learned address expires, in steps of 10 ms,
// 300 s by default; 0 keeps addresses for ever (IFLA_BR_AGEING_TIME).
func (b *Builder) AgeingTime(d time.Duration) *Builder {
	b.set(uapi.IFLA_BR_AGEING_TIME).AgeingTime = d
	return b
}

// FDBMaxLearned sets the maximum number of learned addresses; 0, the default, is no
// limit. Since Linux 6.7 (IFLA_BR_FDB_MAX_LEARNED).
func (b *Builder) FDBMaxLearned(addresses uint32) *Builder {
	b.set(uapi.IFLA_BR_FDB_MAX_LEARNED).FDBMaxLearned = addresses
	return b
}

// FlushFDB removes all learned addresses (IFLA_BR_FDB_FLUSH).
func (b *Builder) FlushFDB() *Builder {
	b.set(uapi.IFLA_BR_FDB_FLUSH).FlushFDB = true
	return b
}

// GroupAddress sets the destination address of spanning tree protocol frames,
// 01:80:c2:00:00:00 by default, or …:04 to …:0f (IFLA_BR_GROUP_ADDR).
func (b *Builder) GroupAddress(mac net.HardwareAddr) *Builder {
	b.set(uapi.IFLA_BR_GROUP_ADDR).GroupAddress = slices.Clone(mac)
	return b
}

// GroupForwardMask sets which of the groups 01:80:c2:00:00:0X are forwarded: bit X
// for each, none by default. Bits 0 to 2 cannot be set (IFLA_BR_GROUP_FWD_MASK).
func (b *Builder) GroupForwardMask(mask uint16) *Builder {
	b.set(uapi.IFLA_BR_GROUP_FWD_MASK).GroupForwardMask = mask
	return b
}

// VLANFiltering separates VLANs; off by default (IFLA_BR_VLAN_FILTERING).
func (b *Builder) VLANFiltering(on bool) *Builder {
	b.set(uapi.IFLA_BR_VLAN_FILTERING).VLANFiltering = on
	return b
}

// VLANProtocol sets the tag that identifies VLANs, VLAN8021Q by default
// (IFLA_BR_VLAN_PROTOCOL).
func (b *Builder) VLANProtocol(p iplink.VLANProtocol) *Builder {
	b.set(uapi.IFLA_BR_VLAN_PROTOCOL).VLANProtocol = p
	return b
}

// VLANDefaultPVID sets the VLAN of a new port, 1 to 4094, 1 by default; 0 for none
// (IFLA_BR_VLAN_DEFAULT_PVID).
func (b *Builder) VLANDefaultPVID(vid uint16) *Builder {
	b.set(uapi.IFLA_BR_VLAN_DEFAULT_PVID).VLANDefaultPVID = vid
	return b
}

// VLANStats keeps counters per VLAN; off by default (IFLA_BR_VLAN_STATS_ENABLED).
func (b *Builder) VLANStats(on bool) *Builder {
	b.set(uapi.IFLA_BR_VLAN_STATS_ENABLED).VLANStats = on
	return b
}

// VLANStatsPerPort keeps counters per VLAN and port; off by default. It can change
// only while no port is in a VLAN, including the default one
// (IFLA_BR_VLAN_STATS_PER_PORT).
func (b *Builder) VLANStatsPerPort(on bool) *Builder {
	b.set(uapi.IFLA_BR_VLAN_STATS_PER_PORT).VLANStatsPerPort = on
	return b
}

// NoLinkLocalLearn disables the learning of addresses from link-local frames; off by
// default (BR_BOOLOPT_NO_LL_LEARN).
func (b *Builder) NoLinkLocalLearn(on bool) *Builder {
	b.set(attr.Bit(uapi.BR_BOOLOPT_NO_LL_LEARN)).NoLinkLocalLearn = on
	return b
}

// MulticastVLANSnooping snoops per VLAN; it requires VLANFiltering and is off by
// default (BR_BOOLOPT_MCAST_VLAN_SNOOPING).
func (b *Builder) MulticastVLANSnooping(on bool) *Builder {
	b.set(attr.Bit(uapi.BR_BOOLOPT_MCAST_VLAN_SNOOPING)).MulticastVLANSnooping = on
	return b
}

// MST gives ports a separate state for each spanning tree instance of VLANs; off by
// default. It can change only while no port is in a VLAN, including the default one
// (BR_BOOLOPT_MST_ENABLE).
func (b *Builder) MST(on bool) *Builder {
	b.set(attr.Bit(uapi.BR_BOOLOPT_MST_ENABLE)).MST = on
	return b
}

// MDBOffloadFailNotification notifies programs when hardware rejects a multicast
// entry; off by default, since Linux 6.16
// (BR_BOOLOPT_MDB_OFFLOAD_FAIL_NOTIFICATION).
func (b *Builder) MDBOffloadFailNotification(on bool) *Builder {
	b.set(attr.Bit(uapi.BR_BOOLOPT_MDB_OFFLOAD_FAIL_NOTIFICATION)).MDBOffloadFailNotification = on
	return b
}

// FDBLocalVLAN0 keeps the bridge's own addresses in VLAN 0 only; off by default,
// since Linux 6.18 (BR_BOOLOPT_FDB_LOCAL_VLAN_0).
func (b *Builder) FDBLocalVLAN0(on bool) *Builder {
	b.set(attr.Bit(uapi.BR_BOOLOPT_FDB_LOCAL_VLAN_0)).FDBLocalVLAN0 = on
	return b
}

// CallIPTables passes IPv4 frames to iptables; off by default. It has an effect only
// with br_netfilter (IFLA_BR_NF_CALL_IPTABLES).
func (b *Builder) CallIPTables(on bool) *Builder {
	b.set(uapi.IFLA_BR_NF_CALL_IPTABLES).CallIPTables = on
	return b
}

// CallIP6Tables passes IPv6 frames to ip6tables, like CallIPTables
// (IFLA_BR_NF_CALL_IP6TABLES).
func (b *Builder) CallIP6Tables(on bool) *Builder {
	b.set(uapi.IFLA_BR_NF_CALL_IP6TABLES).CallIP6Tables = on
	return b
}

// CallARPTables passes ARP frames to arptables, like CallIPTables
// (IFLA_BR_NF_CALL_ARPTABLES).
func (b *Builder) CallARPTables(on bool) *Builder {
	b.set(uapi.IFLA_BR_NF_CALL_ARPTABLES).CallARPTables = on
	return b
}

// MulticastSnooping forwards a group's frames only to ports with members; on by
// default (IFLA_BR_MCAST_SNOOPING).
func (b *Builder) MulticastSnooping(on bool) *Builder {
	b.set(uapi.IFLA_BR_MCAST_SNOOPING).Multicast.Snooping = on
	return b
}

// MulticastRouter sets whether the bridge itself counts as a multicast router,
// RouterAuto by default. RouterTemp is for ports only (IFLA_BR_MCAST_ROUTER).
func (b *Builder) MulticastRouter(r iplink.BridgeMulticastRouter) *Builder {
	b.set(uapi.IFLA_BR_MCAST_ROUTER).Multicast.Router = r
	return b
}

// MulticastQuerier sends queries; off by default (IFLA_BR_MCAST_QUERIER).
func (b *Builder) MulticastQuerier(on bool) *Builder {
	b.set(uapi.IFLA_BR_MCAST_QUERIER).Multicast.Querier = on
	return b
}

// MulticastQueryUseIfAddr sends queries with the bridge's own address rather than
// 0.0.0.0; off by default (IFLA_BR_MCAST_QUERY_USE_IFADDR).
func (b *Builder) MulticastQueryUseIfAddr(on bool) *Builder {
	b.set(uapi.IFLA_BR_MCAST_QUERY_USE_IFADDR).Multicast.QueryUseIfAddr = on
	return b
}

// MulticastHashMax sets the maximum number of groups, 4096 by default
// (IFLA_BR_MCAST_HASH_MAX).
func (b *Builder) MulticastHashMax(groups uint32) *Builder {
	b.set(uapi.IFLA_BR_MCAST_HASH_MAX).Multicast.HashMax = groups
	return b
}

// MulticastHashElasticity has had no effect since Linux 4.21. The kernel accepts any
// value and keeps 16, so any other value results in ErrNotApplied
// (IFLA_BR_MCAST_HASH_ELASTICITY).
func (b *Builder) MulticastHashElasticity(n uint32) *Builder {
	b.set(uapi.IFLA_BR_MCAST_HASH_ELASTICITY).Multicast.HashElasticity = n
	return b
}

// MulticastLastMemberCount sets the number of queries sent after a member has left,
// 2 by default (IFLA_BR_MCAST_LAST_MEMBER_CNT).
func (b *Builder) MulticastLastMemberCount(queries uint32) *Builder {
	b.set(uapi.IFLA_BR_MCAST_LAST_MEMBER_CNT).Multicast.LastMemberCount = queries
	return b
}

// MulticastStartupQueryCount sets the number of queries at startup, 2 by default
// (IFLA_BR_MCAST_STARTUP_QUERY_CNT).
func (b *Builder) MulticastStartupQueryCount(queries uint32) *Builder {
	b.set(uapi.IFLA_BR_MCAST_STARTUP_QUERY_CNT).Multicast.StartupQueryCount = queries
	return b
}

// MulticastLastMemberInterval sets the time between the queries of
// MulticastLastMemberCount, in steps of 10 ms, 1 s by default
// (IFLA_BR_MCAST_LAST_MEMBER_INTVL).
func (b *Builder) MulticastLastMemberInterval(d time.Duration) *Builder {
	b.set(uapi.IFLA_BR_MCAST_LAST_MEMBER_INTVL).Multicast.LastMemberInterval = d
	return b
}

// MulticastMembershipInterval sets the time without a report after which a
// membership expires, in steps of 10 ms, 260 s by default
// (IFLA_BR_MCAST_MEMBERSHIP_INTVL).
func (b *Builder) MulticastMembershipInterval(d time.Duration) *Builder {
	b.set(uapi.IFLA_BR_MCAST_MEMBERSHIP_INTVL).Multicast.MembershipInterval = d
	return b
}

// MulticastQuerierInterval sets the time without a query after which another querier
// is considered lost, in steps of 10 ms, 255 s by default
// (IFLA_BR_MCAST_QUERIER_INTVL).
func (b *Builder) MulticastQuerierInterval(d time.Duration) *Builder {
	b.set(uapi.IFLA_BR_MCAST_QUERIER_INTVL).Multicast.QuerierInterval = d
	return b
}

// MulticastQueryInterval sets the time between queries, 1 s to 24 h in steps of
// 10 ms, 125 s by default (IFLA_BR_MCAST_QUERY_INTVL).
func (b *Builder) MulticastQueryInterval(d time.Duration) *Builder {
	b.set(uapi.IFLA_BR_MCAST_QUERY_INTVL).Multicast.QueryInterval = d
	return b
}

// MulticastQueryResponseInterval sets the maximum response time of members, in steps
// of 10 ms, 10 s by default (IFLA_BR_MCAST_QUERY_RESPONSE_INTVL).
func (b *Builder) MulticastQueryResponseInterval(d time.Duration) *Builder {
	b.set(uapi.IFLA_BR_MCAST_QUERY_RESPONSE_INTVL).Multicast.QueryResponseInterval = d
	return b
}

// MulticastStartupQueryInterval sets the time between the queries at startup, 1 s to
// 24 h in steps of 10 ms, 31.25 s by default (IFLA_BR_MCAST_STARTUP_QUERY_INTVL).
func (b *Builder) MulticastStartupQueryInterval(d time.Duration) *Builder {
	b.set(uapi.IFLA_BR_MCAST_STARTUP_QUERY_INTVL).Multicast.StartupQueryInterval = d
	return b
}

// MulticastStats counts IGMP and MLD messages; off by default
// (IFLA_BR_MCAST_STATS_ENABLED).
func (b *Builder) MulticastStats(on bool) *Builder {
	b.set(uapi.IFLA_BR_MCAST_STATS_ENABLED).Multicast.Stats = on
	return b
}

// MulticastIGMPVersion sets the version of IGMP, 2 or 3, 2 by default
// (IFLA_BR_MCAST_IGMP_VERSION).
func (b *Builder) MulticastIGMPVersion(version uint8) *Builder {
	b.set(uapi.IFLA_BR_MCAST_IGMP_VERSION).Multicast.IGMPVersion = version
	return b
}

// MulticastMLDVersion sets the version of MLD, 1 or 2, 1 by default
// (IFLA_BR_MCAST_MLD_VERSION).
func (b *Builder) MulticastMLDVersion(version uint8) *Builder {
	b.set(uapi.IFLA_BR_MCAST_MLD_VERSION).Multicast.MLDVersion = version
	return b
}

// Ports makes links ports of the bridge, given by name in the bridge's namespace, when all
// links of the call exist. They may be links that exist or that the same call makes; its
// other ports stay. It does not change whether they are up. A port of another master
// leaves that one, as with `ip link set master`. A link cannot be named twice, and a spec
// of the same call cannot give it another master (IFLA_MASTER).
//
// If Create fails, or Ensure for a new bridge, a link that joined it is as it was before:
// its master with the port settings, its state, IP addresses, routes and permanent
// neighbours. The VLANs and the forwarding entries that it had in a bridge are lost.
func (b *Builder) Ports(names ...string) *Builder {
	own.AddPorts(b.Own(b), false, false, names)
	return b
}

// OnlyPorts is Ports, and removes all other ports from the bridge.
// Without arguments the bridge has no ports. It excludes Ports.
func (b *Builder) OnlyPorts(names ...string) *Builder {
	own.AddPorts(b.Own(b), false, true, names)
	return b
}
