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

// MACsec is the builder for a MACsec link: it encrypts and checks the frames of
// its parent, IEEE 802.1AE.
type MACsec struct {
	builder[MACsec]
	info MACsecInfo
}

// NewMACsec returns the builder for a MACsec link of that name; see package
// macsec.
func NewMACsec(name string) *MACsec {
	m := new(MACsec)
	return m.start(m, KindMACsec, name)
}

func (m *MACsec) settings() info {
	return &m.info
}

// PortSettings sets what the link has as a port of its master; it is what Port
// is for other kinds.
func (m *MACsec) PortSettings(port PortSpec) *MACsec {
	return m.builder.Port(port)
}

// SCI sets the identifier of the secure channel that the link sends by, by
// default the link's address and port 1. Two links on one parent cannot have
// the same. It cannot change later (IFLA_MACSEC_SCI).
func (m *MACsec) SCI(sci MACsecSCI) *MACsec {
	m.info.SCI = sci
	return m.with(uapi.IFLA_MACSEC_SCI)
}

// Port sets the port of the SCI, 1 to 65535, 1 by default, and leaves the rest
// to the link's address. It cannot change later (IFLA_MACSEC_PORT).
//
// It hides the setter for settings as a port of a master, which is
// PortSettings.
func (m *MACsec) Port(number uint16) *MACsec {
	m.info.Port = number
	return m.with(uapi.IFLA_MACSEC_PORT)
}

// Cipher sets the cipher suite, MACsecGCMAES128 by default. It cannot change
// later (IFLA_MACSEC_CIPHER_SUITE).
func (m *MACsec) Cipher(cipher MACsecCipher) *MACsec {
	m.info.Cipher = cipher
	return m.with(uapi.IFLA_MACSEC_CIPHER_SUITE)
}

// ICVLen sets the length of the integrity check value, 8 to 16 bytes, 16 by
// default; others must be supported by the cipher, as 12 is. It cannot change
// later (IFLA_MACSEC_ICV_LEN).
func (m *MACsec) ICVLen(bytes uint8) *MACsec {
	m.info.ICVLen = bytes
	return m.with(uapi.IFLA_MACSEC_ICV_LEN)
}

// Encrypt says whether frames are encrypted, rather than only protected against
// changes; off by default (IFLA_MACSEC_ENCRYPT).
func (m *MACsec) Encrypt(on bool) *MACsec {
	m.info.Encrypt = on
	return m.with(uapi.IFLA_MACSEC_ENCRYPT)
}

// SendSCI says whether each frame carries the SCI; on by default. It cannot go
// with EndStation or SCB (IFLA_MACSEC_INC_SCI).
func (m *MACsec) SendSCI(on bool) *MACsec {
	m.info.SendSCI = on
	return m.with(uapi.IFLA_MACSEC_INC_SCI)
}

// EndStation says whether frames without an SCI are from the station whose
// address they bear; off by default. To turn it on turns SendSCI off, unless
// that was set before (IFLA_MACSEC_ES).
func (m *MACsec) EndStation(on bool) *MACsec {
	m.info.EndStation = on
	m.withoutSCI(on)
	return m.with(uapi.IFLA_MACSEC_ES)
}

// SCB says whether frames without an SCI are an EPON's single copy broadcast;
// off by default. To turn it on turns SendSCI off, unless that was set before
// (IFLA_MACSEC_SCB).
func (m *MACsec) SCB(on bool) *MACsec {
	m.info.SCB = on
	m.withoutSCI(on)
	return m.with(uapi.IFLA_MACSEC_SCB)
}

// withoutSCI turns SendSCI off for a setting that says what the absence of the
// SCI means: the kernel would leave it on.
func (m *MACsec) withoutSCI(on bool) {
	if on && !m.spec.set.Has(uapi.IFLA_MACSEC_INC_SCI) {
		m.SendSCI(false)
	}
}

// Protect says whether frames carry an integrity check; on by default
// (IFLA_MACSEC_PROTECT).
func (m *MACsec) Protect(on bool) *MACsec {
	m.info.Protect = on
	return m.with(uapi.IFLA_MACSEC_PROTECT)
}

// Replay says whether frames that are older than Window allows are dropped; off
// by default. To turn it on needs Window (IFLA_MACSEC_REPLAY_PROTECT).
func (m *MACsec) Replay(on bool) *MACsec {
	m.info.Replay = on
	return m.with(uapi.IFLA_MACSEC_REPLAY_PROTECT)
}

// Window sets by how many packets a frame may be late; at most 2^30-1 with an
// XPN cipher. The kernel reports it only with Replay (IFLA_MACSEC_WINDOW).
func (m *MACsec) Window(packets uint32) *MACsec {
	m.info.Window = packets
	return m.with(uapi.IFLA_MACSEC_WINDOW)
}

// Validate says what becomes of received frames that fail the check,
// MACsecStrict by default (IFLA_MACSEC_VALIDATION).
func (m *MACsec) Validate(validation MACsecValidation) *MACsec {
	m.info.Validate = validation
	return m.with(uapi.IFLA_MACSEC_VALIDATION)
}

// EncodingSA sets the number of the association that the link sends by, 0 to 3,
// 0 by default (IFLA_MACSEC_ENCODING_SA).
func (m *MACsec) EncodingSA(an uint8) *MACsec {
	m.info.EncodingSA = an
	return m.with(uapi.IFLA_MACSEC_ENCODING_SA)
}

// Offload says what part of the hardware does the work, MACsecOffloadOff by
// default. It changes only while the link is down and has no associations;
// Linux 6.1 takes it at creation only (IFLA_MACSEC_OFFLOAD).
func (m *MACsec) Offload(offload MACsecOffload) *MACsec {
	m.info.Offload = offload
	return m.with(uapi.IFLA_MACSEC_OFFLOAD)
}
