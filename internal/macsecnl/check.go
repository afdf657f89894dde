package macsecnl

import (
	"fmt"
	"math"

	"github.com/iplink-go/iplink/internal/uapi"
)

// A Suite is a cipher suite by its number; 0 stands for an unknown suite.
type Suite uint64

// SuiteOf returns the suite for a number that the kernel reports. The kernel reports
// GCM-AES-128 by its old number, from before the standard changed it.
func SuiteOf(number uint64) Suite {
	if number == uapi.MACSEC_DEFAULT_CIPHER_ID {
		return uapi.MACSEC_CIPHER_ID_GCM_AES_128
	}
	return Suite(number)
}

// XPN reports whether packet numbers have 64 bits.
func (s Suite) XPN() bool {
	return s == uapi.MACSEC_CIPHER_ID_GCM_AES_XPN_128 || s == uapi.MACSEC_CIPHER_ID_GCM_AES_XPN_256
}

// keyLen returns the length of a key in bytes.
func (s Suite) keyLen() int {
	if s == uapi.MACSEC_CIPHER_ID_GCM_AES_256 || s == uapi.MACSEC_CIPHER_ID_GCM_AES_XPN_256 {
		return 32
	}
	return 16
}

// String returns iproute2's name of the suite.
func (s Suite) String() string {
	switch s {
	case uapi.MACSEC_CIPHER_ID_GCM_AES_128:
		return "gcm-aes-128"
	case uapi.MACSEC_CIPHER_ID_GCM_AES_256:
		return "gcm-aes-256"
	case uapi.MACSEC_CIPHER_ID_GCM_AES_XPN_128:
		return "gcm-aes-xpn-128"
	case uapi.MACSEC_CIPHER_ID_GCM_AES_XPN_256:
		return "gcm-aes-xpn-256"
	}
	return fmt.Sprintf("cipher %#016x", uint64(s))
}

// A Flaw is an invalid setting, found before anything is sent: iproute2's word for
// the setting, and a description.
type Flaw struct{ Word, Text string }

func flaw(word, format string, args ...any) *Flaw {
	return &Flaw{word, fmt.Sprintf(format, args...)}
}

// Check returns the flaw of an association to be added to a link with the given
// cipher suite, or nil. The kernel would reject it with a bare EINVAL.
func (sa *SA) Check(suite Suite) *Flaw {
	if f := CheckAN(sa.AN); f != nil {
		return f
	}
	if f := CheckPN(sa.PN, sa.suite(suite)); f != nil {
		return f
	}
	if f := sa.checkKey(suite); f != nil {
		return f
	}
	if suite != 0 && !suite.XPN() {
		return sa.checkNoXPN(suite)
	}
	return sa.checkXPN(suite)
}

// suite returns s, or, if s is unknown, the suite that the association's fields
// imply.
func (sa *SA) suite(s Suite) Suite {
	switch {
	case s != 0:
		return s
	case sa.SSCI != 0 || len(sa.Salt) > 0:
		return uapi.MACSEC_CIPHER_ID_GCM_AES_XPN_128
	}
	return uapi.MACSEC_CIPHER_ID_GCM_AES_128
}

// CheckAN returns the flaw of an association number, or nil.
func CheckAN(an uint8) *Flaw {
	if an >= uapi.MACSEC_NUM_AN {
		return flaw("an", "%d is not in 0…%d", an, uapi.MACSEC_NUM_AN-1)
	}
	return nil
}

// CheckPN returns the flaw of a packet number, or nil.
func CheckPN(pn uint64, suite Suite) *Flaw {
	most := uint64(math.MaxUint32)
	if suite.XPN() {
		most = math.MaxUint64
	}
	switch {
	case pn == 0:
		return flaw("pn", "0 is not in 1…%d", most)
	case pn > most:
		return flaw("pn", "%d is not in 1…%d: only XPN ciphers have more than 32 bits", pn, most)
	}
	return nil
}

func (sa *SA) checkKey(suite Suite) *Flaw {
	switch n := len(sa.Key); {
	case n == 0:
		return flaw("key", "there is none, or it was wiped")
	case suite == 0 && n != 16 && n != 32:
		return flaw("key", "%d bytes, where 16 or 32 are due", n)
	case suite != 0 && n != suite.keyLen():
		return flaw("key", "%d bytes, where %d are due with %v", n, suite.keyLen(), suite)
	}
	return nil
}

func (sa *SA) checkNoXPN(suite Suite) *Flaw {
	switch {
	case sa.SSCI != 0:
		return flaw("ssci", "only XPN ciphers have one, and the link's is %v", suite)
	case len(sa.Salt) > 0:
		return flaw("salt", "only XPN ciphers have one, and the link's is %v", suite)
	}
	return nil
}

// checkXPN checks the fields that an XPN cipher needs. If the suite is unknown,
// either all of them or none must be set.
func (sa *SA) checkXPN(suite Suite) *Flaw {
	switch n := len(sa.Salt); {
	case suite == 0 && n == 0 && sa.SSCI == 0:
		return nil
	case sa.SSCI == 0:
		return flaw("ssci", "an XPN cipher needs one, 1 or more")
	case n == 0:
		return flaw("salt", "an XPN cipher needs one, and there is none, or it was wiped")
	case n != uapi.MACSEC_SALT_LEN:
		return flaw("salt", "%d bytes, where %d are due", n, uapi.MACSEC_SALT_LEN)
	}
	return nil
}

// CheckSAs checks the associations of one channel, which must have different
// numbers. It also returns the invalid association.
func CheckSAs(sas []SA, suite Suite) (*SA, *Flaw) {
	var taken [uapi.MACSEC_NUM_AN]bool
	for i := range sas {
		sa := &sas[i]
		if f := sa.Check(suite); f != nil {
			return sa, f
		}
		if taken[sa.AN] {
			return sa, flaw("an", "two associations of one channel have this number")
		}
		taken[sa.AN] = true
	}
	return nil, nil
}

// CheckSCI returns the flaw of a channel identifier, or nil.
func CheckSCI(sci SCI) *Flaw {
	if sci == (SCI{}) {
		return flaw("sci", "the zero SCI is none: it needs an address of 6 bytes, and a port")
	}
	return nil
}
