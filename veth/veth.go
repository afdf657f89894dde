// Package veth makes pairs of virtual Ethernet links: what goes in at one end
// comes out at the other, often in another namespace.
package veth

import "github.com/iplink-go/iplink"

// New returns the builder for one end of a pair; its Peer setter describes the
// other end, with a builder of the same kind.
func New(name string) *iplink.Veth {
	return iplink.NewVeth(name)
}
