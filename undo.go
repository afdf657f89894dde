package iplink

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/iplink-go/iplink/internal/rtnl"
)

const (
	// undoTime is how long undoing may take in each namespace, whatever has
	// become of the context.
	undoTime = 30 * time.Second

	// undoAttempts is how often undoing is tried: the fault that made it
	// necessary may last.
	undoAttempts = 5
)

// attempt runs what makes links. If it fails, panics or ends its goroutine,
// what was made is removed again. The Conn's socket stays open for that.
func (t *transaction) attempt(ctx context.Context, run func(context.Context) error) (err error) {
	held, err := t.conn.rt.Hold()
	if err != nil {
		return &Error{Op: t.op, Err: err}
	}
	defer held.Release()
	t.awaitEchoes()
	finished := false
	defer func() {
		if !finished {
			err = errors.Join(err, t.undo(ctx))
		}
	}()
	if err := run(ctx); err != nil {
		return err
	}
	finished = true
	return nil
}

// note takes down what became of the request that makes the link.
func (j *job) note(err error) {
	j.made = err == nil
	j.lost = errors.Is(err, rtnl.ErrLost)
}

// undo removes what the transaction made, and nothing else: links are found by
// an index that no other link had. Only a link that is made alone may have the
// kernel's choice, and is found by its name until it has been read. What is
// gone already is no error.
func (t *transaction) undo(ctx context.Context) error {
	var all []error
	for _, p := range slices.Backward(t.places) {
		all = append(all, t.undoIn(ctx, p))
	}
	return errors.Join(all...)
}

func (t *transaction) undoIn(ctx context.Context, p *place) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	var failed error
	left, unknown := t.madeIn(ctx, p)
	for range undoAttempts {
		left = slices.DeleteFunc(left, func(j *job) bool { return isAbsent(p.rt, j.index) })
		if len(left) == 0 {
			return unknown
		}
		failed = t.removeAll(ctx, p, left)
	}
	return errors.Join(unknown, t.leftover(left, failed))
}

// removeAll removes links: many together, few, and those that cannot be listed,
// one by one in the order given.
func (t *transaction) removeAll(ctx context.Context, p *place, jobs []*job) error {
	held := rtnl.Held{Conn: p.rt}
	r := removal{held: held, via: held}
	for _, j := range jobs {
		r.links = append(r.links, doomed{j.index, j.spec.link.Group})
	}
	const few = 2
	if len(jobs) <= few || r.survey(ctx) != nil {
		return r.runSingly(ctx)
	}
	return r.run(ctx)
}

// madeIn returns the links that the transaction made in one namespace, the last
// one first, without peers. The error names those of which nobody knows.
func (t *transaction) madeIn(ctx context.Context, p *place) (made []*job, unknown error) {
	for _, j := range slices.Backward(t.jobs) {
		switch {
		case j.at != p || j.main != nil:
		case j.made, j.lost && j.preset:
			j.locateMade(ctx)
			made = append(made, j)
		case j.lost:
			unknown = errors.Join(unknown, t.undoError(j, rtnl.ErrLost, "whether it was made is unknown"))
		}
	}
	return made, unknown
}

// locateMade finds the index of a link that was made if it was the kernel's
// choice.
func (j *job) locateMade(ctx context.Context) {
	switch {
	case j.index != 0:
	case j.link != nil:
		j.index = j.link.Index
	default:
		j.index, _ = indexOf(ctx, j.at.rt, j.spec.name) // 0 if it is gone
	}
}

// leftover returns an error for each link that could not be removed.
func (t *transaction) leftover(left []*job, reason error) error {
	var all []error
	for _, j := range left {
		if !isAbsent(j.at.rt, j.index) {
			all = append(all, t.undoError(j, reason, "the link is left"))
		}
	}
	return errors.Join(all...)
}

func (t *transaction) undoError(j *job, reason error, message string) error {
	e := kernelError(&Error{Op: "undo " + t.op + " of", Kind: j.spec.kind, Name: j.spec.name}, reason)
	e.Message, e.FromKernel = message, false
	return e
}
