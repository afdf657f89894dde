package iplink

import (
	"context"
	"iter"

	"github.com/iplink-go/iplink/internal/rtnl"
)

// watchBuffer is how many bytes of announcements may wait for a slow consumer
// before the kernel drops them: a few thousand announcements. It is a limit, not
// memory taken.
const watchBuffer = 8 << 20

// AllNetNS makes Watch report the links of all namespaces that have an id in
// the watch's own, where Event.NetNSID tells them apart: `ip netns list-id`
// shows them, and the kernel gives an id to any namespace that a link of this
// one has its parent or its peer in. Of a namespace that gets an id later the
// links are reported then; when it loses the id, which is when it ends, they
// are Removed.
//
// It needs CAP_NET_ADMIN and CAP_NET_BROADCAST, also in the user namespaces that
// own the others; namespaces where they lack are passed over. Filters hold in
// each namespace by itself. List refuses AllNetNS.
func AllNetNS() Filter {
	return func(f *filter) { f.allNetNS = true }
}

// Watch reports the links in the Conn's namespace and everything that becomes
// of them: first each link that is there, Added with Snapshot set, then what is
// Added, Changed and Removed, without a gap between the two. What a consumer
// records of these events is at any time how the links were a short while ago.
//
// Each iteration has a socket of its own, opened when it begins and closed when
// it is left, in whatever way; it starts no goroutine. The Conn must stay open
// meanwhile. An iteration ends when the consumer leaves the loop, when ctx ends
// or when the kernel fails it; in the last two cases the error is the last pair
// that it yields, with no Event.
//
// An event is reported as soon as the kernel announces it; in a rush, when several
// come within a millisecond, up to a millisecond later, for then Watch looks from
// time to time rather than be woken for each. A consumer that waits for what
// follows from what it does itself is no rush.
//
// A consumer may be slow. When so much is waiting that the kernel drops
// announcements, Watch lists the links again and reports the difference as
// ordinary events: intermediate steps are lost then, never the result.
//
// A difference is an event only if it says something of the link: counters,
// timers (the bridge's and its ports', the age of IPv6 information) and all
// settings of sysctl do not count. Those of IPv4 and IPv6, and the counters of
// IPv6, the links of a watch do not even have, for the sake of the memory that many
// take: INET.Conf, INET6.Conf, INET6.Stats and INET6.ICMP6Stats are empty, and
// Conn.Get reads them. Filters decide which links are reported; one
// that begins to match is Added, one that ceases to match Removed. The links
// that the filters name need not exist yet.
//
// Some changes the kernel announces only of links that are up: the alias, the
// alternative names, the group, limits of offloading, and settings of kinds and
// ports. Of a link that is down they are reported together with whatever it
// announces next, at the latest when the link comes up.
func (c *Conn) Watch(ctx context.Context, filters ...Filter) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		c.watch(ctx, newFilter(filters), yield)
	}
}

// Watch reports the links in the namespace of the calling thread, the one that
// begins the iteration. It is Conn.Watch on sockets of its own.
func Watch(ctx context.Context, filters ...Filter) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		c, err := Dial()
		if err != nil {
			yield(Event{}, err)
			return
		}
		defer c.Close()
		c.watch(ctx, newFilter(filters), yield)
	}
}

func (c *Conn) watch(ctx context.Context, f filter, yield func(Event, error) bool) {
	if err := c.unready(ctx, "watch"); err != nil {
		yield(Event{}, err)
		return
	}
	if f.fault != nil {
		yield(Event{}, f.fault.in("watch"))
		return
	}
	w, err := c.openMirror(ctx, f)
	if err == nil {
		defer w.close()
		err = w.run(ctx, yield)
	}
	if err != nil {
		yield(Event{}, kernelError(&Error{Op: "watch"}, err))
	}
}

// run yields events until the consumer leaves, which is no error.
func (w *mirror) run(ctx context.Context, yield func(Event, error) bool) error {
	err := w.listAll(ctx)
	for err == nil {
		for _, e := range w.events {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if !yield(e, nil) {
				return nil
			}
		}
		w.discardEvents()
		err = w.step(ctx)
	}
	return err
}

// discardEvents keeps the memory of few events, and not that of a whole list.
func (w *mirror) discardEvents() {
	const few = 64
	clear(w.events)
	if w.events = w.events[:0]; cap(w.events) > few {
		w.events = nil
	}
}

func (c *Conn) openMirror(ctx context.Context, f filter) (*mirror, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	socket, err := c.listen(ctx, rtnl.Listening{AllNetNS: f.allNetNS, Buffer: f.buffer})
	if err != nil {
		return nil, err
	}
	w := newMirror(f)
	w.conn, w.socket = c, socket
	return w, nil
}
