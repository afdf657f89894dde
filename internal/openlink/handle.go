// Package openlink is a link of a known kind and a socket to work on it: what the
// kind packages share that do things with a link once it exists.
package openlink

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/invalid"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Handle is a link and the socket to its namespace. The link may be renamed
// meanwhile: its index is what counts.
type Handle struct {
	Kind, Name string
	Index      int

	// OnSend is for tests: it is called with each request after it was sent.
	OnSend func(request []byte)

	rt *rtnl.Conn
}

// Open finds the link of that name, which may be an alternative one, in the
// network namespace of the calling thread. A link of another kind is
// iplink.ErrKind.
func Open(ctx context.Context, kind, name string) (*Handle, error) {
	h := &Handle{Kind: kind, Name: name}
	if name == "" || len(name) >= uapi.ALTIFNAMSIZ || strings.ContainsRune(name, 0) {
		return nil, h.Invalid("open", "name", "%q is no name of a link", name)
	}
	rt, err := rtnl.Dial(rtnl.Here)
	if err != nil {
		return nil, h.explain("open", "", err)
	}
	h.rt = rt
	if err := h.find(ctx); err != nil {
		return nil, errors.Join(err, rt.Close())
	}
	return h, nil
}

// find looks the link up and checks its kind.
func (h *Handle) find(ctx context.Context) error {
	l, err := h.lookUp(ctx, "open", "", h.Name, 0)
	if err != nil {
		return err
	}
	if l.Kind != h.Kind {
		return &iplink.Error{Op: "open", Kind: h.Kind, Name: h.Name, Message: "it is " + described(l.Kind), Err: iplink.ErrKind}
	}
	h.Index = l.Index
	return nil
}

func described(kind string) string {
	if kind == "" {
		return "hardware"
	}
	return "a " + kind + " link"
}

// Close closes the socket.
func (h *Handle) Close() error {
	return h.rt.Close()
}

// Do sends the requests of b and returns the first error, which is about
// subject.
func (h *Handle) Do(ctx context.Context, op, subject string, b *rtnl.Batch) error {
	if err := h.rt.Do(ctx, b); err != nil {
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

// Dump asks for a list and hands its messages to each. A list that changed
// while it was read is read again, after a call of restart.
func (h *Handle) Dump(ctx context.Context, op string, typ uint16, body func([]byte) []byte, restart func(), each rtnl.Reply) error {
	if err := h.rt.Dump(ctx, typ, body, restart, each); err != nil {
		return h.refused(ctx, op, "", err)
	}
	return nil
}

// List is Dump for a list of what the link has, which is empty if there is no such
// link: then it is an error that matches fs.ErrNotExist.
func (h *Handle) List(ctx context.Context, op string, typ uint16, body func([]byte) []byte, restart func(), each rtnl.Reply) error {
	if err := h.Dump(ctx, op, typ, body, restart, each); err != nil {
		return err
	}
	_, err := h.Own(ctx, op)
	return err
}

// DumpLinks is Dump for the links of the namespace.
func (h *Handle) DumpLinks(ctx context.Context, op string, body func([]byte) []byte, restart func(), each rtnl.Reply) error {
	if err := h.rt.DumpLinks(ctx, body, restart, each); err != nil {
		return h.explain(op, "", err)
	}
	return nil
}

// Invalid returns an error for what is refused before anything is sent.
func (h *Handle) Invalid(op, attr, format string, args ...any) error {
	return &iplink.Error{Op: op, Kind: h.Kind, Name: h.Name, Attr: attr, Message: fmt.Sprintf(format, args...), Err: fs.ErrInvalid}
}

// Refuse is Invalid for a fault that a table has found.
func (h *Handle) Refuse(op string, fault *attr.Error) error {
	return &iplink.Error{Op: op, Kind: h.Kind, Name: h.Name, Attr: fault.Name, Message: fault.Text,
		Err: invalid.Argument(cmp.Or(fault.Errno, syscall.EINVAL))}
}

// refused is explain for the kernel's answer about the link: if that is gone, it is
// what the error is about, whatever the kernel says.
func (h *Handle) refused(ctx context.Context, op, subject string, err error) error {
	if answer, ok := errors.AsType[*rtnl.Errno](err); ok && slices.Contains(ofGone, answer.Errno) {
		if _, gone := h.Own(ctx, op); errors.Is(gone, fs.ErrNotExist) {
			return gone
		}
	}
	return h.explain(op, subject, err)
}

// ofGone are the kernel's answers about a link that is gone.
var ofGone = []syscall.Errno{syscall.EINVAL, syscall.ENODEV, syscall.EOPNOTSUPP}

// Because gives the reason of a refusal with an errno that the kernel gives none for.
func Because(err error, errno syscall.Errno, reason string) error {
	if e, ok := errors.AsType[*iplink.Error](err); ok && e.Err == error(errno) && e.Message == "" {
		e.Message = reason
	}
	return err
}

// Say puts this library's words in place of the kernel's.
func Say(e *iplink.Error, text string) {
	e.Message, e.FromKernel = text, false
}

// explain turns a refusal into an error that names the link and what the
// request was about.
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

// Names returns a function that finds the names of links by index, and asks for
// each once. A link that is gone, or in another namespace, has none.
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
