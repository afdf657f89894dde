package iplink

import (
	"bytes"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/macsecnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// ErrMACsecTruncated says that the kernel ended its list of MACsec links before
// all were in it, as it does, without a word, at a link whose channels take more
// than a message holds: some 60 with four associations each. What was made can
// be changed and dropped, but not be listed.
var ErrMACsecTruncated = fmt.Errorf("%w of all MACsec links: its list is truncated", errNotReported)

// A MACsecSA is a secure association: a key, and how far it is used up. A
// channel has up to four.
type MACsecSA struct {
	// AN is the number of the association, 0 to 3 (MACSEC_SA_ATTR_AN). Frames
	// say by which one they are protected.
	AN uint8
	// PN is the number of the next packet: the first to be sent, or the lowest
	// to be received. It is 1 to 2^32-1, with an XPN cipher 1 to 2^64-1, and
	// must be given (MACSEC_SA_ATTR_PN). A key must never be used for one
	// number twice.
	PN uint64
	// Active says whether it is used; by default it waits
	// (MACSEC_SA_ATTR_ACTIVE).
	Active bool
	// KeyID names the key; all zeros by default (MACSEC_SA_ATTR_KEYID).
	KeyID MACsecKeyID
	// Key is the key, of the length that the cipher suite has
	// (MACSEC_SA_ATTR_KEY). The kernel never reports it.
	Key MACsecKey
	// SSCI is the short identifier of the channel, 1 or more, and Salt the 12
	// bytes that go with it (MACSEC_SA_ATTR_SSCI, MACSEC_SA_ATTR_SALT). XPN
	// ciphers need them, others have none. The kernel never reports the salt.
	SSCI uint32
	Salt MACsecKey
}

// A MACsecRxSC is a secure channel that frames are received by: another station,
// and its associations.
type MACsecRxSC struct {
	SCI    MACsecSCI
	Active bool
	SAs    []MACsecSA
}

// wire returns the association as it is sent, with the key's own bytes.
func (a *MACsecSA) wire() macsecnl.SA {
	return macsecnl.SA{AN: a.AN, PN: a.PN, Active: a.Active, KeyID: a.KeyID, SSCI: a.SSCI, Key: a.Key.Expose(), Salt: a.Salt.Expose()}
}

func wireSAs(sas []MACsecSA) []macsecnl.SA {
	all := make([]macsecnl.SA, len(sas))
	for i := range sas {
		all[i] = sas[i].wire()
	}
	return all
}

// suite returns the cipher suite that a link has by default unless its settings
// say otherwise, and 0 if they are for one that exists and may have any.
func (m *MACsecInfo) suite(s *spec) macsecnl.Suite {
	switch {
	case s.Set.Has(uapi.IFLA_MACSEC_CIPHER_SUITE):
		return macsecnl.Suite(m.Cipher)
	case s.linkSet.Has(uapi.IFLA_LINK):
		return macsecnl.Suite(MACsecGCMAES128)
	}
	return 0
}

// checkSAs returns what is wrong with the associations and channels on a link
// with a cipher suite.
func (m *MACsecInfo) checkSAs(suite macsecnl.Suite) error {
	fault := saFault("tx", m.TxSAs, suite)
	taken := map[MACsecSCI]bool{}
	for _, c := range m.RxSCs {
		sc := macsecnl.SC((*macsecnl.SCI)(&c.SCI))
		if f := macsecnl.CheckSCI(c.SCI); f != nil {
			fault = errors.Join(fault, &attr.Error{Name: "rx " + f.Word, Text: f.Text})
		} else if taken[c.SCI] {
			fault = errors.Join(fault, &attr.Error{Name: sc, Text: "two channels have this SCI"})
		}
		taken[c.SCI] = true
		fault = errors.Join(fault, saFault(sc, c.SAs, suite))
	}
	return fault
}

func saFault(sc string, sas []MACsecSA, suite macsecnl.Suite) error {
	sa, f := macsecnl.CheckSAs(wireSAs(sas), suite)
	if f == nil {
		return nil
	}
	return &attr.Error{Name: fmt.Sprintf("%s sa %d %s", sc, sa.AN, f.Word), Text: f.Text}
}

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
