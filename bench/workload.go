package main

import (
	"errors"
	"fmt"
	"os"
)

// The contestants, in the order of the table.
const (
	floorName = "floor"
	pipelined = "floor, pipelined"
	oneByOne  = "floor, one by one"
	ourName   = "iplink"
	vishName  = "vishvananda/netlink"
	jsimName  = "jsimonetti/rtnetlink"
	ipName    = "iproute2"
)

var peerNames = []string{ourName, vishName, jsimName, ipName}

// A workload is one row of the table.
type workload struct {
	name   string
	links  int // number of links, or of other items
	few    int // the same for a quick test run
	rounds int // maximum, 0 for no limit
	often  int // multiplies the number of rounds of a very short workload; 0 for no change
	target target
	reads  bool // changes nothing, so it runs twice and only the second run counts
	// world makes the common environment of all contestants, and check verifies the
	// work of one contestant. Both may be nil.
	world func(l *lab) error
	check func(l *lab) error
	// before and after run around each sample and are not measured.
	before, after func(l *lab) error
	entrants      []entrant
}

// A target is the largest accepted ratio to the floor.
type target struct {
	ratio  float64
	cpu    bool    // the ratio is of processor time rather than elapsed time
	peer   float64 // largest ratio to the best Go peer, 0 for no such target
	allocs float64 // most allocations for each link, 0 for no such target
	zero   bool    // no allocations at all
}

// An entrant is one contestant's way to do the work.
type entrant struct {
	who  string
	less int    // divides the number of links, for contestants with a constant cost for each link
	why  string // reason why it cannot do the work; empty if it can
	// start opens the resources that exist before the work begins, and returns the
	// work.
	start func(l *lab) (work, error)
}

// work runs once for each sample. It returns the sample if the contestant measures
// itself, and nil otherwise.
type work func() (*sample, error)

// do makes a work from a function.
func do(f func() error) work {
	return func() (*sample, error) { return nil, f() }
}

// cannot returns an entrant that does not take part.
func cannot(who, why string) entrant {
	return entrant{who: who, why: why}
}

// attempt measures a workload. If the measurement fails, attempt prints the error
// immediately. The result then has the error and the existing samples.
func (w *workload) attempt(o options) result {
	fmt.Fprintln(os.Stderr, w.name)
	r, err := w.measure(o)
	if lack, ok := errors.AsType[lacking](err); ok {
		r.lack = lack
		fmt.Fprintf(os.Stderr, "  left out: %v\n", lack)
		return r
	}
	if r.err = err; err != nil {
		fmt.Fprintf(os.Stderr, "  FAILED: %v\n", err)
	}
	return r
}

// measure runs all entrants in turns: the first round of all, the second round of
// all, and so on, so that other activity of the machine affects all entrants alike.
func (w *workload) measure(o options) (result, error) {
	r := result{workload: w}
	n := w.links
	if o.once {
		n = w.few
	}
	rounds := o.rounds
	if !o.once {
		rounds *= max(1, w.often)
	}
	if w.rounds > 0 {
		rounds = min(rounds, w.rounds)
	}
	err := inLab(n, func(l *lab) error {
		works, err := w.start(l, o)
		for i := 0; i < rounds && err == nil; i++ {
			err = w.round(l, works, i, &r, o.keep)
		}
		return err
	})
	return r, err
}

// start makes the environment and starts the entrants.
func (w *workload) start(l *lab, o options) ([]work, error) {
	if w.world != nil {
		if err := w.world(l); err != nil {
			return nil, fmt.Errorf("making the world: %w", err)
		}
	}
	works := make([]work, len(w.entrants))
	for i, e := range w.entrants {
		if e.start == nil || !o.only.MatchString(e.who) {
			continue
		}
		l.n = w.share(l, e)
		var err error
		if works[i], err = e.start(l); err != nil {
			return nil, fmt.Errorf("%s: %w", e.who, err)
		}
	}
	return works, nil
}

// share returns the number of links for an entrant.
func (w *workload) share(l *lab, e entrant) int {
	return max(1, l.all/max(1, e.less))
}

func (w *workload) round(l *lab, works []work, round int, r *result, keep func(string, sample) error) error {
	for i, e := range w.entrants {
		if works[i] == nil {
			continue
		}
		l.n = w.share(l, e)
		s, err := w.sample(l, works[i])
		if err != nil {
			return fmt.Errorf("%s: %w", e.who, err)
		}
		s.who, s.round = e.who, round
		r.samples = append(r.samples, s)
		fmt.Fprintf(os.Stderr, "  %s\n", s)
		if err := keep(w.name, s); err != nil {
			return err
		}
	}
	return nil
}

// sample measures one run of one entrant.
func (w *workload) sample(l *lab, run work) (s sample, err error) {
	if err := l.call(w.before); err != nil {
		return s, fmt.Errorf("before: %w", err)
	}
	collect()
	if w.reads {
		if _, err := run(); err != nil {
			return s, err
		}
		collect()
	}
	m := begin()
	own, err := run()
	s = m.end()
	s.links = l.n
	if own != nil {
		s = *own
	}
	if err == nil {
		err = l.call(w.check)
	}
	if undo := l.call(w.after); undo != nil {
		err = errors.Join(err, fmt.Errorf("after: %w", undo))
	}
	return s, err
}
