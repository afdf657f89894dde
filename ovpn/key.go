package ovpn

import (
	"fmt"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// Secret holds the bytes of a key or of a nonce. It is never printed, and can be wiped.
type Secret = iplink.MACsecKey

// NewSecret returns a secret with a copy of b. The caller may clear b afterwards.
func NewSecret(b []byte) Secret {
	return iplink.NewMACsecKey(b)
}

// A Key is a key of a peer, for both directions. The kernel and the library keep no copy of it
// in user space: the program wipes the secrets when NewKey has returned.
type Key struct {
	// Slot is the place of the key (OVPN_A_KEYCONF_SLOT).
	Slot Slot
	// ID is the number of the key in each packet, 0 to 7: a packet is decrypted with the key
	// of that number, in either slot (OVPN_A_KEYCONF_KEY_ID).
	ID uint8
	// Cipher is the cipher of both directions (OVPN_A_KEYCONF_CIPHER_ALG).
	Cipher Cipher
	// Encrypt protects packets to the peer (OVPN_A_KEYCONF_ENCRYPT_DIR), and Decrypt
	// those from it (OVPN_A_KEYCONF_DECRYPT_DIR). At the other end they are exchanged.
	Encrypt, Decrypt Direction
}

// A Direction has the secrets of one direction.
type Direction struct {
	// Key is the key of the cipher: 16, 24 or 32 bytes for AESGCM, 32 for
	// ChaCha20Poly1305 (OVPN_A_KEYDIR_CIPHER_KEY).
	Key Secret
	// NonceTail is the end of each nonce, 8 bytes; the beginning is the number of the
	// packet (OVPN_A_KEYDIR_NONCE_TAIL).
	NonceTail Secret
}

// KeyStatus is the kernel's report of a key, without secrets.
type KeyStatus struct {
	Slot   Slot
	ID     uint8
	Cipher Cipher
}

// A Slot is one of two places of keys: a peer encrypts with the key in the first, and
// decrypts with the keys in both.
type Slot uint32

// Slots.
const (
	Primary   Slot = iota // its key encrypts
	Secondary             // the next or the previous key
)

var slots = attr.Words{"primary", "secondary"}

// String returns the kernel's word.
func (s Slot) String() string {
	return attr.Word(slots, s)
}

// MarshalText returns the result of String.
func (s Slot) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (s *Slot) UnmarshalText(text []byte) error {
	return attr.ReadWord(slots, "slot", text, s)
}

// A Cipher encrypts and authenticates packets. The zero Cipher stands for none, which no
// key can have.
type Cipher uint32

// Ciphers.
const (
	AESGCM           Cipher = 1 + iota // AES-128-GCM, AES-192-GCM or AES-256-GCM, by the length of the key
	ChaCha20Poly1305                   // ChaCha20-Poly1305, RFC 8439
)

var ciphers = attr.Words{"none", "aes-gcm", "chacha20-poly1305"}

// String returns the kernel's word.
func (c Cipher) String() string {
	return attr.Word(ciphers, c)
}

// MarshalText returns the result of String.
func (c Cipher) MarshalText() ([]byte, error) {
	return []byte(c.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (c *Cipher) UnmarshalText(text []byte) error {
	return attr.ReadWord(ciphers, "cipher", text, c)
}

// mostKeyID is the largest number of a key.
const mostKeyID = 7

// check returns the reason why no peer can have such a key, or nil.
func (k *Key) check() *flaw {
	switch {
	case k.Slot > Secondary:
		return slotFlaw(k.Slot)
	case k.ID > mostKeyID:
		return &flaw{"id", fmt.Sprintf("%d is not in 0…%d", k.ID, mostKeyID)}
	case k.Cipher != AESGCM && k.Cipher != ChaCha20Poly1305:
		return &flaw{"cipher", fmt.Sprintf("%v protects nothing: AESGCM and ChaCha20Poly1305 do", k.Cipher)}
	}
	if flaw := k.Encrypt.check("encrypt", k.Cipher); flaw != nil {
		return flaw
	}
	return k.Decrypt.check("decrypt", k.Cipher)
}

func slotFlaw(s Slot) *flaw {
	return &flaw{"slot", fmt.Sprintf("%v is not in 0…1", s)}
}

func (d *Direction) check(word string, c Cipher) *flaw {
	n := d.Key.Len()
	fits := n == 32 || c == AESGCM && (n == 16 || n == 24)
	switch {
	case n == 0:
		return &flaw{word, "there is no key, or it was wiped"}
	case !fits:
		return &flaw{word, fmt.Sprintf("a key of %d bytes, which %v does not take", n, c)}
	case d.NonceTail.Len() != uapi.OVPN_NONCE_TAIL_SIZE:
		return &flaw{word, fmt.Sprintf("a tail of %d bytes, where %d are due", d.NonceTail.Len(), uapi.OVPN_NONCE_TAIL_SIZE)}
	}
	return nil
}
