package iplink

import "github.com/iplink-go/iplink/internal/attr"

// MarshalText returns the result of String.
func (m BondMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *BondMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondModes, "bond mode", text, m)
}

// MarshalText returns the result of String.
func (r BondPrimaryReselect) MarshalText() ([]byte, error) {
	return []byte(r.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (r *BondPrimaryReselect) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondPrimaryReselects, "bond primary reselect", text, r)
}

// MarshalText returns the result of String.
func (v BondARPValidate) MarshalText() ([]byte, error) {
	return []byte(v.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (v *BondARPValidate) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondARPValidates, "bond ARP validate", text, v)
}

// MarshalText returns the result of String.
func (t BondARPAllTargets) MarshalText() ([]byte, error) {
	return []byte(t.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (t *BondARPAllTargets) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondARPAllTargets, "bond ARP all targets", text, t)
}

// MarshalText returns the result of String.
func (f BondFailOverMAC) MarshalText() ([]byte, error) {
	return []byte(f.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (f *BondFailOverMAC) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondFailOverMACs, "bond fail over MAC", text, f)
}

// MarshalText returns the result of String.
func (p BondXmitHashPolicy) MarshalText() ([]byte, error) {
	return []byte(p.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (p *BondXmitHashPolicy) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondXmitHashPolicies, "bond xmit hash policy", text, p)
}

// MarshalText returns the result of String.
func (r BondLACPRate) MarshalText() ([]byte, error) {
	return []byte(r.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (r *BondLACPRate) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondLACPRates, "bond LACP rate", text, r)
}

// MarshalText returns the result of String.
func (s BondADSelect) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (s *BondADSelect) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondADSelects, "bond AD select", text, s)
}

// MarshalText returns the result of String.
func (s BondPortState) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (s *BondPortState) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondPortStates, "bond port state", text, s)
}

// MarshalText returns the result of String.
func (s BondMIIStatus) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (s *BondMIIStatus) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondMIIStatuses, "bond MII status", text, s)
}

// MarshalText returns the result of String.
func (s BondChurnState) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (s *BondChurnState) UnmarshalText(text []byte) error {
	return attr.ReadWord(bondChurnStates, "bond churn state", text, s)
}

// MarshalText returns the result of String.
func (s LACPState) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (s *LACPState) UnmarshalText(text []byte) error {
	return attr.ReadBitWords(lacpStateWords, "LACP state", text, s)
}
