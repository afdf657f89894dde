// Package openlink is a link of a known kind with a socket to work on it. The kind
// packages share it for operations on existing links.
package openlink

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync/atomic"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/invalid"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// A Handle is a link and the socket to its namespace. The link may be renamed
// meanwhile: requests use its index.
type Handle struct {
	Kind, Name string
	Index      int

	// OnSend is for tests: it is called with each request after the request was
	// sent.
	OnSend func(request []byte)

	rt     *rtnl.Conn
	lent   bool // rt is an iplink.Conn's
	closed atomic.Bool
}

// Do sends the requests of b and returns the first error, with subject as its
// subject.
func (h *Handle) Do(ctx context.Context, op, subject string, b *rtnl.Batch) error {
	if err := h.exchange(ctx, b); err != nil {
		return h.explain(op, subject, err)
	}
	for i := range b.Len() {
		h.sent(b.Bytes(i))
		if err := b.Err(i); err != nil {
			return h.refused(ctx, op, subject, err)
		}
	}
	return nil
}

// exchange sends the requests of b.
func (h *Handle) exchange(ctx context.Context, b *rtnl.Batch) error {
	rt, err := h.socket()
	if err != nil {
		return err
	}
	return rt.Do(ctx, b)
}

func (h *Handle) sent(request []byte) {
	if h.OnSend != nil {
		h.OnSend(request)
	}
}

// Write sends one request that the kernel acknowledges.
func (h *Handle) Write(ctx context.Context, op, subject string, typ, flags uint16, body func([]byte) []byte) error {
	var b rtnl.Batch
	b.Write(typ, flags, body)
	return h.Do(ctx, op, subject, &b)
}

// Dump requests a list and passes its messages to each. If the list changed while it
// was read, Dump calls restart and reads it again.
func (h *Handle) Dump(ctx context.Context, op string, typ uint16, body func([]byte) []byte, restart func(), each rtnl.Reply) error {
	rt, err := h.socket()
	if err == nil {
		err = rt.Dump(ctx, typ, body, restart, each)
	}
	if err != nil {
		return h.refused(ctx, op, "", err)
	}
	return nil
}

// List is Dump for a list of the link's properties. Such a list is empty if the link
// does not exist; List then returns an error that matches fs.ErrNotExist.
func (h *Handle) List(ctx context.Context, op string, typ uint16, body func([]byte) []byte, restart func(), each rtnl.Reply) error {
	if err := h.Dump(ctx, op, typ, body, restart, each); err != nil {
		return err
	}
	_, err := h.Own(ctx, op)
	return err
}

// DumpLinks is Dump for the links of the namespace.
func (h *Handle) DumpLinks(ctx context.Context, op string, body func([]byte) []byte, restart func(), each rtnl.Reply) error {
	rt, err := h.socket()
	if err == nil {
		err = rt.DumpLinks(ctx, body, restart, each)
	}
	if err != nil {
		return h.explain(op, "", err)
	}
	return nil
}

// Invalid returns an error for an invalid argument, found before anything is sent.
func (h *Handle) Invalid(op, attr, format string, args ...any) error {
	return &iplink.Error{Op: op, Kind: h.Kind, Name: h.Name, Attr: attr, Message: fmt.Sprintf(format, args...), Err: fs.ErrInvalid}
}

// Refuse is Invalid for an error found by an attribute table.
func (h *Handle) Refuse(op string, fault *attr.Error) error {
	return &iplink.Error{Op: op, Kind: h.Kind, Name: h.Name, Attr: fault.Name, Message: fault.Text,
		Err: invalid.Argument(cmp.Or(fault.Errno, syscall.EINVAL))}
}

// refused is explain for the kernel's answer about the link. If the link no longer
// exists, it returns the error for that instead of the kernel's.
func (h *Handle) refused(ctx context.Context, op, subject string, err error) error {
	if answer, ok := errors.AsType[*rtnl.Errno](err); ok && slices.Contains(ofGone, answer.Errno) {
		if _, gone := h.Own(ctx, op); errors.Is(gone, fs.ErrNotExist) {
			return gone
		}
	}
	return h.explain(op, subject, err)
}

// ofGone are the errnos that the kernel returns for a link that no longer exists.
var ofGone = []syscall.Errno{syscall.EINVAL, syscall.ENODEV, syscall.EOPNOTSUPP}

// Because adds a reason to an error with the given errno for which the kernel gives
// none.
func Because(err error, errno syscall.Errno, reason string) error {
	if e, ok := errors.AsType[*iplink.Error](err); ok && e.Err == error(errno) && e.Message == "" {
		e.Message = reason
	}
	return err
}

// Say replaces the kernel's message with this library's.
func Say(e *iplink.Error, text string) {
	e.Message, e.FromKernel = text, false
}

// explain converts an error of the kernel into an *iplink.Error that names the link
// and the subject of the request.
func (h *Handle) explain(op, subject string, err error) error {
	e := &iplink.Error{Op: op, Kind: h.Kind, Name: h.Name, Attr: subject, Err: err}
	if refused, ok := errors.AsType[*rtnl.Errno](err); ok {
		e.Err, e.Message, e.FromKernel = refused.Errno, refused.Message, refused.Message != ""
	} else if errno, ok := errors.AsType[syscall.Errno](err); ok {
		e.Err = errno
	}
	if e.Err == error(syscall.EPERM) && e.Message == "" {
		e.Message = rtnl.NeedsNetAdmin
	}
	return e
}

// Names returns a function that finds the names of links by index and caches them.
// The name is empty for a link that no longer exists or is in another namespace.
func (h *Handle) Names() func(index int) string {
	known := map[int]string{0: "", h.Index: h.Name}
	return func(index int) string {
		name, ok := known[index]
		if !ok {
			name, _ = rtnl.NameOf(h.rt, index)
			known[index] = name
		}
		return name
	}
}
