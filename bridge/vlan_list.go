package bridge

import (
	"cmp"
	"context"
	"slices"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// PortVLANs lists the VLANs of a port or of the bridge itself.
type PortVLANs struct {
	Port      string // interface name
	PortIndex int    // interface index
	VLANs     []VLAN // sorted by number
}

// ListVLANs returns the VLANs of the bridge itself and of its ports, sorted by
// interface index. It omits ports without VLANs.
func (s *Bridge) ListVLANs(ctx context.Context) ([]PortVLANs, error) {
	var all []PortVLANs
	names := s.link.Names()
	err := s.dumpLinks(ctx, "vlan show", uapi.RTEXT_FILTER_BRVLAN_COMPRESSED, func() { all = nil }, func(index int, spec []byte) {
		if vlans := parseVLANs(spec); len(vlans) > 0 {
			all = append(all, PortVLANs{names(index), index, vlans})
		}
	})
	slices.SortFunc(all, func(a, b PortVLANs) int { return cmp.Compare(a.PortIndex, b.PortIndex) })
	return all, err
}

// dumpLinks calls each with the IFLA_AF_SPEC of the bridge and of its ports. The
// kernel reports all bridges of the namespace.
func (s *Bridge) dumpLinks(ctx context.Context, op string, mask uint32, restart func(), each func(index int, spec []byte)) error {
	body := func(b []byte) []byte {
		return wire.AppendU32(wire.AppendLink(b, wire.Link{Family: uapi.AF_BRIDGE}), uapi.IFLA_EXT_MASK, mask)
	}
	return s.link.List(ctx, op, uapi.RTM_GETLINK, body, restart, func(m wire.Message) {
		if index, master, spec, ok := parseSpec(m); ok && (index == s.link.Index || master == s.link.Index) {
			each(index, spec)
		}
	})
}

// parseSpec returns the link that an AF_BRIDGE message is about, its master or 0, and
// the IFLA_AF_SPEC.
func parseSpec(m wire.Message) (index, master int, spec []byte, ok bool) {
	header, attrs, err := wire.ParseLink(m.Data)
	if err != nil || header.Family != uapi.AF_BRIDGE {
		return 0, 0, nil, false
	}
	attrs, _ = wire.Legible(attrs, func(a wire.Attr) { spec = a.Data })
	if spec == nil {
		spec = wire.Find(attrs, uapi.IFLA_AF_SPEC)
	}
	if b := wire.Find(attrs, uapi.IFLA_MASTER); len(b) == 4 {
		master = int(wire.Order.Uint32(b))
	}
	return int(header.Index), master, spec, true
}

// parseVLANs expands the ranges in an IFLA_AF_SPEC.
func parseVLANs(spec []byte) []VLAN {
	var all []VLAN
	var begin VLAN
	tunnels := map[uint16]uint32{}
	var tunnelBegin VLAN
	for a, err := range wire.Attrs(spec) {
		switch {
		case err != nil:
			return all
		case a.Type == uapi.IFLA_BRIDGE_VLAN_INFO && len(a.Data) == 4:
			all, begin = expandVLANs(all, begin, wire.Order.Uint16(a.Data), wire.Order.Uint16(a.Data[2:]))
		case a.Type == uapi.IFLA_BRIDGE_VLAN_TUNNEL_INFO:
			tunnelBegin = expandTunnels(tunnels, tunnelBegin, a.Data)
		}
	}
	for i := range all {
		all[i].Tunnel = tunnels[all[i].ID]
	}
	return all
}

// expandVLANs appends a VLAN, or a whole range if the VLAN is the end of one.
func expandVLANs(all []VLAN, begin VLAN, flags, id uint16) ([]VLAN, VLAN) {
	v := VLAN{ID: id, PVID: flags&uapi.BRIDGE_VLAN_INFO_PVID != 0, Untagged: flags&uapi.BRIDGE_VLAN_INFO_UNTAGGED != 0}
	switch {
	case id == 0 || id > mostVID:
	case flags&uapi.BRIDGE_VLAN_INFO_RANGE_BEGIN != 0:
		return all, v
	case flags&uapi.BRIDGE_VLAN_INFO_RANGE_END != 0:
		for begin.ID != 0 && begin.ID <= id && len(all) < mostVID {
			all = append(all, begin)
			begin.ID++
		}
	default:
		all = append(all, v)
	}
	return all, VLAN{}
}

// expandTunnels stores the tunnel of a VLAN, or the tunnels of a whole range if the
// VLAN is the end of one.
func expandTunnels(tunnels map[uint16]uint32, begin VLAN, data []byte) VLAN {
	id, vid, flags := wire.Find(data, uapi.IFLA_BRIDGE_VLAN_TUNNEL_ID),
		wire.Find(data, uapi.IFLA_BRIDGE_VLAN_TUNNEL_VID), wire.Find(data, uapi.IFLA_BRIDGE_VLAN_TUNNEL_FLAGS)
	if len(id) != 4 || len(vid) != 2 || len(flags) != 2 {
		return VLAN{}
	}
	v := VLAN{ID: wire.Order.Uint16(vid), Tunnel: wire.Order.Uint32(id)}
	switch mark := wire.Order.Uint16(flags); {
	case v.ID == 0 || v.ID > mostVID:
	case mark&uapi.BRIDGE_VLAN_INFO_RANGE_BEGIN != 0:
		return v
	case mark&uapi.BRIDGE_VLAN_INFO_RANGE_END != 0:
		for begin.ID != 0 && begin.ID <= v.ID {
			tunnels[begin.ID] = begin.Tunnel
			begin.ID, begin.Tunnel = begin.ID+1, begin.Tunnel+1
		}
	default:
		tunnels[v.ID] = v.Tunnel
	}
	return VLAN{}
}
