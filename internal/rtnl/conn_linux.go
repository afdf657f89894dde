package rtnl

import (
	"context"
	"errors"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/wire"
)

const (
	// readSize holds the largest datagram of a dump (32 KiB) twice: the kernel
	// fills as much as it has seen a reader offer.
	readSize = 64 << 10

	// readBuffer bounds what may wait unread, and writeBuffer one send. They
	// are limits, not memory taken: some thousand requests go out in one send,
	// and the answers to all of them must fit. The kernel doubles both.
	readBuffer  = 16 << 20
	writeBuffer = 4 << 20
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
	bytes int  // the longest send
	stale bool // answers to an earlier batch may still be in the queue
	hook  Hook

	put  func(uintptr) bool // sends what is to be sent
	take func(uintptr) bool // reads one datagram into read
	look func(uintptr)      // the same, for a read that does not wait
	sent struct {
		p   []byte
		err error
	}
	got struct {
		n   int
		err error
	}

	mu     sync.Mutex
	closed bool
	users  int // who needs the socket even if it is closed
}

// Dial opens a socket in the network namespace that netns is a descriptor of,
// in the caller's if it is 0. Extended acknowledgements and strict checking
// are on.
func Dial(netns int) (*Conn, error) {
	return dial(unix.NETLINK_ROUTE, netlink.Config{NetNS: netns, Strict: true})
}

func dial(family int, config netlink.Config) (*Conn, error) {
	config.MessageBufferSize = readSize
	nl, err := netlink.Dial(family, &config)
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
	c.prepare()
	if err := c.nl.SetOption(netlink.CapAcknowledge, true); err != nil {
		return err
	}
	// Without privilege the kernel grants less than asked for: what counts is
	// what it granted, so these errors may pass.
	_ = c.nl.SetReadBuffer(readBuffer)
	_ = c.nl.SetWriteBuffer(writeBuffer)
	read, err := c.nl.ReadBuffer()
	if err != nil {
		return err
	}
	write, err := c.nl.WriteBuffer()
	c.room, c.bytes = read-read/8, write-write/8
	return err
}

// Close closes the socket. Calls that are going on end with os.ErrClosed as
// soon as they have the answers to what they sent, and only then, and when
// nobody holds it any longer, does the socket go.
func (c *Conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return os.ErrClosed
	}
	c.closed = true
	if c.users == 0 {
		return c.nl.Close()
	}
	return c.nl.SetReadDeadline(time.Unix(1, 0))
}

func (c *Conn) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// Control calls f with the socket's descriptor, which ioctls of the socket's
// namespace can be made on.
func (c *Conn) Control(f func(fd int) error) error {
	var inner error
	if err := c.raw.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return err
	}
	return inner
}

// Do sends the requests of b, as many at a time as there is room for the
// answers, and awaits the answers. It returns an error if the exchange did not
// come to its end; what became of each request, Err tells.
//
// When ctx ends, requests that were not sent yet stay unsent; the answers to
// those that were are still collected, so that a caller knows what to undo.
func (c *Conn) Do(ctx context.Context, b *Batch) error {
	h, err := c.Hold()
	if err != nil {
		b.failUnsent(err)
		return err
	}
	defer h.Release()
	return c.do(ctx, b, false)
}

func (c *Conn) do(ctx context.Context, b *Batch, last bool) error {
	x := exchange{c: c, ctx: ctx, b: b, last: last}
	if err := x.begin(); err != nil {
		b.failUnsent(err)
		return err
	}
	defer c.end()
	x.base = c.seq + 1
	c.seq += uint32(b.Len())
	for x.to < b.Len() {
		x.from, x.to = x.to, b.fit(x.to, c.room, c.bytes)
		if err := x.run(); err != nil {
			b.failUnsent(err)
			return err
		}
	}
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

// send sends messages in one system call.
func (c *Conn) send(p []byte) error {
	if err := c.pass(BeforeSend); err != nil {
		return err
	}
	c.sent.p = p
	err := c.raw.Write(c.put)
	if err == nil && c.sent.err != nil {
		err = os.NewSyscallError("send", c.sent.err)
	}
	c.sent.p = nil
	return err
}

// receive reads one datagram of the kernel's. If it must not wait and there is
// none, it returns 0 bytes. Only a read that waits heeds the deadline.
func (c *Conn) receive(wait bool) (n int, err error) {
	if err := c.pass(BeforeReceive); err != nil {
		return 0, err
	}
	if wait {
		err = c.raw.Read(c.take)
	} else {
		err = c.raw.Control(c.look)
	}
	n, inner := c.got.n, c.got.err
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
	return n, c.pass(AfterReceive)
}

// prepare makes the functions that send and receive hand to the runtime once, for
// each of them would be an allocation for every datagram.
func (c *Conn) prepare() {
	c.put = func(fd uintptr) bool {
		c.sent.err = unix.Send(int(fd), c.sent.p, 0)
		return !errors.Is(c.sent.err, unix.EAGAIN)
	}
	c.take = func(fd uintptr) bool {
		c.got.n, c.got.err = c.fromKernel(int(fd))
		return !errors.Is(c.got.err, unix.EAGAIN)
	}
	c.look = func(fd uintptr) { c.take(fd) }
}

// fromKernel reads one datagram and passes over those of other processes, which
// may send to any netlink socket if they have the privilege.
func (c *Conn) fromKernel(fd int) (int, error) {
	for {
		n, sender, err := recvfrom(fd, c.read)
		if err != nil || sender == 0 {
			return n, err
		}
	}
}
