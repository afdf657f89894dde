package team

import (
	"math/bits"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/highfd"
	"github.com/iplink-go/iplink/internal/wire"
)

// arpSocket is a packet socket on one port. It receives all protocols, rather than
// ARP only, in order to hear ports that are not in use: the team discards their
// frames before the kernel separates the protocols.
type arpSocket struct {
	file  *os.File
	raw   syscall.RawConn
	index int
	vlan  *uint16
}

// openARP opens a socket in the calling thread's namespace.
func openARP(index int, vlan *uint16) (*arpSocket, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if fd, err = highfd.Number(fd); err != nil {
		return nil, err
	}
	s := &arpSocket{file: os.NewFile(uintptr(fd), "arp"), index: index, vlan: vlan}
	if err := s.attach(fd, arpFilter(vlan)); err != nil {
		s.file.Close()
		return nil, err
	}
	if s.raw, err = s.file.SyscallConn(); err != nil {
		s.file.Close()
	}
	return s, err
}

// attach installs the filter before the socket receives its first message.
func (s *arpSocket) attach(fd int, filter []Instruction) error {
	b := appendProgram(nil, filter)
	p := unix.SockFprog{Len: uint16(len(filter)), Filter: (*unix.SockFilter)(unsafe.Pointer(unsafe.SliceData(b)))}
	if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &p); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	return os.NewSyscallError("bind", unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: network16(unix.ETH_P_ALL), Ifindex: s.index}))
}

// network16 returns n with its bytes in network order.
func network16(n uint16) uint16 {
	if wire.Order.Uint16([]byte{1, 0}) == 1 {
		return bits.ReverseBytes16(n)
	}
	return n
}

func (s *arpSocket) send(m arpMessage) error {
	to := unix.SockaddrLinklayer{Protocol: network16(etherARP), Ifindex: s.index, Halen: macLen}
	if s.vlan != nil {
		to.Protocol = network16(etherVLAN)
	}
	copy(to.Addr[:], broadcastAddress)
	var inner error
	err := s.raw.Control(func(fd uintptr) {
		inner = unix.Sendto(int(fd), m.appendRequest(nil, s.vlan), unix.MSG_DONTWAIT, &to)
	})
	if err != nil {
		return err
	}
	return os.NewSyscallError("sendto", inner)
}

// receive passes messages to heard until the socket is closed. If the port is down,
// the error is temporary.
func (s *arpSocket) receive(heard func(arpMessage)) {
	b := make([]byte, 64)
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
			heard(parseARP(b[:n]))
		}
	}
}

func (s *arpSocket) close() { s.file.Close() }
