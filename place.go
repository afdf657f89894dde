package iplink

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A place is a namespace that a transaction makes links in, or finds links in:
// a socket there, and the requests that wait to go out on it.
type place struct {
	ns       *NetNS // nil for the Conn's own until somebody needs it
	rt       *rtnl.Conn
	borrowed bool // rt is the Conn's
	batch    rtnl.Batch
	steps    []step // what each request of the batch is for
	fd       int    // of the namespace, for requests that name it; -1 if not opened
	ids      []nsid

	// Of a distant place:
	via    *place // by whose socket its requests go
	id     int32  // of the namespace, in that of via
	denied error  // why it has no socket
}

// nsid is the id that a place has for another.
type nsid struct {
	of *place
	id int32
}

// String says which namespace it is.
func (p *place) String() string {
	if p.borrowed && !p.isDistant() {
		return "the namespace of the Conn"
	}
	return "namespace " + attr.Quote(p.ns.String())
}

func (p *place) reset() {
	p.batch.Reset()
	p.steps = p.steps[:0]
}

func (p *place) close() {
	if !p.borrowed {
		p.rt.Close()
	}
	if p.fd >= 0 {
		closeFD(p.fd)
	}
}

// place returns the place for a namespace, that of the Conn if ns is nil.
func (t *transaction) place(ns *NetNS) (*place, error) {
	home := t.places[0]
	if ns == nil {
		return home, nil
	}
	if _, err := t.namespace(home); err != nil {
		return nil, err
	}
	if p := t.known[ns]; p != nil {
		return p, nil
	}
	for _, p := range t.places {
		same, err := ns.same(p.ns)
		if err != nil {
			return nil, err
		}
		if same {
			t.known[ns] = p
			return p, nil
		}
	}
	p, err := t.open(ns)
	if err != nil {
		return nil, err
	}
	t.places = append(t.places, p)
	t.known[ns] = p
	return p, nil
}

func (t *transaction) open(ns *NetNS) (*place, error) {
	c, err := ns.Dial()
	if err != nil {
		return t.distant(ns, err)
	}
	c.rt.SetHook(t.conn.hook)
	return &place{ns: ns, rt: c.rt, fd: -1}, nil
}

// namespace returns the namespace of a place.
func (t *transaction) namespace(p *place) (*NetNS, error) {
	if p.ns == nil {
		ns, err := t.conn.netns()
		if err != nil {
			return nil, err
		}
		p.ns = ns
	}
	return p.ns, nil
}

// descriptor returns a descriptor of the place's namespace that stays open as
// long as the transaction.
func (t *transaction) descriptor(p *place) (int, error) {
	if p.fd >= 0 {
		return p.fd, nil
	}
	ns, err := t.namespace(p)
	if err != nil {
		return -1, err
	}
	err = ns.use(func(fd int) (err error) {
		p.fd, err = dupFD(fd)
		return err
	})
	return p.fd, err
}

// nsid returns the id that p has for the namespace of other, which the kernel
// makes up if there is none yet.
func (t *transaction) nsid(ctx context.Context, p, other *place) (int32, error) {
	return t.nsidBy(ctx, p, other, rtnl.FindOrMakeNSID)
}

// knownNSID is nsid without making one: it returns -1 if there is none.
func (t *transaction) knownNSID(ctx context.Context, p, other *place) (int32, error) {
	return t.nsidBy(ctx, p, other, rtnl.FindNSID)
}

func (t *transaction) nsidBy(ctx context.Context, p, other *place, find func(context.Context, rtnl.Socket, int) (int32, error)) (int32, error) {
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

// A program without CAP_SYS_ADMIN cannot open a socket in another namespace. On
// the Conn's own socket the kernel still makes a peer there, moves a link there,
// and reads links there by the namespace's id. A place for such a namespace is
// distant: its requests go out by the Conn's place.

// distant returns the place of a namespace that the program may not enter.
func (t *transaction) distant(ns *NetNS, denied error) (*place, error) {
	if !errors.Is(denied, fs.ErrPermission) || !hasNetAdmin() {
		return nil, denied
	}
	closed, err := Dial()
	if err == nil {
		err = closed.Close() // what is not made for distant places fails on it
	}
	if err != nil {
		return nil, err
	}
	return &place{ns: ns, rt: closed.rt, borrowed: true, fd: -1, via: t.places[0], denied: denied}, nil
}

// isDistant reports whether the place has no socket of its own.
func (p *place) isDistant() bool {
	return p != nil && p.via != nil
}

// conn returns the socket for the requests of the place.
func (p *place) conn() *rtnl.Conn {
	if p.isDistant() {
		return p.via.rt
	}
	return p.rt
}

// approach finds the id by which links of a distant place are read.
func (t *transaction) approach(ctx context.Context, p *place) (err error) {
	if p.isDistant() {
		p.id, err = t.nsid(ctx, p.via, p)
	}
	return err
}

// appendKey is appendKey for a link of the place.
func (p *place) appendKey(b []byte, index int, name string) []byte {
	b = rtnl.AppendKey(b, index, name)
	if p.isDistant() {
		b = wire.AppendU32(b, uapi.IFLA_TARGET_NETNSID, uint32(p.id))
	}
	return b
}

// readIndex reads the link with an index.
func (p *place) readIndex(ctx context.Context, index int) (*Link, error) {
	return readLink(ctx, p.conn(), func(b []byte) []byte { return p.appendKey(b, index, "") })
}

// readName reads the link of a name, which may be an alternative one.
func (p *place) readName(ctx context.Context, name string) (*Link, error) {
	return readLink(ctx, p.conn(), func(b []byte) []byte { return p.appendKey(b, 0, name) })
}

// indexOf finds the index of a link by name.
func (p *place) indexOf(ctx context.Context, name string) (int, error) {
	if !p.isDistant() {
		return rtnl.IndexOf(ctx, p.rt, name)
	}
	l, err := p.readName(ctx, name)
	if err != nil {
		return 0, err
	}
	return l.Index, nil
}

// refuseDistant refuses a place where the program cannot have a socket.
func (s *spec) refuseDistant(op, attr string, p *place) error {
	if p.denied == nil {
		return nil
	}
	return &Error{Op: op, Kind: s.Kind, Name: s.Name, Attr: attr, Err: syscall.EPERM,
		Message: "it takes a socket in the other namespace, and to open one needs CAP_SYS_ADMIN"}
}

// refuseLater refuses settings of a peer at a distant place that the kernel does
// not take when it makes the peer.
func (t *transaction) refuseLater(j *job) error {
	if !j.at.isDistant() {
		return nil
	}
	if word := j.spec.afterMaking(j.linkSet.And(j.later()), j.change&uapi.IFF_UP); word != "" {
		return j.spec.inside(t.op, word)
	}
	return nil
}

// refuseApart refuses settings of a link that moves to a distant place, and that
// the request for the move cannot carry, or that cannot be compared from here.
func (t *transaction) refuseApart(j *job) error {
	s := *j.spec
	for _, r := range s.linkRefs {
		return s.inside(t.op, rowName(s.link.settable, r.Type))
	}
	s.inet6Set = attr.Set{}
	if word := s.afterMaking(attr.Set{}, 0); word != "" {
		return s.inside(t.op, word)
	}
	if s.linkSet.Has(uapi.IFLA_LINK) {
		return s.inside(t.op, "link")
	}
	return nil
}

// appendCarried appends the settings that go along with the move of a link to a
// distant place, and takes them off the job.
func (t *transaction) appendCarried(b []byte, j *job) []byte {
	if !j.at.isDistant() {
		return b
	}
	b = t.appendLater(b, j, j.linkSet)
	j.linkSet, j.inet6Set, j.change = attr.Set{}, attr.Set{}, 0
	return b
}

// refusePeerChange refuses to change the other end of a pair at a distant place.
func (e *ensurance) refusePeerChange(g *goal) error {
	p := g.peer
	if !p.job.at.isDistant() || len(p.diffs) == 0 || e.op == "diff" {
		return nil
	}
	return p.job.spec.inside(e.op, p.diffs[0].Attr)
}

// inside returns the error for a setting that only a program in the namespace
// can make.
func (s *spec) inside(op, attr string) error {
	return &Error{Op: op, Kind: s.Kind, Name: s.Name, Attr: attr, Err: syscall.EPERM,
		Message: "it can be set only from within the other namespace, and to enter that needs CAP_SYS_ADMIN"}
}

// localise gives a link that was read from another namespace the ids of its own.
func (p *place) localise(ctx context.Context, l *Link) error {
	if !p.isDistant() || l == nil || !l.lowerElsewhere() {
		return nil
	}
	id, err := rtnl.TranslateNSID(ctx, p.via.rt, l.NetNSID, p.id)
	if err != nil {
		return err
	}
	if l.NetNSID = id; id < 0 {
		l.addErr("link-netnsid", errors.New("the link's namespace has no id for that of its parent"))
	}
	if whole, ok := l.Info.(wholeInfo); ok {
		whole.complete(l)
	}
	return nil
}
