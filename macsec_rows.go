package iplink

import (
	"fmt"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
)

// macsecApart is what goes over generic netlink.
var macsecApart = attr.SetOf(own.MACsecTxSA, own.MACsecTxKey, own.MACsecRxSC, own.MACsecRxKey)

// saRows are the rows of channels and associations.
func (m *MACsecInfo) saRows(c *attr.Codec) {
	attr.Custom(c.Wordless().MayHide(), own.MACsecTxSA, "tx sa", &macsecPart{m, hasTxSAs, appendTxSAs})
	attr.Custom(c.Wordless().MayHide().CreateOnly(), own.MACsecTxKey, "tx sa key", &macsecPart{m, hasTxKeys, appendTxKeys})
	attr.Custom(c.Wordless().MayHide(), own.MACsecRxSC, "rx", &macsecPart{m, hasRxSCs, appendRxSCs})
	attr.Custom(c.Wordless().MayHide().CreateOnly(), own.MACsecRxKey, "rx sa key", &macsecPart{m, hasRxKeys, appendRxKeys})
}

// A macsecPart is some of a link's channels and associations, as what a row
// holds.
type macsecPart struct {
	of     *MACsecInfo
	within func(want, have *MACsecInfo) bool
	words  func([]byte, *MACsecInfo) []byte
}

// AppendPayload appends nothing: no request of the link holds it.
func (p *macsecPart) AppendPayload(b []byte) []byte { return b }

// ParsePayload takes nothing: no report of the link holds it.
func (p *macsecPart) ParsePayload([]byte) error { return nil }

// Check finds nothing wrong: what is depends on the cipher suite, see require.
func (p *macsecPart) Check() error { return nil }

// AppendWords appends the words of `ip macsec`, without keys.
func (p *macsecPart) AppendWords(b []byte) []byte { return p.words(b, p.of) }

// Within reports whether have has what is wanted.
func (p *macsecPart) Within(have attr.Payload) bool {
	h, ok := have.(*macsecPart)
	return ok && p.within(p.of, h.of)
}

func hasTxSAs(want, have *MACsecInfo) bool {
	return hasSAs(want.TxSAs, have.TxSAs)
}

// hasSAs reports whether have has the associations that are wanted, with
// whatever keys.
func hasSAs(want, have []MACsecSA) bool {
	for _, w := range want {
		if h := findSA(have, w.AN); h == nil || h.Active != w.Active {
			return false
		}
	}
	return true
}

func hasTxKeys(want, have *MACsecInfo) bool {
	return sameKeys(want.TxSAs, have.TxSAs)
}

// sameKeys reports whether those associations that are wanted and there have
// the keys that are wanted, as far as the kernel tells.
func sameKeys(want, have []MACsecSA) bool {
	for _, w := range want {
		if h := findSA(have, w.AN); h != nil && (h.KeyID != w.KeyID || h.SSCI != w.SSCI) {
			return false
		}
	}
	return true
}

func hasRxSCs(want, have *MACsecInfo) bool {
	for _, w := range want.RxSCs {
		if h := findRxSC(have.RxSCs, w.SCI); h == nil || h.Active != w.Active || !hasSAs(w.SAs, h.SAs) {
			return false
		}
	}
	return true
}

func hasRxKeys(want, have *MACsecInfo) bool {
	for _, w := range want.RxSCs {
		if h := findRxSC(have.RxSCs, w.SCI); h != nil && !sameKeys(w.SAs, h.SAs) {
			return false
		}
	}
	return true
}

// findSA returns the association with a number, nil if there is none.
func findSA(sas []MACsecSA, an uint8) *MACsecSA {
	for i := range sas {
		if sas[i].AN == an {
			return &sas[i]
		}
	}
	return nil
}

// findRxSC returns the channel with an identifier, nil if there is none.
func findRxSC(channels []MACsecRxSC, sci MACsecSCI) *MACsecRxSC {
	for i := range channels {
		if channels[i].SCI == sci {
			return &channels[i]
		}
	}
	return nil
}

func appendTxSAs(b []byte, m *MACsecInfo) []byte { return appendSAs(b, m.TxSAs) }

// appendSAs appends numbers and states, such as "sa 0 on sa 1 off".
func appendSAs(b []byte, sas []MACsecSA) []byte {
	for _, sa := range sas {
		b = fmt.Appendf(b, "sa %d %s ", sa.AN, onOff(sa.Active))
	}
	return b
}

func appendTxKeys(b []byte, m *MACsecInfo) []byte { return appendKeys(b, m.TxSAs) }

// appendKeys appends numbers and the names of keys.
func appendKeys(b []byte, sas []MACsecSA) []byte {
	for _, sa := range sas {
		b = fmt.Appendf(b, "sa %d ", sa.AN)
		if sa.SSCI != 0 {
			b = fmt.Appendf(b, "ssci %x ", sa.SSCI)
		}
		b = fmt.Appendf(b, "key %v ", sa.KeyID)
	}
	return b
}

func appendRxSCs(b []byte, m *MACsecInfo) []byte {
	for _, c := range m.RxSCs {
		b = appendSAs(fmt.Appendf(b, "sci %v %s ", c.SCI, onOff(c.Active)), c.SAs)
	}
	return b
}

func appendRxKeys(b []byte, m *MACsecInfo) []byte {
	for _, c := range m.RxSCs {
		b = appendKeys(fmt.Appendf(b, "sci %v ", c.SCI), c.SAs)
	}
	return b
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
