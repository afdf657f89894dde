package attr_test

import (
	"slices"
	"testing"

	"github.com/iplink-go/iplink/internal/attr"
)

func TestSet(t *testing.T) {
	edges := []uint16{0, 1, 63, 64, 127, attr.Bit(0), attr.Bit(31), attr.Bit(63)}
	var s attr.Set
	for i, typ := range edges {
		if s.Has(typ) || s.Empty() != (i == 0) {
			t.Errorf("before adding %d: %v", typ, s)
		}
		s.Add(typ)
		if !s.Has(typ) {
			t.Errorf("%d was added and is not in", typ)
		}
	}
	if got := slices.Collect(s.All()); !slices.Equal(got, edges) || s != attr.SetOf(edges...) {
		t.Errorf("%v, want %v", got, edges)
	}
	s.Remove(64)
	s.Remove(2)
	if s.Has(64) || len(slices.Collect(s.All())) != len(edges)-1 {
		t.Errorf("after removing 64: %v", s)
	}
	for typ := range s.All() {
		if typ != 0 {
			t.Errorf("the first is %d", typ)
		}
		break
	}
}

func TestSetAlgebra(t *testing.T) {
	a, b := attr.SetOf(1, 64, 130), attr.SetOf(64, 131)
	if got := a.And(b); got != attr.SetOf(64) {
		t.Errorf("and: %v", got)
	}
	if got := a.Minus(b); got != attr.SetOf(1, 130) {
		t.Errorf("minus: %v", got)
	}
	if got := a.Or(b); got != attr.SetOf(1, 64, 130, 131) {
		t.Errorf("or: %v", got)
	}
	if a != attr.SetOf(1, 64, 130) || b != attr.SetOf(64, 131) {
		t.Errorf("the operands changed: %v, %v", a, b)
	}
}
