package rtnl

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// An Errno is an error that the kernel returned for a request.
type Errno struct {
	Errno   syscall.Errno
	Message string // the kernel's explanation, often empty
	Offset  int    // of the invalid attribute in the request; 0 if not reported
}

// Error returns the error's text, and the kernel's message if there is one.
func (e *Errno) Error() string {
	if e.Message == "" {
		return e.Errno.Error()
	}
	return e.Errno.Error() + " (" + e.Message + ")"
}

// Unwrap returns the errno.
func (e *Errno) Unwrap() error {
	return e.Errno
}

// ErrLost means that the answer to a request was lost, for example because the
// kernel ran out of memory for it. Whether the request was carried out is unknown.
var ErrLost = errors.New("the kernel's answer was lost")

var (
	errUnsent = errors.New("the request was not sent")
	errCut    = errors.New("the kernel's answer did not fit the read buffer")
)

var errNoContext = fmt.Errorf("%w: the context is nil", fs.ErrInvalid)

// ErrInterrupted means that the links changed during each of several attempts to
// list them.
var ErrInterrupted = errors.New("the list changed again and again while it was read")

// tooLong returns the error for a request that cannot be sent: no list in it may be
// longer than an attribute, and the whole request must fit the socket's buffer.
func tooLong(bytes, most int) error {
	return fmt.Errorf("%w: a request of %d bytes, where at most %d can be sent", fs.ErrInvalid, bytes, most)
}

// parseAck returns nil for an acknowledgement and an *Errno for an error.
func parseAck(m wire.Message) error {
	if len(m.Data) < 4 {
		return wire.ErrTruncated
	}
	code := int32(wire.Order.Uint32(m.Data))
	if code == 0 {
		return nil
	}
	e := &Errno{Errno: syscall.Errno(-code)}
	if m.Flags&uapi.NLM_F_ACK_TLVS != 0 {
		e.parseExtended(m)
	}
	return e
}

// parseDone returns the error that ended a dump, or nil if the dump is complete.
func parseDone(m wire.Message) error {
	if len(m.Data) < 4 {
		return nil
	}
	if code := int32(wire.Order.Uint32(m.Data)); code < 0 {
		return &Errno{Errno: syscall.Errno(-code)}
	}
	return nil
}

// parseExtended reads the attributes after the error and the echoed request. A
// capped answer echoes only the request's header.
func (e *Errno) parseExtended(m wire.Message) {
	echoed := m.Data[4:]
	if len(echoed) < wire.HeaderLen {
		return
	}
	skip := wire.HeaderLen
	if m.Flags&uapi.NLM_F_CAPPED == 0 {
		skip = wire.Align(int(wire.Order.Uint32(echoed)))
	}
	if skip < 0 || skip > len(echoed) {
		return
	}
	for a, err := range wire.Attrs(echoed[skip:]) {
		if err != nil {
			return
		}
		e.set(a)
	}
}

func (e *Errno) set(a wire.Attr) {
	switch {
	case a.Type == uapi.NLMSGERR_ATTR_MSG:
		e.Message = strings.Clone(wire.CString(a.Data))
	case a.Type == uapi.NLMSGERR_ATTR_OFFS && len(a.Data) == 4:
		e.Offset = int(wire.Order.Uint32(a.Data))
	}
}
