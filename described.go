package iplink

import (
	"context"
	"errors"
	"io/fs"
	"reflect"
	"strings"

	"github.com/iplink-go/iplink/internal/own"
)

// A fault is an argument that no request can hold, such as nil.
type fault own.Fault

// in returns the error of an operation whose argument it is.
func (f *fault) in(op string) *Error {
	return &Error{Op: op, Attr: f.Setter, Message: f.Text, Err: fs.ErrInvalid}
}

// netNSFault says what is wrong with the argument of a setter for a namespace,
// empty if nothing is.
func netNSFault(setter string, ns *NetNS) string {
	switch {
	case ns == nil:
		return "it is nil: leave " + setter + " out for the namespace of the Conn"
	case ns.file == nil:
		return "it is zero: give one that a function such as OpenNetNS has returned"
	}
	return ""
}

// portFault says what is wrong with the argument of PortSettings, empty if nothing is.
func portFault(port PortSpec) string {
	switch {
	case isNil(port):
		return "it is nil: give a builder of settings, such as bridge.Port returns"
	case !port.Own().Made():
		return "the builder is zero: make it with Port of package bridge or bond"
	}
	return ""
}

// isNil reports whether v is nil, or a nil pointer in an interface.
func isNil(v any) bool {
	value := reflect.ValueOf(v)
	return !value.IsValid() || value.Kind() == reflect.Pointer && value.IsNil()
}

// described returns the description that each of specs holds. It refuses a nil
// Spec, a builder that no New has returned, and what setters could not take.
func described(op string, specs ...Spec) ([]*spec, error) {
	all := make([]*spec, len(specs))
	for i, s := range specs {
		if isNil(s) {
			return nil, (&spec{link: &unsetLink}).invalid(op, "Spec", "it is nil: give a builder, such as bridge.New returns")
		}
		all[i] = s.wanted()
		if err := all[i].checkGiven(op); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// checkGiven returns what is wrong with the builder itself, and with what its
// setters, and those of its peer, were given.
func (s *spec) checkGiven(op string) error {
	if !s.Made() {
		return s.invalid(op, "Spec", "the builder is zero: make it with the New of its package")
	}
	var all []error
	for _, f := range s.Faults {
		all = append(all, s.invalid(op, f.Setter, f.Text))
	}
	if s.Peer == nil {
		return errors.Join(all...)
	}
	peer := s.peer().wanted()
	if peer.Peer != nil {
		return errors.Join(append(all, s.invalid(op, "peer", "a peer cannot have a peer of its own"))...)
	}
	return errors.Join(append(all, peer.checkGiven(op))...)
}

// comment returns a text for a shell that does nothing, in place of the commands
// for what cannot be; empty if nothing is wrong.
func (s *spec) comment() string {
	err := s.checkGiven("")
	if err == nil {
		return ""
	}
	return "# " + strings.ReplaceAll(err.Error(), "\n", "; ")
}

// missing returns an error for a call on a nil or zero Conn.
func (c *Conn) missing(op string) error {
	if c != nil && c.rt != nil {
		return nil
	}
	return (&fault{"Conn", "it is nil or zero: Dial opens one"}).in(op)
}

// unready is missing for a call that takes a context, which may be nil.
func (c *Conn) unready(ctx context.Context, op string) error {
	if err := c.missing(op); err != nil || ctx != nil {
		return err
	}
	return noContext.in(op)
}

var noContext = &fault{"context", "it is nil: give context.Background()"}
