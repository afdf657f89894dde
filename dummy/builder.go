package dummy

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
)

// A Builder describes a dummy link: it drops what is sent, and carries
// addresses that must always be there. It has only what every link has.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for a dummy link of that name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindDummy, name, nil)
	return b
}
