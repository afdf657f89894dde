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
	links  int // how many links, or what else there is many of
	few    int // the same for a run that is only to see that it works
	rounds int // at most, 0 for no bound
	often  int // so many times as many rounds, if it is over in no time; 0 for as many
	target target
	reads  bool // changes nothing, so that it is done twice and the second time counts
	// world makes what all contestants find, and check looks whether one has
	// done its work; both may be nil.
	world func(l *lab) error
	check func(l *lab) error
	// before and after surround each sample and are not measured.
	before, after func(l *lab) error
	entrants      []entrant
}

// A target is the largest ratio to the floor that is wanted.
type target struct {
	ratio  float64
	cpu    bool    // of processor time, rather than of time
	peer   float64 // largest ratio to the best Go peer, 0 for no such target
	allocs float64 // most allocations for each link, likewise
	zero   bool    // not a single allocation
}

// An entrant is how one contestant does the work.
type entrant struct {
	who  string
	less int    // does this fraction of the links only, for its cost is the same for each
	why  string // it cannot do the work; empty if it can
	// start opens what is open before the work begins and returns the work.
	start func(l *lab) (work, error)
}

// work is done once for each sample. Of a contestant that measures itself it
// returns the sample, else nil.
type work func() (*sample, error)

// do makes a work of a function.
func do(f func() error) work {
	return func() (*sample, error) { return nil, f() }
}

// cannot is an entrant that does not take part.
func cannot(who, why string) entrant {
	return entrant{who: who, why: why}
}

// attempt measures a workload. If that fails the result has the error, which is
// reported at once, and the samples that there are.
func (w *workload) attempt(o options) result {
	fmt.Fprintln(os.Stderr, w.name)
	r, err := w.measure(o)
	if r.err = err; err != nil {
		fmt.Fprintf(os.Stderr, "  FAILED: %v\n", err)
	}
	return r
}

// measure runs all entrants in turns: the first round of all, the second round
// of all, and so on, so that what else the machine does befalls all alike.
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

// start makes the world and starts the entrants.
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

// share is how many links an entrant works on.
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
