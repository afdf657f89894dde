// Package vrf makes VRF links, virtual routing and forwarding: routing domains of their
// own. The ports of a VRF use its routing table, so that two VRFs may have the same
// addresses and networks.
//
// A link becomes a port with Master, unless it is lo, another VRF, or a link such as an
// ipvlan in mode l3s, which routes by a domain of its own; the kernel takes its IPv6
// addresses when it joins and when it leaves. The first VRF of a namespace also brings the
// rules that send the packets of a port to its table (ip rule, preference 1000, for IPv4
// and IPv6). A socket uses a VRF if it is bound to the link
// (SO_BINDTODEVICE), and `ip vrf exec` binds the sockets of a program.
package vrf
