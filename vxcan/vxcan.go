// Package vxcan makes pairs of virtual CAN links: what goes in at one end comes
// out at the other, often in another namespace.
package vxcan

import "github.com/iplink-go/iplink"

// New returns the builder for one end of a pair; its Peer setter describes the
// other end, with a builder of the same kind.
func New(name string) *iplink.VXCAN {
	return iplink.NewVXCAN(name)
}
