package jsonform

import (
	"encoding"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/iplink-go/iplink/internal/words"
)

// Numbers maps numbers to numbers. It is an object.
type Numbers map[uint32]uint32

// WriteJSON is part of Value.
func (m *Numbers) WriteJSON(w *Writer) {
	w.Open('{')
	for _, from := range slices.Sorted(maps.Keys(*m)) {
		w.Key(strconv.FormatUint(uint64(from), 10))
		w.Uint(uint64((*m)[from]))
	}
	w.Close('}')
}

// ReadJSON is part of Value.
func (m *Numbers) ReadJSON(n *Node) error {
	all := Numbers{}
	for i := range n.Members {
		member := &n.Members[i]
		from, ok := words.Number(member.Name, 32)
		if _, twice := all[uint32(from)]; !ok || twice {
			return n.MemberFault(member, "the name is not a number of 32 bits, or it is there twice")
		}
		var to uint32
		if err := Read(member.Value, &to); err != nil {
			return err
		}
		all[uint32(from)] = to
	}
	*m = all
	return n.Want(Object)
}

// Schema is part of Value.
func (m *Numbers) Schema() *Schema {
	return &Schema{Type: "object", Additional: Integer(0, uint32(1<<32-1))}
}

// Present is a request without a value. It is true.
type Present struct{}

// WriteJSON is part of Value.
func (Present) WriteJSON(w *Writer) { w.Bool(true) }

// ReadJSON is part of Value.
func (Present) ReadJSON(n *Node) error {
	if on, err := n.Switch(); err != nil || on {
		return err
	}
	return n.Fault("it can only be true: leave it out")
}

// Schema is part of Value.
func (Present) Schema() *Schema { return &Schema{Const: true} }

// flagSet is a set of bits as a list of words.
type flagSet struct{ of reflect.Value }

// Flags returns the set that v points to.
func Flags(v interface {
	encoding.TextMarshaler
	encoding.TextUnmarshaler
}) Value {
	return flagSet{reflect.ValueOf(v).Elem()}
}

var flagTag = fieldTag{options: []string{"flags"}}

func (f flagSet) WriteJSON(w *Writer)    { w.value(f.of, flagTag) }
func (f flagSet) ReadJSON(n *Node) error { return read(n, f.of, flagTag) }
func (f flagSet) Schema() *Schema        { return schemaOf(f.of.Type(), flagTag, nil) }

// A Range is a number, or two with a hyphen, such as "7-9". Last is 0 for one number.
type Range struct{ First, Last uint32 }

// WriteJSON is part of Value.
func (r Range) WriteJSON(w *Writer) {
	if r.Last == 0 || r.Last == r.First {
		w.Uint(uint64(r.First))
		return
	}
	w.Text(fmt.Sprintf("%d-%d", r.First, r.Last))
}

// ReadJSON is part of Value.
func (r *Range) ReadJSON(n *Node) error {
	if err := n.Want(Number, Text); err != nil {
		return err
	}
	left, right, isRange := strings.Cut(n.Text, "-")
	first, ok := words.Number(left, 32)
	last := first
	if isRange && ok {
		last, ok = words.Number(right, 32)
	}
	if !ok || last < first {
		return n.Fault(fmt.Sprintf("%q is not a number or a range such as 7-9", n.Text))
	}
	*r = Range{uint32(first), uint32(last)}
	return nil
}

// Schema is part of Value.
func (r *Range) Schema() *Schema { return Integer(0, uint32(1<<32-1)) }
