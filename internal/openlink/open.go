package openlink

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// Open finds the link of the given name, which may be an alternative name, where the
// options say. The error for a link of another kind is iplink.ErrKind.
func Open(ctx context.Context, kind, name string, options ...iplink.OpenOption) (*Handle, error) {
	return OpenAnd(ctx, kind, name, own.At(options), nil)
}

// OpenAnd is Open, and then calls more on a thread in the namespace of the link, to open
// other sockets there with the context that more receives. If more returns an error,
// OpenAnd returns it.
func OpenAnd(ctx context.Context, kind, name string, where *own.Where, more func(context.Context, *Handle) error) (*Handle, error) {
	h := &Handle{Kind: kind, Name: name, rt: where.Socket, lent: where.Socket != nil}
	if err := h.check(where); err != nil {
		return nil, err
	}
	enter := where.Enter
	if h.lent && more == nil { // the socket is there already
		enter = func(f func() error) error { return f() }
	}
	ctx = where.Traced(ctx)
	err := enter(func() error {
		err := h.open(ctx, where.Index)
		if err == nil && more != nil {
			err = more(ctx, h)
		}
		return err
	})
	if err != nil && h.rt != nil {
		err = errors.Join(err, h.Close())
	}
	if err != nil {
		return nil, err
	}
	return h, nil
}

// Check returns an error for an invalid option.
func Check(where *own.Where, op, kind, name string) error {
	if f := where.Fault; f.Text != "" {
		return &iplink.Error{Op: op, Kind: kind, Name: name, Attr: f.Setter, Message: f.Text, Err: fs.ErrInvalid}
	}
	return nil
}

// check returns an error for an invalid option or name. The name is empty if the index
// is given.
func (h *Handle) check(where *own.Where) error {
	if err := Check(where, "open", h.Kind, h.Name); err != nil {
		return err
	}
	nameless := h.Name == "" && where.Index == 0
	if nameless || len(h.Name) >= uapi.ALTIFNAMSIZ || strings.ContainsRune(h.Name, 0) {
		return h.Invalid("open", "name", "%q is not a name of a link", h.Name)
	}
	return nil
}

// open opens a socket in the namespace of the calling thread, unless there is one, and
// finds the link.
func (h *Handle) open(ctx context.Context, index int) error {
	if h.rt == nil {
		rt, err := rtnl.Dial(rtnl.Here)
		if err != nil {
			return h.explain("open", "", err)
		}
		h.rt = rt
	}
	return h.find(ctx, index)
}

// find looks up the link by its name, or by its index if the name is empty, and checks
// its kind. A link with the name must have the index, unless that is 0.
func (h *Handle) find(ctx context.Context, index int) error {
	by := 0
	if h.Name == "" {
		by = index // of the two, the kernel looks only at the index
	}
	l, err := h.lookUp(ctx, "open", "", h.Name, by)
	if err != nil {
		return err
	}
	h.Name = cmp.Or(h.Name, l.Name)
	e := &iplink.Error{Op: "open", Kind: h.Kind, Name: h.Name}
	switch {
	case index != 0 && l.Index != index:
		e.Message, e.Err = otherIndex(l.Index, index), syscall.ENODEV
		return e
	case l.Kind != h.Kind:
		e.Message, e.Err = "it is "+described(l.Kind), iplink.ErrKind
		return e
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

// Close closes the socket, unless it belongs to an iplink.Conn.
func (h *Handle) Close() error {
	if h.closed.Swap(true) {
		return errClosed
	}
	if h.lent {
		return nil
	}
	return h.rt.Close()
}

// socket returns the socket, or an error after Close.
func (h *Handle) socket() (*rtnl.Conn, error) {
	if h.closed.Load() {
		return nil, errClosed
	}
	return h.rt, nil
}

// errClosed is os.ErrClosed with its own text, since a connection is not a file.
var errClosed error = closed{}

type closed struct{}

func (closed) Error() string { return "the connection is closed" }

func (closed) Unwrap() error { return os.ErrClosed }

// Within calls f on a thread in a namespace: on the calling one if it is there already,
// which needs no privilege.
func Within(ns *iplink.NetNS, f func() error) error {
	here, err := iplink.CurrentNetNS()
	if err != nil {
		return err
	}
	defer here.Close()
	if here.Equal(ns) {
		return f()
	}
	return ns.Do(f)
}
