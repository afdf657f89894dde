package team

import (
	"fmt"
	"time"
)

// A watch is an active LinkWatch on one port.
type watch interface {
	// up reports whether the watch considers the link up.
	up() bool
	// portChanged is called when the kernel reports a change of the port.
	portChanged()
	state() WatchState
	stop()
}

// Ethtool is the link watch that uses the kernel's own state of the link, as
// displayed by ethtool. In the modes Broadcast, RoundRobin and Random the kernel
// uses that state itself, so delays do not affect the selection of ports.
type Ethtool struct {
	// DelayUp and DelayDown are the times for which the link must have been up or
	// down before the watch reports that state; not negative.
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
	downs  uint32
	timer  *timer
}

func (w *ethtoolWatch) up() bool { return w.found }

func (w *ethtoolWatch) state() WatchState {
	return WatchState{Name: "ethtool", Up: w.found, DownCount: w.downs}
}

func (w *ethtoolWatch) stop() { w.timer.stop() }

// portChanged postpones the new result by the delay, and drops an earlier postponed
// result.
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
		if !w.found {
			w.downs++
		}
		w.r.watchChanged(w.p, "ethtool", w.found)
	}
}
