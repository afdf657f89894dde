package team

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"
)

const (
	defaultInterval  = time.Second
	defaultMissedMax = 3
)

// probing are the settings of all link watches that send probes.
type probing struct {
	interval, initWait time.Duration
	missedMax          *uint32
	sendAlways         bool
}

func (c probing) fault() (field, text string) {
	switch {
	case c.interval < 0:
		return "Interval", negative(c.interval)
	case c.interval > 0 && c.interval < time.Millisecond:
		return "Interval", fmt.Sprintf("%v is less than 1ms", c.interval)
	case c.initWait < 0:
		return "InitWait", negative(c.initWait)
	}
	return "", ""
}

// A probe is the part of a probing link watch that depends on the protocol.
type probe interface {
	name() string // in teamd
	kind() packetKind
	// packet returns a probe of a sender, with its protocol and destination.
	packet(sender net.HardwareAddr) (packet []byte, protocol uint16, to [macLen]byte)
	// counts reports whether a received packet shows that the link works; enabled is
	// the port's state.
	counts(packet []byte, enabled bool) bool
}

// startProbing opens a socket on the port. The kernel is to use the result of the
// watch. Until there is one, the result of the previous program remains.
func startProbing(r *runner, p *port, c probing, probe probe) (watch, error) {
	if len(p.address) != macLen {
		return nil, errors.New(probe.name() + " is for ports with an Ethernet address")
	}
	w := &probeWatch{r: r, p: p, config: c, probe: probe, found: r.userLinkUp(p)}
	w.config.interval = cmp.Or(c.interval, defaultInterval)
	w.allowed = defaultMissedMax
	if c.missedMax != nil {
		w.allowed = *c.missedMax
	}
	var err error
	w.conn, err = r.kernel.open(p.Index, probe.kind(), func(packet []byte) {
		r.post(func() { w.heard(packet) })
	})
	if err != nil {
		return nil, err
	}
	if err := r.set(optionOf(p, "user_linkup_enabled", true)); err != nil {
		w.conn.close()
		return nil, err
	}
	w.next = time.Now().Add(c.initWait)
	w.timer = r.after(c.initWait, w.tick)
	return w, nil
}

type probeWatch struct {
	r       *runner
	p       *port
	config  probing
	probe   probe
	conn    packetConn
	timer   *timer
	next    time.Time // time at which the timer fires
	found   bool
	stopped bool
	replied bool   // since the last tick
	missed  uint32 // ticks in a row without a reply
	allowed uint32
	downs   uint32
}

func (w *probeWatch) up() bool     { return w.found }
func (w *probeWatch) portChanged() {}

func (w *probeWatch) state() WatchState {
	return WatchState{Name: w.probe.name(), Up: w.found, Missed: w.missed, DownCount: w.downs}
}

func (w *probeWatch) stop() {
	w.stopped = true
	w.timer.stop()
	w.conn.close()
}

// tick evaluates an interval and begins the next one with a probe.
func (w *probeWatch) tick() {
	w.wait()
	found := w.found
	if w.replied {
		found, w.missed = true, 0
	} else {
		w.missed++
		found = found && w.missed <= w.allowed
	}
	w.replied = false
	if found != w.found {
		w.found = found
		if !found {
			w.downs++
		}
		w.r.watchChanged(w.p, w.probe.name(), found)
	}
	if !w.stopped && (w.config.sendAlways || w.r.probes(w.p)) {
		w.send()
	}
}

// wait sets the timer relative to its scheduled time, rather than to the time at
// which it fired, so that delays do not add up. Intervals that were missed entirely
// are skipped: no probe was sent in them, so there can be no reply.
func (w *probeWatch) wait() {
	now := time.Now()
	passed := max(now.Sub(w.next), 0) / w.config.interval
	w.next = w.next.Add((passed + 1) * w.config.interval)
	w.timer = w.r.after(w.next.Sub(now), w.tick)
}

// send sends a probe.
func (w *probeWatch) send() {
	err := w.conn.send(w.probe.packet(w.p.address))
	if err != nil && !isDown(err) {
		w.r.log.Warn("probe was not sent", "port", w.p.name, "error", err)
	}
}

// isDown reports whether a packet was not sent because the link is down or gone, which
// a watch finds out anyway.
func isDown(err error) bool {
	return errors.Is(err, syscall.ENETDOWN) || errors.Is(err, syscall.ENXIO)
}

func (w *probeWatch) heard(packet []byte) {
	if !w.stopped && w.probe.counts(packet, w.r.enabled(w.p)) {
		w.replied = true
	}
}
