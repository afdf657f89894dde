package macsecnl

import (
	"encoding/binary"
	"fmt"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// An SCI identifies a channel: an Ethernet address and a port, as they stand in
// frames.
type SCI = [8]byte

// An SA is an association: as it is to be made, with its key, or as the kernel
// reports it, with its counters.
type SA struct {
	AN     uint8
	PN     uint64
	Active bool
	KeyID  [uapi.MACSEC_KEYID_LEN]byte
	SSCI   uint32 // with an XPN cipher only
	Key    []byte // never reported
	Salt   []byte // with an XPN cipher only; never reported
	Stats  []byte // the nest of the counters; reported only
}

// A Request is one command of the family, about the link with an index.
type Request struct {
	Command uint8
	Index   int
	// SCI is the channel that it is about, nil for the one that the link sends
	// by, and SCActive its new state, nil for none.
	SCI      *SCI
	SCActive *bool
	// SA is the association that it is about, nil if it is about none.
	SA *SAConfig
	// Offload says what part of the hardware is to do the work, nil for no
	// change.
	Offload *uint8
}

// An SAConfig is what a request says of an association: its number, and what is
// not nil.
type SAConfig struct {
	AN     uint8
	PN     *uint64
	Active *bool
	XPN    bool // PN has 64 bits
	New    *SA  // what only a new one is told: the key, and what belongs to it
}

// AddSA makes an association. The SCI is nil for one that the link sends by.
func AddSA(index int, sci *SCI, sa SA, xpn bool) Request {
	config := &SAConfig{AN: sa.AN, PN: &sa.PN, Active: &sa.Active, XPN: xpn, New: &sa}
	return Request{Command: command(sci, uapi.MACSEC_CMD_ADD_TXSA, uapi.MACSEC_CMD_ADD_RXSA), Index: index, SCI: sci, SA: config}
}

// UpdateSA changes what is not nil of an association.
func UpdateSA(index int, sci *SCI, an uint8, pn *uint64, active *bool, xpn bool) Request {
	config := &SAConfig{AN: an, PN: pn, Active: active, XPN: xpn}
	return Request{Command: command(sci, uapi.MACSEC_CMD_UPD_TXSA, uapi.MACSEC_CMD_UPD_RXSA), Index: index, SCI: sci, SA: config}
}

// DeleteSA drops an association, which must not be active.
func DeleteSA(index int, sci *SCI, an uint8) Request {
	return Request{Command: command(sci, uapi.MACSEC_CMD_DEL_TXSA, uapi.MACSEC_CMD_DEL_RXSA), Index: index, SCI: sci, SA: &SAConfig{AN: an}}
}

// AddRxSC makes a channel that frames are received by.
func AddRxSC(index int, sci SCI) Request {
	return Request{Command: uapi.MACSEC_CMD_ADD_RXSC, Index: index, SCI: &sci, SCActive: new(true)}
}

// UpdateRxSC changes the state of a channel.
func UpdateRxSC(index int, sci SCI, active bool) Request {
	return Request{Command: uapi.MACSEC_CMD_UPD_RXSC, Index: index, SCI: &sci, SCActive: &active}
}

// DeleteRxSC drops a channel and its associations.
func DeleteRxSC(index int, sci SCI) Request {
	return Request{Command: uapi.MACSEC_CMD_DEL_RXSC, Index: index, SCI: &sci}
}

// UpdateOffload says what part of the hardware does the work.
func UpdateOffload(index int, offload uint8) Request {
	return Request{Command: uapi.MACSEC_CMD_UPD_OFFLOAD, Index: index, Offload: &offload}
}

// command chooses between the two directions.
func command(sci *SCI, tx, rx uint8) uint8 {
	if sci == nil {
		return tx
	}
	return rx
}

// Append appends the request, without the header of netlink.
func (r *Request) Append(b []byte, version uint8) []byte {
	b = append(b, r.Command, version, 0, 0)
	b = wire.AppendU32(b, uapi.MACSEC_ATTR_IFINDEX, uint32(r.Index))
	b = r.appendSC(b)
	if r.SA != nil {
		b = r.SA.append(b)
	}
	if r.Offload != nil {
		var at int
		b, at = wire.Begin(b, uapi.MACSEC_ATTR_OFFLOAD|uapi.NLA_F_NESTED)
		b = wire.End(wire.AppendU8(b, uapi.MACSEC_OFFLOAD_ATTR_TYPE, *r.Offload), at)
	}
	return b
}

func (r *Request) appendSC(b []byte) []byte {
	if r.SCI == nil {
		return b
	}
	b, at := wire.Begin(b, uapi.MACSEC_ATTR_RXSC_CONFIG|uapi.NLA_F_NESTED)
	b = wire.AppendAttr(b, uapi.MACSEC_RXSC_ATTR_SCI, r.SCI[:])
	if r.SCActive != nil {
		b = appendBool(b, uapi.MACSEC_RXSC_ATTR_ACTIVE, *r.SCActive)
	}
	return wire.End(b, at)
}

func (c *SAConfig) append(b []byte) []byte {
	b, at := wire.Begin(b, uapi.MACSEC_ATTR_SA_CONFIG|uapi.NLA_F_NESTED)
	b = wire.AppendU8(b, uapi.MACSEC_SA_ATTR_AN, c.AN)
	switch {
	case c.PN != nil && c.XPN:
		b = wire.AppendU64(b, uapi.MACSEC_SA_ATTR_PN, *c.PN)
	case c.PN != nil:
		b = wire.AppendU32(b, uapi.MACSEC_SA_ATTR_PN, uint32(*c.PN))
	}
	if c.New != nil {
		b = c.New.appendKey(b, c.XPN)
	}
	if c.Active != nil {
		b = appendBool(b, uapi.MACSEC_SA_ATTR_ACTIVE, *c.Active)
	}
	return wire.End(b, at)
}

func (sa *SA) appendKey(b []byte, xpn bool) []byte {
	b = wire.AppendAttr(b, uapi.MACSEC_SA_ATTR_KEYID, sa.KeyID[:])
	b = wire.AppendAttr(b, uapi.MACSEC_SA_ATTR_KEY, sa.Key)
	if !xpn {
		return b
	}
	b, at := wire.Begin(b, uapi.MACSEC_SA_ATTR_SSCI)
	b = wire.End(binary.BigEndian.AppendUint32(b, sa.SSCI), at)
	return wire.AppendAttr(b, uapi.MACSEC_SA_ATTR_SALT, sa.Salt)
}

func appendBool(b []byte, typ uint16, v bool) []byte {
	if v {
		return wire.AppendU8(b, typ, 1)
	}
	return wire.AppendU8(b, typ, 0)
}

// Subject names what the request is about, in the words of `ip macsec`; empty
// for the link.
func (r *Request) Subject() string {
	if r.SCI == nil && r.SA == nil {
		return ""
	}
	text := SC(r.SCI)
	if r.SA != nil {
		text += fmt.Sprintf(" sa %d", r.SA.AN)
	}
	return text
}

// SC names a channel in the words of `ip macsec`.
func SC(sci *SCI) string {
	if sci == nil {
		return "tx"
	}
	return fmt.Sprintf("rx %x", *sci)
}
