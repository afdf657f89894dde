package lowpan

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
)

// A Builder describes a lowpan link. Its Parent is an IEEE 802.15.4 device in the same
// namespace, which has at most one such link, and whose address of 8 bytes it has. It has
// only the settings of every link.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the lowpan link with the given name. It needs a Parent.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindLowpan, name, nil)
	return b
}
