package team

import (
	"context"
	"iter"
	"syscall"

	"github.com/iplink-go/iplink/internal/teamnl"
)

// An Event is a change of a team: the options with their new values and the ports in
// their present state.
type Event struct {
	Options []Option // with their new values
	Ports   []Port   // in their present state, including those that have just left
	// Snapshot reports that the event contains all options and ports rather than
	// changes, because it is the first event, or because the kernel has dropped
	// events before it.
	Snapshot bool
}

// Events returns the changes of options and ports: first all present ones, and then,
// without a gap, each change, as the kernel announces it (change_event of the family team).
// It ends with an error: that of ctx, or one that
// matches fs.ErrNotExist when the team is removed. Leaving the loop closes the
// sockets.
func (t *Team) Events(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		ctx, stop := t.whileOpen(ctx)
		defer stop()
		l, err := t.listen(ctx)
		if err != nil {
			yield(Event{}, t.failed(opWatch, "", err))
			return
		}
		defer l.close()
		n := notice{lost: true}
		for {
			e, some, err := t.event(ctx, n)
			if (err != nil || some) && !yield(e, err) || err != nil {
				return
			}
			select {
			case n = <-l.notices:
			case <-ctx.Done():
				n = notice{err: context.Cause(ctx)}
			}
		}
	}
}

const opWatch = "watch"

// event turns a notice into an event, unless the notice concerns no option or port.
func (t *Team) event(ctx context.Context, n notice) (e Event, some bool, err error) {
	if t.gone(n) {
		n.err = syscall.ENODEV
	}
	if n.lost && n.err == nil {
		e.Snapshot = true
		n, n.err = t.snapshot(ctx)
	}
	if n.err != nil {
		return Event{}, false, t.failed(opWatch, "", n.err)
	}
	for _, o := range n.options {
		if !o.Removed {
			e.Options = append(e.Options, typed(o))
		}
	}
	e.Ports = t.named(n.ports)
	return e, e.Snapshot || len(e.Options) > 0 || len(e.Ports) > 0, nil
}

// gone reports whether a notice announces the removal of the team.
func (t *Team) gone(n notice) bool {
	for _, l := range n.links {
		if l.removed && l.index == t.link.Index {
			return true
		}
	}
	return false
}

// snapshot reads all options and ports again.
func (t *Team) snapshot(ctx context.Context) (n notice, err error) {
	if n.options, err = teamnl.Options(ctx, t.nl, t.link.Index); err != nil {
		return n, err
	}
	n.ports, err = teamnl.Ports(ctx, t.nl, t.link.Index)
	return n, err
}
