package rtnl

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/highfd"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Listener is a netlink socket that receives the kernel's announcements about
// links and other groups, or of a generic netlink family. Only one goroutine at a time may receive.
type Listener struct {
	fd      int
	waiter  *waiter
	burst   burst
	ctx     context.Context // ends with the Listener
	release func()          // ends ctx
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

// Waking up for a single announcement costs several times as much as reading and
// decoding it, because all caches are cold by then. During a burst, a Listener
// therefore pauses between reads, as drivers of network cards do.
const (
	burstPause = time.Millisecond
	// burstAfter is the number of consecutive waits shorter than a pause that begin
	// a burst. A program that makes a change, waits for the announcement and makes
	// the next change loses one pause in so many changes.
	burstAfter = 8
	// burstLeast is the number of announcements that a pause must bring for the
	// burst to continue. burstMost is half the number that fits the receive buffer
	// granted to unprivileged processes: 212992 bytes, doubled, at 4352 bytes each.
	burstLeast, burstMost = 2, 48
)

// A burst counts announcements and waits for them.
type burst struct {
	waits int       // consecutive waits shorter than a pause
	woken time.Time // end of the last wait
	came  int       // announcements since the first of these waits, or the last pause
}

func (b *burst) woke(now time.Time) {
	if now.Sub(b.woken) >= burstPause {
		b.waits, b.came = 0, 0
	}
	b.waits, b.woken = b.waits+1, now
}

// Listen opens a Listener for changes of links in the network namespace of the
// descriptor netns, or in the caller's if netns is Here. Announcements made from
// then on are queued in the socket's buffer. Receive fails after ctx has ended.
func Listen(ctx context.Context, netns int, how Listening) (*Listener, error) {
	groups := append([]uint32{unix.RTNLGRP_LINK, unix.RTNLGRP_IPV6_IFINFO}, how.Groups...)
	if how.AllNetNS {
		groups = append(groups, unix.RTNLGRP_NSID)
	}
	return listenTo(ctx, unix.NETLINK_ROUTE, netns, how, groups...)
}

func listenTo(ctx context.Context, protocol, netns int, how Listening, groups ...uint32) (*Listener, error) {
	var nl *netlink.Conn
	err := inside(netns, func() (err error) {
		nl, err = netlink.Dial(protocol, nil)
		return err
	})
	if nl != nil {
		defer nl.Close() // the Listener has another descriptor
	}
	if err != nil {
		return nil, err
	}
	l := &Listener{read: make([]byte, readSize), oob: make([]byte, unix.CmsgSpace(4))}
	if err := configure(nl, how, groups); err != nil {
		return nil, err
	}
	if err := l.open(nl); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	l.ctx = ctx
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		_ = l.waiter.file.SetReadDeadline(time.Unix(1, 0))
	})
	l.release = func() {
		if !stop() {
			<-done
		}
		cancel()
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

// open sets the Listener's own descriptor of the socket, and its waiter.
func (l *Listener) open(nl *netlink.Conn) (err error) {
	if l.fd, err = detach(nl); err != nil {
		return err
	}
	if l.waiter, err = newWaiter(l.fd); err != nil {
		return errors.Join(err, unix.Close(l.fd))
	}
	l.take = l.takeOne
	return nil
}

// detach returns another descriptor of the socket, that the runtime does not poll.
func detach(nl *netlink.Conn) (fd int, err error) {
	raw, err := nl.SyscallConn()
	if err != nil {
		return -1, err
	}
	inner := raw.Control(func(socket uintptr) { fd, err = highfd.Dup(int(socket)) })
	return fd, errors.Join(inner, err)
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
	return errors.Join(l.waiter.file.Close(), os.NewSyscallError("close", unix.Close(l.fd)))
}

// Control calls f with the socket's descriptor.
func (l *Listener) Control(f func(fd int) error) error {
	var inner error
	err := l.waiter.raw.Control(func(uintptr) { inner = f(l.fd) })
	return errors.Join(err, inner)
}

// Beside reports whether l and c belong to one namespace, as far as can be determined.
func (l *Listener) Beside(c *Conn) bool {
	x, err := netNSCookie(c.Control)
	if err != nil {
		return false
	}
	y, err := netNSCookie(l.Control)
	return err == nil && x == y
}

// netNSCookie returns the number of a socket's namespace, which is never reused for
// another namespace.
func netNSCookie(control func(func(fd int) error) error) (cookie uint64, err error) {
	err = control(func(fd int) (err error) {
		cookie, err = unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
		return err
	})
	return cookie, err
}

// Receive returns the next datagram, which is valid until the next call, and the id
// of the namespace that it concerns: OwnNetNS unless the kernel names another. The
// datagram is nil if there is none and wait is false. The error is ErrOverrun if
// announcements were lost, and os.ErrDeadlineExceeded if the Listener's context has
// ended. During a burst, Receive returns a datagram up to one pause late.
func (l *Listener) Receive(wait bool) (datagram []byte, nsid int32, err error) {
	for {
		datagram, nsid, err = l.receive(wait && l.burst.waits < burstAfter)
		if datagram != nil || err != nil || !wait {
			return datagram, nsid, err
		}
		if err := l.pause(); err != nil {
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

// pause lets announcements of a burst accumulate. If the last pause brought too few
// or too many, it ends the burst.
func (l *Listener) pause() error {
	if came := l.burst.came; came < burstLeast || came > burstMost {
		l.burst.waits = 0
		return l.waiter.enable()
	}
	l.burst.came = 0
	err := l.waiter.disable()
	_ = sleep(l.ctx, burstPause) // the next read reports the end of ctx
	return err
}

// receive is Receive without the pauses of a burst.
func (l *Listener) receive(wait bool) (datagram []byte, nsid int32, err error) {
	l.wait, l.got.waited = wait, false
	err = l.waiter.raw.Read(l.take)
	if l.got.waited {
		l.burst.woke(time.Now())
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
	l.burst.came++
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
