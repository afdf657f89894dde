package iplink

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/removal"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// Create creates all links that specs describe, in order, and returns them as the
// kernel describes them afterwards; the result for a Namespace is nil. A link may name an
// earlier one as its parent, master or underlay. On an error, also when ctx ends, the
// links that this call created are removed again, in reverse order, and nothing else is
// changed.
//
// A setting of a master that names one of its ports, such as the Primary of a bond, may
// name a later link. If a later link undoes a setting of an earlier one, that is set
// again.
//
// The kernel chooses the indexes of links without Index. Requests for the same namespace
// are sent together, up to 64 in one send: first those that make links, then those that
// complete them and make links on top of them, one send for each such level. When ctx
// ends, Create returns after the kernel has processed one send, which takes about 50
// ms, and has removed the created links. Both take longer while another process
// holds the kernel's lock for all links (RTNL). Pairs with one end in another
// namespace need one more send to be read. Many links of one call share memory, like
// the links of a list.
//
// A link is removed again only if it still has the index, the name and the kind with
// which it was created. If another process has renamed it, it stays, and the error
// reports it.
//
// A process that is killed during the call leaves the links that it has created so
// far. They have the requested names, so that DeleteIfExists can remove them.
func (c *Conn) Create(ctx context.Context, specs ...Spec) ([]*Link, error) {
	if err := c.unready(ctx, "create"); err != nil {
		return nil, err
	}
	t := newTransaction(c, "create")
	defer t.close()
	err := t.withNamespaces(ctx, specs, t.checkNew, func(specs []Spec) error {
		if err := t.plan(ctx, specs); err != nil {
			return err
		}
		return t.attempt(ctx, t.inNames(t.run))
	})
	if err != nil {
		return nil, err
	}
	return inPlaces(specs, t.links(), func(*spec) *Link { return nil }), nil
}

// checkNew refuses specs that cannot be created, whichever links there are.
func (t *transaction) checkNew(wanted []*spec) error {
	for _, s := range wanted {
		if s.Kind == "" {
			return s.invalid(t.op, "", "a Device names a link that exists already: use the New of a kind to make one")
		}
		if err := s.check(t.op, &t.codec); err != nil {
			return err
		}
		if err := s.refuseTakeaway(t.op); err != nil {
			return err
		}
	}
	return nil
}

// plan checks specs and prepares the jobs that create the links.
func (t *transaction) plan(ctx context.Context, specs []Spec) error {
	wanted, err := described(t.op, specs...)
	if err != nil {
		return err
	}
	if err := t.checkNew(wanted); err != nil {
		return err
	}
	for _, s := range wanted {
		t.data = t.data || s.hasRaw()
	}
	if err := t.checkOrder(ctx, wanted); err != nil {
		return err
	}
	t.many = len(specs) > 1
	t.expect(len(specs))
	for _, s := range wanted {
		if _, err := t.prepareCreate(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// expect prepares the transaction for the given number of links. If there are many,
// they share memory, like the links of a list.
func (t *transaction) expect(links int) {
	t.jobs = slices.Grow(t.jobs, links)
	if links > together {
		t.share(&interner{slab: new(slab)})
	}
}

// prepareCreate prepares the job that creates a link, and the job of its peer.
func (t *transaction) prepareCreate(ctx context.Context, s *spec) (*job, error) {
	j, err := t.prepare(ctx, s, nil)
	if err != nil {
		return nil, err
	}
	s.kind().load(ctx)
	if other := s.other(); other != nil {
		j.peer, err = t.prepare(ctx, other, j)
		if err != nil {
			return nil, err
		}
	}
	if j.peer != nil {
		j.level = max(j.level, j.peer.level)
		j.peer.level = j.level
		j.chooseIndex()
	}
	return j, nil
}

// chooseIndex chooses the index of a link whose other end is to have a certain one. The
// kernel ignores that one otherwise.
func (j *job) chooseIndex() {
	if j.index != 0 || j.peer.index == 0 {
		return
	}
	for j.index = j.peer.index + 1; ; j.index++ {
		if _, err := rtnl.NameOf(j.at.rt, j.index); isGone(err) || j.index == math.MaxInt32 {
			return
		}
	}
}

// prepare finds the namespace of s and the links that s refers to.
func (t *transaction) prepare(ctx context.Context, s *spec, main *job) (*job, error) {
	if ctx.Err() != nil {
		return nil, s.failed(t.op, "", context.Cause(ctx))
	}
	at, err := t.nsConn(ctx, s.netns)
	if err != nil {
		return nil, s.failed(t.op, "netns", err)
	}
	j := newJob(s, at, main)
	j.makes = true
	if main == nil {
		err = s.refuseRemote(t.op, "netns", at)
	} else {
		err = t.refuseLater(j)
	}
	if err != nil {
		return nil, err
	}
	if err := t.resolve(ctx, j); err != nil {
		return nil, err
	}
	j.chooseName()
	if err := t.checkAllPortNames(ctx, j); err != nil {
		return nil, err
	}
	if i, ok := s.Info.(creationPlanner); ok {
		if err := i.planCreate(ctx, t, j); err != nil {
			return nil, err
		}
	}
	t.jobs = append(t.jobs, j)
	return j, nil
}

// addCreate adds the request that creates a link together with its peer.
func (t *transaction) addCreate(j *job) {
	const flags = uapi.NLM_F_CREATE | uapi.NLM_F_EXCL
	body := func(b []byte) []byte { return t.appendCreate(b, j) }
	if j.echo || j.asks && t.echoes(j) {
		j.at.batch.Echo(uapi.RTM_NEWLINK, flags|t.conn.echo, t.echoReply(j), body)
	} else {
		j.at.batch.Write(uapi.RTM_NEWLINK, flags, body)
	}
	j.at.steps = append(j.at.steps, step{job: j, what: stepCreate})
	for _, end := range []*job{j, j.peer} {
		if end != nil {
			end.unread = !end.echo && end.spec.Name != ""
		}
	}
}

// complete adds the requests for settings that the kernel ignores or refuses on
// creation, in the required order. A peer whose name the kernel chooses can be read only
// after its main end.
func (t *transaction) complete(j *job) {
	t.addRename(j)
	flags, change := j.flagsLater()
	set, data := j.linkSet.And(j.createsLater()), j.dataLater()
	if !set.Empty() || !data.Empty() || !j.inet6Set.Empty() || change != 0 {
		t.addChange(j, flags, change, func(b []byte) []byte { return t.appendBoth(b, j, set, data) })
	}
	t.addRest(j)
	t.takePorts(j)
	j.unread = true
}

// readUnnamedPeers reads the other ends whose names the kernel chose.
func (t *transaction) readUnnamedPeers(ctx context.Context) error {
	for _, j := range t.jobs {
		if j.makes && j.peer != nil && j.peer.link == nil && j.link != nil && j.link.Parent != 0 {
			j.peer.index = j.link.Parent
			t.addRead(j.peer)
		}
	}
	return t.flushPlaces(ctx)
}

// addRest adds the requests that follow the settings of the link itself.
func (t *transaction) addRest(j *job) {
	if !j.portSet.Empty() {
		t.addChange(j, 0, 0, func(b []byte) []byte { return t.appendPort(b, j) })
	}
	if j.deferUp {
		t.addChange(j, uapi.IFF_UP, uapi.IFF_UP, func(b []byte) []byte { return b })
	}
	for _, f := range facets {
		if f.add != nil {
			f.add(t, j)
		}
	}
}

func (t *transaction) addAltNames(j *job) {
	for _, name := range j.altNames {
		t.addAltName(j, name)
	}
}

func (t *transaction) addRead(j *job) {
	j.byName = j.byName || j.index == 0
	j.at.batch.Get(uapi.RTM_GETLINK, func(m wire.Message) { j.link = t.parse(m) }, func(b []byte) []byte {
		return j.at.appendKey(b, j.index, j.spec.Name)
	})
	j.at.steps = append(j.at.steps, step{job: j, what: stepRead})
}

// addChange adds a request that changes a link with a known index.
func (t *transaction) addChange(j *job, flags, change uint32, attrs func([]byte) []byte) {
	j.at.batch.Write(uapi.RTM_NEWLINK, 0, func(b []byte) []byte {
		return attrs(wire.AppendLink(b, wire.Link{Index: int32(j.index), Flags: flags, Change: change}))
	})
	j.at.steps = append(j.at.steps, step{job: j, what: stepChange})
}

func (t *transaction) addAltName(j *job, name string) {
	j.at.batch.Write(uapi.RTM_NEWLINKPROP, uapi.NLM_F_CREATE|uapi.NLM_F_EXCL, func(b []byte) []byte {
		return appendAltName(b, j.index, name)
	})
	j.at.steps = append(j.at.steps, step{job: j, what: stepAltName, text: name})
}

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
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removal.UndoTime)
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
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removal.UndoTime)
	defer cancel()
	held := rtnl.Held{Conn: p.rt}
	r := removal.New(held, held, map[int]uint32{})
	remove := func(links []removal.Target) error { return r.ByIndex(ctx, links) }
	made, unknown := t.madeIn(ctx, p)
	var left []removal.Target
	for _, j := range made {
		left = append(left, j.target())
	}
	failed := r.InBatches(left, remove)
	for range removal.UndoAttempts - 1 {
		left = slices.DeleteFunc(left, func(l removal.Target) bool { return !r.Has(ctx, l) })
		for i := range left {
			failed = remove(left[i : i+1])
		}
	}
	return errors.Join(unknown, t.leftover(ctx, r, made, failed))
}

// target returns the properties that the link must have to be removed again. It has its
// own name or the one that it was made under.
func (j *job) target() removal.Target {
	name := j.spec.Name
	if now, err := rtnl.NameOf(j.at.rt, j.index); j.passing != "" && err == nil && (now == j.passing || completed(name, now)) {
		name = now
	}
	return removal.Target{Index: j.index, Name: name, Kind: j.spec.Kind, Waits: kindOf(j.spec.Kind).waits}
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
	for range removal.UndoAttempts - 1 {
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
	if removal.IsPrivate(l.Group) {
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
func (t *transaction) leftover(ctx context.Context, r *removal.Removal, made []*job, reason error) error {
	var all []error
	for _, j := range made {
		name, err := rtnl.NameOf(j.at.rt, j.index)
		switch {
		case r.Has(ctx, j.target()) && reason != nil:
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
