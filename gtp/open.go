package gtp

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/gtpnl"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// A Device is an existing GTP link, opened to manage its contexts. It has its own netlink
// sockets and is safe for concurrent use by multiple goroutines.
//
// All errors are of type *iplink.Error, and Attr identifies the subject, such as "pdp
// 10.0.0.1".
type Device struct {
	link *openlink.Handle
	nl   *gtpnl.Conn
}

// Open opens the GTP link with the given name in the network namespace of the calling
// thread, unless iplink.In or iplink.On says where it is. The Device stays in that
// namespace. The error matches fs.ErrNotExist if it does not exist, and iplink.ErrKind if it
// is not a GTP link. The caller must close the Device. Reading needs CAP_NET_ADMIN, too.
func Open(ctx context.Context, name string, options ...iplink.OpenOption) (*Device, error) {
	d := new(Device)
	_, err := openlink.OpenAnd(ctx, iplink.KindGTP, name, own.At(options), func(ctx context.Context, link *openlink.Handle) (err error) {
		d.link = link
		if d.nl, err = gtpnl.Dial(ctx, rtnl.Here); err != nil {
			return d.failed("open", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Close closes the netlink sockets, except one that iplink.On lent. It does not change the
// link, and leaves its UDP sockets open.
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
	opDelete = "delete"
	opShow   = "show"
)

// PDPs returns the contexts of the link (GTP_CMD_GETPDP).
func (d *Device) PDPs(ctx context.Context) ([]PDP, error) {
	have, err := d.list(ctx, opShow)
	if err != nil {
		return nil, err
	}
	all := make([]PDP, len(have))
	for i, p := range have {
		all[i] = PDP(p)
	}
	return all, nil
}

// list reads the contexts. The list of a link that no longer exists is empty, so it looks
// for the link afterwards.
func (d *Device) list(ctx context.Context, op string) ([]gtpnl.PDP, error) {
	have, err := d.nl.List(ctx, d.Index())
	if err != nil {
		return nil, d.explain(ctx, op, err)
	}
	if len(have) == 0 {
		_, err = d.link.Own(ctx, op)
	}
	return have, err
}

// AddPDP adds contexts: all or none (GTP_CMD_NEWPDP). The error matches fs.ErrExist if the
// link has one with the same MS, or with the same LocalTEI or TID.
func (d *Device) AddPDP(ctx context.Context, pdps ...PDP) error {
	all := make([]gtpnl.PDP, len(pdps))
	steps := make([]gtpnl.Step, len(pdps))
	for i, p := range pdps {
		all[i] = gtpnl.PDP(p)
		if flaw := all[i].Check(); flaw != nil {
			return d.invalid(opAdd, &all[i], flaw)
		}
		steps[i] = gtpnl.Step{PDP: all[i]}
	}
	if p, flaw := gtpnl.Twice(all); flaw != nil {
		return d.invalid(opAdd, p, flaw)
	}
	return d.run(ctx, opAdd, steps)
}

// DeletePDP deletes contexts: all or none (GTP_CMD_DELPDP). MS identifies a context; without
// it, Version does so with LocalTEI or TID. Other fields are ignored. The error matches
// fs.ErrNotExist if the link does not have one of the contexts.
func (d *Device) DeletePDP(ctx context.Context, pdps ...PDP) error {
	have, err := d.list(ctx, opDelete)
	if err != nil {
		return err
	}
	var steps []gtpnl.Step
	for _, p := range pdps {
		wanted := gtpnl.PDP(p)
		found, flaw := wanted.Find(have)
		switch {
		case flaw != nil:
			return d.invalid(opDelete, &wanted, flaw)
		case found == nil:
			return &iplink.Error{Op: opDelete, Kind: iplink.KindGTP, Name: d.Name(), Attr: wanted.Subject(),
				Message: "the link has no such context", Err: syscall.ENOENT}
		}
		steps = append(steps, gtpnl.Step{PDP: *found, Remove: true})
	}
	return d.run(ctx, opDelete, steps)
}

// run carries out all steps or none.
func (d *Device) run(ctx context.Context, op string, steps []gtpnl.Step) error {
	if err := d.nl.Run(ctx, d.Index(), steps); err != nil {
		return d.explain(ctx, op, err)
	}
	return nil
}

// invalid returns an error for a context, found before anything is sent.
func (d *Device) invalid(op string, p *gtpnl.PDP, flaw *gtpnl.Flaw) error {
	return d.link.Invalid(op, p.Subject()+" "+flaw.Word, "%s", flaw.Text)
}

// explain is failed for the kernel's answer about the link. If the link no longer exists,
// it returns the error for that.
func (d *Device) explain(ctx context.Context, op string, err error) error {
	if errors.Is(err, syscall.ENODEV) {
		if _, gone := d.link.Own(ctx, op); errors.Is(gone, fs.ErrNotExist) {
			return gone
		}
	}
	return d.failed(op, err)
}

// failed returns an error that names the operation and its subject.
func (d *Device) failed(op string, err error) error {
	e := &iplink.Error{Op: op, Kind: iplink.KindGTP, Name: d.Name(), Err: err}
	refusal, refused := errors.AsType[*gtpnl.Refusal](err)
	answer, bare := errors.AsType[*rtnl.Errno](err)
	switch {
	case refused:
		e.Attr, e.Err, e.Message, e.FromKernel = refusal.Subject, refusal.Err, refusal.Message, refusal.FromKernel
		if refusal.Left != nil {
			e.Message, e.FromKernel = e.Message+"; restoring the contexts: "+refusal.Left.Error(), false
		}
	case errors.Is(err, rtnl.ErrFamily):
		e.Err, e.Message = syscall.EOPNOTSUPP, "this kernel has no gtp driver (CONFIG_GTP)"
	case bare:
		e.Err, e.Message, e.FromKernel = answer.Errno, answer.Message, answer.Message != ""
		if answer.Errno == syscall.EPERM && answer.Message == "" {
			e.Message = rtnl.NeedsNetAdmin
		}
	}
	return e
}
