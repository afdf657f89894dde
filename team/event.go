package team

import (
	"context"
	"iter"
	"syscall"

	"github.com/iplink-go/iplink/internal/teamnl"
)

// An Event is what has changed of a team: the options with their new values and
// the ports as they are now.
type Event struct {
	Options []Option // with their new values
	Ports   []Port   // as they are now, and those that have just gone
	// Snapshot reports that the event holds all options and ports rather than
	// changes: it is the first, or the kernel has dropped events before.
	Snapshot bool
}

// Events returns what happens to the options and ports: first all there are,
// and then, without a gap, each change. It ends with an error: that of ctx, or
// one that matches fs.ErrNotExist when the team is removed. Leaving the loop
// closes the sockets.
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

// event turns a notice into an event; some notices are none.
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

// gone reports whether a notice says that the team was removed.
func (t *Team) gone(n notice) bool {
	for _, l := range n.links {
		if l.removed && l.index == t.link.Index {
			return true
		}
	}
	return false
}

// snapshot reads everything anew.
func (t *Team) snapshot(ctx context.Context) (n notice, err error) {
	if n.options, err = teamnl.Options(ctx, t.nl, t.link.Index); err != nil {
		return n, err
	}
	n.ports, err = teamnl.Ports(ctx, t.nl, t.link.Index)
	return n, err
}
