package macsecnl

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// ErrFamily says that the kernel has no family macsec, mostly because the module
// that brings it is not there.
var ErrFamily = errors.New("this kernel has no generic netlink family macsec")

// headerLen is the length of struct genlmsghdr.
const headerLen = 4

// A Conn is a socket for the family. Many goroutines may use it.
type Conn struct {
	rt      *rtnl.Conn
	family  uint16
	version uint8
}

// Dial opens a socket in the network namespace that netns is a descriptor of, in
// the caller's if it is 0.
func Dial(ctx context.Context, netns int) (*Conn, error) {
	rt, err := rtnl.DialGeneric(netns)
	if err != nil {
		return nil, err
	}
	c := &Conn{rt: rt}
	if err := c.find(ctx); err != nil {
		return nil, errors.Join(err, rt.Close())
	}
	return c, nil
}

// find asks for the family, for which the kernel loads the module.
func (c *Conn) find(ctx context.Context) error {
	var b rtnl.Batch
	b.Get(uapi.GENL_ID_CTRL, c.learn, func(b []byte) []byte {
		b = append(b, uapi.CTRL_CMD_GETFAMILY, 1, 0, 0)
		return wire.AppendString(b, uapi.CTRL_ATTR_FAMILY_NAME, uapi.MACSEC_GENL_NAME)
	})
	if err := c.rt.Do(ctx, &b); err != nil {
		return err
	}
	err := b.Err(0)
	if errors.Is(err, syscall.ENOENT) || err == nil && c.family == 0 {
		return ErrFamily
	}
	return err
}

// learn takes the family's number and version from what the kernel says of it.
func (c *Conn) learn(m wire.Message) {
	if len(m.Data) < headerLen {
		return
	}
	for a, err := range wire.Attrs(m.Data[headerLen:]) {
		switch {
		case err != nil:
			return
		case a.Type == uapi.CTRL_ATTR_FAMILY_ID && len(a.Data) == 2:
			c.family = wire.Order.Uint16(a.Data)
		case a.Type == uapi.CTRL_ATTR_VERSION && len(a.Data) == 4:
			c.version = uint8(wire.Order.Uint32(a.Data))
		}
	}
}

// Close closes the socket.
func (c *Conn) Close() error {
	return c.rt.Close()
}

// SetHook makes c call hook at each point of each exchange, for tests.
func (c *Conn) SetHook(hook rtnl.Hook) {
	c.rt.SetHook(hook)
}

// List returns all MACsec links of the namespace, as far as the kernel tells:
// one that does not fit a message ends the list without an error, and so those
// behind it are missing, too.
func (c *Conn) List(ctx context.Context) ([]Device, error) {
	var all []Device
	body := func(b []byte) []byte { return append(b, uapi.MACSEC_CMD_GET_TXSC, c.version, 0, 0) }
	err := c.rt.Dump(ctx, c.family, body, func() { all = nil }, func(m wire.Message) {
		if len(m.Data) >= headerLen {
			all = append(all, Parse(slices.Clone(m.Data[headerLen:])))
		}
	})
	return all, err
}

// Find is List for one link, by index. The error matches fs.ErrNotExist if the
// list has no such link, which does not mean that there is none.
func (c *Conn) Find(ctx context.Context, index int) (Device, error) {
	all, err := c.List(ctx)
	if err != nil {
		return Device{}, err
	}
	for _, d := range all {
		if d.Index == index {
			return d, d.Err
		}
	}
	return Device{}, fs.ErrNotExist
}

// room holds the longest request, so that no key is left behind in memory that
// was too small.
const room = 512

// exchanger is a Conn of package rtnl, or one that is held.
type exchanger interface {
	Do(context.Context, *rtnl.Batch) error
}

// do sends one request and then clears it. It reports whether the request may
// have been carried out.
func (c *Conn) do(ctx context.Context, via exchanger, r Request) (carried bool, err error) {
	var b rtnl.Batch
	b.Write(c.family, 0, func(b []byte) []byte { return r.Append(slices.Grow(b, room), c.version) })
	defer clear(b.Bytes(0))
	err = via.Do(ctx, &b)
	answer := b.Err(0)
	if err == nil {
		err = answer
	}
	return answer == nil || errors.Is(answer, rtnl.ErrLost), err
}
