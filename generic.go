package iplink

import (
	"context"
	"errors"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// An applier is an info with settings that route netlink does not set.
type applier interface {
	info

	// apply applies the settings in set to an existing link. netns is a descriptor of
	// the link's namespace, or rtnl.Here for the namespace of the caller.
	apply(ctx context.Context, netns, index int, set attr.Set) error
}

// genericInfo is an info with settings that the kernel accepts only through generic
// netlink, and only for an existing link.
type genericInfo interface {
	applier

	// read returns the settings of the link. netns is as for apply.
	read(ctx context.Context, netns, index int) (genericInfo, error)
}

// mixedInfo is a genericInfo with settings in route netlink as well.
type mixedInfo interface {
	genericInfo

	// genericSet returns the settings in generic netlink, and addTo adds those that
	// read returned to a link.
	genericSet() attr.Set
	addTo(*Link)
}

// apartReader is a mixedInfo with settings that requests of route netlink contain, but
// only generic netlink reports.
type apartReader interface {
	mixedInfo
	reportedApart() attr.Set
}

// itemised is a genericInfo with a list.
type itemised interface {
	genericInfo
	// itemise replaces the difference of the list by differences of its entries.
	itemise(have info, diffs []Difference) []Difference
}

// itemise returns differences, with lists entry by entry.
func (j *job) itemise(have info, diffs []Difference) []Difference {
	if want, ok := j.spec.Info.(itemised); ok {
		return want.itemise(have, diffs)
	}
	return diffs
}

// errNotReported is the error of read if generic netlink does not report an existing
// link. It is ignored for a link that was just created, because all its requests
// were acknowledged.
var errNotReported = errors.New("the kernel does not tell")

// generic returns the job's info if settings in generic netlink are wanted, or nil.
func (j *job) generic() genericInfo {
	if a, ok := j.spec.Info.(genericInfo); ok && !j.genericSet.Empty() {
		return a
	}
	return nil
}

// genericPart returns the members of a set that route netlink does not set.
func (s *spec) genericPart(set attr.Set) attr.Set {
	switch a := s.Info.(type) {
	case mixedInfo:
		return set.And(a.genericSet())
	case applier:
		return set
	}
	return attr.Set{}
}

// dataSet returns the settings for the nest of the kind in the route netlink
// request.
func (j *job) dataSet() attr.Set {
	return j.infoSet.Minus(j.genericSet)
}

// dataLater returns the part of dataSet that goes out once the link is made.
func (j *job) dataLater() attr.Set {
	return j.dataSet().And(j.kind.dataAfter)
}

// reportedGeneric returns the wanted settings that only generic netlink reports.
func (j *job) reportedGeneric() attr.Set {
	set := j.genericSet
	if a, ok := j.spec.Info.(apartReader); ok {
		set = set.Or(j.spec.Set.And(a.reportedApart()))
	}
	return set
}

// readGeneric adds the settings that only generic netlink reports to a link.
func (t *transaction) readGeneric(ctx context.Context, j *job, have *Link) error {
	a, ok := j.spec.Info.(genericInfo)
	set := j.reportedGeneric()
	if !ok || set.Empty() {
		return nil
	}
	netns, err := t.genericNetNS(j.at)
	if err != nil {
		return j.spec.failed(t.op, "", err)
	}
	known, err := a.read(t.conn.rt.Traced(ctx), netns, have.Index)
	if j.made && errors.Is(err, errNotReported) {
		return nil
	}
	if err != nil {
		return j.genericFailure(t.op, set, err)
	}
	if p, ok := known.(mixedInfo); ok {
		p.addTo(have)
	} else {
		have.Info = known
	}
	return nil
}

// applyGeneric applies the settings that route netlink does not set. Pending requests for
// the link's namespace are sent before, so that later requests find the link in the
// wanted state.
func (t *transaction) applyGeneric(ctx context.Context, j *job) error {
	a, ok := j.spec.Info.(applier)
	set := j.infoSet.And(j.genericSet)
	if !ok || set.Empty() {
		return nil
	}
	if err := t.flush(ctx, j.at); err != nil {
		return err
	}
	t.acted = true
	netns, err := t.genericNetNS(j.at)
	if err == nil {
		err = a.apply(t.conn.rt.Traced(ctx), netns, j.index, set)
	}
	if err == nil {
		return nil
	}
	return j.genericFailure(t.op, set, err)
}

// genericFailure returns the error of a setting in set, the first one unless err names
// another.
func (j *job) genericFailure(op string, set attr.Set, err error) *Error {
	e := j.spec.failed(op, j.spec.firstRow(set), err)
	if inner, ok := errors.AsType[*Error](err); ok && inner.Attr != "" {
		e.Attr = inner.Attr
	}
	return e
}

// withoutFamily converts the error for a missing generic netlink family of a kind to
// the error for a missing driver.
func withoutFamily(kind string, err error) error {
	if errors.Is(err, rtnl.ErrFamily) {
		return &Error{Message: missingDriver(kind), Err: syscall.EOPNOTSUPP}
	}
	return err
}

// load has the kernel load a driver that it does not load for a request for a link. If
// that fails, the error of the request has the reason.
func (k *kind) load(ctx context.Context) {
	if k.loadedBy == "" {
		return
	}
	if c, err := rtnl.DialFamily(ctx, rtnl.Here, k.loadedBy); err == nil {
		_ = c.Close() // nothing was sent that could be lost
	}
}

// genericNetNS returns a descriptor of a namespace for a generic netlink socket, or
// rtnl.Here for the namespace of the calling thread, which needs no privilege to
// enter.
func (t *transaction) genericNetNS(p *nsConn) (int, error) {
	ns, err := t.namespace(p)
	if err != nil {
		return rtnl.Here, err
	}
	here, err := CurrentNetNS()
	if err != nil {
		return rtnl.Here, err
	}
	defer here.Close()
	if here.Equal(ns) {
		return rtnl.Here, nil
	}
	return t.descriptor(p)
}

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
	case errors.Is(e.Err, syscall.EPERM) && e.Message == "" && !rtnl.HasNetAdmin(): // it cannot find its namespace
		e.Message = rtnl.NeedsNetAdmin
	}
	return e
}
