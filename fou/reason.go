package fou

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/invalid"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// notLoaded is the reason for a kernel without the family.
const notLoaded = "the kernel has no fou, and does not load it by itself: modprobe fou (CONFIG_NET_FOU)"

// needsRoot is the reason for EPERM.
const needsRoot = "needs CAP_NET_ADMIN in the first user namespace: run as root of the machine, not only of a container"

// subject returns the port in the words of errors.
func (p *Port) subject() string {
	return fmt.Sprintf("port %d", p.Port)
}

// refuse returns the error for an invalid setting.
func refuse(op string, f *attr.Error) error {
	return &iplink.Error{Op: op, Attr: f.Name, Message: f.Text, Err: invalid.Argument(syscall.EINVAL)}
}

// failed returns the error of an operation, with its subject.
func failed(op, subject string, err error) *iplink.Error {
	e := &iplink.Error{Op: op, Attr: subject, Err: err}
	answer, refused := errors.AsType[*rtnl.Errno](err)
	errno, bare := errors.AsType[syscall.Errno](err)
	switch {
	case errors.Is(err, rtnl.ErrFamily):
		e.Err, e.Message = syscall.EOPNOTSUPP, notLoaded
	case refused:
		e.Err, e.Message, e.FromKernel = answer.Errno, answer.Message, answer.Message != ""
	case bare:
		e.Err = errno
	}
	if e.Err == error(syscall.EPERM) && e.Message == "" {
		e.Message = needsRoot
	}
	return e
}

// refused returns the error for a port that the kernel did not add.
func (c *Conn) refused(ctx context.Context, via dumper, p *Port, err error) error {
	e := failed(opAdd, p.subject(), err)
	switch errno, _ := errors.AsType[syscall.Errno](err); {
	case errno == syscall.EALREADY, errno == syscall.EADDRINUSE && c.has(ctx, via, p):
		e.Err, e.Message = taken{}, "there is such a port: Delete it before"
	case errno == syscall.EADDRINUSE:
		e.Message = "another socket has it, or a port of fou with other addresses: choose another Port"
	case errno == syscall.EADDRNOTAVAIL && p.Local.IsValid():
		e.Attr, e.Message = "local", fmt.Sprintf("%v is not an address of the namespace: add it to a link before, or leave Local out", p.Local)
	case errno == syscall.EAFNOSUPPORT, errno == syscall.EPFNOSUPPORT:
		e.Attr, e.Message = "family", "the kernel has no IPv6: leave Family out for IPv4"
	case errno == syscall.ENETUNREACH, errno == syscall.EHOSTUNREACH:
		e.Attr, e.Message = "peer", fmt.Sprintf("there is no route to %v: add one before", p.Peer.Addr())
	}
	return e
}

// has reports whether there is a port with the identity of p.
func (c *Conn) has(ctx context.Context, via dumper, p *Port) bool {
	all, err := c.list(ctx, via)
	return err == nil && slices.ContainsFunc(all, p.same)
}

// taken is fs.ErrExist, and also the kernel's errno.
type taken struct{}

func (taken) Error() string   { return fs.ErrExist.Error() }
func (taken) Unwrap() []error { return []error{syscall.EEXIST, syscall.EADDRINUSE} }
