package rtnl

import (
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Reply is called for each message that answers a request, one at a time and in order,
// while the caller waits. For a long list that is done in another goroutine than the caller's.
// The data is only valid during the call.
type Reply func(wire.Message)

// end identifies the last message of the answer to a request.
type end uint8

const (
	atAck   end = iota // the acknowledgement or error
	atReply            // the single message requested, or an error
	atLast             // a message without NLM_F_MULTI, NLMSG_DONE, or an error
	atDone             // NLMSG_DONE, or an error
)

// request is one message of a batch and its result.
type request struct {
	at, to int // offsets in the batch's bytes
	end    end
	reply  Reply
	work   int // cost for the kernel
	state  state
	err    error

	changed bool // the dump changed while it was read, or has a gap
	cut     bool // a datagram of the dump did not fit the read buffer
	vast    bool // the kernel reserved room for a vast link in the dump
}

// state is the progress of a request.
type state uint8

const (
	unsent state = iota
	sent
	answered
)

// A Batch is a list of requests that are sent together. The zero value is empty. It
// can be reused after Reset. It must not be copied, because it contains the buffer
// for one short request.
type Batch struct {
	buf      []byte
	requests []request
	together bool
	bytes    [160]byte
	first    [1]request
}

// Reset empties b and keeps its memory.
func (b *Batch) Reset() {
	b.buf = b.buf[:0]
	clear(b.requests)
	b.requests = b.requests[:0]
	b.together = false
}

// Together sends all requests in one system call if there is room for the answers,
// regardless of their number. It is for requests that cost the kernel little.
func (b *Batch) Together() {
	b.together = true
}

// Len returns the number of requests.
func (b *Batch) Len() int {
	return len(b.requests)
}

// Err returns the result of request i: nil if the kernel carried it out, an *Errno
// if the kernel rejected it, ErrLost if it was sent but its answer was lost, or
// another error if it was not sent.
func (b *Batch) Err(i int) error {
	r := &b.requests[i]
	switch {
	case r.err != nil || r.state == answered:
		return r.err
	case r.state == sent:
		return ErrLost
	}
	return errUnsent
}

// Bytes returns request i as it was sent, header included.
func (b *Batch) Bytes(i int) []byte {
	r := b.requests[i]
	return b.buf[r.at:r.to]
}

// checkLengths returns an error if a request is longer than the given limit of one
// send, or longer than an attribute can be: such a request may contain an attribute
// that is too long.
func (b *Batch) checkLengths(bytes int) error {
	most := min(wire.MaxLen, bytes)
	for i := range b.requests {
		if n := b.requests[i].to - b.requests[i].at; n > most {
			return tooLong(n, most)
		}
	}
	return nil
}

// span returns the bytes of the requests from…to-1.
func (b *Batch) span(from, to int) []byte {
	return b.buf[b.requests[from].at:b.requests[to-1].to]
}

// Write adds a request that the kernel acknowledges. body appends the part after the
// header.
func (b *Batch) Write(typ, flags uint16, body func([]byte) []byte) int {
	return b.add(typ, flags|uapi.NLM_F_ACK, atAck, nil, body)
}

// Echo is Write for a request with NLM_F_ECHO among its flags. Before the
// acknowledgement, reply receives the notification that the kernel also multicasts,
// or nothing if the kernel ignores the flag for this request.
func (b *Batch) Echo(typ, flags uint16, reply Reply, body func([]byte) []byte) int {
	return b.add(typ, flags|uapi.NLM_F_ACK, atAck, reply, body)
}

// Get adds a request that is answered by one message.
func (b *Batch) Get(typ uint16, reply Reply, body func([]byte) []byte) int {
	return b.add(typ, 0, atReply, reply, body)
}

// list adds a request that the kernel answers at once, with one message or many.
func (b *Batch) list(typ uint16, reply Reply, body func([]byte) []byte) int {
	return b.add(typ, 0, atLast, reply, body)
}

func (b *Batch) dump(typ uint16, reply Reply, body func([]byte) []byte) int {
	return b.add(typ, uapi.NLM_F_DUMP, atDone, reply, body)
}

func (b *Batch) add(typ, flags uint16, end end, reply Reply, body func([]byte) []byte) int {
	if b.buf == nil {
		b.buf, b.requests = b.bytes[:0], b.first[:0]
	}
	buf, at := wire.BeginMessage(b.buf, typ, flags|uapi.NLM_F_REQUEST)
	b.buf = wire.EndMessage(body(buf), at)
	b.requests = append(b.requests, request{at: at, to: len(b.buf), end: end, reply: reply, work: work(typ, end)})
	return len(b.requests) - 1
}

// Space that one answer may take in the socket's receive buffer, including the
// kernel's overhead. An acknowledgement takes 832 bytes, or 1280 with an error text;
// the description of a link takes 4352 bytes for up to 3700 bytes of contents.
// Longer answers mostly repeat the contents of the requests, so twice the request's
// length is added.
const (
	ackSpace   = 1536
	replySpace = 6 << 10
)

// Work that one send may cause in the kernel, which carries out the whole send even
// if the context ends. A request that changes something counts 1, which is 0.2 ms
// for a new bridge and 0.6 ms for a pair of veths. A request that removes a link
// waits for RCU grace periods, 16 ms or more. Reading costs 0.01 ms and is bounded
// by the space for the answers.
const (
	sendWork    = 64
	removalWork = 16
)

func work(typ uint16, end end) int {
	switch {
	case end != atAck:
		return 0
	case typ == uapi.RTM_DELLINK:
		return removalWork
	}
	return 1
}

// fit returns the end of the run of requests, starting at from, that can be sent in
// one call with the given space for their answers and the given limit of bytes. The
// run holds at least one request.
func (b *Batch) fit(from, space, bytes int) int {
	done := 0
	for i := from; i < len(b.requests); i++ {
		r := &b.requests[i]
		space -= r.space()
		done += r.work
		long := done > sendWork && !b.together
		if i > from && (long || space < 0 || r.to-b.requests[from].at > bytes) {
			return i
		}
	}
	return len(b.requests)
}

func (r *request) space() int {
	space := ackSpace + 2*(r.to-r.at)
	if r.end != atAck || r.reply != nil {
		space += replySpace
	}
	return space
}

// number assigns sequence numbers to the requests from…to-1: base to the first
// request of the batch, and so on.
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

// pendingSingles is pending for requests answered by one message. The kernel has
// already answered these.
func (b *Batch) pendingSingles(from, to int) bool {
	for i := to - 1; i >= from; i-- {
		if b.requests[i].state == sent && b.requests[i].end != atDone {
			return true
		}
	}
	return false
}

// failUnsent sets err as the error of all requests that were not sent.
func (b *Batch) failUnsent(err error) {
	for i := range b.requests {
		if b.requests[i].state == unsent {
			b.requests[i].err = err
		}
	}
}

// breakDumps records that part of an answer was lost, so that a dump may have a gap.
func (b *Batch) breakDumps(from, to int) {
	for i := from; i < to; i++ {
		b.requests[i].changed = true
	}
}

func (b *Batch) failLost(from, to int) {
	for i := from; i < to; i++ {
		if b.requests[i].state == sent {
			b.requests[i].finish(ErrLost)
		}
	}
}

// silence removes the Reply functions, so that answers are counted but not
// delivered.
func (b *Batch) silence(from, to int) {
	for i := from; i < to; i++ {
		b.requests[i].reply = nil
	}
}

func (r *request) finish(err error) {
	r.state, r.err = answered, err
}

// deliver updates the requests that the messages of a datagram answer, and calls
// their Reply functions. Answers to earlier batches fall outside the range and are
// dropped.
func (b *Batch) deliver(datagram []byte, from, to int, base uint32) {
	for m, err := range wire.Messages(datagram) {
		if err != nil {
			break
		}
		i := int(m.Seq - base)
		if i < from || i >= to || b.requests[i].state != sent {
			continue
		}
		if r := &b.requests[i]; r.settle(m) && r.reply != nil {
			r.reply(m)
		}
	}
}

// cut records that a datagram did not fit, given its beginning, and reports whether
// it was part of a dump. Such a datagram answers a single request. An echo that does
// not fit is dropped.
func (b *Batch) cut(beginning []byte, from, to int, base uint32) (dump bool) {
	i := int(wire.Order.Uint32(beginning[8:]) - base) // nlmsg_seq
	if i < from || i >= to || b.requests[i].state != sent {
		return false
	}
	switch r := &b.requests[i]; r.end {
	case atDone:
		r.cut = true
		return true
	case atReply:
		r.finish(errCut)
	}
	return false
}

// nextCut returns the first request from i onwards whose answer did not fit, or -1
// if there is none.
func (b *Batch) nextCut(i int) int {
	for ; i < len(b.requests); i++ {
		if b.requests[i].err == errCut {
			return i
		}
	}
	return -1
}

// settle processes one message that answers r, and reports whether it is for the
// Reply.
func (r *request) settle(m wire.Message) bool {
	r.changed = r.changed || m.Flags&uapi.NLM_F_DUMP_INTR != 0
	switch {
	case m.Type == uapi.NLMSG_ERROR:
		r.finish(parseAck(m))
		return false
	case m.Type == uapi.NLMSG_DONE && r.end != atReply:
		r.finish(parseDone(m))
		return false
	case r.end == atReply, r.end == atLast && m.Flags&uapi.NLM_F_MULTI == 0:
		r.finish(nil)
	}
	return true
}
