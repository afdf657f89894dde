package rtnl

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/highfd"
	"github.com/iplink-go/iplink/internal/netns"
)

const (
	// readSize holds two of the usual datagrams of a dump (32 KiB). The kernel fills
	// datagrams up to the buffer size that the reader has offered, at most 32 KiB. A
	// datagram with the description of an unusual link is as long as the
	// description.
	readSize = 64 << 10

	// readBuffer bounds the unread data, and writeBuffer one send. They are limits,
	// not allocated memory: some thousand requests go out in one send, and all the
	// answers must fit. The kernel doubles both.
	readBuffer  = 16 << 20
	writeBuffer = 4 << 20
)

// errClosed is os.ErrClosed with its own text, since a connection is not a file.
var errClosed error = closed{}

type closed struct{}

func (closed) Error() string { return "the connection is closed" }

func (closed) Unwrap() error { return os.ErrClosed }

// A Conn is a route netlink socket. It is safe for concurrent use; batches are sent
// one after another.
type Conn struct {
	file  *os.File      // the socket
	fd    int           // of file
	turn  chan struct{} // holds a token during an exchange
	seq   uint32
	read  []byte
	space int  // bytes that the answers to one send may take
	bytes int  // maximum length of one send
	stale bool // answers to an earlier batch may still be in the queue
	hook  Hook

	tracing tracing

	mu     sync.Mutex
	closed atomic.Bool
	users  int // number of calls that need the socket even if it is closed
}

// Dial opens a socket in the network namespace of the descriptor netns, or in the
// caller's if netns is Here. Extended acknowledgements and strict checking are
// enabled.
func Dial(netns int) (*Conn, error) {
	return dial(unix.NETLINK_ROUTE, netns, unix.NETLINK_EXT_ACK, unix.NETLINK_CAP_ACK, unix.NETLINK_GET_STRICT_CHK)
}

// dial opens a socket with some options. The runtime does not poll it: the kernel would wake
// a thread for each answer, although all answers are available when a send or a read of a
// list returns.
func dial(family, netns int, options ...int) (*Conn, error) {
	fd := -1
	err := inside(netns, func() (err error) {
		fd, err = openSocket(family)
		return err
	})
	if fd < 0 {
		return nil, err
	}
	c := &Conn{file: os.NewFile(uintptr(fd), "netlink"), fd: fd, turn: make(chan struct{}, 1)}
	if err == nil {
		err = c.configure(options)
	}
	if err != nil {
		return nil, errors.Join(err, c.file.Close())
	}
	return c, nil
}

// inside runs fn with a thread in the network namespace of the descriptor fd, or in that
// of the calling thread if fd is Here.
func inside(fd int, fn func() error) error {
	switch {
	case fd == Here:
		return fn()
	case fd < 0:
		return unix.EBADF
	}
	return netns.Inside(fd, fn)
}

// openSocket opens a netlink socket in the thread's namespace. The kernel chooses its port.
func openSocket(family int) (int, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, family)
	if err == nil {
		fd, err = highfd.Number(fd)
	}
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return -1, errors.Join(os.NewSyscallError("bind", err), unix.Close(fd))
	}
	return fd, nil
}

func (c *Conn) configure(options []int) error {
	for _, option := range options {
		if err := unix.SetsockoptInt(c.fd, unix.SOL_NETLINK, option, 1); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	read, err := resize(c.fd, unix.SO_RCVBUFFORCE, unix.SO_RCVBUF, readBuffer)
	if err != nil {
		return err
	}
	write, err := resize(c.fd, unix.SO_SNDBUFFORCE, unix.SO_SNDBUF, writeBuffer)
	c.space, c.bytes = read-read/8, write-write/8
	return err
}

// resize requests a size of a buffer and returns the size that the kernel grants, which
// without privilege may be less.
func resize(fd, force, option, size int) (int, error) {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, force, size) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, option, size)
	}
	size, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, option)
	return size, os.NewSyscallError("getsockopt", err)
}

// Close closes the socket. Calls in progress return os.ErrClosed as soon as they
// have the answers to the requests they sent. The descriptor is released only then,
// and only when no Held remains.
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

// use keeps the socket open until a call of release. It returns os.ErrClosed if the
// socket is already gone.
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
		_ = c.file.Close() // the caller of Close already has its result
	}
}

// Control calls f with the socket's descriptor, on which f can make ioctls in the
// socket's namespace.
func (c *Conn) Control(f func(fd int) error) error {
	if err := c.use(); err != nil {
		return err
	}
	defer c.release()
	return f(c.fd)
}

// Do sends the requests of b and waits for the answers. One send holds as many
// requests as there is room for their answers, limited to about 50 ms of work for
// the kernel. Do returns an error if the exchange did not complete; Batch.Err
// returns the result of each request.
//
// When ctx ends, the remaining requests are not sent. The answers to requests
// already sent are still collected, so that a caller knows which changes to undo. Do
// therefore returns within the time of one send, which may have to wait for other
// processes that hold the kernel's lock for all links (RTNL).
func (c *Conn) Do(ctx context.Context, b *Batch) error {
	return c.do(ctx, b, false)
}

func (c *Conn) do(ctx context.Context, b *Batch, last bool) error {
	if ctx == nil {
		b.failUnsent(errNoContext)
		return errNoContext
	}
	if err := b.checkLengths(c.bytes); err != nil {
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
	c.tracing.trace = nil
	<-c.turn
}

// Fit returns the number of requests of the given length that fit one send, given
// the room for their acknowledgements.
func (c *Conn) Fit(bytes int) int {
	return min(c.space/(ackSpace+2*bytes), c.bytes/bytes)
}

// drain reads and discards all queued messages. Reading also completes an abandoned
// dump; the kernel accepts no other dump before that.
func (c *Conn) drain() error {
	for {
		n, err := c.receive(c.read)
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
	c.show(true, p)
	if err := unix.Send(c.fd, p, 0); err != nil {
		return os.NewSyscallError("send", err)
	}
	return nil
}

// receive reads one datagram from the kernel into p. It returns the length of the datagram,
// of which p has the beginning if it is longer than p, or 0 if there is none.
func (c *Conn) receive(p []byte) (int, error) {
	if err := c.pass(BeforeReceive); err != nil {
		return 0, err
	}
	n, err := c.fromKernel(p)
	switch {
	case err == unix.EAGAIN:
		return 0, nil
	case err != nil:
		return 0, os.NewSyscallError("recvfrom", err)
	}
	c.show(false, p[:min(n, len(p))])
	return n, c.pass(AfterReceive)
}

// reserve makes the read buffer large enough for the usual answers to requests. Most
// sockets never read a list, and need a tenth of readSize.
func (c *Conn) reserve(requests []request) {
	size := 0
	for i := range requests {
		if r := &requests[i]; r.end == atDone || r.end == atLast {
			size = max(size, readSize)
		} else {
			size = max(size, r.space())
		}
	}
	if len(c.read) < size {
		c.read = make([]byte, size)
	}
}

// fromKernel reads one datagram and skips those from other processes, which may send
// to any netlink socket if they have the privilege.
func (c *Conn) fromKernel(p []byte) (int, error) {
	for {
		n, sender, err := recvfrom(c.fd, p)
		if err != nil || sender == 0 {
			return n, err
		}
	}
}

// SetAnswerSpace sets the space that c assumes for answers, in bytes, so that tests can
// split a batch into many sends. c must not be in use.
func (c *Conn) SetAnswerSpace(bytes int) {
	c.space = bytes
}

// wait waits briefly for an answer, so that the caller can check the context. The
// kernel answers before a send returns, so this should never be needed.
func (c *Conn) wait() {
	const while = 10 // ms
	_, _ = unix.Poll([]unix.PollFd{{Fd: int32(c.fd), Events: unix.POLLIN}}, while)
}
