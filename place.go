package iplink

import (
	"context"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
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

// ID returns the id by which the calling thread's namespace knows ns, and which
// Link.NetNSID is about; the kernel makes one up if there is none yet.
func (ns *NetNS) ID(ctx context.Context) (int, error) {
	return withConn(func(c *Conn) (id int, err error) {
		err = ns.use(func(fd int) error {
			n, err := rtnl.FindOrMakeNSID(ctx, c.rt, fd)
			id = int(n)
			return err
		})
		if err != nil {
			return 0, kernelError(&Error{Op: "find the id of", Kind: "netns", Name: ns.String()}, err)
		}
		return id, nil
	})
}
