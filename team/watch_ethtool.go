package team

import (
	"fmt"
	"time"
)

// A watch is a LinkWatch at work on one port.
type watch interface {
	// up reports what it finds of the link.
	up() bool
	// portChanged is called when the kernel says something of the port.
	portChanged()
	state() WatchState
	stop()
}

// Ethtool is the link watch that goes by the kernel's own state of the link, as
// ethtool shows it. In the modes Broadcast, RoundRobin and Random the kernel goes
// by that state itself, so that delays have no effect on which ports it uses.
type Ethtool struct {
	// DelayUp and DelayDown are for how long the link must have been up, or
	// down, to count as that; not negative.
	DelayUp, DelayDown time.Duration
}

func (e Ethtool) fault() (field, text string) {
	if e.DelayUp < 0 {
		return "DelayUp", negative(e.DelayUp)
	}
	if e.DelayDown < 0 {
		return "DelayDown", negative(e.DelayDown)
	}
	return "", ""
}

func negative(d time.Duration) string { return fmt.Sprintf("%v is negative", d) }

func (e Ethtool) start(r *runner, p *port) (watch, error) {
	return &ethtoolWatch{r: r, p: p, config: e, found: r.userLinkUp(p)}, nil
}

type ethtoolWatch struct {
	r      *runner
	p      *port
	config Ethtool
	found  bool
	timer  *timer
}

func (w *ethtoolWatch) up() bool { return w.found }

func (w *ethtoolWatch) state() WatchState { return WatchState{Name: "ethtool", Up: w.found} }

func (w *ethtoolWatch) stop() { w.timer.stop() }

// portChanged puts off what it finds by the delay, and forgets what was put off
// before.
func (w *ethtoolWatch) portChanged() {
	w.timer.stop()
	if w.p.LinkUp == w.found {
		return
	}
	delay := w.config.DelayDown
	if w.p.LinkUp {
		delay = w.config.DelayUp
	}
	if delay == 0 {
		w.settle()
		return
	}
	w.timer = w.r.after(delay, w.settle)
}

func (w *ethtoolWatch) settle() {
	if w.found != w.p.LinkUp {
		w.found = w.p.LinkUp
		w.r.watchChanged(w.p, "ethtool", w.found)
	}
}
