package wgnl

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Conn is a socket for the family. It is safe for concurrent use.
type Conn struct {
	rt *rtnl.Family
}

// Dial opens a socket in the network namespace of the descriptor netns, or in the
// caller's if netns is rtnl.Here. The error matches rtnl.ErrFamily if the kernel does not
// have the family wireguard.
func Dial(ctx context.Context, netns int) (*Conn, error) {
	rt, err := rtnl.DialFamily(ctx, netns, uapi.WG_GENL_NAME)
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

// An exchanger is an *rtnl.Conn or an rtnl.Held.
type exchanger interface {
	Do(context.Context, *rtnl.Batch) error
	Dump(ctx context.Context, typ uint16, body func([]byte) []byte, restart func(), each rtnl.Reply) error
}

// Read returns a device with its peers. The caller wipes it.
func (c *Conn) Read(ctx context.Context, index int) (*Device, error) {
	return c.read(ctx, c.rt, index)
}

func (c *Conn) read(ctx context.Context, via exchanger, index int) (*Device, error) {
	d := new(Device)
	body := func(b []byte) []byte {
		return wire.AppendU32(c.rt.AppendHeader(b, uapi.WG_CMD_GET_DEVICE), uapi.WGDEVICE_A_IFINDEX, uint32(index))
	}
	restart := func() {
		d.Wipe()
		*d = Device{Index: index}
	}
	err := via.Dump(ctx, c.rt.ID, body, restart, func(m wire.Message) { d.Add(rtnl.GenericAttrs(m)) })
	if err == nil {
		err = d.Err
	}
	if err != nil {
		d.Wipe()
		return nil, err
	}
	return d, nil
}

// undoTime is the time limit for undoing, regardless of the context.
const undoTime = 10 * time.Second

// Apply carries out a change of the device that was read before. If a part of it is
// refused, Apply restores the device, even if ctx has ended or the Conn was closed.
func (c *Conn) Apply(ctx context.Context, before *Device, change *Change) error {
	held, err := c.rt.Hold()
	if err != nil {
		return err
	}
	defer held.Release()
	begun := false
	for _, part := range change.split() {
		carried, err := c.send(ctx, held, &part)
		begun = begun || carried
		if err == nil {
			continue
		}
		refusal := refuse(&part, err)
		if begun {
			refusal.Left = c.restore(ctx, held, before)
		}
		return refusal
	}
	return nil
}

// restore gives the device the settings that it had.
func (c *Conn) restore(ctx context.Context, held rtnl.Held, before *Device) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	now, err := c.read(ctx, held, before.Index)
	if err != nil {
		return err
	}
	defer now.Wipe()
	back := Back(before, now)
	if back.IsEmpty() {
		return nil
	}
	for _, part := range back.split() {
		if _, err := c.send(ctx, held, &part); err != nil {
			return refuse(&part, err)
		}
	}
	return nil
}

// send sends one request and then clears it: it may contain keys, and no copy of them
// stays in memory. It reports whether the kernel may have carried out a part of it.
func (c *Conn) send(ctx context.Context, via exchanger, part *Change) (carried bool, err error) {
	var b rtnl.Batch
	b.Write(c.rt.ID, 0, func(b []byte) []byte { return part.Append(slices.Grow(b, mostBytes), c.rt.Version) })
	defer clear(b.Bytes(0))
	if err := via.Do(ctx, &b); err != nil {
		return errors.Is(b.Err(0), rtnl.ErrLost) || b.Err(0) == nil, err
	}
	return true, b.Err(0)
}
