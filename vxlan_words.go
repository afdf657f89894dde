package iplink

import "github.com/iplink-go/iplink/internal/attr"

// MarshalText returns the result of String.
func (d VXLANDF) MarshalText() ([]byte, error) {
	return []byte(d.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (d *VXLANDF) UnmarshalText(text []byte) error {
	return attr.ReadWord(vxlanDFs, "VXLAN DF", text, d)
}

// MarshalText returns the result of String.
func (p VXLANLabelPolicy) MarshalText() ([]byte, error) {
	return []byte(p.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (p *VXLANLabelPolicy) UnmarshalText(text []byte) error {
	return attr.ReadWord(vxlanLabelPolicies, "VXLAN label policy", text, p)
}
