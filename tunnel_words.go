package iplink

import "github.com/iplink-go/iplink/internal/attr"

// MarshalText returns the result of String.
func (t TunnelEncapType) MarshalText() ([]byte, error) {
	return []byte(t.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (t *TunnelEncapType) UnmarshalText(text []byte) error {
	return attr.ReadWord(tunnelEncaps, "tunnel encap type", text, t)
}
