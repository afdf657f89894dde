package rtnl

import "time"

// To be woken for one announcement costs several times what it costs to read and
// decode it, for all caches are cold by then. When they come in a rush, a Listener
// looks for them from time to time instead, as drivers of network cards do.
const (
	// longLull is how long a Listener looks away in a rush at most, and so how much
	// later an announcement is heard of.
	longLull = time.Millisecond
	// rushAfter is how many waits in a row must have been shorter than that for a
	// rush to begin.
	rushAfter = 8
	// rushDoubt bounds how many it takes after some that were no rush: a consumer
	// that waits for what follows from what it does itself is held up by each lull.
	rushDoubt = 1 << 13
	// lullMost is how many announcements a lull should bring at most: if they come
	// faster, lulls become shorter. It is a third of what fits the receive buffer
	// that the kernel grants to anyone (212992 bytes, doubled, and 4352 for each).
	lullMost = 32
)

// A rush is what a Listener knows of how announcements come.
type rush struct {
	on    bool
	after int       // waits that must be short for it to begin, at least rushAfter
	quick int       // waits in a row that were short
	began time.Time // when the first of them ended
	woken time.Time // when the last of them ended
	seen  int       // announcements since the first of them, or since the last lull

	lulls  int           // so far
	lull   time.Duration // the next one's length
	worth  int           // announcements that a lull must bring on the average
	credit int           // what they brought beyond that, lately
}

// woke takes in that a wait has ended, and reports whether that begins a rush.
func (r *rush) woke(now time.Time) (begins bool) {
	if r.quick == 0 || now.Sub(r.woken) >= longLull {
		r.quick, r.seen, r.began = 0, 0, now
	}
	r.quick, r.woken = r.quick+1, now
	if r.quick > max(r.after, rushAfter) {
		r.begin(now.Sub(r.began))
	}
	return r.on
}

// begin begins a rush. Lulls are worth it if they bring more than half of what the
// same time brought before: if they bring less, it is because of them.
func (r *rush) begin(took time.Duration) {
	rate := int(time.Duration(r.seen) * longLull / max(took, 1))
	r.on, r.seen, r.lulls, r.credit = true, 0, 0, 0
	r.worth = min(max(2, 1+rate/2), lullMost/2)
	r.lull = lullOf(longLull, rate)
}

// pause takes in that nothing is there any more, and returns how long to look
// away. If that is 0, the rush is over.
func (r *rush) pause() time.Duration {
	brought := r.seen
	r.seen = 0
	if r.lulls > 0 {
		r.lull = lullOf(r.lull, brought)
		if r.credit = min(r.credit+brought-r.worth, r.worth); r.credit < 0 {
			r.end()
			return 0
		}
	}
	r.lulls++
	return r.lull
}

// lullOf returns how long a lull brings no more than lullMost, if one of the given
// length brought so many.
func lullOf(length time.Duration, brought int) time.Duration {
	return min(longLull, length*lullMost/time.Duration(max(brought, 1)))
}

// end ends a rush. If it was none, the next one must show more clearly.
func (r *rush) end() {
	after := 0
	if r.lulls == 1 {
		after = min(2*max(r.after, rushAfter), rushDoubt)
	}
	*r = rush{after: after}
}
