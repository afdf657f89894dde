package iplink

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/highfd"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// An nsConn is a namespace where a transaction makes or finds links: a socket
// there, and the requests waiting to be sent on it.
type nsConn struct {
	ns       *NetNS // nil for the Conn's own until it is needed
	rt       *rtnl.Conn
	borrowed bool // rt is the Conn's
	batch    rtnl.Batch
	steps    []step // the purpose of each request of the batch
	position int    // among the namespaces of the transaction
	unsent   []unsentObjects
	fd       int // of the namespace, for requests that name it; -1 if not opened
	ids      []nsid

	// For a remote namespace:
	via    *nsConn // the nsConn whose socket carries the requests
	id     int32   // id of the namespace in the namespace of via
	denied error   // the reason why it has no socket
}

// nsid is the id of a namespace in another one.
type nsid struct {
	of *nsConn
	id int32
}

// String returns a description of the namespace.
func (p *nsConn) String() string {
	if p.borrowed && !p.isRemote() {
		return "the namespace of the Conn"
	}
	return "namespace " + attr.Quote(p.ns.String())
}

func (p *nsConn) reset() {
	p.batch.Reset()
	p.steps = p.steps[:0]
}

func (p *nsConn) close() {
	if !p.borrowed {
		p.rt.Close()
	}
	if p.fd >= 0 {
		highfd.Close(p.fd)
	}
}

// nsConn returns the connection to a namespace, the Conn's own if ns is nil.
func (t *transaction) nsConn(ctx context.Context, ns *NetNS) (*nsConn, error) {
	home := t.nsConns[0]
	if ns == nil {
		return home, nil
	}
	if _, err := t.namespace(home); err != nil {
		return nil, err
	}
	if p := t.known[ns]; p != nil {
		return p, nil
	}
	if ns.isID() {
		return t.nsConnByID(ctx, ns)
	}
	opened, err := t.netNSs.opened(ns)
	if err != nil {
		return nil, err
	}
	for _, p := range t.nsConns {
		if p.ns.isID() {
			continue
		}
		same, err := opened.same(p.ns)
		if err != nil {
			return nil, err
		}
		if same {
			t.known[ns] = p
			return p, nil
		}
	}
	p, err := t.open(opened)
	if err != nil {
		return nil, err
	}
	p.position = len(t.nsConns)
	t.nsConns = append(t.nsConns, p)
	t.known[ns] = p
	return p, nil
}

// nsConnByID returns the connection to the namespace that has an id in another one. If the
// transaction knows no other way to it, it is remote. The kernel answers questions about
// ids without waiting for anything, so the end of ctx does not matter.
func (t *transaction) nsConnByID(ctx context.Context, ns *NetNS) (*nsConn, error) {
	ctx, id := context.WithoutCancel(ctx), ns.known.id
	at, err := t.nsConn(ctx, ns.known.in)
	if err != nil {
		return nil, err
	}
	for _, known := range at.ids {
		if known.id == id {
			return known.of, nil
		}
	}
	for _, p := range t.nsConns {
		if p.ns.isID() {
			continue
		}
		if known, err := t.knownNSID(ctx, at, p); err != nil || known == id {
			return p, err
		}
	}
	if err := at.hasID(ctx, id); err != nil {
		return nil, err
	}
	p, err := closedNSConn(ns, at)
	if err != nil {
		return nil, err
	}
	p.id, p.position = id, len(t.nsConns)
	at.ids, t.nsConns = append(at.ids, nsid{p, id}), append(t.nsConns, p)
	return p, nil
}

// hasID returns an error unless a namespace has the id.
func (p *nsConn) hasID(ctx context.Context, id int32) error {
	_, err := rtnl.TranslateNSID(ctx, p.rt, id, rtnl.OwnNetNS)
	if errors.Is(err, syscall.ENOENT) {
		return &Error{Message: fmt.Sprintf("no namespace has the id %d in %v", id, p), Err: syscall.ENOENT}
	}
	return err
}

// isKnownByID reports whether nothing but an id of the namespace is known. Such a namespace
// can end during the transaction, and another one can get the id.
func (p *nsConn) isKnownByID() bool {
	return p.isRemote() && p.ns.isID()
}

// ended returns the error for a namespace whose id the kernel has refused (EINVAL), because
// no namespace has it any more; nil if that is not the reason.
func (p *nsConn) ended(ctx context.Context, refused error) error {
	if !p.isKnownByID() || !errors.Is(refused, syscall.EINVAL) {
		return nil
	}
	return p.via.hasID(context.WithoutCancel(ctx), p.id)
}

// sameLower rejects a link whose lower link was found by its name in a namespace that is
// known by its id only, if that name leads to another link by now: the link may be on
// another one, which has the index in a namespace that has got the id.
func (t *transaction) sameLower(ctx context.Context, j *job) error {
	if !j.under.isKnownByID() {
		return nil
	}
	refs := ofType(j.linkRefs, uapi.IFLA_LINK)
	if j.kind.tunnel {
		refs = append(refs, ofType(j.infoRefs, j.kind.underlay)...)
	}
	for _, r := range refs {
		if index, err := j.under.indexOf(ctx, r.Name); err != nil || index != r.Index {
			return &Error{Op: t.op, Kind: j.spec.Kind, Name: j.spec.Name, Attr: "link-netns", Err: syscall.ENOENT,
				Message: fmt.Sprintf("the namespace with the id %d has ended meanwhile, or its link %q is another one", j.under.id, r.Name)}
		}
	}
	return nil
}

// ofType returns the references of one row.
func ofType(refs []attr.Ref, typ uint16) (all []attr.Ref) {
	for _, r := range refs {
		if r.Type == typ {
			all = append(all, r)
		}
	}
	return all
}

func (t *transaction) open(ns *NetNS) (*nsConn, error) {
	c, err := t.conn.dialIn(ns)
	if err != nil {
		return t.remote(ns, err)
	}
	c.rt.SetHook(t.conn.rt.Hook())
	return &nsConn{ns: ns, rt: c.rt, fd: -1}, nil
}

// namespace returns the namespace of a connection.
func (t *transaction) namespace(p *nsConn) (*NetNS, error) {
	if p.ns == nil {
		ns, err := t.conn.netns()
		if err != nil {
			return nil, err
		}
		p.ns = ns
	}
	return p.ns, nil
}

// descriptor returns a descriptor of the namespace that stays open as long as the
// transaction.
func (t *transaction) descriptor(p *nsConn) (int, error) {
	if p.fd >= 0 {
		return p.fd, nil
	}
	ns, err := t.namespace(p)
	if err != nil {
		return -1, err
	}
	err = ns.use(func(fd int) (err error) {
		p.fd, err = highfd.Dup(fd)
		return err
	})
	return p.fd, err
}

// nsid returns the id of other's namespace in p. The kernel assigns one if there is
// none yet.
func (t *transaction) nsid(ctx context.Context, p, other *nsConn) (int32, error) {
	return t.nsidBy(ctx, p, other, rtnl.FindOrMakeNSID)
}

// knownNSID is nsid without assigning an id: it returns -1 if there is none.
func (t *transaction) knownNSID(ctx context.Context, p, other *nsConn) (int32, error) {
	return t.nsidBy(ctx, p, other, rtnl.FindNSID)
}

func (t *transaction) nsidBy(ctx context.Context, p, other *nsConn, find func(context.Context, rtnl.Socket, int) (int32, error)) (int32, error) {
	for _, known := range p.ids {
		if known.of == other {
			return known.id, nil
		}
	}
	fd, err := t.descriptor(other)
	if err != nil {
		return -1, err
	}
	id, err := find(ctx, p.rt, fd)
	if err == nil && id >= 0 {
		p.ids = append(p.ids, nsid{other, id})
	}
	return id, err
}

// A program without CAP_SYS_ADMIN cannot open a socket in another namespace. On the
// Conn's own socket the kernel still makes a peer there, moves a link there, and
// reads links there by the id of the namespace. Such a namespace is remote: its
// requests are sent on the Conn's socket.

// remote returns the nsConn of a namespace that the program may not enter.
func (t *transaction) remote(ns *NetNS, denied error) (*nsConn, error) {
	if !errors.Is(denied, fs.ErrPermission) || !rtnl.HasNetAdmin() {
		return nil, denied
	}
	p, err := closedNSConn(ns, t.nsConns[0])
	if err == nil {
		p.denied = denied
	}
	return p, err
}

// closedNSConn returns a remote nsConn. Code without support for remote namespaces fails
// on its socket, which is closed.
func closedNSConn(ns *NetNS, via *nsConn) (*nsConn, error) {
	closed, err := Dial()
	if err == nil {
		err = closed.Close()
	}
	if err != nil {
		return nil, err
	}
	return &nsConn{ns: ns, rt: closed.rt, borrowed: true, fd: -1, via: via}, nil
}

// isRemote reports whether the program has no socket in the namespace.
func (p *nsConn) isRemote() bool {
	return p != nil && p.via != nil
}

// conn returns the socket for requests about the namespace.
func (p *nsConn) conn() *rtnl.Conn {
	if p.isRemote() {
		return p.via.rt
	}
	return p.rt
}

// findID finds the id for reading links of a remote namespace.
func (t *transaction) findID(ctx context.Context, p *nsConn) (err error) {
	if p.isRemote() {
		p.id, err = t.nsid(ctx, p.via, p)
	}
	return err
}

// appendKey is rtnl.AppendKey for a link of the namespace.
func (p *nsConn) appendKey(b []byte, index int, name string) []byte {
	b = rtnl.AppendKey(b, index, name)
	if p.isRemote() {
		b = wire.AppendU32(b, uapi.IFLA_TARGET_NETNSID, uint32(p.id))
	}
	return b
}

// readIndex reads the link with an index.
func (p *nsConn) readIndex(ctx context.Context, index int) (*Link, error) {
	return readLink(ctx, p.conn(), func(b []byte) []byte { return p.appendKey(b, index, "") })
}

// readName reads the link with a name or an alternative name.
func (p *nsConn) readName(ctx context.Context, name string) (*Link, error) {
	return readLink(ctx, p.conn(), func(b []byte) []byte { return p.appendKey(b, 0, name) })
}

// indexOf finds the index of a link by name.
func (p *nsConn) indexOf(ctx context.Context, name string) (int, error) {
	if !p.isRemote() {
		return rtnl.IndexOf(ctx, p.rt, name)
	}
	l, err := p.readName(ctx, name)
	if err != nil {
		return 0, err
	}
	return l.Index, nil
}

// refuseRemote rejects a namespace where the program cannot have a socket.
func (s *spec) refuseRemote(op, attr string, p *nsConn) error {
	switch {
	case p.isKnownByID():
		return s.invalid(op, attr, "it takes a socket in the other namespace: give its NetNS in place of its id")
	case p.denied == nil:
		return nil
	}
	return &Error{Op: op, Kind: s.Kind, Name: s.Name, Attr: attr, Err: syscall.EPERM,
		Message: "it takes a socket in the other namespace, and to open one needs CAP_SYS_ADMIN"}
}

// refuseLater rejects settings of a peer in a remote namespace that the kernel does
// not accept in the request that makes the peer.
func (t *transaction) refuseLater(j *job) error {
	if !j.at.isRemote() {
		return nil
	}
	if isTemplate(j.spec.Name) {
		return j.spec.onlyInside(t.op, "name")
	}
	if word := j.spec.afterMaking(j.linkSet.And(j.createsLater()), j.change&uapi.IFF_UP); word != "" {
		return j.spec.onlyInside(t.op, word)
	}
	return nil
}

// refuseApart rejects settings of a link that moves to a remote namespace, if the
// request for the move cannot carry them or if they cannot be compared from here.
func (t *transaction) refuseApart(j *job) error {
	s := *j.spec
	for _, r := range s.linkRefs {
		return s.onlyInside(t.op, rowName(s.link.settable, r.Type))
	}
	s.inet6Set = attr.Set{}
	if word := s.afterMaking(attr.Set{}, 0); word != "" {
		return s.onlyInside(t.op, word)
	}
	if s.linkSet.Has(uapi.IFLA_LINK) {
		return s.onlyInside(t.op, "link")
	}
	return nil
}

// appendCarried appends the settings that accompany the move of a link to a remote
// namespace, and removes them from the job.
func (t *transaction) appendCarried(b []byte, j *job) []byte {
	if !j.at.isRemote() {
		return b
	}
	b = t.appendLater(b, j, j.linkSet)
	j.linkSet, j.inet6Set, j.change = attr.Set{}, attr.Set{}, 0
	return b
}

// refusePeerChange rejects a change of the other end of a pair in a remote
// namespace.
func (e *ensurePlan) refusePeerChange(g *ensureItem) error {
	p := g.peer
	if !p.job.at.isRemote() || len(p.diffs) == 0 || e.op == "diff" {
		return nil
	}
	return p.job.spec.onlyInside(e.op, p.diffs[0].Attr)
}

// onlyInside returns the error for a setting that only a program in the namespace
// can change.
func (s *spec) onlyInside(op, attr string) error {
	if s.netns.isID() {
		return s.invalid(op, attr, "it can be set only from within the other namespace: give the NetNS of that in place of its id")
	}
	return &Error{Op: op, Kind: s.Kind, Name: s.Name, Attr: attr, Err: syscall.EPERM,
		Message: "it can be set only from within the other namespace, and to enter that needs CAP_SYS_ADMIN"}
}

// translate replaces the ids in a link read from another namespace by those of the
// link's own namespace.
func (p *nsConn) translate(ctx context.Context, l *Link) error {
	if !p.isRemote() || l == nil || !l.lowerElsewhere() {
		return nil
	}
	id, err := rtnl.TranslateNSID(ctx, p.via.rt, l.NetNSID, p.id)
	if err != nil {
		return err
	}
	if l.NetNSID = id; id < 0 {
		l.addErr("link-netnsid", errors.New("the link's namespace has no id for that of its parent"))
	}
	if whole, ok := l.Info.(completable); ok {
		whole.afterDecode(l)
	}
	return nil
}
