package iplink

import (
	"context"
	"errors"
	"io/fs"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/macsecnl"
)

// apart is what goes over generic netlink.
func (m *MACsecInfo) apart() attr.Set { return macsecApart }

// apply makes the channels and associations that are not there yet. If one is
// refused, those before it are undone.
func (m *MACsecInfo) apply(ctx context.Context, netns, index int, _ attr.Set) error {
	c, err := dialMACsec(ctx, netns)
	if err != nil {
		return err
	}
	defer c.Close()
	d, err := c.Find(ctx, index)
	if errors.Is(err, fs.ErrNotExist) { // a new one, or learn had refused it
		d, err = macsecnl.Device{Index: index, Suite: macsecnl.Suite(m.Cipher)}, nil
	}
	if err != nil {
		return err
	}
	steps := m.steps(&d)
	if len(steps) == 0 {
		return nil
	}
	return refusedByMACsec(c.Run(ctx, steps...))
}

// steps are what must be done for a link to have what is wanted.
func (m *MACsecInfo) steps(d *macsecnl.Device) []macsecnl.Step {
	steps := saSteps(d, nil, wireSAs(m.TxSAs), d.TxSAs)
	for _, c := range m.RxSCs {
		sci := macsecnl.SCI(c.SCI)
		have := d.FindRxSC(sci)
		if have == nil {
			steps = append(steps, macsecnl.AddingRxSC(d.Index, sci, wireSAs(c.SAs), d.Suite.XPN())...)
			continue
		}
		if !have.Active {
			steps = append(steps, macsecnl.SwitchingRxSC(d.Index, sci, true))
		}
		steps = append(steps, saSteps(d, &sci, wireSAs(c.SAs), have.SAs)...)
	}
	return steps
}

func saSteps(d *macsecnl.Device, sci *macsecnl.SCI, want, have []macsecnl.SA) (steps []macsecnl.Step) {
	for _, w := range want {
		h := macsecnl.FindSA(have, w.AN)
		switch {
		case h == nil:
			steps = append(steps, macsecnl.Adding(d.Index, sci, w, d.Suite.XPN()))
		case h.Active != w.Active:
			steps = append(steps, macsecnl.Switching(d.Index, sci, w.AN, w.Active))
		}
	}
	return steps
}

// learn returns the channels and associations that a link has.
func (m *MACsecInfo) learn(ctx context.Context, netns, index int) (aside, error) {
	c, err := dialMACsec(ctx, netns)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	d, err := c.Find(ctx, index)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrMACsecTruncated
	}
	if err != nil {
		return nil, err
	}
	known := &MACsecInfo{TxSAs: reported(d.TxSAs), RxSCs: []MACsecRxSC{}}
	for _, r := range d.RxSCs {
		known.RxSCs = append(known.RxSCs, MACsecRxSC{SCI: MACsecSCI(r.SCI), Active: r.Active, SAs: reported(r.SAs)})
	}
	return known, nil
}

func reported(sas []macsecnl.SA) []MACsecSA {
	all := make([]MACsecSA, len(sas))
	for i, sa := range sas {
		all[i] = MACsecSA{AN: sa.AN, PN: sa.PN, Active: sa.Active, KeyID: sa.KeyID, SSCI: sa.SSCI}
	}
	return all
}

// join adds to a link that was read what was learnt.
func (m *MACsecInfo) join(l *Link) {
	if have, ok := l.Info.(*MACsecInfo); ok {
		have.TxSAs, have.RxSCs = m.TxSAs, m.RxSCs
		l.raw.info = l.raw.info.Or(macsecApart)
	}
}

func dialMACsec(ctx context.Context, netns int) (*macsecnl.Conn, error) {
	c, err := macsecnl.Dial(ctx, netns)
	return c, withoutFamily(KindMACsec, err)
}

// refusedByMACsec returns an error that names the association at fault.
func refusedByMACsec(err error) error {
	refusal, ok := errors.AsType[*macsecnl.Refusal](err)
	if !ok {
		return err
	}
	e := &Error{Attr: refusal.Request.Subject(), Message: refusal.Message, FromKernel: refusal.FromKernel, Err: refusal.Err}
	if refusal.Left != nil {
		e.Message, e.FromKernel = e.Message+"; "+refusal.Left.Error(), false
	}
	return e
}
