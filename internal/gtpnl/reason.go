package gtpnl

import (
	"errors"
	"syscall"

	"github.com/iplink-go/iplink/internal/rtnl"
)

// A Refusal is the error of a step, with the context, the cause and an explanation.
type Refusal struct {
	Subject string // such as "pdp 10.0.0.1", empty if it is unknown
	Err     error  // the errno if the kernel rejected the request
	Message string // the kernel's message, or the meaning of its errno
	Left    error  // the error of undoing the other steps

	FromKernel bool // Message is the kernel's
}

// Error returns the cause and the message.
func (r *Refusal) Error() string {
	text := r.Err.Error()
	if r.Message != "" {
		text += " (" + r.Message + ")"
	}
	return text
}

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error {
	return r.Err
}

// Subject is the subject of errors about a context.
func (p *PDP) Subject() string {
	if !p.MS.IsValid() {
		return "pdp " + p.tunnel()
	}
	return "pdp " + p.MS.String()
}

func (s *Step) refuse(err error) *Refusal {
	r := &Refusal{Subject: s.Subject(), Err: err}
	if answer, ok := errors.AsType[*rtnl.Errno](err); ok {
		r.Err, r.Message, r.FromKernel = answer.Errno, answer.Message, answer.Message != ""
		if r.Message == "" {
			r.Message = s.reason(answer.Errno)
		}
	}
	return r
}

// reason returns the meaning of a bare errno, or an empty string.
func (s *Step) reason(errno syscall.Errno) string {
	switch {
	case errno == syscall.EPERM:
		return rtnl.NeedsNetAdmin
	case errno == syscall.ENOENT:
		return "the link has no such context"
	case errno == syscall.EEXIST:
		return "the link has a context of this mobile or of this tunnel: delete that one first"
	case errno == syscall.ENODEV && s.Version == 0:
		return "the link has no socket for version 0: Sockets or FD0 gives it one"
	case errno == syscall.ENODEV:
		return "the link has no socket for version 1: Sockets or FD1 gives it one"
	case errno == syscall.EAFNOSUPPORT && s.Peer.Is6():
		return "the sockets of the link are for IPv4: LocalIP with an IPv6 address makes others"
	case errno == syscall.EAFNOSUPPORT:
		return "the sockets of the link are for IPv6"
	case errno == syscall.EINVAL && (s.MS.Is6() || s.Peer.Is6()) && rtnl.Older(6, 10):
		return "contexts with IPv6 need Linux 6.10"
	}
	return ""
}
