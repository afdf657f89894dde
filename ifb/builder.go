package ifb

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
)

// A Builder describes an ifb link. It queues the packets that traffic control filters
// of other links redirect to it, one worker for each of its transmit queues (see
// Queues), and returns each packet to the link that it came from. It has only the
// settings common to all links.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the ifb link with the given name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindIFB, name, nil)
	return b
}
