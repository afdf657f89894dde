package macsec

import (
	"slices"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a MACsec link: it encrypts and checks the frames of
// its parent, IEEE 802.1AE.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for a MACsec link of that name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindMACsec, name, new(iplink.MACsecInfo))
	return b
}

// Info returns what the kernel reports of a MACsec link only, and false if link is of
// another kind.
func Info(link *iplink.Link) (*iplink.MACsecInfo, bool) {
	info, ok := link.Info.(*iplink.MACsecInfo)
	return info, ok
}

// set marks a setting as made and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.MACsecInfo {
	return own.Put[iplink.MACsecInfo](b.Own(b), number)
}

// SCI sets the identifier of the secure channel that the link sends by, by
// default the link's address and port 1. Two links on one parent cannot have
// the same. It cannot change later (IFLA_MACSEC_SCI).
func (b *Builder) SCI(sci iplink.MACsecSCI) *Builder {
	b.set(uapi.IFLA_MACSEC_SCI).SCI = sci
	return b
}

// Port sets the port of the SCI, 1 to 65535, 1 by default, and leaves the rest
// to the link's address. It cannot change later (IFLA_MACSEC_PORT).
//
// It hides the setter for settings as a port of a master, which is
// PortSettings.
func (b *Builder) Port(number uint16) *Builder {
	b.set(uapi.IFLA_MACSEC_PORT).Port = number
	return b
}

// Cipher sets the cipher suite, GCMAES128 by default. It cannot change
// later (IFLA_MACSEC_CIPHER_SUITE).
func (b *Builder) Cipher(cipher iplink.MACsecCipher) *Builder {
	b.set(uapi.IFLA_MACSEC_CIPHER_SUITE).Cipher = cipher
	return b
}

// ICVLen sets the length of the integrity check value, 8 to 16 bytes, 16 by
// default; others must be supported by the cipher, as 12 is. It cannot change
// later (IFLA_MACSEC_ICV_LEN).
func (b *Builder) ICVLen(bytes uint8) *Builder {
	b.set(uapi.IFLA_MACSEC_ICV_LEN).ICVLen = bytes
	return b
}

// Encrypt says whether frames are encrypted, rather than only protected against
// changes; off by default (IFLA_MACSEC_ENCRYPT).
func (b *Builder) Encrypt(on bool) *Builder {
	b.set(uapi.IFLA_MACSEC_ENCRYPT).Encrypt = on
	return b
}

// SendSCI says whether each frame carries the SCI; on by default. It cannot go
// with EndStation or SCB (IFLA_MACSEC_INC_SCI).
func (b *Builder) SendSCI(on bool) *Builder {
	b.set(uapi.IFLA_MACSEC_INC_SCI).SendSCI = on
	return b
}

// EndStation says whether frames without an SCI are from the station whose
// address they bear; off by default. To turn it on turns SendSCI off, unless
// that was set before (IFLA_MACSEC_ES).
func (b *Builder) EndStation(on bool) *Builder {
	b.set(uapi.IFLA_MACSEC_ES).EndStation = on
	b.withoutSCI(on)
	return b
}

// SCB says whether frames without an SCI are an EPON's single copy broadcast;
// off by default. To turn it on turns SendSCI off, unless that was set before
// (IFLA_MACSEC_SCB).
func (b *Builder) SCB(on bool) *Builder {
	b.set(uapi.IFLA_MACSEC_SCB).SCB = on
	b.withoutSCI(on)
	return b
}

// withoutSCI turns SendSCI off for a setting that says what the absence of the
// SCI means: the kernel would leave it on.
func (b *Builder) withoutSCI(on bool) {
	if on && !b.Own(b).Set.Has(uapi.IFLA_MACSEC_INC_SCI) {
		b.SendSCI(false)
	}
}

// Protect says whether frames carry an integrity check; on by default
// (IFLA_MACSEC_PROTECT).
func (b *Builder) Protect(on bool) *Builder {
	b.set(uapi.IFLA_MACSEC_PROTECT).Protect = on
	return b
}

// Replay says whether frames that are older than Window allows are dropped; off
// by default. To turn it on needs Window (IFLA_MACSEC_REPLAY_PROTECT).
func (b *Builder) Replay(on bool) *Builder {
	b.set(uapi.IFLA_MACSEC_REPLAY_PROTECT).Replay = on
	return b
}

// Window sets by how many packets a frame may be late; at most 2^30-1 with an
// XPN cipher. The kernel reports it only with Replay (IFLA_MACSEC_WINDOW).
func (b *Builder) Window(packets uint32) *Builder {
	b.set(uapi.IFLA_MACSEC_WINDOW).Window = packets
	return b
}

// Validate says what becomes of received frames that fail the check,
// Strict by default (IFLA_MACSEC_VALIDATION).
func (b *Builder) Validate(validation iplink.MACsecValidation) *Builder {
	b.set(uapi.IFLA_MACSEC_VALIDATION).Validate = validation
	return b
}

// EncodingSA sets the number of the association that the link sends by, 0 to 3,
// 0 by default (IFLA_MACSEC_ENCODING_SA).
func (b *Builder) EncodingSA(an uint8) *Builder {
	b.set(uapi.IFLA_MACSEC_ENCODING_SA).EncodingSA = an
	return b
}

// Offload says what part of the hardware does the work, OffloadOff by
// default. It changes only while the link is down and has no associations;
// Linux 6.1 takes it at creation only (IFLA_MACSEC_OFFLOAD).
func (b *Builder) Offload(offload iplink.MACsecOffload) *Builder {
	b.set(uapi.IFLA_MACSEC_OFFLOAD).Offload = offload
	return b
}

// TxSA adds associations that the link is to send by; it does by the one whose
// number is EncodingSA, if that is active. The keys are read when a verb is
// called: do not wipe them before.
//
// A key cannot be read back. Ensure and Diff take an association for the one
// that is wanted if it has the number and the KeyID, and they compare Active;
// the PN, which moves on, they leave alone. An association of the number with
// another KeyID is ErrImmutable: package macsec can rotate keys. What is not
// named here is not looked at. Update and Ensure come to associations after the
// link's other settings; if one is refused, the associations and channels are
// as they were.
//
// The key's length is checked against Cipher; only without Parent, for a link
// that must exist already, against the cipher suite that it has.
func (b *Builder) TxSA(sas ...iplink.MACsecSA) *Builder {
	b.set(own.MACsecTxSA)
	info := b.set(own.MACsecTxKey)
	info.TxSAs = slices.Concat(info.TxSAs, sas)
	return b
}

// RxSC adds a channel that frames are to be received by, of the station with an
// identifier, and its associations, for which TxSA has what holds. The channel
// is active. Without an association that is active nothing is received; frames
// from stations that have no channel are dropped if Validate is Strict.
func (b *Builder) RxSC(sci iplink.MACsecSCI, sas ...iplink.MACsecSA) *Builder {
	b.set(own.MACsecRxSC)
	info := b.set(own.MACsecRxKey)
	info.RxSCs = slices.Concat(info.RxSCs, []iplink.MACsecRxSC{{SCI: sci, Active: true, SAs: slices.Clone(sas)}})
	return b
}
