package rtnl

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"
)

// An exchange sends one batch and collects its answers.
type exchange struct {
	c        *Conn
	ctx      context.Context
	b        *Batch
	last     bool   // continues even if the Conn is closed
	from, to int    // the requests of one send
	base     uint32 // the sequence number of the batch's first request
	bytes    int    // read by the caller's goroutine
}

// begin waits for the Conn's turn and clears stale answers from the queue.
func (x *exchange) begin() error {
	if err := x.stopped(); err != nil {
		return err
	}
	select {
	case x.c.turn <- struct{}{}:
	default:
		select {
		case <-x.ctx.Done():
			return context.Cause(x.ctx)
		case x.c.turn <- struct{}{}:
		}
	}
	x.c.tracing.trace = x.c.tracing.of(x.ctx)
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

// stopped returns the reason why nothing more may be sent, or nil.
func (x *exchange) stopped() error {
	switch {
	case x.ctx.Err() != nil:
		return context.Cause(x.ctx)
	case x.c.closed.Load() && !x.last:
		return errClosed
	}
	return nil
}

// run sends all requests in one or more sends and collects the answers, even if a
// reply panics.
func (x *exchange) run() error {
	defer x.finishEarly()
	for x.to < x.b.Len() {
		x.from, x.to = x.to, x.b.fit(x.to, x.c.space, x.c.bytes)
		if err := x.send(); err != nil {
			x.b.failUnsent(err)
			return err
		}
	}
	return x.sendAgain()
}

// sendAgain repeats the requests whose answers did not fit the read buffer, which
// has grown.
func (x *exchange) sendAgain() error {
	for i := x.b.nextCut(0); i >= 0; i = x.b.nextCut(i) {
		x.b.requests[i].state, x.b.requests[i].err = unsent, nil
		x.from, x.to = i, i+1
		if err := x.send(); err != nil {
			x.b.failUnsent(err)
			return err
		}
	}
	return nil
}

// send sends the requests x.from…x.to-1 and collects their answers.
func (x *exchange) send() error {
	if err := x.stopped(); err != nil {
		return err
	}
	x.b.number(x.from, x.to, x.base)
	x.c.reserve(x.b.requests[x.from:x.to])
	if err := x.c.send(x.b.span(x.from, x.to)); err != nil {
		return err
	}
	x.b.markSent(x.from, x.to)
	x.c.stale = true
	_ = x.c.pass(AfterSend)
	if r := &x.b.requests[x.from]; r.end == atDone {
		r.vast = x.c.isVast()
	}
	return x.collect()
}

// collect reads until the requests are answered. If it must stop, or if answers were
// lost, it still reads the answers in the queue, because the kernel queues them
// before the send returns. Only a dump has more answers to come.
func (x *exchange) collect() error {
	var stopped error
	lost := false
	for x.awaits(stopped) {
		if stopped == nil {
			if stopped = x.stopped(); stopped != nil {
				continue
			}
		}
		n, err := x.receive()
		switch {
		case errors.Is(err, unix.ENOBUFS):
			lost = true
			x.b.breakDumps(x.from, x.to)
		case err != nil && stopped != nil:
			return err
		case err != nil:
			stopped = err
		case n > len(x.c.read):
			lost = x.takeCut(n) || lost
		case n > 0:
			x.b.deliver(x.c.read[:n], x.from, x.to, x.base)
		case lost || stopped != nil:
			x.b.failLost(x.from, x.to)
		case x.b.pending(x.from, x.to):
			x.c.wait()
		}
	}
	x.c.stale = stopped != nil || lost
	return stopped
}

// takeCut processes a datagram of n bytes that did not fit, and enlarges the read buffer
// for the next one. It reports whether the end of a dump may have been lost with it.
func (x *exchange) takeCut(n int) bool {
	dump := x.b.cut(x.c.read, x.from, x.to, x.base)
	x.c.read = make([]byte, n+n/4)
	return dump
}

// awaits reports whether answers are outstanding. If the exchange has stopped, dumps
// no longer count.
func (x *exchange) awaits(stopped error) bool {
	if stopped != nil {
		return x.b.pendingSingles(x.from, x.to)
	}
	return x.b.pending(x.from, x.to)
}

// finishEarly settles unanswered requests when an exchange ends early: after a panic,
// perhaps of the Trace, the answers are still in the queue.
func (x *exchange) finishEarly() {
	x.c.tracing.trace = nil
	x.b.silence(x.from, x.to)
	for x.b.pendingSingles(x.from, x.to) {
		n, err := x.c.receive(x.c.read)
		if n == 0 || err != nil {
			break
		}
		x.b.deliver(x.c.read[:min(n, len(x.c.read))], x.from, x.to, x.base)
	}
	x.b.failLost(x.from, x.to)
}
