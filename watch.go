package iplink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
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

// listen opens a Listener in the Conn's namespace. Entering a namespace, or even
// finding the namespace of a socket, needs privileges that watching does not need.
// So listen first checks whether the calling thread is in that namespace already.
func (c *Conn) listen(ctx context.Context, how rtnl.Listening) (*rtnl.Listener, error) {
	here, err := rtnl.Listen(ctx, rtnl.Here, how)
	if err == nil {
		if here.Beside(c.rt) {
			return here, nil
		}
		here.Close()
	}
	ns, nsErr := c.netns()
	if nsErr != nil {
		return nil, errors.Join(err, nsErr)
	}
	return ns.listen(ctx, how)
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

// An EventKind is the kind of an event.
type EventKind uint8

// Kinds of events.
const (
	Added   EventKind = iota + 1 // the link appeared, or began to match the filters
	Changed                      // the link differs from its previous state
	Removed                      // the link is gone, or no longer matches the filters
	Current                      // all that existed when the watch began has been reported
	Missed                       // a VXLAN link has no entry for a frame that it is to send; only of WatchNeighs
)

var eventKinds = attr.Words{1: "added", "changed", "removed", "current", "missed"}

// String returns the kind in lower case, such as "added".
func (k EventKind) String() string {
	return attr.Word(eventKinds, k)
}

// MarshalText returns the result of String.
func (k EventKind) MarshalText() ([]byte, error) {
	return []byte(k.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (k *EventKind) UnmarshalText(text []byte) error {
	return attr.ReadWord(eventKinds, "event kind", text, k)
}

// An Event is reported by Watch. It holds the present and the previous state of a
// link.
type Event struct {
	// Kind is the kind of the event.
	Kind EventKind
	// Snapshot reports that an Added link existed before the watch began: when the
	// iteration started or, with AllNetNS, when its namespace was found.
	Snapshot bool
	// Resync reports that the event comes from listing the links again after an
	// overrun. The changes between Old and New are lost.
	Resync bool
	// NetNSID is the id of the link's namespace, as assigned in the namespace of the
	// watch; -1 for the namespace of the watch itself (NETLINK_LISTEN_ALL_NSID).
	NetNSID int32
	// Old is the link as last reported, nil if the event is Added. New is the
	// present link, nil if the event is Removed. Both are nil if it is Current.
	Old, New *Link
	// FlagsChange are the interface flags that the kernel says have changed, all of them
	// for a new link (ifi_change). It is 0 for changes without flags, and if the event
	// comes from a list or a look-up. Changes has "flags" if they differ from those last
	// reported.
	FlagsChange Flags
	// Changes lists the names of the changed settings, sorted. They are "flags" and
	// "type", iproute2's words for settings of every link, such as "mtu" and
	// "master", and names with a prefix for other settings: those of the kind
	// ("info.ageing"), of the port ("port.hairpin") and of IPv6
	// ("inet6.addrgenmode"). An attribute that this library does not know is named
	// by its number, as in "info.attribute 99". Two counters are among them,
	// "carrier_up_count" and "carrier_down_count", and "event": the kernel says that a
	// bond failed over, or that others are to learn again where the link is, and New.Event
	// is 3, 4 or 5 (IFLA_EVENT). Changes is nil unless the event is Changed.
	Changes []string
	// NewIndex is the index of a Removed link in the namespace that it moved to,
	// else 0 (IFLA_NEW_IFINDEX). NewNetNSID is the id of that namespace, as assigned
	// in the old one; -1 if it has no id or the link did not move
	// (IFLA_NEW_NETNSID). The kernel reports both only at the time of the move: they
	// are not set for a link whose move was lost in an overrun.
	NewIndex   int
	NewNetNSID int32
}

// Link returns the present link, or the link before its removal; an empty one if the event
// is Current, so that it is never nil.
func (e Event) Link() *Link {
	switch {
	case e.New != nil:
		return e.New
	case e.Old != nil:
		return e.Old
	}
	return newLink()
}

// String returns one line, such as "added eth0", "changed eth0: mtu, qdisc" or
// "removed eth0".
func (e Event) String() string {
	var b strings.Builder
	if e.NetNSID >= 0 {
		fmt.Fprintf(&b, "netns %d: ", e.NetNSID)
	}
	b.WriteString(e.Kind.String())
	if e.Kind != Current {
		b.WriteString(" " + attr.Printable(e.Link().Name))
	}
	if len(e.Changes) > 0 {
		b.WriteString(": " + strings.Join(e.Changes, ", "))
	}
	return b.String()
}

// changes returns the names of the settings that differ between two descriptions of
// a link, which has the same kind in both, sorted. Attributes that this library does
// not know are included.
func changes(c *attr.Codec, old, now *Link) []string {
	if old == now {
		return nil
	}
	var names []string
	if old.Flags != now.Flags {
		names = append(names, "flags")
	}
	if old.Type != now.Type {
		names = append(names, "type")
	}
	names = append(names, c.Changes(old.raw.common, now.raw.common, old.attrs, now.attrs)...)
	names = appendChanges(names, "inet6.", old.INET6.changes(c, &now.INET6))
	if old.Info != nil && now.Info != nil {
		names = appendChanges(names, "info.", c.Changes(old.raw.info, now.raw.info, old.Info.(info).attrs, now.Info.(info).attrs))
	}
	names = appendPortChanges(names, c, old, now)
	names = appendUnknown(appendUnknown(names, old, now), now, old)
	slices.Sort(names)
	return slices.Compact(names)
}

// news returns names of changes that are no state of the link: its carrier came or went,
// also if it is as before, or the kernel notifies of a failover.
func news(old, now *Link) (names []string) {
	if old == now {
		return nil
	}
	if old.CarrierUps != now.CarrierUps {
		names = append(names, rowName(now.attrs, uapi.IFLA_CARRIER_UP_COUNT))
	}
	if old.CarrierDowns != now.CarrierDowns {
		names = append(names, rowName(now.attrs, uapi.IFLA_CARRIER_DOWN_COUNT))
	}
	switch now.Event {
	case uapi.IFLA_EVENT_BONDING_FAILOVER, uapi.IFLA_EVENT_NOTIFY_PEERS, uapi.IFLA_EVENT_IGMP_RESEND:
		names = append(names, rowName(now.attrs, uapi.IFLA_EVENT))
	}
	return names
}

// appendPortChanges appends the changed settings of a port. If the kind of the master
// changed, only that is reported.
func appendPortChanges(names []string, c *attr.Codec, old, now *Link) []string {
	switch {
	case old.PortKind != now.PortKind:
		return append(names, rowName(new(Link).linkInfo, uapi.IFLA_INFO_SLAVE_KIND))
	case old.PortInfo == nil || now.PortInfo == nil:
		return names
	}
	return appendChanges(names, "port.", c.Changes(old.raw.port, now.raw.port, old.PortInfo.(info).attrs, now.PortInfo.(info).attrs))
}

func appendChanges(names []string, prefix string, changed []string) []string {
	for _, name := range changed {
		names = append(names, prefix+name)
	}
	return names
}

// appendUnknown appends the names of the unknown attributes of l that other lacks, or
// has with other data.
func appendUnknown(names []string, l, other *Link) []string {
	for _, a := range l.Unknown {
		same := func(b RawAttribute) bool { return a.Nest == b.Nest && a.Type == b.Type && bytes.Equal(a.Data, b.Data) }
		if a.Nest == "port" && l.PortKind != other.PortKind || slices.ContainsFunc(other.Unknown, same) {
			continue
		}
		name := fmt.Sprintf("attribute %d", a.Type)
		if a.Nest != "" {
			name = a.Nest + "." + name
		}
		names = append(names, name)
	}
	return names
}

// reported6 are the IPv6 settings whose changes are reported. The others are mostly
// timers and sysctl values. The kernel reports both settings or neither.
var reported6 = attr.SetOf(uapi.IFLA_INET6_ADDR_GEN_MODE, uapi.IFLA_INET6_TOKEN)

func (i *INET6) changes(c *attr.Codec, now *INET6) []string {
	was := reported6
	if i.Token.IsValid() != now.Token.IsValid() { // IPv6 came or went
		was = attr.Set{}
	}
	return c.Changes(was, reported6, i.attrs, now.attrs)
}
