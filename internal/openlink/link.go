package openlink

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// lookUp requests a link by name, or by index if the name is empty. Errors have
// subject as their subject.
func (h *Handle) lookUp(ctx context.Context, op, subject, name string, index int) (rtnl.Link, error) {
	found, err := h.ask(ctx, name, index)
	if err != nil {
		return rtnl.Link{}, h.explain(op, subject, err)
	}
	return found, nil
}

// ask is lookUp with the kernel's own error.
func (h *Handle) ask(ctx context.Context, name string, index int) (found rtnl.Link, err error) {
	var b rtnl.Batch
	b.Get(uapi.RTM_GETLINK, func(m wire.Message) { found, _ = rtnl.ParseLink(m.Data) }, func(b []byte) []byte {
		b = wire.AppendU32(wire.AppendLink(b, wire.Link{Index: int32(index)}), uapi.IFLA_EXT_MASK, uapi.RTEXT_FILTER_SKIP_STATS)
		switch {
		case name == "":
			return b
		case len(name) < uapi.IFNAMSIZ:
			return wire.AppendString(b, uapi.IFLA_IFNAME, name)
		}
		return wire.AppendString(b, uapi.IFLA_ALT_IFNAME, name)
	})
	if err := h.exchange(ctx, &b); err != nil {
		return rtnl.Link{}, err
	}
	return found, b.Err(0)
}

// Own looks up the opened link. The error matches fs.ErrNotExist if the link no
// longer exists, or if a link of another kind has its index.
func (h *Handle) Own(ctx context.Context, op string) (rtnl.Link, error) {
	l, err := h.lookUp(ctx, op, "", "", h.Index)
	if err == nil && l.Kind != h.Kind {
		err = &iplink.Error{Op: op, Kind: h.Kind, Name: h.Name, Message: "its index is that of " + l.Name + " now", Err: syscall.ENODEV}
	}
	return l, err
}

// Named reports whether the arguments refer to the opened link by the name used to
// open it, or by its index if the name is empty.
func (h *Handle) Named(name string, index int) bool {
	return name == h.Name || name == "" && index == h.Index
}

// CheckName checks the name or index of a link. The word is the setting's.
func (h *Handle) CheckName(op, word, name string, index int) error {
	switch {
	case name == "" && index < 0:
		return h.Invalid(op, word, "%d is not an interface index", index)
	case len(name) >= uapi.ALTIFNAMSIZ || strings.ContainsRune(name, 0):
		return h.Invalid(op, word, "%q is not a name of a link", name)
	}
	return nil
}

// Resolve returns the index of a link to be used in a request, given by name, or by
// index if the name is empty. The word is the setting's.
func (h *Handle) Resolve(ctx context.Context, op, word, name string, index int) (int, error) {
	if err := h.CheckName(op, word, name, index); err != nil || name == "" {
		return index, err
	}
	l, err := h.Look(ctx, op, word, name, index)
	return l.Index, err
}

// Look looks up a link to be used in a request, given by name, or by index if the
// name is empty.
func (h *Handle) Look(ctx context.Context, op, word, name string, index int) (rtnl.Link, error) {
	if err := h.CheckName(op, word, name, index); err != nil {
		return rtnl.Link{}, err
	}
	if h.Named(name, index) {
		return h.Own(ctx, op)
	}
	subject := word + " " + name
	if name == "" {
		subject = fmt.Sprintf("%s %d", word, index)
	}
	return h.lookUp(ctx, op, subject, name, index)
}

// Port is Look for a port of the opened link, or that link itself.
func (h *Handle) Port(ctx context.Context, op, word, name string, index int) (rtnl.Link, error) {
	l, err := h.Look(ctx, op, word, name, index)
	if err == nil && !h.Has(&l) {
		err = h.Stranger(ctx, op, word, &l)
	}
	return l, err
}

// Has reports whether l is the opened link or one of its ports.
func (h *Handle) Has(l *rtnl.Link) bool {
	return l.Index == h.Index || l.Master == h.Index
}

// Stranger returns the error for a link that is not a port of the opened link, or
// the error for an opened link that no longer exists.
func (h *Handle) Stranger(ctx context.Context, op, word string, l *rtnl.Link) error {
	if _, err := h.Own(ctx, op); err != nil {
		return err
	}
	message := fmt.Sprintf("%s is not a port of %s", l.Name, h.Name)
	master, _ := rtnl.NameOf(h.rt, l.Master)
	switch {
	case l.Kind == h.Kind:
		message += ": open that link itself"
	case l.Master == 0:
		message += ": Master makes it one"
	case l.MasterKind == h.Kind:
		message += " but of " + master + ": open that one"
	default:
		message += " but of " + master
	}
	errno := syscall.EINVAL
	if !l.Of(h.Kind) {
		errno = syscall.EOPNOTSUPP
	}
	return &iplink.Error{Op: op, Kind: h.Kind, Name: h.Name, Attr: word, Message: message, Err: stranger{errno}}
}

// stranger is the error for a link that is not a port of the opened link, found
// before anything is sent. The kernel would return the errno, except that it accepts
// ports of other links.
type stranger struct{ errno syscall.Errno }

func (stranger) Error() string { return fs.ErrInvalid.Error() }

func (s stranger) Is(target error) bool {
	return target == fs.ErrInvalid || target == fs.ErrNotExist
}

func (s stranger) Unwrap() error { return s.errno }
