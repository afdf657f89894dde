package iplink

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

var macsecKind = kind{
	config:    "MACSEC",
	info:      func() info { return new(MACsecInfo) },
	mtu:       [2]uint32{0, 65535},
	parent:    true,
	later:     attr.SetOf(uapi.IFLA_MTU),
	whileDown: attr.SetOf(uapi.IFLA_MACSEC_OFFLOAD),
	before:    macsecBefore,
	reason:    macsecReason,
	overhead:  macsecOverhead,
}

// MACsecInfo is what the kernel says of a MACsec link, IEEE 802.1AE.
type MACsecInfo struct {
	// SCI identifies the secure channel that the link sends by
	// (IFLA_MACSEC_SCI), and Port is its part that tells links with one
	// address apart (IFLA_MACSEC_PORT).
	SCI  MACsecSCI
	Port uint16
	// ICVLen is the length of the integrity check value in bytes
	// (IFLA_MACSEC_ICV_LEN).
	ICVLen uint8
	// Cipher is the cipher suite (IFLA_MACSEC_CIPHER_SUITE).
	Cipher MACsecCipher
	// EncodingSA is the number of the association that the link sends by, 0
	// to 3 (IFLA_MACSEC_ENCODING_SA).
	EncodingSA uint8
	// Encrypt encrypts frames (IFLA_MACSEC_ENCRYPT), and Protect adds the
	// integrity check to them (IFLA_MACSEC_PROTECT).
	Encrypt, Protect bool
	// SendSCI puts the SCI into each frame (IFLA_MACSEC_INC_SCI); EndStation
	// and SCB say what its absence means (IFLA_MACSEC_ES, IFLA_MACSEC_SCB).
	SendSCI, EndStation, SCB bool
	// Replay drops frames that are older than Window allows
	// (IFLA_MACSEC_REPLAY_PROTECT, IFLA_MACSEC_WINDOW). The kernel reports
	// Window only with Replay.
	Replay bool
	Window uint32
	// Validate says what becomes of received frames that fail the check
	// (IFLA_MACSEC_VALIDATION).
	Validate MACsecValidation
	// Offload says what part of the hardware does the work
	// (IFLA_MACSEC_OFFLOAD). Linux 6.1 does not report it.
	Offload MACsecOffload
	// TxSAs are the associations that the link can send by, and RxSCs the
	// channels that it receives by (MACSEC_ATTR_TXSA_LIST,
	// MACSEC_ATTR_RXSC_LIST), without keys. They are there only in what the
	// verbs of a builder return that sets some; package macsec has them always,
	// with their counters.
	TxSAs []MACsecSA
	RxSCs []MACsecRxSC
}

func (m *MACsecInfo) attrs(c *attr.Codec) {
	attr.Custom(c.CreateOnly(), uapi.IFLA_MACSEC_SCI, "sci", (*macsecSCI)(&m.SCI))
	attr.BE16(c.WriteOnly().CreateOnly(), uapi.IFLA_MACSEC_PORT, "port", &m.Port, 1, 65535)
	attr.Custom(c.CreateOnly(), uapi.IFLA_MACSEC_CIPHER_SUITE, "cipher", (*macsecCipher)(&m.Cipher))
	attr.U8(c.CreateOnly(), uapi.IFLA_MACSEC_ICV_LEN, "icvlen", &m.ICVLen, 8, 16)
	attr.OnOff(c, uapi.IFLA_MACSEC_ENCRYPT, "encrypt", &m.Encrypt)
	attr.OnOff(c, uapi.IFLA_MACSEC_INC_SCI, "send_sci", &m.SendSCI)
	attr.OnOff(c, uapi.IFLA_MACSEC_ES, "end_station", &m.EndStation)
	attr.OnOff(c, uapi.IFLA_MACSEC_SCB, "scb", &m.SCB)
	attr.OnOff(c, uapi.IFLA_MACSEC_PROTECT, "protect", &m.Protect)
	attr.OnOff(c, uapi.IFLA_MACSEC_REPLAY_PROTECT, "replay", &m.Replay)
	attr.U32(c.MayHide(), uapi.IFLA_MACSEC_WINDOW, "window", &m.Window)
	attr.Enum(c, uapi.IFLA_MACSEC_VALIDATION, "validate", &m.Validate, macsecValidations)
	attr.U8(c, uapi.IFLA_MACSEC_ENCODING_SA, "encodingsa", &m.EncodingSA, 0, 3)
	attr.Enum(c.MayHide(), uapi.IFLA_MACSEC_OFFLOAD, "offload", &m.Offload, macsecOffloads)
	attr.Skip(c, uapi.IFLA_MACSEC_PAD)
	if m.TxSAs != nil || m.RxSCs != nil {
		m.saRows(c)
	}
}

// complete takes the port from the SCI, where the kernel reports it.
func (m *MACsecInfo) complete(*Link) {
	m.Port = m.SCI.Port()
}
