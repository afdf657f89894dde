package rtnl

import (
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Reply is called for each message that answers a request, in order. The
// data is only valid during the call.
type Reply func(wire.Message)

// end says which message is the last answer to a request.
type end uint8

const (
	atAck   end = iota // the acknowledgement or error
	atReply            // the one message asked for, or an error
	atDone             // NLMSG_DONE, or an error
)

// request is one message of a batch and what became of it.
type request struct {
	at, to int // where it lies in the batch's bytes
	end    end
	reply  Reply
	state  state
	err    error
}

// state is how far a request has come.
type state uint8

const (
	unsent state = iota
	sent
	answered
)

// A Batch is a list of requests that go out together. The zero value is empty.
// It may be used again after Reset.
type Batch struct {
	buf      []byte
	requests []request
}

// Reset empties b and keeps its memory.
func (b *Batch) Reset() {
	b.buf = b.buf[:0]
	clear(b.requests)
	b.requests = b.requests[:0]
}

// Len returns the number of requests.
func (b *Batch) Len() int {
	return len(b.requests)
}

// Err returns what became of request i: nil if the kernel did as told, an
// *Errno if it refused, another error if it was not sent or its answer was
// lost.
func (b *Batch) Err(i int) error {
	return b.requests[i].err
}

// Sent reports whether request i has reached the kernel.
func (b *Batch) Sent(i int) bool {
	return b.requests[i].state != unsent
}

// Bytes returns request i as it was sent, header included.
func (b *Batch) Bytes(i int) []byte {
	r := b.requests[i]
	return b.buf[r.at:r.to]
}

// Write adds a request that the kernel acknowledges. body appends what comes
// behind the header.
func (b *Batch) Write(typ, flags uint16, body func([]byte) []byte) int {
	return b.add(typ, flags|uapi.NLM_F_ACK, atAck, nil, body)
}

// Get adds a request that one message answers.
func (b *Batch) Get(typ uint16, reply Reply, body func([]byte) []byte) int {
	return b.add(typ, 0, atReply, reply, body)
}

func (b *Batch) dump(typ uint16, reply Reply, body func([]byte) []byte) int {
	return b.add(typ, uapi.NLM_F_DUMP, atDone, reply, body)
}

func (b *Batch) add(typ, flags uint16, end end, reply Reply, body func([]byte) []byte) int {
	buf, at := wire.BeginMessage(b.buf, typ, flags|uapi.NLM_F_REQUEST)
	b.buf = wire.EndMessage(body(buf), at)
	b.requests = append(b.requests, request{at: at, to: len(b.buf), end: end, reply: reply})
	return len(b.requests) - 1
}

// What one answer may take of the socket's receive buffer, with the kernel's
// overhead: an acknowledgement, and the description of a link.
const (
	ackRoom   = 1 << 10
	replyRoom = 16 << 10
)

// mostBytes bounds one send well below the send buffer of a socket that was
// granted no more than the default.
const mostBytes = 128 << 10

// fit returns the end of the run of requests from on that may go out in one
// send when their answers have the given room. It holds at least one.
func (b *Batch) fit(from, room int) int {
	for i := from; i < len(b.requests); i++ {
		room -= b.requests[i].room()
		tooLong := b.requests[i].to-b.requests[from].at > mostBytes
		if i > from && (room < 0 || tooLong) {
			return i
		}
	}
	return len(b.requests)
}

func (r *request) room() int {
	if r.end == atAck {
		return ackRoom
	}
	return replyRoom
}

// number gives the requests from up to to their sequence numbers: base for the
// first of the batch, and so on.
func (b *Batch) number(from, to int, base uint32) {
	for i := from; i < to; i++ {
		wire.SetSeq(b.buf[b.requests[i].at:], base+uint32(i))
	}
}

func (b *Batch) markSent(from, to int) {
	for i := from; i < to; i++ {
		b.requests[i].state = sent
	}
}

// pending reports whether any of the requests awaits an answer.
func (b *Batch) pending(from, to int) bool {
	for i := to - 1; i >= from; i-- {
		if b.requests[i].state == sent {
			return true
		}
	}
	return false
}

// pendingSingles is pending for requests whose answer is one message, and that
// are therefore answered already as far as the kernel is concerned.
func (b *Batch) pendingSingles(from, to int) bool {
	for i := to - 1; i >= from; i-- {
		if b.requests[i].state == sent && b.requests[i].end != atDone {
			return true
		}
	}
	return false
}

func (b *Batch) failUnanswered(err error) {
	for i := range b.requests {
		if b.requests[i].state != answered && b.requests[i].err == nil {
			b.requests[i].err = err
		}
	}
}

func (b *Batch) failLost(from, to int) {
	for i := from; i < to; i++ {
		if b.requests[i].state == sent {
			b.requests[i].finish(ErrLost)
		}
	}
}

func (r *request) finish(err error) {
	r.state, r.err = answered, err
}

// deliver hands each message of a datagram to the request it answers. Answers
// to earlier batches fall outside the range and are dropped.
func (b *Batch) deliver(datagram []byte, from, to int, base uint32) {
	for m, err := range wire.Messages(datagram) {
		if err != nil {
			return
		}
		if i := int(m.Seq - base); i >= from && i < to && b.requests[i].state == sent {
			b.requests[i].answer(m)
		}
	}
}

// answer takes one message as an answer to r.
func (r *request) answer(m wire.Message) {
	if m.Type == uapi.NLMSG_ERROR {
		r.finish(parseAck(m))
		return
	}
	if r.reply != nil {
		r.reply(m)
	}
	switch {
	case r.end == atReply:
		r.finish(nil)
	case m.Type == uapi.NLMSG_DONE:
		r.finish(parseDone(m))
	}
}
