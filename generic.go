package iplink

import (
	"context"
	"errors"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// genericInfo is an info with settings that the kernel takes on another socket than
// that of links, and only from a link that exists.
type genericInfo interface {
	info

	// apply makes the settings in set, and learn returns those that the link
	// has. netns is a descriptor of the link's namespace, rtnl.Here if it is the
	// caller's.
	apply(ctx context.Context, netns, index int, set attr.Set) error
	read(ctx context.Context, netns, index int) (genericInfo, error)
}

// mixedInfo is a genericInfo with settings in both protocols.
type mixedInfo interface {
	genericInfo

	// genericSet returns which, and join adds what was learnt to a link that was
	// read.
	genericSet() attr.Set
	addTo(*Link)
}

// errNotTold is what learn returns if the other socket does not tell about a
// link that is there. One that was just made may pass: every request for it was
// acknowledged.
var errNotReported = errors.New("the kernel does not tell")

// generic returns the job's settings that go another way, nil if there are none.
func (j *job) generic() genericInfo {
	if a, ok := j.spec.Info.(genericInfo); ok && !j.genericSet.Empty() {
		return a
	}
	return nil
}

// genericPart returns what of a set goes another way.
func (s *spec) genericPart(set attr.Set) attr.Set {
	switch a := s.Info.(type) {
	case mixedInfo:
		return set.And(a.genericSet())
	case genericInfo:
		return set
	}
	return attr.Set{}
}

// dataSet is what goes into the request of the kind's own settings.
func (j *job) dataSet() attr.Set {
	return j.infoSet.Minus(j.genericSet)
}

// readGeneric adds to a link that was read what only the other socket tells.
func (t *transaction) readGeneric(ctx context.Context, j *job, have *Link) error {
	a := j.generic()
	if a == nil {
		return nil
	}
	netns, err := t.genericNetNS(j.at)
	if err != nil {
		return j.spec.failed(t.op, "", err)
	}
	known, err := a.read(ctx, netns, have.Index)
	if j.made && errors.Is(err, errNotReported) {
		return nil
	}
	if err != nil {
		return j.spec.failed(t.op, j.spec.firstRow(j.genericSet), err)
	}
	if p, ok := known.(mixedInfo); ok {
		p.addTo(have)
	} else {
		have.Info = known
	}
	return nil
}

// applyGeneric makes the settings that go another way. Requests that wait for the
// link's namespace go out before, those that come later find the link as it is
// wanted.
func (t *transaction) applyGeneric(ctx context.Context, j *job) error {
	a := j.generic()
	set := j.infoSet.And(j.genericSet)
	if a == nil || set.Empty() {
		return nil
	}
	if err := t.flush(ctx, j.at); err != nil {
		return err
	}
	netns, err := t.genericNetNS(j.at)
	if err == nil {
		err = a.apply(ctx, netns, j.index, set)
	}
	if err == nil {
		return nil
	}
	e := j.spec.failed(t.op, j.spec.firstRow(set), err)
	if inner, ok := errors.AsType[*Error](err); ok && inner.Attr != "" {
		e.Attr = inner.Attr
	}
	return e
}

// withoutFamily turns the error of a kernel that lacks the generic netlink family of
// a kind into that of one that lacks its driver.
func withoutFamily(kind string, err error) error {
	if errors.Is(err, rtnl.ErrFamily) {
		return &Error{Message: missingDriver(kind), Err: syscall.EOPNOTSUPP}
	}
	return err
}

// genericNetNS returns a descriptor of a namespace for another socket;
// rtnl.Here if it is the calling thread's, which needs no privilege to enter.
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
