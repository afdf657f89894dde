// Package ovpn makes ovpn links, through which the kernel carries the packets of a VPN by
// OpenVPN, encrypted, over UDP or TCP; since Linux 6.16.
//
// New makes one, and Open manages its peers and their keys. The program that has the
// sockets exchanges the control packets with the other end, agrees on keys by TLS, and hands
// both to the kernel.
package ovpn

import "github.com/iplink-go/iplink"

// Mode is the number of peers that a link can have.
type Mode = iplink.OVPNMode

// Modes.
const (
	P2P = iplink.OVPNP2P // one peer, which all packets go to
	MP  = iplink.OVPNMP  // many peers, each with its addresses in the tunnel
)
