package attr

import (
	"iter"
	"math/bits"
)

// firstBit is the first member that stands for a bit of a bit mask.
const firstBit = 128

// Bit returns the member of a Set that stands for bit n of a bit mask. Such a bit
// has its own row and is set on its own.
func Bit(n uint) uint16 {
	return firstBit + uint16(n)
}

// A Set is a set of attribute numbers: the rows of a table that a caller set, or
// that were found in a message. The zero value is empty. It is a struct because the
// compiler does not keep arrays in registers.
type Set struct {
	low, high, bits uint64 // attributes 0 to 63; attributes 64 to 127, above any in use; bits of a bit mask
}

// word returns a pointer to the word that holds the bit for typ.
func (s *Set) word(typ uint16) *uint64 {
	switch {
	case typ < 64:
		return &s.low
	case typ < firstBit:
		return &s.high
	}
	return &s.bits
}

// Add adds typ to s.
func (s *Set) Add(typ uint16) {
	*s.word(typ) |= 1 << (typ % 64)
}

// put adds an attribute to s and reports whether it was absent before.
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

// Remove removes typ from s.
func (s *Set) Remove(typ uint16) {
	*s.word(typ) &^= 1 << (typ % 64)
}

// Has reports whether typ is in s.
func (s *Set) Has(typ uint16) bool {
	return *s.word(typ)&(1<<(typ%64)) != 0
}

// Empty reports whether s has no members.
func (s Set) Empty() bool {
	return s.low|s.high|s.bits == 0
}

// And returns the intersection of s and t.
func (s Set) And(t Set) Set {
	return Set{s.low & t.low, s.high & t.high, s.bits & t.bits}
}

// Or returns the union of s and t.
func (s Set) Or(t Set) Set {
	return Set{s.low | t.low, s.high | t.high, s.bits | t.bits}
}

// Minus returns the members of s that are not in t.
func (s Set) Minus(t Set) Set {
	return Set{s.low &^ t.low, s.high &^ t.high, s.bits &^ t.bits}
}

// All iterates over the members in ascending order.
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

// first returns the smallest member.
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
