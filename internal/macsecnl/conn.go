package macsecnl

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Conn is a socket for the family. It is safe for concurrent use.
type Conn struct {
	rt *rtnl.Family
}

// Dial opens a socket in the network namespace of the descriptor netns, or in the
// caller's if netns is rtnl.Here. The error matches rtnl.ErrFamily if the kernel
// does not have the family macsec.
func Dial(ctx context.Context, netns int) (*Conn, error) {
	rt, err := rtnl.DialFamily(ctx, netns, uapi.MACSEC_GENL_NAME)
	if err != nil {
		return nil, err
	}
	return &Conn{rt}, nil
}

// Close closes the socket.
func (c *Conn) Close() error {
	return c.rt.Close()
}

// SetHook makes c call hook at each point of each exchange, for tests.
func (c *Conn) SetHook(hook rtnl.Hook) {
	c.rt.SetHook(hook)
}

// List returns the MACsec links of the namespace as the kernel lists them. A link
// that does not fit a message ends the kernel's list without an error, so the list
// may be incomplete.
func (c *Conn) List(ctx context.Context) ([]Device, error) {
	var all []Device
	body := func(b []byte) []byte { return c.rt.AppendHeader(b, uapi.MACSEC_CMD_GET_TXSC) }
	err := c.rt.Dump(ctx, c.rt.ID, body, func() { all = nil }, func(m wire.Message) {
		if attrs := rtnl.GenericAttrs(m); attrs != nil {
			all = append(all, Parse(slices.Clone(attrs)))
		}
	})
	return all, err
}

// Find is List for one link, by index. The error matches fs.ErrNotExist if the list
// does not contain the link, which may exist nevertheless.
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

// room holds the longest request, so that the buffer is never reallocated and no
// copy of a key stays in memory.
const room = 512

// exchanger is an *rtnl.Conn or an rtnl.Held.
type exchanger interface {
	Do(context.Context, *rtnl.Batch) error
}

// do sends one request and then clears it. It reports whether the request may have
// been carried out.
func (c *Conn) do(ctx context.Context, via exchanger, r Request) (carried bool, err error) {
	var b rtnl.Batch
	b.Write(c.rt.ID, 0, func(b []byte) []byte { return r.Append(slices.Grow(b, room), c.rt.Version) })
	defer clear(b.Bytes(0))
	err = via.Do(ctx, &b)
	answer := b.Err(0)
	if err == nil {
		err = answer
	}
	return answer == nil || errors.Is(answer, rtnl.ErrLost), err
}
