package rtnl

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/highfd"
)

// A waiter wakes the goroutine that waits for a socket. It is an epoll instance around
// the socket, which Go's poller watches instead of the socket. With the socket
// itself, the poller would wake a thread for every datagram, wanted or not; a waiter
// can be disabled.
type waiter struct {
	file   *os.File // the epoll instance
	raw    syscall.RawConn
	socket int
}

func newWaiter(socket int) (*waiter, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if epoll, err = highfd.Number(epoll); err != nil {
		return nil, err
	}
	_ = unix.SetNonblock(epoll, true) // required by Go's poller
	w := &waiter{file: os.NewFile(uintptr(epoll), "epoll"), socket: socket}
	if w.raw, err = w.file.SyscallConn(); err == nil {
		err = w.control(unix.EPOLL_CTL_ADD, unix.EPOLLIN|unix.EPOLLET)
	}
	if err != nil {
		return nil, errors.Join(err, w.file.Close())
	}
	return w, nil
}

func (w *waiter) control(op int, events uint32) error {
	var inner error
	err := w.raw.Control(func(epoll uintptr) {
		inner = unix.EpollCtl(int(epoll), op, w.socket, &unix.EpollEvent{Events: events})
	})
	return errors.Join(err, os.NewSyscallError("epoll_ctl", inner))
}

// enable makes datagrams end a wait, including those already queued.
func (w *waiter) enable() error {
	return w.control(unix.EPOLL_CTL_MOD, unix.EPOLLIN|unix.EPOLLET)
}

// disable stops datagrams from waking a thread.
func (w *waiter) disable() error {
	return w.control(unix.EPOLL_CTL_MOD, 0)
}
