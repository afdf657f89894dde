package rtnl

import (
	"testing"
	"time"
)

// A source announces in the way that a test wants.
type source struct {
	rush rush
	now  time.Time
}

// awake has the rush see waits, each of which ends after the given time and brings
// so many announcements, and returns how many it takes until the rush is on, or most.
func (s *source) awake(after time.Duration, brings, most int) int {
	for n := range most {
		s.now = s.now.Add(after)
		if s.rush.woke(s.now) {
			return n + 1
		}
		s.rush.seen += brings
	}
	return most
}

// lulls returns how many lulls a rush has in which so many announcements come, one
// after the other.
func (s *source) lulls(brings ...int) (n int) {
	for _, brings := range brings {
		if !s.rush.pauses() {
			break
		}
		n++
		s.now = s.now.Add(lull)
		s.rush.seen += brings
	}
	return n
}

func newSource() *source {
	return &source{now: time.Unix(4660, 0)}
}

// TestRushBegins has waits be short. Of the very first that is not known.
func TestRushBegins(t *testing.T) {
	s := newSource()
	if n := s.awake(300*time.Microsecond, 1, 100); n != 1+rushAfter || !s.rush.on {
		t.Errorf("a rush began after %d waits, want %d", n, 1+rushAfter)
	}
	if s := newSource(); s.awake(lull, 1, 100) != 100 || s.rush.on {
		t.Error("a rush began though waits take as long as a lull")
	}
	s = newSource()
	s.awake(300*time.Microsecond, 1, rushAfter)
	s.awake(3*lull, 1, 1)
	if n := s.awake(300*time.Microsecond, 1, 100); n != rushAfter {
		t.Errorf("a rush began %d waits after a long one, want %d", n, rushAfter)
	}
}

// TestRushGoesOn has 5 announcements in a millisecond, of which 3 are more than
// half. One lull may be poor, two may not.
func TestRushGoesOn(t *testing.T) {
	for _, test := range []struct {
		brings []int
		lulls  int
	}{
		{[]int{5, 5, 5, 5, 5, 5, 5}, 7},
		{[]int{3, 3, 3, 3, 3, 3, 3}, 7},
		{[]int{5, 4, 1, 5, 5, 1, 5}, 7},
		{[]int{5, 5, 5, 5, 1, 1, 5}, 6},
		{[]int{2, 5, 5, 5, 5, 5, 5}, 1},
	} {
		s := newSource()
		s.awake(200*time.Microsecond, 1, 100)
		if n := s.lulls(test.brings...); n != test.lulls || s.rush.on != (n == len(test.brings)) {
			t.Errorf("lulls that bring %v: %d, want %d", test.brings, n, test.lulls)
		}
	}
}

// TestRushTooFast has more announcements come than may wait in the receive buffer.
func TestRushTooFast(t *testing.T) {
	s := newSource()
	if n := s.awake(100*time.Microsecond, 4, 100); n != 1+rushAfter {
		t.Errorf("a rush of 40 announcements in a millisecond began after %d waits", n)
	}
	if s := newSource(); s.awake(100*time.Microsecond, 6, 100) != 100 || s.rush.on {
		t.Error("a rush began though lulls would bring too many")
	}
	s = newSource()
	s.awake(200*time.Microsecond, 7, 100)
	if n := s.lulls(35, lullMost, lullMost+1, 35); n != 3 || s.rush.on {
		t.Errorf("after %d lulls the last one brought too many, want 3", n)
	}
}

// TestRushDoubts has a consumer wait for what follows from what it does: in a lull
// it does nothing.
func TestRushDoubts(t *testing.T) {
	s := newSource()
	for want := rushAfter; ; want = min(2*want, rushDoubt) {
		if n := s.awake(100*time.Microsecond, 3, 1<<20); n != 1+want {
			t.Fatalf("a rush began after %d waits, want %d", n, 1+want)
		}
		if n := s.lulls(3, 3); n != 1 {
			t.Fatalf("%d lulls where one should have been enough", n)
		}
		if want == rushDoubt {
			break
		}
	}
	s.awake(100*time.Microsecond, 3, 1<<20)
	s.lulls(40, 40, 0, 0, 0)
	if n := s.awake(100*time.Microsecond, 3, 1<<20); n != 1+rushAfter {
		t.Errorf("after a rush that was one, the next began after %d waits, want %d", n, 1+rushAfter)
	}
}
