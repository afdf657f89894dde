package packet

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
)

// A Socket receives whole frames from a link.
type Socket struct {
	file *os.File
}

// Frames opens a socket that receives a copy of each Ethernet frame that a link
// sends or receives.
func Frames(ns *iplink.NetNS, link string) (*Socket, error) {
	return open(ns, link, unix.AF_PACKET, unix.SOCK_RAW, htons(unix.ETH_P_ALL), func(index int) unix.Sockaddr {
		return &unix.SockaddrLinklayer{Protocol: uint16(htons(unix.ETH_P_ALL)), Ifindex: index}
	})
}

// CAN opens a socket on a CAN link. It receives the frames that others send on the
// link.
func CAN(ns *iplink.NetNS, link string) (*Socket, error) {
	return open(ns, link, unix.AF_CAN, unix.SOCK_RAW, unix.CAN_RAW, func(index int) unix.Sockaddr {
		return &unix.SockaddrCAN{Ifindex: index}
	})
}

func open(ns *iplink.NetNS, link string, family, typ, protocol int, addr func(index int) unix.Sockaddr) (*Socket, error) {
	var fd int
	err := ns.Do(func() error {
		dev, err := net.InterfaceByName(link)
		if err != nil {
			return fmt.Errorf("%s: %w", link, err)
		}
		if fd, err = unix.Socket(family, typ|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, protocol); err != nil {
			return fmt.Errorf("socket on %s: %w", link, err)
		}
		if err := unix.Bind(fd, addr(dev.Index)); err != nil {
			return errors.Join(fmt.Errorf("socket on %s: %w", link, err), unix.Close(fd))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &Socket{os.NewFile(uintptr(fd), "socket on "+link)}, nil
}

// htons returns a number in network byte order.
func htons(n uint16) int {
	return int(binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, n)))
}

// Close closes the socket.
func (s *Socket) Close() error { return s.file.Close() }

// Write sends a frame.
func (s *Socket) Write(frame []byte) (int, error) { return s.file.Write(frame) }

// Next returns the next frame for which is returns true, and waits for it for up to
// ten seconds.
func (s *Socket) Next(ctx context.Context, is func(frame []byte) bool) ([]byte, error) {
	if err := s.file.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { s.file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	for buf := make([]byte, 1<<16); ; {
		n, err := s.file.Read(buf)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.Is(err, unix.ENETDOWN): // reported once to sockets older than the link's coming up
		case err != nil:
			return nil, err
		case is(buf[:n]):
			return buf[:n], nil
		}
	}
}

// bindTo returns a function that binds a socket to a link.
func bindTo(link string) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) (err error) {
		fault := c.Control(func(fd uintptr) { err = unix.BindToDevice(int(fd), link) })
		return errors.Join(fault, err)
	}
}
