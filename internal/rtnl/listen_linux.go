package rtnl

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/wire"
)

// A Listener is a route netlink socket that receives what the kernel announces
// about links. Only one goroutine at a time may receive.
type Listener struct {
	nl      *netlink.Conn
	raw     syscall.RawConn
	release func() // ends the wait for the end of ctx
	read    []byte
	oob     []byte

	take func(uintptr) bool // reads one datagram; made once, not for each
	wait bool               // until there is one
	got  struct {
		n    int
		nsid int32
		err  error
	}
}

// Listen opens a Listener in the network namespace that netns is a descriptor
// of, in the caller's if it is 0. What the kernel announces from then on waits
// in the socket's buffer. Once ctx has ended Receive fails.
func Listen(ctx context.Context, netns int, how Listening) (*Listener, error) {
	nl, err := netlink.Dial(unix.NETLINK_ROUTE, &netlink.Config{NetNS: netns})
	if err != nil {
		return nil, err
	}
	l := &Listener{nl: nl, read: make([]byte, readSize), oob: make([]byte, unix.CmsgSpace(4))}
	if err := l.configure(how); err != nil {
		return nil, errors.Join(err, nl.Close())
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		_ = nl.SetReadDeadline(time.Unix(1, 0))
	})
	l.release = func() {
		if !stop() {
			<-done
		}
	}
	return l, nil
}

// configure joins the groups last, so that there is room for what comes.
func (l *Listener) configure(how Listening) (err error) {
	if l.raw, err = l.nl.SyscallConn(); err != nil {
		return err
	}
	l.take = func(fd uintptr) bool {
		l.got.n, l.got.nsid, l.got.err = l.fromKernel(int(fd))
		return !l.wait || !errors.Is(l.got.err, unix.EAGAIN)
	}
	if how.Buffer > 0 {
		_ = l.nl.SetReadBuffer(how.Buffer) // the kernel grants what it likes
	}
	groups := []uint32{unix.RTNLGRP_LINK, unix.RTNLGRP_IPV6_IFINFO}
	if how.AllNetNS {
		if err := l.nl.SetOption(netlink.ListenAllNSID, true); err != nil {
			return err
		}
		groups = append(groups, unix.RTNLGRP_NSID)
	}
	for _, group := range groups {
		if err := l.nl.JoinGroup(group); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the socket.
func (l *Listener) Close() error {
	l.release()
	return l.nl.Close()
}

// Control calls f with the socket's descriptor.
func (l *Listener) Control(f func(fd int) error) error {
	var inner error
	err := l.raw.Control(func(fd uintptr) { inner = f(int(fd)) })
	return errors.Join(err, inner)
}

// Receive returns the next datagram, which is valid until the next call, and
// the id of the namespace that it is about, OwnNetNS unless the kernel names
// another. If it must not wait and there is none, the datagram is nil. The
// error is ErrOverrun when announcements were lost, and os.ErrDeadlineExceeded
// when the context of the Listener has ended.
func (l *Listener) Receive(wait bool) (datagram []byte, nsid int32, err error) {
	l.wait = wait
	err = l.raw.Read(l.take)
	n, inner := l.got.n, l.got.err
	switch {
	case err != nil:
		return nil, OwnNetNS, err
	case errors.Is(inner, unix.EAGAIN):
		return nil, OwnNetNS, nil
	case errors.Is(inner, unix.ENOBUFS), n > len(l.read):
		return nil, OwnNetNS, ErrOverrun
	case inner != nil:
		return nil, OwnNetNS, os.NewSyscallError("recvmsg", inner)
	}
	return l.read[:n], l.got.nsid, nil
}

// fromKernel reads one datagram and passes over those of other processes.
func (l *Listener) fromKernel(fd int) (int, int32, error) {
	for {
		n, oobn, sender, err := recvmsg(fd, l.read, l.oob)
		if err != nil {
			return 0, OwnNetNS, err
		}
		if sender == 0 {
			return n, parseNSID(l.oob[:oobn]), nil
		}
	}
}

// parseNSID finds the id of a namespace in ancillary data.
func parseNSID(oob []byte) int32 {
	if len(oob) == 0 {
		return OwnNetNS
	}
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return OwnNetNS
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_NETLINK && m.Header.Type == unix.NETLINK_LISTEN_ALL_NSID && len(m.Data) >= 4 {
			return int32(wire.Order.Uint32(m.Data))
		}
	}
	return OwnNetNS
}
