package team

import (
	"encoding/binary"
	"net"
	"net/netip"
)

// Numbers and lengths of neighbour discovery (RFC 4861).
const (
	protoICMPv6            = 58
	neighbourSolicit       = 135
	neighbourAdvert        = 136
	sourceLinkAddress      = 1
	targetLinkAddress      = 2
	optionUnit             = 8 // bytes
	hopLimit               = 255
	neighbourLen           = 24 // without options
	solicitationLen        = neighbourLen + optionUnit
	ipv6Payload            = 4 // offsets in the header
	ipv6NextHeader         = 6
	ipv6HopLimit           = 7
	neighbourTarget        = 8
	checksumAt             = 2
	ipv6Version       byte = 0x60
)

// appendSolicitation appends an IPv6 packet that asks for the link-layer address of a
// target.
func appendSolicitation(b []byte, sender net.HardwareAddr, target netip.Addr) []byte {
	order := binary.BigEndian
	source, group := linkLocal(sender), solicitedNode(target)
	b = append(b, ipv6Version, 0, 0, 0)
	b = order.AppendUint16(b, solicitationLen)
	b = append(b, protoICMPv6, hopLimit)
	b = append(b, source.AsSlice()...)
	b = append(b, group.AsSlice()...)
	begin := len(b)
	b = append(b, neighbourSolicit, 0, 0, 0, 0, 0, 0, 0)
	b = append(b, target.AsSlice()...)
	b = append(b, sourceLinkAddress, 1)
	b = append(b, sender...)
	message := b[begin:]
	order.PutUint16(message[checksumAt:], checksum(source, group, message))
	return b
}

// checksum returns the checksum of an ICMPv6 message (RFC 4443, section 2.3), whose
// length is even.
func checksum(source, destination netip.Addr, message []byte) uint16 {
	sum := uint32(len(message)) + protoICMPv6
	for _, part := range [][]byte{source.AsSlice(), destination.AsSlice(), message} {
		for i := 0; i+1 < len(part); i += 2 {
			sum += uint32(binary.BigEndian.Uint16(part[i:]))
		}
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// linkLocal returns the link-local address that belongs to an Ethernet address.
func linkLocal(mac net.HardwareAddr) netip.Addr {
	return netip.AddrFrom16([16]byte{0xfe, 0x80, 8: mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]})
}

// solicitedNode returns the multicast address of the hosts with an address like a.
func solicitedNode(a netip.Addr) netip.Addr {
	b := a.As16()
	return netip.AddrFrom16([16]byte{0xff, 2, 11: 1, 0xff, b[13], b[14], b[15]})
}

// multicastMAC returns the Ethernet address of an IPv6 multicast address (RFC 2464).
func multicastMAC(group netip.Addr) [macLen]byte {
	b := group.As16()
	return [macLen]byte{0x33, 0x33, b[12], b[13], b[14], b[15]}
}

// advertises reports whether an IPv6 packet is an advertisement of a target with its
// link-layer address. The checksum is not examined, because the kernel may leave it to
// the hardware of the sender.
func advertises(b []byte, target netip.Addr) bool {
	if len(b) < ipv6Len+neighbourLen || b[0]&0xf0 != ipv6Version || b[ipv6NextHeader] != protoICMPv6 || b[ipv6HopLimit] != hopLimit {
		return false
	}
	length := int(binary.BigEndian.Uint16(b[ipv6Payload:]))
	if length < neighbourLen || length > len(b)-ipv6Len {
		return false
	}
	m := b[ipv6Len : ipv6Len+length]
	if m[0] != neighbourAdvert || m[1] != 0 || netip.AddrFrom16([16]byte(m[neighbourTarget:])) != target {
		return false
	}
	return hasOption(m[neighbourLen:], targetLinkAddress)
}

func hasOption(options []byte, kind byte) (found bool) {
	for len(options) >= optionUnit {
		length := int(options[1]) * optionUnit
		if length == 0 || length > len(options) {
			return false
		}
		found = found || options[0] == kind
		options = options[length:]
	}
	return found && len(options) == 0
}

// advertisementFilter returns a program that accepts received advertisements without a
// VLAN tag.
func advertisementFilter() []Instruction {
	a := assembler{labels: map[string]int{}}
	a.load(ancillary, packetType)
	a.jump(equal, packetOutgoing, "drop", "")
	a.load(ancillary, protocol)
	a.jump(equal, etherIPv6, "", "drop")
	a.load(ancillary, vlanTagPresent)
	a.jump(equal, 0, "", "drop")
	a.load(octet, ipv6NextHeader)
	a.jump(equal, protoICMPv6, "", "drop")
	a.load(octet, ipv6Len)
	a.jump(equal, neighbourAdvert, "", "drop")
	a.emit(opReturn, 0xffffffff)
	a.label("drop")
	a.emit(opReturn, 0)
	return a.resolve()
}
