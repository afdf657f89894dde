package own

import (
	"context"

	"github.com/iplink-go/iplink/internal/rtnl"
)

// Where says which link a function such as bridge.Open opens, and in which namespace.
type Where struct {
	Fault Fault // the first invalid option
	Index int   // of the link, or 0

	NetNS any // the *iplink.NetNS of the option In
	Conn  any // the *iplink.Conn of the option On

	// Socket is the socket of Conn, which only Conn closes.
	Socket *rtnl.Conn
	// Do calls a function on a thread in the namespace. It is nil for the namespace of
	// the calling thread.
	Do func(func() error) error
}

// A Place is an option that changes a Where. The other options of a package implement
// it too, and change nothing.
type Place interface {
	Where(*Where)
}

// At returns the result of the options.
func At[P Place](options []P) *Where {
	w := new(Where)
	for _, o := range options {
		if any(o) == nil {
			w.Refuse("Option", "it is nil: leave it out")
		} else {
			o.Where(w)
		}
	}
	return w
}

// Refuse records the fault of an option, unless an earlier one has a fault.
func (w *Where) Refuse(option, text string) {
	if w.Fault.Text == "" {
		w.Fault = Fault{option, text}
	}
}

// Traced returns a context for the opening of further sockets, which are traced as Conn is.
func (w *Where) Traced(ctx context.Context) context.Context {
	if w.Socket == nil {
		return ctx
	}
	return w.Socket.Traced(ctx)
}

// Enter calls f on a thread in the namespace, and returns its error.
func (w *Where) Enter(f func() error) error {
	if w.Do == nil {
		return f()
	}
	return w.Do(f)
}
