package iplink

import (
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/fdbmsg"
)

// MarshalText returns the result of String.
func (m BridgeSTPMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *BridgeSTPMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(bridgeSTPModes, "bridge STP mode", text, m)
}

// MarshalText returns the result of String.
func (r BridgeMulticastRouter) MarshalText() ([]byte, error) {
	return []byte(r.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (r *BridgeMulticastRouter) UnmarshalText(text []byte) error {
	return attr.ReadWord(bridgeMulticastRouters, "bridge multicast router", text, r)
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

// database returns the forwarding database that an entry of a link itself belongs to.
func (s *spec) database(e *fdb.Entry) fdbmsg.Database {
	switch {
	case s.Kind == KindBridge:
		return fdbmsg.OfBridge
	case fdbmsg.Tunnels(e) || s.kind().entries:
		return fdbmsg.OfVXLAN
	}
	return fdbmsg.OfFilter
}
