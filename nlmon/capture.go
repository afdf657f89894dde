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
)

const (
	// snapLen is how much of a packet is kept.
	snapLen = 256 << 10

	defaultBuffer       = 16 << 20
	minBuffer     int64 = 1
	maxBuffer     int64 = 1 << 30
)

// An Option is a choice for Capture and Packets.
type Option func(*config)

type config struct {
	buffer int64
}

// Buffer is how many bytes of packets may wait to be read before the kernel
// drops some, 1 to 1 GiB; 16 MiB is the default. It is a limit, not memory taken.
// Without CAP_NET_ADMIN the sysctl net.core.rmem_max limits it. Each packet counts
// for more than it has, some hundred bytes (SO_RCVBUFFORCE).
func Buffer(bytes int) Option {
	return func(c *config) { c.buffer = int64(bytes) }
}

// Stats say what became of the packets of a capture.
type Stats struct {
	Packets uint64 // written
	Bytes   uint64 // of them, without what was cut off
	Dropped uint64 // by the kernel, because those before them waited to be written
}

// Capture writes the netlink messages of the namespace that an nlmon link is in
// to w, in the pcapng format, with link type NETLINK, until ctx ends. That is no
// error; the Stats say how much there was and how much the kernel dropped. The
// link must be up.
//
// The file holds the keys of MACsec, IPsec, WireGuard and Wi-Fi that programs
// exchange with the kernel meanwhile, in clear: create it with mode 0600.
//
// The head of the file is written, in one Write, when the capture has begun, then
// each packet as soon as it comes, in one Write each, and at the end the
// statistics. Everything that the kernel had captured when ctx ended is in the
// file. It names the link (if_name), has times in nanoseconds, and says for each
// packet how many were dropped just before it (epb_dropcount), and in the
// statistics how many in all (isb_ifdrop).
//
// The link is the one of that name in the network namespace of the calling
// thread. Without it the error matches fs.ErrNotExist, if it is no nlmon,
// iplink.ErrKind, and if it is down, or goes down or away meanwhile,
// syscall.ENETDOWN. An error of w ends the capture too; in all other cases the file
// is complete. Capture needs CAP_NET_RAW, without which the error matches
// fs.ErrPermission. If ctx has ended before it begins, nothing is written, and
// the error is that of ctx.
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

// Packets yields the netlink messages of the namespace that an nlmon link is in,
// as they come. Packet.Dropped says where the kernel had to drop some because the
// consumer is slow. As those of Capture, packets may hold keys.
//
// Each iteration has a socket of its own, opened when it begins and closed when
// it is left, in whatever way; it starts no goroutine that outlives it. The
// namespace is that of the thread that begins it. It ends when the consumer leaves
// the loop, when ctx ends, or with an error as those of Capture; in the last two
// cases the error is the last pair that it yields, with no Packet.
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

// clone returns a packet whose data outlives the next.
func (p Packet) clone() Packet {
	p.Data = append([]byte(nil), p.Data...)
	return p
}

// A monitor is a capture that is going on.
type monitor struct {
	link  *openlink.Handle
	from  *socket
	stats Stats
	err   error
}

func open(ctx context.Context, name string, options []Option) (*monitor, error) {
	c := config{buffer: defaultBuffer}
	m := &monitor{link: &openlink.Handle{Kind: iplink.KindNlmon, Name: name}}
	for _, choose := range options {
		if choose == nil {
			return nil, m.refused("Option", "it is nil: leave it out")
		}
		choose(&c)
	}
	switch {
	case ctx == nil:
		return nil, m.refused("context", "it is nil: give context.Background()")
	case c.buffer < minBuffer || c.buffer > maxBuffer:
		return nil, m.refused("buffer", fmt.Sprintf("%d is not in %d to %d", c.buffer, minBuffer, maxBuffer))
	case ctx.Err() != nil:
		return nil, m.failed(context.Cause(ctx))
	}
	link, err := openlink.Open(ctx, iplink.KindNlmon, name)
	if err != nil {
		return nil, err
	}
	defer link.Close() // only its name and index are needed
	m.link = link
	if m.from, err = openSocket(link.Index, int(c.buffer)); err != nil {
		return nil, m.failed(err)
	}
	return m, nil
}

func (m *monitor) close() {
	m.from.close()
}

// each hands on the packets as they come, until take wants no more, ctx ends, or
// there is an error, which it leaves in m.err.
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

// finish hands on the packets that are there, and counts those that were dropped
// after them.
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

// take hands on a packet and counts it, if it was taken.
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

// failed says what an error is about; there may be none.
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
