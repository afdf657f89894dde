package team

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/invalid"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/teamnl"
)

// undoTime limits the undoing, and the last steps of Run, whether or not the context
// has ended.
const undoTime = 10 * time.Second

// A Team is an existing team, opened to change its ports and options and to run it.
// It has sockets of its own and is safe for concurrent use by several goroutines.
//
// All errors are of type *iplink.Error; Attr is the option or the port at fault.
type Team struct {
	link    *openlink.Handle
	nl      *rtnl.Family
	netns   *iplink.NetNS
	life    context.Context // until Close, which ends Run and Events
	end     context.CancelCauseFunc
	running atomic.Bool
	state   atomic.Pointer[State]
	buffer  int // for unread events: eventBuffer, except in tests
}

// Open opens the team with the given name in the network namespace of the calling
// thread, or where iplink.In, iplink.On and iplink.Index say. The Team stays there. If
// the link does not exist, the error matches fs.ErrNotExist; if it is not a team,
// iplink.ErrKind. Close it when done.
func Open(ctx context.Context, name string, options ...iplink.OpenOption) (*Team, error) {
	t := &Team{buffer: eventBuffer}
	t.life, t.end = context.WithCancelCause(context.Background())
	_, err := openlink.OpenAnd(ctx, iplink.KindTeam, name, own.At(options), func(ctx context.Context, link *openlink.Handle) (err error) {
		t.link = link
		if t.netns, err = iplink.CurrentNetNS(); err != nil {
			return err
		}
		if t.nl, err = teamnl.Dial(ctx, rtnl.Here); err != nil {
			return errors.Join(t.failed("open", "", err), t.netns.Close())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Close closes the sockets, except one that iplink.On lent. The team itself does not
// change. A Run or Events in progress ends with an error that matches fs.ErrClosed.
func (t *Team) Close() error {
	t.end(os.ErrClosed)
	return errors.Join(t.nl.Close(), t.link.Close(), t.netns.Close())
}

// Name returns the name by which the team was opened.
func (t *Team) Name() string {
	return t.link.Name
}

// Index returns the team's interface index.
func (t *Team) Index() int {
	return t.link.Index
}

// errNoContext is the cause for a call without a context.
var errNoContext = fmt.Errorf("%w: the context is nil", fs.ErrInvalid)

// whileOpen returns a context that ends with ctx, or with Close.
func (t *Team) whileOpen(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx == nil {
		ended, end := context.WithCancelCause(context.Background())
		end(errNoContext)
		return ended, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(t.life, func() { cancel(context.Cause(t.life)) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// in calls f on a thread in the team's namespace.
func (t *Team) in(f func() error) error {
	return openlink.Within(t.netns, f)
}

// failed returns an error that names the operation and its subject.
func (t *Team) failed(op, subject string, err error) error {
	return &iplink.Error{Op: op, Kind: iplink.KindTeam, Name: t.link.Name, Attr: subject, Message: reason(err), Err: cause(err), FromKernel: fromKernel(err)}
}

// cause returns the errno in err, or err itself.
func cause(err error) error {
	if r, ok := errors.AsType[*refusal](err); ok {
		return invalid.State(r.errno)
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno
	}
	return err
}

// fromKernel reports whether the reason is the kernel's text.
func fromKernel(err error) bool {
	refused, ok := errors.AsType[*rtnl.Errno](err)
	return ok && refused.Message != ""
}

// reason returns the explanation of err in addition to its cause.
func reason(err error) string {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.message
	}
	refused, ok := errors.AsType[*rtnl.Errno](err)
	switch {
	case ok && refused.Message != "":
		return refused.Message
	case errors.Is(err, syscall.EPERM):
		return rtnl.NeedsNetAdmin
	}
	return ""
}
