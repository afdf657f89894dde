package macsecnl

import (
	"fmt"
	"math"

	"github.com/iplink-go/iplink/internal/uapi"
)

// A Suite is a cipher suite by its number; 0 is one that is not known yet.
type Suite uint64

// SuiteOf returns the suite of a number that the kernel reports: that of
// GCM-AES-128 is the one that it had before the standard changed it.
func SuiteOf(number uint64) Suite {
	if number == uapi.MACSEC_DEFAULT_CIPHER_ID {
		return uapi.MACSEC_CIPHER_ID_GCM_AES_128
	}
	return Suite(number)
}

// XPN reports whether packets have 64-bit numbers.
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

// String returns the word of iproute2.
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

// A Flaw is what is wrong with a setting, before anything is sent: its word, and
// the text.
type Flaw struct{ Word, Text string }

func flaw(word, format string, args ...any) *Flaw {
	return &Flaw{word, fmt.Sprintf(format, args...)}
}

// Check returns what is wrong with an association to be made on a link with a
// cipher suite, nil if nothing. The kernel would refuse it with a bare EINVAL.
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

// suite is what the association itself says of a suite that is not known.
func (sa *SA) suite(s Suite) Suite {
	switch {
	case s != 0:
		return s
	case sa.SSCI != 0 || len(sa.Salt) > 0:
		return uapi.MACSEC_CIPHER_ID_GCM_AES_XPN_128
	}
	return uapi.MACSEC_CIPHER_ID_GCM_AES_128
}

// CheckAN returns what is wrong with the number of an association.
func CheckAN(an uint8) *Flaw {
	if an >= uapi.MACSEC_NUM_AN {
		return flaw("an", "%d is not in 0…%d", an, uapi.MACSEC_NUM_AN-1)
	}
	return nil
}

// CheckPN returns what is wrong with the number of a packet.
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

// checkXPN checks what an XPN cipher needs; with one that is not known, either
// all of it or nothing.
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
// numbers. It returns also the one at fault.
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

// CheckSCI returns what is wrong with the identifier of a channel.
func CheckSCI(sci SCI) *Flaw {
	if sci == (SCI{}) {
		return flaw("sci", "the zero SCI is none: it needs an address of 6 bytes, and a port")
	}
	return nil
}
