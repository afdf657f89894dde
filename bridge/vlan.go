package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// mostVID is the highest VLAN number.
const mostVID = 4094

// A VLAN is a VLAN of a port or of the bridge itself.
type VLAN struct {
	// ID is the VLAN's number, 1 to 4094.
	ID uint16
	// PVID assigns untagged ingress frames to the VLAN. A port has at most one
	// such VLAN; the last one added counts.
	PVID bool
	// Untagged removes the tag from the VLAN's egress frames.
	Untagged bool
	// Tunnel is the VLAN's network ID if the port is a VXLAN link, 1 to 16777215; 0
	// for none. The port needs the setting VLANTunnel
	// (IFLA_BRIDGE_VLAN_TUNNEL_INFO).
	Tunnel uint32
}

// VLANRange returns the VLANs first to last without flags. If first is greater than last,
// it returns one VLAN with ID 0, which all functions refuse.
func VLANRange(first, last uint16) []VLAN {
	if first > last {
		return []VLAN{{}}
	}
	all := make([]VLAN, int(last)-int(first)+1)
	for i := range all {
		all[i].ID = first + uint16(i)
	}
	return all
}

// String returns the arguments that follow `bridge vlan add`, without the port. They
// do not include the Tunnel, which needs a separate command; see TunnelString.
func (v VLAN) String() string {
	v.Tunnel = 0
	return rangeWords(v, v)
}

// TunnelString returns the arguments that follow `bridge vlan add`, without the port,
// for the Tunnel of a VLAN that the port already has; see AddVLANTunnels. It returns
// an empty string if there is no Tunnel.
func (v VLAN) TunnelString() string {
	if v.Tunnel == 0 {
		return ""
	}
	return fmt.Sprintf("vid %d tunnel_info id %d", v.ID, v.Tunnel)
}

func (v VLAN) flags() (flags uint16) {
	if v.PVID {
		flags |= uapi.BRIDGE_VLAN_INFO_PVID
	}
	if v.Untagged {
		flags |= uapi.BRIDGE_VLAN_INFO_UNTAGGED
	}
	return flags
}

// AddVLANs adds VLANs to a port, or to the bridge itself under its own name. If the
// port already has a VLAN, its flags change and a Tunnel is added; AddVLANTunnels
// does not change the flags. Consecutive VLANs with equal flags take no more room in
// the request than two. If the kernel rejects a VLAN, the VLANs before it stay.
func (s *Bridge) AddVLANs(ctx context.Context, port string, vlans ...VLAN) error {
	return s.changeVLANs(ctx, "vlan add", uapi.RTM_SETLINK, port, vlans, VLAN.flags, anyTunnels)
}

// DeleteVLANs removes VLANs from a port, together with their tunnels. Only the
// numbers matter. VLANs that the port does not have are skipped.
func (s *Bridge) DeleteVLANs(ctx context.Context, port string, vlans ...VLAN) error {
	return s.changeVLANs(ctx, "vlan del", uapi.RTM_DELLINK, port, vlans, noFlags, nil)
}

// AddVLANTunnels adds tunnels to VLANs of a port. Each VLAN must have a Tunnel. The
// VLANs' flags do not change, regardless of PVID and Untagged. The error matches
// fs.ErrExist if a VLAN already has a tunnel, or if another VLAN of the port has the
// same tunnel.
func (s *Bridge) AddVLANTunnels(ctx context.Context, port string, vlans ...VLAN) error {
	return s.changeVLANs(ctx, "vlan add tunnel_info", uapi.RTM_SETLINK, port, vlans, nil, allTunnels)
}

// DeleteVLANTunnels removes the tunnels of VLANs and keeps the VLANs. Each VLAN must
// have a Tunnel.
func (s *Bridge) DeleteVLANTunnels(ctx context.Context, port string, vlans ...VLAN) error {
	return s.changeVLANs(ctx, "vlan del tunnel_info", uapi.RTM_DELLINK, port, vlans, nil, allTunnels)
}

func noFlags(VLAN) uint16 { return 0 }

// A demand returns the reason why a VLAN's tunnel is invalid, or an empty string.
type demand func(VLAN) string

func anyTunnels(VLAN) string { return "" }

func allTunnels(v VLAN) string {
	if v.Tunnel == 0 {
		return fmt.Sprintf("VLAN %d is given none", v.ID)
	}
	return ""
}

// vlansPerRequest limits the size of a request: the nest of VLANs holds 64 KiB, and
// each VLAN may take 36 bytes.
const vlansPerRequest = 1024

// changeVLANs sends VLANs with their flags, unless flags is nil, and with their
// tunnels, unless tunnels is nil.
func (s *Bridge) changeVLANs(ctx context.Context, op string, typ uint16, port string, vlans []VLAN, flags func(VLAN) uint16, tunnels demand) error {
	if err := s.checkVLANs(op, vlans, tunnels); err != nil {
		return err
	}
	index, err := s.port(ctx, op, port)
	if err != nil || len(vlans) == 0 {
		return err
	}
	vlans = slices.SortedFunc(slices.Values(vlans), func(a, b VLAN) int { return cmp.Compare(a.ID, b.ID) })
	var b rtnl.Batch
	for part := range slices.Chunk(vlans, vlansPerRequest) {
		b.Write(typ, 0, func(b []byte) []byte {
			b, at := beginSpec(b, index, index == s.link.Index)
			if flags != nil {
				b = appendVLANs(b, part, flags)
			}
			if tunnels != nil {
				b = appendTunnels(b, part)
			}
			return wire.End(b, at)
		})
	}
	err = s.link.Do(ctx, op, port, &b)
	if lacking := s.filters(ctx, op); errors.Is(lacking, errors.ErrUnsupported) {
		return lacking
	}
	return untunnelled(err, vlans)
}

// untunnelled adds the reason for the kernel's rejection of VLAN tunnels.
func untunnelled(err error, vlans []VLAN) error {
	if !slices.ContainsFunc(vlans, func(v VLAN) bool { return v.Tunnel != 0 }) {
		return err
	}
	err = openlink.Because(err, syscall.EINVAL, needsTunnel)
	return openlink.Because(err, syscall.EEXIST, "one of the VLANs has a tunnel already, or another VLAN has that tunnel: DeleteVLANTunnels removes it")
}

const needsTunnel = "tunnels need the port's setting VLANTunnel, and a port that takes part in the VLANs"

func (s *Bridge) checkVLANs(op string, vlans []VLAN, tunnels demand) error {
	pvid := 0
	seen := map[uint16]bool{}
	for _, v := range vlans {
		switch {
		case v.ID == 0 || v.ID > mostVID:
			return s.link.Invalid(op, "vid", "%s", idFault(v.ID))
		case seen[v.ID]:
			return s.link.Invalid(op, "vid", "%d is named twice", v.ID)
		case v.Tunnel > 1<<24-1:
			return s.link.Invalid(op, "tunnel_info", "%d is not in 1…%d", v.Tunnel, 1<<24-1)
		case tunnels != nil && tunnels(v) != "":
			return s.link.Invalid(op, "tunnel_info", "%s", tunnels(v))
		case v.PVID && pvid != 0:
			return s.link.Invalid(op, "pvid", "both %d and %d are to be the VLAN of frames without a tag", pvid, v.ID)
		case v.PVID:
			pvid = int(v.ID)
		}
		seen[v.ID] = true
	}
	return nil
}

// idFault returns the reason why a VLAN cannot have a number.
func idFault(id uint16) string {
	text := fmt.Sprintf("%d is not in 1…%d", id, mostVID)
	if id == 0 {
		text += ", or is from a range that ends before it begins"
	}
	return text
}

// beginSpec begins an AF_BRIDGE message and its IFLA_AF_SPEC. A flag addresses the
// bridge itself.
func beginSpec(b []byte, index int, self bool) ([]byte, int) {
	b = wire.AppendLink(b, wire.Link{Family: uapi.AF_BRIDGE, Index: int32(index)})
	b, at := wire.Begin(b, uapi.IFLA_AF_SPEC)
	if self {
		b = wire.AppendU16(b, uapi.IFLA_BRIDGE_FLAGS, uapi.BRIDGE_FLAGS_SELF)
	}
	return b, at
}

// appendVLANs appends VLANs in the order of their numbers. Consecutive VLANs with
// equal flags form a range; the VLAN with the PVID flag is never part of a range.
func appendVLANs(b []byte, vlans []VLAN, flags func(VLAN) uint16) []byte {
	runs(vlans, func(v, next VLAN) bool {
		return flags(v) == flags(next) && flags(v)&uapi.BRIDGE_VLAN_INFO_PVID == 0
	}, func(first, last VLAN, mark rangeMark) {
		b = wire.AppendAttr(b, uapi.IFLA_BRIDGE_VLAN_INFO, vlanInfo(flags(first)|mark.begin, first.ID))
		if first != last {
			b = wire.AppendAttr(b, uapi.IFLA_BRIDGE_VLAN_INFO, vlanInfo(flags(last)|mark.end, last.ID))
		}
	})
	return b
}

// appendTunnels appends the tunnels of the VLANs that have one.
func appendTunnels(b []byte, vlans []VLAN) []byte {
	vlans = slices.DeleteFunc(slices.Clone(vlans), func(v VLAN) bool { return v.Tunnel == 0 })
	runs(vlans, func(v, next VLAN) bool { return v.Tunnel+1 == next.Tunnel }, func(first, last VLAN, mark rangeMark) {
		b = appendTunnel(b, first, mark.begin)
		if first != last {
			b = appendTunnel(b, last, mark.end)
		}
	})
	return b
}

func appendTunnel(b []byte, v VLAN, flags uint16) []byte {
	b, at := wire.Begin(b, uapi.IFLA_BRIDGE_VLAN_TUNNEL_INFO)
	b = wire.AppendU32(b, uapi.IFLA_BRIDGE_VLAN_TUNNEL_ID, v.Tunnel)
	b = wire.AppendU16(b, uapi.IFLA_BRIDGE_VLAN_TUNNEL_VID, v.ID)
	b = wire.AppendU16(b, uapi.IFLA_BRIDGE_VLAN_TUNNEL_FLAGS, flags)
	return wire.End(b, at)
}

// rangeMark holds the flags of the first and the last VLAN of a run. Both are 0 for
// a run of one VLAN.
type rangeMark struct{ begin, end uint16 }

// runs calls each for the longest runs of consecutive numbers in which every VLAN
// follows its predecessor.
func runs(vlans []VLAN, follows func(v, next VLAN) bool, each func(first, last VLAN, mark rangeMark)) {
	for len(vlans) > 0 {
		n := 1
		for n < len(vlans) && vlans[n].ID == vlans[n-1].ID+1 && follows(vlans[n-1], vlans[n]) {
			n++
		}
		mark := rangeMark{}
		if n > 1 {
			mark = rangeMark{uapi.BRIDGE_VLAN_INFO_RANGE_BEGIN, uapi.BRIDGE_VLAN_INFO_RANGE_END}
		}
		each(vlans[0], vlans[n-1], mark)
		vlans = vlans[n:]
	}
}

// vlanInfo returns a struct bridge_vlan_info.
func vlanInfo(flags, id uint16) []byte {
	return wire.Order.AppendUint16(wire.Order.AppendUint16(nil, flags), id)
}
