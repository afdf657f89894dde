package iplink

import "github.com/iplink-go/iplink/internal/attr"

// MarshalText returns the result of String.
func (s CANState) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (s *CANState) UnmarshalText(text []byte) error {
	return attr.ReadWord(canStates, "CAN state", text, s)
}

// MarshalText returns the result of String.
func (m CANModes) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *CANModes) UnmarshalText(text []byte) error {
	return attr.ReadBitWords(canModeWords, "CAN modes", text, m)
}

// MarshalText returns the result of String.
func (m CANTDCMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *CANTDCMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(canTDCModes, "CAN TDC mode", text, m)
}
