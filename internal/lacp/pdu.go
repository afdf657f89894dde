// Package lacp has the link aggregation control protocol of IEEE 802.1AX: its frames,
// the states of ports, and the selection of an aggregator. It uses no sockets and no
// clock: frames and times go in, frames and decisions come out.
package lacp

import (
	"encoding/binary"
)

// System is the address of a system, an Ethernet address.
type System = [6]byte

// Info describes one end of a link, as the protocol's frames do.
type Info struct {
	SystemPriority uint16
	System         System
	Key            uint16
	PortPriority   uint16
	Port           uint16
	State          State
}

// State has the bits of a port's state.
type State uint8

// Bits of a State.
const (
	Activity State = 1 << iota
	ShortTimeout
	Aggregation
	Synchronization
	Collecting
	Distributing
	Defaulted
	Expired
)

// A PDU is a frame of the protocol: the sender, and the receiver as known to the
// sender.
type PDU struct {
	Actor, Partner Info
}

// Numbers of frames of slow protocols (IEEE 802.3, annex 57A).
const (
	EtherType = 0x8809
	headerLen = 14
	pduLen    = 110 // after the Ethernet header
	FrameLen  = headerLen + pduLen

	subtypeLACP   = 1
	subtypeMarker = 2
	version       = 1
)

// Address is the destination of all frames.
var Address = System{0x01, 0x80, 0xc2, 0, 0, 2}

// Elements of a PDU: the type and the length, which includes both.
const (
	tlvActor, tlvPartner, infoLen = 1, 2, 20
	tlvCollector, collectorLen    = 3, 16
	infoReserved                  = 3
)

// Offsets after the Ethernet header.
const (
	actorAt      = 2
	partnerAt    = actorAt + infoLen
	collectorAt  = partnerAt + infoLen
	terminatorAt = collectorAt + collectorLen
)

// AppendFrame appends the frame with its Ethernet header.
func (p PDU) AppendFrame(b []byte, source System) []byte {
	end := len(b) + FrameLen
	b = append(appendHeader(b, source), subtypeLACP, version)
	b = p.Actor.append(b, tlvActor)
	b = p.Partner.append(b, tlvPartner)
	b = append(b, tlvCollector, collectorLen)
	return append(b, make([]byte, end-len(b))...)
}

func appendHeader(b []byte, source System) []byte {
	b = append(b, Address[:]...)
	b = append(b, source[:]...)
	return binary.BigEndian.AppendUint16(b, EtherType)
}

func (i Info) append(b []byte, tlv byte) []byte {
	order := binary.BigEndian
	b = append(b, tlv, infoLen)
	b = order.AppendUint16(b, i.SystemPriority)
	b = append(b, i.System[:]...)
	b = order.AppendUint16(b, i.Key)
	b = order.AppendUint16(b, i.PortPriority)
	b = order.AppendUint16(b, i.Port)
	b = append(b, byte(i.State))
	return append(b, make([]byte, infoReserved)...)
}

// ParseFrame returns the PDU in a frame, and false if the frame has none. As the
// standard demands, it ignores the version, the types of the elements and the reserved
// bytes; a later version may have more elements before the terminator.
func ParseFrame(frame []byte) (p PDU, ok bool) {
	b, ok := body(frame, subtypeLACP)
	if !ok || b[actorAt+1] != infoLen || b[partnerAt+1] != infoLen || b[collectorAt+1] != collectorLen {
		return PDU{}, false
	}
	if b[1] <= version && b[terminatorAt+1] != 0 {
		return PDU{}, false
	}
	return PDU{parseInfo(b[actorAt:]), parseInfo(b[partnerAt:])}, true
}

// body returns the part of a frame after the Ethernet header, if it is of the subtype.
func body(frame []byte, subtype byte) ([]byte, bool) {
	if len(frame) < FrameLen || binary.BigEndian.Uint16(frame[headerLen-2:]) != EtherType {
		return nil, false
	}
	b := frame[headerLen:]
	return b, b[0] == subtype
}

func parseInfo(b []byte) Info {
	order := binary.BigEndian
	return Info{
		SystemPriority: order.Uint16(b[2:]),
		System:         System(b[4:]),
		Key:            order.Uint16(b[10:]),
		PortPriority:   order.Uint16(b[12:]),
		Port:           order.Uint16(b[14:]),
		State:          State(b[16]),
	}
}

// Elements of a marker frame, with which the other end asks whether all earlier frames
// have arrived, and of the response.
const (
	markerAt       = 2
	markerRequest  = 1
	markerResponse = 2
	markerLen      = 22
)

// AppendMarkerResponse appends the response to a frame, and returns false if the frame
// has no marker.
func AppendMarkerResponse(b, frame []byte, source System) ([]byte, bool) {
	m, ok := body(frame, subtypeMarker)
	if !ok || m[markerAt] != markerRequest || m[markerAt+1] != markerLen {
		return b, false
	}
	end := len(b) + FrameLen
	b = append(appendHeader(b, source), subtypeMarker, version, markerResponse, markerLen)
	b = append(b, m[markerAt+2:markerAt+markerLen]...)
	return append(b, make([]byte, end-len(b))...), true
}
