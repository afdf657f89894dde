package inetnl

import (
	"context"

	"github.com/jsimonetti/rtnetlink/v2"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// AppendNeigh appends the message that adds the neighbour, as `ip neigh add` does.
func AppendNeigh(b []byte, n *inet.Neigh, index int) []byte {
	m := &rtnetlink.NeighMessage{Family: uint16(familyOf(n.Addr)), Index: uint32(index), State: uint16(neighState(n)),
		Attributes: &rtnetlink.NeighAttributes{Address: ipOf(n.Addr), LLAddress: n.LLAddr}}
	if n.Router {
		m.Flags = uapi.NTF_ROUTER
	}
	return marshal(b, m)
}

// neighState returns the state to send.
func neighState(n *inet.Neigh) inet.NeighState {
	if n.State == 0 {
		return inet.NeighPermanent
	}
	return n.State
}

// ReadNeighs returns the IPv4 and IPv6 neighbours on a link.
func ReadNeighs(ctx context.Context, rt *rtnl.Conn, index int) ([]inet.Neigh, error) {
	var all []inet.Neigh
	body := func(b []byte) []byte { return appendNeighFilter(b, index) }
	err := rt.Dump(ctx, uapi.RTM_GETNEIGH, body, func() { all = nil }, func(m wire.Message) {
		if n, ok := ParseNeigh(m.Data, index); ok {
			all = append(all, n)
		}
	})
	return all, err
}

// appendNeighFilter appends a struct ndmsg and the attribute that limits a list to
// one link. A NeighMessage of package rtnetlink cannot do this: it always contains
// an attribute of type 0 and an NDA_DST, which the kernel rejects here.
func appendNeighFilter(b []byte, index int) []byte {
	const length = 12
	return wire.AppendU32(append(b, make([]byte, length)...), uapi.NDA_IFINDEX, uint32(index))
}

// ParseNeigh decodes the body of RTM_NEWNEIGH: a neighbour on the link with the
// given index.
func ParseNeigh(b []byte, index int) (inet.Neigh, bool) {
	var m rtnetlink.NeighMessage
	if m.UnmarshalBinary(b) != nil || m.Attributes == nil || int(m.Index) != index || m.Flags&uapi.NTF_PROXY != 0 {
		return inet.Neigh{}, false
	}
	n := inet.Neigh{Addr: addrOf(m.Attributes.Address), LLAddr: m.Attributes.LLAddress, State: inet.NeighState(m.State),
		Router: m.Flags&uapi.NTF_ROUTER != 0}
	return n, n.Addr.IsValid() && (m.Family == uapi.AF_INET || m.Family == uapi.AF_INET6)
}
