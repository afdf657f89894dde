package iplink

import (
	"errors"
	"io/fs"
	"reflect"
)

// A fault is a setter's argument that no request can hold, such as nil. The verbs
// report it: a setter returns the builder and no error.
type fault struct {
	setter, text string
}

// in returns the error of an operation whose argument it is.
func (f *fault) in(op string) *Error {
	return &Error{Op: op, Attr: f.setter, Message: f.text, Err: fs.ErrInvalid}
}

// refuseArgument notes that a setter was given an argument that it cannot take.
func (b *builder[Self]) refuseArgument(setter, text string) *Self {
	b.spec.faults = append(b.spec.faults, fault{setter, text})
	return b.me()
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
	if s.zero {
		return s.invalid(op, "Spec", "the builder is zero: make it with the New of its package")
	}
	var all []error
	for _, f := range s.faults {
		all = append(all, s.invalid(op, f.setter, f.text))
	}
	if s.peer != nil {
		all = append(all, s.peer.wanted().checkGiven(op))
	}
	return errors.Join(all...)
}

// missing returns an error for a call on a nil or zero Conn.
func (c *Conn) missing(op string) error {
	if c != nil && c.rt != nil {
		return nil
	}
	return (&fault{"Conn", "it is nil or zero: Dial opens one"}).in(op)
}
