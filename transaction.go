package iplink

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A transaction creates or changes links in one or more namespaces.
type transaction struct {
	reader
	op      string
	conn    *Conn
	nsConns []*nsConn // the first is the Conn's own namespace
	known   map[*NetNS]*nsConn
	netNSs  netNSSet // by name
	jobs    []*job
	index   jobIndex // of the jobs
	many    bool     // creates several links

	wanted    map[linkKey]int   // the positions of the specs of the call, by the names of their links
	found     pending           // of the comparison that is going on
	acted     bool              // a request that changes something was sent
	disturbed bool              // a link was not as described after the first round
	earlier   []*job            // the links that were made before the call looked again
	instead   bool              // links that are replaced are deleted before the new ones are made
	doomed    map[indexKey]bool // the links that will have been deleted when a plan is carried out

	numbered []*job // the new links that others refer to
}

// A job is one link of a transaction.
type job struct {
	spec   *spec
	kind   *kind
	at     *nsConn
	index  int   // 0 until the kernel has chosen and reported it
	number int   // stands for the index in references until it is known, negative; 0 if nothing refers to the link
	level  int   // the number of new links that must be there before, one upon the other
	peer   *job  // the other end of a pair, created with this one
	main   *job  // the end that a peer is created with
	have   *Link // before the call; nil if it did not exist
	link   *Link // as read back

	makes     bool  // the transaction is to make it, or the pair that it belongs to
	differs   bool  // it exists, and is not as described
	asks      bool  // the kernel is asked for the indexes of the link and its other end
	tied      bool  // it refers to another link of the transaction, or the other way round
	echo      bool  // the kernel is asked for an echo, so that the link need not be read
	unread    bool  // to be read after all links have been changed
	made      bool  // by this transaction
	lost      bool  // it is unknown whether it was made
	byName    bool  // its index is that of the link found by its name
	latePorts bool  // objects that name ports come after all links of the call
	joined    bool  // the call gave it a master
	reread    bool  // a link joined it, or it joined a link, after it was read
	defers    bool  // a link that comes up does so after all other changes
	deferUp   bool  // bring it up only after all other changes
	downFirst bool  // take it down before all other changes
	linkNSID  int32 // id of the namespace of the new parent or underlay; -1 if it is the link's own

	before  int           // the index of the link that had its name when the request to make it was sent; 0 if there was none
	carried *carryOver    // of the link that it replaces, or nil
	added   []own.Request // that remove the objects that an exclusive job has added

	pending
	todo        *pending     // what the last look found to be sent again
	again       []Difference // the same, in words
	late        attr.Set     // settings of the kind that come after all links of the call
	borrowed    []*carryOver // existing links that became its ports, as they were
	genericSet  attr.Set     // settings of the kind that are sent by other means
	whole       info         // all settings that a change carries, for kinds with wholeChange; nil if it is not needed
	wholeSet    attr.Set     // the rows of it that are sent
	afterCreate attr.Set     // settings that are sent after the link was created

	under                       *nsConn // the namespace of the new parent or underlay
	linkRefs, infoRefs, portRef []attr.Ref
	objectRefs                  []attr.Ref    // the links that objects name
	joinsDown                   syscall.Errno // error with which the master rejects a link that is up; 0 if it accepts one
	moved                       string        // its name in the namespace that it was moved to
	passing                     string        // the name under which it is made, if another link has its own there
}

func newJob(s *spec, at *nsConn, main *job) *job {
	j := &job{spec: s, kind: s.kind(), at: at, main: main, index: s.index, linkNSID: -1}
	j.pending = s.all()
	j.genericSet = s.genericPart(s.Set)
	j.afterCreate = s.afterCreate()
	if main != nil || isTemplate(s.Name) {
		j.afterCreate.Add(uapi.IFLA_MASTER)
	}
	return j
}

// flags returns the interface flags for the first request of a job.
func (j *job) flags() (flags, change uint32) {
	flags, change = j.spec.flags, j.change
	if j.deferUp || j.main != nil {
		change &^= uapi.IFF_UP
	}
	return flags & change, change
}

// flagsLater returns the interface flags that the kernel ignores when it makes the link,
// except IFF_UP of the other end of a pair, which comes last.
func (j *job) flagsLater() (flags, change uint32) {
	if j.spec.maker() != nil {
		return j.flags()
	}
	if j.main == nil || !j.kind.flagsLater {
		return 0, 0
	}
	return j.flags()
}

// A step is one request of a transaction, with its purpose and its link.
type step struct {
	job  *job
	what stepKind
	text string // details of the purpose, such as an address

	object  *own.Request // of stepObject
	inverse *own.Request // removes the object again, if only this step can have added it
}

// changes reports whether the step modifies the link, rather than reading it.
func (s step) changes() bool {
	return s.what != stepRead
}

type stepKind uint8

const (
	stepCreate stepKind = iota
	stepChange
	stepAltName
	stepAddr
	stepRoute
	stepNeigh
	stepObject
	stepRead
)

func newTransaction(c *Conn, op string) *transaction {
	t := &transaction{op: op, conn: c, known: map[*NetNS]*nsConn{}}
	t.nsConns = []*nsConn{{rt: c.rt, borrowed: true, fd: -1}}
	return t
}

func (t *transaction) close() {
	for _, p := range t.nsConns {
		p.close()
	}
	t.netNSs.close()
	for _, j := range t.jobs {
		if j.carried != nil && j.carried.spare != nil {
			_ = j.carried.spare.Close()
		}
	}
}

func (t *transaction) links() []*Link {
	var all []*Link
	for _, j := range t.jobs {
		if j.main == nil {
			all = append(all, j.withPeer())
		}
	}
	return all
}

// withPeer returns the link, together with the other end of a pair.
func (j *job) withPeer() *Link {
	if j.link != nil && j.peer != nil {
		j.link.Peer = j.peer.link
	}
	return j.link
}

// attempt calls run, which makes links. If run fails, panics or ends its goroutine,
// the new links are removed again, and so are the new objects of exclusive jobs. The
// Conn's socket stays open for that.
func (t *transaction) attempt(ctx context.Context, run func(context.Context) error) (err error) {
	held, err := t.conn.rt.Hold()
	if err != nil {
		return kernelError(&Error{Op: t.op}, err)
	}
	defer held.Release()
	finished := false
	defer func() {
		if !finished {
			if undone := t.undo(ctx); undone != nil {
				err = errors.Join(err, undone)
			}
		}
	}()
	if err := run(ctx); err != nil {
		return err
	}
	finished = true
	return nil
}

// flushAll sends the remaining requests, creations first, and reads the links.
func (t *transaction) flushAll(ctx context.Context, first *nsConn) error {
	if first == nil {
		return nil
	}
	t.addReads(func(j *job) bool { return !j.awaitsPeer() })
	if err := t.flush(ctx, first); err != nil {
		return err
	}
	if err := t.flushPlaces(ctx); err != nil {
		return err
	}
	t.addReads((*job).awaitsPeer)
	if err := t.flushPlaces(ctx); err != nil {
		return err
	}
	if err := t.readMissing(ctx); err != nil {
		return err
	}
	if err := t.readUnnamedPeers(ctx); err != nil {
		return err
	}
	return t.settle(ctx)
}

// addReads adds the requests that read the links now reports true for. They follow
// all other requests, because a change of one link affects others.
func (t *transaction) addReads(now func(*job) bool) {
	for _, j := range t.jobs {
		if j.unread && now(j) {
			t.addRead(j)
		}
	}
}

// awaitsPeer reports whether the link has no carrier until its other end comes up in
// another namespace. Such a link is read after that: an earlier request to read it
// would make the kernel report a failed port to the bridge that the link belongs to.
func (j *job) awaitsPeer() bool {
	return j.peer != nil && j.peer.at != j.at && j.peer.deferUp
}

func (t *transaction) flushPlaces(ctx context.Context) error {
	for _, p := range t.nsConns {
		if err := t.flush(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// flush sends the requests for one namespace and examines the answers.
func (t *transaction) flush(ctx context.Context, p *nsConn) error {
	defer func() { p.unsent = nil }()
	for p.batch.Len() > 0 {
		if err := t.flushOnce(ctx, p); err != nil {
			return err
		}
		t.addUnsent(p)
	}
	return nil
}

func (t *transaction) flushOnce(ctx context.Context, p *nsConn) error {
	defer p.reset()
	if p.isRemote() && slices.ContainsFunc(p.steps, step.changes) {
		return p.steps[0].job.spec.refuseRemote(t.op, "netns", p)
	}
	t.acted = t.acted || slices.ContainsFunc(p.steps, step.changes)
	stopped := p.send(ctx)
	for i, step := range p.steps {
		err := p.batch.Err(i)
		if stopped != nil && !isRefusal(err) {
			continue
		}
		if err != nil && !t.holds(ctx, step, err) {
			return t.nameOther(t.explain(ctx, step, p, i, err))
		}
	}
	if stopped != nil {
		return p.steps[0].job.spec.failed(t.op, "", stopped)
	}
	return nil
}

// send sends the requests, and records the links that were made even if it panics.
func (p *nsConn) send(ctx context.Context) error {
	for _, step := range p.steps {
		if step.what == stepCreate {
			step.job.before = heldBy(p.rt, step.job.nameNow())
		}
	}
	defer func() {
		for i, step := range p.steps {
			if step.what == stepCreate {
				step.job.note(p.batch.Err(i))
			}
		}
		p.noteAdded()
	}()
	return p.conn().Do(ctx, &p.batch)
}

// heldBy returns the index of the link that has a name, or 0. The kernel looks for a
// module of that name at SIOCGIFINDEX if no link has it, so IsFree comes first.
func heldBy(s rtnl.Socket, name string) int {
	if rtnl.IsFree(s, name) {
		return 0
	}
	index, _ := rtnl.ShortIndexOf(s, name)
	return index
}

// holds reports whether a step failed because its result was there already: another
// process may have acted since the link was read.
func (t *transaction) holds(ctx context.Context, step step, err error) bool {
	switch step.what {
	case stepObject:
		return slices.ContainsFunc(step.object.Holds, func(errno syscall.Errno) bool { return errors.Is(err, errno) })
	case stepAltName:
		if !errors.Is(err, syscall.EEXIST) {
			return false
		}
		index, err := rtnl.IndexOf(ctx, step.job.at.rt, step.text)
		name, _ := rtnl.NameOf(step.job.at.rt, step.job.index)
		return err == nil && index == step.job.index && name != step.text
	}
	return false
}

// sameLink rejects a link that was read back with another index or another name than
// requested, since a name can pass from one link to another.
func (t *transaction) sameLink(j *job) error {
	s := j.spec
	if j.index != 0 && j.link.Index != j.index || j.byName && j.makes && !t.resembles(j, j.link) {
		return &Error{Op: t.op, Kind: s.Kind, Name: s.Name, Message: "another link has its name by now", Err: syscall.ENODEV}
	}
	if s.Info != nil && j.link.Kind != s.Kind {
		return s.failed(t.op, "", fmt.Errorf("%w: %q", ErrKind, j.link.Kind))
	}
	return cmp.Or(s.misnamed(t.op, j.link, s.finalName()), t.isPort(j, j.link))
}

// misnamed returns an error if a link no longer has the name that it was found by
// or was given.
func (s *spec) misnamed(op string, l *Link, name string) error {
	if name == "" || l.named(name) || isTemplate(name) && completed(name, l.Name) {
		return nil
	}
	return &Error{Op: op, Kind: s.Kind, Name: s.Name, Message: fmt.Sprintf("it was renamed to %q meanwhile", l.Name), Err: syscall.ENODEV}
}

// named reports whether a link has a name or an alternative name equal to name.
func (l *Link) named(name string) bool {
	return l.Name == name || slices.Contains(l.AltNames, name)
}
