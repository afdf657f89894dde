// Package pfcp makes pfcp links, which receive the session messages between the control
// and the user plane of a mobile core network, 3GPP TS 29.244. Filters of traffic
// control match them by their session; since Linux 6.10.
package pfcp

import (
	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/own"
)

// A Builder describes a pfcp link. It receives at UDP port 8805 of all IPv4 addresses of
// the namespace of the Conn, or of LinkNetNS, even if NetNS puts the link elsewhere. A
// namespace has one such link. It has only the settings common to all links. Its MTU is 0
// unless MTU sets another one, up to 67: the link only receives, and the kernel crashes
// when IP sends on it.
type Builder struct {
	iplink.Common[Builder]
}

// New returns the builder for the pfcp link with the given name.
func New(name string) *Builder {
	b := new(Builder)
	*b.Own(b) = own.New(iplink.KindPFCP, name, nil)
	return b
}
