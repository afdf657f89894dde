package iplink

import "github.com/iplink-go/iplink/internal/attr"

// MarshalText returns the result of String.
func (f Flags) MarshalText() ([]byte, error) {
	return []byte(f.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (f *Flags) UnmarshalText(text []byte) error {
	return attr.ReadBitWords(flagWords, "flags", text, f)
}

// MarshalText returns the result of String.
func (s OperState) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (s *OperState) UnmarshalText(text []byte) error {
	return attr.ReadWord(operStates, "oper state", text, s)
}

// MarshalText returns the result of String.
func (m LinkMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *LinkMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(linkModes, "link mode", text, m)
}

// MarshalText returns the result of String.
func (m AddrGenMode) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (m *AddrGenMode) UnmarshalText(text []byte) error {
	return attr.ReadWord(addrGenModes, "addr gen mode", text, m)
}

// MarshalText returns the result of String.
func (t HardwareType) MarshalText() ([]byte, error) {
	return []byte(t.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (t *HardwareType) UnmarshalText(text []byte) error {
	for _, known := range []HardwareType{HardwareEther, HardwareInfiniBand, HardwareCAN, HardwareTunnel, HardwareTunnel6,
		HardwareLoopback, HardwareSIT, HardwareGRE, HardwareGRE6, HardwareNetlink, HardwareNone} {
		if known.String() == string(text) {
			*t = known
			return nil
		}
	}
	return attr.ReadWord(nil, "hardware type", text, t)
}
