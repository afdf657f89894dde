package bridge

import (
	"context"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// GlobalVLANInfo holds the bridge-wide settings of a VLAN. Times are in steps of
// 10 ms. The multicast snooping settings are reported if the kernel supports snooping
// (CONFIG_BRIDGE_IGMP_SNOOPING).
type GlobalVLANInfo struct {
	// ID is the VLAN's number, 1 to 4094.
	ID uint16
	// MulticastSnooping and MulticastQuerier are
	// BRIDGE_VLANDB_GOPTS_MCAST_SNOOPING and …_MCAST_QUERIER.
	MulticastSnooping, MulticastQuerier bool
	// MulticastIGMPVersion and MulticastMLDVersion are …_MCAST_IGMP_VERSION and
	// …_MCAST_MLD_VERSION.
	MulticastIGMPVersion, MulticastMLDVersion uint8
	// MulticastLastMemberCount and MulticastStartupQueryCount are
	// …_MCAST_LAST_MEMBER_CNT and …_MCAST_STARTUP_QUERY_CNT.
	MulticastLastMemberCount, MulticastStartupQueryCount uint32
	// MulticastLastMemberInterval, MulticastMembershipInterval,
	// MulticastQuerierInterval, MulticastQueryInterval,
	// MulticastQueryResponseInterval and MulticastStartupQueryInterval are
	// …_MCAST_…_INTVL.
	MulticastLastMemberInterval, MulticastMembershipInterval, MulticastQuerierInterval    time.Duration
	MulticastQueryInterval, MulticastQueryResponseInterval, MulticastStartupQueryInterval time.Duration
	// MSTI is the spanning tree that the VLAN belongs to
	// (BRIDGE_VLANDB_GOPTS_MSTI).
	MSTI uint16
	// RouterPorts are the ports that lead to multicast routers
	// (BRIDGE_VLANDB_GOPTS_MCAST_ROUTER_PORTS).
	RouterPorts []RouterPort
}

func (v *GlobalVLANInfo) attrs(c *attr.Codec) {
	attr.Bool01(c, uapi.BRIDGE_VLANDB_GOPTS_MCAST_SNOOPING, "mcast_snooping", &v.MulticastSnooping)
	attr.Bool01(c, uapi.BRIDGE_VLANDB_GOPTS_MCAST_QUERIER, "mcast_querier", &v.MulticastQuerier)
	attr.U8(c, uapi.BRIDGE_VLANDB_GOPTS_MCAST_IGMP_VERSION, "mcast_igmp_version", &v.MulticastIGMPVersion, 2, 3)
	attr.U8(c, uapi.BRIDGE_VLANDB_GOPTS_MCAST_MLD_VERSION, "mcast_mld_version", &v.MulticastMLDVersion, 1, 2)
	attr.U32(c, uapi.BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_CNT, "mcast_last_member_count", &v.MulticastLastMemberCount)
	attr.U32(c, uapi.BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_CNT, "mcast_startup_query_count", &v.MulticastStartupQueryCount)
	attr.Ticks64(c, uapi.BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_INTVL, "mcast_last_member_interval", &v.MulticastLastMemberInterval)
	attr.Ticks64(c, uapi.BRIDGE_VLANDB_GOPTS_MCAST_MEMBERSHIP_INTVL, "mcast_membership_interval", &v.MulticastMembershipInterval)
	attr.Ticks64(c, uapi.BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_INTVL, "mcast_querier_interval", &v.MulticastQuerierInterval)
	attr.Ticks64(c, uapi.BRIDGE_VLANDB_GOPTS_MCAST_QUERY_INTVL, "mcast_query_interval", &v.MulticastQueryInterval)
	attr.Ticks64(c, uapi.BRIDGE_VLANDB_GOPTS_MCAST_QUERY_RESPONSE_INTVL, "mcast_query_response_interval", &v.MulticastQueryResponseInterval)
	attr.Ticks64(c, uapi.BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_INTVL, "mcast_startup_query_interval", &v.MulticastStartupQueryInterval)
	attr.U16(c, uapi.BRIDGE_VLANDB_GOPTS_MSTI, "msti", &v.MSTI, 0, 4094)
}

// GlobalVLAN is the builder for bridge-wide settings of VLANs, for SetGlobalVLANs.
// Only settings whose setter was called are sent. The multicast settings take effect
// when the bridge snoops per VLAN (MulticastVLANSnooping).
type GlobalVLAN struct {
	info GlobalVLANInfo
	set  attr.Set
}

// ForBridge returns the builder for bridge-wide settings of VLANs.
func ForBridge() *GlobalVLAN {
	return new(GlobalVLAN)
}

func (g *GlobalVLAN) with(typ uint16) *GlobalVLAN {
	g.set.Add(typ)
	return g
}

// MulticastSnooping sets whether frames to groups are sent only to hosts that have
// joined them, on by default.
func (g *GlobalVLAN) MulticastSnooping(on bool) *GlobalVLAN {
	g.info.MulticastSnooping = on
	return g.with(uapi.BRIDGE_VLANDB_GOPTS_MCAST_SNOOPING)
}

// MulticastQuerier sets whether the bridge sends queries itself, off by default.
func (g *GlobalVLAN) MulticastQuerier(on bool) *GlobalVLAN {
	g.info.MulticastQuerier = on
	return g.with(uapi.BRIDGE_VLANDB_GOPTS_MCAST_QUERIER)
}

// MulticastIGMPVersion sets the version of IGMP, 2 or 3; 2 by default.
func (g *GlobalVLAN) MulticastIGMPVersion(version uint8) *GlobalVLAN {
	g.info.MulticastIGMPVersion = version
	return g.with(uapi.BRIDGE_VLANDB_GOPTS_MCAST_IGMP_VERSION)
}

// MulticastMLDVersion sets the version of MLD, 1 or 2; 1 by default.
func (g *GlobalVLAN) MulticastMLDVersion(version uint8) *GlobalVLAN {
	g.info.MulticastMLDVersion = version
	return g.with(uapi.BRIDGE_VLANDB_GOPTS_MCAST_MLD_VERSION)
}

// MulticastLastMemberCount sets the number of queries between the leave message of a
// host and the removal of the group, 2 by default.
func (g *GlobalVLAN) MulticastLastMemberCount(n uint32) *GlobalVLAN {
	g.info.MulticastLastMemberCount = n
	return g.with(uapi.BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_CNT)
}

// MulticastStartupQueryCount sets the number of queries that a querier sends at
// startup, 2 by default.
func (g *GlobalVLAN) MulticastStartupQueryCount(n uint32) *GlobalVLAN {
	g.info.MulticastStartupQueryCount = n
	return g.with(uapi.BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_CNT)
}

// MulticastLastMemberInterval sets the time between queries after a host has left,
// 1 s by default.
func (g *GlobalVLAN) MulticastLastMemberInterval(d time.Duration) *GlobalVLAN {
	g.info.MulticastLastMemberInterval = d
	return g.with(uapi.BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_INTVL)
}

// MulticastMembershipInterval sets the time without a report after which a host's
// membership expires, 260 s by default.
func (g *GlobalVLAN) MulticastMembershipInterval(d time.Duration) *GlobalVLAN {
	g.info.MulticastMembershipInterval = d
	return g.with(uapi.BRIDGE_VLANDB_GOPTS_MCAST_MEMBERSHIP_INTVL)
}

// MulticastQuerierInterval sets the time without a query after which another querier
// is considered lost, 255 s by default.
func (g *GlobalVLAN) MulticastQuerierInterval(d time.Duration) *GlobalVLAN {
	g.info.MulticastQuerierInterval = d
	return g.with(uapi.BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_INTVL)
}

// MulticastQueryInterval sets the time between queries, 125 s by default. The kernel
// limits it to 1 s to 24 h.
func (g *GlobalVLAN) MulticastQueryInterval(d time.Duration) *GlobalVLAN {
	g.info.MulticastQueryInterval = d
	return g.with(uapi.BRIDGE_VLANDB_GOPTS_MCAST_QUERY_INTVL)
}

// MulticastQueryResponseInterval sets the maximum response time of hosts, 10 s by
// default.
func (g *GlobalVLAN) MulticastQueryResponseInterval(d time.Duration) *GlobalVLAN {
	g.info.MulticastQueryResponseInterval = d
	return g.with(uapi.BRIDGE_VLANDB_GOPTS_MCAST_QUERY_RESPONSE_INTVL)
}

// MulticastStartupQueryInterval sets the time between the queries that a querier
// sends at startup, 31.25 s by default. The kernel limits it to 1 s to 24 h.
func (g *GlobalVLAN) MulticastStartupQueryInterval(d time.Duration) *GlobalVLAN {
	g.info.MulticastStartupQueryInterval = d
	return g.with(uapi.BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_INTVL)
}

// MSTI sets the spanning tree of the VLAN, 0 to 4094; the default is 0, the common
// tree. The bridge must have multiple spanning trees enabled (MST).
func (g *GlobalVLAN) MSTI(tree uint16) *GlobalVLAN {
	g.info.MSTI = tree
	return g.with(uapi.BRIDGE_VLANDB_GOPTS_MSTI)
}

// String returns the arguments that follow the bridge in `bridge vlan global set`.
func (g *GlobalVLAN) String() string {
	words, _ := new(attr.Codec).Print(nil, g.set, nil, g.info.attrs)
	return trim(words)
}

// SetGlobalVLANs changes bridge-wide settings of the VLANs first to last. VLANs that
// neither the bridge nor a port has are skipped.
func (s *Bridge) SetGlobalVLANs(ctx context.Context, first, last uint16, g *GlobalVLAN) error {
	const op = "vlan global set"
	if g == nil {
		g = ForBridge()
	}
	if err := s.checkOptions(op, first, last, g.set, g.info.attrs); err != nil {
		return err
	}
	err := s.link.Write(ctx, op, rangeText(first, last), uapi.RTM_NEWVLAN, 0, func(b []byte) []byte {
		b, at := wire.Begin(appendVLANHeader(b, s.link.Index), uapi.BRIDGE_VLANDB_GLOBAL_OPTIONS|uapi.NLA_F_NESTED)
		b = wire.AppendU16(b, uapi.BRIDGE_VLANDB_GOPTS_ID, first)
		if last > first {
			b = wire.AppendU16(b, uapi.BRIDGE_VLANDB_GOPTS_RANGE, last)
		}
		return wire.End(new(attr.Codec).Encode(b, g.set, nil, g.info.attrs), at)
	})
	return unfiltered(err)
}

// ListGlobalVLANs returns the VLANs of the whole bridge with their settings, sorted
// by number.
func (s *Bridge) ListGlobalVLANs(ctx context.Context) ([]GlobalVLANInfo, error) {
	var all []GlobalVLANInfo
	names := s.link.Names()
	err := s.dumpVLANs(ctx, "vlan global show", s.link.Index, uapi.BRIDGE_VLANDB_DUMPF_GLOBAL, func() { all = nil }, func(typ uint16, data []byte) {
		if typ == uapi.BRIDGE_VLANDB_GLOBAL_OPTIONS {
			all = append(all, parseGlobalVLANs(data, names)...)
		}
	})
	return all, err
}

// parseGlobalVLANs decodes one entry and expands its range.
func parseGlobalVLANs(data []byte, names func(int) string) []GlobalVLANInfo {
	var v GlobalVLANInfo
	var routers []byte
	last := uint16(0)
	table := func(c *attr.Codec) {
		attr.U16(c, uapi.BRIDGE_VLANDB_GOPTS_ID, "vid", &v.ID)
		attr.U16(c, uapi.BRIDGE_VLANDB_GOPTS_RANGE, "range", &last)
		attr.Raw(c, uapi.BRIDGE_VLANDB_GOPTS_MCAST_ROUTER_PORTS, "mcast_router_ports", &routers)
		v.attrs(c)
	}
	// Attributes that cannot be decoded keep their zero value, as on kernels without
	// them.
	_, _ = new(attr.Codec).Decode(data, table, nil)
	if v.ID == 0 {
		return nil
	}
	v.RouterPorts = parseRouters(wire.Find(routers, uapi.MDBA_ROUTER), names)
	all := []GlobalVLANInfo{v}
	for v.ID < min(last, mostVID) {
		v.ID++
		all = append(all, v)
	}
	return all
}
