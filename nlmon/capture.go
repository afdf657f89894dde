package nlmon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/own"
)

const (
	// snapLen is the maximum number of bytes kept of a packet.
	snapLen = 256 << 10

	defaultBuffer       = 16 << 20
	minBuffer     int64 = 1
	maxBuffer     int64 = 1 << 30
)

// An Option modifies Capture and Packets: Buffer, or an iplink.OpenOption, which says
// which link is meant, and in which namespace.
type Option interface {
	// Where applies an iplink.OpenOption.
	Where(*own.Where)
}

// A choice is an Option of this package.
type choice func(*config)

func (choice) Where(*own.Where) {}

type config struct {
	buffer int64
}

// Buffer limits the bytes of packets that wait to be read before the kernel drops
// packets, 1 to 1 GiB; 16 MiB is the default. The memory is not allocated in
// advance. Without CAP_NET_ADMIN, the sysctl net.core.rmem_max limits it. Each
// packet counts some hundred bytes more than its length (SO_RCVBUFFORCE).
func Buffer(bytes int) Option {
	return choice(func(c *config) { c.buffer = int64(bytes) })
}

// Stats counts the packets of a capture.
type Stats struct {
	Packets uint64 // written
	Bytes   uint64 // of the written packets, without truncated parts
	Dropped uint64 // by the kernel, because earlier packets still waited to be written
}

// Capture writes the netlink messages in the namespace of an nlmon link to w, in the
// pcapng format with link type NETLINK, until ctx ends. The end of ctx is not an
// error. The Stats count the written packets and those that the kernel dropped. The
// link must be up.
//
// The file contains, in clear, the keys of MACsec, IPsec, WireGuard and Wi-Fi that
// programs exchange with the kernel during the capture. Create it with mode 0600.
//
// Capture writes the file header in one Write when the capture has begun, then each
// packet in one Write as soon as it arrives, and the statistics at the end. The file
// contains all packets captured by the kernel before ctx ended. It names the link
// (if_name) and has times in nanoseconds. Each packet has the number of packets
// dropped just before it (epb_dropcount), and the statistics have the total number
// (isb_ifdrop).
//
// The link is looked up by name in the network namespace of the calling thread, or
// where iplink.In, iplink.On and iplink.Index say. The error matches fs.ErrNotExist if
// the link does not exist, iplink.ErrKind if it is not an nlmon link, and
// syscall.ENETDOWN if it is down, or goes down or away during the capture. An error of
// w also ends the capture; in all other cases the file is complete. Capture needs
// CAP_NET_RAW, without which the error matches fs.ErrPermission. If ctx has ended
// before the capture begins, nothing is written, and the error is that of ctx.
func Capture(ctx context.Context, name string, w io.Writer, options ...Option) (Stats, error) {
	if w == nil {
		m := &monitor{link: &openlink.Handle{Kind: iplink.KindNlmon, Name: name}}
		return Stats{}, m.refused("writer", "it is nil: give one, such as a file")
	}
	m, err := open(ctx, name, options)
	if err != nil {
		return Stats{}, err
	}
	defer m.close()
	out := &writer{w: w}
	write := func(p *Packet) bool {
		out.packet(p)
		return out.err == nil
	}
	out.begin(m.link.Name)
	if out.err == nil {
		m.each(ctx, write)
		m.finish(write)
		out.end(m.stats)
	}
	if out.err != nil {
		return m.stats, &iplink.Error{Op: "capture", Kind: m.link.Kind, Name: m.link.Name, Message: "writing the file", Err: out.err}
	}
	return m.stats, m.failed(m.err)
}

// Packets yields the netlink messages in the namespace of an nlmon link as they
// arrive. Packet.Dropped is the number of packets that the kernel dropped because
// the consumer is slow. Like a file of Capture, packets may contain keys.
//
// Each iteration opens its own socket when it begins, and closes it when it ends in any
// way. It starts no goroutine that outlives it. Without iplink.In and iplink.On its
// namespace is the one of the thread that begins it. The iteration ends when the
// consumer leaves the loop, when ctx ends, or with one of the errors of Capture. In the
// last two cases the last yielded pair has the error, and no Packet.
func Packets(ctx context.Context, name string, options ...Option) iter.Seq2[Packet, error] {
	return func(yield func(Packet, error) bool) {
		m, err := open(ctx, name, options)
		if err != nil {
			yield(Packet{}, err)
			return
		}
		defer m.close()
		left := false
		m.each(ctx, func(p *Packet) bool {
			left = !yield(p.clone(), nil)
			return !left
		})
		if err := errors.Join(m.err, context.Cause(ctx)); !left && err != nil {
			yield(Packet{}, m.failed(err))
		}
	}
}

// clone returns a packet whose data stays valid after the next packet.
func (p Packet) clone() Packet {
	p.Data = append([]byte(nil), p.Data...)
	return p
}

// A monitor is a running capture.
type monitor struct {
	link  *openlink.Handle
	from  *socket
	stats Stats
	err   error
}

func open(ctx context.Context, name string, options []Option) (*monitor, error) {
	c := config{buffer: defaultBuffer}
	m := &monitor{link: &openlink.Handle{Kind: iplink.KindNlmon, Name: name}}
	for _, o := range options {
		if choose, ok := o.(choice); ok {
			choose(&c)
		}
	}
	where := own.At(options)
	if err := openlink.Check(where, "capture", iplink.KindNlmon, name); err != nil {
		return nil, err
	}
	switch {
	case ctx == nil:
		return nil, m.refused("context", "it is nil: give context.Background()")
	case c.buffer < minBuffer || c.buffer > maxBuffer:
		return nil, m.refused("buffer", fmt.Sprintf("%d is not in %d to %d", c.buffer, minBuffer, maxBuffer))
	case ctx.Err() != nil:
		return nil, m.failed(context.Cause(ctx))
	}
	link, err := openlink.OpenAnd(ctx, iplink.KindNlmon, name, where, func(_ context.Context, link *openlink.Handle) (err error) {
		m.link = link
		m.from, err = openSocket(link.Index, int(c.buffer))
		return m.failed(err)
	})
	if err != nil {
		return nil, err
	}
	link.Close() // only its name and index are needed
	return m, nil
}

func (m *monitor) close() {
	m.from.close()
}

// each passes packets to take as they arrive, until take returns false, ctx ends, or
// an error occurs, which it stores in m.err.
func (m *monitor) each(ctx context.Context, take func(*Packet) bool) {
	stop := context.AfterFunc(ctx, m.from.interrupt)
	defer stop()
	var p Packet
	for ctx.Err() == nil && m.err == nil {
		err := m.from.receive(&p)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded): // ctx ended
		case err != nil:
			m.err = err
		case !m.take(&p, take):
			return
		}
	}
}

// finish passes the remaining packets to take, and counts the packets dropped after
// them.
func (m *monitor) finish(take func(*Packet) bool) {
	seen, dropped, err := m.from.statistics()
	if err != nil {
		m.err = cmp.Or(m.err, err)
		return
	}
	var p Packet
	for range seen - dropped - uint32(m.stats.Packets) { // the kernel's counters wrap around
		if !m.from.tryReceive(&p) || !m.take(&p, take) {
			break
		}
	}
	m.stats.Dropped += uint64(dropped - uint32(m.stats.Dropped))
}

// take passes a packet to take, and counts it if it was accepted.
func (m *monitor) take(p *Packet, take func(*Packet) bool) bool {
	m.stats.Dropped += uint64(p.Dropped)
	if !take(p) {
		return false
	}
	m.stats.Packets++
	m.stats.Bytes += uint64(len(p.Data))
	return true
}

func (m *monitor) refused(word, text string) error {
	return &iplink.Error{Op: "capture", Kind: m.link.Kind, Name: m.link.Name, Attr: word, Message: text, Err: fs.ErrInvalid}
}

// failed adds the operation and the link to an error, or returns nil if err is nil.
func (m *monitor) failed(err error) error {
	if err == nil {
		return nil
	}
	e := &iplink.Error{Op: "capture", Kind: m.link.Kind, Name: m.link.Name, Err: err}
	if call, ok := errors.AsType[*os.SyscallError](err); ok {
		e.Err = call.Err
		e.Message = explanations[call.Err]
	}
	return e
}

var explanations = map[error]string{
	syscall.EPERM:    "needs CAP_NET_RAW: run as root, or in a user namespace",
	syscall.ENETDOWN: "the link is down, or gone: Up brings it up",
}
