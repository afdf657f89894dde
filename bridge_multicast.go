package iplink

import (
	"time"

	"github.com/iplink-go/iplink/internal/uapi"
)

// MulticastSnooping sends groups only where they are wanted; on by default
// (IFLA_BR_MCAST_SNOOPING).
func (b *Bridge) MulticastSnooping(on bool) *Bridge {
	b.info.Multicast.Snooping = on
	return b.with(uapi.IFLA_BR_MCAST_SNOOPING)
}

// MulticastRouter says whether the bridge itself counts as a multicast router,
// BridgeRouterAuto by default; BridgeRouterTemp is for ports only
// (IFLA_BR_MCAST_ROUTER).
func (b *Bridge) MulticastRouter(r BridgeMulticastRouter) *Bridge {
	b.info.Multicast.Router = r
	return b.with(uapi.IFLA_BR_MCAST_ROUTER)
}

// MulticastQuerier sends queries; off by default (IFLA_BR_MCAST_QUERIER).
func (b *Bridge) MulticastQuerier(on bool) *Bridge {
	b.info.Multicast.Querier = on
	return b.with(uapi.IFLA_BR_MCAST_QUERIER)
}

// MulticastQueryUseIfAddr sends queries with the bridge's own address rather than
// 0.0.0.0; off by default (IFLA_BR_MCAST_QUERY_USE_IFADDR).
func (b *Bridge) MulticastQueryUseIfAddr(on bool) *Bridge {
	b.info.Multicast.QueryUseIfAddr = on
	return b.with(uapi.IFLA_BR_MCAST_QUERY_USE_IFADDR)
}

// MulticastHashMax sets how many groups are kept, 4096 by default
// (IFLA_BR_MCAST_HASH_MAX).
func (b *Bridge) MulticastHashMax(groups uint32) *Bridge {
	b.info.Multicast.HashMax = groups
	return b.with(uapi.IFLA_BR_MCAST_HASH_MAX)
}

// MulticastHashElasticity has had no effect since Linux 4.21: the kernel takes any
// value and keeps 16, so that any other is ErrNotApplied
// (IFLA_BR_MCAST_HASH_ELASTICITY).
func (b *Bridge) MulticastHashElasticity(n uint32) *Bridge {
	b.info.Multicast.HashElasticity = n
	return b.with(uapi.IFLA_BR_MCAST_HASH_ELASTICITY)
}

// MulticastLastMemberCount sets how many queries follow when a member leaves, 2 by
// default (IFLA_BR_MCAST_LAST_MEMBER_CNT).
func (b *Bridge) MulticastLastMemberCount(queries uint32) *Bridge {
	b.info.Multicast.LastMemberCount = queries
	return b.with(uapi.IFLA_BR_MCAST_LAST_MEMBER_CNT)
}

// MulticastStartupQueryCount sets how many queries are sent at first, 2 by default
// (IFLA_BR_MCAST_STARTUP_QUERY_CNT).
func (b *Bridge) MulticastStartupQueryCount(queries uint32) *Bridge {
	b.info.Multicast.StartupQueryCount = queries
	return b.with(uapi.IFLA_BR_MCAST_STARTUP_QUERY_CNT)
}

// MulticastLastMemberInterval sets the time between those queries, in steps of
// 10 ms, 1 s by default (IFLA_BR_MCAST_LAST_MEMBER_INTVL).
func (b *Bridge) MulticastLastMemberInterval(d time.Duration) *Bridge {
	b.info.Multicast.LastMemberInterval = d
	return b.with(uapi.IFLA_BR_MCAST_LAST_MEMBER_INTVL)
}

// MulticastMembershipInterval sets after which time without a report a member
// counts as gone, in steps of 10 ms, 260 s by default
// (IFLA_BR_MCAST_MEMBERSHIP_INTVL).
func (b *Bridge) MulticastMembershipInterval(d time.Duration) *Bridge {
	b.info.Multicast.MembershipInterval = d
	return b.with(uapi.IFLA_BR_MCAST_MEMBERSHIP_INTVL)
}

// MulticastQuerierInterval sets after which time without a query another querier
// counts as gone, in steps of 10 ms, 255 s by default
// (IFLA_BR_MCAST_QUERIER_INTVL).
func (b *Bridge) MulticastQuerierInterval(d time.Duration) *Bridge {
	b.info.Multicast.QuerierInterval = d
	return b.with(uapi.IFLA_BR_MCAST_QUERIER_INTVL)
}

// MulticastQueryInterval sets the time between queries, 1 s to 24 h in steps of
// 10 ms, 125 s by default (IFLA_BR_MCAST_QUERY_INTVL).
func (b *Bridge) MulticastQueryInterval(d time.Duration) *Bridge {
	b.info.Multicast.QueryInterval = d
	return b.with(uapi.IFLA_BR_MCAST_QUERY_INTVL)
}

// MulticastQueryResponseInterval sets how long members may take to answer, in steps
// of 10 ms, 10 s by default (IFLA_BR_MCAST_QUERY_RESPONSE_INTVL).
func (b *Bridge) MulticastQueryResponseInterval(d time.Duration) *Bridge {
	b.info.Multicast.QueryResponseInterval = d
	return b.with(uapi.IFLA_BR_MCAST_QUERY_RESPONSE_INTVL)
}

// MulticastStartupQueryInterval sets the time between the first queries, 1 s to 24 h
// in steps of 10 ms, 31.25 s by default (IFLA_BR_MCAST_STARTUP_QUERY_INTVL).
func (b *Bridge) MulticastStartupQueryInterval(d time.Duration) *Bridge {
	b.info.Multicast.StartupQueryInterval = d
	return b.with(uapi.IFLA_BR_MCAST_STARTUP_QUERY_INTVL)
}

// MulticastStats counts IGMP and MLD messages; off by default
// (IFLA_BR_MCAST_STATS_ENABLED).
func (b *Bridge) MulticastStats(on bool) *Bridge {
	b.info.Multicast.Stats = on
	return b.with(uapi.IFLA_BR_MCAST_STATS_ENABLED)
}

// MulticastIGMPVersion sets the version of IGMP, 2 or 3, 2 by default
// (IFLA_BR_MCAST_IGMP_VERSION).
func (b *Bridge) MulticastIGMPVersion(version uint8) *Bridge {
	b.info.Multicast.IGMPVersion = version
	return b.with(uapi.IFLA_BR_MCAST_IGMP_VERSION)
}

// MulticastMLDVersion sets the version of MLD, 1 or 2, 1 by default
// (IFLA_BR_MCAST_MLD_VERSION).
func (b *Bridge) MulticastMLDVersion(version uint8) *Bridge {
	b.info.Multicast.MLDVersion = version
	return b.with(uapi.IFLA_BR_MCAST_MLD_VERSION)
}
