package iplink

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"reflect"
	"syscall"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
	"github.com/iplink-go/iplink/internal/words"
)

var bridgeKind = kind{
	config:      "BRIDGE",
	info:        func() info { return new(BridgeInfo) },
	port:        func() info { return new(BridgePortInfo) },
	mtu:         [2]uint32{68, 65535},
	driver:      "bridge",
	lists:       []string{"vlans", "mdb"},
	portLists:   []string{"fdb", "vlans"},
	regroups:    bridgeRegroups,
	afterCreate: attr.SetOf(uapi.IFLA_MTU), // joining ports would otherwise change it
	waits:       true,                      // rcu_barrier for its multicast groups
	optional: map[uint16]string{
		uapi.IFLA_BR_VLAN_FILTERING: own.NoVLANFiltering,
	},
	defaults: "stp_mode auto stp_state 0 priority 32768 forward_delay 1500 hello_time 200 max_age 2000 ageing_time 30000 fdb_max_learned 0 " +
		"group_address 01:80:c2:00:00:00 group_fwd_mask 0x0 vlan_filtering 0 vlan_protocol 802.1Q vlan_default_pvid 1 vlan_stats_enabled 0 " +
		"vlan_stats_per_port 0 no_linklocal_learn 0 mcast_vlan_snooping 0 mst_enabled 0 mdb_offload_fail_notification 0 fdb_local_vlan_0 0 " +
		"mcast_snooping 1 mcast_router 1 mcast_query_use_ifaddr 0 mcast_querier 0 mcast_hash_elasticity 16 mcast_hash_max 4096 " +
		"mcast_last_member_count 2 mcast_startup_query_count 2 mcast_last_member_interval 100 mcast_membership_interval 26000 " +
		"mcast_querier_interval 25500 mcast_query_interval 12500 mcast_query_response_interval 1000 mcast_startup_query_interval 3124 " +
		"mcast_stats_enabled 0 mcast_igmp_version 2 mcast_mld_version 1 nf_call_iptables 0 nf_call_ip6tables 0 nf_call_arptables 0",
	portDefaults: "state 0 state 1 state 2 state 3 state 4 priority 32 hairpin off guard off root_block off fastleave off learning on flood on proxy_arp off proxy_arp_wifi off " +
		"mcast_router 1 mcast_flood on mcast_to_unicast off vlan_tunnel off bcast_flood on group_fwd_mask 0x0 neigh_suppress off isolated off " +
		"locked off mab off neigh_vlan_suppress off neigh_forward_grat off mcast_eht_hosts_limit 512 mcast_max_groups 0",
}

// BridgeInfo holds the attributes of a bridge.
type BridgeInfo struct {
	// STP reports whether the spanning tree protocol runs, and STPUser whether a
	// program runs it instead of the kernel (IFLA_BR_STP_STATE).
	STP, STPUser bool
	// STPMode determines whether the kernel or a program runs it (IFLA_BR_STP_MODE).
	STPMode BridgeSTPMode
	// Priority is the upper part of BridgeID (IFLA_BR_PRIORITY).
	Priority uint16
	// ForwardDelay, HelloTime and MaxAge are times of the protocol
	// (IFLA_BR_FORWARD_DELAY, IFLA_BR_HELLO_TIME, IFLA_BR_MAX_AGE).
	ForwardDelay, HelloTime, MaxAge time.Duration
	// BridgeID is the id of the bridge, and RootID the id of the root
	// (IFLA_BR_BRIDGE_ID, IFLA_BR_ROOT_ID).
	BridgeID, RootID BridgeID
	// RootPort is the number of the port towards the root, 0 if the bridge is the
	// root, and RootPathCost the cost of the path to the root (IFLA_BR_ROOT_PORT,
	// IFLA_BR_ROOT_PATH_COST).
	RootPort     uint16
	RootPathCost uint32
	// TopologyChange and TopologyChangeDetected are flags of the protocol
	// (IFLA_BR_TOPOLOGY_CHANGE, IFLA_BR_TOPOLOGY_CHANGE_DETECTED).
	TopologyChange, TopologyChangeDetected bool
	// HelloTimer, TCNTimer, TopologyChangeTimer and GCTimer are the remaining times,
	// 0 if the timer does not run (IFLA_BR_HELLO_TIMER, …).
	HelloTimer, TCNTimer, TopologyChangeTimer, GCTimer time.Duration

	// AgeingTime is the time after which a learned address is forgotten, 0 for never
	// (IFLA_BR_AGEING_TIME).
	AgeingTime time.Duration
	// FDBMaxLearned is the maximum number of learned addresses, 0 for no limit, and
	// FDBLearned their present number (IFLA_BR_FDB_MAX_LEARNED,
	// IFLA_BR_FDB_N_LEARNED).
	FDBMaxLearned, FDBLearned uint32
	// GroupAddress is the destination address of the protocol's frames
	// (IFLA_BR_GROUP_ADDR). GroupForwardMask selects the link-local groups that are
	// forwarded, one bit for each last digit (IFLA_BR_GROUP_FWD_MASK).
	GroupAddress     net.HardwareAddr
	GroupForwardMask uint16

	// VLANFiltering reports whether VLANs are separated (IFLA_BR_VLAN_FILTERING).
	// VLANProtocol is the protocol of their tags (IFLA_BR_VLAN_PROTOCOL).
	// VLANDefaultPVID is the VLAN of a new port, 0 for none
	// (IFLA_BR_VLAN_DEFAULT_PVID).
	VLANFiltering   bool
	VLANProtocol    VLANProtocol
	VLANDefaultPVID uint16
	// VLANStats and VLANStatsPerPort enable counters for each VLAN
	// (IFLA_BR_VLAN_STATS_ENABLED, IFLA_BR_VLAN_STATS_PER_PORT).
	VLANStats, VLANStatsPerPort bool

	// NoLinkLocalLearn, MulticastVLANSnooping, MST, MDBOffloadFailNotification and
	// FDBLocalVLAN0 are boolean options (IFLA_BR_MULTI_BOOLOPT).
	NoLinkLocalLearn, MulticastVLANSnooping, MST bool
	MDBOffloadFailNotification, FDBLocalVLAN0    bool

	// Multicast holds the settings of multicast snooping and queries.
	Multicast BridgeMulticast

	// CallIPTables, CallIP6Tables and CallARPTables pass frames to netfilter
	// (IFLA_BR_NF_CALL_IPTABLES, …). Kernels without br_netfilter do not report
	// them.
	CallIPTables, CallIP6Tables, CallARPTables bool

	// FlushFDB requests that the kernel forget the learned addresses. The kernel
	// does not report it (IFLA_BR_FDB_FLUSH).
	FlushFDB bool
}

// BridgeMulticast holds the settings of IGMP and MLD snooping and of queries.
type BridgeMulticast struct {
	// Snooping reports whether frames to a group are forwarded only to its members
	// (IFLA_BR_MCAST_SNOOPING), and Router whether the bridge itself counts as a
	// multicast router (IFLA_BR_MCAST_ROUTER).
	Snooping bool
	Router   BridgeMulticastRouter
	// Querier reports whether the bridge sends queries (IFLA_BR_MCAST_QUERIER), and
	// QueryUseIfAddr whether it sends them from its own address
	// (IFLA_BR_MCAST_QUERY_USE_IFADDR).
	Querier, QueryUseIfAddr bool
	// HashMax is the maximum number of groups (IFLA_BR_MCAST_HASH_MAX).
	// HashElasticity has no effect and is always 16 (IFLA_BR_MCAST_HASH_ELASTICITY).
	HashElasticity, HashMax uint32
	// LastMemberCount and StartupQueryCount are numbers of queries
	// (IFLA_BR_MCAST_LAST_MEMBER_CNT, IFLA_BR_MCAST_STARTUP_QUERY_CNT).
	LastMemberCount, StartupQueryCount uint32
	// LastMemberInterval, MembershipInterval, QuerierInterval, QueryInterval,
	// QueryResponseInterval and StartupQueryInterval are intervals of RFC 3376,
	// section 8 (IFLA_BR_MCAST_…_INTVL).
	LastMemberInterval, MembershipInterval, QuerierInterval    time.Duration
	QueryInterval, QueryResponseInterval, StartupQueryInterval time.Duration
	// Stats reports whether IGMP and MLD messages are counted
	// (IFLA_BR_MCAST_STATS_ENABLED).
	Stats bool
	// IGMPVersion is 2 or 3, and MLDVersion 1 or 2 (IFLA_BR_MCAST_IGMP_VERSION,
	// IFLA_BR_MCAST_MLD_VERSION).
	IGMPVersion, MLDVersion uint8
	// Querier4 and Querier6 are the known queriers (IFLA_BR_MCAST_QUERIER_STATE).
	Querier4, Querier6 BridgeQuerier
}

// A BridgeQuerier is an elected multicast querier.
type BridgeQuerier struct {
	Address    netip.Addr    // the address; the zero Addr if unknown
	Port       int           // the index of the port towards the querier, 0 for the bridge itself
	OtherTimer time.Duration // the time left until the querier counts as gone
}

// A BridgeID identifies and orders bridges in the spanning tree protocol.
type BridgeID struct {
	Priority uint16           `word:"priority,always"`
	Address  net.HardwareAddr `word:"address"`
}

func (b *BridgeInfo) attrs(c *attr.Codec) {
	b.spanningTree(c)
	b.forwarding(c)
	b.vlans(c)
	b.options(c)
	b.Multicast.attrs(c)
	b.netfilter(c)
}

func (b *BridgeInfo) spanningTree(c *attr.Codec) {
	attr.Enum(c.Since(7, 1), uapi.IFLA_BR_STP_MODE, "stp_mode", &b.STPMode, bridgeSTPModes)
	attr.Custom(c, uapi.IFLA_BR_STP_STATE, "stp_state", (*stpState)(b))
	attr.U16(c, uapi.IFLA_BR_PRIORITY, "priority", &b.Priority)
	attr.Ticks32(c, uapi.IFLA_BR_FORWARD_DELAY, "forward_delay", &b.ForwardDelay)
	attr.Ticks32(c, uapi.IFLA_BR_HELLO_TIME, "hello_time", &b.HelloTime, time.Second, 10*time.Second)
	attr.Ticks32(c, uapi.IFLA_BR_MAX_AGE, "max_age", &b.MaxAge, 6*time.Second, 40*time.Second)
	attr.Report(c, uapi.IFLA_BR_ROOT_ID, "root_id", bridgeIDLen, &b.RootID, (*BridgeID).parse)
	attr.Report(c, uapi.IFLA_BR_BRIDGE_ID, "bridge_id", bridgeIDLen, &b.BridgeID, (*BridgeID).parse)
	attr.U16(c.ReadOnly(), uapi.IFLA_BR_ROOT_PORT, "root_port", &b.RootPort)
	attr.U32(c.ReadOnly(), uapi.IFLA_BR_ROOT_PATH_COST, "root_path_cost", &b.RootPathCost)
	attr.Bool01(c.ReadOnly(), uapi.IFLA_BR_TOPOLOGY_CHANGE, "topology_change", &b.TopologyChange)
	attr.Bool01(c.ReadOnly(), uapi.IFLA_BR_TOPOLOGY_CHANGE_DETECTED, "topology_change_detected", &b.TopologyChangeDetected)
	attr.Ticks64(c.ReadOnly().NoEvent(), uapi.IFLA_BR_HELLO_TIMER, "hello_timer", &b.HelloTimer)
	attr.Ticks64(c.ReadOnly().NoEvent(), uapi.IFLA_BR_TCN_TIMER, "tcn_timer", &b.TCNTimer)
	attr.Ticks64(c.ReadOnly().NoEvent(), uapi.IFLA_BR_TOPOLOGY_CHANGE_TIMER, "topology_change_timer", &b.TopologyChangeTimer)
	attr.Ticks64(c.ReadOnly().NoEvent(), uapi.IFLA_BR_GC_TIMER, "gc_timer", &b.GCTimer)
}

func (b *BridgeInfo) forwarding(c *attr.Codec) {
	attr.Ticks32(c, uapi.IFLA_BR_AGEING_TIME, "ageing_time", &b.AgeingTime)
	attr.Flag(c.WriteOnly(), uapi.IFLA_BR_FDB_FLUSH, "fdb_flush", &b.FlushFDB)
	attr.U32(c.Since(6, 7), uapi.IFLA_BR_FDB_MAX_LEARNED, "fdb_max_learned", &b.FDBMaxLearned)
	attr.U32(c.ReadOnly().NoEvent().Since(6, 7), uapi.IFLA_BR_FDB_N_LEARNED, "fdb_n_learned", &b.FDBLearned)
	attr.MAC(c, uapi.IFLA_BR_GROUP_ADDR, "group_address", &b.GroupAddress)
	attr.U16(c.Hex(), uapi.IFLA_BR_GROUP_FWD_MASK, "group_fwd_mask", &b.GroupForwardMask)
	attr.Skip(c, uapi.IFLA_BR_PAD)
}

func (b *BridgeInfo) vlans(c *attr.Codec) {
	attr.Bool01(c, uapi.IFLA_BR_VLAN_FILTERING, "vlan_filtering", &b.VLANFiltering)
	attr.EnumBE16(c, uapi.IFLA_BR_VLAN_PROTOCOL, "vlan_protocol", &b.VLANProtocol, vlanProtocols)
	attr.U16(c, uapi.IFLA_BR_VLAN_DEFAULT_PVID, "vlan_default_pvid", &b.VLANDefaultPVID, 0, 4094)
	attr.Bool01(c, uapi.IFLA_BR_VLAN_STATS_ENABLED, "vlan_stats_enabled", &b.VLANStats)
	attr.Bool01(c, uapi.IFLA_BR_VLAN_STATS_PER_PORT, "vlan_stats_per_port", &b.VLANStatsPerPort)
}

func (b *BridgeInfo) options(c *attr.Codec) {
	o := attr.Bits{Type: uapi.IFLA_BR_MULTI_BOOLOPT}
	o.Bit(c, uapi.BR_BOOLOPT_NO_LL_LEARN, "no_linklocal_learn", &b.NoLinkLocalLearn)
	o.Bit(c, uapi.BR_BOOLOPT_MCAST_VLAN_SNOOPING, "mcast_vlan_snooping", &b.MulticastVLANSnooping)
	o.Bit(c, uapi.BR_BOOLOPT_MST_ENABLE, "mst_enabled", &b.MST)
	o.Bit(c.Since(6, 16), uapi.BR_BOOLOPT_MDB_OFFLOAD_FAIL_NOTIFICATION, "mdb_offload_fail_notification", &b.MDBOffloadFailNotification)
	o.Bit(c.Since(6, 18), uapi.BR_BOOLOPT_FDB_LOCAL_VLAN_0, "fdb_local_vlan_0", &b.FDBLocalVLAN0)
}

func (m *BridgeMulticast) attrs(c *attr.Codec) {
	attr.Bool01(c, uapi.IFLA_BR_MCAST_SNOOPING, "mcast_snooping", &m.Snooping)
	attr.Enum(c.Numeric(), uapi.IFLA_BR_MCAST_ROUTER, "mcast_router", &m.Router, bridgeMulticastRouters[:3])
	attr.Bool01(c, uapi.IFLA_BR_MCAST_QUERY_USE_IFADDR, "mcast_query_use_ifaddr", &m.QueryUseIfAddr)
	attr.Bool01(c, uapi.IFLA_BR_MCAST_QUERIER, "mcast_querier", &m.Querier)
	attr.U32(c, uapi.IFLA_BR_MCAST_HASH_ELASTICITY, "mcast_hash_elasticity", &m.HashElasticity)
	attr.U32(c, uapi.IFLA_BR_MCAST_HASH_MAX, "mcast_hash_max", &m.HashMax)
	attr.U32(c, uapi.IFLA_BR_MCAST_LAST_MEMBER_CNT, "mcast_last_member_count", &m.LastMemberCount)
	attr.U32(c, uapi.IFLA_BR_MCAST_STARTUP_QUERY_CNT, "mcast_startup_query_count", &m.StartupQueryCount)
	m.intervals(c)
	attr.Bool01(c, uapi.IFLA_BR_MCAST_STATS_ENABLED, "mcast_stats_enabled", &m.Stats)
	attr.U8(c, uapi.IFLA_BR_MCAST_IGMP_VERSION, "mcast_igmp_version", &m.IGMPVersion, 2, 3)
	attr.U8(c, uapi.IFLA_BR_MCAST_MLD_VERSION, "mcast_mld_version", &m.MLDVersion, 1, 2)
	attr.Nest(c.NoEvent(), uapi.IFLA_BR_MCAST_QUERIER_STATE, "mcast_querier_state", m.queriers)
}

func (m *BridgeMulticast) intervals(c *attr.Codec) {
	const day = 24 * time.Hour
	attr.Ticks64(c, uapi.IFLA_BR_MCAST_LAST_MEMBER_INTVL, "mcast_last_member_interval", &m.LastMemberInterval)
	attr.Ticks64(c, uapi.IFLA_BR_MCAST_MEMBERSHIP_INTVL, "mcast_membership_interval", &m.MembershipInterval)
	attr.Ticks64(c, uapi.IFLA_BR_MCAST_QUERIER_INTVL, "mcast_querier_interval", &m.QuerierInterval)
	attr.Ticks64(c, uapi.IFLA_BR_MCAST_QUERY_INTVL, "mcast_query_interval", &m.QueryInterval, time.Second, day)
	attr.Ticks64(c, uapi.IFLA_BR_MCAST_QUERY_RESPONSE_INTVL, "mcast_query_response_interval", &m.QueryResponseInterval)
	attr.Ticks64(c, uapi.IFLA_BR_MCAST_STARTUP_QUERY_INTVL, "mcast_startup_query_interval", &m.StartupQueryInterval, time.Second, day)
}

func (m *BridgeMulticast) queriers(c *attr.Codec) {
	attr.ReportedAddr(c, uapi.BRIDGE_QUERIER_IP_ADDRESS, "address", &m.Querier4.Address)
	attr.Index(c.ReadOnly(), uapi.BRIDGE_QUERIER_IP_PORT, "port", &m.Querier4.Port)
	attr.Ticks64(c.ReadOnly(), uapi.BRIDGE_QUERIER_IP_OTHER_TIMER, "timer", &m.Querier4.OtherTimer)
	attr.Skip(c, uapi.BRIDGE_QUERIER_PAD)
	attr.ReportedAddr(c, uapi.BRIDGE_QUERIER_IPV6_ADDRESS, "address6", &m.Querier6.Address)
	attr.Index(c.ReadOnly(), uapi.BRIDGE_QUERIER_IPV6_PORT, "port6", &m.Querier6.Port)
	attr.Ticks64(c.ReadOnly(), uapi.BRIDGE_QUERIER_IPV6_OTHER_TIMER, "timer6", &m.Querier6.OtherTimer)
}

func (b *BridgeInfo) netfilter(c *attr.Codec) {
	attr.Bool01(c, uapi.IFLA_BR_NF_CALL_IPTABLES, "nf_call_iptables", &b.CallIPTables)
	attr.Bool01(c, uapi.IFLA_BR_NF_CALL_IP6TABLES, "nf_call_ip6tables", &b.CallIP6Tables)
	attr.Bool01(c, uapi.IFLA_BR_NF_CALL_ARPTABLES, "nf_call_arptables", &b.CallARPTables)
}

// bridgeIDLen is the length of a struct ifla_bridge_id.
const bridgeIDLen = 8

func (id *BridgeID) parse(b []byte) {
	id.Priority, id.Address = binary.BigEndian.Uint16(b), net.HardwareAddr(b[2:bridgeIDLen])
}

// String returns the id in iproute2's form, such as 8000.2:0:0:0:0:1.
func (id BridgeID) String() string {
	text := fmt.Sprintf("%04x", id.Priority)
	for i, octet := range id.Address {
		text += fmt.Sprintf("%c%x", ".:"[min(i, 1)], octet)
	}
	return text
}

// stpState is written as on or off, but also reports whether a program runs the
// protocol.
type stpState BridgeInfo

// AppendPayload appends 1 or 0.
func (s *stpState) AppendPayload(b []byte) []byte {
	return wire.Order.AppendUint32(b, uint32(s.number()))
}

func (s *stpState) number() int {
	if s.STP {
		return 1
	}
	return 0
}

// ParsePayload reads 0, or 1 for the kernel, or 2 for a program.
func (s *stpState) ParsePayload(b []byte) error {
	if err := attr.Width(b, 4); err != nil {
		return err
	}
	n := wire.Order.Uint32(b)
	s.STP, s.STPUser = n != 0, n == 2
	return nil
}

// Same compares both fields, although requests do not contain STPUser.
func (s *stpState) Same(have attr.Payload) bool {
	h := have.(*stpState)
	return s.STP == h.STP && s.STPUser == h.STPUser
}

// AppendWords appends 1 or 0.
func (s *stpState) AppendWords(b []byte) []byte {
	return fmt.Append(b, s.number())
}

// ReadWords reads a switch.
func (s *stpState) ReadWords(_ string, args *words.Args) (err error) {
	s.STP, err = attr.ReadSwitch(args)
	return err
}

// JSONValue returns the switch.
func (s *stpState) JSONValue() any { return &s.STP }

// Check accepts both values.
func (s *stpState) Check() error {
	return nil
}

// validate checks the rules of br_changelink that the kernel enforces by an errno
// without a message, or by substituting another value.
func (b *BridgeInfo) validate(op string, s *spec) error {
	return errors.Join(b.requireGroup(s.Set), b.requireDelay(s), b.requireVLANs(op, s))
}

func (b *BridgeInfo) requireGroup(set attr.Set) error {
	if set.Has(uapi.IFLA_BR_GROUP_FWD_MASK) && b.GroupForwardMask&7 != 0 {
		return &attr.Error{Name: "group_fwd_mask", Text: fmt.Sprintf("%#x holds bits 0, 1 or 2: STP, pause and LACP frames are never forwarded", b.GroupForwardMask)}
	}
	if set.Has(uapi.IFLA_BR_GROUP_ADDR) && !isGroupAddress(b.GroupAddress) {
		return &attr.Error{Name: "group_address", Text: fmt.Sprintf("%v is not one of 01:80:c2:00:00:00, …:04 to …:0f", b.GroupAddress)}
	}
	return nil
}

func isGroupAddress(mac net.HardwareAddr) bool {
	prefix := [5]byte{0x01, 0x80, 0xc2}
	last := mac[5]
	return [5]byte(mac) == prefix && last <= 0xf && (last == 0 || last >= 4)
}

// requireDelay refuses a delay that the kernel raises or refuses when STP is on.
func (b *BridgeInfo) requireDelay(s *spec) error {
	on := b.STP
	if now, ok := s.standing.(*BridgeInfo); ok && !s.asks(uapi.IFLA_BR_STP_STATE) {
		on = now.STP
	}
	changes := s.Set.Has(uapi.IFLA_BR_STP_STATE) || s.Set.Has(uapi.IFLA_BR_FORWARD_DELAY)
	if changes && on && s.asks(uapi.IFLA_BR_FORWARD_DELAY) && (b.ForwardDelay < 2*time.Second || b.ForwardDelay > 30*time.Second) {
		return &attr.Error{Name: "forward_delay", Text: fmt.Sprintf("%v is not in 2s…30s, which STP needs", b.ForwardDelay), Errno: syscall.ERANGE}
	}
	return nil
}

// requireVLANs refuses multicast snooping per VLAN on a bridge without VLAN
// filtering, which is off by default.
func (b *BridgeInfo) requireVLANs(op string, s *spec) error {
	filtering := op != "create"
	if now, ok := s.standing.(*BridgeInfo); ok {
		filtering = now.VLANFiltering
	}
	if s.asks(uapi.IFLA_BR_VLAN_FILTERING) {
		filtering = b.VLANFiltering
	}
	if s.Set.Has(attr.Bit(uapi.BR_BOOLOPT_MCAST_VLAN_SNOOPING)) && b.MulticastVLANSnooping && !filtering {
		return &attr.Error{Name: "mcast_vlan_snooping", Text: "needs VLANFiltering(true)"}
	}
	return nil
}

// A BridgeSTPMode determines whether the kernel or a program runs the spanning tree
// protocol.
type BridgeSTPMode uint32

// Modes of the spanning tree protocol.
const (
	BridgeSTPAuto   BridgeSTPMode = iota // a program if there is one, otherwise the kernel
	BridgeSTPUser                        // a program
	BridgeSTPKernel                      // the kernel
)

var bridgeSTPModes = attr.Words{"auto", "user", "kernel"}

// String returns the kernel's word for the mode.
func (m BridgeSTPMode) String() string {
	return attr.Word(bridgeSTPModes, m)
}

// MarshalText returns the result of String.
func (m BridgeSTPMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *BridgeSTPMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(bridgeSTPModes, "bridge STP mode", text, m)
}

// A BridgeMulticastRouter determines whether a bridge or a port counts as leading to a
// multicast router. Frames to all groups are forwarded there.
type BridgeMulticastRouter uint8

// Values of BridgeMulticastRouter.
const (
	BridgeRouterDisabled  BridgeMulticastRouter = iota // never
	BridgeRouterAuto                                   // while queries come from there
	BridgeRouterPermanent                              // always
	BridgeRouterTemp                                   // for a while; ports only
)

var bridgeMulticastRouters = attr.Words{"disabled", "auto", "permanent", "temp"}

// String returns the word of the kernel's documentation.
func (r BridgeMulticastRouter) String() string {
	return attr.Word(bridgeMulticastRouters, r)
}

// MarshalText returns the result of String.
func (r BridgeMulticastRouter) MarshalText() ([]byte, error) {
	return []byte(r.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (r *BridgeMulticastRouter) UnmarshalText(text []byte) error {
	return attr.ReadWord(bridgeMulticastRouters, "bridge multicast router", text, r)
}

// bridgeRegroups reports whether the id or the root of a bridge changed in the
// spanning tree. The kernel reports both for each port.
func bridgeRegroups(old, now *Link) bool {
	before, ok := old.Info.(*BridgeInfo)
	after, both := now.Info.(*BridgeInfo)
	return ok && both && !reflect.DeepEqual([]BridgeID{before.BridgeID, before.RootID}, []BridgeID{after.BridgeID, after.RootID})
}
