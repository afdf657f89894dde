package iplink

import (
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"

	"github.com/iplink-go/iplink/internal/uapi"
)

// A WireGuardKey is a public key, which identifies a peer. It is not secret. The zero
// value stands for none. Other libraries' keys have the same underlying type, so that they
// can be converted.
type WireGuardKey [uapi.WG_KEY_LEN]byte

// ParseWireGuardKey returns the public key for its 44 characters in base64, the format of
// wg(8). The error matches fs.ErrInvalid.
func ParseWireGuardKey(text string) (WireGuardKey, error) {
	var k WireGuardKey
	err := k.UnmarshalText([]byte(text))
	return k, err
}

// IsZero reports whether all bytes are 0.
func (k WireGuardKey) IsZero() bool {
	return k == WireGuardKey{}
}

// String returns the key in base64.
func (k WireGuardKey) String() string {
	return base64.StdEncoding.EncodeToString(k[:])
}

// MarshalText returns the result of String.
func (k WireGuardKey) MarshalText() ([]byte, error) {
	return []byte(k.String()), nil
}

// UnmarshalText is the inverse of MarshalText. The error matches fs.ErrInvalid and does
// not repeat the text, which may be a secret by mistake.
func (k *WireGuardKey) UnmarshalText(text []byte) error {
	b, err := decodeWireGuardKey(text)
	if err == nil {
		copy(k[:], b)
	}
	clear(b)
	return err
}

// decodeWireGuardKey returns the bytes of a key in base64.
func decodeWireGuardKey(text []byte) ([]byte, error) {
	b := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Strict().Decode(b, text)
	if err != nil || n != uapi.WG_KEY_LEN {
		clear(b)
		return nil, &Error{Op: "parse", Attr: "key", Err: fs.ErrInvalid,
			Message: fmt.Sprintf("these %d characters are not 32 bytes in base64, which takes 44", len(text))}
	}
	return b[:n], nil
}

// A WireGuardSecret is a private or a preshared key of WireGuard, 32 bytes. The zero value
// has no bytes. 32 bytes that are all 0 remove a key.
//
// All ways of printing a secret produce the word "redacted", or "none" if it has no
// bytes. Copies share the bytes, so wiping one copy wipes them all. The library returns
// no secret of the kernel's: in its results, a key that the kernel has is printed as
// "redacted", but has no bytes.
type WireGuardSecret struct {
	key  MACsecKey
	held bool // by the kernel
}

// NewWireGuardSecret returns a secret with a copy of b, which the caller may clear
// afterwards. The verbs check the length.
func NewWireGuardSecret(b []byte) WireGuardSecret {
	return WireGuardSecret{key: NewMACsecKey(b)}
}

// ParseWireGuardSecret returns the secret for its 44 characters in base64, the format of
// wg(8). The error matches fs.ErrInvalid and does not repeat any character. The string
// itself cannot be wiped; if that matters, use NewWireGuardSecret.
func ParseWireGuardSecret(text string) (WireGuardSecret, error) {
	characters := []byte(text)
	defer clear(characters)
	b, err := decodeWireGuardKey(characters)
	if err != nil {
		return WireGuardSecret{}, err
	}
	defer clear(b)
	return NewWireGuardSecret(b), nil
}

// Expose returns the bytes themselves, not a copy, or nil if there are none. It is the
// only access to them.
func (k WireGuardSecret) Expose() []byte {
	return k.key.Expose()
}

// Len returns the number of bytes; 0 for a secret that was wiped.
func (k WireGuardSecret) Len() int {
	return k.key.Len()
}

// Wipe overwrites the bytes with zeros, also in all copies, which have no bytes
// from then on; verbs reject them. The library keeps no other copies. No verb may be
// using the secret during the call.
func (k WireGuardSecret) Wipe() {
	k.key.Wipe()
}

// Wiped reports whether there were bytes, and Wipe has overwritten them.
func (k WireGuardSecret) Wiped() bool {
	return k.key.open != nil && k.Len() == 0
}

// Equal reports whether two secrets have the same bytes, in a time that depends only on
// their lengths.
func (k WireGuardSecret) Equal(other WireGuardSecret) bool {
	return k.key.Equal(other.key)
}

// IsSet reports whether there are bytes, or the kernel has a key that the library does not
// return.
func (k WireGuardSecret) IsSet() bool {
	return k.held || k.Len() > 0
}

// String returns "redacted", or "none" if there are no bytes.
func (k WireGuardSecret) String() string {
	if k.IsSet() {
		return "redacted"
	}
	return "none"
}

// GoString returns the result of String.
func (k WireGuardSecret) GoString() string {
	return k.String()
}

// Format writes the result of String for every verb.
func (k WireGuardSecret) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, k.String()) // fmt ignores the result of Write, too
}

// MarshalText returns the result of String, for JSON, package slog and others.
func (k WireGuardSecret) MarshalText() ([]byte, error) {
	return []byte(k.String()), nil
}

// UnmarshalText is ParseWireGuardSecret, and not the inverse of MarshalText.
func (k *WireGuardSecret) UnmarshalText(text []byte) error {
	secret, err := ParseWireGuardSecret(string(text))
	if err == nil {
		*k = secret
	}
	return err
}
