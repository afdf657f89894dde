package nlmon

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
)

// A Builder describes an nlmon link. It shows the netlink messages of its namespace
// to programs that capture packets. Some of these messages pass keys to the kernel
// in clear, for example keys of MACsec and IPsec. It has only the settings common to
// all links.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the nlmon link with the given name. A capture on the
// link exposes keys, such as those of MACsec.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindNlmon, name, nil)
	return b
}
