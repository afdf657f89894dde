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

// A Rotation says how Rotate is to replace the keys of a link.
type Rotation struct {
	// Tx is the association that the link is to send by from now on. Its number
	// must be free.
	Tx SA
	// Rx are the associations that the link is to receive by, for each channel
	// whose station gets a new key as well. Their numbers must be free.
	// Channels that are not named stay as they are.
	Rx map[SCI]SA
	// Ready is called when the link can receive by the new keys. It returns
	// when the others can, too, so that the link may send by its own: how they
	// agree on that is not up to MACsec. Without it, the others must be ready
	// before Rotate is called.
	Ready func(context.Context) error
	// Switched is called when the link sends by its new key. It returns when no
	// frames under the old keys come any more. Without it, Rotate waits until
	// frames under the new key have come from each channel in Rx, which takes
	// stations that send, and a moment longer.
	Switched func(context.Context) error
}

const (
	// pollTime is how often Rotate looks for frames under the new keys.
	pollTime = 100 * time.Millisecond

	// lagTime is how long frames under the old keys may be under way when
	// others have arrived under the new ones.
	lagTime = 200 * time.Millisecond
)

// Rotate replaces the keys of a link without losing a frame, if all stations
// keep to the same order:
//
//  1. It adds the associations to receive by, and waits for Ready.
//  2. It adds the association to send by, and makes it the EncodingSA.
//  3. It waits for Switched, and drops all other associations that it found to
//     send by, and in the channels of Rx.
//
// The new associations are active whatever their Active says. If something goes
// wrong before the last step, also if ctx ends, the link is as it was before;
// from then on there is no way back, and Rotate goes on, also if ctx ends. What
// contradicts the link as it is, is refused before anything is changed.
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

// checkNext refuses a new association that cannot be made.
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

// exchange does the first two steps, and waits; or else undoes what it has done.
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

// take adds an association, and the step to those that are taken.
func (m *MACsec) take(ctx context.Context, taken []macsecnl.Step, sci *macsecnl.SCI, sa SA) ([]macsecnl.Step, error) {
	sa.Active = true
	s := macsecnl.Adding(m.Index(), sci, wireSA(sa), m.suite.XPN())
	if err := m.run(ctx, opRotate, s); err != nil {
		return taken, err
	}
	return append(taken, s), nil
}

// undoRotation makes the link as it was, and returns the reason.
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

// setEncodingSA makes the link send by an association.
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

// awaitOthers waits until frames under the new keys have come.
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

// silent returns a channel by which no frame under the new key has come, nil if
// there is none.
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

// ended says what was awaited when ctx ended; nil if it has not.
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

// dropping returns the steps that drop the old associations. First all are
// deactivated, which can be undone.
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
