package rtnl

import (
	"context"
	"errors"

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

	taken    int       // bytes of answers
	lump     *lump     // what waits for a Reply
	handover *handover // nil as long as that is little
}

// begin waits for the Conn's turn and clears the queue of what nobody awaits.
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
	x.lump = &x.c.lump
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
	case x.c.closed.Load() && !x.last:
		return errClosed
	}
	return nil
}

// run sends all requests, some at a time, and collects the answers, also if a
// reply panics.
func (x *exchange) run() error {
	defer x.salvage()
	err := x.sendAll()
	x.deliver()
	return err
}

func (x *exchange) sendAll() error {
	for x.to < x.b.Len() {
		x.from, x.to = x.to, x.b.fit(x.to, x.c.room, x.c.bytes)
		if err := x.send(); err != nil {
			x.b.failUnsent(err)
			return err
		}
	}
	return x.sendAgain()
}

// sendAgain asks again for what did not fit the read buffer, which has grown.
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

// send sends the requests from from up to to and collects their answers.
func (x *exchange) send() error {
	if err := x.stopped(); err != nil {
		return err
	}
	x.b.number(x.from, x.to, x.base)
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

// collect reads until the requests are answered. When it is to stop, or when
// answers were lost, it still takes those that wait in the queue: the kernel
// has put them there before the send returned. Only of dumps there is more.
func (x *exchange) collect() error {
	var stopped error
	lost := false
	for x.awaits(stopped) {
		if stopped == nil {
			if stopped = x.stopped(); stopped != nil {
				continue
			}
		}
		n, err := x.c.receive()
		switch {
		case errors.Is(err, unix.ENOBUFS):
			lost = true
			x.b.breakDumps(x.from, x.to)
		case err != nil && stopped != nil:
			return err
		case err != nil:
			stopped = err
		case x.c.full > 0:
			lost = x.takeCut() || lost
		case n > 0:
			x.take(x.c.read[:n])
		case lost || stopped != nil:
			x.b.failLost(x.from, x.to)
		default:
			x.c.wait()
		}
	}
	x.c.stale = stopped != nil || lost
	return stopped
}

// take takes note of a datagram, and tells the Reply functions. If there are many,
// what is due to them waits until it is a handful.
func (x *exchange) take(datagram []byte) {
	l := x.lump
	if x.taken += len(datagram); x.taken <= brief {
		l.due = x.b.settle(l.due, datagram, x.from, x.to, x.base)
		l.deliver()
		return
	}
	if !isAck(datagram) {
		at := len(l.bytes)
		l.bytes = append(l.bytes, datagram...)
		datagram = l.bytes[at:]
	}
	l.due = x.b.settle(l.due, datagram, x.from, x.to, x.base)
	if len(l.bytes) >= handful && (x.to < x.b.Len() || x.b.pending(x.from, x.to)) {
		x.handOver()
	}
}

// takeCut takes note of a datagram that did not fit, and makes room for the next of
// its kind. It reports whether an end of a dump may have been lost with it.
func (x *exchange) takeCut() bool {
	dump := x.b.cut(x.c.read, x.from, x.to, x.base)
	x.c.read = make([]byte, x.c.full+x.c.full/4)
	return dump
}

// handOver has the lump delivered while the next is filled.
func (x *exchange) handOver() {
	if x.handover == nil {
		x.handover = newHandover()
	}
	if x.lump = x.handover.pass(x.lump); x.lump == nil {
		x.join()
	}
}

// deliver delivers the rest, and returns when all is delivered.
func (x *exchange) deliver() {
	if x.handover == nil {
		x.lump.deliver()
		return
	}
	x.handOver()
	x.join()
}

// join awaits the end of the other goroutine.
func (x *exchange) join() {
	h := x.handover
	x.handover = nil
	h.join()
	h.resume()
}

// awaits reports whether answers are awaited; those to a dump no longer if the
// exchange has stopped.
func (x *exchange) awaits(stopped error) bool {
	if stopped != nil {
		return x.b.pendingSingles(x.from, x.to)
	}
	return x.b.pending(x.from, x.to)
}

// salvage settles what is unanswered when an exchange ends early: after a panic
// the answers still wait in the queue.
func (x *exchange) salvage() {
	if x.handover != nil {
		x.handover.join()
	}
	x.c.lump.clear()
	x.b.silence(x.from, x.to)
	for x.b.pendingSingles(x.from, x.to) {
		n, err := x.c.receive()
		if n == 0 || err != nil {
			break
		}
		x.b.settle(nil, x.c.read[:n], x.from, x.to, x.base)
	}
	x.b.failLost(x.from, x.to)
}
