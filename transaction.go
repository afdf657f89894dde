package iplink

import (
	"context"
	"errors"
	"slices"
	"syscall"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// Create makes all links that specs describe, in order, and returns them as the
// kernel then describes them. Later ones may name earlier ones as their parent,
// master or underlay. It is all or nothing: on an error, also when ctx ends,
// what this call made is removed again, in reverse, and nothing else is
// touched.
//
// Requests for one namespace go out in one send, however many links they make.
func (c *Conn) Create(ctx context.Context, specs ...Spec) ([]*Link, error) {
	t := newTransaction(c, "create")
	defer t.close()
	for _, s := range specs {
		if err := t.plan(ctx, s.wanted()); err != nil {
			return nil, err
		}
	}
	if err := t.run(ctx); err != nil {
		return nil, errors.Join(err, t.undo(ctx))
	}
	return t.links(), nil
}

// A transaction makes or changes links in one or more namespaces.
type transaction struct {
	op     string
	conn   *Conn
	codec  attr.Codec
	places []*place // the first is the Conn's own namespace
	jobs   []*job
}

// A job is one link of a transaction.
type job struct {
	spec  *spec
	at    *place
	index int   // 0 as long as it is the kernel's to choose
	peer  *job  // the other end of a pair that is made with this one
	main  *job  // the end that a peer is made with
	made  bool  // by this transaction
	link  *Link // as read back

	linkSet, infoSet            attr.Set // what is to be sent
	linkNSID                    int32    // of the namespace where the parent is; -1 if here
	linkRefs, infoRefs, portRef []attr.Ref
	deferUp                     bool   // bring it up only after all else
	moved                       string // its name in the namespace that it was moved to
}

func newJob(s *spec, at *place, main *job) *job {
	return &job{spec: s, at: at, main: main, index: s.index, linkSet: s.linkSet, infoSet: s.set, linkNSID: -1}
}

// flags returns the interface flags for the first request of a job.
func (j *job) flags() (flags, change uint32) {
	s := j.spec
	if j.deferUp || j.main != nil {
		return s.flags &^ uapi.IFF_UP, s.change &^ uapi.IFF_UP
	}
	return s.flags, s.change
}

// A step is a request of a transaction: what it is for, and where.
type step struct {
	job  *job
	what stepKind
	text string // more of what it is for, such as an address
}

type stepKind uint8

const (
	stepCreate stepKind = iota
	stepChange
	stepAltName
	stepAddr
	stepRead
)

func newTransaction(c *Conn, op string) *transaction {
	t := &transaction{op: op, conn: c}
	t.places = []*place{{rt: c.rt, borrowed: true, fd: -1}}
	return t
}

func (t *transaction) close() {
	for _, p := range t.places {
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

// plan checks s and prepares the job that makes it.
func (t *transaction) plan(ctx context.Context, s *spec) error {
	if s.kind == "" {
		return s.invalid(t.op, "", "a Device names a link that exists already: use the New of a kind to make one")
	}
	if err := s.check(t.op); err != nil {
		return err
	}
	j, err := t.prepare(ctx, s, nil)
	if err != nil {
		return err
	}
	if s.peer != nil {
		j.peer, err = t.prepare(ctx, s.peer.wanted(), j)
		if err != nil {
			return err
		}
	}
	return t.preset(j)
}

// prepare finds the place of s and the links that it refers to.
func (t *transaction) prepare(ctx context.Context, s *spec, main *job) (*job, error) {
	at, err := t.place(s.netns)
	if err != nil {
		return nil, s.failed(t.op, "netns", err)
	}
	j := newJob(s, at, main)
	if err := t.resolve(ctx, j); err != nil {
		return nil, err
	}
	t.jobs = append(t.jobs, j)
	return j, nil
}

// run sends everything: first what makes the links, in order, and then, place
// by place, what completes and reads them.
func (t *transaction) run(ctx context.Context) error {
	var last *place
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
	}
	for _, j := range t.jobs {
		t.complete(j)
	}
	return t.flushAll(ctx, last)
}

// flushAll sends what is left, beginning with what makes links.
func (t *transaction) flushAll(ctx context.Context, first *place) error {
	if first == nil {
		return nil
	}
	if err := t.flush(ctx, first); err != nil {
		return err
	}
	for _, p := range t.places {
		if err := t.flush(ctx, p); err != nil {
			return err
		}
	}
	return t.verify()
}

// flush sends the requests for one place and looks at the answers.
func (t *transaction) flush(ctx context.Context, p *place) error {
	if p.batch.Len() == 0 {
		return nil
	}
	stopped := p.rt.Do(ctx, &p.batch)
	var failed error
	for i, step := range p.steps {
		err := p.batch.Err(i)
		if step.what == stepCreate {
			step.job.made = err == nil || errors.Is(err, rtnl.ErrLost) && step.job.index != 0
		}
		if err != nil && failed == nil && !t.holds(step, err) {
			failed = t.explain(step, p, i, err)
		}
	}
	if failed == nil && stopped != nil {
		failed = p.steps[0].job.spec.failed(t.op, "", stopped)
	}
	p.reset()
	return failed
}

// holds reports whether a step failed because what it is for is so already,
// which a change may find.
func (t *transaction) holds(step step, err error) bool {
	return t.op == "update" && step.what == stepAltName && errors.Is(err, syscall.EEXIST) &&
		step.job.link != nil && slices.Contains(step.job.link.AltNames, step.text)
}

// verify compares each link with what was asked for.
func (t *transaction) verify() error {
	for _, j := range t.jobs {
		if j.link == nil {
			continue
		}
		if err := t.verifyJob(j); err != nil {
			return err
		}
	}
	return nil
}

// undoTime is how long undoing may take once ctx has ended.
const undoTime = 10 * time.Second

// undo removes what the transaction made, in reverse. What is gone already is
// no error.
func (t *transaction) undo(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	var all []error
	for i := len(t.jobs) - 1; i >= 0; i-- {
		if j := t.jobs[i]; j.made && j.main == nil {
			all = append(all, j.remove(ctx))
		}
	}
	return errors.Join(all...)
}

func (j *job) remove(ctx context.Context) error {
	index := j.index
	if j.link != nil {
		index = j.link.Index
	}
	var b rtnl.Batch
	b.Write(uapi.RTM_DELLINK, 0, func(buf []byte) []byte { return appendKey(buf, index, j.spec.name) })
	if err := j.at.rt.Do(ctx, &b); err != nil {
		return j.spec.failed("undo create of", "", err)
	}
	if err := b.Err(0); err != nil && !isGone(err) {
		return kernelError(&Error{Op: "undo create of", Kind: j.spec.kind, Name: j.spec.name}, err)
	}
	return nil
}

// addCreate adds the request that makes a link, and its peer with it.
func (t *transaction) addCreate(j *job) {
	j.at.batch.Write(uapi.RTM_NEWLINK, uapi.NLM_F_CREATE|uapi.NLM_F_EXCL, func(b []byte) []byte {
		return t.appendCreate(b, j)
	})
	j.at.steps = append(j.at.steps, step{job: j, what: stepCreate})
}

// complete adds the requests for what the kernel ignores or refuses when it
// makes a link, in the order in which they must happen, and the one that reads
// the link. A peer that needs none of them is not read.
func (t *transaction) complete(j *job) {
	if j.main != nil && !j.needsIndex() {
		return
	}
	if set := j.linkSet.And(j.later()); !set.Empty() || !j.spec.inet6Set.Empty() {
		t.addChange(j, 0, 0, func(b []byte) []byte { return t.appendLater(b, j, set) })
	}
	t.addRest(j)
	t.addRead(j)
}

// addRest adds the requests that come after a link has its own settings.
func (t *transaction) addRest(j *job) {
	s := j.spec
	if s.port != nil {
		t.addChange(j, 0, 0, func(b []byte) []byte { return t.appendPort(b, j) })
	}
	if j.deferUp {
		t.addChange(j, uapi.IFF_UP, uapi.IFF_UP, func(b []byte) []byte { return b })
	}
	for _, name := range s.altNames {
		t.addAltName(j, name)
	}
	for _, addr := range s.addrs {
		t.addAddr(j, addr)
	}
}

func (t *transaction) addRead(j *job) {
	j.at.batch.Get(uapi.RTM_GETLINK, func(m wire.Message) { j.link = parseReply(m) }, func(b []byte) []byte {
		return appendKey(b, j.index, j.spec.name)
	})
	j.at.steps = append(j.at.steps, step{job: j, what: stepRead})
}

// addChange adds a request that changes the link, whose index is known.
func (t *transaction) addChange(j *job, flags, change uint32, attrs func([]byte) []byte) {
	j.at.batch.Write(uapi.RTM_NEWLINK, 0, func(b []byte) []byte {
		return attrs(wire.AppendLink(b, wire.Link{Index: int32(j.index), Flags: flags, Change: change}))
	})
	j.at.steps = append(j.at.steps, step{job: j, what: stepChange})
}

func (t *transaction) addAltName(j *job, name string) {
	j.at.batch.Write(uapi.RTM_NEWLINKPROP, uapi.NLM_F_CREATE|uapi.NLM_F_EXCL, func(b []byte) []byte {
		b = wire.AppendLink(b, wire.Link{Index: int32(j.index)})
		b, at := wire.Begin(b, uapi.IFLA_PROP_LIST|uapi.NLA_F_NESTED)
		return wire.End(wire.AppendString(b, uapi.IFLA_ALT_IFNAME, name), at)
	})
	j.at.steps = append(j.at.steps, step{job: j, what: stepAltName, text: name})
}
