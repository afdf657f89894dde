package words

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
)

// Number reads a number of at most the given bits, in base 10, with "0x" in base 16, and
// with "0" in base 8, as strtoul does.
func Number(text string, bits int) (uint64, bool) {
	base := 10
	switch {
	case len(text) > 2 && (text[:2] == "0x" || text[:2] == "0X"):
		text, base = text[2:], 16
	case len(text) > 1 && text[0] == '0':
		text, base = text[1:], 8
	}
	return digits(text, base, bits)
}

// Key reads the key of a tunnel: a number, or an IPv4 address for its 32 bits.
func Key(text string) (uint32, bool) {
	if !strings.Contains(text, ".") {
		v, ok := Number(text, 32)
		return uint32(v), ok
	}
	a, err := netip.ParseAddr(text)
	if err != nil || !a.Is4() {
		return 0, false
	}
	b := a.As4()
	return binary.BigEndian.Uint32(b[:]), true
}

// Hex reads a number in base 16, with or without "0x".
func Hex(text string, bits int) (uint64, bool) {
	if len(text) > 2 && (text[:2] == "0x" || text[:2] == "0X") {
		text = text[2:]
	}
	return digits(text, 16, bits)
}

func digits(text string, base, bits int) (uint64, bool) {
	if text == "" || strings.ContainsAny(text, "_+-") {
		return 0, false
	}
	v, err := strconv.ParseUint(text, base, bits)
	return v, err == nil
}

// Signed reads a number with a sign in base 10.
func Signed(text string, bits int) (int64, bool) {
	v, err := strconv.ParseInt(text, 10, bits)
	return v, err == nil && text[0] != '+' && !strings.Contains(text, "_")
}

// Number reads the value of the last word as a number of at most the given bits.
func (a *Args) Number(bits int) (uint64, error) {
	text, err := a.Value()
	if err != nil {
		return 0, err
	}
	v, ok := Number(text, bits)
	if !ok {
		return 0, a.Faultf("%s is not a number of %d bits", quote(text), bits)
	}
	return v, nil
}

// HardwareAddr reads a link-layer address: bytes in base 16 that colons separate, or an IP
// address.
func HardwareAddr(text string) ([]byte, bool) {
	if a, err := netip.ParseAddr(text); err == nil && (a.Is4() || strings.Contains(text, "::")) && a.Zone() == "" {
		return a.AsSlice(), true
	}
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > 32 {
		return nil, false
	}
	b := make([]byte, len(parts))
	for i, p := range parts {
		if len(p) == 1 {
			p = "0" + p
		}
		if len(p) != 2 {
			return nil, false
		}
		if _, err := hex.Decode(b[i:i+1], []byte(p)); err != nil {
			return nil, false
		}
	}
	return b, true
}

// HardwareAddr reads the value of the last word as a link-layer address.
func (a *Args) HardwareAddr() ([]byte, error) {
	text, err := a.Value()
	if err != nil {
		return nil, err
	}
	b, ok := HardwareAddr(text)
	if !ok {
		return nil, a.Faultf("%s is not a link-layer address", quote(text))
	}
	return b, nil
}

// Addr reads the value of the last word as an IP address. The words "any" and "default"
// stand for the unspecified IPv4 address.
func (a *Args) Addr() (netip.Addr, error) {
	text, err := a.Value()
	if err != nil {
		return netip.Addr{}, err
	}
	if text == "any" || text == "default" {
		return netip.IPv4Unspecified(), nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" {
		return netip.Addr{}, a.Faultf("%s is not an IP address", quote(text))
	}
	return addr.Unmap(), nil
}

// ParsePrefix reads an address with or without the length of its prefix.
func ParsePrefix(text string) (netip.Prefix, bool) {
	if !strings.Contains(text, "/") {
		addr, err := netip.ParseAddr(text)
		return netip.PrefixFrom(addr, addr.BitLen()), err == nil && addr.Zone() == ""
	}
	p, err := netip.ParsePrefix(text)
	return p, err == nil
}

// ShortPrefix is ParsePrefix, and reads an IPv4 address of fewer than four bytes as one that
// ends with zeros: 10/8.
func ShortPrefix(text string) (netip.Prefix, bool) {
	addr, length, _ := strings.Cut(text, "/")
	if dots := strings.Count(addr, "."); dots < 3 && addr != "" && strings.Trim(addr, "0123456789.") == "" {
		full := addr + strings.Repeat(".0", 3-dots)
		if length != "" {
			full += "/" + length
		}
		return ParsePrefix(full)
	}
	return ParsePrefix(text)
}

// Prefix reads the value of the last word as a prefix.
func (a *Args) Prefix() (netip.Prefix, error) {
	text, err := a.Value()
	if err != nil {
		return netip.Prefix{}, err
	}
	p, ok := ShortPrefix(text)
	if !ok {
		return p, a.Faultf("%s is not an IP address with a prefix length", quote(text))
	}
	return p, nil
}
