package bridge

import (
	"context"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// MSTState is the state of a port in one of multiple spanning trees.
type MSTState struct {
	// Port is the port's name; if it is empty, PortIndex identifies the port.
	Port      string
	PortIndex int
	// MSTI is the spanning tree's number, 1 to 4094
	// (IFLA_BRIDGE_MST_ENTRY_MSTI).
	MSTI uint16
	// State is the port's treatment of frames in the tree's VLANs
	// (IFLA_BRIDGE_MST_ENTRY_STATE).
	State iplink.BridgePortState
}

// SetMST sets the state of a port in a spanning tree. The bridge must have multiple
// spanning trees enabled (MST). If the port has no VLAN of the tree, the kernel
// accepts the state without effect.
func (s *Bridge) SetMST(ctx context.Context, m MSTState) error {
	const op = "mst set"
	switch {
	case m.MSTI == 0 || m.MSTI > mostVID:
		return s.link.Invalid(op, "msti", "%d is not in 1…%d", m.MSTI, mostVID)
	case m.State > PortBlocking:
		return s.link.Invalid(op, "state", "%d is not one of %d…%d", m.State, PortDisabled, PortBlocking)
	case m.Port == "" && m.PortIndex == 0 || s.link.Named(m.Port, m.PortIndex):
		return s.noState(op)
	}
	port, err := s.link.Port(ctx, op, "port", m.Port, m.PortIndex)
	switch {
	case err != nil:
		return err
	case port.Index == s.link.Index:
		return s.noState(op)
	}
	err = s.link.Write(ctx, op, port.Name, uapi.RTM_SETLINK, 0, func(b []byte) []byte {
		b, spec := beginSpec(b, port.Index, port.Index == s.link.Index)
		b, mst := wire.Begin(b, uapi.IFLA_BRIDGE_MST|uapi.NLA_F_NESTED)
		b, entry := wire.Begin(b, uapi.IFLA_BRIDGE_MST_ENTRY|uapi.NLA_F_NESTED)
		b = wire.AppendU16(b, uapi.IFLA_BRIDGE_MST_ENTRY_MSTI, m.MSTI)
		b = wire.AppendU8(b, uapi.IFLA_BRIDGE_MST_ENTRY_STATE, uint8(m.State))
		return wire.End(wire.End(wire.End(b, entry), mst), spec)
	})
	return unfiltered(err)
}

func (s *Bridge) noState(op string) error {
	return s.link.Invalid(op, "port", "name a port: the bridge itself has no state")
}

// ListMST returns the states of the bridge's ports in the spanning trees of their
// VLANs.
func (s *Bridge) ListMST(ctx context.Context) ([]MSTState, error) {
	var all []MSTState
	names := s.link.Names()
	err := s.dumpLinks(ctx, "mst show", uapi.RTEXT_FILTER_MST, func() { all = nil }, func(index int, spec []byte) {
		for a, err := range wire.Attrs(wire.Find(spec, uapi.IFLA_BRIDGE_MST)) {
			if err != nil {
				return
			}
			msti, state := wire.Find(a.Data, uapi.IFLA_BRIDGE_MST_ENTRY_MSTI), wire.Find(a.Data, uapi.IFLA_BRIDGE_MST_ENTRY_STATE)
			if len(msti) == 2 && len(state) == 1 {
				all = append(all, MSTState{names(index), index, wire.Order.Uint16(msti), iplink.BridgePortState(state[0])})
			}
		}
	})
	return all, err
}
