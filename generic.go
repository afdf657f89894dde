package iplink

import (
	"context"
	"errors"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// aside is an info with settings that the kernel takes on another socket than
// that of links, and only from a link that exists.
type aside interface {
	info

	// apply makes the settings in set, and learn returns those that the link
	// has. netns is a descriptor of the link's namespace, rtnl.Here if it is the
	// caller's.
	apply(ctx context.Context, netns, index int, set attr.Set) error
	learn(ctx context.Context, netns, index int) (aside, error)
}

// partly is an aside of which only some settings go the other way.
type partly interface {
	aside

	// apart returns which, and join adds what was learnt to a link that was
	// read.
	apart() attr.Set
	join(*Link)
}

// errNotTold is what learn returns if the other socket does not tell about a
// link that is there. One that was just made may pass: every request for it was
// acknowledged.
var errNotTold = errors.New("the kernel does not tell")

// aside returns the job's settings that go another way, nil if there are none.
func (j *job) aside() aside {
	if a, ok := j.spec.Info.(aside); ok && !j.elsewhere.Empty() {
		return a
	}
	return nil
}

// apart returns what of a set goes another way.
func (s *spec) apart(set attr.Set) attr.Set {
	switch a := s.Info.(type) {
	case partly:
		return set.And(a.apart())
	case aside:
		return set
	}
	return attr.Set{}
}

// dataSet is what goes into the request of the kind's own settings.
func (j *job) dataSet() attr.Set {
	return j.infoSet.Minus(j.elsewhere)
}

// learnAside adds to a link that was read what only the other socket tells.
func (t *transaction) learnAside(ctx context.Context, j *job, have *Link) error {
	a := j.aside()
	if a == nil {
		return nil
	}
	netns, err := t.asideNetNS(j.at)
	if err != nil {
		return j.spec.failed(t.op, "", err)
	}
	known, err := a.learn(ctx, netns, have.Index)
	if j.made && errors.Is(err, errNotTold) {
		return nil
	}
	if err != nil {
		return j.spec.failed(t.op, j.spec.firstRow(j.elsewhere), err)
	}
	if p, ok := known.(partly); ok {
		p.join(have)
	} else {
		have.Info = known
	}
	return nil
}

// applyAside makes the settings that go another way. Requests that wait for the
// link's namespace go out before, those that come later find the link as it is
// wanted.
func (t *transaction) applyAside(ctx context.Context, j *job) error {
	a := j.aside()
	set := j.infoSet.And(j.elsewhere)
	if a == nil || set.Empty() {
		return nil
	}
	if err := t.flush(ctx, j.at); err != nil {
		return err
	}
	netns, err := t.asideNetNS(j.at)
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

// asideNetNS returns a descriptor of a place's namespace for another socket;
// rtnl.Here if it is the calling thread's, which needs no privilege to enter.
func (t *transaction) asideNetNS(p *place) (int, error) {
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
