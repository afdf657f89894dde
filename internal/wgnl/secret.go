package wgnl

import "crypto/subtle"

// sameSecret compares two keys in constant time.
func sameSecret(a, b Key) bool {
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// clamped returns the private key that the kernel makes of 32 bytes: a scalar of
// Curve25519, RFC 7748, section 5. All zeros stay as they are, since they are no key.
func clamped(private []byte) Key {
	k := Key(private)
	if k.IsZero() {
		return k
	}
	k[0] &= 248
	k[31] = k[31]&127 | 64
	return k
}
