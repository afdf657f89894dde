package dsa

import (
	"fmt"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Builder describes a change to a port of a switch. The port must already exist: use
// Update or Ensure, since Create returns an error.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the port with the given name. The port must already exist:
// use Update or Ensure, since Create returns an error.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindDSA, name, new(iplink.DSAInfo))
	return b
}

// Info returns the port's own settings, and false if link is of another kind.
func Info(link *iplink.Link) (*iplink.DSAInfo, bool) {
	info, ok := link.Info.(*iplink.DSAInfo)
	return info, ok
}

// Conduit sets the link that carries the frames of the port between the switch and the
// processor, by name, in the namespace of the port: a link that is wired to the switch, or
// a bond of such links. The driver of the switch may not support a change. If the port is
// up, the new conduit comes up (IFLA_DSA_CONDUIT).
func (b *Builder) Conduit(name string) *Builder {
	b.Own(b).Refer(uapi.IFLA_DSA_CONDUIT, name)
	return b
}

// ConduitIndex is Conduit by interface index, 1 or more (IFLA_DSA_CONDUIT).
func (b *Builder) ConduitIndex(index int) *Builder {
	fault := ""
	if index < 1 {
		fault = fmt.Sprintf("%d is not an interface index", index)
	}
	if b.Own(b).Judge("ConduitIndex", fault) {
		own.Put[iplink.DSAInfo](b.Own(b), uapi.IFLA_DSA_CONDUIT).Conduit = index
	}
	return b
}
