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
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// ErrMACsecTruncated reports that the kernel ended its list of MACsec links early.
// It does so without an error at a link whose channels do not fit a message: some 60
// channels with four associations each. The channels and associations can be changed
// and deleted, but not listed.
var ErrMACsecTruncated = fmt.Errorf("%w of all MACsec links: its list is truncated", errNotReported)

// A MACsecSA is a secure association: a key, and the extent to which it is used up.
// A channel has up to four.
type MACsecSA struct {
	// AN is the number of the association, 0 to 3 (MACSEC_SA_ATTR_AN). Each frame
	// carries the number of the association that protects it.
	AN uint8 `word:"an,always" range:"0-3"`
	// PN is the number of the next packet: the first to be sent, or the lowest to be
	// received (MACSEC_SA_ATTR_PN). It is required, and is 1 to 2^32-1, or 1 to
	// 2^64-1 with an XPN cipher. A key must never be used twice for the same number.
	PN uint64 `word:"pn"`
	// Active enables the association; it is inactive by default
	// (MACSEC_SA_ATTR_ACTIVE).
	Active bool `word:"active"`
	// KeyID names the key; all zeros by default (MACSEC_SA_ATTR_KEYID).
	KeyID MACsecKeyID `word:"key_id"`
	// Key is the key, with the length that the cipher suite requires
	// (MACSEC_SA_ATTR_KEY). The kernel never reports it.
	Key MACsecKey `word:"key,secret"`
	// SSCI is the short identifier of the channel, 1 or more, and Salt the 12 bytes
	// that belong to it (MACSEC_SA_ATTR_SSCI, MACSEC_SA_ATTR_SALT). XPN ciphers
	// require them; the others have none. The kernel never reports the salt.
	SSCI uint32    `word:"ssci"`
	Salt MACsecKey `word:"salt,secret"` // see SSCI
}

// A MACsecRxSC is a secure channel for receiving: another station and its
// associations.
type MACsecRxSC struct {
	SCI    MACsecSCI  `word:"sci,required"`
	Active bool       `word:"active"`
	SAs    []MACsecSA `word:"sas"`
}

// wire returns the association for a request, with the bytes of the key itself.
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

// suite returns the cipher suite in the settings, or the default of a new link. It
// returns 0 for an existing link, which may have any suite.
func (m *MACsecInfo) suite(s *spec) macsecnl.Suite {
	switch {
	case s.Set.Has(uapi.IFLA_MACSEC_CIPHER_SUITE):
		return macsecnl.Suite(m.Cipher)
	case s.linkSet.Has(uapi.IFLA_LINK):
		return macsecnl.Suite(MACsecGCMAES128)
	}
	return 0
}

// checkSAs returns the reason why the associations and channels are invalid on a
// link with the cipher suite, or nil.
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

// A MACsecKey is a secret: the key of an association, 16 or 32 bytes as the cipher
// suite requires (MACSEC_SA_ATTR_KEY), or its salt, 12 bytes (MACSEC_SA_ATTR_SALT).
// The zero value has no bytes.
//
// All ways of printing a key produce the word "redacted", or "none" if it has no
// bytes. Copies share the bytes, so wiping one copy wipes them all.
type MACsecKey struct {
	// A function, which printers and reflection cannot look into.
	open func() *[]byte
}

// NewMACsecKey returns a key with a copy of b, which the caller may clear
// afterwards. The verbs check the length.
func NewMACsecKey(b []byte) MACsecKey {
	own := bytes.Clone(b)
	return MACsecKey{func() *[]byte { return &own }}
}

// ParseMACsecKey returns the key for hexadecimal digits, two for each byte, in the
// format of `ip macsec`. The error matches fs.ErrInvalid and does not repeat any
// digit. The string itself cannot be wiped; if that matters, use NewMACsecKey.
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

// Expose returns the bytes themselves, not a copy, or nil if there are none. It is
// the only access to them.
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

// Wipe overwrites the bytes with zeros, also those of all copies, which have no
// bytes from then on; verbs reject them. The library keeps no other copies; the
// kernel keeps its own as long as the association exists. No verb may be using the
// key during the call.
func (k MACsecKey) Wipe() {
	if k.open == nil {
		return
	}
	own := k.open()
	clear(*own)
	*own = nil
}

// Equal reports whether two keys have the same bytes, in a time that depends only on
// their lengths.
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

// GoString returns the result of String.
func (k MACsecKey) GoString() string {
	return k.String()
}

// Format writes the result of String for every verb.
func (k MACsecKey) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, k.String()) // fmt ignores the result of Write, too
}

// MarshalText returns the result of String, for JSON, package slog and others.
func (k MACsecKey) MarshalText() ([]byte, error) {
	return []byte(k.String()), nil
}

// UnmarshalText is ParseMACsecKey, and not the inverse of MarshalText.
func (k *MACsecKey) UnmarshalText(text []byte) error {
	key, err := ParseMACsecKey(string(text))
	if err == nil {
		*k = key
	}
	return err
}

// A MACsecKeyID is the name of a key. It is not secret: both ends and the logs use
// it to identify the key (MACSEC_SA_ATTR_KEYID). A shorter name is followed by
// zeros, as in `ip macsec`: MACsecKeyID{1} is its "01".
type MACsecKeyID [16]byte

// ParseMACsecKeyID returns the name for hexadecimal digits, two for each of up to 16
// bytes, in the format of `ip macsec`. The error matches fs.ErrInvalid.
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

// MarshalText returns the result of String.
func (id MACsecKeyID) MarshalText() ([]byte, error) {
	return []byte(id.String()), nil
}

// UnmarshalText is ParseMACsecKeyID.
func (id *MACsecKeyID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseMACsecKeyID(string(text))
	return err
}

// macsecCopied leaves out an SCI that a new link gets from its address, and one that the
// kernel refuses beside EndStation and SCB.
func macsecCopied(l *Link, s *own.Settings) {
	if v := l.Info.(*MACsecInfo); v.EndStation || v.SCB || v.SCI == MACsecSCIOf(l.Address, 1) {
		s.Set.Remove(uapi.IFLA_MACSEC_SCI)
	}
}

// saveTo is part of savable. Associations need a key, which the kernel does not report:
// they are named and left out, and their channels saved.
func (m *MACsecInfo) saveTo(s *spec) {
	b, ok := s.Info.(*MACsecInfo)
	if !ok {
		return
	}
	for _, sa := range m.TxSAs {
		s.leaveOutf("tx sa %d", sa.AN)
	}
	for _, c := range m.RxSCs {
		b.RxSCs = append(b.RxSCs, MACsecRxSC{SCI: c.SCI, Active: c.Active})
		for _, sa := range c.SAs {
			s.leaveOutf("rx sci %v sa %d", c.SCI, sa.AN)
		}
	}
	if len(b.RxSCs) > 0 {
		s.Set = s.Set.Or(attr.SetOf(own.MACsecRxSC, own.MACsecRxKey))
	}
}

// hasSAs reports whether there is an association, whose command has a key.
func (m *MACsecInfo) hasSAs() bool {
	has := len(m.TxSAs) > 0
	for _, c := range m.RxSCs {
		has = has || len(c.SAs) > 0
	}
	return has
}

// addCommands writes the commands for channels, unless others among them contain keys.
func (m *MACsecInfo) addCommands(w *commandWriter, s *spec) {
	if !m.hasSAs() {
		w.commands = append(w.commands, m.saCommands(macsecAdd(s))...)
	}
}

// keyCommands returns the commands for channels and associations, if there are keys. They
// cannot be executed, because they have "redacted" in place of a key.
func (m *MACsecInfo) keyCommands(s *spec) []string {
	if !m.hasSAs() {
		return nil
	}
	return m.saCommands(macsecAdd(s))
}

// macsecAdd returns the beginning of a command for a channel or an association.
func macsecAdd(s *spec) string {
	return fmt.Sprintf("%s macsec add %s", s.home().command(), attr.Quote(s.finalName()))
}
