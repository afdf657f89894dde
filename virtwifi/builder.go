package virtwifi

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
)

// A Builder describes a virt_wifi link. Its Parent is an Ethernet link, whose address it
// has, and which can have no other virt_wifi. It has only the settings of every link.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the virt_wifi link with the given name. It needs a Parent.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindVirtWifi, name, nil)
	return b
}
