package iplink

import (
	"context"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

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
