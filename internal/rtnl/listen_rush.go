package rtnl

import "time"

// To be woken for one announcement costs several times what it costs to read and
// decode it, for all caches are cold by then. When they come in a rush, a Listener
// looks for them from time to time instead, as drivers of network cards do.
const (
	// lull is how long a Listener looks away in a rush, and so how much later an
	// announcement is heard of at most. It is also what Go's timers can do.
	lull = time.Millisecond
	// rushAfter is how many waits in a row must have been shorter than that for a
	// rush to begin.
	rushAfter = 8
	// rushDoubt bounds how many it takes after some that were no rush: a consumer
	// that waits for what follows from what it does itself is held up by each lull.
	rushDoubt = 1 << 13
	// lullMost is how many announcements a lull may bring. It is half of what fits
	// the receive buffer that the kernel grants to anyone: 212992 bytes, doubled,
	// and 4352 for each.
	lullMost = 48
)

// A rush is what a Listener knows of how announcements come.
type rush struct {
	on    bool
	after int       // waits that must be short for it to begin, at least rushAfter
	quick int       // waits in a row that were short
	began time.Time // when the first of them ended
	woken time.Time // when the last of them ended
	seen  int       // announcements since the first of them, or since the last lull

	lulls  int // so far
	worth  int // announcements that a lull must bring on the average
	credit int // what they brought beyond that, lately
}

// woke takes in that a wait has ended, and reports whether that begins a rush.
func (r *rush) woke(now time.Time) (begins bool) {
	if r.quick == 0 || now.Sub(r.woken) >= lull {
		r.quick, r.seen, r.began = 0, 0, now
	}
	r.quick, r.woken = r.quick+1, now
	if r.quick > max(r.after, rushAfter) {
		r.begin(now.Sub(r.began))
	}
	return r.on
}

// begin begins a rush, unless a lull would bring too many. Lulls are worth it if
// they bring more than half of what the same time brought before: if they bring
// less, it is because of them.
func (r *rush) begin(took time.Duration) {
	rate := int(time.Duration(r.seen) * lull / max(took, 1))
	r.quick, r.seen, r.lulls, r.credit = 0, 0, 0, 0
	r.on, r.worth = rate <= lullMost, max(2, 1+rate/2)
}

// pauses takes in that nothing is there any more, and reports whether to look away
// for another lull. If not, the rush is over.
func (r *rush) pauses() bool {
	brought := r.seen
	r.seen = 0
	if r.lulls > 0 {
		r.credit = min(r.credit+brought-r.worth, r.worth)
	}
	if r.credit < 0 || brought > lullMost {
		r.end()
		return false
	}
	r.lulls++
	return true
}

// end ends a rush. If it was none, the next one must show more clearly.
func (r *rush) end() {
	after := 0
	if r.lulls == 1 {
		after = min(2*max(r.after, rushAfter), rushDoubt)
	}
	*r = rush{after: after}
}
