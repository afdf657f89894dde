package rtnl

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// An exchange is one batch that goes out and gets its answers.
type exchange struct {
	c        *Conn
	ctx      context.Context
	b        *Batch
	last     bool   // goes on although the Conn is closed
	from, to int    // the requests of one send
	base     uint32 // the sequence number of the batch's first request
}

// begin waits for the Conn's turn and clears the queue of what nobody awaits.
func (x *exchange) begin() error {
	if err := x.stopped(); err != nil {
		return err
	}
	select {
	case <-x.ctx.Done():
		return context.Cause(x.ctx)
	case x.c.turn <- struct{}{}:
	}
	if !x.c.stale {
		return nil
	}
	if err := x.c.drain(); err != nil {
		x.c.end()
		return err
	}
	x.c.stale = false
	return nil
}

// stopped returns why nothing more may be sent, nil if it may.
func (x *exchange) stopped() error {
	switch {
	case x.ctx.Err() != nil:
		return context.Cause(x.ctx)
	case x.c.isClosed() && !x.last:
		return os.ErrClosed
	}
	return nil
}

// run sends the requests from from up to to and collects their answers, also if
// a reply panics.
func (x *exchange) run() error {
	if err := x.stopped(); err != nil {
		return err
	}
	x.b.number(x.from, x.to, x.base)
	if err := x.c.send(x.b.span(x.from, x.to)); err != nil {
		return err
	}
	x.b.markSent(x.from, x.to)
	x.c.stale = true
	defer x.salvage()
	_ = x.c.pass(AfterSend)
	defer x.c.watch(x.ctx)()
	return x.collect()
}

// watch makes the end of the context interrupt a read. The returned function
// undoes it.
func (c *Conn) watch(ctx context.Context) func() {
	if ctx.Done() == nil {
		return func() {}
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		_ = c.nl.SetReadDeadline(time.Unix(1, 0))
	})
	return func() {
		if !stop() {
			<-done
			_ = c.nl.SetReadDeadline(time.Time{})
		}
	}
}

// collect reads until the requests are answered. When it is to stop, or when
// answers were lost, it still takes those that wait in the queue: the kernel
// has put them there before the send returned. Only of dumps there is more.
func (x *exchange) collect() error {
	var stopped error
	lost := false
	for x.awaits(stopped) {
		n, err := x.c.receive(stopped == nil && !lost)
		switch {
		case errors.Is(err, unix.ENOBUFS):
			lost = true
		case errors.Is(err, os.ErrDeadlineExceeded):
			stopped = x.interrupted()
		case err != nil && stopped != nil:
			return err
		case err != nil:
			stopped = err
		case n == 0:
			x.b.failLost(x.from, x.to)
		default:
			x.b.deliver(x.c.read[:n], x.from, x.to, x.base)
		}
	}
	x.c.stale = stopped != nil || lost
	return stopped
}

// awaits reports whether answers are awaited; those to a dump no longer if the
// exchange has stopped.
func (x *exchange) awaits(stopped error) bool {
	if stopped != nil {
		return x.b.pendingSingles(x.from, x.to)
	}
	return x.b.pending(x.from, x.to)
}

// interrupted returns why a read was interrupted; nil, and the next one waits
// again, if that was not meant for this exchange.
func (x *exchange) interrupted() error {
	err := x.stopped()
	if err == nil {
		err = x.c.nl.SetReadDeadline(time.Time{})
	}
	return err
}

// salvage settles what is unanswered when an exchange ends early: after a panic
// the answers still wait in the queue.
func (x *exchange) salvage() {
	x.b.silence(x.from, x.to)
	for x.b.pendingSingles(x.from, x.to) {
		n, err := x.c.receive(false)
		if n == 0 || err != nil {
			break
		}
		x.b.deliver(x.c.read[:n], x.from, x.to, x.base)
	}
	x.b.failLost(x.from, x.to)
}
