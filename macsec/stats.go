package macsec

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// SecYStats counts the frames of a link that belong to no channel
// (MACSEC_SECY_STATS_ATTR_…). The names come from IEEE 802.1AE.
type SecYStats struct {
	OutPktsUntagged  uint64 // sent without protection, because Protect is off
	InPktsUntagged   uint64 // received without protection, and accepted
	OutPktsTooLong   uint64 // dropped, longer than the parent's MTU
	InPktsNoTag      uint64 // dropped, without protection
	InPktsBadTag     uint64 // dropped, with an invalid tag or packet number 0
	InPktsUnknownSCI uint64 // from unknown channels, and accepted
	InPktsNoSCI      uint64 // from unknown channels, and dropped
	InPktsOverrun    uint64 // dropped for lack of resources
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

// TxSCStats counts the frames sent by a link (MACSEC_TXSC_STATS_ATTR_…).
type TxSCStats struct {
	OutPktsProtected   uint64 // frames protected but not encrypted
	OutPktsEncrypted   uint64 // frames protected and encrypted
	OutOctetsProtected uint64 // bytes protected but not encrypted
	OutOctetsEncrypted uint64 // bytes protected and encrypted
}

func (s *TxSCStats) attrs(c *attr.Codec) {
	attr.U64(c, uapi.MACSEC_TXSC_STATS_ATTR_OUT_PKTS_PROTECTED, "OutPktsProtected", &s.OutPktsProtected)
	attr.U64(c, uapi.MACSEC_TXSC_STATS_ATTR_OUT_PKTS_ENCRYPTED, "OutPktsEncrypted", &s.OutPktsEncrypted)
	attr.U64(c, uapi.MACSEC_TXSC_STATS_ATTR_OUT_OCTETS_PROTECTED, "OutOctetsProtected", &s.OutOctetsProtected)
	attr.U64(c, uapi.MACSEC_TXSC_STATS_ATTR_OUT_OCTETS_ENCRYPTED, "OutOctetsEncrypted", &s.OutOctetsEncrypted)
}

// RxSCStats counts the frames received through a channel (MACSEC_RXSC_STATS_ATTR_…).
type RxSCStats struct {
	InOctetsValidated uint64 // bytes of frames that are only protected
	InOctetsDecrypted uint64 // bytes of encrypted frames
	InPktsUnchecked   uint64 // not verified, and accepted
	InPktsDelayed     uint64 // valid, older than Window allows, and accepted
	InPktsOK          uint64 // valid
	InPktsInvalid     uint64 // invalid, and accepted
	InPktsLate        uint64 // dropped, older than Window allows
	InPktsNotValid    uint64 // invalid, and dropped
	InPktsNotUsingSA  uint64 // dropped, because the association is not active
	InPktsUnusedSA    uint64 // accepted, although the association is not active
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

// TxSAStats counts the frames sent with an association (MACSEC_SA_STATS_ATTR_…). The
// kernel uses 32-bit counters here.
type TxSAStats struct {
	OutPktsProtected uint32 // frames protected but not encrypted
	OutPktsEncrypted uint32 // frames protected and encrypted
}

func (s *TxSAStats) attrs(c *attr.Codec) {
	attr.U32(c, uapi.MACSEC_SA_STATS_ATTR_OUT_PKTS_PROTECTED, "OutPktsProtected", &s.OutPktsProtected)
	attr.U32(c, uapi.MACSEC_SA_STATS_ATTR_OUT_PKTS_ENCRYPTED, "OutPktsEncrypted", &s.OutPktsEncrypted)
}

// RxSAStats counts the frames received with an association (MACSEC_SA_STATS_ATTR_…),
// like RxSCStats for a channel. The kernel uses 32-bit counters here.
type RxSAStats struct {
	InPktsOK         uint32 // valid
	InPktsInvalid    uint32 // invalid, and accepted
	InPktsNotValid   uint32 // invalid, and dropped
	InPktsNotUsingSA uint32 // dropped, because the association is not active
	InPktsUnusedSA   uint32 // accepted, although the association is not active
}

func (s *RxSAStats) attrs(c *attr.Codec) {
	attr.U32(c, uapi.MACSEC_SA_STATS_ATTR_IN_PKTS_OK, "InPktsOK", &s.InPktsOK)
	attr.U32(c, uapi.MACSEC_SA_STATS_ATTR_IN_PKTS_INVALID, "InPktsInvalid", &s.InPktsInvalid)
	attr.U32(c, uapi.MACSEC_SA_STATS_ATTR_IN_PKTS_NOT_VALID, "InPktsNotValid", &s.InPktsNotValid)
	attr.U32(c, uapi.MACSEC_SA_STATS_ATTR_IN_PKTS_NOT_USING_SA, "InPktsNotUsingSA", &s.InPktsNotUsingSA)
	attr.U32(c, uapi.MACSEC_SA_STATS_ATTR_IN_PKTS_UNUSED_SA, "InPktsUnusedSA", &s.InPktsUnusedSA)
}
