package vxlan

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// mostVNI is the highest network number, which has 24 bits.
const mostVNI = 1<<24 - 1

// headerLen is the length of struct tunnel_msg.
const headerLen = 8

// VNIs is a range of networks whose frames a link with the setting VNIFilter
// accepts. The link accepts no others.
type VNIs struct {
	// First and Last are the numbers of the first and the last network, 1 to
	// 16777215; without Last, the range is one network (VXLAN_VNIFILTER_ENTRY_START,
	// …_END).
	First, Last uint32
	// Group is the destination of frames to addresses without an entry: a multicast
	// group, or the remote end point (…_GROUP, …_GROUP6). Networks with a Group must
	// be added one by one.
	Group netip.Addr
	// Stats counts the frames. Only ListVNIs sets it; each of its VNIs is a single
	// network.
	Stats VNIStats
}

// VNIStats counts the frames of a network (VXLAN_VNIFILTER_ENTRY_STATS).
type VNIStats struct {
	RxBytes, RxPackets, RxDrops, RxErrors uint64
	TxBytes, TxPackets, TxDrops, TxErrors uint64
}

func (s *VNIStats) attrs(c *attr.Codec) {
	attr.U64(c.ReadOnly(), uapi.VNIFILTER_ENTRY_STATS_RX_BYTES, "rx_bytes", &s.RxBytes)
	attr.U64(c.ReadOnly(), uapi.VNIFILTER_ENTRY_STATS_RX_PKTS, "rx_pkts", &s.RxPackets)
	attr.U64(c.ReadOnly(), uapi.VNIFILTER_ENTRY_STATS_RX_DROPS, "rx_drops", &s.RxDrops)
	attr.U64(c.ReadOnly(), uapi.VNIFILTER_ENTRY_STATS_RX_ERRORS, "rx_errors", &s.RxErrors)
	attr.U64(c.ReadOnly(), uapi.VNIFILTER_ENTRY_STATS_TX_BYTES, "tx_bytes", &s.TxBytes)
	attr.U64(c.ReadOnly(), uapi.VNIFILTER_ENTRY_STATS_TX_PKTS, "tx_pkts", &s.TxPackets)
	attr.U64(c.ReadOnly(), uapi.VNIFILTER_ENTRY_STATS_TX_DROPS, "tx_drops", &s.TxDrops)
	attr.U64(c.ReadOnly(), uapi.VNIFILTER_ENTRY_STATS_TX_ERRORS, "tx_errors", &s.TxErrors)
}

// String returns the arguments that follow `bridge vni add`, without the link.
func (n VNIs) String() string {
	text := fmt.Sprintf("vni %d", n.First)
	if n.Last > n.First {
		text += fmt.Sprintf("-%d", n.Last)
	}
	switch {
	case !n.Group.IsValid():
	case n.Group.IsMulticast():
		text += " group " + n.Group.String()
	default:
		text += " remote " + n.Group.String()
	}
	return text
}

// AddVNIs adds networks whose frames the link accepts. If the kernel rejects a
// network, the networks before it stay.
func (v *VXLAN) AddVNIs(ctx context.Context, networks ...VNIs) error {
	return v.changeVNIs(ctx, "vni add", uapi.RTM_NEWTUNNEL, networks)
}

// DeleteVNIs removes networks from the link; only the numbers matter. It also
// removes these networks' entries from the forwarding database. The error matches
// fs.ErrNotExist if there is no such network.
func (v *VXLAN) DeleteVNIs(ctx context.Context, networks ...VNIs) error {
	bare := slices.Clone(networks)
	for i := range bare {
		bare[i].Group = netip.Addr{}
	}
	return v.changeVNIs(ctx, "vni del", uapi.RTM_DELTUNNEL, bare)
}

// perRequest limits the size of a request: each entry takes 36 bytes of at most
// 64 KiB.
const perRequest = 1024

func (v *VXLAN) changeVNIs(ctx context.Context, op string, typ uint16, networks []VNIs) error {
	for i := range networks {
		if word, text := networks[i].fault(); text != "" {
			return v.link.Invalid(op, word, "%s", text)
		}
	}
	for part := range slices.Chunk(networks, perRequest) {
		err := v.link.Write(ctx, op, subject(part), typ, 0, func(b []byte) []byte { return appendVNIs(b, v.link.Index, part) })
		if err != nil {
			return unfiltered(err, syscall.EOPNOTSUPP)
		}
	}
	return nil
}

// unfiltered adds the reason for the kernel's error on a link without the setting
// VNIFilter.
func unfiltered(err error, errno syscall.Errno) error {
	return openlink.Because(err, errno, needsFilter)
}

const needsFilter = "the link takes frames of all its networks: make it with VNIFilter(true)"

// subject returns a description of the networks in a request.
func subject(networks []VNIs) string {
	text := VNIs{First: networks[0].First, Last: networks[0].Last}.String()
	if len(networks) > 1 {
		text += fmt.Sprintf(" and %d more", len(networks)-1)
	}
	return text
}

// fault returns the name of an invalid setting and the reason, or empty strings.
func (n *VNIs) fault() (word, text string) {
	switch {
	case n.First == 0 || n.First > mostVNI:
		return "vni", fmt.Sprintf("%d is not in 1…%d", n.First, mostVNI)
	case n.Last != 0 && (n.Last < n.First || n.Last > mostVNI):
		return "vni", fmt.Sprintf("the range ends with %d, which is not in %d…%d", n.Last, n.First, mostVNI)
	case !n.Group.IsValid():
		return "", ""
	case n.Last > n.First:
		return "group", "a range has none: add the networks one by one"
	case n.Group.Zone() != "" || n.Group.Is4In6() || n.Group.IsUnspecified():
		return "group", n.Group.String() + " cannot be told to the kernel"
	}
	return "", ""
}

// appendHeader appends a struct tunnel_msg.
func appendHeader(b []byte, index int, flags uint8) []byte {
	return wire.Order.AppendUint32(append(b, uapi.AF_BRIDGE, flags, 0, 0), uint32(index))
}

func (n *VNIs) append(b []byte) []byte {
	b, at := wire.Begin(b, uapi.VXLAN_VNIFILTER_ENTRY|uapi.NLA_F_NESTED)
	b = wire.AppendU32(b, uapi.VXLAN_VNIFILTER_ENTRY_START, n.First)
	if n.Last > n.First {
		b = wire.AppendU32(b, uapi.VXLAN_VNIFILTER_ENTRY_END, n.Last)
	}
	switch {
	case n.Group.Is4():
		b = wire.AppendAttr(b, uapi.VXLAN_VNIFILTER_ENTRY_GROUP, n.Group.AsSlice())
	case n.Group.IsValid():
		b = wire.AppendAttr(b, uapi.VXLAN_VNIFILTER_ENTRY_GROUP6, n.Group.AsSlice())
	}
	return wire.End(b, at)
}

// ListVNIs returns the networks whose frames the link accepts, sorted by number,
// with their statistics.
func (v *VXLAN) ListVNIs(ctx context.Context) ([]VNIs, error) {
	var all []VNIs
	body := func(b []byte) []byte { return appendHeader(b, v.link.Index, uapi.TUNNEL_MSG_FLAG_STATS) }
	err := v.link.List(ctx, "vni show", uapi.RTM_GETTUNNEL, body, func() { all = nil }, func(m wire.Message) {
		all = appendParsed(all, m, v.link.Index)
	})
	slices.SortFunc(all, func(a, b VNIs) int { return cmp.Compare(a.First, b.First) })
	return all, unfiltered(err, syscall.EINVAL)
}

// readVNIs returns the networks of a link as ranges with equal groups, sorted by number.
func readVNIs(ctx context.Context, conn *rtnl.Conn, index int) ([]VNIs, error) {
	all, err := readAllVNIs(ctx, conn, index)
	return all[index], err
}

// readAllVNIs returns the networks of links by index: of one link, or of all links if the
// index is 0.
func readAllVNIs(ctx context.Context, conn *rtnl.Conn, index int) (all map[int][]VNIs, err error) {
	body := func(b []byte) []byte { return appendHeader(b, index, 0) }
	err = conn.Dump(ctx, uapi.RTM_GETTUNNEL, body, func() { all = map[int][]VNIs{} }, func(m wire.Message) {
		if len(m.Data) >= headerLen {
			of := int(wire.Order.Uint32(m.Data[4:]))
			all[of] = appendParsed(all[of], m, of)
		}
	})
	for _, of := range all {
		slices.SortFunc(of, func(a, b VNIs) int { return cmp.Compare(a.First, b.First) })
	}
	return all, err
}

// appendParsed appends the networks that a message about a link contains.
func appendParsed(all []VNIs, m wire.Message, index int) []VNIs {
	if len(m.Data) < headerLen || int(wire.Order.Uint32(m.Data[4:])) != index {
		return all
	}
	for a, err := range wire.Attrs(m.Data[headerLen:]) {
		if err != nil {
			break
		}
		if n, ok := parseVNIs(a.Data); ok && a.Type == uapi.VXLAN_VNIFILTER_ENTRY {
			all = append(all, n)
		}
	}
	return all
}

// parseVNIs decodes one entry.
func parseVNIs(data []byte) (n VNIs, ok bool) {
	first, last := wire.Find(data, uapi.VXLAN_VNIFILTER_ENTRY_START), wire.Find(data, uapi.VXLAN_VNIFILTER_ENTRY_END)
	if len(first) != 4 {
		return n, false
	}
	n.First = wire.Order.Uint32(first)
	n.Last = n.First
	if len(last) == 4 {
		n.Last = wire.Order.Uint32(last)
	}
	for _, typ := range []uint16{uapi.VXLAN_VNIFILTER_ENTRY_GROUP, uapi.VXLAN_VNIFILTER_ENTRY_GROUP6} {
		if group, ok := netip.AddrFromSlice(wire.Find(data, typ)); ok && !group.IsUnspecified() {
			n.Group = group
		}
	}
	// Counters that cannot be decoded stay 0.
	_, _ = new(attr.Codec).Decode(wire.Find(data, uapi.VXLAN_VNIFILTER_ENTRY_STATS), n.Stats.attrs, nil)
	return n, true
}
