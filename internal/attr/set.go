package attr

import (
	"iter"
	"math/bits"
)

// setLen is one more than the highest member of a Set. Attribute numbers are
// well below; the members from Bit on stand for single bits of an attribute.
const setLen = 192

// firstBit is where the members begin that stand for bits of a bit mask.
const firstBit = 128

// Bit returns the member of a Set that stands for bit n of a bit mask, which
// has its own row and is set on its own.
func Bit(n uint) uint16 {
	return firstBit + uint16(n)
}

// A Set is a set of attribute numbers: which rows of a table were set by a
// caller, or found in a message. The zero value is empty.
type Set [setLen / 64]uint64

// Add puts typ into s.
func (s *Set) Add(typ uint16) {
	s[typ/64] |= 1 << (typ % 64)
}

// Remove takes typ out of s.
func (s *Set) Remove(typ uint16) {
	s[typ/64] &^= 1 << (typ % 64)
}

// Has reports whether typ is in s.
func (s *Set) Has(typ uint16) bool {
	return s[typ/64]&(1<<(typ%64)) != 0
}

// Empty reports whether nothing is in s.
func (s Set) Empty() bool {
	return s == Set{}
}

// And returns what is in both.
func (s Set) And(t Set) Set {
	for i := range s {
		s[i] &= t[i]
	}
	return s
}

// Or returns what is in either.
func (s Set) Or(t Set) Set {
	for i := range s {
		s[i] |= t[i]
	}
	return s
}

// Minus returns what is in s and not in t.
func (s Set) Minus(t Set) Set {
	for i := range s {
		s[i] &^= t[i]
	}
	return s
}

// All walks the members in ascending order.
func (s Set) All() iter.Seq[uint16] {
	return func(yield func(uint16) bool) {
		for i, word := range s {
			for ; word != 0; word &= word - 1 {
				if !yield(uint16(i*64 + bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}

// allOf has every member.
var allOf = Set{^uint64(0), ^uint64(0), ^uint64(0)}

// SetOf returns the set of the given numbers.
func SetOf(types ...uint16) Set {
	var s Set
	for _, t := range types {
		s.Add(t)
	}
	return s
}
