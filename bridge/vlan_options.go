package bridge

import (
	"context"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// PortVLANInfo holds the settings and state of a VLAN on a port or on the bridge
// itself.
type PortVLANInfo struct {
	VLAN
	// State is the port's treatment of the VLAN's frames
	// (BRIDGE_VLANDB_ENTRY_STATE).
	State iplink.BridgePortState
	// MulticastRouter is BRIDGE_VLANDB_ENTRY_MCAST_ROUTER.
	MulticastRouter iplink.BridgeMulticastRouter
	// MulticastMaxGroups is the maximum number of groups that hosts may join, 0 for
	// no limit, and MulticastGroups the number of groups joined
	// (BRIDGE_VLANDB_ENTRY_MCAST_MAX_GROUPS, …_MCAST_N_GROUPS, since Linux 6.3).
	MulticastMaxGroups, MulticastGroups uint32
	// NeighSuppress is BRIDGE_VLANDB_ENTRY_NEIGH_SUPPRESS, since Linux 6.4.
	NeighSuppress bool
	// Stats counts the VLAN's frames. A bridge counts them with the setting
	// VLANStats, and each port separately with VLANStatsPerPort.
	Stats VLANStats
}

// VLANStats counts frames of a VLAN (BRIDGE_VLANDB_ENTRY_STATS).
type VLANStats struct {
	RxBytes, RxPackets, TxBytes, TxPackets uint64
}

var portStates = attr.Words{"disabled", "listening", "learning", "forwarding", "blocking"}

var multicastRouters = attr.Words{"disabled", "auto", "permanent", "temp"}

func (v *PortVLANInfo) attrs(c *attr.Codec) {
	attr.Enum(c, uapi.BRIDGE_VLANDB_ENTRY_STATE, "state", &v.State, portStates)
	attr.Enum(c.Numeric(), uapi.BRIDGE_VLANDB_ENTRY_MCAST_ROUTER, "mcast_router", &v.MulticastRouter, multicastRouters)
	attr.U32(c.Since(6, 3), uapi.BRIDGE_VLANDB_ENTRY_MCAST_MAX_GROUPS, "mcast_max_groups", &v.MulticastMaxGroups)
	attr.OnOff(c.Since(6, 4), uapi.BRIDGE_VLANDB_ENTRY_NEIGH_SUPPRESS, "neigh_suppress", &v.NeighSuppress)
	attr.U32(c.ReadOnly(), uapi.BRIDGE_VLANDB_ENTRY_MCAST_N_GROUPS, "mcast_n_groups", &v.MulticastGroups)
	attr.Nest(c, uapi.BRIDGE_VLANDB_ENTRY_STATS, "stats", v.Stats.attrs)
	attr.Nest(c, uapi.BRIDGE_VLANDB_ENTRY_TUNNEL_INFO, "tunnel_info", v.tunnel)
}

func (s *VLANStats) attrs(c *attr.Codec) {
	attr.U64(c.ReadOnly(), uapi.BRIDGE_VLANDB_STATS_RX_BYTES, "rx_bytes", &s.RxBytes)
	attr.U64(c.ReadOnly(), uapi.BRIDGE_VLANDB_STATS_RX_PACKETS, "rx_packets", &s.RxPackets)
	attr.U64(c.ReadOnly(), uapi.BRIDGE_VLANDB_STATS_TX_BYTES, "tx_bytes", &s.TxBytes)
	attr.U64(c.ReadOnly(), uapi.BRIDGE_VLANDB_STATS_TX_PACKETS, "tx_packets", &s.TxPackets)
}

func (v *PortVLANInfo) tunnel(c *attr.Codec) {
	attr.U32(c.ReadOnly(), uapi.BRIDGE_VLANDB_TINFO_ID, "id", &v.Tunnel)
}

// PortVLAN is the builder for settings of VLANs on a port, for SetVLANs. Only
// settings whose setter was called are sent.
type PortVLAN struct {
	info PortVLANInfo
	set  attr.Set
}

// ForPort returns the builder for settings of VLANs on a port.
func ForPort() *PortVLAN {
	return new(PortVLAN)
}

func (p *PortVLAN) with(typ uint16) *PortVLAN {
	p.set.Add(typ)
	return p
}

// State sets the port's treatment of the VLAN's frames, PortForwarding by default.
// The kernel accepts PortDisabled to PortBlocking, and only while its own spanning
// tree protocol is off. With multiple spanning trees, the bridge manages the state
// itself.
func (p *PortVLAN) State(state iplink.BridgePortState) *PortVLAN {
	p.info.State = state
	return p.with(uapi.BRIDGE_VLANDB_ENTRY_STATE)
}

// MulticastRouter sets whether the port leads to a multicast router in the VLAN,
// RouterAuto by default. The bridge must snoop per VLAN (MulticastVLANSnooping).
func (p *PortVLAN) MulticastRouter(mode iplink.BridgeMulticastRouter) *PortVLAN {
	p.info.MulticastRouter = mode
	return p.with(uapi.BRIDGE_VLANDB_ENTRY_MCAST_ROUTER)
}

// MulticastMaxGroups sets the maximum number of groups that hosts may join; 0, the
// default, is no limit. The bridge must snoop per VLAN (MulticastVLANSnooping).
// Since Linux 6.3.
func (p *PortVLAN) MulticastMaxGroups(n uint32) *PortVLAN {
	p.info.MulticastMaxGroups = n
	return p.with(uapi.BRIDGE_VLANDB_ENTRY_MCAST_MAX_GROUPS)
}

// NeighSuppress sets whether ARP and neighbour discovery are answered here rather
// than flooded, off by default. The port needs the setting NeighVLANSuppress. Since
// Linux 6.4.
func (p *PortVLAN) NeighSuppress(on bool) *PortVLAN {
	p.info.NeighSuppress = on
	return p.with(uapi.BRIDGE_VLANDB_ENTRY_NEIGH_SUPPRESS)
}

// String returns the arguments that follow the port in `bridge vlan set`.
func (p *PortVLAN) String() string {
	words, _ := new(attr.Codec).Print(nil, p.set, nil, p.info.attrs)
	return trim(words)
}

// SetVLANs changes settings of the VLANs first to last on a port or on the bridge
// itself, which must have all of these VLANs.
func (s *Bridge) SetVLANs(ctx context.Context, port string, first, last uint16, p *PortVLAN) error {
	const op = "vlan set"
	if p == nil {
		p = ForPort()
	}
	if err := s.checkOptions(op, first, last, p.set, p.info.attrs); err != nil {
		return err
	}
	index, err := s.port(ctx, op, port)
	if err != nil {
		return err
	}
	err = s.link.Write(ctx, op, rangeText(first, last), uapi.RTM_NEWVLAN, 0, func(b []byte) []byte {
		b, at := wire.Begin(appendVLANHeader(b, index), uapi.BRIDGE_VLANDB_ENTRY|uapi.NLA_F_NESTED)
		b = wire.AppendAttr(b, uapi.BRIDGE_VLANDB_ENTRY_INFO, vlanInfo(uapi.BRIDGE_VLAN_INFO_ONLY_OPTS, first))
		if last > first {
			b = wire.AppendU16(b, uapi.BRIDGE_VLANDB_ENTRY_RANGE, last)
		}
		return wire.End(new(attr.Codec).Encode(b, p.set, nil, p.info.attrs), at)
	})
	return unfiltered(err)
}

// ListPortVLANs returns the VLANs of a port, or of the bridge itself, with their
// settings and statistics, sorted by number.
func (s *Bridge) ListPortVLANs(ctx context.Context, port string) ([]PortVLANInfo, error) {
	const op = "vlan show"
	index, err := s.port(ctx, op, port)
	if err != nil {
		return nil, err
	}
	var all []PortVLANInfo
	err = s.dumpVLANs(ctx, op, index, uapi.BRIDGE_VLANDB_DUMPF_STATS, func() { all = nil }, func(typ uint16, data []byte) {
		if typ == uapi.BRIDGE_VLANDB_ENTRY {
			all = append(all, parsePortVLANs(data)...)
		}
	})
	return all, err
}

// parsePortVLANs decodes one entry and expands its range.
func parsePortVLANs(data []byte) (all []PortVLANInfo) {
	var v PortVLANInfo
	// Attributes that cannot be decoded keep their zero value, as on kernels without
	// them.
	_, _ = new(attr.Codec).Decode(data, v.attrs, nil)
	for one, last := parseEntry(data); one.ID <= last; one = one.next() {
		v.VLAN = one
		all = append(all, v)
	}
	return all
}

// parseEntry decodes the VLAN of one entry and the last number of its range. It allocates
// nothing: ports have thousands of entries. An unusable entry is an empty range, which ends
// before it begins.
func parseEntry(data []byte) (v VLAN, last uint16) {
	for a, err := range wire.Attrs(data) {
		switch {
		case err != nil:
			return VLAN{ID: 1}, 0
		case a.Type == uapi.BRIDGE_VLANDB_ENTRY_INFO && len(a.Data) == 4:
			flags := wire.Order.Uint16(a.Data)
			v.ID, v.PVID, v.Untagged = wire.Order.Uint16(a.Data[2:]), flags&uapi.BRIDGE_VLAN_INFO_PVID != 0, flags&uapi.BRIDGE_VLAN_INFO_UNTAGGED != 0
		case a.Type == uapi.BRIDGE_VLANDB_ENTRY_RANGE && len(a.Data) == 2:
			last = wire.Order.Uint16(a.Data)
		case a.Type == uapi.BRIDGE_VLANDB_ENTRY_TUNNEL_INFO:
			if id := wire.Find(a.Data, uapi.BRIDGE_VLANDB_TINFO_ID); len(id) == 4 {
				v.Tunnel = wire.Order.Uint32(id)
			}
		}
	}
	if v.ID == 0 {
		v.ID, last = 1, 0
	} else {
		last = min(max(last, v.ID), mostVID)
	}
	return v, last
}

// next returns the following VLAN of a range. The tunnel IDs of a range increase with the
// numbers. The kernel begins a range with the VLAN of untagged frames, and goes on with
// VLANs that differ from it only in that.
func (v VLAN) next() VLAN {
	v.ID, v.PVID = v.ID+1, false
	if v.Tunnel != 0 {
		v.Tunnel++
	}
	return v
}
