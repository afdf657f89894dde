package iplink

import (
	"context"
	"iter"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
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
// existing link, Added with Snapshot set, then links that are Added, Changed and
// Removed, without a gap between the two. A consumer that records these events
// always has the state of a short while ago.
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
// and the age of IPv6 information) and all sysctl settings are not. To save memory,
// the links of a watch do not even contain the sysctl settings of IPv4 and IPv6, nor
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

// discardEvents keeps memory for a few events, and not for a whole list.
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

// A Condition is the condition that Wait waits for: one of the LinkState constants,
// UntilMaster or Until.
type Condition interface {
	// String returns the condition in words, as in "carrier".
	String() string

	// holds examines a link, which may be nil, among the links around it.
	holds(around *nsLinks, l *Link) bool
}

// A LinkState is a Condition without parameters.
type LinkState uint8

// States of a link to wait for.
const (
	UntilExists   LinkState = iota + 1 // there is a link with that name
	UntilGone                          // there is none
	UntilUp                            // the link is enabled (IFF_UP)
	UntilDown                          // the link exists and is not enabled
	UntilCarrier                       // frames pass: up, with a carrier, operational state up or unknown (IFF_LOWER_UP, IFF_RUNNING)
	UntilNoMaster                      // the link exists and is not a port
)

var linkStates = [...]string{UntilExists: "exists", UntilGone: "gone", UntilUp: "up", UntilDown: "down", UntilCarrier: "carrier", UntilNoMaster: "no master"}

// String returns the state in words, such as "up".
func (s LinkState) String() string {
	if int(s) < len(linkStates) {
		return linkStates[s]
	}
	return ""
}

func (s LinkState) holds(_ *nsLinks, l *Link) bool {
	if l == nil || s == UntilGone {
		return l == nil && s == UntilGone
	}
	const passing = FlagUp | FlagLowerUp | FlagRunning
	switch s {
	case UntilExists:
		return true
	case UntilUp:
		return l.Up()
	case UntilDown:
		return !l.Up()
	case UntilCarrier:
		return l.Flags&passing == passing
	case UntilNoMaster:
		return l.Master == 0
	}
	return false
}

// UntilMaster is the Condition that a link is a port of the bridge, bond, team or
// VRF with the given name or alternative name.
func UntilMaster(name string) Condition {
	return inMaster(name)
}

type inMaster string

func (m inMaster) String() string {
	return "in master " + attr.Printable(string(m))
}

func (m inMaster) holds(around *nsLinks, l *Link) bool {
	return l != nil && around.isPort(l, string(m))
}

// Until is the Condition that a link exists and that f returns true for it. The text
// describes the condition in errors. f is called each time that the link is
// announced, even if nothing has changed that Watch would report.
func Until(text string, f func(*Link) bool) Condition {
	return satisfies{text, f}
}

type satisfies struct {
	text string
	f    func(*Link) bool
}

func (s satisfies) String() string {
	return attr.Printable(s.text)
}

func (s satisfies) holds(_ *nsLinks, l *Link) bool {
	return l != nil && s.f(l)
}

// conditionFault returns the reason why a condition is invalid, or nil.
func conditionFault(cond Condition) *fault {
	switch c := cond.(type) {
	case satisfies:
		if c.f == nil {
			return &fault{"Until", "the function is nil"}
		}
	case inMaster:
		if c == "" {
			return &fault{"UntilMaster", "the name is empty: UntilNoMaster is for links without one"}
		}
	}
	if isNil(cond) {
		return &fault{"Condition", "it is nil: give one, such as UntilUp"}
	}
	return nil
}

// Wait returns the link with the given name or alternative name as soon as the
// condition holds, which may be at once; after UntilGone, the Link is nil. The link
// need not exist yet, and may be replaced by another one during the wait.
//
// Wait does not poll: it watches, on a socket of its own, and the limits of Watch
// for changes that the kernel does not announce apply here too. A state that ends
// before Wait could see it may be missed. When ctx ends, the error is that of ctx,
// and names the link and the condition.
func (c *Conn) Wait(ctx context.Context, name string, cond Condition) (*Link, error) {
	if err := c.unready(ctx, "wait for"); err != nil {
		return nil, err
	}
	if fault := conditionFault(cond); fault != nil {
		return nil, fault.in("wait for")
	}
	if fault := nameFault("name", name, uapi.ALTIFNAMSIZ-1); fault != nil {
		return nil, (&spec{Settings: own.Settings{Name: name}}).refuse("wait for", fault)
	}
	w, err := c.openMirror(ctx, newFilter(nil))
	if err == nil {
		defer w.close()
		err = w.listAll(ctx)
	}
	for err == nil {
		around := w.spaces[rtnl.OwnNetNS]
		if l := around.named(name); cond.holds(around, l) {
			return l, nil
		}
		w.events = w.events[:0]
		err = w.step(ctx)
	}
	e := &Error{Op: "wait for", Name: name, Attr: cond.String()}
	if w != nil && w.missing(name) {
		e.Message = "there is no such link"
	}
	return nil, kernelError(e, err)
}

// missing reports whether the links of the own namespace are known, and none of them
// has that name.
func (w *mirror) missing(name string) bool {
	own, listed := w.spaces[rtnl.OwnNetNS]
	return listed && own.named(name) == nil
}

// Wait waits for a link in the calling thread's namespace. It is Conn.Wait on
// sockets of its own.
func Wait(ctx context.Context, name string, cond Condition) (*Link, error) {
	return withConn(func(c *Conn) (*Link, error) { return c.Wait(ctx, name, cond) })
}
