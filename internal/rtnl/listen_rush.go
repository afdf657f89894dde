package rtnl

import "time"

// Waking up for a single announcement costs several times as much as reading and
// decoding it, because all caches are cold by then. When announcements come in a
// rush, a Listener polls for them instead, as drivers of network cards do.
const (
	// lull is the pause of a Listener between polls in a rush, and so the maximum
	// additional delay of an announcement. It is also the resolution of Go's timers.
	lull = time.Millisecond
	// rushAfter is the number of consecutive waits shorter than a lull that begin a
	// rush.
	rushAfter = 8
	// rushDoubt is the upper limit of that number after false rushes. A consumer
	// that waits for the effects of its own actions is delayed by each lull.
	rushDoubt = 1 << 13
	// lullMost is the maximum number of announcements in a lull. It is half the
	// number that fits the receive buffer granted to unprivileged processes: 212992
	// bytes, doubled, at 4352 bytes each.
	lullMost = 48
)

// A rush holds statistics about the arrival of announcements.
type rush struct {
	on    bool
	after int       // short waits that begin a rush, at least rushAfter
	quick int       // consecutive short waits
	began time.Time // end of the first short wait
	woken time.Time // end of the last short wait
	seen  int       // announcements since the first short wait, or since the last lull

	lulls  int // lulls in this rush
	worth  int // announcements that a lull must bring on average
	credit int // recent announcements beyond worth
}

// woke records that a wait has ended, and reports whether a rush is on.
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

// begin begins a rush, unless a lull would bring too many announcements. Lulls are
// worthwhile if they bring more than half as many as the same time brought before.
// If they bring fewer, the lulls themselves are the cause.
func (r *rush) begin(took time.Duration) {
	rate := int(time.Duration(r.seen) * lull / max(took, 1))
	r.quick, r.seen, r.lulls, r.credit = 0, 0, 0, 0
	r.on, r.worth = rate <= lullMost, max(2, 1+rate/2)
}

// pauses records that the queue is empty, and reports whether to pause for another
// lull. Otherwise the rush is over.
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

// end ends a rush. After a false rush, the next one needs more evidence.
func (r *rush) end() {
	after := 0
	if r.lulls == 1 {
		after = min(2*max(r.after, rushAfter), rushDoubt)
	}
	*r = rush{after: after}
}
