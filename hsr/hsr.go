// Package hsr makes links of HSR, High-availability Seamless Redundancy, and of PRP, the
// Parallel Redundancy Protocol: IEC 62439-3. Such a link sends each frame on both of its
// ports and delivers the first of the two that arrives, so that a network goes on without a
// lost frame when a cable breaks. With HSR the ports connect the nodes in a ring; with PRP
// they connect them to two separate networks.
//
// A node recognises the second of two frames once it has heard a supervision frame of the
// sender, which come every 2 s. Until then a frame may arrive twice.
//
// Open returns the nodes of the network that a link has heard.
package hsr

import "github.com/iplink-go/iplink"

// Protocols.
const (
	HSR = iplink.HSRProtocolHSR // both ways around a ring, the default
	PRP = iplink.HSRProtocolPRP // over two separate networks
)
