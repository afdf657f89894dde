package batadv

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/batadvnl"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// A Device is an existing batadv link, opened to read and to change its settings and to
// list other nodes. It has its own netlink sockets and is safe for concurrent use by
// multiple goroutines.
//
// All errors are of type *iplink.Error, and Attr identifies the subject, such as the name
// of a setting.
type Device struct {
	link *openlink.Handle
	nl   *batadvnl.Conn
}

// Open opens the batadv link with the given name in the network namespace of the calling
// thread, or where iplink.In, iplink.On and iplink.Index say. The Device stays in that
// namespace. The error matches fs.ErrNotExist if the link does not exist, and
// iplink.ErrKind if it is not a batadv link. The caller must close the Device.
func Open(ctx context.Context, name string, options ...iplink.OpenOption) (*Device, error) {
	d := new(Device)
	_, err := openlink.OpenAnd(ctx, iplink.KindBatadv, name, own.At(options), func(ctx context.Context, link *openlink.Handle) (err error) {
		d.link = link
		if d.nl, err = batadvnl.Dial(ctx, rtnl.Here); err != nil {
			return d.failed("open", "", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Close closes the sockets, except one that iplink.On lent. It does not change the link.
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
	opSet  = "set"
	opShow = "show"
)

// read reads an object, whose fields are in a table, and returns the reported rows.
func (d *Device) read(ctx context.Context, op, subject string, o batadvnl.Object, t attr.Table) (attr.Set, error) {
	reported, err := d.nl.Read(ctx, o, t)
	if err != nil {
		return reported, d.explain(ctx, op, subject, err)
	}
	return reported, nil
}

func (d *Device) error(op, subject, text string, err error) error {
	return &iplink.Error{Op: op, Kind: iplink.KindBatadv, Name: d.Name(), Attr: subject, Message: text, Err: err}
}

// explain is failed for the kernel's answer about the link. If the link no longer exists,
// it returns the error for that.
func (d *Device) explain(ctx context.Context, op, subject string, err error) error {
	if errors.Is(err, syscall.ENODEV) || errors.Is(err, syscall.EINVAL) {
		if _, gone := d.link.Own(ctx, op); errors.Is(gone, fs.ErrNotExist) {
			return gone
		}
	}
	return d.failed(op, subject, err)
}

// failed returns an error that names the operation and its subject.
func (d *Device) failed(op, subject string, err error) error {
	e := &iplink.Error{Op: op, Kind: iplink.KindBatadv, Name: d.Name(), Attr: subject, Err: err}
	answer, bare := errors.AsType[*rtnl.Errno](err)
	switch {
	case errors.Is(err, rtnl.ErrFamily):
		e.Err, e.Message = syscall.EOPNOTSUPP, "this kernel has no batadv driver (CONFIG_BATMAN_ADV)"
	case bare:
		e.Err, e.Message, e.FromKernel = answer.Errno, answer.Message, answer.Message != ""
		if answer.Errno == syscall.EPERM && answer.Message == "" {
			e.Message = rtnl.NeedsNetAdmin
		}
	}
	return e
}
