package team

import (
	"encoding/binary"

	"github.com/iplink-go/iplink/internal/wire"
)

// A packetConn is a packet socket on one port.
type packetConn interface {
	// send sends a packet of a protocol to a link-layer address. If the socket is raw,
	// the packet has its own header, and both are ignored.
	send(packet []byte, protocol uint16, to [macLen]byte) error
	close()
}

// A packetKind is a sort of packet socket.
type packetKind struct {
	// purpose is the name of the socket's user, for errors.
	purpose string
	// protocol is the one to be received. If it is 0, all are, so that ports that are
	// not in use are heard: the team discards their frames before the kernel separates
	// the protocols.
	protocol uint16
	// raw sockets send and receive whole frames, including the header.
	raw bool
	// filter selects the packets to be received; nil for all.
	filter []Instruction
	// group is a multicast address to be received; zero for none.
	group [macLen]byte
}

// mostPacket exceeds the length of all packets that a runner examines.
const mostPacket = 256

// network16 returns n with its bytes in network order.
func network16(n uint16) uint16 {
	return wire.Order.Uint16(binary.BigEndian.AppendUint16(nil, n))
}
