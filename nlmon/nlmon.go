// Package nlmon makes nlmon links: links that show the netlink messages of
// their namespace to programs that capture packets.
package nlmon

import "github.com/iplink-go/iplink"

// New returns the builder for an nlmon link of that name.
func New(name string) *iplink.Nlmon {
	return iplink.NewNlmon(name)
}
