package iplink

import (
	"errors"
	"fmt"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/macsecnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// ErrMACsecTruncated says that the kernel ended its list of MACsec links before
// all were in it, as it does, without a word, at a link whose channels take more
// than a message holds: some 60 with four associations each. What was made can
// be changed and dropped, but not be listed.
var ErrMACsecTruncated = fmt.Errorf("%w of all MACsec links: its list is truncated", errNotTold)

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
