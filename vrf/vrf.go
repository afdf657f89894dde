// Package vrf makes VRF links, virtual routing and forwarding: routing domains of their
// own. The ports of a VRF use its routing table, so that two VRFs may have the same
// addresses and networks.
//
// Any link becomes a port with Master. A socket uses a VRF if it is bound to the link
// (SO_BINDTODEVICE), and `ip vrf exec` binds the sockets of a program.
package vrf
