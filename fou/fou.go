// Package fou manages the ports on which the kernel receives tunnels over UDP: foo over UDP
// and generic UDP encapsulation. The sending end is a tunnel with the setting Encap, such as
// in package ipip or gre.
//
// The kernel does not load the module fou by itself: run modprobe fou before Open.
package fou

import (
	"cmp"
	"net/netip"
	"strconv"

	"github.com/iplink-go/iplink/internal/attr"
)

// A Port is a UDP port of a network namespace. The kernel takes the packets that arrive
// there out of UDP, and handles them as if they had come without it. Ports are comparable:
// two with equal fields are equal.
//
// The Port, Family, Local, Peer and link identify a port.
type Port struct {
	// Port is the number of the port, 1 to 65535, without a default (FOU_ATTR_PORT).
	Port uint16
	// Family is the family of the outer packets, IPv4 by default (FOU_ATTR_AF). A port of
	// IPv6 does not receive packets of IPv4.
	Family Family
	// Type is the header between UDP and the inner packet, none by default
	// (FOU_ATTR_TYPE).
	Type Type
	// Protocol is the IP protocol of the packets in UDP, 1 to 255, such as 4 for IPv4,
	// 41 for IPv6 and 47 for GRE (FOU_ATTR_IPPROTO). Direct needs one; GUE has it in its
	// header, and Protocol is 0.
	Protocol uint8
	// RemCsumNoPartial makes a GUE port compute the checksums that the sender left to
	// it in full (FOU_ATTR_REMCSUM_NOPARTIAL). It has no effect on a Direct port, and
	// iproute2 has no word for it.
	RemCsumNoPartial bool
	// Local is the address where the packets arrive, of the Family; all addresses of
	// the namespace if it is the zero Addr or the unspecified address
	// (FOU_ATTR_LOCAL_V4, FOU_ATTR_LOCAL_V6). List returns the zero Addr for it. With
	// a Peer the kernel chooses the address, and List returns that one.
	Local netip.Addr
	// Peer is the address and the UDP port of the only sender, of the Family; the zero
	// AddrPort, the default, stands for any (FOU_ATTR_PEER_V4, FOU_ATTR_PEER_V6,
	// FOU_ATTR_PEER_PORT).
	Peer netip.AddrPort
	// Dev is the name of the link where the packets arrive; if it is empty, DevIndex
	// identifies the link, and 0, the default, stands for any link (FOU_ATTR_IFINDEX).
	// List returns both, and an empty name if the link no longer exists.
	Dev      string
	DevIndex int
}

// A Family is an IP version.
type Family uint8

// Families.
const (
	IPv4 Family = iota
	IPv6
)

var families = attr.Words{"inet", "inet6"}

// String returns the word of iproute2.
func (f Family) String() string { return attr.Word(families, f) }

// A Type is a header between UDP and the inner packet.
type Type uint8

// Types of ports.
const (
	Direct Type = iota // no header: foo over UDP
	GUE                // generic UDP encapsulation
)

var types = attr.Words{"fou", "gue"}

// String returns the word of iproute2 for the encapsulation of a tunnel.
func (t Type) String() string { return attr.Word(types, t) }

// String returns the words of `ip fou add`, such as "port 5555 ipproto 4".
func (p Port) String() string {
	text := "port " + strconv.Itoa(int(p.Port))
	if p.Type == GUE {
		text += " gue"
	} else if p.Protocol != 0 {
		text += " ipproto " + strconv.Itoa(int(p.Protocol))
	}
	if p.Family == IPv6 {
		text += " -6"
	}
	return text + p.ends()
}

// ends returns the words for the addresses and the link.
func (p Port) ends() (text string) {
	if p.sendsLocal() {
		text += " local " + p.local().String()
	}
	if p.Peer.IsValid() {
		text += " peer " + p.Peer.Addr().String() + " peer_port " + strconv.Itoa(int(p.Peer.Port()))
	}
	switch {
	case p.Dev != "":
		text += " dev " + attr.Quote(p.Dev)
	case p.DevIndex != 0:
		text += " dev if" + strconv.Itoa(p.DevIndex)
	}
	return text
}

// compare orders ports by number, family and addresses.
func compare(a, b Port) int {
	return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Family, b.Family), a.Local.Compare(b.Local), a.Peer.Compare(b.Peer), cmp.Compare(a.DevIndex, b.DevIndex))
}
