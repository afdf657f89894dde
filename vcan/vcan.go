// Package vcan makes vcan links: CAN buses without hardware, on which what a
// program sends reaches all others.
package vcan

import "github.com/iplink-go/iplink"

// New returns the builder for a vcan link of that name.
func New(name string) *iplink.VCAN {
	return iplink.NewVCAN(name)
}
