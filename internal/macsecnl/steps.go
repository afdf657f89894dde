package macsecnl

import (
	"context"
	"errors"
	"slices"
	"syscall"
	"time"
)

// undoTime is the time limit for undoing, regardless of the context.
const undoTime = 10 * time.Second

// A Step is a request and the requests that undo it.
type Step struct {
	Do   Request
	Undo []Request
}

// Adding returns the step that adds an association.
func Adding(index int, sci *SCI, sa SA, xpn bool) Step {
	s := Step{Do: AddSA(index, sci, sa, xpn)}
	if sa.Active {
		s.Undo = append(s.Undo, UpdateSA(index, sci, sa.AN, nil, new(false), xpn))
	}
	s.Undo = append(s.Undo, DeleteSA(index, sci, sa.AN))
	return s
}

// AddingRxSC returns the steps that add a receive channel and its associations.
func AddingRxSC(index int, sci SCI, sas []SA, xpn bool) []Step {
	steps := []Step{{AddRxSC(index, sci), []Request{DeleteRxSC(index, sci)}}}
	for _, sa := range sas {
		steps = append(steps, Adding(index, &sci, sa, xpn))
	}
	return steps
}

// Switching returns the step that activates or deactivates an association.
func Switching(index int, sci *SCI, an uint8, active bool) Step {
	return Step{UpdateSA(index, sci, an, nil, new(active), false), []Request{UpdateSA(index, sci, an, nil, new(!active), false)}}
}

// SwitchingRxSC returns the step that activates or deactivates a receive channel.
func SwitchingRxSC(index int, sci SCI, active bool) Step {
	return Step{UpdateRxSC(index, sci, active), []Request{UpdateRxSC(index, sci, !active)}}
}

// Run carries out steps in order. There must be at least one. If a step fails, Run
// undoes the previous steps, even if ctx has ended or the Conn was closed. The error
// is a *Refusal.
func (c *Conn) Run(ctx context.Context, steps ...Step) error {
	held, err := c.rt.Hold()
	if err != nil {
		return &Refusal{Request: steps[0].Do, Err: err}
	}
	defer held.Release()
	for i, s := range steps {
		carried, err := c.do(ctx, c.rt, s.Do)
		if err == nil {
			continue
		}
		if carried {
			i++
		}
		refusal := s.Do.refuse(err)
		refusal.Left = c.undo(ctx, held, steps[:i])
		return refusal
	}
	return nil
}

// Undo undoes completed steps in reverse order.
func (c *Conn) Undo(ctx context.Context, steps ...Step) error {
	held, err := c.rt.Hold()
	if err != nil {
		return err
	}
	defer held.Release()
	return c.undo(ctx, held, steps)
}

func (c *Conn) undo(ctx context.Context, via exchanger, steps []Step) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	var all []error
	for _, s := range slices.Backward(steps) {
		for _, r := range s.Undo {
			if _, err := c.do(ctx, via, r); err != nil && !errors.Is(err, syscall.ENODEV) {
				refusal := r.refuse(err)
				refusal.Message, refusal.FromKernel = r.Subject()+" is left", false
				all = append(all, refusal)
			}
		}
	}
	return errors.Join(all...)
}
