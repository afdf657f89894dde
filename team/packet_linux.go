package team

import (
	"bytes"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/highfd"
)

// packetSocket implements packetConn.
type packetSocket struct {
	file  *os.File
	raw   syscall.RawConn
	index int
}

// openPacket opens a socket in the calling thread's namespace.
func openPacket(index int, kind packetKind) (*packetSocket, error) {
	how := unix.SOCK_DGRAM
	if kind.raw {
		how = unix.SOCK_RAW
	}
	fd, err := unix.Socket(unix.AF_PACKET, how|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if fd, err = highfd.Number(fd); err != nil {
		return nil, err
	}
	s := &packetSocket{file: os.NewFile(uintptr(fd), kind.purpose), index: index}
	if err := s.attach(fd, kind); err != nil {
		s.file.Close()
		return nil, err
	}
	if s.raw, err = s.file.SyscallConn(); err != nil {
		s.file.Close()
	}
	return s, err
}

// attach installs the filter before the socket receives its first message. The
// kernel ends the membership in the group when the socket is closed.
func (s *packetSocket) attach(fd int, kind packetKind) error {
	if len(kind.filter) > 0 {
		b := appendProgram(nil, kind.filter)
		p := unix.SockFprog{Len: uint16(len(kind.filter)), Filter: (*unix.SockFilter)(unsafe.Pointer(unsafe.SliceData(b)))}
		if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &p); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	if kind.group != [macLen]byte{} {
		m := unix.PacketMreq{Ifindex: int32(s.index), Type: unix.PACKET_MR_MULTICAST, Alen: macLen}
		copy(m.Address[:], kind.group[:])
		if err := unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &m); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	protocol := kind.protocol
	if protocol == 0 {
		protocol = unix.ETH_P_ALL
	}
	return os.NewSyscallError("bind", unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: network16(protocol), Ifindex: s.index}))
}

func (s *packetSocket) send(packet []byte, protocol uint16, to [macLen]byte) error {
	addr := unix.SockaddrLinklayer{Protocol: network16(protocol), Ifindex: s.index, Halen: macLen}
	copy(addr.Addr[:], to[:])
	var inner error
	err := s.raw.Control(func(fd uintptr) {
		inner = unix.Sendto(int(fd), packet, unix.MSG_DONTWAIT, &addr)
	})
	if err != nil {
		return err
	}
	return os.NewSyscallError("sendto", inner)
}

// receive passes packets to heard until the socket is closed. If the port is down,
// the error is temporary.
func (s *packetSocket) receive(heard func([]byte)) {
	b := make([]byte, mostPacket)
	for {
		n := 0
		var inner error
		err := s.raw.Read(func(fd uintptr) bool {
			n, _, inner = unix.Recvfrom(int(fd), b, 0)
			return inner != unix.EAGAIN
		})
		if err != nil {
			return
		}
		if inner == nil {
			heard(bytes.Clone(b[:n]))
		}
	}
}

func (s *packetSocket) close() { s.file.Close() }
