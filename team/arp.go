package team

import (
	"encoding/binary"
	"net"
	"net/netip"
)

// An arpMessage is an ARP request or reply for IPv4 on Ethernet (RFC 826).
type arpMessage struct {
	sender             net.HardwareAddr
	senderIP, targetIP netip.Addr
}

const (
	arpLen       = 28
	arpEthernet  = 1
	arpRequest   = 1
	arpReply     = 2
	etherARP     = 0x0806
	macLen       = 6
	ipv4Len      = 4
	arpOperation = 6 // its offset

	packetOutgoing = 4 // PACKET_OUTGOING: frames that the port sends
)

// appendRequest appends an ARP request, after an 802.1Q tag if vlan is not nil.
func (m arpMessage) appendRequest(b []byte, vlan *uint16) []byte {
	order := binary.BigEndian
	if vlan != nil {
		b = order.AppendUint16(b, *vlan)
		b = order.AppendUint16(b, etherARP)
	}
	b = order.AppendUint16(b, arpEthernet)
	b = order.AppendUint16(b, etherIPv4)
	b = append(b, macLen, ipv4Len)
	b = order.AppendUint16(b, arpRequest)
	b = append(b, m.sender...)
	b = append(b, m.senderIP.AsSlice()...)
	b = append(b, broadcastAddress...)
	return append(b, m.targetIP.AsSlice()...)
}

var broadcastAddress = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// parseARP returns an ARP message. A message that is not for IPv4 on Ethernet has no
// addresses in the result.
func parseARP(b []byte) (m arpMessage) {
	order := binary.BigEndian
	if len(b) < arpLen || order.Uint16(b) != arpEthernet || order.Uint16(b[2:]) != etherIPv4 || b[4] != macLen || b[5] != ipv4Len {
		return m
	}
	m.sender = append(m.sender, b[8:14]...)
	m.senderIP = netip.AddrFrom4([4]byte(b[14:]))
	m.targetIP = netip.AddrFrom4([4]byte(b[24:]))
	return m
}

// arpFilter returns a program that accepts received ARP requests and replies, in a
// VLAN or, if vlan is nil, without a VLAN tag. It rejects frames that the port
// sends, since sending a frame does not show that anyone receives it.
func arpFilter(vlan *uint16) []Instruction {
	a := assembler{labels: map[string]int{}}
	a.load(ancillary, packetType)
	a.jump(equal, packetOutgoing, "drop", "")
	a.load(ancillary, protocol)
	a.jump(equal, etherARP, "", "drop")
	a.load(ancillary, vlanTagPresent)
	if vlan == nil {
		a.jump(equal, 0, "ARP", "")
	} else {
		a.jump(equal, 0, "drop", "")
	}
	a.load(ancillary, vlanTag)
	a.emit(opAnd, 0x0fff)
	if vlan == nil {
		a.jump(equal, 0, "ARP", "drop")
	} else {
		a.jump(equal, uint32(*vlan), "ARP", "drop")
	}
	a.label("ARP")
	a.load(half, arpOperation)
	a.jump(equal, arpReply, "take", "")
	a.jump(equal, arpRequest, "take", "drop")
	a.label("take")
	a.emit(opReturn, 0xffffffff)
	a.label("drop")
	a.emit(opReturn, 0)
	return a.resolve()
}
