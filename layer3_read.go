package iplink

import (
	"context"
	"fmt"
	"syscall"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/inetnl"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// Addrs returns the IP addresses of a link in the Conn's namespace, in the kernel's
// order.
func (c *Conn) Addrs(ctx context.Context, link *Link) ([]inet.Addr, error) {
	return readLayer3(ctx, c, link, "addresses", func(rt *rtnl.Conn) ([]inet.Addr, error) {
		return inetnl.ReadAddrs(ctx, rt, link.Index, link.Name)
	})
}

// Routes returns the unicast routes that leave by a link in the Conn's namespace,
// in all routing tables and those that the kernel made included, of IPv4 and then
// of IPv6. Routes by several links at once are left out.
func (c *Conn) Routes(ctx context.Context, link *Link) ([]inet.Route, error) {
	return readLayer3(ctx, c, link, "routes", func(rt *rtnl.Conn) ([]inet.Route, error) {
		return inetnl.ReadRoutes(ctx, rt, link.Index)
	})
}

// Neighs returns the neighbours on a link in the Conn's namespace, in the kernel's
// order, without those that the machine answers for.
func (c *Conn) Neighs(ctx context.Context, link *Link) ([]inet.Neigh, error) {
	return readLayer3(ctx, c, link, "neighbours", func(rt *rtnl.Conn) ([]inet.Neigh, error) {
		return inetnl.ReadNeighs(ctx, rt, link.Index)
	})
}

// readLayer3 reads what a link has, if the link is in the Conn's namespace: links
// do not know where they are from.
func readLayer3[T any](ctx context.Context, c *Conn, link *Link, what string, read func(*rtnl.Conn) ([]T, error)) ([]T, error) {
	op := "list " + what + " of"
	if err := c.unready(ctx, op); err != nil {
		return nil, err
	}
	if link == nil {
		return nil, (&fault{"Link", "it is nil: Get returns one"}).in(op)
	}
	e := &Error{Op: op, Kind: link.Kind, Name: link.Name}
	name, err := rtnl.NameOf(c.rt, link.Index)
	if err != nil {
		return nil, kernelError(e, err)
	}
	if name != link.Name {
		e.Message, e.Err = fmt.Sprintf("the link with index %d is %s by now, or this is another namespace", link.Index, name), syscall.ENODEV
		return nil, e
	}
	all, err := read(c.rt)
	if err != nil {
		return nil, kernelError(e, err)
	}
	return all, nil
}

// Addrs returns the link's IP addresses as they are now. The link must be in the
// namespace of the calling thread; Conn.Addrs is for others. If there is no such
// link, the error matches fs.ErrNotExist.
func (l *Link) Addrs(ctx context.Context) ([]inet.Addr, error) {
	return withConn(func(c *Conn) ([]inet.Addr, error) { return c.Addrs(ctx, l) })
}

// Routes returns the routes that leave by the link as they are now. The link must
// be in the namespace of the calling thread; see Conn.Routes.
func (l *Link) Routes(ctx context.Context) ([]inet.Route, error) {
	return withConn(func(c *Conn) ([]inet.Route, error) { return c.Routes(ctx, l) })
}

// Neighs returns the neighbours on the link as they are now. The link must be in
// the namespace of the calling thread; see Conn.Neighs.
func (l *Link) Neighs(ctx context.Context) ([]inet.Neigh, error) {
	return withConn(func(c *Conn) ([]inet.Neigh, error) { return c.Neighs(ctx, l) })
}
