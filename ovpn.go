package iplink

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var ovpnKind = kind{
	config:   "OVPN",
	since:    attr.Version{Major: 6, Minor: 16},
	loadedBy: uapi.OVPN_FAMILY_NAME,
	info:     func() info { return new(OVPNInfo) },
	mtu:      [2]uint32{68, 65451}, // 84 bytes are for headers
	address:  "ovpn links have no link-layer address",
	defaults: "mode p2p",
}

// OVPNInfo is the kernel's report of an ovpn link.
type OVPNInfo struct {
	// Mode reports whether the link has one peer or many (IFLA_OVPN_MODE).
	Mode OVPNMode
}

func (v *OVPNInfo) attrs(c *attr.Codec) {
	attr.Enum(c.CreateOnly().Since(6, 16), uapi.IFLA_OVPN_MODE, "mode", &v.Mode, ovpnModes)
}

// An OVPNMode is the number of peers that an ovpn link can have.
type OVPNMode uint8

// Modes of an ovpn link.
const (
	OVPNP2P OVPNMode = iota // one peer, which all packets go to: the default
	OVPNMP                  // many peers, each with its addresses in the tunnel
)

var ovpnModes = attr.Words{"p2p", "mp"}

// String returns the word of iproute2.
func (m OVPNMode) String() string {
	return attr.Word(ovpnModes, m)
}

// MarshalText returns the result of String.
func (m OVPNMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *OVPNMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(ovpnModes, "ovpn mode", text, m)
}
