// Package nlmon makes nlmon links, which show the netlink messages of their
// namespace to programs that capture packets, and captures them: to a file that
// Wireshark reads, or for the program itself.
package nlmon

import "github.com/iplink-go/iplink"

// New returns the builder for an nlmon link of that name.
func New(name string) *iplink.Nlmon {
	return iplink.NewNlmon(name)
}
