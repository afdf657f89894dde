package iplink

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/internal/rtnl"
)

// A Change reports the result of Ensure for one link.
type Change struct {
	// Link is the link after the call; nil for an Absent, a Prune or a Namespace. Its Stats
	// and the counters of IPv6 are left out if nothing differed, since Ensure need not read
	// them.
	Link *Link
	// Created reports that the link was missing and has been created. Recreated
	// reports that the old link could not be changed and has been replaced by a new
	// one.
	Created, Recreated bool
	// Differences are the settings that differed from the spec and have been
	// changed. For a pair they include the settings of both ends. For a recreated link
	// they are the reasons of that: the immutable ones, or its "type".
	Differences []Difference
	// Deleted are the links that an Absent or a Prune has deleted, as they were before.
	// Differences has a "name" for each of them, and Link is nil.
	Deleted []*Link
}

// Changed reports whether Ensure changed anything.
func (c *Change) Changed() bool {
	return c.Created || c.Recreated || len(c.Differences) > 0 || len(c.Deleted) > 0
}

// Ensure brings all links into the state that specs describe. It creates links that
// are missing, changes settings that differ on links that exist, and leaves all
// other settings alone. If every link is already as described, Ensure only reads.
// The order of specs does not matter: a link that others refer to comes first. If
// anything was changed, all links are compared again with all that was asked for, and
// each difference is mended again: settings of one link may undo those of another. If they
// cannot hold together, the error is ErrNotApplied and names both links.
//
// Several callers may ensure the same links at a time. If another one made or removed a
// link in the meantime, Ensure looks again, until ctx ends.
//
// A setting that cannot change on an existing link results in ErrImmutable, which
// names all such settings. A link of another kind results in ErrKind. The builder
// can avoid both errors by Recreate. Both are returned before anything is sent. On
// an error, also when ctx ends, the links that this call created are removed again,
// but changes of existing links stay.
//
// An Absent or a Prune among specs deletes links, and a Namespace makes a network
// namespace: see there.
//
// Ensure does not compare settings that a spec leaves unset. Settings that the
// kernel does not report, and actions such as Bridge.FlushFDB, are sent only when
// the link is created.
func (c *Conn) Ensure(ctx context.Context, specs ...Spec) ([]*Change, error) {
	if err := c.unready(ctx, "ensure"); err != nil {
		return nil, err
	}
	for doubts := 0; ; doubts++ {
		changes, err := c.ensure(ctx, specs)
		if doubts == mostDoubts || !errors.Is(err, errNetNSGone) {
			return changes, err
		}
	}
}

func (c *Conn) ensure(ctx context.Context, specs []Spec) ([]*Change, error) {
	e := newEnsurePlan(c, "ensure")
	defer e.close()
	err := e.withNamespaces(ctx, specs, e.checkShapes, func(specs []Spec) error {
		return e.attempt(ctx, e.inNames(func(ctx context.Context) error { return e.reach(ctx, specs) }))
	})
	if err != nil {
		return nil, err
	}
	return inPlaces(specs, e.results(), func(s *spec) *Change { return &Change{Created: e.netNSs.hasMade(s)} }), nil
}

// checkShapes refuses specs that are impossible, whichever links there are.
func (e *ensurePlan) checkShapes(wanted []*spec) error {
	for _, s := range wanted {
		if s.absence == nil && s.checkShape(e.op) != nil {
			return s.check(e.op, &e.codec)
		}
	}
	return nil
}

// ensurePlan is a transaction that compares links before it changes them.
type ensurePlan struct {
	*transaction
	items  []*ensureItem // in the order of creation and change
	order  []*ensureItem // in the order of the specs
	listed map[*nsConn]*snapshot

	clearing *clearing // the Absents and Prunes of the call; nil if there are none
}

// An ensureItem is the description of a link together with its present state.
type ensureItem struct {
	job     *job
	have    *Link // nil if the link does not exist
	diffs   []Difference
	peer    *ensureItem // the other end of an existing pair
	carried *carryOver  // the addresses and ports that a recreated link takes over
}

func newEnsurePlan(c *Conn, op string) *ensurePlan {
	return &ensurePlan{transaction: newTransaction(c, op), listed: map[*nsConn]*snapshot{}}
}

// plan finds the necessary changes, and refuses those that are impossible.
func (e *ensurePlan) plan(ctx context.Context, specs []Spec) error {
	wanted, err := described(e.op, specs...)
	if err != nil {
		return err
	}
	if err := e.checkShapes(wanted); err != nil {
		return err
	}
	for _, s := range wanted {
		e.data = e.data || s.hasRaw()
	}
	sorted, err := e.sort(ctx, wanted)
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

// planLink compares one link with its description. Many links are looked up in a
// list, few links one by one.
func (e *ensurePlan) planLink(ctx context.Context, s *spec, many int) (*ensureItem, error) {
	if ctx.Err() != nil {
		return nil, s.failed(e.op, "", context.Cause(ctx))
	}
	at, err := e.nsConn(ctx, s.netns)
	if err != nil {
		return nil, s.failed(e.op, "netns", err)
	}
	if err := s.refuseRemote(e.op, "netns", at); err != nil {
		return nil, err
	}
	g := &ensureItem{}
	if g.have, err = e.lookUp(ctx, at, s, many); err != nil {
		return nil, s.orFault(e.op, &e.codec, err)
	}
	g.have = e.survives(at, g.have)
	if g.have == nil {
		return g, e.planMissing(ctx, g, s)
	}
	return g, e.planExisting(ctx, g, s, at)
}

func (e *ensurePlan) planMissing(ctx context.Context, g *ensureItem, s *spec) error {
	if s.Kind == "" || s.Name == "" || e.op == "diff" {
		return s.absent(e.op)
	}
	if err := s.check("create", &e.codec); err != nil {
		return err
	}
	e.items = append(e.items, g)
	var err error
	g.job, err = e.prepareCreate(ctx, s)
	return err
}

// absent returns the error for a missing link that must exist.
func (s *spec) absent(op string) *Error {
	return &Error{Op: op, Kind: s.Kind, Name: s.Name, Err: syscall.ENODEV}
}

func (e *ensurePlan) planExisting(ctx context.Context, g *ensureItem, s *spec, at *nsConn) error {
	e.items = append(e.items, g)
	g.job = newJob(s, at, nil)
	g.job.index, g.job.have = g.have.Index, g.have
	if s.Kind != "" && g.have.Kind != s.Kind {
		g.diffs = []Difference{{Attr: "type", Have: g.have.Kind, Want: s.Kind, Immutable: true}}
		return e.replaceOrRefuse(ctx, g, &Error{Op: e.op, Kind: s.Kind, Name: s.Name,
			Message: "it is " + article(g.have.Kind), Err: ErrKind})
	}
	e.jobs = append(e.jobs, g.job)
	if err := e.resolve(ctx, g.job); err != nil {
		return s.orFault(e.op, &e.codec, err)
	}
	if err := e.isPort(g.job, g.have); err != nil {
		return err
	}
	var err error
	if g.job.pending, g.diffs, err = e.compare(ctx, g.job, g.have); err != nil {
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

// feasible returns an error if the link or its other end cannot be changed as
// wanted.
func (e *ensurePlan) feasible(ctx context.Context, g *ensureItem) error {
	if e.op == "diff" {
		return e.permitted(g.job, g.have)
	}
	diffs := g.all()
	if len(diffs) == 0 {
		return nil // nothing is sent
	}
	if err := g.job.spec.refuseImmutable(e.op, diffs); err != nil {
		return err
	}
	if err := e.checkState(ctx, g.job, g.have); err != nil || g.peer == nil {
		return err
	}
	return e.checkState(ctx, g.peer.job, g.peer.have)
}

// all returns the differences of a link and of its other end.
func (g *ensureItem) all() []Difference {
	if g.peer == nil {
		return g.diffs
	}
	return slices.Concat(g.diffs, g.peer.diffs)
}

// makes reports whether the item creates a link.
func (g *ensureItem) makes() bool {
	return g.have == nil || g.carried != nil
}

// run creates and changes the links in order.
func (e *ensurePlan) run(ctx context.Context) error {
	if !slices.ContainsFunc(e.items, (*ensureItem).differs) {
		return nil
	}
	for _, g := range e.items {
		g.job.differs = !g.makes() && len(g.diffs) > 0
		if g.peer != nil {
			g.peer.job.differs = len(g.peer.diffs) > 0
		}
		g.readLater()
	}
	if err := e.transaction.run(ctx); err != nil {
		return err
	}
	return e.removeReplaced(ctx)
}

// readLater has an existing link, and its other end, read after all requests: a request
// for another link may have changed it.
func (g *ensureItem) readLater() {
	if g.makes() {
		return
	}
	g.job.unread = true
	if g.peer != nil {
		g.peer.job.unread = true
	}
}

// differs reports whether a link is missing or not as described.
func (g *ensureItem) differs() bool {
	return g.makes() || len(g.all()) > 0 || !g.job.late.Empty()
}

// changes returns the result for each link, in the order of the specs.
func (e *ensurePlan) changes() []*Change {
	all := make([]*Change, len(e.order))
	for i, g := range e.order {
		c := &Change{Link: g.have, Created: g.have == nil || e.madeEarlier(g), Recreated: g.carried != nil, Differences: g.all()}
		if l := g.job.withPeer(); l != nil {
			c.Link = l
		}
		if g.peer != nil {
			c.Link.Peer = cmp.Or(g.peer.job.link, g.peer.have)
		}
		all[i] = c
	}
	return all
}

// Ensure brings the link into the state that the builder describes. It creates the
// link if it is missing, changes settings that differ, and only reads if none
// differs. See Conn.Ensure.
func (b *Common[Self]) Ensure(ctx context.Context) (*Change, error) {
	return withConn(func(c *Conn) (*Change, error) {
		all, err := c.Ensure(ctx, any(b.me()).(Spec))
		if err != nil {
			return nil, err
		}
		return all[0], nil
	})
}

// Diff compares the link with the builder's description. See Conn.Diff.
func (b *Common[Self]) Diff(ctx context.Context) ([]Difference, error) {
	return withConn(func(c *Conn) ([]Difference, error) { return c.Diff(ctx, any(b.me()).(Spec)) })
}

// Several callers may ensure the same links at a time. A caller whose request fails
// because another one made or removed a link keeps its own links, and looks again.

// mostDoubts is the number of times that a call looks again after a refusal that another
// process may have caused by a link that came and went.
const mostDoubts = 3

// converge looks at the links and acts, until no other process interferes.
func (e *ensurePlan) converge(ctx context.Context, specs []Spec) error {
	acted, doubts := false, 0
	for {
		conflicts := false
		err := e.plan(ctx, specs)
		if err == nil {
			if err = e.run(ctx); err == nil {
				return nil
			}
			if conflicts = e.conflicts(ctx, err); !conflicts && !isRace(err) {
				return err
			}
			acted = true
		}
		switch {
		case conflicts:
		case e.raced(ctx):
			doubts = 0
		case !acted || doubts == mostDoubts || ctx.Err() != nil:
			return err
		default:
			doubts++
		}
		if slices.ContainsFunc(e.jobs, (*job).replaces) {
			if undone := e.undo(ctx); undone != nil {
				return errors.Join(err, undone)
			}
			e.jobs, e.earlier, e.instead = nil, nil, e.instead || conflicts
		}
		e.startOver(ctx)
	}
}

// isRace reports whether a refusal may have its reason in another process, which has made
// or removed a link.
func isRace(err error) bool {
	return errors.Is(err, syscall.EEXIST) || errors.Is(err, syscall.ENODEV) || errors.Is(err, syscall.ESRCH)
}

// raced reports whether another process has made or removed a link of the call since it
// was looked up.
func (e *ensurePlan) raced(ctx context.Context) bool {
	return ctx.Err() == nil && slices.ContainsFunc(e.items, func(g *ensureItem) bool {
		return g.job != nil && g.job.replaced(ctx) || g.peer != nil && g.peer.job.replaced(ctx)
	})
}

// replaced reports whether the name of the link belongs to another link than before the
// call, or whether the link that the call has made is gone.
func (j *job) replaced(ctx context.Context) bool {
	if j.at.isRemote() {
		return false
	}
	if j.made {
		_, err := rtnl.NameOf(j.at.rt, j.index)
		return j.index != 0 && isGone(err)
	}
	name, had := j.spec.Name, 0
	if j.have != nil {
		name, had = j.have.Name, j.have.Index
	}
	if name == "" {
		return false
	}
	index, err := rtnl.IndexOf(ctx, j.at.rt, name)
	return (err == nil || isGone(err)) && index != had
}

// startOver drops the plan and the requests that wait, and keeps in mind the links that
// were made, for undo.
func (e *ensurePlan) startOver(ctx context.Context) {
	for _, j := range e.jobs {
		if j.made {
			_, _ = e.locateMade(ctx, j)
		}
		if j.made || j.lost {
			e.earlier = append(e.earlier, j)
		}
	}
	for _, p := range e.nsConns {
		p.reset()
	}
	e.jobs, e.index, e.items, e.listed = nil, jobIndex{}, nil, map[*nsConn]*snapshot{}
	e.acted, e.disturbed = false, false
}

// madeEarlier reports whether the call made the link before it looked again.
func (e *ensurePlan) madeEarlier(g *ensureItem) bool {
	return slices.ContainsFunc(e.earlier, func(j *job) bool { return j.made && j.at == g.job.at && j.index == g.have.Index })
}
