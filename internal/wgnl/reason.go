package wgnl

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/iplink-go/iplink/internal/rtnl"
)

// A Refusal is the error of a change, with the setting at fault, if it is known, the
// cause and an explanation.
type Refusal struct {
	Subject string
	Err     error  // the errno if the kernel rejected the request
	Message string // the kernel's message, or the meaning of its errno
	Left    error  // the error of the restoration

	FromKernel bool // Message is the kernel's
}

// Error returns the cause and the message, but never a key.
func (r *Refusal) Error() string {
	text := r.Err.Error()
	if r.Message != "" {
		text += " (" + r.Message + ")"
	}
	if r.Left != nil {
		text += "; and restoring the device: " + r.Left.Error()
	}
	return text
}

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error {
	return r.Err
}

// refuse explains the error of a request.
func refuse(c *Change, err error) *Refusal {
	r := &Refusal{Err: err}
	answer, ok := errors.AsType[*rtnl.Errno](err)
	if !ok {
		return r
	}
	r.Err, r.Message, r.FromKernel = answer.Errno, answer.Message, answer.Message != ""
	if answer.Message == "" {
		r.Subject, r.Message = c.reason(answer.Errno)
	}
	return r
}

// reason returns the setting at fault and the meaning of a bare errno, or empty strings.
func (c *Change) reason(errno syscall.Errno) (subject, text string) {
	switch {
	case errno == syscall.EADDRINUSE && c.Port != nil:
		return "listen-port", PortTaken(*c.Port)
	case errno == syscall.EPERM && (c.Port != nil || c.FwMark != nil):
		return "", "needs CAP_NET_ADMIN, for the listen port and the fwmark also in the namespace where the link was made"
	case errno == syscall.EPERM:
		return "", rtnl.NeedsNetAdmin
	case errno == syscall.EOPNOTSUPP:
		return "", "it is not a WireGuard link"
	}
	return "", ""
}

// PortTaken is the meaning of EADDRINUSE.
func PortTaken(port uint16) string {
	if port == 0 {
		return "no UDP port is free in the namespace of the link's socket"
	}
	return fmt.Sprintf("UDP port %d is taken in the namespace of the link's socket: give the link another ListenPort, or 0 for a free one", port)
}
