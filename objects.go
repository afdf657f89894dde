package iplink

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/fdbmsg"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/removal"
	"github.com/iplink-go/iplink/internal/uapi"
)

// FDB adds Ethernet addresses to the address filter of the link, like `bridge fdb add …
// self`: it accepts frames to them besides those to its own address. The entries are
// permanent, and have only a MAC and perhaps the flag Self. Not every driver takes every
// address: a macvlan takes the addresses of hosts only in mode passthru (RTM_NEWNEIGH).
//
// A bridge and a VXLAN link have a forwarding database in place of the filter: see the
// method of the same name in packages bridge and vxlan. The entries of a bridge that lead
// to a port are set by bridge.PortBuilder.
func (b *Common[Self]) FDB(entries ...fdb.Entry) *Self {
	fdbmsg.AddFilter(&b.spec.Settings, false, entries)
	return b.me()
}

// OnlyFDB is FDB, and removes all other addresses from the filter, except those that the
// kernel puts there: IP multicast (33:33:…, 01:00:5e:…), protocols of IEEE 802
// (01:80:c2:…), the addresses of links on top of this one and, if the link is a port, all
// of them. It excludes FDB.
func (b *Common[Self]) OnlyFDB(entries ...fdb.Entry) *Self {
	fdbmsg.AddFilter(&b.spec.Settings, true, entries)
	return b.me()
}

// An objectRequest is a request for objects of a link with their sort.
type objectRequest struct {
	word string
	own.Request
}

// objects returns the objects that a spec asks for: of the link itself, and all that it
// has as a port.
func (s *spec) objects() []own.Objects {
	all := s.Objects
	if s.port != nil {
		all = append(all[:len(all):len(all)], s.port.Objects...)
	}
	return all
}

// objectRequests returns the requests that give a new link all objects.
func (s *spec) objectRequests() (all []objectRequest) {
	for _, o := range s.objects() {
		if _, late := o.(own.Late); !late {
			all = appendRequests(all, o.Word(), o.Requests())
		}
	}
	return all
}

func appendRequests(all []objectRequest, word string, requests []own.Request) []objectRequest {
	for _, r := range requests {
		all = append(all, objectRequest{word, r})
	}
	return all
}

// driftOfObjects compares the objects of a link. A link that joins another master loses
// its objects as a port.
func (t *transaction) driftOfObjects(ctx context.Context, j *job, have *Link, p *pending) (diffs []Difference, err error) {
	objects := j.spec.objects()
	if len(objects) > 0 && j.at.isRemote() {
		return nil, j.spec.onlyInside(t.op, objects[0].Word())
	}
	for i, o := range objects {
		late, isLate := o.(own.Late)
		if isLate && t.op != "diff" {
			if err := t.checkPortNames(ctx, j, late, have.Index); err != nil {
				return nil, err
			}
		}
		changes, err := o.Compare(ctx, j.at.rt, have.Index)
		if err != nil {
			return nil, j.spec.failed(t.op, o.Word(), err)
		}
		p.ports = p.ports || isLate && len(changes) > 0
		var mend []own.Request
		for _, c := range changes {
			diffs = append(diffs, Difference{Attr: o.Word(), Have: c.Have, Want: c.Want})
			mend = append(mend, c.Requests...)
		}
		if isLate {
			continue
		}
		if i >= len(j.spec.Objects) && p.linkSet.Has(uapi.IFLA_MASTER) {
			mend = o.Requests()
		}
		p.objects = appendRequests(p.objects, o.Word(), mend)
	}
	return diffs, nil
}

func (t *transaction) addObjects(j *job) {
	t.addRequests(j, j.pending.objects)
	if j.pending.ports {
		j.latePorts, t.acted = true, true
	}
}

// mostAtOnce limits the number of requests for objects of a link that wait to be sent.
const mostAtOnce = 1024

// unsentObjects are requests for objects of a link that follow those that wait to be sent.
type unsentObjects struct {
	job      *job
	requests []objectRequest
}

func (t *transaction) addRequests(j *job, requests []objectRequest) {
	if n := mostAtOnce; len(requests) > n {
		j.at.unsent = append(j.at.unsent, unsentObjects{j, requests[n:]})
		requests = requests[:n]
	}
	for i := range requests {
		r := &requests[i]
		text, body := r.Text, func(b []byte) []byte { return r.Append(b, j.index) }
		if r.Object != nil {
			text, body = r.Object.String(), func(b []byte) []byte { return r.Object.Append(b, j.index, j.named) }
		}
		t.addStep(j, stepObject, strings.TrimSpace(r.word+" "+text), r.Type, r.Flag, body)
		j.at.steps[len(j.at.steps)-1].object = &r.Request
	}
}

// addUnsent adds requests that were left out because of their number.
func (t *transaction) addUnsent(p *nsConn) {
	unsent := p.unsent
	p.unsent = nil
	for _, u := range unsent {
		t.addRequests(u.job, u.requests)
	}
}

// objectNames returns the links that the objects of a spec name.
func (s *spec) objectNames() (names []string) {
	for _, o := range s.objects() {
		if namer, ok := o.(own.Namer); ok {
			names = append(names, namer.Names()...)
		}
	}
	return names
}

// resolveObjects finds the indexes of the links that the objects name.
func (t *transaction) resolveObjects(ctx context.Context, j *job) error {
	for _, name := range j.spec.objectNames() {
		r := attr.Ref{Name: name}
		index, err := t.find(ctx, j, j.at, name)
		if err != nil {
			e := &Error{Op: t.op, Kind: j.spec.Kind, Name: j.spec.Name, Attr: "via"}
			if isGone(err) {
				e.Message = t.notFound(ctx, j, j.at, r)
			}
			return kernelError(e, err)
		}
		r.Index = index
		j.objectRefs = append(j.objectRefs, r)
	}
	return nil
}

// named returns the index of a link that an object names.
func (j *job) named(name string) int {
	i := slices.IndexFunc(j.objectRefs, func(r attr.Ref) bool { return r.Name == name })
	if i < 0 {
		return 0
	}
	return j.objectRefs[i].Index
}

// objectReason returns the reason why an object was refused, or an empty string.
func (s *step) objectReason(errno syscall.Errno) string {
	if s.object.Reason == nil {
		return ""
	}
	return s.object.Reason(errno)
}

// checkObjects refuses objects that the kernel would refuse or misinterpret.
func (s *spec) checkObjects(op string) error {
	for _, o := range s.objects() {
		if setter, text := o.Fault(); text != "" {
			return s.invalid(op, setter, text)
		}
	}
	return nil
}

// addObjects writes the commands that add the objects.
func (w *commandWriter) addObjects(s *spec) {
	for _, o := range s.objects() {
		for _, command := range o.Commands(attr.Quote(s.finalName())) {
			w.commands = append(w.commands, s.home().bridgeCommand()+" "+command)
		}
		if o, ok := o.(own.Excluder); ok && o.Excludes() != "" {
			w.absent = append(w.absent, o.Excludes())
		}
		if ports, ok := o.(*own.Ports); ok {
			for _, command := range ports.LinkCommands(attr.Quote(s.finalName())) {
				w.commands = append(w.commands, s.home().command()+" "+command)
			}
		}
	}
}

// bridgeCommand is command for `bridge`.
func (ns *NetNS) bridgeCommand() string {
	command := ns.command()
	if ns == nil || ns.name != "" {
		return "bridge" + strings.TrimPrefix(command, "ip")
	}
	return strings.TrimSuffix(command, "ip") + "bridge"
}

// Objects that name ports, such as entries of the multicast database of a bridge, come
// when all links of the call are there.

// lateObjects returns the objects of a spec that name ports.
func (s *spec) lateObjects() (all []own.Late) {
	for _, o := range s.objects() {
		if late, ok := o.(own.Late); ok {
			all = append(all, late)
		}
	}
	return all
}

func (s *spec) namesPorts() bool {
	return len(s.lateObjects()) > 0
}

// checkAllPortNames is checkPortNames for a link that is to be made.
func (t *transaction) checkAllPortNames(ctx context.Context, j *job) error {
	for _, o := range j.spec.lateObjects() {
		if j.at.isRemote() {
			return j.spec.onlyInside(t.op, o.Word())
		}
		if err := t.checkPortNames(ctx, j, o, -1); err != nil {
			return err
		}
	}
	return nil
}

// checkPortNames refuses objects that name a link which is not a port of the link with
// the index and which the call does not describe.
func (t *transaction) checkPortNames(ctx context.Context, j *job, o own.Late, index int) error {
	if ports, ok := o.(*own.Ports); ok {
		return t.checkFuturePorts(ctx, j, ports)
	}
	setter, names := o.Ports()
	for _, name := range names {
		if _, described := t.wanted[linkKey{j.at, name}]; described || name == j.spec.Name || name == j.spec.finalName() {
			continue
		}
		l, err := j.at.readName(ctx, name)
		switch {
		case isRefusal(err) && errors.Is(err, syscall.ENODEV):
			return j.spec.invalid(t.op, setter, fmt.Sprintf("there is no link %q for a port: make it in the same call", name))
		case err != nil:
			return j.spec.failed(t.op, o.Word(), err)
		case l.Index != index && l.Master != index:
			return j.spec.invalid(t.op, setter, fmt.Sprintf("%q is not a port of this link: Master makes it one, in the same call", name))
		}
	}
	return nil
}

// addLateObjects compares such objects and adds the requests that resolve the
// differences.
func (t *transaction) addLateObjects(ctx context.Context, j *job) error {
	if !j.latePorts || j.link == nil {
		return nil
	}
	j.latePorts, j.index = false, j.link.Index
	for _, o := range j.spec.lateObjects() {
		changes, err := o.Compare(ctx, j.at.rt, j.index)
		if err != nil {
			return j.spec.failed(t.op, o.Word(), err)
		}
		if ports, ok := o.(*own.Ports); ok && len(changes) > 0 {
			if err := t.expectPorts(ctx, j, ports); err != nil {
				return err
			}
		}
		for _, c := range changes {
			t.addRequests(j, appendRequests(nil, o.Word(), c.Requests))
		}
	}
	return nil
}

// A master may be given its ports. They join when all links of the call are there.

// ports returns the ports that a spec of a master asks for, or nil.
func (s *spec) ports() *own.Ports {
	return own.FindObjects[*own.Ports](&s.Settings)
}

// checkFuturePorts refuses ports that do not exist and that the call does not make, and
// the master itself.
func (t *transaction) checkFuturePorts(ctx context.Context, j *job, o *own.Ports) error {
	setter, names := o.Ports()
	for _, name := range names {
		if name == j.spec.Name || name == j.spec.finalName() {
			return j.spec.invalid(t.op, setter, fmt.Sprintf("%q is the link itself", name))
		}
		if _, described := t.wanted[linkKey{j.at, name}]; described {
			continue
		}
		l, err := j.at.readName(ctx, name)
		switch gone := isRefusal(err) && isGone(err); {
		case gone || err == nil && t.survives(j.at, l) == nil:
			return &Error{Op: t.op, Kind: j.spec.Kind, Name: j.spec.Name, Attr: setter, Err: syscall.ENODEV,
				Message: fmt.Sprintf("there is no link %q in %v", name, j.at)}
		case err != nil:
			return j.spec.failed(t.op, o.Word(), err)
		case j.index != 0 && l.Index == j.index:
			return j.spec.invalid(t.op, setter, fmt.Sprintf("%q is the link itself", name))
		}
	}
	return nil
}

// expectPorts prepares for links that become ports of the link of a job. Those that the
// call describes are looked at again, and others are remembered if the call has made
// their master, which is removed if the call fails.
func (t *transaction) expectPorts(ctx context.Context, j *job, o *own.Ports) error {
	j.unread, j.reread = true, true
	_, names := o.Ports()
	for _, name := range names {
		other := t.jobNamed(j.at, name)
		if other != nil {
			other.unread, other.reread, other.joined, other.joinsDown = true, true, true, j.kind.portsDown
			t.disturbed = true
		}
		if !j.made || other != nil && other.isNew() {
			continue
		}
		l, err := j.at.readName(ctx, name)
		if isRefusal(err) && isGone(err) {
			continue
		}
		setting := o.Word()
		if err == nil {
			setting, err = j.borrow(ctx, l)
		}
		if err != nil {
			return j.spec.failed(t.op, setting, err)
		}
	}
	return nil
}

// borrow remembers a link that is about to become a port of the link of a job.
func (j *job) borrow(ctx context.Context, l *Link) (setting string, err error) {
	if l.Master == j.index || slices.ContainsFunc(j.borrowed, func(c *carryOver) bool { return c.old.Index == l.Index }) {
		return "", nil
	}
	c := &carryOver{old: l}
	j.borrowed = append(j.borrowed, c)
	return c.readLayer3(ctx, j.at.rt)
}

// giveBack makes the links that the call made ports of new masters again as they were.
func (t *transaction) giveBack(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removal.UndoTime)
	defer cancel()
	var all []error
	for _, j := range slices.Concat(t.earlier, t.jobs) {
		for _, c := range j.borrowed {
			err := c.openSpare(t, j)
			if err == nil {
				err = errors.Join(c.leave(ctx), c.spare.Close())
			}
			if err != nil {
				all = append(all, t.undoError(j, err, fmt.Sprintf("its port %q is not as it was: %v", c.old.Name, err)))
			}
		}
		j.borrowed = nil
	}
	return errors.Join(all...)
}

// leave gives a link the master, the state, the addresses and the routes that it had.
func (c *carryOver) leave(ctx context.Context) error {
	b := new(copyBuilder)
	b.spec = spec{Settings: own.New("", "", nil), index: c.old.Index, link: c.old, linkSet: attr.SetOf(uapi.IFLA_MASTER, uapi.IFLA_MTU),
		flags: uint32(c.old.Flags), change: uapi.IFF_UP, downFirst: true, layer3: c.kept()}
	if c.old.Master != 0 {
		b.spec.port = specOf(c.old).port
	}
	_, err := c.spare.Update(ctx, b)
	if isGone(err) {
		if _, err := c.spare.GetIndex(ctx, c.old.Index); isGone(err) {
			return nil // another process has deleted it
		}
	}
	return err
}
