// Package handle is a link of a known kind and a socket to work on it: what the
// kind packages share that do things with a link once it exists.
package handle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/invalid"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
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
	rt, err := rtnl.Dial(0)
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
	l, err := h.lookUp(ctx, "open", "", h.Name)
	if err != nil {
		return err
	}
	if l.kind != h.Kind {
		return &iplink.Error{Op: "open", Kind: h.Kind, Name: h.Name, Message: "it is " + described(l.kind), Err: iplink.ErrKind}
	}
	h.Index = l.index
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
			return h.explain(op, subject, err)
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
		e.Message = "needs CAP_NET_ADMIN: run as root, or in a user namespace"
	}
	return e
}

// link is what a look-up tells.
type link struct {
	index int
	kind  string
}

// lookUp asks the kernel for a link by name.
func (h *Handle) lookUp(ctx context.Context, op, subject, name string) (link, error) {
	var found link
	var b rtnl.Batch
	b.Get(uapi.RTM_GETLINK, func(m wire.Message) { found = parseLink(m.Data) }, func(b []byte) []byte {
		b = wire.AppendU32(wire.AppendLink(b, wire.Link{}), uapi.IFLA_EXT_MASK, uapi.RTEXT_FILTER_SKIP_STATS)
		if len(name) < uapi.IFNAMSIZ {
			return wire.AppendString(b, uapi.IFLA_IFNAME, name)
		}
		return wire.AppendString(b, uapi.IFLA_ALT_IFNAME, name)
	})
	return found, h.Do(ctx, op, subject, &b)
}

func parseLink(data []byte) link {
	header, attrs, err := wire.ParseLink(data)
	if err != nil {
		return link{}
	}
	info := Find(attrs, uapi.IFLA_LINKINFO)
	kind := strings.Clone(wire.CString(Find(info, uapi.IFLA_INFO_KIND)))
	return link{index: int(header.Index), kind: kind}
}

// Find returns the payload of the first attribute of a type, nil if there is
// none.
func Find(attrs []byte, typ uint16) []byte {
	for a, err := range wire.Attrs(attrs) {
		if err != nil {
			return nil
		}
		if a.Type == typ {
			return a.Data
		}
	}
	return nil
}

// Resolve returns the index of a link that a request is to name, given by name,
// or by index if the name is empty. The word is that of the setting.
func (h *Handle) Resolve(ctx context.Context, op, word, name string, index int) (int, error) {
	switch {
	case name == "" && index < 0:
		return 0, h.Invalid(op, word, "%d is no interface index", index)
	case name == "":
		return index, nil
	case name == h.Name:
		return h.Index, nil
	case len(name) >= uapi.ALTIFNAMSIZ || strings.ContainsRune(name, 0):
		return 0, h.Invalid(op, word, "%q is no name of a link", name)
	}
	l, err := h.lookUp(ctx, op, word+" "+name, name)
	return l.index, err
}

// Names returns a function that finds the names of links by index, and asks for
// each once. A link that is gone, or in another namespace, has none.
func (h *Handle) Names() func(index int) string {
	known := map[int]string{0: "", h.Index: h.Name}
	return func(index int) string {
		name, ok := known[index]
		if !ok {
			name = nameOf(h.rt, index)
			known[index] = name
		}
		return name
	}
}
