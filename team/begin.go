package team

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/iplink-go/iplink/internal/teamnl"
)

// begin takes over the team. If it fails, the options are restored.
func (r *runner) begin() error {
	n, err := r.kernel.snapshot(r.ops)
	if err != nil {
		return err
	}
	r.note(n.options)
	if err := r.configure(n.ports); err != nil {
		if undo := r.restore(); undo != nil {
			err = errors.Join(err, &undoError{undo})
		}
		return err
	}
	r.changed = nil
	r.takeOver(n.ports)
	return nil
}

// An undoError is the error that prevented options from getting their former values
// back.
type undoError struct{ err error }

func (e *undoError) Error() string { return "undo: " + e.err.Error() }
func (e *undoError) Unwrap() error { return e.err }

// configure sets the options of the team, and its address.
func (r *runner) configure(ports []teamnl.Port) error {
	if err := r.setMode(ports); err != nil {
		return err
	}
	for _, o := range append(r.bursts(), r.policy.options()...) {
		if err := r.replace(o); err != nil {
			return err
		}
	}
	if err := r.findAddress(); err != nil {
		return err
	}
	if r.config.Address == nil || slices.Equal(r.config.Address, r.address) {
		return nil
	}
	if err := r.kernel.setAddress(r.ops, r.index, r.config.Address); err != nil {
		return &optionError{"address", err}
	}
	r.address = r.config.Address
	return nil
}

// setMode sets the mode if it differs, and reads the options that come with it.
func (r *runner) setMode(ports []teamnl.Port) error {
	mode := teamnl.Option{Name: "mode", Value: string(r.config.kernelMode()), Index: -1}
	if r.seen[keyOf(mode)] == mode.Value {
		return nil
	}
	if len(ports) > 0 {
		return &optionError{"mode", &refusal{syscall.EBUSY,
			fmt.Sprintf("it is %v, and changes only while the team has no ports", r.seen[keyOf(mode)])}}
	}
	if err := r.replace(mode); errors.Is(err, syscall.EINVAL) {
		return &optionError{"mode", &refusal{syscall.EINVAL, missingMode(string(r.config.kernelMode()))}}
	} else if err != nil {
		return err
	}
	r.look()
	return r.failure
}

// replace sets an option and records its former value.
func (r *runner) replace(o teamnl.Option) error {
	former := o
	former.Value = r.seen[keyOf(o)]
	if err := r.set(o); err != nil {
		return err
	}
	r.changed = append(r.changed, former)
	return nil
}

// noMode is the kernel's name for the mode of a team without one.
const noMode = "*NOMODE*"

// restore gives the options their former values, the last one first. A team that had
// no mode keeps the new one.
func (r *runner) restore() error {
	var all []error
	for _, o := range slices.Backward(r.changed) {
		if o.Value != nil && o.Value != noMode {
			all = append(all, r.set(o))
		}
	}
	return errors.Join(all...)
}

// bursts returns the options for announcements when a port comes into use.
func (r *runner) bursts() []teamnl.Option {
	var all []teamnl.Option
	add := func(name string, b *Burst) {
		if b != nil {
			all = append(all, teamnl.Option{Name: name + "_count", Value: b.Count, Index: -1},
				teamnl.Option{Name: name + "_interval", Value: uint32(b.Interval / time.Millisecond), Index: -1})
		}
	}
	add("notify_peers", r.config.NotifyPeers)
	add("mcast_rejoin", r.config.MCastRejoin)
	return all
}

// findAddress determines the team's address. If the team is to take the address of a
// port that joins, it records the addresses of all links, because a port may have
// lost its own when the kernel announces that it has joined.
func (r *runner) findAddress() error {
	l, err := r.kernel.link(r.ops, r.index)
	if err != nil {
		return err
	}
	r.name, r.address, r.up = l.name, l.address, l.up
	if r.config.Address != nil {
		return nil
	}
	return r.findOrigins()
}

// takeOver takes over the existing ports. It makes no decision before all are known.
func (r *runner) takeOver(ports []teamnl.Port) {
	for _, q := range ports {
		if p := r.meet(q); p != nil {
			r.equip(p)
		}
	}
	for _, p := range r.ports {
		for _, w := range p.watches {
			w.portChanged()
		}
	}
	for _, p := range r.ports {
		p.begun = true
	}
	for _, p := range slices.Clone(r.ports) {
		r.decide(p)
	}
	r.policy.teamChanged()
}
