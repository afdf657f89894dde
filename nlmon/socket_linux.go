package nlmon

import (
	"encoding/binary"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/highfd"
)

// A socket receives the packets of an nlmon link.
type socket struct {
	file    *os.File
	raw     syscall.RawConn
	data    []byte
	control []byte
	dropped uint32 // total when the last packet was put into the buffer
}

func openSocket(index, buffer int) (*socket, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if fd, err = highfd.Number(fd); err != nil {
		return nil, err
	}
	s := &socket{file: os.NewFile(uintptr(fd), "packet"), data: make([]byte, snapLen), control: make([]byte, 256)}
	if s.raw, err = s.file.SyscallConn(); err == nil {
		err = configure(fd, index, buffer)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// configure binds the socket last, so that all received packets come from this link
// and have the requested options.
func configure(fd, index, buffer int) error {
	for _, option := range []int{unix.SO_TIMESTAMPNS_NEW, unix.SO_RXQ_OVFL} {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, option, 1); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer/2) != nil { // the kernel doubles it
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, buffer/2); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	everything := binary.NativeEndian.Uint16([]byte{0, unix.ETH_P_ALL})
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: everything, Ifindex: index}); err != nil {
		return os.NewSyscallError("bind", err)
	}
	// Only SO_ERROR reports that the link is down.
	errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && errno != 0 {
		err = syscall.Errno(errno)
	}
	return os.NewSyscallError("bind", err)
}

func (s *socket) close() {
	s.file.Close()
}

// interrupt ends the current receive and all later ones.
func (s *socket) interrupt() {
	s.file.SetReadDeadline(time.Unix(1, 0))
}

// receive waits for a packet, whose data is valid until the next call.
func (s *socket) receive(p *Packet) error {
	var inner error
	err := s.raw.Read(func(fd uintptr) bool {
		inner = s.receiveNow(int(fd), p)
		return inner != unix.EAGAIN
	})
	if err != nil {
		return err
	}
	return os.NewSyscallError("recvmsg", inner)
}

// tryReceive is receive without waiting. It reports whether there was a packet.
func (s *socket) tryReceive(p *Packet) bool {
	inner := error(unix.EAGAIN)
	err := s.raw.Control(func(fd uintptr) { inner = s.receiveNow(int(fd), p) })
	return err == nil && inner == nil
}

func (s *socket) receiveNow(fd int, p *Packet) error {
	for {
		n, controlLen, _, from, err := unix.Recvmsg(fd, s.data, s.control, unix.MSG_DONTWAIT|unix.MSG_TRUNC)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		*p = Packet{Data: s.data[:min(n, len(s.data))], Length: n}
		if link, ok := from.(*unix.SockaddrLinklayer); ok {
			p.Family = Family(binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, link.Protocol)))
		}
		return s.parse(s.control[:controlLen], p)
	}
}

// parse reads the control messages of a packet.
func (s *socket) parse(control []byte, p *Packet) error {
	messages, err := unix.ParseSocketControlMessage(control)
	for _, m := range messages {
		switch {
		case m.Header.Level != unix.SOL_SOCKET:
		case m.Header.Type == unix.SO_TIMESTAMPNS_NEW && len(m.Data) >= 16:
			p.Time = time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:])))
		case m.Header.Type == unix.SO_RXQ_OVFL && len(m.Data) >= 4:
			dropped := binary.NativeEndian.Uint32(m.Data)
			p.Dropped, s.dropped = dropped-s.dropped, dropped
		}
	}
	return err
}

// statistics returns the number of packets and the number of dropped packets among
// them, modulo 1<<32. Each call resets the kernel's counters.
func (s *socket) statistics() (packets, dropped uint32, err error) {
	var stats *unix.TpacketStats
	var inner error
	err = s.raw.Control(func(fd uintptr) {
		stats, inner = unix.GetsockoptTpacketStats(int(fd), unix.SOL_PACKET, unix.PACKET_STATISTICS)
	})
	switch {
	case err != nil:
		return 0, 0, err
	case inner != nil:
		return 0, 0, os.NewSyscallError("getsockopt", inner)
	}
	return stats.Packets, stats.Drops, nil
}
