package ovpn

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// An OVPN is an existing ovpn link, opened to manage its peers and their keys. It has its
// own netlink sockets and is safe for concurrent use by multiple goroutines.
//
// All errors are of type *iplink.Error, and Attr identifies the subject, such as "peer 7
// remote". Errors never contain a key.
type OVPN struct {
	link *openlink.Handle
	nl   *rtnl.Family
	at   *iplink.NetNS
	mode Mode
}

// Open opens the ovpn link with the given name in the network namespace of the calling
// thread, or where iplink.In, iplink.On and iplink.Index say. The OVPN stays in that
// namespace. The error matches fs.ErrNotExist if the link does not exist, and
// iplink.ErrKind if it is not an ovpn link. The caller must close the OVPN. Reading needs
// CAP_NET_ADMIN, too.
func Open(ctx context.Context, name string, options ...iplink.OpenOption) (*OVPN, error) {
	d := new(OVPN)
	_, err := openlink.OpenAnd(ctx, iplink.KindOVPN, name, own.At(options), func(ctx context.Context, link *openlink.Handle) error {
		d.link = link
		return d.open(ctx)
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// open opens the sockets in the namespace of the calling thread, and reads the mode.
func (d *OVPN) open(ctx context.Context) (err error) {
	if err := d.readMode(ctx); err != nil {
		return err
	}
	if d.at, err = iplink.CurrentNetNS(); err != nil {
		return err
	}
	if d.nl, err = rtnl.DialFamily(ctx, rtnl.Here, uapi.OVPN_FAMILY_NAME); err != nil {
		return errors.Join(d.failed(opOpen, "", err), d.at.Close())
	}
	return nil
}

func (d *OVPN) readMode(ctx context.Context) error {
	l, err := d.link.Own(ctx, opOpen)
	if mode := wire.Find(l.Data, uapi.IFLA_OVPN_MODE); len(mode) == 1 {
		d.mode = Mode(mode[0])
	}
	return err
}

// Close closes the netlink sockets, except one that iplink.On lent. It does not change the
// link, and leaves the sockets of the peers open.
func (d *OVPN) Close() error {
	return errors.Join(d.nl.Close(), d.link.Close(), d.at.Close())
}

// Name returns the name with which the link was opened.
func (d *OVPN) Name() string {
	return d.link.Name
}

// Index returns the link's interface index.
func (d *OVPN) Index() int {
	return d.link.Index
}

// Mode returns the mode of the link, which cannot change.
func (d *OVPN) Mode() Mode {
	return d.mode
}

// The names of operations in errors.
const (
	opOpen   = "open"
	opAdd    = "add"
	opSet    = "set"
	opRemove = "remove"
	opShow   = "show"
	opSwap   = "swap"
	opWatch  = "watch"
)

// change sends one request about the link, and clears it, since it may contain keys.
func (d *OVPN) change(ctx context.Context, op, subject string, command uint8, attrs []byte) error {
	var b rtnl.Batch
	b.Write(d.nl.ID, 0, func(b []byte) []byte { return append(d.nl.AppendHeader(slices.Grow(b, mostBytes), command), attrs...) })
	defer clear(b.Bytes(0))
	defer clear(attrs)
	err := d.nl.Do(ctx, &b)
	if err == nil {
		err = b.Err(0)
	}
	if err != nil {
		return d.explain(ctx, op, subject, err)
	}
	return nil
}

// explain is failed for the kernel's answer about the link. If the link no longer exists,
// it returns the error for that.
func (d *OVPN) explain(ctx context.Context, op, subject string, err error) error {
	if errors.Is(err, syscall.ENODEV) || errors.Is(err, syscall.EINVAL) {
		if _, gone := d.link.Own(ctx, op); errors.Is(gone, fs.ErrNotExist) {
			return gone
		}
	}
	return d.failed(op, subject, err)
}

// failed returns an error that names the operation and its subject.
func (d *OVPN) failed(op, subject string, err error) error {
	e := &iplink.Error{Op: op, Kind: iplink.KindOVPN, Name: d.Name(), Attr: subject, Err: err}
	answer, bare := errors.AsType[*rtnl.Errno](err)
	switch {
	case errors.Is(err, rtnl.ErrFamily):
		e.Err, e.Message = syscall.EOPNOTSUPP, "this kernel has no ovpn driver (CONFIG_OVPN, since Linux 6.16)"
	case bare:
		e.Err, e.Message, e.FromKernel = answer.Errno, answer.Message, answer.Message != ""
		if text := reason(answer); text != "" {
			e.Message, e.FromKernel = text, false
		}
	}
	return e
}

// reason returns the meaning of an answer and the next step, or an empty string where the
// kernel's message says enough.
func reason(answer *rtnl.Errno) string {
	switch answer.Errno {
	case syscall.EPERM:
		return rtnl.NeedsNetAdmin
	case syscall.ENOENT:
		if strings.Contains(answer.Message, "slot") {
			return "the peer has no key in this slot"
		}
		return "the link has no such peer: AddPeer makes it"
	case syscall.EEXIST:
		return "the link has a peer with this ID or with one of these addresses: SetPeer changes it"
	case syscall.EADDRINUSE:
		return "another peer of the link has this address in the tunnel"
	case syscall.ENOTSOCK:
		return "the socket belongs to another link or to another tunnel: open another one"
	}
	return ""
}
