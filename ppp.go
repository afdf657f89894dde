package iplink

import (
	"errors"
	"os"
	"syscall"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

var pppKind = kind{
	config:   "PPP",
	info:     func() info { return new(PPPInfo) },
	required: attr.SetOf(uapi.IFLA_PPP_DEV_FD),
	address:  "a ppp link has no address",
	reason:   pppReason,
}

// PPPInfo holds the settings of a PPP link. The kernel reports none of them.
type PPPInfo struct {
	// File is the open /dev/ppp that a builder gives the link; nil in reports
	// (IFLA_PPP_DEV_FD).
	File *os.File
}

func (p *PPPInfo) attrs(c *attr.Codec) {
	attr.Custom(c.CreateOnly().WriteOnly().NoKeyword(), uapi.IFLA_PPP_DEV_FD, "file", (*pppFile)(p))
}

// pppFile is the file as the number of its descriptor.
type pppFile PPPInfo

// AppendPayload appends the number that the file has now, or -1 if it is closed.
func (p *pppFile) AppendPayload(b []byte) []byte {
	fd, err := p.descriptor()
	if err != nil {
		fd = -1
	}
	return wire.Order.AppendUint32(b, uint32(fd))
}

// ParsePayload ignores the number, which no report has.
func (p *pppFile) ParsePayload([]byte) error { return nil }

// AppendWords appends the name of the file.
func (p *pppFile) AppendWords(b []byte) []byte {
	if p.File == nil {
		return b
	}
	return append(b, p.File.Name()...)
}

// Within reports true: no report has the file.
func (p *pppFile) Within(attr.Payload) bool { return true }

// Check rejects a file that is closed.
func (p *pppFile) Check() error {
	_, err := p.descriptor()
	return err
}

func (p *pppFile) descriptor() (number int, err error) {
	closed := errors.New("it is closed: keep it open as long as the link is wanted")
	raw, err := p.File.SyscallConn()
	if err != nil || raw.Control(func(fd uintptr) { number = int(fd) }) != nil {
		return 0, closed
	}
	return number, nil
}

// pppReason returns the meaning of an errno without a message from the driver.
func pppReason(errno syscall.Errno) string {
	switch errno {
	case syscall.EBADF:
		return "the File is not an open /dev/ppp, or it has a link already: open /dev/ppp once for each link"
	case syscall.EBUSY:
		return "the driver is busy with the request of another program: try again"
	}
	return ""
}
