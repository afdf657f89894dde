package testutil

import "encoding/binary"

// An Outer is the IP header around the packet of a tunnel.
type Outer struct {
	TTL, TOS   byte   // over IPv6 the hop limit and the traffic class
	DF         bool   // only over IPv4
	FlowLabel  uint32 // only over IPv6
	Limited    bool   // with the destination option of RFC 2473, section 4.1.1
	EncapLimit byte   // in that option
	Protocol   byte   // after the options
}

// ParseOuter returns the IP header of an Ethernet frame, and the bytes behind its options.
func ParseOuter(frame []byte) (Outer, []byte) {
	packet := frame[14:]
	if packet[0]>>4 == 6 {
		return outer6(packet)
	}
	header := int(packet[0]&15) * 4
	return Outer{TTL: packet[8], TOS: packet[1], DF: packet[6]&0x40 != 0, Protocol: packet[9]}, packet[header:]
}

func outer6(packet []byte) (Outer, []byte) {
	word := binary.BigEndian.Uint32(packet)
	o := Outer{TTL: packet[7], TOS: byte(word >> 20), FlowLabel: word & 0xfffff, Protocol: packet[6]}
	rest := packet[40:]
	const destinationOptions, encapLimit = 60, 4
	if o.Protocol == destinationOptions {
		o.Protocol, o.Limited, o.EncapLimit = rest[0], rest[2] == encapLimit && rest[3] == 1, rest[4]
		rest = rest[8*(1+int(rest[1])):]
	}
	return o, rest
}

// Bits of GREHeader.Flags, RFC 2890.
const (
	GRECsum = 0x8000
	GREKey  = 0x2000
	GRESeq  = 0x1000
)

// A GREHeader is the header of GRE.
type GREHeader struct {
	Flags, Protocol uint16
	Key, Seq        uint32 // as Flags says
}

// ParseGRE returns the header of GRE and the bytes behind it.
func ParseGRE(b []byte) (GREHeader, []byte) {
	h := GREHeader{Flags: binary.BigEndian.Uint16(b), Protocol: binary.BigEndian.Uint16(b[2:])}
	rest := b[4:]
	for _, field := range []struct {
		bit uint16
		to  *uint32
	}{{GRECsum, new(uint32)}, {GREKey, &h.Key}, {GRESeq, &h.Seq}} {
		if h.Flags&field.bit != 0 {
			*field.to, rest = binary.BigEndian.Uint32(rest), rest[4:]
		}
	}
	return h, rest
}

// An ERSPANHeader is the header of a mirrored frame.
type ERSPANHeader struct {
	Version byte
	Session uint16
	Index   uint32 // only of version 1
	Egress  bool   // only of version 2
	HWID    byte   // only of version 2
}

// ParseERSPAN returns the header of a mirrored frame and the frame.
func ParseERSPAN(b []byte) (ERSPANHeader, []byte) {
	h := ERSPANHeader{Version: b[0] >> 4, Session: binary.BigEndian.Uint16(b[2:]) & 0x3ff}
	if h.Version == 1 {
		h.Index = binary.BigEndian.Uint32(b[4:]) & 0xfffff
		return h, b[8:]
	}
	h.HWID, h.Egress = b[10]&3<<4|b[11]>>4, b[11]&8 != 0
	return h, b[12:]
}

// InternetSum returns the sum of RFC 1071, which is 0xffff over bytes with a right
// checksum among them.
func InternetSum(b []byte) uint16 {
	var sum uint32
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}
