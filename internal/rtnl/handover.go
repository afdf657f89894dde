package rtnl

import "runtime"

const (
	// brief is how many bytes of answers the caller's goroutine sees to alone:
	// until another one has found a processor, it has decoded some hundred links.
	brief = 512 << 10
	// handful is how many bytes of replies are worth another goroutine's
	// waking, and waiting how many handfuls may wait for it: who reads on
	// meanwhile must not read all there is.
	handful = 56 << 10
	waiting = 1
)

// A lump is copies of messages and who is to be told of them.
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

// A handover calls Reply functions in a goroutine of its own, while the caller's
// has the kernel make the next answers.
type handover struct {
	full chan *lump
	free chan *lump
	done chan struct{} // closed when the goroutine has ended

	fault any  // what a Reply panicked with
	ended bool // a Reply has ended the goroutine
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

// pass hands a lump over and returns an empty one, or nil if a Reply has put an
// end to it.
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

// join awaits the end of all deliveries.
func (h *handover) join() {
	close(h.full)
	<-h.done
}

// resume goes on in the caller's goroutine with what a Reply has done to the
// other.
func (h *handover) resume() {
	switch {
	case h.fault != nil:
		panic(h.fault)
	case h.ended:
		runtime.Goexit()
	}
}
