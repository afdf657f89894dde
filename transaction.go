package iplink

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A transaction makes or changes links in one or more namespaces.
type transaction struct {
	reader
	op      string
	conn    *Conn
	nsConns []*nsConn // the first is the Conn's own namespace
	known   map[*NetNS]*nsConn
	jobs    []*job
	index   jobIndex // of the jobs
	many    bool     // makes several links

	nextIndex int // for a link to be made; 0 if none was chosen yet
}

// A job is one link of a transaction.
type job struct {
	spec  *spec
	kind  *kind
	at    *nsConn
	index int   // 0 as long as it is the kernel's to choose
	peer  *job  // the other end of a pair that is made with this one
	main  *job  // the end that a peer is made with
	link  *Link // as read back

	indexChosen bool // the index is this link's if anybody's
	tied        bool // it refers to another link of the transaction, or that to it
	echo        bool // the kernel is asked for an echo, in place of an answer to reading it
	unread      bool // it is to be read, once all is done to all links
	made        bool // by this transaction
	lost        bool // whether it was made is unknown

	// What is to be sent of the spec: all of it, unless some of it is so already.
	linkSet, infoSet, portSet, inet6Set attr.Set
	genericSet                          attr.Set // settings of the kind that go another way
	afterCreate                         attr.Set // what is in later
	change                              uint32
	altNames                            []string
	layer3
	conflictingRoutes []inet.Route // that are in the way of those wanted

	under                       *nsConn // where the parent or the underlay is to be
	lower                       *nsConn // where that of the link that exists is, nil if it is not known
	linkNSID                    int32   // of that namespace; -1 if it is the link's own
	linkRefs, infoRefs, portRef []attr.Ref
	deferUp                     bool          // bring it up only after all else
	joinsDown                   syscall.Errno // by which its master refuses a link that is up; 0 if it takes it
	downFirst                   bool          // take it down before all else
	clamped                     bool          // it has the MTU that the link below can carry
	moved                       string        // its name in the namespace that it was moved to
}

func newJob(s *spec, at *nsConn, main *job) *job {
	j := &job{spec: s, kind: s.kind(), at: at, main: main, index: s.index, linkNSID: -1}
	j.linkSet, j.infoSet, j.inet6Set = s.linkSet, s.Set, s.inet6Set
	j.genericSet = s.genericPart(s.Set)
	j.change, j.altNames, j.layer3 = s.change, s.altNames, s.layer3
	if s.port != nil {
		j.portSet = s.port.Set
	}
	j.afterCreate = s.afterCreate()
	if main != nil {
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

// A step is a request of a transaction: what it is for, and where.
type step struct {
	job  *job
	what stepKind
	text string // more of what it is for, such as an address
}

// changes reports whether the step is more than a look.
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
	stepDeleteRoute
	stepNeigh
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
}

func (t *transaction) links() []*Link {
	var all []*Link
	for _, j := range t.jobs {
		if j.main == nil {
			all = append(all, j.link)
		}
	}
	return all
}

// run sends everything: first what makes the links, in order, then,
// namespace by namespace, what completes them, and then what reads them.
func (t *transaction) run(ctx context.Context) error {
	var last *nsConn
	for _, j := range t.jobs {
		if j.main != nil {
			continue
		}
		if last != nil && last != j.at {
			if err := t.flush(ctx, last); err != nil {
				return err
			}
		}
		last = j.at
		t.addCreate(j)
		if err := t.applyGeneric(ctx, j); err != nil {
			return err
		}
	}
	for _, j := range t.jobs {
		t.complete(j)
	}
	return t.flushAll(ctx, last)
}

// flushAll sends what is left, beginning with what makes links, and reads them.
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
	return t.verify(ctx)
}

// addReads adds the requests that read those links that are to be read now. They
// come behind all others, for what is done to one link changes others.
func (t *transaction) addReads(now func(*job) bool) {
	for _, j := range t.jobs {
		if j.unread && now(j) {
			t.addRead(j)
		}
	}
}

// awaitsPeer reports whether the link has no carrier until its other end comes up
// in another namespace. It is read only then: before, a bridge that it is a port of
// would be told, because it is read, that the port has failed.
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

// flush sends the requests for one namespace and looks at the answers.
func (t *transaction) flush(ctx context.Context, p *nsConn) error {
	if p.batch.Len() == 0 {
		return nil
	}
	defer p.reset()
	if p.isRemote() && slices.ContainsFunc(p.steps, step.changes) {
		return p.steps[0].job.spec.refuseRemote(t.op, "netns", p)
	}
	stopped := p.send(ctx)
	for i, step := range p.steps {
		err := p.batch.Err(i)
		if stopped != nil && !isRefusal(err) {
			continue
		}
		if err != nil && !t.holds(step, err) {
			return t.explain(ctx, step, p, i, err)
		}
	}
	if stopped != nil {
		return p.steps[0].job.spec.failed(t.op, "", stopped)
	}
	return nil
}

// send sends the requests, and notes what was made even if it panics.
func (p *nsConn) send(ctx context.Context) error {
	defer func() {
		for i, step := range p.steps {
			if step.what == stepCreate {
				step.job.note(p.batch.Err(i))
			}
		}
	}()
	return p.conn().Do(ctx, &p.batch)
}

// holds reports whether a step failed because what it is for is so already,
// which a change may find.
func (t *transaction) holds(step step, err error) bool {
	if step.what == stepDeleteRoute {
		return errors.Is(err, syscall.ESRCH)
	}
	return t.op == "update" && step.what == stepAltName && errors.Is(err, syscall.EEXIST) &&
		step.job.link != nil && slices.Contains(step.job.link.AltNames, step.text)
}

// verify compares each link with what was asked for.
func (t *transaction) verify(ctx context.Context) error {
	for _, j := range t.jobs {
		if j.link == nil {
			continue
		}
		if err := t.sameLink(j); err != nil {
			return err
		}
		if err := t.readGeneric(ctx, j, j.link); err != nil {
			return err
		}
		if err := t.verifyJob(j); err != nil {
			return err
		}
		if err := t.verifyLower(ctx, j); err != nil {
			return err
		}
	}
	return nil
}

// sameLink refuses what was read if it is another link, or one of another name, than
// was asked for: names change hands.
func (t *transaction) sameLink(j *job) error {
	s := j.spec
	if j.index != 0 && j.link.Index != j.index {
		return &Error{Op: t.op, Kind: s.Kind, Name: s.Name, Message: "another link has its name by now", Err: syscall.ENODEV}
	}
	return s.misnamed(t.op, j.link, s.finalName())
}

// misnamed returns an error if a link does not have the name that it was found by,
// or got, any more.
func (s *spec) misnamed(op string, l *Link, name string) error {
	if name == "" || l.named(name) {
		return nil
	}
	return &Error{Op: op, Kind: s.Kind, Name: s.Name, Message: fmt.Sprintf("it was renamed to %q meanwhile", l.Name), Err: syscall.ENODEV}
}

// named reports whether a link has a name, be it an alternative one.
func (l *Link) named(name string) bool {
	return l.Name == name || slices.Contains(l.AltNames, name)
}
