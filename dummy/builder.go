package dummy

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
)

// A Builder describes a dummy link. A dummy link drops all outgoing packets, and can
// hold addresses that must always exist. It has only the settings common to all
// links.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the dummy link with the given name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindDummy, name, nil)
	return b
}
