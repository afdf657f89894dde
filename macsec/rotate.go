package macsec

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"syscall"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/invalid"
	"github.com/iplink-go/iplink/internal/macsecnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Rotation describes the replacement of a link's keys by Rotate.
type Rotation struct {
	// Tx is the new transmit association. Its number must be free.
	Tx SA
	// Rx holds the new receive association for each channel whose station also gets
	// a new key. Their numbers must be free. Channels that are not in Rx do not
	// change.
	Rx map[SCI]SA
	// Ready is called when the link can receive with the new keys. It returns when
	// the other stations can too, so that the link may send with its new key. MACsec
	// does not define how the stations agree on that. Without Ready, the others must
	// be ready before Rotate is called.
	Ready func(context.Context) error
	// Switched is called when the link sends with its new key. It returns when no
	// more frames under the old keys will arrive. Without it, Rotate waits until
	// frames under the new key have arrived from each channel in Rx, which requires
	// that the stations send, and for a moment longer.
	Switched func(context.Context) error
}

const (
	// pollTime is the interval at which Rotate checks for frames under the new keys.
	pollTime = 100 * time.Millisecond

	// lagTime is the time for which frames under the old keys may still arrive after
	// others have arrived under the new keys.
	lagTime = 200 * time.Millisecond
)

// Rotate replaces the keys of a link without losing a frame, if all stations follow
// the same sequence:
//
//  1. It adds the receive associations, and waits for Ready.
//  2. It adds the transmit association, and makes it the EncodingSA.
//  3. It waits for Switched, and deletes all earlier associations for sending and in the
//     channels of Rx.
//
// The new associations are active regardless of their Active field. On an error
// before the last step, including the end of ctx, Rotate restores the previous state
// of the link. The last step cannot be undone, and Rotate completes it even if ctx
// ends. A Rotation that contradicts the current state of the link is rejected before
// any change.
func (m *MACsec) Rotate(ctx context.Context, r Rotation) error {
	old, err := m.Status(ctx)
	if err != nil {
		return err
	}
	if err := m.checkRotation(&r, old); err != nil {
		return err
	}
	if err := m.exchange(ctx, &r, old); err != nil {
		return err
	}
	return m.run(context.WithoutCancel(ctx), opRotate, m.dropping(&r, old)...)
}

func (m *MACsec) checkRotation(r *Rotation, old *Status) error {
	if err := m.checkNext(nil, r.Tx, old.TxSA(r.Tx.AN) != nil); err != nil {
		return err
	}
	for sci, sa := range r.Rx {
		c := old.RxSC(sci)
		if c == nil {
			return &iplink.Error{Op: opRotate, Kind: iplink.KindMACsec, Name: m.Name(), Attr: macsecnl.SC(sciOf(sci)),
				Message: "there is no such channel", Err: fs.ErrNotExist}
		}
		if err := m.checkNext(sciOf(sci), sa, c.SA(sa.AN) != nil); err != nil {
			return err
		}
	}
	return nil
}

// checkNext rejects a new association that cannot be added.
func (m *MACsec) checkNext(sci *macsecnl.SCI, sa SA, taken bool) error {
	w := wireSA(sa)
	if f := w.Check(m.suite); f != nil {
		return m.invalid(opRotate, subject(sci, sa.AN), f)
	}
	if taken {
		return &iplink.Error{Op: opRotate, Kind: iplink.KindMACsec, Name: m.Name(), Attr: subject(sci, sa.AN),
			Message: "there is an association of this number already: take another", Err: invalid.State(syscall.EBUSY)}
	}
	return nil
}

// exchange executes the first two steps and waits. On an error it undoes its
// changes.
func (m *MACsec) exchange(ctx context.Context, r *Rotation, old *Status) (err error) {
	var taken []macsecnl.Step
	switched := false
	defer func() {
		if err != nil {
			err = m.undoRotation(ctx, err, taken, switched, old.EncodingSA)
		}
	}()
	for _, sci := range slices.SortedFunc(maps.Keys(r.Rx), compareSCI) {
		if taken, err = m.take(ctx, taken, sciOf(sci), r.Rx[sci]); err != nil {
			return err
		}
	}
	if r.Ready != nil {
		if err := r.Ready(ctx); err != nil {
			return m.failed(opRotate, err)
		}
	}
	if taken, err = m.take(ctx, taken, nil, r.Tx); err != nil {
		return err
	}
	switched = true
	if err := m.setEncodingSA(ctx, r.Tx.AN); err != nil {
		return err
	}
	if r.Switched != nil {
		if err := r.Switched(ctx); err != nil {
			return m.failed(opRotate, err)
		}
		return nil
	}
	return m.awaitOthers(ctx, r)
}

func compareSCI(a, b SCI) int {
	return slices.Compare(a[:], b[:])
}

// take adds an association and appends its step to the executed ones.
func (m *MACsec) take(ctx context.Context, taken []macsecnl.Step, sci *macsecnl.SCI, sa SA) ([]macsecnl.Step, error) {
	sa.Active = true
	s := macsecnl.Adding(m.Index(), sci, wireSA(sa), m.suite.XPN())
	if err := m.run(ctx, opRotate, s); err != nil {
		return taken, err
	}
	return append(taken, s), nil
}

// undoRotation restores the previous state of the link and returns the reason.
func (m *MACsec) undoRotation(ctx context.Context, reason error, taken []macsecnl.Step, switched bool, an uint8) error {
	ctx = context.WithoutCancel(ctx)
	var failure error
	if switched {
		failure = m.setEncodingSA(ctx, an)
	}
	if failure == nil {
		failure = m.nl.Undo(ctx, taken...)
	}
	if e, ok := errors.AsType[*iplink.Error](reason); ok && failure != nil {
		e.Message, e.FromKernel = e.Message+"; and not all could be undone: "+failure.Error(), false
	}
	return reason
}

// setEncodingSA selects the association with which the link sends.
func (m *MACsec) setEncodingSA(ctx context.Context, an uint8) error {
	return m.link.Write(ctx, opRotate, fmt.Sprintf("encodingsa %d", an), uapi.RTM_NEWLINK, 0, func(b []byte) []byte {
		b = wire.AppendLink(b, wire.Link{Index: int32(m.Index())})
		b, info := wire.Begin(b, uapi.IFLA_LINKINFO)
		b = wire.AppendText(b, uapi.IFLA_INFO_KIND, iplink.KindMACsec)
		b, data := wire.Begin(b, uapi.IFLA_INFO_DATA)
		b = wire.AppendU8(b, uapi.IFLA_MACSEC_ENCODING_SA, an)
		return wire.End(wire.End(b, data), info)
	})
}

// awaitOthers waits for frames under the new keys.
func (m *MACsec) awaitOthers(ctx context.Context, r *Rotation) error {
	awaited := ""
	for {
		now, err := m.Status(ctx)
		if err != nil {
			return cmp.Or(m.ended(ctx, awaited), err)
		}
		silent := r.silent(now)
		if silent == nil {
			return m.sleep(ctx, lagTime, "")
		}
		awaited = subject(sciOf(*silent), r.Rx[*silent].AN)
		if err := m.sleep(ctx, pollTime, awaited); err != nil {
			return err
		}
	}
}

// silent returns a channel that has not received a frame under the new key, or nil
// if there is none.
func (r *Rotation) silent(now *Status) *SCI {
	for sci, sa := range r.Rx {
		var have *RxSA
		if c := now.RxSC(sci); c != nil {
			have = c.SA(sa.AN)
		}
		if have != nil && have.PN == sa.PN && have.Stats == (RxSAStats{}) {
			return &sci
		}
	}
	return nil
}

func (m *MACsec) sleep(ctx context.Context, d time.Duration, awaited string) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return m.ended(ctx, awaited)
	}
}

// ended returns an error that names the awaited channel if ctx has ended, or nil.
func (m *MACsec) ended(ctx context.Context, awaited string) error {
	if ctx.Err() == nil {
		return nil
	}
	e := &iplink.Error{Op: opRotate, Kind: iplink.KindMACsec, Name: m.Name(), Attr: awaited, Err: context.Cause(ctx)}
	if awaited != "" {
		e.Message = "no frame under the new key has come"
	}
	return e
}

// dropping returns the steps that delete the old associations. All of them are
// deactivated first, because a deactivation can be undone.
func (m *MACsec) dropping(r *Rotation, old *Status) (steps []macsecnl.Step) {
	var drops []macsecnl.Step
	drop := func(sci *macsecnl.SCI, sa SA) {
		if sa.Active {
			steps = append(steps, macsecnl.Switching(m.Index(), sci, sa.AN, false))
		}
		drops = append(drops, macsecnl.Step{Do: macsecnl.DeleteSA(m.Index(), sci, sa.AN)})
	}
	for _, sa := range old.TxSAs {
		drop(nil, sa.SA)
	}
	for sci := range r.Rx {
		for _, sa := range old.RxSC(sci).SAs {
			drop(sciOf(sci), sa.SA)
		}
	}
	return append(steps, drops...)
}
