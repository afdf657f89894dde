package rtnl

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

const (
	// readSize holds the largest datagram of a dump (32 KiB) twice: the kernel
	// fills as much as it has seen a reader offer.
	readSize = 64 << 10

	// socketBuffer bounds what may wait unread. It is a limit, not memory
	// taken: answers to many requests in one send must all fit.
	socketBuffer = 4 << 20

	// grace is how long answers to what was sent are awaited after ctx has
	// ended. The kernel has queued them before the send returned.
	grace = 2 * time.Second
)

// A Conn is a route netlink socket. Many goroutines may use it; their batches
// go out one after another.
type Conn struct {
	nl    *netlink.Conn
	raw   syscall.RawConn
	turn  chan struct{} // holds a token while an exchange is going on
	seq   uint32
	read  []byte
	room  int  // how much the answers to one send may take, in bytes
	stale bool // answers to a cancelled batch may still be in the queue
}

// Dial opens a socket in the network namespace that netns is a descriptor of,
// in the caller's if it is 0. Extended acknowledgements and strict checking
// are on.
func Dial(netns int) (*Conn, error) {
	nl, err := netlink.Dial(unix.NETLINK_ROUTE, &netlink.Config{
		NetNS:             netns,
		Strict:            true,
		MessageBufferSize: readSize,
	})
	if err != nil {
		return nil, err
	}
	c := &Conn{nl: nl, turn: make(chan struct{}, 1), read: make([]byte, readSize)}
	if err := c.configure(); err != nil {
		return nil, errors.Join(err, nl.Close())
	}
	return c, nil
}

func (c *Conn) configure() error {
	raw, err := c.nl.SyscallConn()
	if err != nil {
		return err
	}
	c.raw = raw
	if err := c.nl.SetOption(netlink.CapAcknowledge, true); err != nil {
		return err
	}
	// Without privilege the kernel grants less than asked for: what counts is
	// what it granted, so these errors may pass.
	_ = c.nl.SetReadBuffer(socketBuffer)
	_ = c.nl.SetWriteBuffer(socketBuffer)
	granted, err := c.nl.ReadBuffer()
	c.room = granted / 2
	return err
}

// Close closes the socket. An exchange that is going on ends with an error.
func (c *Conn) Close() error {
	return c.nl.Close()
}

// Control calls f with the socket's descriptor, which ioctls of the socket's
// namespace can be made on.
func (c *Conn) Control(f func(fd int) error) error {
	var inner error
	err := c.raw.Control(func(fd uintptr) { inner = f(int(fd)) })
	return errors.Join(err, inner)
}

// Do sends the requests of b, as many at a time as there is room for the
// answers, and awaits the answers. It returns an error if the exchange did not
// come to its end; what became of each request, Err tells.
//
// When ctx ends, requests that were not sent yet stay unsent; the answers to
// those that were are still collected, so that a caller knows what to undo.
func (c *Conn) Do(ctx context.Context, b *Batch) error {
	if err := c.begin(ctx); err != nil {
		b.failUnanswered(err)
		return err
	}
	defer c.end()
	base := c.seq + 1
	c.seq += uint32(b.Len())
	for from := 0; from < b.Len(); {
		to := b.fit(from, c.room)
		b.number(from, to, base)
		if err := c.exchange(ctx, b, from, to, base); err != nil {
			b.failUnanswered(err)
			return err
		}
		from = to
	}
	return nil
}

// Dump sends one request that many messages answer, and calls each for every
// one of them. When the kernel says that the list changed meanwhile it starts
// anew, after a call of restart.
func (c *Conn) Dump(ctx context.Context, typ uint16, body func([]byte) []byte, restart func(), each Reply) error {
	const attempts = 50
	for n := range attempts {
		restart()
		interrupted, err := c.dump(ctx, typ, body, each)
		if err != nil || !interrupted {
			return err
		}
		if err := sleep(ctx, time.Duration(n)*time.Millisecond); err != nil {
			return err
		}
	}
	return ErrInterrupted
}

func (c *Conn) dump(ctx context.Context, typ uint16, body func([]byte) []byte, each Reply) (interrupted bool, err error) {
	var b Batch
	b.dump(typ, func(m wire.Message) {
		interrupted = interrupted || m.Flags&uapi.NLM_F_DUMP_INTR != 0
		if m.Type != uapi.NLMSG_DONE {
			each(m)
		}
	}, body)
	if err := c.Do(ctx, &b); err != nil {
		return false, err
	}
	return interrupted, b.Err(0)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// begin waits for c's turn and clears the queue of what nobody awaits.
func (c *Conn) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case c.turn <- struct{}{}:
	}
	if !c.stale {
		return nil
	}
	if err := c.drain(); err != nil {
		c.end()
		return err
	}
	c.stale = false
	return nil
}

func (c *Conn) end() {
	<-c.turn
}

// drain reads and forgets all that is queued. Reading also drives a dump that
// was abandoned to its end, before which the kernel takes no other.
func (c *Conn) drain() error {
	for {
		n, err := c.receive(false)
		if n == 0 && err == nil {
			return nil
		}
		if err != nil && !errors.Is(err, unix.ENOBUFS) {
			return err
		}
	}
}

// exchange sends the requests from up to to and collects their answers.
func (c *Conn) exchange(ctx context.Context, b *Batch, from, to int, base uint32) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := c.send(b.buf[b.requests[from].at:b.requests[to-1].to]); err != nil {
		return err
	}
	b.markSent(from, to)
	stop := c.watch(ctx)
	defer stop()
	return c.collect(ctx, b, from, to, base)
}

// watch makes the end of ctx interrupt a read. The returned function undoes it.
func (c *Conn) watch(ctx context.Context) func() {
	if ctx.Done() == nil {
		return func() {}
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		_ = c.nl.SetReadDeadline(time.Unix(1, 0))
	})
	return func() {
		if !stop() {
			<-done
			_ = c.nl.SetReadDeadline(time.Time{})
		}
	}
}

// collect reads until the requests from up to to are answered.
func (c *Conn) collect(ctx context.Context, b *Batch, from, to int, base uint32) error {
	lost := false
	for b.pending(from, to) {
		n, err := c.receive(!lost)
		switch {
		case errors.Is(err, unix.ENOBUFS):
			lost = true
		case errors.Is(err, os.ErrDeadlineExceeded):
			return c.abandon(ctx, b, from, to, base)
		case err != nil:
			c.stale = true
			return err
		case n == 0:
			b.failLost(from, to)
		default:
			b.deliver(c.read[:n], from, to, base)
		}
	}
	return nil
}

// abandon is collect after ctx has ended: it gives up on dumps, and collects the
// answers to all else, which wait in the queue.
func (c *Conn) abandon(ctx context.Context, b *Batch, from, to int, base uint32) error {
	c.stale = true
	deadline := time.Now().Add(grace)
	for b.pendingSingles(from, to) && time.Now().Before(deadline) {
		_ = c.nl.SetReadDeadline(deadline)
		n, err := c.receive(true)
		if err != nil {
			break
		}
		b.deliver(c.read[:n], from, to, base)
	}
	return context.Cause(ctx)
}

// send sends messages in one system call.
func (c *Conn) send(p []byte) error {
	var inner error
	err := c.raw.Write(func(fd uintptr) bool {
		inner = unix.Send(int(fd), p, 0)
		return !errors.Is(inner, unix.EAGAIN)
	})
	if err == nil && inner != nil {
		err = os.NewSyscallError("send", inner)
	}
	return err
}

// receive reads one datagram of the kernel's. If it must not wait and there is
// none, it returns 0 bytes.
func (c *Conn) receive(wait bool) (n int, err error) {
	var inner error
	err = c.raw.Read(func(fd uintptr) bool {
		n, inner = c.fromKernel(int(fd))
		return !wait || !errors.Is(inner, unix.EAGAIN)
	})
	switch {
	case err != nil:
		return 0, err
	case errors.Is(inner, unix.EAGAIN):
		return 0, nil
	case inner != nil:
		return 0, os.NewSyscallError("recvfrom", inner)
	case n > len(c.read):
		return 0, wire.ErrTruncated
	}
	return n, nil
}

// fromKernel reads one datagram and passes over those of other processes, which
// may send to any netlink socket if they have the privilege.
func (c *Conn) fromKernel(fd int) (int, error) {
	for {
		n, from, err := unix.Recvfrom(fd, c.read, unix.MSG_TRUNC)
		if sender, ok := from.(*unix.SockaddrNetlink); err != nil || ok && sender.Pid == 0 {
			return n, err
		}
	}
}
