package iplink

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

const (
	// undoTime limits the undoing in each namespace, whether or not the context has
	// ended.
	undoTime = 30 * time.Second

	// undoAttempts is the number of attempts to undo, since the fault that made it
	// necessary may persist.
	undoAttempts = 5
)

// note records the outcome of the request that makes the link.
func (j *job) note(err error) {
	j.made = err == nil
	j.lost = errors.Is(err, rtnl.ErrLost)
}

// undo removes the links that the transaction made, and restores those that they
// replaced and those that were to be their ports. It touches no others: a link is removed
// only if it has the index, the name and the kind that it was made with. The kernel
// chooses the index, which is unknown until it has reported the link; until then the
// link is found by its name. A link that is gone already is not an error.
func (t *transaction) undo(ctx context.Context) error {
	var all []error
	for _, p := range slices.Backward(t.nsConns) {
		all = append(all, t.undoIn(ctx, p))
	}
	all = append(all, t.restoreReplaced(ctx), t.giveBack(ctx), t.undoAdded(ctx))
	return errors.Join(all...)
}

// undoAdded removes the addresses, routes and neighbours that exclusive jobs added, the
// last one first. Objects that are gone already are not an error.
func (t *transaction) undoAdded(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	var all []error
	for _, j := range slices.Backward(t.jobs) {
		for _, r := range slices.Backward(j.added) {
			var b rtnl.Batch
			b.Write(r.Type, 0, func(b []byte) []byte { return r.Append(b, j.index) })
			err := doAll(ctx, rtnl.Held{Conn: j.at.rt}, &b)
			holds := func(errno syscall.Errno) bool { return errors.Is(err, errno) }
			if err != nil && !isGone(err) && !slices.ContainsFunc(r.Holds, holds) {
				all = append(all, t.undoError(j, err, r.Text+" is left"))
			}
		}
		j.added = nil
	}
	return errors.Join(all...)
}

// noteAdded records the objects that exclusive jobs have added.
func (p *nsConn) noteAdded() {
	for i, step := range p.steps {
		if err := p.batch.Err(i); step.inverse != nil && (err == nil || errors.Is(err, rtnl.ErrLost)) {
			step.job.added = append(step.job.added, *step.inverse)
		}
	}
}

// undoIn removes the links that were made in one namespace: first in batches, then
// the remaining ones one by one.
func (t *transaction) undoIn(ctx context.Context, p *nsConn) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	held := rtnl.Held{Conn: p.rt}
	r := removal{held: held, via: held, own: map[int]uint32{}}
	remove := func(links []target) error { return r.byIndex(ctx, links) }
	made, unknown := t.madeIn(ctx, p)
	var left []target
	for _, j := range made {
		left = append(left, j.target())
	}
	failed := r.inBatches(left, remove)
	for range undoAttempts - 1 {
		left = slices.DeleteFunc(left, func(l target) bool { return !r.stillThere(ctx, l) })
		for i := range left {
			failed = remove(left[i : i+1])
		}
	}
	return errors.Join(unknown, t.leftover(ctx, &r, made, failed))
}

// target returns the properties that the link must have to be removed again. It has its
// own name or the one that it was made under.
func (j *job) target() target {
	name := j.spec.Name
	if now, err := rtnl.NameOf(j.at.rt, j.index); j.passing != "" && err == nil && (now == j.passing || completed(name, now)) {
		name = now
	}
	return target{index: j.index, name: name, kind: j.spec.Kind}
}

// madeIn returns the links that the transaction made in one namespace, the last one
// first, without peers. The error names the links whose creation is uncertain.
func (t *transaction) madeIn(ctx context.Context, p *nsConn) (made []*job, unknown error) {
	for _, j := range slices.Backward(slices.Concat(t.earlier, t.jobs)) {
		if j.at != p || j.main != nil || !j.made && !j.lost {
			continue
		}
		switch found, fault := t.locateMade(ctx, j); {
		case found:
			made = append(made, j)
		case fault != "":
			unknown = errors.Join(unknown, t.undoError(j, rtnl.ErrLost, fault))
		}
	}
	return made, unknown
}

// locateMade reports whether the link is there that the transaction made. A link whose
// index the kernel chose and did not report is found by its name. Another caller may have
// removed it and given the name to its own link, which had the name before, or
// is not as the request described it. The fault is the reason why a link is left that
// may be the transaction's.
func (t *transaction) locateMade(ctx context.Context, j *job) (found bool, fault string) {
	index, err := j.index, error(nil)
	if index == 0 && j.link != nil {
		index = j.link.Index
	}
	switch {
	case index != 0 && !j.byName:
		j.index = index
		return true, ""
	case index == 0 && j.nameNow() == "":
		return false, "the kernel chose its name, and did not report it"
	case index == 0:
		index, err = j.at.indexOf(ctx, j.nameNow())
	}
	if isGone(err) || err == nil && index == j.before {
		return false, ""
	}
	l, unread := j.at.readIndex(ctx, index)
	for range undoAttempts - 1 {
		if unread != nil && !isGone(unread) {
			l, unread = j.at.readIndex(ctx, index)
		}
	}
	switch {
	case isGone(unread):
		return false, ""
	case err != nil, unread != nil && j.lost && j.before != 0:
		return false, "whether it was made is unknown"
	case unread == nil && !t.resembles(j, l):
		return false, fmt.Sprintf("the link with index %d has its name, but not its settings, and is left", index)
	}
	j.index = index
	return true, ""
}

// resembles reports whether a link has the kind and the lasting settings with which the job
// asked the kernel to make it, as far as the kernel reports them. It passes over those
// that the kernel changes with a master or a parent.
func (t *transaction) resembles(j *job, l *Link) bool {
	if l.Kind != j.spec.Kind {
		return false
	}
	by := attr.SetOf(uapi.IFLA_MASTER, uapi.IFLA_LINK, uapi.IFLA_MTU, uapi.IFLA_ADDRESS)
	if isPrivate(l.Group) {
		by.Add(uapi.IFLA_GROUP)
	}
	set := j.spec.linkSet.Minus(j.createsLater().Or(requests).Or(j.kind.rewrites).Or(by)).And(l.raw.common)
	if len(t.codec.Compare(set, nil, j.spec.link.settable, l.settable)) > 0 {
		return false
	}
	i, ok := j.spec.known(l)
	if !ok || j.spec.Info == nil || t.unprovable(j.spec) {
		return true
	}
	set = j.spec.Set.Minus(j.genericSet.Or(j.late)).And(l.raw.info)
	for _, r := range j.infoRefs {
		set.Remove(r.Type)
	}
	lasting := func(d attr.Difference) bool { return d.CreateOnly }
	return !slices.ContainsFunc(t.codec.Compare(set, nil, j.spec.info().attrs, i.attrs), lasting)
}

// leftover returns an error for each link that could not be removed, and for each
// one that may have been renamed.
func (t *transaction) leftover(ctx context.Context, r *removal, made []*job, reason error) error {
	var all []error
	for _, j := range made {
		name, err := rtnl.NameOf(j.at.rt, j.index)
		switch {
		case r.stillThere(ctx, j.target()) && reason != nil:
			all = append(all, t.undoError(j, reason, "the link is left"))
		case err == nil:
			all = append(all, t.undoError(j, syscall.ENODEV, fmt.Sprintf("index %d is that of another link by now, or of a renamed one, %q, which is left", j.index, name)))
		}
	}
	return errors.Join(all...)
}

func (t *transaction) undoError(j *job, reason error, message string) error {
	e := kernelError(&Error{Op: "undo " + t.op + " of", Kind: j.spec.Kind, Name: j.spec.Name}, reason)
	e.Message, e.FromKernel = message, false
	return e
}
