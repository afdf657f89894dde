package rtnl

import "runtime"

const (
	// brief is the number of bytes of answers that the caller's goroutine delivers
	// by itself. It could decode some hundred links before another goroutine is
	// scheduled on a processor.
	brief = 512 << 10
	// handful is the number of bytes of replies that justify waking another
	// goroutine, and waiting is the number of handfuls that may be queued for it.
	// The queue is short so that the reader does not read everything meanwhile.
	handful = 56 << 10
	waiting = 1
)

// A lump is a list of deliveries with copies of their messages.
type lump struct {
	bytes []byte
	due   []delivery
}

// deliver calls the Reply functions and empties the lump.
func (l *lump) deliver() {
	for _, d := range l.due {
		d.reply(d.message)
	}
	l.clear()
}

func (l *lump) clear() {
	clear(l.due)
	l.bytes, l.due = l.bytes[:0], l.due[:0]
}

// A handover calls Reply functions in its own goroutine, while the caller's
// goroutine has the kernel produce the next answers.
type handover struct {
	full chan *lump
	free chan *lump
	done chan struct{} // closed when the goroutine has ended

	fault any  // value of a panic in a Reply
	ended bool // a Reply panicked or called runtime.Goexit
}

func newHandover() *handover {
	h := &handover{full: make(chan *lump, waiting), free: make(chan *lump, waiting+2), done: make(chan struct{})}
	go h.run()
	return h
}

func (h *handover) run() {
	defer close(h.done)
	h.ended = true
	defer func() {
		if h.ended {
			h.fault = recover()
		}
	}()
	for l := range h.full {
		l.deliver()
		h.free <- l
	}
	h.ended = false
}

// pass hands over a lump and returns an empty one, or nil if a Reply has ended the
// goroutine.
func (h *handover) pass(l *lump) *lump {
	select {
	case <-h.done:
		return nil
	case h.full <- l:
	}
	select {
	case l = <-h.free:
		return l
	default:
		return new(lump)
	}
}

// join waits for the end of all deliveries.
func (h *handover) join() {
	close(h.full)
	<-h.done
}

// resume repeats in the caller's goroutine the panic or runtime.Goexit of a Reply.
func (h *handover) resume() {
	switch {
	case h.fault != nil:
		panic(h.fault)
	case h.ended:
		runtime.Goexit()
	}
}
