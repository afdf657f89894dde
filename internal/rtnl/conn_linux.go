package rtnl

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/highfd"
)

const (
	// readSize holds the usual datagram of a dump (32 KiB) twice: the kernel fills
	// as much as it has seen a reader offer, up to that. One that holds the
	// description of an unusual link is as long as that.
	readSize = 64 << 10

	// readBuffer bounds what may wait unread, and writeBuffer one send. They
	// are limits, not memory taken: some thousand requests go out in one send,
	// and the answers to all of them must fit. The kernel doubles both.
	readBuffer  = 16 << 20
	writeBuffer = 4 << 20
)

// errClosed is os.ErrClosed in words of its own: what is closed is no file.
var errClosed error = closed{}

type closed struct{}

func (closed) Error() string { return "the connection is closed" }

func (closed) Unwrap() error { return os.ErrClosed }

// A Conn is a route netlink socket. Many goroutines may use it; their batches
// go out one after another.
type Conn struct {
	file  *os.File      // the socket
	fd    int           // of file
	turn  chan struct{} // holds a token while an exchange is going on
	seq   uint32
	read  []byte
	full  int  // how long the last datagram was if it did not fit read, else 0
	lump  lump // empty between exchanges
	room  int  // how much the answers to one send may take, in bytes
	bytes int  // the longest send
	stale bool // answers to an earlier batch may still be in the queue
	hook  Hook

	mu     sync.Mutex
	closed atomic.Bool
	users  int // who needs the socket even if it is closed
}

// Dial opens a socket in the network namespace that netns is a descriptor of,
// in the caller's if it is Here. Extended acknowledgements and strict checking
// are on.
func Dial(netns int) (*Conn, error) {
	return dial(unix.NETLINK_ROUTE, netns, netlink.Config{Strict: true})
}

func dial(family, netns int, config netlink.Config) (*Conn, error) {
	config.MessageBufferSize = readSize
	nl, err := openIn(netns, family, config)
	if err != nil {
		return nil, err
	}
	defer nl.Close() // the Conn has another descriptor
	c := &Conn{turn: make(chan struct{}, 1), read: make([]byte, readSize)}
	if err := c.configure(nl); err != nil {
		return nil, err
	}
	if c.fd, err = detach(nl); err != nil {
		return nil, err
	}
	c.file = os.NewFile(uintptr(c.fd), "netlink")
	return c, nil
}

func (c *Conn) configure(nl *netlink.Conn) error {
	if err := nl.SetOption(netlink.CapAcknowledge, true); err != nil {
		return err
	}
	// Without privilege the kernel grants less than asked for: what counts is
	// what it granted, so these errors may pass.
	_ = nl.SetReadBuffer(readBuffer)
	_ = nl.SetWriteBuffer(writeBuffer)
	read, err := nl.ReadBuffer()
	if err != nil {
		return err
	}
	write, err := nl.WriteBuffer()
	c.room, c.bytes = read-read/8, write-write/8
	return err
}

// detach returns a descriptor of a socket that the runtime does not poll. For one
// that it does, the kernel would wake a thread with each answer, although all
// answers are there when a send or a read of a list returns.
func detach(nl *netlink.Conn) (fd int, err error) {
	raw, err := nl.SyscallConn()
	if err != nil {
		return -1, err
	}
	inner := raw.Control(func(socket uintptr) { fd, err = highfd.Dup(int(socket)) })
	if err = errors.Join(inner, err); err == nil {
		_ = unix.SetNonblock(fd, false) // else an os.File would be polled
	}
	return fd, err
}

// Close closes the socket. Calls that are going on end with os.ErrClosed as
// soon as they have the answers to what they sent, and only then, and when
// nobody holds it any longer, does the socket go.
func (c *Conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Load() {
		return errClosed
	}
	c.closed.Store(true)
	if c.users == 0 {
		return c.file.Close()
	}
	return nil
}

// use keeps the socket open until a call of release. It returns os.ErrClosed if
// it has gone already.
func (c *Conn) use() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Load() && c.users == 0 {
		return errClosed
	}
	c.users++
	return nil
}

func (c *Conn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.users--
	if c.users == 0 && c.closed.Load() {
		_ = c.file.Close() // whoever closed it has had an answer
	}
}

// Control calls f with the socket's descriptor, which ioctls of the socket's
// namespace can be made on.
func (c *Conn) Control(f func(fd int) error) error {
	if err := c.use(); err != nil {
		return err
	}
	defer c.release()
	return f(c.fd)
}

// Do sends the requests of b and awaits the answers. One send holds as many
// requests as there is room for the answers, and as the kernel carries out in some
// 50 ms. Do returns an error if the exchange did not come to its end; what became
// of each request, Err tells.
//
// When ctx ends, requests that were not sent yet stay unsent; the answers to
// those that were are still collected, so that a caller knows what to undo. Do
// therefore returns within the time of one send, and that send may wait for other
// processes, which hold the kernel's lock for all links (RTNL).
func (c *Conn) Do(ctx context.Context, b *Batch) error {
	return c.do(ctx, b, false)
}

func (c *Conn) do(ctx context.Context, b *Batch, last bool) error {
	if ctx == nil {
		b.failUnsent(errNoContext)
		return errNoContext
	}
	if err := b.checkRoom(c.bytes); err != nil {
		b.failUnsent(err)
		return err
	}
	if err := c.use(); err != nil {
		b.failUnsent(err)
		return err
	}
	defer c.release()
	x := exchange{c: c, ctx: ctx, b: b, last: last}
	if err := x.begin(); err != nil {
		b.failUnsent(err)
		return err
	}
	defer c.end()
	x.base = c.seq + 1
	c.seq += uint32(b.Len())
	return x.run()
}

func (c *Conn) end() {
	<-c.turn
}

// Fit returns how many requests of so many bytes go out in one send as far as the
// acknowledgements have room.
func (c *Conn) Fit(bytes int) int {
	return min(c.room/(ackRoom+2*bytes), c.bytes/bytes)
}

// drain reads and forgets all that is queued. Reading also drives a dump that
// was abandoned to its end, before which the kernel takes no other.
func (c *Conn) drain() error {
	for {
		n, err := c.receive()
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
	if err := unix.Send(c.fd, p, 0); err != nil {
		return os.NewSyscallError("send", err)
	}
	return nil
}

// receive reads one datagram of the kernel's, and returns 0 bytes if there is
// none. Of one that is longer than read it reads the beginning.
func (c *Conn) receive() (int, error) {
	if err := c.pass(BeforeReceive); err != nil {
		return 0, err
	}
	n, err := c.fromKernel()
	switch {
	case err == unix.EAGAIN:
		return 0, nil
	case err != nil:
		return 0, os.NewSyscallError("recvfrom", err)
	}
	c.full = 0
	if n > len(c.read) {
		c.full, n = n, len(c.read)
	}
	return n, c.pass(AfterReceive)
}

// fromKernel reads one datagram and passes over those of other processes, which
// may send to any netlink socket if they have the privilege.
func (c *Conn) fromKernel() (int, error) {
	for {
		n, sender, err := recvfrom(c.fd, c.read)
		if err != nil || sender == 0 {
			return n, err
		}
	}
}

// SetRoom makes c take so many bytes for the room that its socket has for answers, so
// that tests can have a batch go out in many sends. It must not be in use.
func (c *Conn) SetRoom(bytes int) {
	c.room = bytes
}

// wait waits a while for an answer. A kernel answers before a send returns, so
// that this is never due; if it is, between looks at the context.
func (c *Conn) wait() {
	const while = 10 // ms
	_, _ = unix.Poll([]unix.PollFd{{Fd: int32(c.fd), Events: unix.POLLIN}}, while)
}
