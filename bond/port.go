package bond

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/inet"
)

// restoreTime limits the restoration of a link that did not become a port. It
// applies even if the context has ended.
const restoreTime = 10 * time.Second

// AddPort makes a link a port of the bond. If the link is up, it is taken down
// first; the bond brings it up again. On an error, including the end of ctx, the
// link is restored: it is up again if it was up before, with its previous IP
// addresses, routes and permanent neighbours.
//
// AddPort does nothing if the link is already a port of the bond. A port of another
// master must leave that master first.
func (b *Bond) AddPort(ctx context.Context, link string) error {
	const op = "add port to"
	if err := b.ready(op); err != nil {
		return err
	}
	before, err := b.conn.Get(ctx, link)
	switch {
	case err != nil:
		return err
	case before.Master == b.index:
		return nil
	case before.Index == b.index:
		return b.failed(op, link, "it is the bond itself", fs.ErrInvalid)
	case before.Master != 0:
		return b.failed(op, link, fmt.Sprintf("it is a port of %s: take it out first", b.nameOf(ctx, before.Master)), fs.ErrInvalid)
	}
	kept, err := b.keep(ctx, before)
	if err != nil {
		return err
	}
	if _, err := b.conn.Update(ctx, iplink.DeviceIndex(before.Index).MasterIndex(b.index).DownFirst()); err != nil {
		return errors.Join(b.refused(op, link, err), b.restore(ctx, before, kept))
	}
	return nil
}

// refused adds the names of the link and the bond to an error.
func (b *Bond) refused(op, link string, err error) error {
	refusal, ok := errors.AsType[*iplink.Error](err)
	if !ok {
		return b.failed(op, link, "", err)
	}
	e := b.failed(op, link, refusal.Message, refusal.Err)
	e.FromKernel = refusal.FromKernel
	return e
}

// nameOf returns the name of a link for an error message.
func (b *Bond) nameOf(ctx context.Context, index int) string {
	link, err := b.conn.GetIndex(ctx, index)
	if err != nil {
		return fmt.Sprintf("the link with index %d", index)
	}
	return link.Name
}

// kept holds the settings that a link may lose when it is taken down.
type kept struct {
	addrs  []inet.Addr
	routes []inet.Route
	neighs []inet.Neigh
}

func (b *Bond) keep(ctx context.Context, link *iplink.Link) (kept, error) {
	addrs, err := b.conn.Addrs(ctx, link)
	if err != nil {
		return kept{}, err
	}
	routes, err := b.conn.Routes(ctx, link)
	if err != nil {
		return kept{}, err
	}
	neighs, err := b.conn.Neighs(ctx, link)
	if err != nil {
		return kept{}, err
	}
	return kept{
		addrs:  slices.DeleteFunc(addrs, func(a inet.Addr) bool { return a.Prefix.Addr().IsLinkLocalUnicast() && a.Prefix.Addr().Is6() }),
		routes: slices.DeleteFunc(routes, func(r inet.Route) bool { return r.Proto == inet.RouteProtoKernel || r.Proto == inet.RouteProtoRA }),
		neighs: slices.DeleteFunc(neighs, func(n inet.Neigh) bool { return n.State != inet.NeighPermanent }),
	}, nil
}

// restore gives a link its earlier settings back after it failed to become a port.
func (b *Bond) restore(ctx context.Context, before *iplink.Link, had kept) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restoreTime)
	defer cancel()
	d := iplink.DeviceIndex(before.Index).NoMaster()
	if !before.Up() {
		_, err := b.conn.Update(ctx, d.Down())
		return err
	}
	if _, err := b.conn.Update(ctx, d.Up()); err != nil {
		return err
	}
	_, err := b.conn.Update(ctx, iplink.DeviceIndex(before.Index).Addrs(had.addrs...).Routes(had.routes...).Neighs(had.neighs...))
	return err
}

// RemovePort removes a port from the bond and leaves the link down.
func (b *Bond) RemovePort(ctx context.Context, port string) error {
	const op = "remove port from"
	link, err := b.port(ctx, op, port)
	if err != nil {
		return err
	}
	if _, err := b.conn.Update(ctx, iplink.DeviceIndex(link.Index).NoMaster()); err != nil {
		return b.refused(op, port, err)
	}
	return nil
}
