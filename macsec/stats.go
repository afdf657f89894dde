package macsec

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// SecYStats counts the frames of a link that no channel counts
// (MACSEC_SECY_STATS_ATTR_…), by the names of IEEE 802.1AE.
type SecYStats struct {
	OutPktsUntagged  uint64 // sent without protection, as Protect is off
	InPktsUntagged   uint64 // received without protection, and taken
	OutPktsTooLong   uint64 // dropped, as they exceed the parent's MTU
	InPktsNoTag      uint64 // dropped, as they have no protection
	InPktsBadTag     uint64 // dropped, as the tag is invalid or the number 0
	InPktsUnknownSCI uint64 // of unknown channels, and taken
	InPktsNoSCI      uint64 // of unknown channels, and dropped
	InPktsOverrun    uint64 // dropped for want of resources
}

func (s *SecYStats) attrs(c *attr.Codec) {
	attr.U64(c, uapi.MACSEC_SECY_STATS_ATTR_OUT_PKTS_UNTAGGED, "OutPktsUntagged", &s.OutPktsUntagged)
	attr.U64(c, uapi.MACSEC_SECY_STATS_ATTR_IN_PKTS_UNTAGGED, "InPktsUntagged", &s.InPktsUntagged)
	attr.U64(c, uapi.MACSEC_SECY_STATS_ATTR_OUT_PKTS_TOO_LONG, "OutPktsTooLong", &s.OutPktsTooLong)
	attr.U64(c, uapi.MACSEC_SECY_STATS_ATTR_IN_PKTS_NO_TAG, "InPktsNoTag", &s.InPktsNoTag)
	attr.U64(c, uapi.MACSEC_SECY_STATS_ATTR_IN_PKTS_BAD_TAG, "InPktsBadTag", &s.InPktsBadTag)
	attr.U64(c, uapi.MACSEC_SECY_STATS_ATTR_IN_PKTS_UNKNOWN_SCI, "InPktsUnknownSCI", &s.InPktsUnknownSCI)
	attr.U64(c, uapi.MACSEC_SECY_STATS_ATTR_IN_PKTS_NO_SCI, "InPktsNoSCI", &s.InPktsNoSCI)
	attr.U64(c, uapi.MACSEC_SECY_STATS_ATTR_IN_PKTS_OVERRUN, "InPktsOverrun", &s.InPktsOverrun)
}

// TxSCStats counts what a link has sent (MACSEC_TXSC_STATS_ATTR_…).
type TxSCStats struct {
	OutPktsProtected   uint64 // frames that are protected and not encrypted
	OutPktsEncrypted   uint64 // frames that are encrypted as well
	OutOctetsProtected uint64 // the bytes of the former
	OutOctetsEncrypted uint64 // the bytes of the latter
}

func (s *TxSCStats) attrs(c *attr.Codec) {
	attr.U64(c, uapi.MACSEC_TXSC_STATS_ATTR_OUT_PKTS_PROTECTED, "OutPktsProtected", &s.OutPktsProtected)
	attr.U64(c, uapi.MACSEC_TXSC_STATS_ATTR_OUT_PKTS_ENCRYPTED, "OutPktsEncrypted", &s.OutPktsEncrypted)
	attr.U64(c, uapi.MACSEC_TXSC_STATS_ATTR_OUT_OCTETS_PROTECTED, "OutOctetsProtected", &s.OutOctetsProtected)
	attr.U64(c, uapi.MACSEC_TXSC_STATS_ATTR_OUT_OCTETS_ENCRYPTED, "OutOctetsEncrypted", &s.OutOctetsEncrypted)
}

// RxSCStats counts what was received by a channel
// (MACSEC_RXSC_STATS_ATTR_…).
type RxSCStats struct {
	InOctetsValidated uint64 // bytes of frames that are protected only
	InOctetsDecrypted uint64 // bytes of frames that are encrypted
	InPktsUnchecked   uint64 // frames that were not checked, and taken
	InPktsDelayed     uint64 // valid, older than Window allows, and taken
	InPktsOK          uint64 // valid
	InPktsInvalid     uint64 // not valid, and taken
	InPktsLate        uint64 // dropped, as they are older than Window allows
	InPktsNotValid    uint64 // not valid, and dropped
	InPktsNotUsingSA  uint64 // dropped, as their association is not active
	InPktsUnusedSA    uint64 // taken, though their association is not active
}

func (s *RxSCStats) attrs(c *attr.Codec) {
	attr.U64(c, uapi.MACSEC_RXSC_STATS_ATTR_IN_OCTETS_VALIDATED, "InOctetsValidated", &s.InOctetsValidated)
	attr.U64(c, uapi.MACSEC_RXSC_STATS_ATTR_IN_OCTETS_DECRYPTED, "InOctetsDecrypted", &s.InOctetsDecrypted)
	attr.U64(c, uapi.MACSEC_RXSC_STATS_ATTR_IN_PKTS_UNCHECKED, "InPktsUnchecked", &s.InPktsUnchecked)
	attr.U64(c, uapi.MACSEC_RXSC_STATS_ATTR_IN_PKTS_DELAYED, "InPktsDelayed", &s.InPktsDelayed)
	attr.U64(c, uapi.MACSEC_RXSC_STATS_ATTR_IN_PKTS_OK, "InPktsOK", &s.InPktsOK)
	attr.U64(c, uapi.MACSEC_RXSC_STATS_ATTR_IN_PKTS_INVALID, "InPktsInvalid", &s.InPktsInvalid)
	attr.U64(c, uapi.MACSEC_RXSC_STATS_ATTR_IN_PKTS_LATE, "InPktsLate", &s.InPktsLate)
	attr.U64(c, uapi.MACSEC_RXSC_STATS_ATTR_IN_PKTS_NOT_VALID, "InPktsNotValid", &s.InPktsNotValid)
	attr.U64(c, uapi.MACSEC_RXSC_STATS_ATTR_IN_PKTS_NOT_USING_SA, "InPktsNotUsingSA", &s.InPktsNotUsingSA)
	attr.U64(c, uapi.MACSEC_RXSC_STATS_ATTR_IN_PKTS_UNUSED_SA, "InPktsUnusedSA", &s.InPktsUnusedSA)
}

// TxSAStats counts what was sent by an association (MACSEC_SA_STATS_ATTR_…).
// The kernel counts with 32 bits here.
type TxSAStats struct {
	OutPktsProtected uint32 // frames that are protected and not encrypted
	OutPktsEncrypted uint32 // frames that are encrypted as well
}

func (s *TxSAStats) attrs(c *attr.Codec) {
	attr.U32(c, uapi.MACSEC_SA_STATS_ATTR_OUT_PKTS_PROTECTED, "OutPktsProtected", &s.OutPktsProtected)
	attr.U32(c, uapi.MACSEC_SA_STATS_ATTR_OUT_PKTS_ENCRYPTED, "OutPktsEncrypted", &s.OutPktsEncrypted)
}

// RxSAStats counts what was received by an association
// (MACSEC_SA_STATS_ATTR_…), as RxSCStats does by a channel. The kernel counts
// with 32 bits here.
type RxSAStats struct {
	InPktsOK         uint32 // valid
	InPktsInvalid    uint32 // not valid, and taken
	InPktsNotValid   uint32 // not valid, and dropped
	InPktsNotUsingSA uint32 // dropped, as the association is not active
	InPktsUnusedSA   uint32 // taken, though the association is not active
}

func (s *RxSAStats) attrs(c *attr.Codec) {
	attr.U32(c, uapi.MACSEC_SA_STATS_ATTR_IN_PKTS_OK, "InPktsOK", &s.InPktsOK)
	attr.U32(c, uapi.MACSEC_SA_STATS_ATTR_IN_PKTS_INVALID, "InPktsInvalid", &s.InPktsInvalid)
	attr.U32(c, uapi.MACSEC_SA_STATS_ATTR_IN_PKTS_NOT_VALID, "InPktsNotValid", &s.InPktsNotValid)
	attr.U32(c, uapi.MACSEC_SA_STATS_ATTR_IN_PKTS_NOT_USING_SA, "InPktsNotUsingSA", &s.InPktsNotUsingSA)
	attr.U32(c, uapi.MACSEC_SA_STATS_ATTR_IN_PKTS_UNUSED_SA, "InPktsUnusedSA", &s.InPktsUnusedSA)
}
