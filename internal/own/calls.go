package own

import (
	"iter"
	"slices"
)

// Calls are the arguments of all calls of a setter. They do not change: a further call
// makes new Calls, which refer to the earlier ones, so that a thousand calls do not copy a
// thousand lists.
type Calls[T any] struct {
	earlier *Calls[T]
	values  []T
}

// Add returns the Calls after one more. c may be nil, and the caller must not change values.
func (c *Calls[T]) Add(values []T) *Calls[T] {
	return &Calls[T]{c, values}
}

// Len returns the number of arguments.
func (c *Calls[T]) Len() (n int) {
	for ; c != nil; c = c.earlier {
		n += len(c.values)
	}
	return n
}

// All returns the arguments in order.
func (c *Calls[T]) All() iter.Seq[T] {
	var lists [][]T
	for ; c != nil; c = c.earlier {
		lists = append(lists, c.values)
	}
	return func(yield func(T) bool) {
		for _, list := range slices.Backward(lists) {
			for _, v := range list {
				if !yield(v) {
					return
				}
			}
		}
	}
}
