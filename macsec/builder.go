package macsec

import (
	"slices"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a MACsec link. It encrypts and verifies the frames of its
// parent, IEEE 802.1AE.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the MACsec link with the given name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindMACsec, name, new(iplink.MACsecInfo))
	return b
}

// Info returns the link's own MACsec settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.MACsecInfo, bool) {
	info, ok := link.Info.(*iplink.MACsecInfo)
	return info, ok
}

// set marks a setting as present and returns the struct that holds its value.
func (b *Builder) set(number uint16) *iplink.MACsecInfo {
	return own.Put[iplink.MACsecInfo](b.Own(b), number)
}

// SCI sets the identifier of the link's transmit secure channel. The default is the
// link's address with port 1. Two links on one parent cannot have the same
// identifier. It cannot change later (IFLA_MACSEC_SCI).
func (b *Builder) SCI(sci iplink.MACsecSCI) *Builder {
	b.set(uapi.IFLA_MACSEC_SCI).SCI = sci
	return b
}

// Port sets the port of the SCI, 1 to 65535, 1 by default. The link's address
// completes the SCI. It cannot change later (IFLA_MACSEC_PORT).
//
// Port hides the setter for the settings of a master's port; use PortSettings for
// those.
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

// ICVLen sets the length of the integrity check value, 8 to 16 bytes, 16 by default.
// The cipher must support other lengths; it supports 12. It cannot change later
// (IFLA_MACSEC_ICV_LEN).
func (b *Builder) ICVLen(bytes uint8) *Builder {
	b.set(uapi.IFLA_MACSEC_ICV_LEN).ICVLen = bytes
	return b
}

// Encrypt sets whether frames are encrypted, rather than only protected against
// changes; off by default (IFLA_MACSEC_ENCRYPT).
func (b *Builder) Encrypt(on bool) *Builder {
	b.set(uapi.IFLA_MACSEC_ENCRYPT).Encrypt = on
	return b
}

// SendSCI sets whether each frame carries the SCI; on by default. It excludes
// EndStation and SCB (IFLA_MACSEC_INC_SCI).
func (b *Builder) SendSCI(on bool) *Builder {
	b.set(uapi.IFLA_MACSEC_INC_SCI).SendSCI = on
	return b
}

// EndStation declares that frames without an SCI come from the station of their
// source address; off by default. Turning it on turns SendSCI off, unless SendSCI
// was called before (IFLA_MACSEC_ES).
func (b *Builder) EndStation(on bool) *Builder {
	b.set(uapi.IFLA_MACSEC_ES).EndStation = on
	b.withoutSCI(on)
	return b
}

// SCB declares that frames without an SCI are an EPON's single copy broadcast; off
// by default. Turning it on turns SendSCI off, unless SendSCI was called before
// (IFLA_MACSEC_SCB).
func (b *Builder) SCB(on bool) *Builder {
	b.set(uapi.IFLA_MACSEC_SCB).SCB = on
	b.withoutSCI(on)
	return b
}

// withoutSCI turns SendSCI off for a setting that defines the meaning of a missing
// SCI. The kernel would leave SendSCI on.
func (b *Builder) withoutSCI(on bool) {
	if on && !b.Own(b).Set.Has(uapi.IFLA_MACSEC_INC_SCI) {
		b.SendSCI(false)
	}
}

// Protect sets whether frames carry an integrity check value; on by default
// (IFLA_MACSEC_PROTECT).
func (b *Builder) Protect(on bool) *Builder {
	b.set(uapi.IFLA_MACSEC_PROTECT).Protect = on
	return b
}

// Replay sets whether frames older than Window allows are dropped; off by default.
// Turning it on requires Window (IFLA_MACSEC_REPLAY_PROTECT).
func (b *Builder) Replay(on bool) *Builder {
	b.set(uapi.IFLA_MACSEC_REPLAY_PROTECT).Replay = on
	return b
}

// Window sets the number of packets by which a frame may be late, at most 2^30-1
// with an XPN cipher. The kernel reports it only with Replay (IFLA_MACSEC_WINDOW).
func (b *Builder) Window(packets uint32) *Builder {
	b.set(uapi.IFLA_MACSEC_WINDOW).Window = packets
	return b
}

// Validate sets the treatment of received frames that fail verification, Strict by
// default (IFLA_MACSEC_VALIDATION).
func (b *Builder) Validate(validation iplink.MACsecValidation) *Builder {
	b.set(uapi.IFLA_MACSEC_VALIDATION).Validate = validation
	return b
}

// EncodingSA sets the number of the association with which the link sends, 0 to 3, 0
// by default (IFLA_MACSEC_ENCODING_SA).
func (b *Builder) EncodingSA(an uint8) *Builder {
	b.set(uapi.IFLA_MACSEC_ENCODING_SA).EncodingSA = an
	return b
}

// Offload selects the hardware that does the work, OffloadOff by default. It can
// change only while the link is down and has no associations. Linux 6.1 accepts it
// at creation only (IFLA_MACSEC_OFFLOAD).
func (b *Builder) Offload(offload iplink.MACsecOffload) *Builder {
	b.set(uapi.IFLA_MACSEC_OFFLOAD).Offload = offload
	return b
}

// TxSA adds transmit associations. The link sends with the association whose number
// is EncodingSA, if it is active. The keys are read when a verb is called, so they
// must not be wiped before that.
//
// A key cannot be read back. Ensure and Diff treat an existing association as the
// wanted one if its number and KeyID match. They compare Active and ignore the PN,
// which changes constantly. If the number matches but the KeyID differs, the error
// is ErrImmutable; package macsec can rotate keys. Associations that are not named
// here are ignored. Update and Ensure change associations after the link's other
// settings. If an association is rejected, all associations and channels are
// restored.
//
// The key's length is checked against Cipher. Without Parent the link must already
// exist, and the key's length is checked against the link's cipher suite instead.
func (b *Builder) TxSA(sas ...iplink.MACsecSA) *Builder {
	b.set(own.MACsecTxSA)
	info := b.set(own.MACsecTxKey)
	info.TxSAs = slices.Concat(info.TxSAs, sas)
	return b
}

// RxSC adds a receive channel for the station with the given identifier, and the
// channel's associations; the rules of TxSA apply to them. The channel is active.
// Without an active association, the channel receives nothing. Frames from stations
// without a channel are dropped if Validate is Strict.
func (b *Builder) RxSC(sci iplink.MACsecSCI, sas ...iplink.MACsecSA) *Builder {
	b.set(own.MACsecRxSC)
	info := b.set(own.MACsecRxKey)
	info.RxSCs = slices.Concat(info.RxSCs, []iplink.MACsecRxSC{{SCI: sci, Active: true, SAs: slices.Clone(sas)}})
	return b
}
