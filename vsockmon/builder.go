package vsockmon

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
)

// A Builder describes a vsockmon link. Each message of an AF_VSOCK socket of the machine
// arrives on it, behind a header with both addresses (struct af_vsockmon_hdr), while the
// link is up. It has only the settings common to all links.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the vsockmon link with the given name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindVsockmon, name, nil)
	return b
}
