package iplink

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// Update changes the existing links that specs describe, one after another, to the
// settings in them, and returns the kernel's report of each link after the change. A
// setting that cannot change is ErrImmutable and a link of another kind is ErrKind,
// both before any request is sent for that link.
//
// After the last link, all of them are compared with all that was asked for, since a
// change of one link may undo a setting of another, and a setting that was right before
// the call may be lost by another setting. What differs is set again. A setting that
// does not stay is ErrNotApplied.
//
// The kernel applies a change in steps: after an error, part of it may be in effect.
// Objects that an Exclusive builder added are removed again.
func (c *Conn) Update(ctx context.Context, specs ...Spec) ([]*Link, error) {
	if err := c.unready(ctx, "update"); err != nil {
		return nil, err
	}
	wanted, err := described("update", specs...)
	if err != nil {
		return nil, err
	}
	t := newTransaction(c, "update")
	defer t.close()
	if err := t.checkMasters(ctx, wanted); err != nil {
		return nil, err
	}
	done := 0
	err = t.attempt(ctx, t.inNames(func(ctx context.Context) (err error) {
		done, err = t.updateAll(ctx, wanted)
		return err
	}))
	if err != nil {
		return t.links()[:done], err
	}
	return t.links(), nil
}

// updateAll also returns the number of links that were changed before one was not.
func (t *transaction) updateAll(ctx context.Context, wanted []*spec) (int, error) {
	for i, s := range wanted {
		if err := t.update(ctx, s); err != nil {
			return i, err
		}
	}
	if t.acted && len(wanted) > 1 {
		t.addReads(func(*job) bool { return true })
		if err := t.flushPlaces(ctx); err != nil {
			return 0, err
		}
	}
	return 0, t.settle(ctx)
}

func (t *transaction) update(ctx context.Context, s *spec) error {
	if s.checkShape(t.op) != nil {
		return s.check(t.op, &t.codec)
	}
	j, err := t.prepareUpdate(ctx, s)
	if err != nil {
		return s.orFault(t.op, &t.codec, err)
	}
	if err := t.keepDifferences(ctx, j); err != nil {
		return err
	}
	j.carryWhole(j.have)
	if err := t.act(ctx, j, t.addUpdate); err != nil {
		return err
	}
	t.addRead(j)
	if err := t.flush(ctx, j.at); err != nil {
		return err
	}
	if err := j.at.translate(ctx, j.link); err != nil {
		return s.failed(t.op, "link-netnsid", err)
	}
	return nil
}

// prepareUpdate finds the link, and the links that s refers to.
func (t *transaction) prepareUpdate(ctx context.Context, s *spec) (*job, error) {
	at, err := t.nsConn(ctx, s.netns)
	if err != nil {
		return nil, s.failed(t.op, "netns", err)
	}
	j := newJob(s, at, nil)
	from := at
	if s.Kind == "" && !s.resident {
		from = t.nsConns[0]
	} else if err := s.refuseRemote(t.op, "netns", at); err != nil {
		return nil, err
	}
	if err := t.locate(ctx, j, from); err != nil {
		return nil, err
	}
	if from != at {
		if err := s.checkValues(t.op, &t.codec); err != nil {
			return nil, err
		}
		if err := t.move(ctx, j, from); err != nil {
			return nil, err
		}
	}
	t.jobs = append(t.jobs, j)
	if at.isRemote() {
		return j, nil
	}
	return j, t.resolve(ctx, j)
}

// locate finds the index of an existing link. If both were set, the name must belong
// to the link with the index.
func (t *transaction) locate(ctx context.Context, j *job, p *nsConn) error {
	s := j.spec
	if s.Name == "" {
		return nil
	}
	index, err := rtnl.IndexOf(ctx, p.rt, s.Name)
	switch {
	case err != nil:
		return kernelError(&Error{Op: t.op, Kind: s.Kind, Name: s.Name}, err)
	case s.index != 0 && s.index != index:
		return &Error{Op: t.op, Kind: s.Kind, Name: s.Name, Attr: "index", Message: fmt.Sprintf("the link has index %d, not %d", index, s.index), Err: ErrImmutable}
	}
	j.index = index
	return nil
}

// keepDifferences rejects changes that are impossible, and drops those that the link
// has already.
func (t *transaction) keepDifferences(ctx context.Context, j *job) error {
	s := j.spec
	have, err := t.read(ctx, j)
	if err != nil {
		return err
	}
	if j.moved == "" {
		if err := s.misnamed(t.op, have, s.Name); err != nil {
			return err
		}
	}
	if err := t.sameKind(j, have); err != nil {
		return err
	}
	j.have = have
	p, diffs, err := t.compare(ctx, j, have)
	if err != nil {
		return err
	}
	if t.adds(j) {
		if err := t.refuseExisting(ctx, j); err != nil {
			return err
		}
		p.layer3, p.early = s.layer3, nil // also those that another program added since: the kernel refuses them
	}
	j.pending = p
	if err := s.refuseImmutable(t.op, diffs); err != nil {
		return err
	}
	if err := s.refuseUnknown(t.op, have); err != nil {
		return err
	}
	j.addActions(have)
	return t.checkState(ctx, j, have)
}

// refuseImmutable returns ErrImmutable if one of the differences cannot be
// corrected.
func (s *spec) refuseImmutable(op string, diffs []Difference) error {
	names := listImmutable(diffs)
	if names == "" {
		return nil
	}
	return &Error{Op: op, Kind: s.Kind, Name: s.Name, Attr: names, Message: immutableText(diffs), Err: ErrImmutable}
}

// refuseUnknown returns ErrImmutable if the kernel neither reports nor changes one of the
// settings of s.
func (s *spec) refuseUnknown(op string, have *Link) error {
	if _, ok := s.known(have); !ok || s.Info == nil || s.isRaw() {
		return nil
	}
	var names []string
	new(attr.Codec).Describe(s.info().attrs, func(r attr.Row) {
		if r.WriteOnly && r.CreateOnly && r.MayHide && s.Set.Has(r.Type) {
			names = append(names, r.Name)
		}
	})
	if len(names) == 0 {
		return nil
	}
	return &Error{Op: op, Kind: s.Kind, Name: s.Name, Attr: strings.Join(names, ", "),
		Message: "the kernel does not report it, and takes it only with a new link", Err: ErrImmutable}
}

// addActions adds settings that are actions rather than states, and settings that
// cannot be compared, to the sets to be sent.
func (j *job) addActions(have *Link) {
	s := j.spec
	if _, ok := s.known(have); ok && s.Info != nil {
		j.infoSet = j.infoSet.Or(s.hidden(have))
	}
	if s.port != nil {
		j.portSet = j.portSet.Or(s.port.Set.And(unseen(infoOf(s.port).attrs, have.raw.port)))
	}
	if j.at.isRemote() { // the move has carried them
		return
	}
	var codec attr.Codec
	j.linkSet = j.linkSet.Or(typesOf(codec.CompareReported(s.linkSet.And(requests), have.raw.common, nil, s.link.settable, have.settable)))
}

// sameKind rejects a link whose kind differs from the kind of the settings, and one
// whose master has another kind than the port settings.
func (t *transaction) sameKind(j *job, have *Link) error {
	s := j.spec
	e := &Error{Op: t.op, Kind: s.Kind, Name: s.Name, Err: ErrKind}
	switch {
	case s.Kind != "" && have.Kind != s.Kind:
		e.Message = "it is " + article(have.Kind)
	case s.Peer != nil:
		e.Attr, e.Err = "peer", ErrImmutable
	default:
		return t.isPort(j, have)
	}
	return e
}

// isPort rejects port settings for a link that is not a port and does not become
// one.
func (t *transaction) isPort(j *job, have *Link) error {
	s := j.spec
	if s.port == nil || s.linkSet.Has(uapi.IFLA_MASTER) || have.PortKind == s.port.Kind {
		return nil
	}
	return &Error{Op: t.op, Kind: s.Kind, Name: s.Name, Attr: "port", Err: ErrKind,
		Message: "it is not a port of " + article(s.port.Kind) + ": name one with Master"}
}

// addUpdate adds the requests that change a link, and marks the link to be read.
func (t *transaction) addUpdate(j *job) {
	s := j.spec
	flags, change := j.flags()
	if j.downFirst {
		t.addChange(j, 0, uapi.IFF_UP, func(b []byte) []byte { return b })
	}
	mtu := attr.SetOf(uapi.IFLA_MTU)
	common := j.linkSet
	if j.kind.mtuAlone && !j.infoSet.Empty() {
		common = common.Minus(mtu)
	}
	if renames := s.newName != "" && j.moved == ""; renames || change != 0 || !common.Empty() || !j.dataSet().Empty() || !j.inet6Set.Empty() {
		j.joined = j.joined || common.Has(uapi.IFLA_MASTER)
		t.addChange(j, flags, change, func(b []byte) []byte { return t.appendUpdate(b, j, common) })
	}
	if common != j.linkSet {
		t.addChange(j, 0, 0, func(b []byte) []byte { return t.codec.Encode(b, mtu, nil, s.link.settable) })
	}
	t.addRest(j)
	j.unread = true
}

func (t *transaction) appendUpdate(b []byte, j *job, common attr.Set) []byte {
	s := j.spec
	if s.newName != "" && j.moved == "" {
		b = wire.AppendString(b, uapi.IFLA_IFNAME, s.newName)
	}
	return t.appendBoth(b, j, common, j.dataSet())
}

// move moves a link to another namespace, with its new name if it gets one, and
// finds it there. A link that moves to a remote namespace takes all its settings
// along.
func (t *transaction) move(ctx context.Context, j *job, from *nsConn) error {
	s := j.spec
	fd, err := t.descriptor(j.at)
	if err == nil {
		err = t.findID(ctx, j.at)
	}
	if err != nil {
		return s.failed(t.op, "netns", err)
	}
	if j.at.isRemote() {
		if err := t.refuseApart(j); err != nil {
			return err
		}
	}
	if j.moved = s.finalName(); j.moved == "" {
		if j.moved, err = rtnl.NameOf(from.rt, j.index); err != nil {
			return s.failed(t.op, "", err)
		}
	}
	from.batch.Write(uapi.RTM_NEWLINK, 0, func(b []byte) []byte {
		header := wire.Link{Index: int32(j.index)}
		if j.at.isRemote() {
			header.Flags, header.Change = j.flags()
		}
		b = wire.AppendLink(b, header)
		if s.newName != "" {
			b = wire.AppendString(b, uapi.IFLA_IFNAME, s.newName)
		}
		return t.appendCarried(wire.AppendU32(b, uapi.IFLA_NET_NS_FD, uint32(fd)), j)
	})
	from.steps = append(from.steps, step{job: j, what: stepChange, text: "netns"})
	if err := t.flush(ctx, from); err != nil {
		return err
	}
	j.index, err = j.at.indexOf(ctx, j.moved)
	if err != nil {
		return s.failed(t.op, "netns", err)
	}
	return nil
}

// article returns a noun phrase for a link of a kind.
func article(kind string) string {
	if kind == "" {
		return "hardware"
	}
	return fmt.Sprintf("a %s link", kind)
}

// unseen returns the rows that the kernel does not report, or has omitted from a
// report that contains the given rows.
func unseen(t attr.Table, reported attr.Set) attr.Set {
	var set attr.Set
	new(attr.Codec).Describe(t, func(r attr.Row) {
		if r.WriteOnly && !r.CreateOnly || r.MayHide && !reported.Has(r.Type) {
			set.Add(r.Type)
		}
	})
	return set
}

// read reads a link whose index is known.
func (t *transaction) read(ctx context.Context, j *job) (*Link, error) {
	var link *Link
	j.at.batch.Get(uapi.RTM_GETLINK, func(m wire.Message) { link = t.parse(m) }, func(b []byte) []byte {
		return j.at.appendKey(b, j.index, "")
	})
	j.at.steps = append(j.at.steps, step{job: j, what: stepRead})
	return link, t.flush(ctx, j.at)
}

// checkState rejects a change that the current state of the link does not permit. If
// the only obstacle is that the link is up, DownFirst or Down removes it.
func (t *transaction) checkState(ctx context.Context, j *job, have *Link) error {
	if err := t.permitted(j, have); err != nil {
		return err
	}
	if err := t.checkPorts(ctx, j); err != nil {
		return err
	}
	return t.checkDown(j, have)
}

// permitted rejects an invalid change, and adds to a valid one the settings that the
// kernel requires with it. Diff changes nothing, so it rejects only settings that no
// link can have.
func (t *transaction) permitted(j *job, have *Link) error {
	s := j.spec
	if t.op == "diff" && s.checkValues(t.op, &t.codec) == nil {
		return nil
	}
	if before := j.kind.validateChange; before != nil {
		if fault := before(j, have); fault != nil && t.op != "diff" {
			return s.refuse(t.op, fault)
		}
	}
	if fault := j.addressMisfit(have); fault != nil {
		return s.refuse(t.op, fault)
	}
	return j.checkSent(t.op, &t.codec, have)
}

// checkPorts rejects changes that are impossible while the link has ports.
func (t *transaction) checkPorts(ctx context.Context, j *job) error {
	s := j.spec
	row := s.firstRow(j.infoSet.And(j.kind.whileFree))
	if row == "" {
		return nil
	}
	ports, err := (&Conn{rt: j.at.rt}).list(ctx, filter{masterIndex: j.index})
	if err != nil {
		return s.failed(t.op, "", err)
	}
	ports = slices.DeleteFunc(ports, func(p *Link) bool { return t.survives(j.at, p) == nil })
	if len(ports) == 0 {
		return nil
	}
	var names []string
	for _, p := range ports {
		names = append(names, p.Name)
	}
	return s.refuse(t.op, &attr.Error{Name: row, Errno: j.kind.notFree,
		Text: "changes only while the link has no ports: take out " + strings.Join(names, ", ")})
}

// firstRow returns the name of a row of the kind that is in set.
func (s *spec) firstRow(set attr.Set) string {
	for typ := range set.All() {
		return rowName(s.info().attrs, typ)
	}
	return ""
}

// checkDown rejects changes that require the link to be down, unless the builder
// takes it down. A master that opens its ports closes a link that leaves it; such a
// link is brought up again if it is to be up.
func (t *transaction) checkDown(j *job, have *Link) error {
	s := j.spec
	leaves := j.linkSet.Has(uapi.IFLA_MASTER) && kindOf(have.PortKind).portsDown != 0
	fault := j.needsDown(leaves)
	up, down := s.flags&s.change&uapi.IFF_UP != 0, s.change&^s.flags&uapi.IFF_UP != 0
	comes := j.change&uapi.IFF_UP != 0 || j.linkSet.Has(uapi.IFLA_MASTER)
	j.downFirst, j.deferUp = false, leaves && up || comes && j.defers
	switch {
	case fault == nil || !have.Up():
		return nil
	case !down && !s.downFirst:
		fault.Text += ": DownFirst takes it down before"
		return s.refuse(t.op, fault)
	}
	j.downFirst, j.deferUp = true, !down
	return nil
}

// needsDown returns the reason why a change is impossible while the link is up, or
// nil. A link that leaves its master is down when it joins another one.
func (j *job) needsDown(leaves bool) *attr.Error {
	const text = "changes only while the link is down"
	if row := j.spec.firstRow(j.infoSet.And(j.kind.whileDown)); row != "" {
		return &attr.Error{Name: row, Text: text, Errno: syscall.EBUSY}
	}
	if j.spec.downFirst && j.spec.newName != "" && j.moved == "" && rtnl.Older(6, 2) {
		return &attr.Error{Name: "name", Text: text, Errno: syscall.EBUSY}
	}
	if j.kind.mtuDown && j.linkSet.Has(uapi.IFLA_MTU) {
		return &attr.Error{Name: "mtu", Text: text, Errno: syscall.EBUSY}
	}
	if j.joinsDown != 0 && j.linkSet.Has(uapi.IFLA_MASTER) && !leaves {
		return &attr.Error{Name: "master", Text: "takes only links that are down", Errno: j.joinsDown}
	}
	return nil
}

// raised reports whether the link is to be down only until it has joined its master,
// which then brings it up.
func (j *job) raised() bool {
	return j.joinsDown != 0 && j.spec.change&^j.spec.flags&uapi.IFF_UP != 0
}
