// Package netkit makes netkit links, which come in pairs as veth links do: packets sent
// into one end come out at the other, often in another namespace. BPF programs attached to
// the pair see the packets of a container before its stack has finished with them, and
// without one the pair forwards or drops all of them. It is in Linux since 6.7, where it
// is built with CONFIG_NETKIT.
package netkit

import "github.com/iplink-go/iplink"

// Modes of a pair.
const (
	L2 = iplink.NetkitL2 // Ethernet frames, with link-layer addresses and neighbours
	L3 = iplink.NetkitL3 // IP packets, without neighbours: the default
)

// Policies of an end.
const (
	Forward   = iplink.NetkitForward   // packets reach the other end: the default
	Blackhole = iplink.NetkitBlackhole // packets are dropped
)

// Values of Scrub and PeerScrub.
const (
	None    = iplink.NetkitScrubNone    // the mark and the priority of packets are kept
	Default = iplink.NetkitScrubDefault // both are cleared if the ends are in different namespaces
)

// Values of Pairing.
const (
	Pair   = iplink.NetkitPair   // two links: the default
	Single = iplink.NetkitSingle // one link without another end
)
