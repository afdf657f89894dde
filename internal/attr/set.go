package attr

import (
	"iter"
	"math/bits"
)

// firstBit is where the members begin that stand for bits of a bit mask.
const firstBit = 128

// Bit returns the member of a Set that stands for bit n of a bit mask, which
// has its own row and is set on its own.
func Bit(n uint) uint16 {
	return firstBit + uint16(n)
}

// A Set is a set of attribute numbers: which rows of a table were set by a
// caller, or found in a message. The zero value is empty. It is no array, which
// the compiler would not keep in registers.
type Set struct {
	low, high, bits uint64 // attributes up to 63, and up to 127, which is beyond any; bits of a bit mask
}

// word returns where the bit for typ is.
func (s *Set) word(typ uint16) *uint64 {
	switch {
	case typ < 64:
		return &s.low
	case typ < firstBit:
		return &s.high
	}
	return &s.bits
}

// Add puts typ into s.
func (s *Set) Add(typ uint16) {
	*s.word(typ) |= 1 << (typ % 64)
}

// put puts an attribute into s and reports whether it was not there before.
func (s *Set) put(typ uint8) bool {
	half := &s.low
	if typ >= 64 {
		half = &s.high
	}
	bit := uint64(1) << (typ % 64)
	fresh := *half&bit == 0
	*half |= bit
	return fresh
}

// Remove takes typ out of s.
func (s *Set) Remove(typ uint16) {
	*s.word(typ) &^= 1 << (typ % 64)
}

// Has reports whether typ is in s.
func (s *Set) Has(typ uint16) bool {
	return *s.word(typ)&(1<<(typ%64)) != 0
}

// Empty reports whether nothing is in s.
func (s Set) Empty() bool {
	return s.low|s.high|s.bits == 0
}

// And returns what is in both.
func (s Set) And(t Set) Set {
	return Set{s.low & t.low, s.high & t.high, s.bits & t.bits}
}

// Or returns what is in either.
func (s Set) Or(t Set) Set {
	return Set{s.low | t.low, s.high | t.high, s.bits | t.bits}
}

// Minus returns what is in s and not in t.
func (s Set) Minus(t Set) Set {
	return Set{s.low &^ t.low, s.high &^ t.high, s.bits &^ t.bits}
}

// All walks the members in ascending order.
func (s Set) All() iter.Seq[uint16] {
	return func(yield func(uint16) bool) {
		for !s.Empty() {
			typ := s.first()
			if !yield(typ) {
				return
			}
			s.Remove(typ)
		}
	}
}

// first returns the least member.
func (s Set) first() uint16 {
	switch {
	case s.low != 0:
		return uint16(bits.TrailingZeros64(s.low))
	case s.high != 0:
		return uint16(64 + bits.TrailingZeros64(s.high))
	}
	return uint16(firstBit + bits.TrailingZeros64(s.bits))
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
