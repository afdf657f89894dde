package wireguard

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/wgnl"
)

// A Device is an existing WireGuard link, opened to read and to change its settings and
// its peers. It has its own netlink sockets and is safe for concurrent use by multiple
// goroutines.
//
// All errors are of type *iplink.Error, and Attr identifies the subject, such as the
// public key of a peer. Errors never contain a private or a preshared key. A change that
// the kernel refuses in part is undone: sessions with peers that were removed begin anew.
type Device struct {
	link *openlink.Handle
	nl   *wgnl.Conn
}

// Open opens the WireGuard link with the given name in the network namespace of the
// calling thread, unless iplink.In or iplink.On says where it is. The Device stays in that
// namespace. The error matches fs.ErrNotExist if
// it does not exist, and iplink.ErrKind if it is not a WireGuard link. The
// caller must close the Device. Reading needs CAP_NET_ADMIN, too.
func Open(ctx context.Context, name string, options ...iplink.OpenOption) (*Device, error) {
	d := new(Device)
	_, err := openlink.OpenAnd(ctx, iplink.KindWireGuard, name, own.At(options), func(ctx context.Context, link *openlink.Handle) (err error) {
		d.link = link
		if d.nl, err = wgnl.Dial(ctx, rtnl.Here); err != nil {
			return d.failed("open", "", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Close closes the sockets. It does not change the link.
func (d *Device) Close() error {
	return errors.Join(d.nl.Close(), d.link.Close())
}

// Name returns the name with which the link was opened.
func (d *Device) Name() string {
	return d.link.Name
}

// Index returns the link's interface index.
func (d *Device) Index() int {
	return d.link.Index
}

// The names of operations in errors.
const (
	opAdd    = "add"
	opSet    = "set"
	opRemove = "remove"
	opShow   = "show"
)

// read reads the link. The caller wipes the result.
func (d *Device) read(ctx context.Context, op string) (*wgnl.Device, error) {
	dev, err := d.nl.Read(ctx, d.Index())
	if err != nil {
		return nil, d.explain(ctx, op, err)
	}
	return dev, nil
}

// apply reads the link, and carries out the change that plan returns: all of it or
// nothing.
func (d *Device) apply(ctx context.Context, op string, plan func(*wgnl.Device) (wgnl.Change, error)) error {
	dev, err := d.read(ctx, op)
	if err != nil {
		return err
	}
	defer dev.Wipe()
	change, err := plan(dev)
	if err != nil || change.IsEmpty() {
		return err
	}
	change.Index = d.Index()
	if err := d.nl.Apply(ctx, dev, &change); err != nil {
		return d.explain(ctx, op, err)
	}
	return nil
}

// explain is failed for the kernel's answer about the link. If the link no longer exists,
// it returns the error for that.
func (d *Device) explain(ctx context.Context, op string, err error) error {
	if errors.Is(err, syscall.ENODEV) || errors.Is(err, syscall.EOPNOTSUPP) {
		if _, gone := d.link.Own(ctx, op); errors.Is(gone, fs.ErrNotExist) {
			return gone
		}
	}
	return d.failed(op, "", err)
}

// failed returns an error that names the operation and its subject.
func (d *Device) failed(op, subject string, err error) error {
	e := &iplink.Error{Op: op, Kind: iplink.KindWireGuard, Name: d.Name(), Attr: subject, Err: err}
	refusal, refused := errors.AsType[*wgnl.Refusal](err)
	answer, bare := errors.AsType[*rtnl.Errno](err)
	switch {
	case refused:
		e.Attr, e.Err, e.Message, e.FromKernel = refusal.Subject, refusal.Err, refusal.Message, refusal.FromKernel
		if refusal.Left != nil {
			e.Message, e.FromKernel = e.Message+"; restoring the settings: "+refusal.Left.Error(), false
		}
	case errors.Is(err, rtnl.ErrFamily):
		e.Err, e.Message = syscall.EOPNOTSUPP, "this kernel has no wireguard driver (CONFIG_WIREGUARD)"
	case bare:
		e.Err, e.Message, e.FromKernel = answer.Errno, answer.Message, answer.Message != ""
		if answer.Errno == syscall.EPERM && answer.Message == "" {
			e.Message = rtnl.NeedsNetAdmin
		}
	}
	return e
}

// peerError returns an error about a peer, found before anything is sent.
func (d *Device) peerError(op string, key wgnl.Key, err error, text string) error {
	return &iplink.Error{Op: op, Kind: iplink.KindWireGuard, Name: d.Name(), Attr: "peer " + Key(key).String(), Message: text, Err: err}
}
