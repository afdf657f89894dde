package vcan

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
)

// A Builder describes a vcan link: a CAN bus without hardware. A frame sent by one
// program reaches all others. It has only the settings common to all links. Its MTU
// is 16 for CAN frames, 72 for CAN FD, or 76 to 2060 for CAN XL; package can has
// constants for them.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the vcan link with the given name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindVCAN, name, nil)
	return b
}
