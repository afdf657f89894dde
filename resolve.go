package iplink

import (
	"context"
	"fmt"
	"slices"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// resolve finds the indexes of all links that a job refers to by name.
func (t *transaction) resolve(ctx context.Context, j *job) error {
	s := j.spec
	under, err := t.underlay(ctx, j)
	if err != nil {
		return err
	}
	j.under = under
	j.linkRefs, err = t.resolveRefs(ctx, j, s.linkRefs, func(typ uint16) *nsConn {
		if typ == uapi.IFLA_LINK {
			return under
		}
		return j.at
	}, s.link.attrs)
	if err != nil {
		return err
	}
	if s.Info != nil {
		j.infoRefs, err = t.resolveRefs(ctx, j, t.leaveForLast(j), func(uint16) *nsConn { return t.infoPlace(j, under) }, s.info().attrs)
	}
	if err == nil && s.port != nil {
		j.portRef, err = t.resolveRefs(ctx, j, s.port.Refs, func(uint16) *nsConn { return j.at }, infoOf(s.port).attrs)
	}
	if err == nil {
		err = t.resolveObjects(ctx, j)
	}
	if err != nil {
		return err
	}
	return t.planMaster(j)
}

// infoPlace returns the namespace of the links named in a kind's own settings: the
// underlay of a tunnel may be in another namespace than the tunnel.
func (t *transaction) infoPlace(j *job, under *nsConn) *nsConn {
	if kindOf(j.spec.Kind).tunnel {
		return under
	}
	return j.at
}

// underlay returns the nsConn of a job's parent. If that is another namespace,
// underlay also finds its id in the link's own namespace.
func (t *transaction) underlay(ctx context.Context, j *job) (*nsConn, error) {
	s := j.spec
	if j.main != nil {
		return j.at, t.openPeerPlace(ctx, j)
	}
	if err := t.placePeer(ctx, j); err != nil {
		return nil, s.failed(t.op, "link-netns", err)
	}
	if !s.namesLower() && !s.kind().tunnel {
		return j.at, nil
	}
	under, err := t.nsConn(ctx, s.lowerNetNS())
	if err == nil {
		err = t.findID(ctx, under)
	}
	if err != nil {
		return nil, s.failed(t.op, "link-netns", err)
	}
	if under == j.at || s.paired() {
		return under, nil
	}
	j.linkNSID, err = t.nsid(ctx, j.at, under)
	if err != nil {
		return nil, s.failed(t.op, "link-netns", err)
	}
	return under, nil
}

// placePeer has the request for a link name the namespace of its other end, if only the
// id of that is known.
func (t *transaction) placePeer(ctx context.Context, j *job) error {
	other := j.spec.other()
	if other == nil || !other.netns.isID() {
		return nil
	}
	at, err := t.nsConn(ctx, other.netns)
	if err == nil && at.ns.isID() {
		j.linkNSID = at.id
	}
	return err
}

// openPeerPlace opens the namespace of a peer. If it is not the namespace of the
// main end, the request that makes the peer must name it by descriptor.
func (t *transaction) openPeerPlace(ctx context.Context, peer *job) error {
	if peer.at == peer.main.at || peer.at.ns.isID() {
		return nil
	}
	_, err := t.descriptor(peer.at)
	if err == nil {
		err = t.findID(ctx, peer.at)
	}
	if err != nil {
		return peer.spec.failed(t.op, "netns", err)
	}
	return nil
}

// resolveRefs returns a copy of refs with the indexes filled in.
func (t *transaction) resolveRefs(ctx context.Context, j *job, refs []attr.Ref, where func(uint16) *nsConn, names attr.Table) ([]attr.Ref, error) {
	refs = slices.Clone(refs)
	for i, r := range refs {
		index, err := t.find(ctx, j, where(r.Type), r.Name)
		if ended := where(r.Type).ended(ctx, err); ended != nil {
			return nil, j.spec.failed(t.op, "link-netns", ended)
		}
		if err != nil {
			e := &Error{Op: t.op, Kind: j.spec.Kind, Name: j.spec.Name, Attr: rowName(names, r.Type)}
			if isGone(err) {
				e.Message = t.notFound(ctx, j, where(r.Type), r)
			}
			return nil, kernelError(e, err)
		}
		refs[i].Index = index
	}
	return refs, nil
}

// notFound describes the namespace in which a link was looked for, other namespaces
// that have a link of that name, and how to refer to them.
func (t *transaction) notFound(ctx context.Context, j *job, p *nsConn, r attr.Ref) string {
	text := fmt.Sprintf("there is no link %q in %v", r.Name, p)
	for _, other := range t.nsConns {
		if _, err := other.indexOf(ctx, r.Name); other != p && err == nil {
			text += fmt.Sprintf(", but there is one in %v", other)
		}
	}
	switch {
	case r.Type == uapi.IFLA_MASTER && p != t.nsConns[0]:
		return text + ": a master is in the namespace of its ports"
	case p == j.under && (j.kind.parent || j.kind.tunnel) && j.spec.linkNetNS == nil:
		return text + ": LinkNetNS says where else it is"
	}
	return text
}

// find returns the index of the link that a job refers to by name: of an existing link,
// or the number that stands for it if this transaction is about to make the link.
func (t *transaction) find(ctx context.Context, j *job, p *nsConn, name string) (int, error) {
	other := t.jobNamed(p, name)
	if other == nil {
		return p.indexOf(ctx, name)
	}
	j.tied, other.tied = true, true
	j.follow(other)
	return t.reference(other), nil
}

// planMaster examines the master that the link is to have: whether it matches the
// port settings, and whether the link may come up in the same request.
func (t *transaction) planMaster(j *job) error {
	s := j.spec
	up := s.flags&s.change&uapi.IFF_UP != 0
	defers := up && (j.main != nil || !s.inet6Set.Empty() || s.port != nil || len(s.sysctls) > 0 || isTemplate(s.Name))
	// Before Linux 6.13 the kernel makes a link in the namespace of its parent and
	// then moves it, which takes it down.
	defers = defers || up && (j.linkNSID >= 0 || t.parentDefers(j))
	j.defers, j.deferUp = defers, defers
	index := j.master()
	if index == 0 || j.at.isRemote() || t.op == "create" && s.change&uapi.IFF_UP == 0 && s.port == nil {
		return nil
	}
	master, err := t.masterKind(j.at, index)
	if err != nil {
		return s.failed(t.op, "master", err)
	}
	if s.port != nil && master != kindOf(s.port.Kind) {
		return &Error{Op: t.op, Kind: s.Kind, Name: s.Name, Attr: "port",
			Message: "the master is not " + article(s.port.Kind), Err: ErrKind}
	}
	j.joinsDown = master.portsDown
	j.defers = defers || up && j.joinsDown != 0
	j.deferUp = j.defers
	return nil
}

// parentDefers reports whether the link's parent is made by this transaction and
// comes up only after its creation.
func (t *transaction) parentDefers(j *job) bool {
	index, _ := refIndex(j.linkRefs, uapi.IFLA_LINK, j.spec.link.Parent)
	if index == 0 {
		return false
	}
	parent := t.jobNumbered(j.under, index)
	return parent != nil && parent.deferUp
}

// master returns the index of the master that the link is to have, or 0.
func (j *job) master() int {
	index, _ := refIndex(j.linkRefs, uapi.IFLA_MASTER, j.spec.link.Master)
	return index
}

// parent returns the index of the parent that the link is to have, or 0.
func (j *job) parent() int {
	index, _ := refIndex(j.linkRefs, uapi.IFLA_LINK, j.spec.link.Parent)
	return index
}

// masterKind returns the facts about the kind of a master, which may not exist yet.
// The kernel is asked once for all ports.
func (t *transaction) masterKind(p *nsConn, index int) (*kind, error) {
	if j := t.jobNumbered(p, index); j != nil && j.spec.Kind != "" {
		return kindOf(j.spec.Kind), nil
	}
	masters, key := t.indexed().masters, indexKey{p, index}
	if k := masters[key]; k != nil {
		return k, nil
	}
	k, err := kindOfMaster(p, index)
	if err == nil {
		masters[key] = k
	}
	return k, err
}

// kindOfMaster asks the kernel for the kind of a master.
func kindOfMaster(p *nsConn, index int) (*kind, error) {
	driver, err := rtnl.DriverOf(p.rt, index)
	for _, k := range kinds {
		if k.driver == driver && driver != "" {
			return k, err
		}
	}
	return new(kind), err
}

// rowName returns the name of a row of a table.
func rowName(t attr.Table, typ uint16) string {
	name := ""
	new(attr.Codec).Describe(t, func(r attr.Row) {
		if r.Type == typ || r.Type6 == typ && r.Type6 != 0 {
			name = r.Name
		}
	})
	return name
}

// refIndex returns the index of the link that a row refers to, by name or, failing
// that, as it was set.
func refIndex(refs []attr.Ref, typ uint16, set int) (int, bool) {
	for _, r := range refs {
		if r.Type == typ {
			return r.Index, true
		}
	}
	return set, set != 0
}

// The lower link of a link is its parent, its underlay or its other end. The kernel
// names it by an index, which is meaningful only together with the namespace it
// belongs to.

// lowerElsewhere reports whether the lower link is in another namespace. If that
// namespace is about to end, it has no id, and the kernel reports -1.
func (l *Link) lowerElsewhere() bool {
	return l.raw.common.Has(uapi.IFLA_LINK_NETNSID)
}

// tellsNetNS reports whether the kernel reports the namespace for links of this
// kind.
func (l *Link) tellsNetNS() bool {
	k := kinds[l.Kind]
	return l.lowerElsewhere() || l.Kind == "" || k != nil && !k.hidesNetNS
}

// namesLower reports whether a spec names the lower link, or its namespace. A peer
// has a spec of its own.
func (s *spec) namesLower() bool {
	underlay := s.kind().underlay
	switch {
	case s.linkSet.Has(uapi.IFLA_LINK), underlay != 0 && s.Set.Has(underlay):
		return true
	}
	return s.linkNetNS != nil && s.Peer == nil
}

// lowerIn reports whether the lower link of a link in p is in the namespace of
// other.
func (t *transaction) lowerIn(ctx context.Context, p *nsConn, l *Link, other *nsConn) (bool, error) {
	if p == other || !l.lowerElsewhere() {
		return (p == other) != l.lowerElsewhere(), nil
	}
	id, err := t.knownNSID(ctx, p, other)
	return id >= 0 && id == l.NetNSID, err
}

// misplaced reports whether the lower link is in another namespace than the job
// requests.
func (t *transaction) misplaced(ctx context.Context, j *job, have *Link) (bool, error) {
	if !j.spec.namesLower() || !have.tellsNetNS() {
		return false, nil
	}
	in, err := t.lowerIn(ctx, j.at, have, j.under)
	if err != nil {
		return false, j.spec.failed(t.op, "link-netns", err)
	}
	return !in, nil
}

// sitsBelow reports whether a link sits on the lower link of its wanted parent. The
// kernel arranges it so if the two are of one family.
func (t *transaction) sitsBelow(ctx context.Context, j *job, have *Link) (bool, error) {
	index, ok := refIndex(j.linkRefs, uapi.IFLA_LINK, j.spec.link.Parent)
	family := kindOf(have.Kind).family
	if !ok || index < 0 || j.under == nil || family == "" {
		return false, nil // a parent below 0 is still to be made
	}
	parent, err := j.under.readIndex(ctx, index)
	if isGone(err) {
		return false, nil
	}
	if err != nil {
		return false, j.spec.failed(t.op, "link", err)
	}
	if parent.Parent != have.Parent || kindOf(parent.Kind).family != family {
		return false, nil
	}
	return t.shareNetNS(ctx, j, have, parent)
}

// shareNetNS reports whether the lower links of a job's link and of its parent are
// in one namespace.
func (t *transaction) shareNetNS(ctx context.Context, j *job, have, parent *Link) (bool, error) {
	switch {
	case !have.tellsNetNS() || !parent.tellsNetNS():
		return true, nil
	case j.under == j.at:
		return have.lowerElsewhere() == parent.lowerElsewhere() && have.NetNSID == parent.NetNSID, nil
	case !parent.lowerElsewhere():
		return t.lowerIn(ctx, j.at, have, j.under)
	case !have.lowerElsewhere():
		return t.lowerIn(ctx, j.under, parent, j.at)
	}
	under, err := t.knownNSID(ctx, j.at, j.under)
	if err != nil || under < 0 {
		return false, err
	}
	id, err := rtnl.TranslateNSID(ctx, j.at.rt, have.NetNSID, under)
	return id >= 0 && id == parent.NetNSID, err
}

// driftOfNetNS returns the difference for a link whose lower link is in another
// namespace than wanted.
func (t *transaction) driftOfNetNS(j *job, have *Link) Difference {
	d := Difference{Attr: "link-netns", Have: t.netNSOfLower(j.at, have), Immutable: true}
	if j.under != j.at {
		d.Want = t.netNSName(j.under)
	}
	return d
}

// netNSOfLower returns the name of the lower link's namespace, or an empty string if
// it is the link's own namespace.
func (t *transaction) netNSOfLower(p *nsConn, l *Link) string {
	if !l.lowerElsewhere() {
		return ""
	}
	if other := t.nsConnOfLower(p, l); other != nil {
		return t.netNSName(other)
	}
	return fmt.Sprintf("netnsid %d", l.NetNSID)
}

func (t *transaction) netNSName(p *nsConn) string {
	ns, err := t.namespace(p)
	if err != nil {
		return "that of the Conn"
	}
	return ns.String()
}

// nsConnOfLower returns the nsConn of the lower link, or nil if the transaction does
// not know its namespace.
func (t *transaction) nsConnOfLower(p *nsConn, l *Link) *nsConn {
	if !l.lowerElsewhere() {
		return p
	}
	for _, known := range p.ids {
		if known.id == l.NetNSID {
			return known.of
		}
	}
	return nil
}
