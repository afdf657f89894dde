package iplink

import (
	"context"

	"github.com/iplink-go/iplink/internal/attr"
)

// aside is an info with settings that the kernel takes on another socket than
// that of links, and only from a link that exists.
type aside interface {
	info

	// apply makes the settings in set, and learn returns those that the link
	// has. netns is a descriptor of the link's namespace, 0 if it is the
	// caller's.
	apply(ctx context.Context, netns, index int, set attr.Set) error
	learn(ctx context.Context, netns, index int) (aside, error)
}

// aside returns the job's settings that go another way, nil if there are none.
func (j *job) aside() aside {
	if a, ok := j.spec.info.(aside); ok && !j.spec.set.Empty() {
		return a
	}
	return nil
}

// dataSet is what goes into the request of the kind's own settings.
func (j *job) dataSet() attr.Set {
	if _, ok := j.spec.info.(aside); ok {
		return attr.Set{}
	}
	return j.infoSet
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
	if err != nil {
		return j.spec.failed(t.op, j.spec.firstRow(j.spec.set), err)
	}
	have.Info = known
	return nil
}

// applyAside makes the settings that go another way. Requests that wait for the
// link's namespace go out before, those that come later find the link as it is
// wanted.
func (t *transaction) applyAside(ctx context.Context, j *job) error {
	a := j.aside()
	if a == nil || j.infoSet.Empty() {
		return nil
	}
	if err := t.flush(ctx, j.at); err != nil {
		return err
	}
	netns, err := t.asideNetNS(j.at)
	if err == nil {
		err = a.apply(ctx, netns, j.index, j.infoSet)
	}
	if err != nil {
		return j.spec.failed(t.op, j.spec.firstRow(j.infoSet), err)
	}
	return nil
}

// asideNetNS returns a descriptor of a place's namespace for another socket; 0
// if it is the calling thread's, which needs no privilege to enter.
func (t *transaction) asideNetNS(p *place) (int, error) {
	ns, err := t.namespace(p)
	if err != nil {
		return 0, err
	}
	here, err := CurrentNetNS()
	if err != nil {
		return 0, err
	}
	defer here.Close()
	if here.Equal(ns) {
		return 0, nil
	}
	return t.descriptor(p)
}
