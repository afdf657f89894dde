package iplink

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A Condition is the condition that Wait waits for: one of the LinkState constants,
// UntilMaster, UntilNeigh or Until.
type Condition interface {
	// String returns the condition in words, as in "carrier".
	String() string

	// on returns the function that examines a link, which may be nil, among the links
	// around it. If it needs objects of the link, the mirror has them.
	on(w *mirror) func(around *nsLinks, l *Link) (bool, error)
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

	// UntilAddrsReady means that the link exists and can use all its addresses: none is
	// tentative (AddrTentative), as IPv6 addresses are until duplicate address detection
	// has ended, which begins when the link has a carrier. An address that another machine
	// has is an error that matches syscall.EADDRINUSE (AddrDADFailed, RFC 4862). A link
	// without addresses is ready.
	UntilAddrsReady
)

var linkStates = [...]string{UntilExists: "exists", UntilGone: "gone", UntilUp: "up", UntilDown: "down", UntilCarrier: "carrier", UntilNoMaster: "no master",
	UntilAddrsReady: "addresses ready"}

// String returns the state in words, such as "up".
func (s LinkState) String() string {
	if int(s) < len(linkStates) {
		return linkStates[s]
	}
	return ""
}

func (s LinkState) on(w *mirror) func(*nsLinks, *Link) (bool, error) {
	if s == UntilAddrsReady {
		return onAddrs(w, addrsReady)
	}
	return func(_ *nsLinks, l *Link) (bool, error) { return s.holds(l), nil }
}

func (s LinkState) holds(l *Link) bool {
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

func (m inMaster) on(*mirror) func(*nsLinks, *Link) (bool, error) {
	return func(around *nsLinks, l *Link) (bool, error) { return l != nil && around.isPort(l, string(m)), nil }
}

// UntilNeigh is the Condition that the link knows the link-layer address of a neighbour:
// the neighbour is permanent, reachable or stale, say, and not incomplete or failed.
// Waiting does not make the kernel look for the neighbour: a packet to it does.
func UntilNeigh(addr netip.Addr) Condition {
	return hasNeigh(addr)
}

type hasNeigh netip.Addr

func (n hasNeigh) String() string { return "neighbour " + netip.Addr(n).String() }

func (n hasNeigh) on(w *mirror) func(*nsLinks, *Link) (bool, error) {
	o := newObjects(w, neighSort())
	w.objects = o
	return func(around *nsLinks, l *Link) (bool, error) {
		if l == nil {
			return false, nil
		}
		found, ok := o.spaces[around.id][l.Index][neighKey{addr: netip.Addr(n)}]
		return ok && found.value.Neigh.State&(inet.NeighIncomplete|inet.NeighFailed) == 0 && len(found.value.Neigh.LLAddr) > 0, nil
	}
}

// Until is the Condition that a link exists and that f returns true for it, or for it and
// its addresses. The text describes the condition in errors. f is called each time that
// the kernel announces a change of the link, of another link or of an address, even if
// nothing has changed that Watch would report.
func Until[F func(*Link) bool | func(*Link, []LinkAddr) bool](text string, f F) Condition {
	s := satisfies{text: text}
	switch f := any(f).(type) {
	case func(*Link) bool:
		s.link = f
	case func(*Link, []LinkAddr) bool:
		s.addrs = f
	}
	return s
}

type satisfies struct {
	text  string
	link  func(*Link) bool             // or
	addrs func(*Link, []LinkAddr) bool // one of them
}

func (s satisfies) String() string {
	return attr.Printable(s.text)
}

func (s satisfies) on(w *mirror) func(*nsLinks, *Link) (bool, error) {
	if s.addrs != nil {
		return onAddrs(w, func(l *Link, addrs []LinkAddr) (bool, error) { return s.addrs(l, addrs), nil })
	}
	return func(_ *nsLinks, l *Link) (bool, error) { return l != nil && s.link(l), nil }
}

// onAddrs has a mirror keep addresses, and a function examine the addresses of a link.
func onAddrs(w *mirror, f func(*Link, []LinkAddr) (bool, error)) func(*nsLinks, *Link) (bool, error) {
	o := newObjects(w, addrSort())
	w.objects = o
	return func(around *nsLinks, l *Link) (bool, error) {
		if l == nil {
			return false, nil
		}
		var all []LinkAddr
		for _, found := range o.spaces[around.id][l.Index] {
			all = append(all, found.value)
		}
		slices.SortFunc(all, func(a, b LinkAddr) int { return a.Prefix.Addr().Compare(b.Prefix.Addr()) })
		return f(l, all)
	}
}

func addrsReady(_ *Link, addrs []LinkAddr) (bool, error) {
	ready := true
	for _, a := range addrs {
		if a.Flags&inet.AddrDADFailed != 0 {
			return false, &Error{Err: syscall.EADDRINUSE, Message: fmt.Sprintf("another machine has %v: duplicate address detection failed", a.Prefix.Addr())}
		}
		ready = ready && a.Flags&inet.AddrTentative == 0
	}
	return ready, nil
}

// conditionFault returns the reason why a condition is invalid, or nil.
func conditionFault(cond Condition) *fault {
	switch c := cond.(type) {
	case satisfies:
		if c.link == nil && c.addrs == nil {
			return &fault{"Until", "the function is nil"}
		}
	case inMaster:
		if c == "" {
			return &fault{"UntilMaster", "the name is empty: UntilNoMaster is for links without one"}
		}
	case hasNeigh:
		if !netip.Addr(c).IsValid() {
			return &fault{"UntilNeigh", "the address is not valid"}
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
	w := newMirror(newFilter(nil))
	l, err := w.wait(ctx, c, name, cond.on(w))
	if err == nil {
		return l, nil
	}
	e := &Error{Op: "wait for", Name: name, Attr: cond.String()}
	if w.missing(name) {
		e.Message = "there is no such link"
	}
	if cause, ok := errors.AsType[*Error](err); ok {
		e.Message, err = cause.Message, cause.Err
	}
	return nil, kernelError(e, err)
}

// wait returns the link with a name when f holds for it.
func (w *mirror) wait(ctx context.Context, c *Conn, name string, f func(*nsLinks, *Link) (bool, error)) (*Link, error) {
	err := w.open(ctx, c)
	if err != nil {
		return nil, err
	}
	defer w.close()
	for err = w.listAll(ctx); err == nil; err = w.step(ctx) {
		if w.objects != nil {
			w.objects.follow(w.events)
			w.objects.discard()
		}
		w.discardEvents()
		around := w.spaces[rtnl.OwnNetNS]
		l := around.named(name)
		if ok, err := f(around, l); ok || err != nil {
			return l, err
		}
	}
	return nil, err
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
