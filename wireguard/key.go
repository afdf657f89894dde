package wireguard

import (
	"crypto/ecdh"
	"crypto/rand"

	"github.com/iplink-go/iplink"
)

// keyLen is the length of each key in bytes.
const keyLen = len(Key{})

// Key is a public key, which identifies a peer. It is printed in base64. It can be
// converted from and to the keys of other libraries, which are of 32 bytes, too.
type Key = iplink.WireGuardKey

// ParseKey returns the public key for its 44 characters in base64, the format of wg(8).
func ParseKey(text string) (Key, error) {
	return iplink.ParseWireGuardKey(text)
}

// PresharedKey is a secret that two peers share in addition to their keys. It is never
// printed. 32 bytes that are all 0 remove one.
type PresharedKey = iplink.WireGuardSecret

// NewPresharedKey returns a preshared key with a copy of 32 bytes. The caller may clear b
// afterwards.
func NewPresharedKey(b []byte) PresharedKey {
	return iplink.NewWireGuardSecret(b)
}

// ParsePresharedKey returns the preshared key for its 44 characters in base64, the format
// of wg(8). The error does not repeat any character.
func ParsePresharedKey(text string) (PresharedKey, error) {
	return iplink.ParseWireGuardSecret(text)
}

// GeneratePresharedKey returns a random preshared key, as `wg genpsk` does.
func GeneratePresharedKey() PresharedKey {
	var b [keyLen]byte
	defer clear(b[:])
	rand.Read(b[:])
	return NewPresharedKey(b[:])
}

// A PrivateKey is the secret of a link. It is never printed, and it can be wiped. 32 bytes
// that are all 0 remove one.
type PrivateKey struct {
	iplink.WireGuardSecret
}

// NewPrivateKey returns a private key with a copy of 32 bytes. The caller may clear b
// afterwards.
func NewPrivateKey(b []byte) PrivateKey {
	return PrivateKey{iplink.NewWireGuardSecret(b)}
}

// ParsePrivateKey returns the private key for its 44 characters in base64, the format of
// wg(8). The error does not repeat any character. The string itself cannot be wiped; if
// that matters, use NewPrivateKey.
func ParsePrivateKey(text string) (PrivateKey, error) {
	k, err := iplink.ParseWireGuardSecret(text)
	return PrivateKey{k}, err
}

// GeneratePrivateKey returns a random private key, as `wg genkey` does: a scalar of
// Curve25519, RFC 7748. The random numbers come from crypto/rand.
func GeneratePrivateKey() (PrivateKey, error) {
	var b [keyLen]byte
	defer clear(b[:])
	if _, err := rand.Read(b[:]); err != nil {
		return PrivateKey{}, err
	}
	b[0] &= 248
	b[keyLen-1] = b[keyLen-1]&127 | 64
	return NewPrivateKey(b[:]), nil
}

// PublicKey returns the public key, as `wg pubkey` does: the function X25519 of RFC 7748.
// It is the zero Key if k does not have 32 bytes, or if they are all 0. The calculation
// makes a copy of the private key that Wipe does not reach; the garbage collector
// releases it.
func (k PrivateKey) PublicKey() (public Key) {
	private, err := ecdh.X25519().NewPrivateKey(k.Expose())
	if err != nil || k.Equal(iplink.NewWireGuardSecret(make([]byte, keyLen))) {
		return public
	}
	copy(public[:], private.PublicKey().Bytes())
	return public
}
