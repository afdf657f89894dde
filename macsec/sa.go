package macsec

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/macsecnl"
)

// SA is a secure association, as it is to be made or as the kernel reports it.
type SA = iplink.MACsecSA

// Key is a key, or a salt: a secret that is not printed.
type Key = iplink.MACsecKey

// KeyID names a key.
type KeyID = iplink.MACsecKeyID

// NewKey returns a key with a copy of bytes, which the caller may clear from
// then on.
func NewKey(b []byte) Key {
	return iplink.NewMACsecKey(b)
}

// ParseKey returns the key of hexadecimal digits, two for each byte.
func ParseKey(digits string) (Key, error) {
	return iplink.ParseMACsecKey(digits)
}

// ParseKeyID returns the name of hexadecimal digits, two for each of up to 16
// bytes. As in `ip macsec`, what is missing at the end is zero.
func ParseKeyID(digits string) (KeyID, error) {
	return iplink.ParseMACsecKeyID(digits)
}

// The verbs of `ip macsec`, and those that it lacks.
const (
	opAdd    = "add"
	opSet    = "set"
	opDelete = "delete"
	opRotate = "rotate"
	opShow   = "show"
)

// sciOf returns the identifier of a channel as requests have it.
func sciOf(sci SCI) *macsecnl.SCI {
	return (*macsecnl.SCI)(&sci)
}

// wireSA returns the association as it is sent, with the key's own bytes.
func wireSA(a SA) macsecnl.SA {
	return macsecnl.SA{AN: a.AN, PN: a.PN, Active: a.Active, KeyID: a.KeyID, SSCI: a.SSCI, Key: a.Key.Expose(), Salt: a.Salt.Expose()}
}

// subject names an association.
func subject(sci *macsecnl.SCI, an uint8) string {
	return fmt.Sprintf("%s sa %d", macsecnl.SC(sci), an)
}

// AddTxSA adds an association that the link can send by
// (MACSEC_CMD_ADD_TXSA); it does by that whose number is the link's EncodingSA.
// If the link has one of this number the error matches syscall.EBUSY; if the
// kernel lacks the cipher, errors.ErrUnsupported. The key is no longer needed
// afterwards.
func (m *MACsec) AddTxSA(ctx context.Context, sa SA) error {
	return m.addSA(ctx, nil, sa)
}

// AddRxSA is AddTxSA for a channel that frames are received by
// (MACSEC_CMD_ADD_RXSA). Without such a channel the error matches
// fs.ErrNotExist.
func (m *MACsec) AddRxSA(ctx context.Context, sci SCI, sa SA) error {
	if err := m.checkSCI(opAdd, sci); err != nil {
		return err
	}
	return m.addSA(ctx, sciOf(sci), sa)
}

func (m *MACsec) addSA(ctx context.Context, sci *macsecnl.SCI, sa SA) error {
	w := wireSA(sa)
	if f := w.Check(m.suite); f != nil {
		return m.invalid(opAdd, subject(sci, sa.AN), f)
	}
	return m.run(ctx, opAdd, macsecnl.Adding(m.Index(), sci, w, m.suite.XPN()))
}

// AddRxSC adds a channel that frames are received by, of the station with an
// identifier, and its associations: all or nothing (MACSEC_CMD_ADD_RXSC). The
// channel is active. If a MACsec link on the same parent has it already, the
// error matches fs.ErrExist.
func (m *MACsec) AddRxSC(ctx context.Context, sci SCI, sas ...SA) error {
	if err := m.checkSCI(opAdd, sci); err != nil {
		return err
	}
	all := make([]macsecnl.SA, len(sas))
	for i, sa := range sas {
		all[i] = wireSA(sa)
	}
	if sa, f := macsecnl.CheckSAs(all, m.suite); f != nil {
		return m.invalid(opAdd, subject(sciOf(sci), sa.AN), f)
	}
	return m.run(ctx, opAdd, macsecnl.AddingRxSC(m.Index(), *sciOf(sci), all, m.suite.XPN())...)
}

func (m *MACsec) checkSCI(op string, sci SCI) error {
	if f := macsecnl.CheckSCI(*sciOf(sci)); f != nil {
		return m.invalid(op, "rx", f)
	}
	return nil
}

// A Setting is what UpdateTxSA and UpdateRxSA change.
type Setting func(*settings)

// settings are what the Settings of one call come to; nil for no change.
type settings struct {
	pn     *uint64
	active *bool
}

// SetPN sets the number of the next packet: 1 to 2^32-1, with an XPN cipher 1 to
// 2^64-1 (MACSEC_SA_ATTR_PN). To send by a number again that was used with the
// same key gives the key away.
func SetPN(pn uint64) Setting {
	return func(s *settings) { s.pn = &pn }
}

// SetActive says whether the association is used (MACSEC_SA_ATTR_ACTIVE).
func SetActive(active bool) Setting {
	return func(s *settings) { s.active = &active }
}

// UpdateTxSA changes an association that the link can send by
// (MACSEC_CMD_UPD_TXSA). A key does not change: add another association. Without
// such an association the error matches fs.ErrNotExist.
func (m *MACsec) UpdateTxSA(ctx context.Context, an uint8, change ...Setting) error {
	return m.updateSA(ctx, nil, an, change)
}

// UpdateRxSA is UpdateTxSA for a channel that frames are received by
// (MACSEC_CMD_UPD_RXSA).
func (m *MACsec) UpdateRxSA(ctx context.Context, sci SCI, an uint8, change ...Setting) error {
	if err := m.checkSCI(opSet, sci); err != nil {
		return err
	}
	return m.updateSA(ctx, sciOf(sci), an, change)
}

func (m *MACsec) updateSA(ctx context.Context, sci *macsecnl.SCI, an uint8, change []Setting) error {
	var s settings
	for _, set := range change {
		set(&s)
	}
	if f := s.check(an, m.suite); f != nil {
		return m.invalid(opSet, subject(sci, an), f)
	}
	return m.run(ctx, opSet, macsecnl.Step{Do: macsecnl.UpdateSA(m.Index(), sci, an, s.pn, s.active, m.suite.XPN())})
}

func (s *settings) check(an uint8, suite macsecnl.Suite) *macsecnl.Flaw {
	if f := macsecnl.CheckAN(an); f != nil {
		return f
	}
	if s.pn != nil {
		return macsecnl.CheckPN(*s.pn, suite)
	}
	if s.active == nil {
		return &macsecnl.Flaw{Word: "pn", Text: "nothing is to change: SetPN or SetActive"}
	}
	return nil
}

// A DeleteFlag changes what DeleteTxSA and DeleteRxSA do.
type DeleteFlag uint8

// Deactivate lets them drop an association that is active.
const Deactivate DeleteFlag = 1

// DeleteTxSA drops an association that the link can send by
// (MACSEC_CMD_DEL_TXSA). One that is active is refused with an error that
// matches syscall.EBUSY, as the kernel does, unless Deactivate is given. Without
// such an association the error matches fs.ErrNotExist.
func (m *MACsec) DeleteTxSA(ctx context.Context, an uint8, flags ...DeleteFlag) error {
	return m.deleteSA(ctx, nil, an, flags)
}

// DeleteRxSA is DeleteTxSA for a channel that frames are received by
// (MACSEC_CMD_DEL_RXSA).
func (m *MACsec) DeleteRxSA(ctx context.Context, sci SCI, an uint8, flags ...DeleteFlag) error {
	if err := m.checkSCI(opDelete, sci); err != nil {
		return err
	}
	return m.deleteSA(ctx, sciOf(sci), an, flags)
}

func (m *MACsec) deleteSA(ctx context.Context, sci *macsecnl.SCI, an uint8, flags []DeleteFlag) error {
	if f := macsecnl.CheckAN(an); f != nil {
		return m.invalid(opDelete, subject(sci, an), f)
	}
	drop := macsecnl.Step{Do: macsecnl.DeleteSA(m.Index(), sci, an)}
	err := m.run(ctx, opDelete, drop)
	if !errors.Is(err, syscall.EBUSY) || len(flags) == 0 {
		return err
	}
	return m.run(ctx, opDelete, macsecnl.Switching(m.Index(), sci, an, false), drop)
}

// UpdateRxSC says whether a channel is active (MACSEC_CMD_UPD_RXSC). The kernel
// receives by a channel that is not, all the same, unless hardware does the
// work: what stops it is to deactivate the associations. Without such a channel
// the error matches fs.ErrNotExist.
func (m *MACsec) UpdateRxSC(ctx context.Context, sci SCI, active bool) error {
	if err := m.checkSCI(opSet, sci); err != nil {
		return err
	}
	return m.run(ctx, opSet, macsecnl.Step{Do: macsecnl.UpdateRxSC(m.Index(), *sciOf(sci), active)})
}

// DeleteRxSC drops a channel and its associations, also those that are active
// (MACSEC_CMD_DEL_RXSC). Without such a channel the error matches
// fs.ErrNotExist.
func (m *MACsec) DeleteRxSC(ctx context.Context, sci SCI) error {
	if err := m.checkSCI(opDelete, sci); err != nil {
		return err
	}
	return m.run(ctx, opDelete, macsecnl.Step{Do: macsecnl.DeleteRxSC(m.Index(), *sciOf(sci))})
}

// SetOffload says what part of the hardware does the work
// (MACSEC_CMD_UPD_OFFLOAD). It changes only while the link is down and has
// neither channels nor associations: else the error matches syscall.EBUSY. If
// the parent cannot do it, it matches errors.ErrUnsupported.
func (m *MACsec) SetOffload(ctx context.Context, offload iplink.MACsecOffload) error {
	if offload > OffloadMAC {
		return m.link.Invalid("offload", "offload", "%d is none of off, phy, mac", offload)
	}
	return m.run(ctx, "offload", macsecnl.Step{Do: macsecnl.UpdateOffload(m.Index(), uint8(offload))})
}
