package gtpnl

import (
	"context"
	"errors"
	"slices"
	"syscall"
	"time"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Conn is a socket for the family. It is safe for concurrent use.
type Conn struct {
	rt *rtnl.Family
}

// Dial opens a socket in the network namespace of the descriptor netns, or in the caller's
// if netns is rtnl.Here. The error matches rtnl.ErrFamily if the kernel does not have the
// family gtp.
func Dial(ctx context.Context, netns int) (*Conn, error) {
	rt, err := rtnl.DialFamily(ctx, netns, uapi.GTP_GENL_NAME)
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

// List returns the contexts of a link. The kernel lists the contexts of all links of the
// namespace.
func (c *Conn) List(ctx context.Context, index int) (all []PDP, err error) {
	var fault error
	body := func(b []byte) []byte { return c.rt.AppendHeader(b, uapi.GTP_CMD_GETPDP) }
	err = c.rt.Dump(ctx, c.rt.ID, body, func() { all, fault = nil, nil }, func(m wire.Message) {
		p, of, err := parse(rtnl.GenericAttrs(m))
		if of == index {
			all, fault = append(all, p), errors.Join(fault, err)
		}
	})
	return all, errors.Join(err, fault)
}

// mostSteps is the number of steps that one send carries out, even if the first one fails.
const mostSteps = 256

// undoTime is the time limit for undoing, regardless of the context.
const undoTime = 10 * time.Second

// An exchanger is an *rtnl.Conn or an rtnl.Held.
type exchanger interface {
	Do(context.Context, *rtnl.Batch) error
}

// Run carries out steps in order. If a step fails, Run undoes the others, even if ctx has
// ended or the Conn was closed. The error is a *Refusal.
func (c *Conn) Run(ctx context.Context, index int, steps []Step) error {
	held, err := c.rt.Hold()
	if err != nil {
		return &Refusal{Err: err}
	}
	defer held.Release()
	var done []Step
	for part := range slices.Chunk(steps, mostSteps) {
		carried, refusal := c.send(ctx, c.rt, index, part)
		done = append(done, carried...)
		if refusal != nil {
			refusal.Left = c.undo(ctx, held, index, done)
			return refusal
		}
	}
	return nil
}

// send sends some steps, and returns those that may have been carried out.
func (c *Conn) send(ctx context.Context, via exchanger, index int, steps []Step) (carried []Step, refusal *Refusal) {
	var b rtnl.Batch
	for i := range steps {
		c.add(&b, index, &steps[i])
	}
	err := via.Do(ctx, &b)
	for i := range steps {
		answer := b.Err(i)
		if answer == nil || errors.Is(answer, rtnl.ErrLost) {
			carried = append(carried, steps[i])
		}
		if answer != nil && refusal == nil {
			refusal = steps[i].refuse(answer)
		}
	}
	if err != nil {
		refusal = &Refusal{Err: err}
	}
	return carried, refusal
}

func (c *Conn) add(b *rtnl.Batch, index int, s *Step) {
	if s.Remove {
		b.Write(c.rt.ID, 0, func(b []byte) []byte { return s.appendKey(c.rt.AppendHeader(b, uapi.GTP_CMD_DELPDP), index) })
		return
	}
	b.Write(c.rt.ID, uapi.NLM_F_CREATE|uapi.NLM_F_EXCL, func(b []byte) []byte { return s.appendNew(c.rt.AppendHeader(b, uapi.GTP_CMD_NEWPDP), index) })
}

// undo undoes steps in reverse order. A step that turns out not to have been carried out
// needs none.
func (c *Conn) undo(ctx context.Context, via exchanger, index int, steps []Step) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	var back []Step
	for _, s := range slices.Backward(steps) {
		back = append(back, s.undo())
	}
	var all []error
	for part := range slices.Chunk(back, mostSteps) {
		_, refusal := c.send(ctx, via, index, part)
		if refusal != nil && !errors.Is(refusal.Err, syscall.ENOENT) && !errors.Is(refusal.Err, syscall.EEXIST) {
			all = append(all, refusal)
		}
	}
	return errors.Join(all...)
}
