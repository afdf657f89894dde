package iplink

import (
	"slices"
	"time"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/fdbmsg"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// BridgePortInfo holds the attributes of a port of a bridge. The settings are
// described at the setters of bridge.PortBuilder.
type BridgePortInfo struct {
	// State determines how the port treats frames (IFLA_BRPORT_STATE).
	State BridgePortState
	// Priority and Cost belong to the spanning tree protocol (IFLA_BRPORT_PRIORITY,
	// IFLA_BRPORT_COST).
	Priority uint16
	Cost     uint32
	// Hairpin is IFLA_BRPORT_MODE, Guard and RootBlock are IFLA_BRPORT_GUARD
	// and IFLA_BRPORT_PROTECT, FastLeave is IFLA_BRPORT_FAST_LEAVE.
	Hairpin, Guard, RootBlock, FastLeave bool
	// Learning is IFLA_BRPORT_LEARNING; UnicastFlood, MulticastFlood and
	// BroadcastFlood are IFLA_BRPORT_UNICAST_FLOOD, …_MCAST_FLOOD and
	// …_BCAST_FLOOD.
	Learning, UnicastFlood, MulticastFlood, BroadcastFlood bool
	// ProxyARP and ProxyARPWiFi are IFLA_BRPORT_PROXYARP and …_PROXYARP_WIFI.
	ProxyARP, ProxyARPWiFi bool
	// MulticastRouter is IFLA_BRPORT_MULTICAST_ROUTER, MulticastToUnicast
	// IFLA_BRPORT_MCAST_TO_UCAST.
	MulticastRouter    BridgeMulticastRouter
	MulticastToUnicast bool
	// VLANTunnel is IFLA_BRPORT_VLAN_TUNNEL.
	VLANTunnel bool
	// GroupForwardMask is IFLA_BRPORT_GROUP_FWD_MASK.
	GroupForwardMask uint16
	// NeighSuppress, NeighVLANSuppress and NeighForwardGratuitous are
	// IFLA_BRPORT_NEIGH_SUPPRESS, …_NEIGH_VLAN_SUPPRESS and
	// …_NEIGH_FORWARD_GRAT.
	NeighSuppress, NeighVLANSuppress, NeighForwardGratuitous bool
	// Isolated, Locked and MAB are IFLA_BRPORT_ISOLATED, …_LOCKED and …_MAB.
	Isolated, Locked, MAB bool
	// BackupPort is the interface index of the port that takes over, 0 for none
	// (IFLA_BRPORT_BACKUP_PORT), and BackupNextHop the id of the nexthop
	// (IFLA_BRPORT_BACKUP_NHID).
	BackupPort    int
	BackupNextHop uint32
	// MulticastEHTHostsLimit is the maximum number of tracked hosts, and
	// MulticastEHTHosts their present number (IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT,
	// …_CNT). MulticastMaxGroups and MulticastGroups are the same for groups
	// (IFLA_BRPORT_MCAST_MAX_GROUPS, …_MCAST_N_GROUPS).
	MulticastEHTHostsLimit, MulticastEHTHosts uint32
	MulticastMaxGroups, MulticastGroups       uint32

	// ID is the id of the port and Number its number on the bridge (IFLA_BRPORT_ID,
	// IFLA_BRPORT_NO).
	ID, Number uint16
	// RootID and BridgeID are the ids of the designated root and the designated
	// bridge, DesignatedPort and DesignatedCost the port and cost of the latter
	// (IFLA_BRPORT_ROOT_ID, …).
	RootID, BridgeID               BridgeID
	DesignatedPort, DesignatedCost uint16
	// TopologyChangeAck and ConfigPending are flags of the protocol
	// (IFLA_BRPORT_TOPOLOGY_CHANGE_ACK, IFLA_BRPORT_CONFIG_PENDING).
	TopologyChangeAck, ConfigPending bool
	// MessageAgeTimer, ForwardDelayTimer and HoldTimer are the remaining times, 0 if
	// the timer does not run (IFLA_BRPORT_MESSAGE_AGE_TIMER, …).
	MessageAgeTimer, ForwardDelayTimer, HoldTimer time.Duration
	// MRPRingOpen and MRPInOpen are the states of the media redundancy
	// protocol (IFLA_BRPORT_MRP_RING_OPEN, IFLA_BRPORT_MRP_IN_OPEN).
	MRPRingOpen, MRPInOpen bool

	// FlushFDB requests that the kernel forget the addresses learned at the port.
	// The kernel does not report it (IFLA_BRPORT_FLUSH).
	FlushFDB bool
}

func (p *BridgePortInfo) attrs(c *attr.Codec) {
	attr.Enum(c.Numeric(), uapi.IFLA_BRPORT_STATE, "state", &p.State, bridgePortStates)
	attr.U16(c, uapi.IFLA_BRPORT_PRIORITY, "priority", &p.Priority, 0, 63)
	attr.U32(c, uapi.IFLA_BRPORT_COST, "cost", &p.Cost, 1, 65535)
	attr.OnOff(c, uapi.IFLA_BRPORT_MODE, "hairpin", &p.Hairpin)
	attr.OnOff(c, uapi.IFLA_BRPORT_GUARD, "guard", &p.Guard)
	attr.OnOff(c, uapi.IFLA_BRPORT_PROTECT, "root_block", &p.RootBlock)
	attr.OnOff(c.Takes("mcast_fast_leave"), uapi.IFLA_BRPORT_FAST_LEAVE, "fastleave", &p.FastLeave)
	attr.OnOff(c, uapi.IFLA_BRPORT_LEARNING, "learning", &p.Learning)
	attr.OnOff(c, uapi.IFLA_BRPORT_UNICAST_FLOOD, "flood", &p.UnicastFlood)
	attr.OnOff(c, uapi.IFLA_BRPORT_PROXYARP, "proxy_arp", &p.ProxyARP)
	attr.OnOff(c, uapi.IFLA_BRPORT_PROXYARP_WIFI, "proxy_arp_wifi", &p.ProxyARPWiFi)
	attr.Flag(c.WriteOnly(), uapi.IFLA_BRPORT_FLUSH, "fdb_flush", &p.FlushFDB)
	attr.Enum(c.Numeric(), uapi.IFLA_BRPORT_MULTICAST_ROUTER, "mcast_router", &p.MulticastRouter, bridgeMulticastRouters)
	attr.OnOff(c, uapi.IFLA_BRPORT_MCAST_FLOOD, "mcast_flood", &p.MulticastFlood)
	attr.OnOff(c, uapi.IFLA_BRPORT_MCAST_TO_UCAST, "mcast_to_unicast", &p.MulticastToUnicast)
	attr.OnOff(c, uapi.IFLA_BRPORT_VLAN_TUNNEL, "vlan_tunnel", &p.VLANTunnel)
	attr.OnOff(c, uapi.IFLA_BRPORT_BCAST_FLOOD, "bcast_flood", &p.BroadcastFlood)
	attr.U16(c.Hex(), uapi.IFLA_BRPORT_GROUP_FWD_MASK, "group_fwd_mask", &p.GroupForwardMask)
	attr.OnOff(c, uapi.IFLA_BRPORT_NEIGH_SUPPRESS, "neigh_suppress", &p.NeighSuppress)
	attr.OnOff(c, uapi.IFLA_BRPORT_ISOLATED, "isolated", &p.Isolated)
	attr.Index(c, uapi.IFLA_BRPORT_BACKUP_PORT, "backup_port", &p.BackupPort)
	p.newer(c)
	p.reported(c)
}

func (p *BridgePortInfo) newer(c *attr.Codec) {
	attr.U32(c.NoKeyword(), uapi.IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT, "mcast_eht_hosts_limit", &p.MulticastEHTHostsLimit, 1, 1<<32-1)
	attr.OnOff(c, uapi.IFLA_BRPORT_LOCKED, "locked", &p.Locked)
	attr.OnOff(c.Since(6, 2), uapi.IFLA_BRPORT_MAB, "mab", &p.MAB)
	attr.U32(c.Since(6, 3).NoKeyword(), uapi.IFLA_BRPORT_MCAST_MAX_GROUPS, "mcast_max_groups", &p.MulticastMaxGroups)
	attr.OnOff(c.Since(6, 4), uapi.IFLA_BRPORT_NEIGH_VLAN_SUPPRESS, "neigh_vlan_suppress", &p.NeighVLANSuppress)
	attr.U32(c.Since(6, 6), uapi.IFLA_BRPORT_BACKUP_NHID, "backup_nhid", &p.BackupNextHop)
	attr.OnOff(c.Since(7, 2), uapi.IFLA_BRPORT_NEIGH_FORWARD_GRAT, "neigh_forward_grat", &p.NeighForwardGratuitous)
}

func (p *BridgePortInfo) reported(c *attr.Codec) {
	attr.U32(c.ReadOnly().NoEvent(), uapi.IFLA_BRPORT_MCAST_EHT_HOSTS_CNT, "mcast_eht_hosts_cnt", &p.MulticastEHTHosts)
	attr.U32(c.ReadOnly().NoEvent().Since(6, 3), uapi.IFLA_BRPORT_MCAST_N_GROUPS, "mcast_n_groups", &p.MulticastGroups)
	attr.U16(c.ReadOnly(), uapi.IFLA_BRPORT_ID, "id", &p.ID)
	attr.U16(c.ReadOnly(), uapi.IFLA_BRPORT_NO, "no", &p.Number)
	attr.Report(c, uapi.IFLA_BRPORT_ROOT_ID, "root_id", bridgeIDLen, &p.RootID, (*BridgeID).parse)
	attr.Report(c, uapi.IFLA_BRPORT_BRIDGE_ID, "bridge_id", bridgeIDLen, &p.BridgeID, (*BridgeID).parse)
	attr.U16(c.ReadOnly(), uapi.IFLA_BRPORT_DESIGNATED_PORT, "designated_port", &p.DesignatedPort)
	attr.U16(c.ReadOnly(), uapi.IFLA_BRPORT_DESIGNATED_COST, "designated_cost", &p.DesignatedCost)
	attr.Bool01(c.ReadOnly(), uapi.IFLA_BRPORT_TOPOLOGY_CHANGE_ACK, "topology_change_ack", &p.TopologyChangeAck)
	attr.Bool01(c.ReadOnly(), uapi.IFLA_BRPORT_CONFIG_PENDING, "config_pending", &p.ConfigPending)
	attr.Ticks64(c.ReadOnly().NoEvent(), uapi.IFLA_BRPORT_MESSAGE_AGE_TIMER, "message_age_timer", &p.MessageAgeTimer)
	attr.Ticks64(c.ReadOnly().NoEvent(), uapi.IFLA_BRPORT_FORWARD_DELAY_TIMER, "forward_delay_timer", &p.ForwardDelayTimer)
	attr.Ticks64(c.ReadOnly().NoEvent(), uapi.IFLA_BRPORT_HOLD_TIMER, "hold_timer", &p.HoldTimer)
	attr.Bool01(c.ReadOnly(), uapi.IFLA_BRPORT_MRP_RING_OPEN, "mrp_ring_open", &p.MRPRingOpen)
	attr.Bool01(c.ReadOnly(), uapi.IFLA_BRPORT_MRP_IN_OPEN, "mrp_in_open", &p.MRPInOpen)
	attr.Skip(c, uapi.IFLA_BRPORT_PAD)
}

// A BridgePortState determines how a port treats frames.
type BridgePortState uint8

// States of a port, as in IEEE 802.1D.
const (
	BridgePortDisabled   BridgePortState = iota // the port discards all frames
	BridgePortListening                         // the port handles only the spanning tree protocol
	BridgePortLearning                          // the port also learns addresses
	BridgePortForwarding                        // the port forwards frames
	BridgePortBlocking                          // the port only receives the spanning tree protocol
)

var bridgePortStates = attr.Words{"disabled", "listening", "learning", "forwarding", "blocking"}

// String returns iproute2's word for the state.
func (s BridgePortState) String() string {
	return attr.Word(bridgePortStates, s)
}

// MarshalText returns the result of String.
func (s BridgePortState) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (s *BridgePortState) UnmarshalText(text []byte) error {
	return attr.ReadWord(bridgePortStates, "bridge port state", text, s)
}

// bridgePorts is the kind of the master whose ports `bridge` sets.
const bridgePorts = KindBridge

// database returns the forwarding database that entries of a link itself belong to. Where the
// kind is not said, an entry with a tunnel shows that the link is a VXLAN.
func (s *spec) database(entries ...fdb.Entry) fdbmsg.Database {
	had := own.FindObjects[*fdbmsg.Objects](&s.Settings)
	switch {
	case s.Kind == KindBridge:
		return fdbmsg.OfBridge
	case s.kind().entries, had != nil && had.Database == fdbmsg.OfVXLAN, slices.ContainsFunc(entries, fdbmsg.Tunnels):
		return fdbmsg.OfVXLAN
	}
	return fdbmsg.OfFilter
}
