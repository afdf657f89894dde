package macsecnl

import (
	"encoding/binary"
	"fmt"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// An SCI identifies a channel: an Ethernet address and a port, as in frames.
type SCI = [8]byte

// An SA is an association: either one to be added, with its key, or one that the
// kernel reports, with its counters.
type SA struct {
	AN     uint8
	PN     uint64
	Active bool
	KeyID  [uapi.MACSEC_KEYID_LEN]byte
	SSCI   uint32 // with an XPN cipher only
	Key    []byte // never reported
	Salt   []byte // with an XPN cipher only; never reported
	Stats  []byte // nest of the counters; reported only
}

// A Request is one command of the family for one link.
type Request struct {
	Command uint8
	Index   int
	// SCI is the receive channel, or nil for the transmit channel of the link.
	// SCActive is the channel's new state, or nil for no change.
	SCI      *SCI
	SCActive *bool
	// SA is the association, or nil if the request concerns none.
	SA *SAConfig
	// Offload is the part of the hardware that does the work, or nil for no change.
	Offload *uint8
}

// An SAConfig describes an association in a request by its number and the fields
// that are not nil.
type SAConfig struct {
	AN     uint8
	PN     *uint64
	Active *bool
	XPN    bool // PN has 64 bits
	New    *SA  // fields of a new association only: the key, and its id, SSCI and salt
}

// AddSA adds an association. The sci is nil for the transmit channel.
func AddSA(index int, sci *SCI, sa SA, xpn bool) Request {
	config := &SAConfig{AN: sa.AN, PN: &sa.PN, Active: &sa.Active, XPN: xpn, New: &sa}
	return Request{Command: command(sci, uapi.MACSEC_CMD_ADD_TXSA, uapi.MACSEC_CMD_ADD_RXSA), Index: index, SCI: sci, SA: config}
}

// UpdateSA changes pn and active of an association if they are not nil.
func UpdateSA(index int, sci *SCI, an uint8, pn *uint64, active *bool, xpn bool) Request {
	config := &SAConfig{AN: an, PN: pn, Active: active, XPN: xpn}
	return Request{Command: command(sci, uapi.MACSEC_CMD_UPD_TXSA, uapi.MACSEC_CMD_UPD_RXSA), Index: index, SCI: sci, SA: config}
}

// DeleteSA deletes an association, which must not be active.
func DeleteSA(index int, sci *SCI, an uint8) Request {
	return Request{Command: command(sci, uapi.MACSEC_CMD_DEL_TXSA, uapi.MACSEC_CMD_DEL_RXSA), Index: index, SCI: sci, SA: &SAConfig{AN: an}}
}

// AddRxSC adds a receive channel.
func AddRxSC(index int, sci SCI) Request {
	return Request{Command: uapi.MACSEC_CMD_ADD_RXSC, Index: index, SCI: &sci, SCActive: new(true)}
}

// UpdateRxSC changes the state of a receive channel.
func UpdateRxSC(index int, sci SCI, active bool) Request {
	return Request{Command: uapi.MACSEC_CMD_UPD_RXSC, Index: index, SCI: &sci, SCActive: &active}
}

// DeleteRxSC deletes a receive channel and its associations.
func DeleteRxSC(index int, sci SCI) Request {
	return Request{Command: uapi.MACSEC_CMD_DEL_RXSC, Index: index, SCI: &sci}
}

// UpdateOffload selects the part of the hardware that does the work.
func UpdateOffload(index int, offload uint8) Request {
	return Request{Command: uapi.MACSEC_CMD_UPD_OFFLOAD, Index: index, Offload: &offload}
}

// command selects the command for the direction of the channel.
func command(sci *SCI, tx, rx uint8) uint8 {
	if sci == nil {
		return tx
	}
	return rx
}

// Append appends the request without the netlink header.
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

// Subject names the channel and association of the request as `ip macsec` does. It
// is empty if the request is about the link.
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

// SC names a channel as `ip macsec` does.
func SC(sci *SCI) string {
	if sci == nil {
		return "tx"
	}
	return fmt.Sprintf("rx %x", *sci)
}
