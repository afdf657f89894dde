package iplink

import (
	"bytes"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
)

// A MACsecKey is a secret: the key of an association, 16 or 32 bytes as the
// cipher suite has it (MACSEC_SA_ATTR_KEY), or its salt, 12 bytes
// (MACSEC_SA_ATTR_SALT). The zero value holds none.
//
// Whatever prints it, in any way, gets the word "redacted", or "none" if it
// holds none. Copies share the bytes, so that to wipe one is to wipe them all.
type MACsecKey struct {
	// A function, into which no printer and no reflection looks.
	open func() *[]byte
}

// NewMACsecKey returns a key with a copy of bytes, which the caller may clear
// from then on. Whether it has the length that is due, the verbs check.
func NewMACsecKey(b []byte) MACsecKey {
	own := bytes.Clone(b)
	return MACsecKey{func() *[]byte { return &own }}
}

// ParseMACsecKey returns the key of hexadecimal digits, two for each byte, as
// `ip macsec` takes it. The error matches fs.ErrInvalid and does not repeat any
// of them. The string itself cannot be wiped: NewMACsecKey is for those who
// care.
func ParseMACsecKey(digits string) (MACsecKey, error) {
	text, own := []byte(digits), make([]byte, hex.DecodedLen(len(digits)))
	defer clear(text)
	if _, err := hex.Decode(own, text); err != nil {
		clear(own)
		return MACsecKey{}, &Error{Op: "parse", Attr: "key", Err: fs.ErrInvalid,
			Message: fmt.Sprintf("these %d characters are not pairs of hexadecimal digits", len(digits))}
	}
	return MACsecKey{func() *[]byte { return &own }}, nil
}

// Expose returns the bytes, not a copy of them, and nil if there are none. It
// is the only way to see them.
func (k MACsecKey) Expose() []byte {
	if k.open == nil {
		return nil
	}
	return *k.open()
}

// Len returns the number of bytes; 0 for a key that was wiped.
func (k MACsecKey) Len() int {
	return len(k.Expose())
}

// Wipe overwrites the bytes with zeros, also those of all copies, which hold
// none from then on: verbs refuse them. The library leaves no others behind;
// the kernel keeps its own as long as the association exists. No verb may be
// using the key meanwhile.
func (k MACsecKey) Wipe() {
	if k.open == nil {
		return
	}
	own := k.open()
	clear(*own)
	*own = nil
}

// Equal reports whether two keys have the same bytes, in a time that depends on
// their lengths only.
func (k MACsecKey) Equal(other MACsecKey) bool {
	return subtle.ConstantTimeCompare(k.Expose(), other.Expose()) == 1
}

// String returns "redacted", or "none" if there are no bytes.
func (k MACsecKey) String() string {
	if k.Len() == 0 {
		return "none"
	}
	return "redacted"
}

// GoString returns what String returns.
func (k MACsecKey) GoString() string {
	return k.String()
}

// Format writes what String returns, whatever the verb.
func (k MACsecKey) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, k.String()) // fmt ignores what Write returns, too
}

// MarshalText returns what String returns, for JSON, package slog and the like.
func (k MACsecKey) MarshalText() ([]byte, error) {
	return []byte(k.String()), nil
}

// A MACsecKeyID names a key, which is not secret: both ends and the logs know it
// by that (MACSEC_SA_ATTR_KEYID). Shorter names are at the beginning and the
// rest is zero, as `ip macsec` has it: MACsecKeyID{1} is its "01".
type MACsecKeyID [16]byte

// ParseMACsecKeyID returns the name of hexadecimal digits, two for each of up to
// 16 bytes, as `ip macsec` takes it. The error matches fs.ErrInvalid.
func ParseMACsecKeyID(digits string) (id MACsecKeyID, err error) {
	b, err := hex.DecodeString(digits)
	if err != nil || len(b) == 0 || len(b) > len(id) {
		return id, &Error{Op: "parse", Attr: "keyid", Message: fmt.Sprintf("%q is not up to 32 hexadecimal digits in pairs", digits), Err: fs.ErrInvalid}
	}
	copy(id[:], b)
	return id, nil
}

// String returns 32 hexadecimal digits.
func (id MACsecKeyID) String() string {
	return hex.EncodeToString(id[:])
}
