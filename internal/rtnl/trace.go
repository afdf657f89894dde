package rtnl

import (
	"context"

	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Datagram is one send or one read of an exchange.
type Datagram struct {
	Conn   *Conn  // must not be used for an exchange during the call
	Family string // the generic netlink family of the socket; empty for route netlink
	Sent   bool
	Bytes  []byte // valid only during the call; may hold secrets, and lack its end if the read buffer was too short
}

// A Trace is called with each datagram, right before it is sent and right after it was
// read, by the goroutine of the exchange.
type Trace func(Datagram)

// traceKey is the key of the Trace of a context.
type traceKey struct{}

// SetTrace makes c call t in all exchanges. c must not be in use.
func (c *Conn) SetTrace(t Trace) { c.tracing.own = t }

// Traced returns a context in whose exchanges other sockets call the Trace of c: those without
// a Trace of their own. A Family that DialFamily opens with it keeps the Trace.
func (c *Conn) Traced(ctx context.Context) context.Context {
	if c.tracing.own == nil || ctx == nil {
		return ctx
	}
	return context.WithValue(ctx, traceKey{}, c.tracing.own)
}

// traceOf returns the Trace of a context, or nil.
func traceOf(ctx context.Context) Trace {
	t, _ := ctx.Value(traceKey{}).(Trace)
	return t
}

// A tracing is the state of a Conn that only traces use.
type tracing struct {
	own    Trace
	trace  Trace  // of the present exchange
	family string // of generic netlink
	place  *string
}

// Place returns the result of the first call of find, which describes the namespace of
// the socket. Only a Trace may call it.
func (c *Conn) Place(find func(*Conn) string) string {
	if c.tracing.place == nil {
		c.tracing.place = new(find(c))
	}
	return *c.tracing.place
}

// of returns the Trace of an exchange with a context, or nil.
func (t *tracing) of(ctx context.Context) Trace {
	if t.own != nil {
		return t.own
	}
	return traceOf(ctx)
}

// show calls the Trace of the present exchange, if there is one.
func (c *Conn) show(sent bool, b []byte) {
	if c.tracing.trace != nil {
		c.tracing.trace(Datagram{c, c.tracing.family, sent, b})
	}
}

// ParseEnd returns the result in a message of type NLMSG_ERROR or NLMSG_DONE: an *Errno,
// or nil for success, which may have a text of the kernel, too.
func ParseEnd(m wire.Message) (text string, err error) {
	if m.Type == uapi.NLMSG_DONE {
		err = parseDone(m)
	} else {
		err = parseAck(m)
	}
	var e Errno
	if err == nil && m.Type == uapi.NLMSG_ERROR && m.Flags&uapi.NLM_F_ACK_TLVS != 0 {
		e.parseExtended(m)
	}
	return e.Message, err
}
