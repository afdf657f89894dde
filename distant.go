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
