package ppp

import (
	"os"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a PPP link.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the PPP link with the given name. It needs a File.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindPPP, name, new(iplink.PPPInfo))
	return b
}

// File sets the file that the link belongs to, an open /dev/ppp, which can have one link.
// The link is deleted when the file is closed, or when the process ends. It can be deleted
// before, and the file has no use then. Ensure and Diff ignore the File of a link that
// exists, since the kernel does not report it (IFLA_PPP_DEV_FD).
func (b *Builder) File(file *os.File) *Builder {
	fault := ""
	if file == nil {
		fault = "it is nil: give an open /dev/ppp"
	}
	if b.Own(b).Judge("File", fault) {
		own.Put[iplink.PPPInfo](b.Own(b), uapi.IFLA_PPP_DEV_FD).File = file
	}
	return b
}
