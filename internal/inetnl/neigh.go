package inetnl

import (
	"context"
	"net"
	"net/netip"
	"slices"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// neighLen is the length of a struct ndmsg.
const neighLen = 12

// extFlags is the position of the flags that a message has in NDA_FLAGS_EXT.
const extFlags = 8

// AppendNeigh appends the message that adds the neighbour, as `ip neigh add` does.
func AppendNeigh(b []byte, n *inet.Neigh, index int) []byte {
	flags := n.Flags.Settable()
	b = appendNeighHeader(b, familyOf(n.Addr), neighState(n), flags, index)
	b = wire.AppendAttr(b, uapi.NDA_DST, n.Addr.AsSlice())
	if len(n.LLAddr) > 0 {
		b = wire.AppendAttr(b, uapi.NDA_LLADDR, n.LLAddr)
	}
	if ext := uint32(flags >> extFlags); ext != 0 {
		b = wire.AppendU32(b, uapi.NDA_FLAGS_EXT, ext)
	}
	return b
}

// appendNeighHeader appends a struct ndmsg.
func appendNeighHeader(b []byte, family byte, state inet.NeighState, flags inet.NeighFlags, index int) []byte {
	b = wire.Order.AppendUint32(append(b, family, 0, 0, 0), uint32(index))
	return append(wire.Order.AppendUint16(b, uint16(state)), byte(flags), 0)
}

// neighState returns the state to send. The kernel finds the state of a managed neighbour
// by itself.
func neighState(n *inet.Neigh) inet.NeighState {
	if n.State == 0 && n.Flags&inet.NeighManaged == 0 {
		return inet.NeighPermanent
	}
	return n.State
}

// A LinkNeigh is a neighbour with the index of its link.
type LinkNeigh struct {
	inet.Neigh
	Index int
}

// ReadNeighs returns the IPv4 and IPv6 neighbours on a link, and then the proxy entries
// if they are wanted.
func ReadNeighs(ctx context.Context, rt *rtnl.Conn, index int, proxies bool) (all []inet.Neigh, err error) {
	found, err := ListNeighs(ctx, rt, index, proxies)
	for _, n := range found {
		if n.Index == index {
			all = append(all, n.Neigh)
		}
	}
	return all, err
}

// ListNeighs is like ReadNeighs, but for all links of the namespace if index is 0.
func ListNeighs(ctx context.Context, rt *rtnl.Conn, index int, proxies bool) ([]LinkNeigh, error) {
	all, err := dumpNeighs(ctx, rt, index, 0)
	if err != nil || !proxies {
		return all, err
	}
	more, err := dumpNeighs(ctx, rt, index, inet.NeighProxy)
	return append(all, more...), err
}

// AppendNeighList appends the struct ndmsg of a list of all neighbours (AF_UNSPEC), of all
// proxy entries (with NeighProxy), or of all entries of forwarding databases (AF_BRIDGE).
func AppendNeighList(b []byte, family byte, flags inet.NeighFlags) []byte {
	return appendNeighHeader(b, family, 0, flags, 0)
}

func dumpNeighs(ctx context.Context, rt *rtnl.Conn, index int, flags inet.NeighFlags) ([]LinkNeigh, error) {
	var all []LinkNeigh
	body := func(b []byte) []byte { return appendNeighFilter(b, flags, index) }
	err := rt.Dump(ctx, uapi.RTM_GETNEIGH, body, func() { all = nil }, func(m wire.Message) {
		if n, of, ok := ParseNeigh(m.Data); ok {
			all = append(all, LinkNeigh{n, of})
		}
	})
	return all, err
}

// appendNeighFilter appends a struct ndmsg, and unless index is 0 the attribute that
// limits a list to one link.
func appendNeighFilter(b []byte, flags inet.NeighFlags, index int) []byte {
	b = appendNeighHeader(b, uapi.AF_UNSPEC, 0, flags, 0)
	if index == 0 {
		return b
	}
	return wire.AppendU32(b, uapi.NDA_IFINDEX, uint32(index))
}

// ParseMiss decodes the body of RTM_GETNEIGH that the kernel sends: the index of a link and
// the IP address or the link-layer address that it misses.
func ParseMiss(b []byte) (index int, addr netip.Addr, lladdr net.HardwareAddr) {
	if len(b) < neighLen {
		return 0, addr, nil
	}
	for a, err := range wire.Attrs(b[neighLen:]) {
		switch {
		case err != nil:
			return 0, netip.Addr{}, nil
		case a.Type == uapi.NDA_DST:
			addr, _ = netip.AddrFromSlice(a.Data)
		case a.Type == uapi.NDA_LLADDR:
			lladdr = slices.Clone(a.Data)
		}
	}
	return int(wire.Order.Uint32(b[4:])), addr, lladdr
}

// ParseNeigh decodes the body of RTM_NEWNEIGH: an IPv4 or IPv6 neighbour, and the index
// of its link.
func ParseNeigh(b []byte) (n inet.Neigh, index int, ok bool) {
	if len(b) < neighLen || b[0] != uapi.AF_INET && b[0] != uapi.AF_INET6 {
		return n, 0, false
	}
	n.State, n.Flags = inet.NeighState(wire.Order.Uint16(b[8:])), inet.NeighFlags(b[10])
	for a, err := range wire.Attrs(b[neighLen:]) {
		switch {
		case err != nil:
			return n, 0, false
		case a.Type == uapi.NDA_DST:
			n.Addr, _ = netip.AddrFromSlice(a.Data)
		case a.Type == uapi.NDA_LLADDR && len(a.Data) > 0:
			n.LLAddr = slices.Clone(a.Data)
		case a.Type == uapi.NDA_FLAGS_EXT && len(a.Data) == 4:
			n.Flags |= inet.NeighFlags(wire.Order.Uint32(a.Data)) << extFlags
		}
	}
	return n, int(wire.Order.Uint32(b[4:])), n.Addr.IsValid()
}
