package rtnl

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/highfd"
)

// A bell wakes the goroutine that waits for a socket. It is an epoll instance around
// the socket, which Go's poller watches instead of the socket. With the socket
// itself, the poller would wake a thread for every datagram, wanted or not; a bell
// can be silenced.
type bell struct {
	file   *os.File // the epoll instance
	raw    syscall.RawConn
	epoll  int
	socket int
}

func newBell(socket int) (*bell, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if epoll, err = highfd.Number(epoll); err != nil {
		return nil, err
	}
	_ = unix.SetNonblock(epoll, true) // required by Go's poller
	b := &bell{file: os.NewFile(uintptr(epoll), "epoll"), epoll: epoll, socket: socket}
	if b.raw, err = b.file.SyscallConn(); err == nil {
		err = b.control(unix.EPOLL_CTL_ADD, unix.EPOLLIN|unix.EPOLLET)
	}
	if err != nil {
		return nil, errors.Join(err, b.file.Close())
	}
	return b, nil
}

func (b *bell) control(op int, events uint32) error {
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(b.epoll, op, b.socket, &unix.EpollEvent{Events: events}))
}

// listen makes datagrams ring the bell, including those already queued.
func (b *bell) listen() error {
	return b.control(unix.EPOLL_CTL_MOD, unix.EPOLLIN|unix.EPOLLET)
}

// silence stops datagrams from ringing the bell.
func (b *bell) silence() error {
	return b.control(unix.EPOLL_CTL_MOD, 0)
}
