package genl

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"

	"github.com/iplink-go/iplink/internal/rtnl"
)

// readBuffer bounds what may wait unread. It is a limit, not memory taken: the
// kernel queues all parts of an answer at once, and loses events for which
// there is no room.
const readBuffer = 2 << 20

// A Message is one message of a family: its command and its attributes.
type Message = genetlink.Message

// ErrFamily says that the kernel has no family of that name, mostly because the
// module that brings it is not there.
var ErrFamily = errors.New("this kernel has no such generic netlink family")

// A Conn is a generic netlink socket for one family. Many goroutines may use
// it; their requests go out one after another. What joins a group should do
// nothing but Receive: events would come between the answers.
type Conn struct {
	nl     *genetlink.Conn
	family genetlink.Family
	turn   chan struct{} // holds a token while a call is going on
	stale  bool          // answers to a cancelled request may still be in the queue
}

// Dial opens a socket in the network namespace that netns is a descriptor of,
// in the caller's if it is 0, and looks the family up. Extended
// acknowledgements are on.
func Dial(ctx context.Context, netns int, family string) (*Conn, error) {
	nl, err := genetlink.Dial(&netlink.Config{NetNS: netns})
	if err != nil {
		return nil, err
	}
	c := &Conn{nl: nl, turn: make(chan struct{}, 1)}
	if err := c.configure(ctx, family); err != nil {
		return nil, errors.Join(err, nl.Close())
	}
	return c, nil
}

func (c *Conn) configure(ctx context.Context, family string) error {
	// Not CapAcknowledge, too: package netlink looks for the text behind the
	// request's echo, which would be cut off.
	if err := c.nl.SetOption(netlink.ExtendedAcknowledge, true); err != nil {
		return err
	}
	_ = c.nl.SetReadBuffer(readBuffer) // without privilege it stays as it is, which does mostly
	err := c.exchange(ctx, func() (err error) {
		c.family, err = c.nl.GetFamily(family)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %q", ErrFamily, family)
	}
	return err
}

// Close closes the socket. A Receive that waits ends with an error.
func (c *Conn) Close() error {
	return c.nl.Close()
}

// Do sends a request that the kernel acknowledges.
func (c *Conn) Do(ctx context.Context, command uint8, attrs []byte) error {
	_, err := c.execute(ctx, command, attrs, netlink.Request|netlink.Acknowledge)
	return err
}

// Get sends a request that the kernel answers, with one message or with many
// that a last one ends.
func (c *Conn) Get(ctx context.Context, command uint8, attrs []byte) ([]Message, error) {
	return c.execute(ctx, command, attrs, netlink.Request)
}

// Dump sends a request for a list (NLM_F_DUMP).
func (c *Conn) Dump(ctx context.Context, command uint8, attrs []byte) ([]Message, error) {
	return c.execute(ctx, command, attrs, netlink.Request|netlink.Dump)
}

func (c *Conn) execute(ctx context.Context, command uint8, attrs []byte, flags netlink.HeaderFlags) (answers []Message, err error) {
	request := Message{Header: genetlink.Header{Command: command, Version: c.family.Version}, Data: attrs}
	err = c.exchange(ctx, func() (err error) {
		answers, err = c.nl.Execute(request, c.family.ID, flags)
		return err
	})
	return answers, err
}

// Join makes the socket receive the events of one of the family's groups.
func (c *Conn) Join(group string) error {
	for _, g := range c.family.Groups {
		if g.Name == group {
			return refusal(c.nl.JoinGroup(g.ID))
		}
	}
	return fmt.Errorf("the generic netlink family %q has no group %q", c.family.Name, group)
}

// Receive waits for events. An error that is syscall.ENOBUFS says that some were
// lost.
func (c *Conn) Receive(ctx context.Context) (events []Message, err error) {
	err = c.exchange(ctx, func() (err error) {
		events, _, err = c.nl.Receive()
		return err
	})
	return events, err
}

// exchange runs f, which sends and receives, when it is its turn, and
// interrupts it when ctx ends.
func (c *Conn) exchange(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case c.turn <- struct{}{}:
	}
	defer func() { <-c.turn }()
	if c.stale {
		if err := c.drain(); err != nil {
			return err
		}
		c.stale = false
	}
	defer c.watch(ctx)()
	err := f()
	if errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() != nil {
		c.stale = true
		return context.Cause(ctx)
	}
	return refusal(err)
}

// watch makes the end of the context interrupt a read. The returned function
// undoes it.
func (c *Conn) watch(ctx context.Context) func() {
	if ctx.Done() == nil {
		return func() {}
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		_ = c.nl.SetReadDeadline(time.Unix(1, 0))
	})
	return func() {
		if !stop() {
			<-done
			_ = c.nl.SetReadDeadline(time.Time{})
		}
	}
}

// refusal turns the kernel's refusal into an *rtnl.Errno. What a system call
// returned is no refusal.
func refusal(err error) error {
	answer, ok := errors.AsType[*netlink.OpError](err)
	if !ok {
		return err
	}
	if _, failed := errors.AsType[*os.SyscallError](err); failed {
		return err
	}
	if errno, ok := answer.Err.(syscall.Errno); ok {
		return &rtnl.Errno{Errno: errno, Message: answer.Message, Offset: answer.Offset}
	}
	return err
}
