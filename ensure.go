package iplink

import (
	"cmp"
	"context"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Change reports the result of Ensure for one link.
type Change struct {
	// Link is the link after the call.
	Link *Link
	// Created reports that the link was missing and has been created. Recreated
	// reports that the old link could not be changed and has been replaced by a new
	// one.
	Created, Recreated bool
	// Differences are the settings that differed from the spec and have been
	// changed. For a pair they include the settings of both ends. For a recreated link
	// they are what it was replaced for: the immutable ones, or its "type".
	Differences []Difference
}

// Changed reports whether Ensure changed anything.
func (c *Change) Changed() bool {
	return c.Created || c.Recreated || len(c.Differences) > 0
}

// Ensure brings all links into the state that specs describe. It creates links that
// are missing, changes settings that differ on links that exist, and leaves all
// other settings alone. If every link is already as described, Ensure only reads.
// The order of specs does not matter: a link that others refer to comes first. If
// anything was changed, all links are compared again with all that was asked for, and
// what differs is set again: settings of one link may undo those of another. If they
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
// Ensure does not compare settings that a spec leaves unset. Settings that the
// kernel does not report, and actions such as Bridge.FlushFDB, are sent only when
// the link is created.
func (c *Conn) Ensure(ctx context.Context, specs ...Spec) ([]*Change, error) {
	if err := c.unready(ctx, "ensure"); err != nil {
		return nil, err
	}
	e := newEnsurePlan(c, "ensure")
	defer e.close()
	if err := e.attempt(ctx, func(ctx context.Context) error { return e.converge(ctx, specs) }); err != nil {
		return nil, err
	}
	return e.changes(), nil
}

// ensurePlan is a transaction that compares links before it changes them.
type ensurePlan struct {
	*transaction
	items  []*ensureItem // in the order of creation and change
	order  []*ensureItem // in the order of the specs
	listed map[*nsConn]*snapshot
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

// planLink compares one link with its description. Many links are looked up in a
// list, few links one by one.
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
		return s.orFault(e.op, err)
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
	if err := g.job.spec.refuseImmutable(e.op, g.all()); err != nil {
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
	return e.transaction.run(ctx)
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

// Recreate lets Ensure replace a link that cannot be changed as wanted, or that is
// of another kind, by a new one. The new link takes over the IP addresses and the
// ports of the old one as far as possible. The link does not exist for a moment in
// between.
func (b *Common[Self]) Recreate() *Self {
	b.spec.recreate = true
	return b.me()
}

// carryOver holds the addresses and ports that a new link takes over from the old
// one.
type carryOver struct {
	addrs []inet.Addr
	ports []*Link
}

// replaceOrRefuse plans to recreate the link if the builder allows it. Otherwise it
// returns the reason why the link cannot be changed.
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
	g.carried.addrs = slices.DeleteFunc(g.carried.addrs, func(a inet.Addr) bool { return slices.Contains(s.noAddrs, a.Prefix) })
	if g.carried.ports, err = (&Conn{rt: at.rt}).list(ctx, filter{masterIndex: g.have.Index}); err != nil {
		return err
	}
	e.forget(g)
	if g.job, err = e.prepareCreate(ctx, s); err != nil {
		return err
	}
	g.job.addrs = g.carried.mergeAddrs(g.job.addrs)
	g.job.carried = g.carried
	return nil
}

// mergeAddrs returns the addresses of the new link: the wanted ones and those that
// it takes over, in the order of the old link, because the first address of a
// network is its primary one.
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

// forget removes the jobs of an item from the transaction.
func (e *ensurePlan) forget(g *ensureItem) {
	g.diffs = g.all()
	var kept []*job
	for _, j := range e.jobs {
		if j != g.job && (g.peer == nil || j != g.peer.job) {
			kept = append(kept, j)
		}
	}
	e.jobs, e.index, g.peer = kept, jobIndex{}, nil
}

// deleteOld deletes the link that is to be replaced. It does so by name, because
// another link may have its index by now.
func (t *transaction) deleteOld(j *job) {
	if j.carried == nil {
		return
	}
	j.at.batch.Write(uapi.RTM_DELLINK, 0, func(b []byte) []byte { return rtnl.AppendKey(b, 0, j.spec.Name) })
	j.at.steps = append(j.at.steps, step{job: j, what: stepChange, text: "removal of the link before"})
}

// restorePorts makes the ports of the old link ports of the new one.
func (t *transaction) restorePorts(j *job) {
	if j.carried == nil {
		return
	}
	for _, port := range j.carried.ports {
		t.addMaster(j, port.Index)
	}
}

// addMaster adds the request that makes a link a port of the link of a job.
func (t *transaction) addMaster(j *job, port int) {
	j.at.batch.Write(uapi.RTM_NEWLINK, 0, func(b []byte) []byte {
		return wire.AppendU32(rtnl.AppendKey(b, port, ""), uapi.IFLA_MASTER, uint32(j.index))
	})
	j.at.steps = append(j.at.steps, step{job: j, what: stepChange, text: "master of a port"})
}
