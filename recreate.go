package iplink

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/removal"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// Recreate lets Ensure replace a link that cannot be changed as wanted, or that is
// of another kind, by a new one. The new link takes over the IP addresses and the
// ports of the old one as far as possible.
//
// The old link gets another name, and is deleted once the new one is as described. If
// the kernel does not allow both at a time, such as two VXLANs with one VNI and port, the
// old link is deleted before. If the new link fails then, the old one is made again, with
// its settings, addresses, routes, neighbours and ports, but without its keys and without
// the links on top of it. So an error leaves the old link. Before Linux 6.2, which renames
// no link that is up, a link that is up is always deleted before.
func (b *Common[Self]) Recreate() *Self {
	b.spec.recreate = true
	return b.me()
}

// carryOver holds the link that is replaced, all that a new one takes over, and all that
// it takes to restore it.
type carryOver struct {
	old    *Link
	peer   *Link // its other end
	peerAt *nsConn
	layer3
	ports []*Link

	touched bool   // it may have been renamed or deleted
	aside   string // its name while the new link is made
	spare   *Conn  // to make it again; another call may close the Conn of this one
}

// replaceOrRefuse plans to recreate the link if the builder allows it. Otherwise it
// returns the reason why the link cannot be changed.
func (e *ensurePlan) replaceOrRefuse(ctx context.Context, g *ensureItem, reason error) error {
	s := g.job.spec
	if !s.recreate || s.Kind == "" {
		return reason
	}
	if err := s.check("create", &e.codec); err != nil {
		return err
	}
	if err := e.refuseTakenPeer(ctx, g); err != nil {
		return err
	}
	var err error
	if g.carried, err = e.readOld(ctx, g); err != nil {
		return err
	}
	e.forget(g)
	if g.job, err = e.prepareCreate(ctx, s); err != nil {
		return err
	}
	g.job.carried = g.carried
	g.job.addrs = g.carried.mergeAddrs(g.job.addrs, s.unwantedAddrs())
	return nil
}

// readOld reads everything of a link that is to be replaced.
func (e *ensurePlan) readOld(ctx context.Context, g *ensureItem) (c *carryOver, err error) {
	s, rt, index := g.job.spec, g.job.at.rt, g.have.Index
	c = &carryOver{old: g.have}
	if setting, err := c.readLayer3(ctx, rt); err != nil {
		return nil, s.failed(e.op, setting, err)
	}
	if kindOf(g.have.Kind).takesPorts() {
		if c.ports, err = (&Conn{rt: rt}).list(ctx, filter{masterIndex: index}); err != nil {
			return nil, err
		}
	}
	c.peerAt = e.nsConnOfLower(g.job.at, g.have)
	if kindOf(g.have.Kind).peer == 0 || g.have.Parent == 0 || c.peerAt == nil || c.peerAt.isRemote() {
		return c, nil
	}
	c.peer, err = c.peerAt.readIndex(ctx, g.have.Parent)
	if isGone(err) {
		err = nil
	}
	return c, err
}

// readLayer3 reads the addresses, routes and neighbours of the old link.
func (c *carryOver) readLayer3(ctx context.Context, rt *rtnl.Conn) (setting string, err error) {
	if c.addrs, err = inetnl.ReadAddrs(ctx, rt, c.old.Index, c.old.Name); err != nil {
		return "addr", err
	}
	if c.routes, err = inetnl.ReadRoutes(ctx, rt, c.old.Index); err != nil {
		return "route", err
	}
	c.neighs, err = inetnl.ReadNeighs(ctx, rt, c.old.Index, true)
	return "neigh", err
}

// mergeAddrs returns the addresses of the new link: the wanted ones and those that
// it takes over, in the order of the old link, because the first address of a
// network is its primary one.
func (c *carryOver) mergeAddrs(wanted []inet.Addr, unwanted func(*inet.Addr) bool) []inet.Addr {
	var all []inet.Addr
	wants := inetnl.Addrs.Index(wanted)
	for _, had := range c.addrs {
		if unwanted(&had) {
			continue
		}
		if want := wants.Find(&had); want != nil {
			all = append(all, *want)
		} else if !inetnl.ByKernel(&had) {
			all = append(all, had)
		}
	}
	taken := inetnl.Addrs.Index(slices.Clone(all))
	for _, want := range wanted {
		if taken.Find(&want) == nil {
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

// makeRoom puts the old link aside, so that the new one can have its names. If both cannot
// exist at a time, it deletes the old one.
func (t *transaction) makeRoom(ctx context.Context, j *job) error {
	if j.carried == nil {
		return nil
	}
	if err := t.flush(ctx, j.at); err != nil {
		return err
	}
	j.carried.touched = true
	if t.instead || rtnl.Older(6, 2) && j.carried.isUp() {
		return t.deleteOld(ctx, j)
	}
	return t.setAside(ctx, j)
}

// replaces reports whether the old link may have been renamed or deleted.
func (j *job) replaces() bool {
	return j.carried != nil && j.carried.touched
}

// isUp reports whether one end of the old link is up, so that a kernel before Linux 6.2
// does not rename it.
func (c *carryOver) isUp() bool {
	return c.old.Up() || c.peer != nil && c.peer.Up()
}

// deleteOld deletes the old link. It does so by name, because another link may have its
// index by now.
func (t *transaction) deleteOld(ctx context.Context, j *job) error {
	if err := j.carried.openSpare(t, j); err != nil {
		return j.spec.failed(t.op, "", err)
	}
	t.addStep(j, stepChange, "removal of the link before", uapi.RTM_DELLINK, 0, func(b []byte) []byte { return rtnl.AppendKey(b, 0, j.carried.old.Name) })
	return t.flush(ctx, j.at)
}

// openSpare opens the Conn with which the old link can be made again.
func (c *carryOver) openSpare(t *transaction, j *job) error {
	if c.spare != nil {
		return nil
	}
	ns, err := t.namespace(j.at)
	if err == nil {
		c.spare, err = t.conn.dialIn(ns)
	}
	return err
}

// setAside gives the old link other names, and its other end if the new one needs its
// name.
func (t *transaction) setAside(ctx context.Context, j *job) error {
	c := j.carried
	c.aside = passingName()
	rename := func(at *nsConn, index int, name string) {
		t.addStepAt(at, j, stepChange, "name", uapi.RTM_NEWLINK, 0, func(b []byte) []byte { return appendRename(b, index, name) })
	}
	if c.peer != nil && j.peer != nil && c.peer.hasName(j.peer.spec.Name) {
		rename(c.peerAt, c.peer.Index, passingName())
	}
	rename(j.at, c.old.Index, c.aside)
	for _, name := range c.sharedAltNames(j.spec) {
		t.addStep(j, stepChange, "altname "+name, uapi.RTM_DELLINKPROP, 0, func(b []byte) []byte { return appendAltName(b, c.old.Index, name) })
	}
	return t.flushPlaces(ctx)
}

func appendRename(b []byte, index int, name string) []byte {
	return wire.AppendString(wire.AppendLink(b, wire.Link{Index: int32(index)}), uapi.IFLA_IFNAME, name)
}

// sharedAltNames returns the alternative names of the old link that the new one is to have.
func (c *carryOver) sharedAltNames(s *spec) []string {
	return slices.DeleteFunc(slices.Clone(c.old.AltNames), func(name string) bool {
		return name != s.Name && !slices.Contains(s.altNames, name)
	})
}

// removeReplaced deletes the links that were put aside, once the new ones are as
// described, and looks at all links again.
func (t *transaction) removeReplaced(ctx context.Context) error {
	var removed []*carryOver
	for _, j := range t.jobs {
		if c := j.carried; c != nil && c.aside != "" {
			removed = append(removed, c)
			t.addStep(j, stepChange, "removal of the link before", uapi.RTM_DELLINK, 0, func(b []byte) []byte { return rtnl.AppendKey(b, 0, c.aside) })
		}
	}
	if len(removed) == 0 {
		return nil
	}
	if err := t.flushPlaces(ctx); err != nil {
		return err
	}
	for _, c := range removed {
		c.aside = ""
	}
	for _, j := range t.jobs {
		j.unread = j.link != nil
	}
	t.addReads(func(*job) bool { return true })
	if err := t.flushPlaces(ctx); err != nil {
		return err
	}
	return t.settle(ctx)
}

// conflicts reports whether an error may have its reason in a link that was put aside.
func (t *transaction) conflicts(ctx context.Context, err error) bool {
	aside := slices.IndexFunc(t.jobs, func(j *job) bool { return j.carried != nil && j.carried.aside != "" })
	if ctx.Err() != nil || t.instead || aside < 0 {
		return false
	}
	e, ok := err.(*Error)
	if !ok || strings.Contains(e.Attr, " ") {
		return false // an alternative name, an address, a route
	}
	own := t.jobs[aside].kind.notBeside
	return errors.Is(err, syscall.EEXIST) || errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EADDRINUSE) || own != 0 && errors.Is(err, own)
}

// restoreReplaced gives the links that were put aside their names and ports again, and
// makes the links that were deleted again.
func (t *transaction) restoreReplaced(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removal.UndoTime)
	defer cancel()
	var all []error
	for _, j := range slices.Backward(slices.Concat(t.earlier, t.jobs)) {
		if !j.replaces() {
			continue
		}
		c := j.carried
		err := c.openSpare(t, j)
		if err == nil {
			if err = c.bringBack(ctx, t, j); err != nil { // twice, since nothing else does it
				err = c.bringBack(ctx, t, j)
			}
			err = errors.Join(err, c.spare.Close())
			c.spare = nil
		}
		if c.touched, c.aside = false, ""; err != nil {
			all = append(all, t.undoError(j, err, "the link before is not as it was: "+err.Error()))
		}
	}
	return errors.Join(all...)
}

// bringBack makes the old link again or, if it is there, gives it its names and ports.
func (c *carryOver) bringBack(ctx context.Context, t *transaction, j *job) error {
	now, err := c.spare.GetIndex(ctx, c.old.Index)
	if isGone(err) {
		return c.remake(ctx, t, j)
	} else if err != nil {
		return err
	}
	return c.restore(ctx, j, now)
}

// restore gives the old link, which is now as given, its names and ports again.
func (c *carryOver) restore(ctx context.Context, j *job, now *Link) error {
	var b, peers rtnl.Batch
	rename := func(b *rtnl.Batch, l *Link, name string) {
		if name == l.Name {
			return // a kernel before Linux 6.2 refuses even that if the link is up
		}
		b.Write(uapi.RTM_NEWLINK, 0, func(b []byte) []byte { return appendRename(b, l.Index, l.Name) })
	}
	rename(&b, c.old, now.Name)
	for _, name := range c.sharedAltNames(j.spec) {
		if slices.Contains(now.AltNames, name) {
			continue
		}
		b.Write(uapi.RTM_NEWLINKPROP, uapi.NLM_F_CREATE|uapi.NLM_F_EXCL, func(b []byte) []byte { return appendAltName(b, c.old.Index, name) })
	}
	if err := doAll(ctx, rtnl.Held{Conn: j.at.rt}, &b); err != nil {
		return err
	}
	if c.peer != nil {
		name, _ := rtnl.NameOf(rtnl.Held{Conn: c.peerAt.rt}, c.peer.Index) // without one, the kernel says why
		rename(&peers, c.peer, name)
		if err := doAll(ctx, rtnl.Held{Conn: c.peerAt.rt}, &peers); err != nil {
			return err
		}
	}
	if err := c.restorePorts(ctx); err != nil {
		return err
	}
	return c.restoreLayer3(ctx)
}

// restoreLayer3 gives the old link its addresses, routes and neighbours again. The kernel
// changes the labels of IPv4 addresses when a link is renamed, and drops neighbours when a
// bridge takes the address of another port.
func (c *carryOver) restoreLayer3(ctx context.Context) error {
	kept := c.kept()
	now, err := inetnl.ReadAddrs(ctx, c.spare.rt, c.old.Index, c.old.Name)
	if err != nil {
		return err
	}
	var relabel rtnl.Batch
	former := inetnl.Addrs.Index(kept.addrs)
	for _, a := range now {
		if had := former.Find(&a); had != nil && had.Label != a.Label {
			relabel.Write(uapi.RTM_DELADDR, 0, func(b []byte) []byte { return inetnl.AppendAddr(b, &a, c.old.Index) })
		}
	}
	if err := doAll(ctx, c.spare.rt, &relabel); err != nil {
		return err
	}
	b := new(copyBuilder)
	b.spec = spec{Settings: own.New("", c.old.Name, nil), layer3: kept}
	_, err = c.spare.Update(ctx, b)
	return err
}

// doAll sends the requests of a batch, if there are any, and returns the first refusal.
func doAll(ctx context.Context, s rtnl.Socket, b *rtnl.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	if err := s.Do(ctx, b); err != nil {
		return err
	}
	for i := range b.Len() {
		if err := b.Err(i); err != nil {
			return err
		}
	}
	return nil
}

// restorePorts makes the ports of the old link its ports again, with their settings.
func (c *carryOver) restorePorts(ctx context.Context) error {
	for _, port := range c.ports {
		b := new(copyBuilder)
		b.spec = spec{Settings: own.New("", port.Name, nil), link: port, linkSet: attr.SetOf(uapi.IFLA_MASTER), port: specOf(port).port}
		if _, err := c.spare.Update(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// remake makes the old link again.
func (c *carryOver) remake(ctx context.Context, t *transaction, j *job) error {
	b := newCopy(specOf(c.old))
	b.spec.layer3 = c.kept()
	if c.peer != nil {
		peer := newCopy(specOf(c.peer))
		peer.spec.netns = c.peerAt.ns
		peer.spec.Set = attr.Set{} // the other end has all settings of the pair
		b.spec.Peer, b.spec.linkSet = peer, b.spec.linkSet.Minus(attr.SetOf(uapi.IFLA_LINK))
		peer.spec.linkSet.Remove(uapi.IFLA_LINK)
	} else if at := t.nsConnOfLower(j.at, c.old); at != nil && at != j.at {
		b.spec.linkNetNS = at.ns
	}
	if err := c.create(ctx, b); err != nil {
		return err
	}
	return c.restorePorts(ctx)
}

// create makes the old link again. A setting that the kernel reports and refuses, such as
// the reserved bits of a VXLAN, is left out.
func (c *carryOver) create(ctx context.Context, b *copyBuilder) error {
	for {
		_, err := c.spare.Create(ctx, b)
		e, ok := errors.AsType[*Error](err)
		if !ok || b.spec.Info == nil || ctx.Err() != nil {
			return err
		}
		refused := attr.Set{}
		new(attr.Codec).Describe(b.spec.info().attrs, func(r attr.Row) {
			if r.Name == e.Attr && b.spec.Set.Has(r.Type) {
				refused.Add(r.Type)
			}
		})
		if refused.Empty() {
			return err
		}
		b.spec.Set = b.spec.Set.Minus(refused)
	}
}

// kept returns the addresses, routes and neighbours of the old link that the kernel does
// not make by itself.
func (c *carryOver) kept() layer3 {
	return layer3{slices.Clone(c.addrs), slices.Clone(c.routes), slices.Clone(c.neighs)}.byPrograms(c.old)
}

// takePorts makes the ports of the old link ports of the new one.
func (t *transaction) takePorts(j *job) {
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
