package fou

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Conn manages the ports of one network namespace. It has its own netlink sockets and is
// safe for concurrent use by multiple goroutines.
//
// All errors are of type *iplink.Error: Op is the command, such as "fou add", and Attr the
// invalid setting, or the port.
type Conn struct {
	nl    *rtnl.Family
	links *rtnl.Conn // finds links by name
}

// The names of operations in errors.
const (
	opOpen   = "fou open"
	opAdd    = "fou add"
	opDelete = "fou del"
	opList   = "fou show"
)

// Open returns a Conn for the network namespace of the calling thread, unless iplink.In or
// iplink.On says another one. The caller must close it. The error matches
// errors.ErrUnsupported if the kernel has no such ports, mostly because the module fou is
// not loaded.
func Open(ctx context.Context, options ...iplink.OpenOption) (*Conn, error) {
	where := own.At(options)
	if where.Index != 0 {
		where.Refuse("Index", "ports belong to a namespace, not to a link: leave it out")
	}
	if err := openlink.Check(where, opOpen, "", ""); err != nil {
		return nil, err
	}
	c := new(Conn)
	if err := where.Enter(func() error { return c.dial(where.Traced(ctx)) }); err != nil {
		return nil, err
	}
	return c, nil
}

// dial opens the sockets in the namespace of the calling thread.
func (c *Conn) dial(ctx context.Context) (err error) {
	if c.nl, err = rtnl.DialFamily(ctx, rtnl.Here, uapi.FOU_GENL_NAME); err != nil {
		return failed(opOpen, "", err)
	}
	if c.links, err = rtnl.Dial(rtnl.Here); err != nil {
		_ = c.nl.Close()
		return failed(opOpen, "", err)
	}
	return nil
}

// Close closes the sockets. It does not change the ports.
func (c *Conn) Close() error {
	return errors.Join(c.nl.Close(), c.links.Close())
}

// Add adds a port. It checks the settings before it sends anything. The error matches
// fs.ErrExist if there is such a port, and syscall.EADDRINUSE alone if another socket has
// the UDP port. If ctx ends meanwhile, Add leaves no port behind. It needs CAP_NET_ADMIN in
// the first user namespace.
func (c *Conn) Add(ctx context.Context, p Port) error {
	if f := p.check(); f != nil {
		return refuse(opAdd, f)
	}
	if err := c.resolve(ctx, opAdd, &p); err != nil {
		return err
	}
	held, err := c.nl.Hold()
	if err != nil {
		return failed(opAdd, "", err)
	}
	defer held.Release()
	carried, err := c.send(ctx, held, uapi.FOU_CMD_ADD, p.append)
	switch {
	case err == nil:
		return nil
	case carried:
		return c.withdraw(ctx, held, &p, err)
	}
	return c.refused(ctx, held, &p, err)
}

// Delete deletes a port, which its Port, Family, Local, Peer and link identify: the other
// fields do not matter. A Port of List, or of Add, is deleted. The error matches
// fs.ErrNotExist if such a port is missing. It needs CAP_NET_ADMIN in the first user
// namespace.
func (c *Conn) Delete(ctx context.Context, p Port) error {
	if f := p.checkIdentity(); f != nil {
		return refuse(opDelete, f)
	}
	if err := c.resolve(ctx, opDelete, &p); err != nil {
		return err
	}
	held, err := c.nl.Hold()
	if err != nil {
		return failed(opDelete, "", err)
	}
	defer held.Release()
	err = c.remove(ctx, held, p)
	if errors.Is(err, syscall.EINVAL) {
		return &iplink.Error{Op: opDelete, Attr: p.subject(), Message: "there is no such port: List has all, with their addresses", Err: syscall.ENOENT}
	}
	if err != nil {
		return failed(opDelete, p.subject(), err)
	}
	return nil
}

// List returns the ports of the namespace, sorted by number. It needs no privilege. The
// kernel leaves ports out of a list of some hundred ports, without a sign of it.
func (c *Conn) List(ctx context.Context) ([]Port, error) {
	all, err := c.list(ctx, c.nl)
	if err != nil {
		return nil, failed(opList, "", err)
	}
	for i := range all {
		if all[i].DevIndex != 0 {
			all[i].Dev, _ = rtnl.NameOf(c.links, all[i].DevIndex) // empty if it is gone
		}
	}
	slices.SortFunc(all, compare)
	return all, nil
}

// A dumper is an *rtnl.Family or an rtnl.Held.
type dumper interface {
	Dump(ctx context.Context, typ uint16, body func([]byte) []byte, restart func(), each rtnl.Reply) error
}

// list returns the ports as the kernel lists them, without the names of links.
func (c *Conn) list(ctx context.Context, via dumper) (all []Port, err error) {
	var bad error
	body := func(b []byte) []byte { return c.nl.AppendHeader(b, uapi.FOU_CMD_GET) }
	err = via.Dump(ctx, c.nl.ID, body, func() { all, bad = nil, nil }, func(m wire.Message) {
		p, err := parse(rtnl.GenericAttrs(m))
		if err != nil {
			bad = errors.Join(bad, err)
			return
		}
		all = append(all, p)
	})
	if err == nil {
		err = bad
	}
	return all, err
}

// resolve finds the index of the link of a port. A port can also be deleted by the index of
// a link that no longer exists.
func (c *Conn) resolve(ctx context.Context, op string, p *Port) (err error) {
	switch {
	case p.Dev != "":
		p.DevIndex, err = rtnl.IndexOf(c.nl.Traced(ctx), c.links, p.Dev)
	case p.DevIndex != 0 && op == opAdd: // the kernel takes any number
		_, err = rtnl.NameOf(c.links, p.DevIndex)
	}
	if err != nil {
		return failed(op, "dev", err)
	}
	return nil
}

// send sends a request. It reports whether the kernel carried it out, which it may have
// done even if there is an error, because ctx has ended.
func (c *Conn) send(ctx context.Context, held rtnl.Held, command uint8, body func([]byte) []byte) (carried bool, err error) {
	var b rtnl.Batch
	b.Write(c.nl.ID, 0, func(b []byte) []byte { return body(c.nl.AppendHeader(b, command)) })
	err = held.Do(ctx, &b)
	if err == nil {
		err = b.Err(0)
	}
	return b.Err(0) == nil, err
}

// remove deletes a port.
func (c *Conn) remove(ctx context.Context, held rtnl.Held, p Port) error {
	if p.Peer.IsValid() && !p.Local.IsValid() {
		local, err := c.chosen(ctx, held, &p)
		if err != nil {
			return err
		}
		p.Local = local
	}
	carried, err := c.send(ctx, held, uapi.FOU_CMD_DEL, p.appendIdentity)
	if carried {
		return nil
	}
	return err
}

// chosen returns the address that the kernel chose for a port with a Peer.
func (c *Conn) chosen(ctx context.Context, held rtnl.Held, p *Port) (local netip.Addr, err error) {
	all, err := c.list(ctx, held)
	if i := slices.IndexFunc(all, p.same); i >= 0 {
		local = all[i].Local
	}
	return local, err
}

// same reports whether a listed port has the identity of p.
func (p *Port) same(listed Port) bool {
	local := attr.Specified(p.Local)
	return listed.Port == p.Port && listed.Family == p.Family && listed.Peer == p.Peer && listed.DevIndex == p.DevIndex &&
		(listed.Local == local || !local.IsValid() && p.Peer.IsValid())
}

// undoTime is the time limit for undoing, regardless of the context.
const undoTime = 10 * time.Second

// withdraw deletes a port that was added although ctx has ended, and returns the error of
// Add.
func (c *Conn) withdraw(ctx context.Context, held rtnl.Held, p *Port, cause error) error {
	e := failed(opAdd, p.subject(), cause)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	if err := c.remove(ctx, held, *p); err != nil {
		e.Message = "and deleting the port again: " + err.Error()
	}
	return e
}
