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

// lulls returns the lengths of the lulls of a rush in which so many announcements
// come in each of them.
func (s *source) lulls(brings ...int) (all []time.Duration) {
	for _, n := range brings {
		length := s.rush.pause()
		all = append(all, length)
		s.now = s.now.Add(length)
		s.rush.seen += n
		if length == 0 {
			break
		}
	}
	return all
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
	if s := newSource(); s.awake(longLull, 1, 100) != 100 || s.rush.on {
		t.Error("a rush began though waits take as long as a lull")
	}
	s = newSource()
	s.awake(300*time.Microsecond, 1, rushAfter)
	s.awake(3*longLull, 1, 1)
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
		all := s.lulls(test.brings...)
		if all[len(all)-1] == 0 {
			all = all[:len(all)-1]
		}
		if len(all) != test.lulls || all[0] != longLull || s.rush.on != (test.lulls == len(test.brings)) {
			t.Errorf("lulls that bring %v: %v, want %d", test.brings, all, test.lulls)
		}
	}
}

// TestRushShortens has announcements come so fast that a long lull would bring too
// many: each brings as many as fit.
func TestRushShortens(t *testing.T) {
	s := newSource()
	s.awake(100*time.Microsecond, 12, 100)
	for range 20 {
		length := s.lulls(0)[0]
		brings := int(length * 120 / longLull)
		if brings < lullMost*3/4 || brings > lullMost*5/4 {
			t.Fatalf("a lull of %v brings %d", length, brings)
		}
		s.rush.seen += brings
	}
	for range 20 {
		s.lulls(20)
	}
	if length := s.lulls(0)[0]; length != longLull {
		t.Errorf("a lull in which little came is followed by one of %v", length)
	}
}

// TestRushDoubts has a consumer wait for what follows from what it does: in a lull
// it does nothing.
func TestRushDoubts(t *testing.T) {
	s := newSource()
	for want := rushAfter; ; want = min(2*want, rushDoubt) {
		if n := s.awake(50*time.Microsecond, 3, 1<<20); n != 1+want {
			t.Fatalf("a rush began after %d waits, want %d", n, 1+want)
		}
		if all := s.lulls(3, 3); len(all) != 2 || all[1] != 0 {
			t.Fatalf("lulls of %v where one should have been enough", all)
		}
		if want == rushDoubt {
			break
		}
	}
	s.awake(50*time.Microsecond, 3, 1<<20)
	s.lulls(60, 60, 0, 0, 0)
	if n := s.awake(50*time.Microsecond, 3, 1<<20); n != 1+rushAfter {
		t.Errorf("after a rush that was one, the next began after %d waits, want %d", n, 1+rushAfter)
	}
}
