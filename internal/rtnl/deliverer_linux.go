package rtnl

import "runtime"

const (
	// deliveredHere is the number of bytes of a list that the caller's goroutine decodes
	// itself. It has decoded some hundred links before another goroutine is scheduled on a
	// processor.
	deliveredHere = 512 << 10
	// deliverBuffers is the number of datagrams that are read, decoded, or between the two.
	deliverBuffers = 4
)

// A deliverer calls the Reply functions for the datagrams of a long list in its own
// goroutine, while the caller's reads: the kernel describes the links of a datagram during
// the read.
type deliverer struct {
	full chan []byte   // datagrams; closed to end the goroutine
	free chan []byte   // buffers
	done chan struct{} // closed when the goroutine has ended

	ended bool // a Reply panicked or called runtime.Goexit
	fault any  // the value of the panic
}

// newDeliverer starts a goroutine that delivers datagrams of at most size bytes.
func newDeliverer(deliver func([]byte), size int) *deliverer {
	d := &deliverer{full: make(chan []byte, deliverBuffers), free: make(chan []byte, deliverBuffers), done: make(chan struct{})}
	for range deliverBuffers - 1 {
		d.free <- make([]byte, size)
	}
	go d.run(deliver)
	return d
}

// run delivers datagrams, and discards those after a panic.
func (d *deliverer) run(deliver func([]byte)) {
	defer close(d.done)
	defer d.each(func([]byte) {})
	defer func() {
		if d.ended {
			d.fault = recover()
		}
	}()
	d.ended = true
	d.each(deliver)
	d.ended = false
}

func (d *deliverer) each(f func([]byte)) {
	for datagram := range d.full {
		f(datagram)
		d.free <- datagram[:cap(datagram)]
	}
}

// join waits for the end of all deliveries. It repeats in the caller's goroutine the panic or
// runtime.Goexit of a Reply.
func (d *deliverer) join() {
	close(d.full)
	<-d.done
	switch {
	case d.fault != nil:
		panic(d.fault)
	case d.ended:
		runtime.Goexit()
	}
}

// receive reads one datagram, as Conn.receive does. It reads and delivers the rest of a long
// list before, up to the datagram that ends the list or that has to be examined.
func (x *exchange) receive() (int, error) {
	if x.bytes < deliveredHere || x.b.requests[x.from].end != atDone {
		n, err := x.c.receive(x.c.read)
		x.bytes += n
		return n, err
	}
	x.bytes = 0
	d := newDeliverer(func(datagram []byte) { x.b.deliver(datagram, x.from, x.to, x.base) }, len(x.c.read))
	defer d.join()
	for {
		n, err := x.c.receive(x.c.read)
		if n == 0 || n > len(x.c.read) || err != nil || x.stopped() != nil {
			return n, err
		}
		d.full <- x.c.read[:n]
		x.c.read = <-d.free
	}
}
