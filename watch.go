package iplink

import (
	"context"
	"iter"

	"github.com/iplink-go/iplink/internal/rtnl"
)

// watchBuffer is the number of bytes of announcements that may wait for a slow
// consumer before the kernel drops them: a few thousand announcements. It is a
// limit, not allocated memory.
const watchBuffer = 8 << 20

// AllNetNS makes Watch report the links of all namespaces that have an id in the
// watch's own namespace; Event.NetNSID distinguishes them. `ip netns list-id` lists
// the ids, and the kernel assigns one to any namespace that contains the parent or
// the peer of a link in this one. If a namespace gets an id later, its links are
// reported then; when it loses the id, which is when it ends, they are Removed.
//
// AllNetNS needs CAP_NET_ADMIN and CAP_NET_BROADCAST, also in the user namespaces
// that own the other namespaces; a namespace without them is skipped. Filters apply
// to each namespace separately. List rejects AllNetNS.
func AllNetNS() Filter {
	return func(f *filter) { f.allNetNS = true }
}

// Watch reports the links in the Conn's namespace and all their changes: first each
// existing link, Added with Snapshot set, then an event Current, which has no link, and
// then links that are Added, Changed and Removed, without a gap between the two. A
// consumer that records these events always has the state of a short while ago.
//
// Each iteration has a socket of its own, opened when it begins and closed however
// it ends; it starts no goroutine. The Conn must stay open during the iteration. An
// iteration ends when the consumer leaves the loop, when ctx ends or when the kernel
// returns an error; in the last two cases the error is the last pair that it yields,
// with no Event.
//
// An event is reported as soon as the kernel announces it. If several arrive within
// a millisecond, they may be delayed by up to a millisecond, because Watch then
// polls from time to time rather than being woken for each. A consumer that acts and
// waits for the consequence in turns meets that delay about once in nine turns.
//
// A consumer may be slow. If so many announcements wait that the kernel drops some,
// Watch lists the links again and reports the differences as ordinary events:
// intermediate steps are lost then, but never the result.
//
// Only some differences are events. Counters, timers (of the bridge and its ports,
// and the age of IPv6 information) and all sysctl settings are not. The numbers of times
// that the carrier came and went are: they reveal a carrier that was briefly lost. So is
// a failover of a bond or of the network (IFLA_EVENT), even if nothing else changed. A
// CAN controller that goes bus-off, or leaves that state, is a change of "info.state"; the
// kernel does not announce the error states on the way. To save memory, the links of a watch do not even contain the sysctl settings of IPv4 and IPv6, nor
// the counters of IPv6: INET.Conf, INET6.Conf, INET6.Stats and INET6.ICMP6Stats are
// empty, and Conn.Get reads them. Filters select the links to report; a link that
// begins to match is Added, one that ceases to match is Removed. The links named in
// filters need not exist yet.
//
// The kernel announces some changes only for links that are up: the alias, the
// alternative names, the group, limits of offloading, and settings of kinds and
// ports. For a link that is down they are reported together with the next
// announcement of it, at the latest when the link comes up.
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

// run yields events until the consumer leaves, which is not an error.
func (w *mirror) run(ctx context.Context, yield func(Event, error) bool) error {
	err := w.listAll(ctx)
	w.events = append(w.events, Event{Kind: Current, NetNSID: rtnl.OwnNetNS, NewNetNSID: -1})
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

func (w *mirror) discardEvents() { w.events = discarded(w.events) }

// discarded empties a list of events. It keeps memory for a few, and not for a whole list.
func discarded[E any](events []E) []E {
	const few = 64
	clear(events)
	if cap(events) > few {
		return nil
	}
	return events[:0]
}

func (c *Conn) openMirror(ctx context.Context, f filter) (*mirror, error) {
	w := newMirror(f)
	return w, w.open(ctx, c)
}

// listen opens a Listener in the namespace.
func (ns *NetNS) listen(ctx context.Context, how rtnl.Listening) (l *rtnl.Listener, err error) {
	err = ns.use(func(fd int) (err error) {
		l, err = rtnl.Listen(ctx, fd, how)
		return err
	})
	return l, err
}

// open opens the socket of a mirror, with the groups of its objects.
func (w *mirror) open(ctx context.Context, c *Conn) (err error) {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	how := rtnl.Listening{AllNetNS: w.filter.allNetNS, Buffer: w.filter.buffer}
	if w.objects != nil {
		how.Groups = w.objects.groups()
	}
	w.conn = c
	w.socket, err = c.listen(ctx, how)
	return err
}
