package nlmon

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
)

// A Builder describes an nlmon link: it shows the netlink messages of its
// namespace to programs that capture packets. Among these messages are those that
// give the kernel keys, of MACsec and of IPsec for example, in clear. It has only
// what every link has.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for an nlmon link of that name. Whoever captures on the
// link sees keys, such as those of MACsec.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindNlmon, name, nil)
	return b
}
