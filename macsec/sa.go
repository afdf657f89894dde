package macsec

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/macsecnl"
)

// SA is a secure association, either to be added or as reported by the kernel.
type SA = iplink.MACsecSA

// Key is a key or a salt: a secret that is never printed.
type Key = iplink.MACsecKey

// KeyID identifies a key.
type KeyID = iplink.MACsecKeyID

// NewKey returns a key with a copy of b. The caller may clear b afterwards.
func NewKey(b []byte) Key {
	return iplink.NewMACsecKey(b)
}

// ParseKey returns the key given as hexadecimal digits, two for each byte.
func ParseKey(digits string) (Key, error) {
	return iplink.ParseMACsecKey(digits)
}

// ParseKeyID returns the key identifier given as hexadecimal digits, two for each of
// up to 16 bytes. Missing bytes at the end are zero, as in `ip macsec`.
func ParseKeyID(digits string) (KeyID, error) {
	return iplink.ParseMACsecKeyID(digits)
}

// The verbs of `ip macsec`, and those that `ip macsec` lacks.
const (
	opAdd    = "add"
	opSet    = "set"
	opDelete = "delete"
	opRotate = "rotate"
	opShow   = "show"
)

// sciOf returns the channel identifier in the type that requests use.
func sciOf(sci SCI) *macsecnl.SCI {
	return (*macsecnl.SCI)(&sci)
}

// wireSA returns the association in the type that requests use, with the key's own
// bytes.
func wireSA(a SA) macsecnl.SA {
	return macsecnl.SA{AN: a.AN, PN: a.PN, Active: a.Active, KeyID: a.KeyID, SSCI: a.SSCI, Key: a.Key.Expose(), Salt: a.Salt.Expose()}
}

// subject returns the name of an association for errors.
func subject(sci *macsecnl.SCI, an uint8) string {
	return fmt.Sprintf("%s sa %d", macsecnl.SC(sci), an)
}

// AddTxSA adds a transmit association (MACSEC_CMD_ADD_TXSA). The link sends with the
// association whose number is its EncodingSA. The error matches syscall.EBUSY if the
// link already has an association with this number, and errors.ErrUnsupported if the
// kernel lacks the cipher. The key is not needed afterwards.
func (m *MACsec) AddTxSA(ctx context.Context, sa SA) error {
	return m.addSA(ctx, nil, sa)
}

// AddRxSA is AddTxSA for a receive channel (MACSEC_CMD_ADD_RXSA). The error matches
// fs.ErrNotExist if there is no such channel.
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

// AddRxSC adds a receive channel for the station with the given identifier, together
// with its associations: all or none (MACSEC_CMD_ADD_RXSC). The channel is active.
// The error matches fs.ErrExist if a MACsec link on the same parent already has the
// channel.
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

// A Setting is a change for UpdateTxSA and UpdateRxSA.
type Setting func(*settings)

// settings combines the Settings of one call; nil is no change.
type settings struct {
	pn     *uint64
	active *bool
}

// SetPN sets the next packet number: 1 to 2^32-1, or 1 to 2^64-1 with an XPN cipher
// (MACSEC_SA_ATTR_PN). Reusing a packet number for sending with the same key exposes
// the key.
func SetPN(pn uint64) Setting {
	return func(s *settings) { s.pn = &pn }
}

// SetActive sets whether the association is used (MACSEC_SA_ATTR_ACTIVE).
func SetActive(active bool) Setting {
	return func(s *settings) { s.active = &active }
}

// UpdateTxSA changes a transmit association (MACSEC_CMD_UPD_TXSA). The key cannot
// change: add another association instead. The error matches fs.ErrNotExist if there
// is no such association.
func (m *MACsec) UpdateTxSA(ctx context.Context, an uint8, change ...Setting) error {
	return m.updateSA(ctx, nil, an, change)
}

// UpdateRxSA is UpdateTxSA for a receive channel (MACSEC_CMD_UPD_RXSA).
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

// A DeleteFlag modifies DeleteTxSA and DeleteRxSA.
type DeleteFlag uint8

// Deactivate allows the deletion of an active association.
const Deactivate DeleteFlag = 1

// DeleteTxSA deletes a transmit association (MACSEC_CMD_DEL_TXSA). Like the kernel,
// it rejects an active association with an error that matches syscall.EBUSY, unless
// Deactivate is given. Without such an association the
// error matches fs.ErrNotExist.
func (m *MACsec) DeleteTxSA(ctx context.Context, an uint8, flags ...DeleteFlag) error {
	return m.deleteSA(ctx, nil, an, flags)
}

// DeleteRxSA is DeleteTxSA for a receive channel (MACSEC_CMD_DEL_RXSA).
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

// UpdateRxSC sets whether a channel is active (MACSEC_CMD_UPD_RXSC). Without
// hardware offload, the kernel receives through an inactive channel too; deactivate
// its associations to stop it. Without such a channel the
// error matches fs.ErrNotExist.
func (m *MACsec) UpdateRxSC(ctx context.Context, sci SCI, active bool) error {
	if err := m.checkSCI(opSet, sci); err != nil {
		return err
	}
	return m.run(ctx, opSet, macsecnl.Step{Do: macsecnl.UpdateRxSC(m.Index(), *sciOf(sci), active)})
}

// DeleteRxSC deletes a channel and its associations, including active ones
// (MACSEC_CMD_DEL_RXSC). Without such a channel the
// error matches fs.ErrNotExist.
func (m *MACsec) DeleteRxSC(ctx context.Context, sci SCI) error {
	if err := m.checkSCI(opDelete, sci); err != nil {
		return err
	}
	return m.run(ctx, opDelete, macsecnl.Step{Do: macsecnl.DeleteRxSC(m.Index(), *sciOf(sci))})
}

// SetOffload selects the hardware that does the work (MACSEC_CMD_UPD_OFFLOAD). It
// can change only while the link is down and has neither channels nor associations;
// otherwise the error matches syscall.EBUSY. The error matches errors.ErrUnsupported
// if the parent lacks support.
func (m *MACsec) SetOffload(ctx context.Context, offload iplink.MACsecOffload) error {
	if offload > OffloadMAC {
		return m.link.Invalid("offload", "offload", "%d is not one of off, phy, mac", offload)
	}
	return m.run(ctx, "offload", macsecnl.Step{Do: macsecnl.UpdateOffload(m.Index(), uint8(offload))})
}
