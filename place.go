package iplink

import (
	"context"

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
	return t.nsidBy(ctx, p, other, findOrMakeNSID)
}

// knownNSID is nsid without making one: it returns -1 if there is none.
func (t *transaction) knownNSID(ctx context.Context, p, other *place) (int32, error) {
	return t.nsidBy(ctx, p, other, findNSID)
}

func (t *transaction) nsidBy(ctx context.Context, p, other *place, find func(context.Context, *rtnl.Conn, int) (int32, error)) (int32, error) {
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

// findOrMakeNSID returns the id that the socket's namespace has for the one that
// fd is a descriptor of.
func findOrMakeNSID(ctx context.Context, rt *rtnl.Conn, fd int) (int32, error) {
	id, err := findNSID(ctx, rt, fd)
	if err != nil || id >= 0 {
		return id, err
	}
	var b rtnl.Batch
	b.Write(uapi.RTM_NEWNSID, 0, func(buf []byte) []byte {
		const any = ^uint32(0)
		return wire.AppendU32(appendNSIDKey(buf, fd), uapi.NETNSA_NSID, any)
	})
	if err := rt.Do(ctx, &b); err != nil {
		return -1, err
	}
	if err := b.Err(0); err != nil {
		return -1, err
	}
	return findNSID(ctx, rt, fd)
}

// findNSID is findOrMakeNSID without making one: it returns -1 if there is none.
func findNSID(ctx context.Context, rt *rtnl.Conn, fd int) (int32, error) {
	return askNSID(ctx, rt, func(b []byte) []byte { return appendNSIDKey(b, fd) })
}

// translateNSID returns the id that the namespace target has for the one that the
// socket's namespace knows as id; -1 if it has none. Both are ids of the socket's
// namespace.
func translateNSID(ctx context.Context, rt *rtnl.Conn, id, target int32) (int32, error) {
	return askNSID(ctx, rt, func(b []byte) []byte {
		b = wire.AppendU32(append(b, 0, 0, 0, 0), uapi.NETNSA_NSID, uint32(id))
		return wire.AppendU32(b, uapi.NETNSA_TARGET_NSID, uint32(target))
	})
}

// askNSID returns the id in the answer to a question about namespaces.
func askNSID(ctx context.Context, rt *rtnl.Conn, body func([]byte) []byte) (int32, error) {
	id := int32(-1)
	var b rtnl.Batch
	b.Get(uapi.RTM_GETNSID, func(m wire.Message) {
		if found, ok := parseNSID(m); ok {
			id = found
		}
	}, body)
	if err := rt.Do(ctx, &b); err != nil {
		return -1, err
	}
	return id, b.Err(0)
}

// rtgenLen is the length of the struct rtgenmsg, padded, that starts the
// messages about namespace ids.
const rtgenLen = 4

func appendNSIDKey(b []byte, fd int) []byte {
	return wire.AppendU32(append(b, 0, 0, 0, 0), uapi.NETNSA_FD, uint32(fd))
}

// ID returns the id by which the calling thread's namespace knows ns, and which
// Link.NetNSID is about; the kernel makes one up if there is none yet.
func (ns *NetNS) ID(ctx context.Context) (int, error) {
	return withConn(func(c *Conn) (id int, err error) {
		err = ns.use(func(fd int) error {
			n, err := findOrMakeNSID(ctx, c.rt, fd)
			id = int(n)
			return err
		})
		if err != nil {
			return 0, kernelError(&Error{Op: "find the id of", Kind: "netns", Name: ns.String()}, err)
		}
		return id, nil
	})
}
