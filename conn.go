package iplink

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Conn is an open route netlink socket in one namespace, for many operations or
// many links. Many goroutines may use it; their requests are sent one after another.
// A call whose context ends returns, and leaves the Conn usable.
type Conn struct {
	rt *rtnl.Conn

	trace rtnl.Trace // the trace of the sockets that the Conn opens elsewhere, and of rt

	echo   uint16      // the flag that requests an echo: NLM_F_ECHO, except in tests
	noEcho atomic.Bool // the kernel ignored the flag

	lookUps sync.Pool // *lookUp, for Get

	mu   sync.Mutex
	home *NetNS // the namespace of rt, set on first use
}

// A DialOption is a setting of a Conn, for Dial and NetNS.Dial.
type DialOption func(*dialing)

// A dialing collects the options of a Conn.
type dialing struct {
	show  func(Message)
	trace func(*rtnl.Conn, func(Message)) rtnl.Trace // converts show; set with it
	fault *fault                                     // the first invalid option
}

func (d *dialing) refuse(option, text string) {
	if d.fault == nil {
		d.fault = &fault{option, text}
	}
}

// Dial opens a Conn in the network namespace of the calling thread. The caller must
// close it. On systems other than Linux the error matches errors.ErrUnsupported.
func Dial(options ...DialOption) (*Conn, error) {
	return dial(rtnl.Here, options)
}

// Dial opens a Conn in the namespace ns, regardless of the namespace of the calling
// thread. It needs CAP_SYS_ADMIN, without which the error matches fs.ErrPermission.
func (ns *NetNS) Dial(options ...DialOption) (*Conn, error) {
	var c *Conn
	err := ns.use(func(fd int) (err error) {
		c, err = dial(fd, options)
		return err
	})
	return c, err
}

func dial(netns int, options []DialOption) (*Conn, error) {
	var d dialing
	for _, o := range options {
		if o == nil {
			d.refuse("Option", "it is nil: leave it out")
		} else {
			o(&d)
		}
	}
	if d.fault != nil {
		return nil, d.fault.in("dial")
	}
	rt, err := rtnl.Dial(netns)
	if err != nil {
		return nil, &Error{Op: "dial", Message: "opening a netlink socket", Err: bareErr(err)}
	}
	c := &Conn{rt: rt, echo: uapi.NLM_F_ECHO}
	if d.show != nil {
		c.setTrace(d.trace(rt, d.show))
	}
	return c, nil
}

// setTrace has the exchanges of c traced, also on the sockets that it opens elsewhere.
func (c *Conn) setTrace(t rtnl.Trace) {
	c.trace = t
	c.rt.SetTrace(t)
}

// dialIn opens a Conn in another namespace, which is traced as c is.
func (c *Conn) dialIn(ns *NetNS) (*Conn, error) {
	other, err := ns.Dial()
	if err == nil {
		other.setTrace(c.trace)
	}
	return other, err
}

// Close closes the socket. Pending calls return an error.
func (c *Conn) Close() error {
	if err := c.missing("close"); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.rt.Close()
	if c.home != nil {
		err = errors.Join(err, c.home.Close())
		c.home = nil
	}
	return err
}

// netns returns the namespace of the socket.
func (c *Conn) netns() (*NetNS, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.home != nil {
		return c.home, nil
	}
	ns, err := socketNetNS(c.rt)
	if err == nil {
		c.home = ns
	}
	return ns, err
}

// An OpenOption says which link a function such as bridge.Open opens. Without one, it
// is the link of the given name in the namespace of the calling thread.
type OpenOption func(*own.Where)

// Where applies the option. The functions that take one call it.
func (o OpenOption) Where(w *own.Where) {
	if o == nil {
		w.Refuse("Option", "it is nil: leave it out")
		return
	}
	o(w)
}

// In opens the link in the namespace ns, where all sockets of the opened link are. That
// needs CAP_SYS_ADMIN, unless the calling thread is there. The result does not need ns
// any more.
func In(ns *NetNS) OpenOption {
	return func(w *own.Where) {
		if text := netNSFault("In", ns); text != "" {
			w.Refuse("In", text)
			return
		}
		if had, ok := w.NetNS.(*NetNS); ok && !had.Equal(ns) {
			w.Refuse("In", fmt.Sprintf("it is given for %q and for %q", had, ns))
		}
		w.NetNS, w.Do = ns, ns.visit
		agree(w, "In")
	}
}

// On opens the link in the namespace of the Conn c, and sends requests on its socket as
// far as that is possible. The opened link does not close c, and c must stay open.
func On(c *Conn) OpenOption {
	return func(w *own.Where) {
		if c == nil || c.rt == nil {
			w.Refuse("On", "it is nil or zero: Dial opens one")
			return
		}
		if had, ok := w.Conn.(*Conn); ok && had != c {
			w.Refuse("On", "it is given for two Conns")
		}
		w.Conn, w.Socket = c, c.rt
		if w.Do == nil {
			w.Do = c.visit
		}
		agree(w, "On")
	}
}

// Index opens the link with the given interface index, 1 or more. The name may then be
// empty; otherwise the link must have both, or the error matches fs.ErrNotExist.
func Index(index int) OpenOption {
	return func(w *own.Where) {
		if index < 1 || index > math.MaxInt32 {
			w.Refuse("Index", fmt.Sprintf("%d is not an interface index: they are 1 or more", index))
		}
		if w.Index != 0 && w.Index != index {
			w.Refuse("Index", fmt.Sprintf("it is given for %d and for %d", w.Index, index))
		}
		w.Index = index
	}
}

// agree refuses an option if In and On are for different namespaces.
func agree(w *own.Where, option string) {
	ns, in := w.NetNS.(*NetNS)
	c, on := w.Conn.(*Conn)
	if !in || !on {
		return
	}
	home, err := c.netns()
	same := false
	if err == nil {
		same, err = ns.same(home)
	}
	if err != nil {
		w.Refuse(option, "comparing the namespaces of In and On: "+err.Error())
	} else if !same {
		w.Refuse(option, fmt.Sprintf("the Conn of On is not in %q, the namespace of In", ns))
	}
}

// visit calls f in the namespace of the Conn.
func (c *Conn) visit(f func() error) error {
	ns, err := c.netns()
	if err != nil {
		return err
	}
	return ns.visit(f)
}

// visit calls f in the namespace: on the calling thread if it is there already, which
// needs no privilege.
func (ns *NetNS) visit(f func() error) error {
	if here, err := CurrentNetNS(); err == nil {
		defer here.Close()
		if here.Equal(ns) {
			return f()
		}
	}
	return ns.Do(f)
}

// Get returns the link with the given name, which may be an alternative name; the
// kernel looks it up. If the link does not exist, the error matches fs.ErrNotExist.
func (c *Conn) Get(ctx context.Context, name string) (*Link, error) {
	if err := c.unready(ctx, "get"); err != nil {
		return nil, err
	}
	if fault := nameFault("name", name, uapi.ALTIFNAMSIZ-1); fault != nil {
		return nil, (&spec{Settings: own.Settings{Name: name}}).refuse("get", fault)
	}
	return c.get(ctx, name, func(b []byte) []byte { return rtnl.AppendKey(b, 0, name) })
}

// GetIndex is like Get, but takes an interface index, 1 or more.
func (c *Conn) GetIndex(ctx context.Context, index int) (*Link, error) {
	if err := c.unready(ctx, "get"); err != nil {
		return nil, err
	}
	if index < 1 {
		return nil, (&fault{"index", fmt.Sprintf("%d is not an interface index: they are 1 or more", index)}).in("get")
	}
	return c.get(ctx, fmt.Sprintf("with index %d", index), func(b []byte) []byte { return rtnl.AppendKey(b, index, "") })
}

func (c *Conn) get(ctx context.Context, name string, key func([]byte) []byte) (*Link, error) {
	l, again := c.lookUps.Get().(*lookUp)
	switch {
	case !again:
		l = newLookUp()
	case l.common == nil: // sharing is worthwhile from the second look-up on
		l.share(new(interner))
	}
	link, err := l.read(ctx, c.rt, key)
	c.lookUps.Put(l)
	if err != nil {
		return nil, kernelError(&Error{Op: "get", Name: name, Message: getReason(err)}, err)
	}
	return link, nil
}

// getReason returns the meaning of an errno without a message when a link is read.
func getReason(err error) string {
	if isRefusal(err) && errors.Is(err, syscall.EMSGSIZE) {
		return tooLongToDescribe
	}
	return ""
}

// readLink reads the link that key identifies.
func readLink(ctx context.Context, rt *rtnl.Conn, key func([]byte) []byte) (*Link, error) {
	return newLookUp().read(ctx, rt, key)
}

// A lookUp is a reusable request for one link.
type lookUp struct {
	reader
	batch  rtnl.Batch
	link   *Link
	answer rtnl.Reply
}

func newLookUp() *lookUp {
	l := new(lookUp)
	l.answer = func(m wire.Message) { l.link = l.parse(m) }
	return l
}

func (l *lookUp) read(ctx context.Context, rt *rtnl.Conn, key func([]byte) []byte) (*Link, error) {
	defer func() { l.link = nil }()
	l.batch.Reset()
	l.batch.Get(uapi.RTM_GETLINK, l.answer, key)
	if err := rt.Do(ctx, &l.batch); err != nil {
		return nil, err
	}
	return l.link, l.batch.Err(0)
}

// readIndex reads the link with the given index.
func readIndex(ctx context.Context, rt *rtnl.Conn, index int) (*Link, error) {
	return readLink(ctx, rt, func(b []byte) []byte { return rtnl.AppendKey(b, index, "") })
}

// Get returns the link with the given name in the namespace of the calling thread.
// It is like Conn.Get on a socket of its own.
func Get(ctx context.Context, name string) (*Link, error) {
	return withConn(func(c *Conn) (*Link, error) { return c.Get(ctx, name) })
}

// List returns the links in the namespace of the calling thread. It is like
// Conn.List on a socket of its own.
func List(ctx context.Context, filters ...Filter) ([]*Link, error) {
	return withConn(func(c *Conn) ([]*Link, error) { return c.List(ctx, filters...) })
}

// ListAddrs returns the IP addresses in the namespace of the calling thread. It is like
// Conn.ListAddrs on a socket of its own.
func ListAddrs(ctx context.Context, filters ...Filter) ([]LinkAddr, error) {
	return withConn(func(c *Conn) ([]LinkAddr, error) { return c.ListAddrs(ctx, filters...) })
}

// ListRoutes returns the routes in the namespace of the calling thread. It is like
// Conn.ListRoutes on a socket of its own.
func ListRoutes(ctx context.Context, filters ...Filter) ([]LinkRoute, error) {
	return withConn(func(c *Conn) ([]LinkRoute, error) { return c.ListRoutes(ctx, filters...) })
}

// ListNeighs returns the neighbours in the namespace of the calling thread. It is like
// Conn.ListNeighs on a socket of its own.
func ListNeighs(ctx context.Context, filters ...Filter) ([]LinkNeigh, error) {
	return withConn(func(c *Conn) ([]LinkNeigh, error) { return c.ListNeighs(ctx, filters...) })
}

// Delete deletes links in the namespace of the calling thread. It is like
// Conn.Delete on a socket of its own.
func Delete(ctx context.Context, names ...string) error {
	_, err := withConn(func(c *Conn) (struct{}, error) { return struct{}{}, c.Delete(ctx, names...) })
	return err
}
