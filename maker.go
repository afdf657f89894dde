package iplink

import (
	"context"
	"errors"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// Route netlink makes most links. A kind whose links come from another interface of the
// kernel has an info that makes them. Route netlink then reports and deletes such a link,
// and its other settings are sent once it exists, as those that the kernel ignores at the
// creation of other links.

// A maker is an info of a kind whose links route netlink neither makes nor changes. It
// reports their settings, so that a maker need not read them.
type maker interface {
	applier

	// make makes a link with the settings in set, and with an index unless that is 0, in
	// the namespace of the calling thread. It returns the index, which indexOf finds by
	// the name. It leaves no link if it returns an error, and returns syscall.EEXIST if
	// another link has the name or the index.
	make(name string, index int, set attr.Set, indexOf func(string) (int, error)) (int, error)
	// addCommand writes the command that makes the link.
	addCommand(*commandWriter, *spec)
}

// maker returns the info that makes the links of s, or nil if route netlink does.
func (s *spec) maker() maker {
	m, _ := s.Info.(maker)
	return m
}

// make makes a link by its own info. The requests before it are sent first.
func (t *transaction) make(ctx context.Context, j *job, m maker) error {
	if err := t.flush(ctx, j.at); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return j.spec.failed(t.op, "", context.Cause(ctx))
	}
	t.acted = true
	indexOf := func(name string) (int, error) { return rtnl.ShortIndexOf(j.at.rt, name) }
	err := t.within(j.at, func() (err error) {
		index, err := m.make(j.nameNow(), j.index, j.infoSet, indexOf)
		if j.note(err); err == nil {
			j.index = index
		}
		return err
	})
	if err != nil {
		return t.makeError(ctx, j, err)
	}
	t.index.add(j)
	j.infoSet, j.unread = attr.Set{}, true
	return nil
}

// makeError returns the error of a link that could not be made.
func (t *transaction) makeError(ctx context.Context, j *job, err error) error {
	e := j.genericFailure(t.op, attr.Set{}, err)
	switch {
	case errors.Is(e.Err, syscall.EEXIST):
		e.Message = j.holder(ctx)
	case errors.Is(e.Err, syscall.EPERM) && e.Message == "" && !hasNetAdmin(): // it cannot find its namespace
		e.Message = rtnl.NeedsNetAdmin
	}
	return e
}
