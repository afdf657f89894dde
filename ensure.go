package iplink

import (
	"context"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Change says what Ensure found, and did, of one link.
type Change struct {
	// Link is the link as it is now.
	Link *Link
	// Created reports that there was no such link, and Recreated that there
	// was one that could not be changed, in whose place a new one is.
	Created, Recreated bool
	// Differences are the settings in which the link was not as wanted; they
	// were changed. A pair's are those of both ends.
	Differences []Difference
}

// Changed reports whether anything was done.
func (c *Change) Changed() bool {
	return c.Created || c.Recreated || len(c.Differences) > 0
}

// Ensure makes all links be as specs describe them: it makes those that are
// missing, changes what differs in those that exist, and leaves alone what is
// as wanted. If everything is, it only reads. The order of specs does not
// matter: links that others refer to come first.
//
// What cannot change on an existing link is ErrImmutable, naming the settings,
// and a link of another kind is ErrKind, unless the builder says Recreate; both
// before anything is sent. On an error, also when ctx ends, the links that this
// call made are removed again; changes of existing links stay.
//
// What a spec does not set is not looked at. What the kernel does not report,
// and what is an act rather than a state, such as Bridge.FlushFDB, is sent only
// when the link is made.
func (c *Conn) Ensure(ctx context.Context, specs ...Spec) ([]*Change, error) {
	if err := c.unready(ctx, "ensure"); err != nil {
		return nil, err
	}
	e := newEnsurePlan(c, "ensure")
	defer e.close()
	if err := e.plan(ctx, specs); err != nil {
		return nil, err
	}
	if err := e.attempt(ctx, e.run); err != nil {
		return nil, err
	}
	return e.changes(), nil
}

// ensurePlan is a transaction that looks before it acts.
type ensurePlan struct {
	*transaction
	items  []*ensureItem // in the order in which they are to be reached
	order  []*ensureItem // as the specs were given
	listed map[*nsConn]*snapshot
}

// A ensureItem is a link as it is wanted, beside the link as it is.
type ensureItem struct {
	job     *job
	have    *Link // nil if there is none
	diffs   []Difference
	peer    *ensureItem // the other end of a pair that exists
	carried *carryOver  // what a link that is made anew inherits
}

func newEnsurePlan(c *Conn, op string) *ensurePlan {
	return &ensurePlan{transaction: newTransaction(c, op), listed: map[*nsConn]*snapshot{}}
}

// plan finds out what there is to do, and refuses what cannot be done.
func (e *ensurePlan) plan(ctx context.Context, specs []Spec) error {
	wanted, err := described(e.op, specs...)
	if err != nil {
		return err
	}
	for i := range wanted {
		if wanted[i].checkShape(e.op) != nil {
			return wanted[i].check(e.op)
		}
		e.data = e.data || wanted[i].hasRaw()
	}
	sorted, err := e.sort(wanted)
	if err != nil {
		return err
	}
	e.many = len(specs) > 1
	e.order = make([]*ensureItem, len(specs))
	for _, i := range sorted {
		if e.order[i], err = e.planLink(ctx, wanted[i], len(specs)); err != nil {
			return err
		}
	}
	return nil
}

// planLink compares one link with what is wanted. Many are looked up in a list,
// few one by one.
func (e *ensurePlan) planLink(ctx context.Context, s *spec, many int) (*ensureItem, error) {
	if ctx.Err() != nil {
		return nil, s.failed(e.op, "", context.Cause(ctx))
	}
	at, err := e.nsConn(s.netns)
	if err != nil {
		return nil, s.failed(e.op, "netns", err)
	}
	if err := s.refuseRemote(e.op, "netns", at); err != nil {
		return nil, err
	}
	g := &ensureItem{}
	if g.have, err = e.lookUp(ctx, at, s, many); err != nil {
		return nil, s.orFault(e.op, err)
	}
	if g.have == nil {
		return g, e.planMissing(ctx, g, s)
	}
	return g, e.planExisting(ctx, g, s, at)
}

func (e *ensurePlan) planMissing(ctx context.Context, g *ensureItem, s *spec) error {
	if s.Kind == "" || s.Name == "" || e.op == "diff" {
		return s.absent(e.op)
	}
	if err := s.check("create"); err != nil {
		return err
	}
	e.items = append(e.items, g)
	var err error
	g.job, err = e.prepareCreate(ctx, s)
	return err
}

// absent returns the error for a link that must exist and does not.
func (s *spec) absent(op string) *Error {
	return &Error{Op: op, Kind: s.Kind, Name: s.Name, Err: syscall.ENODEV}
}

func (e *ensurePlan) planExisting(ctx context.Context, g *ensureItem, s *spec, at *nsConn) error {
	e.items = append(e.items, g)
	g.job = newJob(s, at, nil)
	g.job.index = g.have.Index
	if s.Kind != "" && g.have.Kind != s.Kind {
		return e.replaceOrRefuse(ctx, g, &Error{Op: e.op, Kind: s.Kind, Name: s.Name,
			Message: "it is " + article(g.have.Kind), Err: ErrKind})
	}
	e.jobs = append(e.jobs, g.job)
	if err := e.resolve(ctx, g.job); err != nil {
		return s.orFault(e.op, err)
	}
	var err error
	if err = e.isPort(g.job, g.have); err != nil {
		return err
	}
	if g.diffs, err = e.drift(ctx, g.job, g.have); err != nil {
		return err
	}
	if s.Peer != nil {
		if err := e.planPeer(ctx, g); err != nil {
			return err
		}
	}
	if err = e.feasible(ctx, g); err != nil && e.op != "diff" {
		return e.replaceOrRefuse(ctx, g, err)
	}
	return err
}

// feasible returns why a link, or its other end, cannot be changed as wanted.
func (e *ensurePlan) feasible(ctx context.Context, g *ensureItem) error {
	if e.op == "diff" {
		return e.permitted(g.job, g.have)
	}
	if err := g.job.spec.refuseImmutable(e.op, g.all()); err != nil {
		return err
	}
	if err := e.checkState(ctx, g.job, g.have); err != nil || g.peer == nil {
		return err
	}
	return e.checkState(ctx, g.peer.job, g.peer.have)
}

// all returns the differences of a link, and of its other end.
func (g *ensureItem) all() []Difference {
	if g.peer == nil {
		return g.diffs
	}
	return slices.Concat(g.diffs, g.peer.diffs)
}

// An action adds the requests that go to one namespace for one link.
type action struct {
	at   *nsConn
	add  func()
	then *job // the job to be finished by what goes another way
}

// actions returns what must be done for an item, in order.
func (e *ensurePlan) actions(g *ensureItem) []action {
	var all []action
	switch {
	case g.makes():
		all = append(all, action{g.job.at, func() { e.create(g) }, g.job})
		if g.job.peer != nil {
			all = append(all, action{g.job.peer.at, func() { e.complete(g.job.peer) }, nil})
		}
		return all
	case len(g.diffs) > 0:
		all = append(all, action{g.job.at, func() { e.addUpdate(g.job) }, g.job})
	}
	if g.peer != nil && len(g.peer.diffs) > 0 {
		all = append(all, action{g.peer.job.at, func() { e.addUpdate(g.peer.job) }, nil})
	}
	return all
}

// makes reports whether the link is to be made.
func (g *ensureItem) makes() bool {
	return g.have == nil || g.carried != nil
}

func (e *ensurePlan) create(g *ensureItem) {
	e.deleteOld(g)
	e.addCreate(g.job)
	e.complete(g.job)
	e.restorePorts(g)
}

// run makes and changes what must be, in order: all requests for one namespace
// go out together until another one is due.
func (e *ensurePlan) run(ctx context.Context) error {
	var last *nsConn
	for _, g := range e.items {
		for _, a := range e.actions(g) {
			if last != nil && a.at != last {
				if err := e.flush(ctx, last); err != nil {
					return err
				}
			}
			last = a.at
			a.add()
			if a.then == nil {
				continue
			}
			if err := e.applyGeneric(ctx, a.then); err != nil {
				return err
			}
		}
	}
	return e.flushAll(ctx, last)
}

// changes tells what was done, in the order of the specs.
func (e *ensurePlan) changes() []*Change {
	all := make([]*Change, len(e.order))
	for i, g := range e.order {
		c := &Change{Link: g.have, Created: g.have == nil, Recreated: g.carried != nil, Differences: g.all()}
		if g.job.link != nil {
			c.Link = g.job.link
		}
		all[i] = c
	}
	return all
}

// Ensure makes the link be as described here: it makes it if it is missing,
// changes what differs, and only reads if nothing does. See Conn.Ensure.
func (b *Common[Self]) Ensure(ctx context.Context) (*Change, error) {
	return withConn(func(c *Conn) (*Change, error) {
		all, err := c.Ensure(ctx, any(b.me()).(Spec))
		if err != nil {
			return nil, err
		}
		return all[0], nil
	})
}

// Diff compares the link with what is described here. See Conn.Diff.
func (b *Common[Self]) Diff(ctx context.Context) ([]Difference, error) {
	return withConn(func(c *Conn) ([]Difference, error) { return c.Diff(ctx, any(b.me()).(Spec)) })
}

// Recreate lets Ensure replace a link that cannot be changed as wanted, or is
// of another kind, by a new one. The new one takes over the IP addresses and
// the ports of the old one, as far as it can have them. In between there is no
// such link.
func (b *Common[Self]) Recreate() *Self {
	b.spec.recreate = true
	return b.me()
}

// carryOver is what a link takes over from the one in whose place it is made.
type carryOver struct {
	addrs []inet.Addr
	ports []*Link
}

// replaceOrRefuse plans to make the link anew if the builder said so, and
// returns the reason why it cannot be changed if not.
func (e *ensurePlan) replaceOrRefuse(ctx context.Context, g *ensureItem, reason error) error {
	s := g.job.spec
	if !s.recreate || s.Kind == "" {
		return reason
	}
	if err := s.check("create"); err != nil {
		return err
	}
	if err := e.refuseTakenPeer(ctx, g); err != nil {
		return err
	}
	at := g.job.at
	g.carried = new(carryOver)
	var err error
	if g.carried.addrs, err = inetnl.ReadAddrs(ctx, at.rt, g.have.Index, g.have.Name); err != nil {
		return s.failed(e.op, "addr", err)
	}
	if g.carried.ports, err = (&Conn{rt: at.rt}).list(ctx, filter{masterIndex: g.have.Index}); err != nil {
		return err
	}
	e.forget(g)
	if g.job, err = e.prepareCreate(ctx, s); err != nil {
		return err
	}
	g.job.addrs = g.carried.mergeAddrs(g.job.addrs)
	_, err = e.reserveIndex(g.job)
	return err
}

// mergeAddrs returns the addresses that a link is to have, with those that it takes
// over, in the order of before: of a network, the first one counts.
func (h *carryOver) mergeAddrs(wanted []inet.Addr) []inet.Addr {
	var all []inet.Addr
	for _, had := range h.addrs {
		if want := inetnl.Addrs.Find(&had, wanted); want != nil {
			all = append(all, *want)
		} else if !inetnl.ByKernel(&had) {
			all = append(all, had)
		}
	}
	for _, want := range wanted {
		if inetnl.Addrs.Find(&want, all) == nil {
			all = append(all, want)
		}
	}
	return all
}

// forget takes the jobs of an item out of the transaction.
func (e *ensurePlan) forget(g *ensureItem) {
	var kept []*job
	for _, j := range e.jobs {
		if j != g.job && (g.peer == nil || j != g.peer.job) {
			kept = append(kept, j)
		}
	}
	e.jobs, e.index, g.peer = kept, jobIndex{}, nil
}

// deleteOld removes the link in whose place a new one is made, by name: another may
// have its index by now.
func (e *ensurePlan) deleteOld(g *ensureItem) {
	if g.carried == nil {
		return
	}
	at := g.job.at
	at.batch.Write(uapi.RTM_DELLINK, 0, func(b []byte) []byte { return rtnl.AppendKey(b, 0, g.have.Name) })
	at.steps = append(at.steps, step{job: g.job, what: stepChange, text: "removal of the link before"})
}

// restorePorts gives the new link the ports of the one before.
func (e *ensurePlan) restorePorts(g *ensureItem) {
	if g.carried == nil {
		return
	}
	for _, port := range g.carried.ports {
		e.addMaster(g.job, port.Index)
	}
}

// addMaster adds the request that makes a link a port of a job's.
func (e *ensurePlan) addMaster(j *job, port int) {
	j.at.batch.Write(uapi.RTM_NEWLINK, 0, func(b []byte) []byte {
		return wire.AppendU32(rtnl.AppendKey(b, port, ""), uapi.IFLA_MASTER, uint32(j.index))
	})
	j.at.steps = append(j.at.steps, step{job: j, what: stepChange, text: "master of a port"})
}
