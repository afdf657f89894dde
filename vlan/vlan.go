// Package vlan makes VLAN links. Each carries, untagged, the frames that its parent
// carries with one tag, IEEE 802.1Q.
package vlan

import "github.com/iplink-go/iplink"

// Tag protocols.
const (
	IEEE8021Q  = iplink.VLAN8021Q  // customer VLANs
	IEEE8021AD = iplink.VLAN8021AD // service VLANs
)
