package rtnl

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/wire"
)

// A Listener is a netlink socket that receives the kernel's announcements about
// links or of a generic netlink family. Only one goroutine at a time may receive.
type Listener struct {
	fd      int
	bell    *bell
	rush    rush
	release func() // stops waiting for the end of ctx
	read    []byte
	oob     []byte

	take func(uintptr) bool // reads one datagram; allocated once
	wait bool               // until a datagram arrives
	got  struct {
		n      int
		nsid   int32
		err    unix.Errno
		waited bool // for the datagram
	}
}

// Listen opens a Listener for changes of links in the network namespace of the
// descriptor netns, or in the caller's if netns is Here. Announcements made from
// then on are queued in the socket's buffer. Receive fails after ctx has ended.
func Listen(ctx context.Context, netns int, how Listening) (*Listener, error) {
	groups := []uint32{unix.RTNLGRP_LINK, unix.RTNLGRP_IPV6_IFINFO}
	if how.AllNetNS {
		groups = append(groups, unix.RTNLGRP_NSID)
	}
	return listenTo(ctx, unix.NETLINK_ROUTE, netns, how, groups...)
}

func listenTo(ctx context.Context, protocol, netns int, how Listening, groups ...uint32) (*Listener, error) {
	nl, err := openIn(netns, protocol, netlink.Config{})
	if err != nil {
		return nil, err
	}
	defer nl.Close() // the Listener has another descriptor
	l := &Listener{read: make([]byte, readSize), oob: make([]byte, unix.CmsgSpace(4))}
	if err := configure(nl, how, groups); err != nil {
		return nil, err
	}
	if err := l.open(nl); err != nil {
		return nil, err
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		_ = l.bell.file.SetReadDeadline(time.Unix(1, 0))
	})
	l.release = func() {
		if !stop() {
			<-done
		}
	}
	return l, nil
}

// configure joins the groups last, so that the buffer is ready for announcements.
func configure(nl *netlink.Conn, how Listening, groups []uint32) error {
	if how.Buffer > 0 {
		_ = nl.SetReadBuffer(how.Buffer) // the kernel may grant less
	}
	if how.AllNetNS {
		if err := nl.SetOption(netlink.ListenAllNSID, true); err != nil {
			return err
		}
	}
	for _, group := range groups {
		if err := nl.JoinGroup(group); err != nil {
			return err
		}
	}
	return nil
}

// open sets the Listener's own descriptor of the socket, and its bell.
func (l *Listener) open(nl *netlink.Conn) (err error) {
	if l.fd, err = detach(nl); err != nil {
		return err
	}
	if l.bell, err = newBell(l.fd); err != nil {
		return errors.Join(err, unix.Close(l.fd))
	}
	l.take = l.takeOne
	return nil
}

// takeOne reads one datagram if possible, and reports whether the wait is over.
func (l *Listener) takeOne(uintptr) bool {
	l.got.n, l.got.nsid, l.got.err = l.fromKernel()
	if l.wait && l.got.err == unix.EAGAIN {
		l.got.waited = true
		return false
	}
	return true
}

// Close closes the socket.
func (l *Listener) Close() error {
	l.release()
	return errors.Join(l.bell.file.Close(), os.NewSyscallError("close", unix.Close(l.fd)))
}

// Control calls f with the socket's descriptor.
func (l *Listener) Control(f func(fd int) error) error {
	var inner error
	err := l.bell.raw.Control(func(uintptr) { inner = f(l.fd) })
	return errors.Join(err, inner)
}

// Receive returns the next datagram, which is valid until the next call, and the id
// of the namespace that it concerns: OwnNetNS unless the kernel names another. The
// datagram is nil if there is none and wait is false. The error is ErrOverrun if
// announcements were lost, and os.ErrDeadlineExceeded if the Listener's context has
// ended. During a rush, Receive may wait up to one lull longer than necessary.
func (l *Listener) Receive(wait bool) (datagram []byte, nsid int32, err error) {
	for {
		datagram, nsid, err = l.receive(wait && !l.rush.on)
		if datagram != nil || err != nil || !wait {
			return datagram, nsid, err
		}
		if err := l.lull(); err != nil {
			return nil, OwnNetNS, err
		}
	}
}

// Drain reads until the queue is empty, which ends an overrun. It discards the
// announcements that it reads.
func (l *Listener) Drain() error {
	for {
		datagram, _, err := l.Receive(false)
		if err != nil && !errors.Is(err, ErrOverrun) || err == nil && datagram == nil {
			return err
		}
	}
}

// lull pauses for a while, or ends the rush.
func (l *Listener) lull() error {
	if l.rush.pauses() {
		time.Sleep(lull)
		return nil
	}
	return l.bell.listen()
}

// receive is Receive without the pauses of a rush.
func (l *Listener) receive(wait bool) (datagram []byte, nsid int32, err error) {
	l.wait, l.got.waited = wait, false
	err = l.bell.raw.Read(l.take)
	if l.got.waited && l.rush.woke(time.Now()) {
		err = errors.Join(err, l.bell.silence())
	}
	n, errno := l.got.n, l.got.err
	switch {
	case err != nil:
		return nil, OwnNetNS, err
	case errno == unix.EAGAIN:
		return nil, OwnNetNS, nil
	case errno == unix.ENOBUFS, errno == unix.EMSGSIZE: // the announcement was too long
		return nil, OwnNetNS, ErrOverrun
	case n > len(l.read):
		l.read = make([]byte, n+n/4)
		return nil, OwnNetNS, ErrOverrun
	case errno != 0:
		return nil, OwnNetNS, os.NewSyscallError("recvmsg", errno)
	}
	l.rush.seen++
	return l.read[:n], l.got.nsid, nil
}

// fromKernel reads one datagram and skips those from other processes.
func (l *Listener) fromKernel() (int, int32, unix.Errno) {
	for {
		n, oobn, sender, errno := recvmsg(l.fd, l.read, l.oob)
		if errno != 0 {
			return 0, OwnNetNS, errno
		}
		if sender == 0 {
			return n, parseNSID(l.oob[:oobn]), 0
		}
	}
}

// parseNSID returns the namespace id in the ancillary data.
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
