// Package wireguard makes WireGuard links: links that encrypt packets and send them to
// peers over UDP.
//
// New makes one with its key, its port and its peers. Open manages an existing link: it
// adds, changes and removes peers and their allowed IPs, and returns the peers with their
// counters, endpoints and handshakes.
//
// Private and preshared keys are never printed, logged or marshalled, and the library
// keeps no copy of a key after it was wiped.
package wireguard

import "github.com/iplink-go/iplink"

// Peer is a peer of a link: its public key, and the settings for it.
type Peer = iplink.WireGuardPeer

// KeepaliveOff turns the packets off that Peer.Keepalive asks for.
const KeepaliveOff = iplink.WireGuardKeepaliveOff
