package team

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"time"
)

// ARPPing is the link watch that sends ARP requests (RFC 826) through the port and
// waits for ARP messages in return. It detects failures that leave the port's own
// link up. With this watch the kernel also uses the result of the watches
// (UserLinkUpEnabled).
type ARPPing struct {
	// Target is the IPv4 address in the requests, and Source the sender's address;
	// an invalid Source stands for 0.0.0.0, as in probes of RFC 5227.
	Target, Source netip.Addr
	// Interval is the time between probes, and InitWait the time before the first; 1
	// s if Interval is 0. The minimum Interval is 1 ms.
	Interval, InitWait time.Duration
	// MissedMax is the maximum number of consecutive intervals without an answer
	// while the link counts as up; 3 if it is nil.
	MissedMax *uint32
	// ValidateActive restricts the ARP messages that count to those between Source
	// and Target on an enabled port, and ValidateInactive on a disabled one;
	// otherwise all ARP messages count.
	ValidateActive, ValidateInactive bool
	// SendAlways makes ports send that are not enabled. Otherwise they send only
	// while no port is enabled.
	SendAlways bool
	// VLAN is the id of the VLAN for the probes, up to 4095; nil for none.
	VLAN *uint16
}

const (
	defaultInterval  = time.Second
	defaultMissedMax = 3
	mostVLAN         = 4095
)

func (a ARPPing) fault() (field, text string) {
	switch {
	case !a.Target.IsValid():
		return "Target", "there is no default for it"
	case !a.Target.Unmap().Is4():
		return "Target", fmt.Sprintf("%v is no IPv4 address", a.Target)
	case a.Source.IsValid() && !a.Source.Unmap().Is4():
		return "Source", fmt.Sprintf("%v is no IPv4 address", a.Source)
	case a.Interval < 0:
		return "Interval", negative(a.Interval)
	case a.Interval > 0 && a.Interval < time.Millisecond:
		return "Interval", fmt.Sprintf("%v is less than 1ms", a.Interval)
	case a.InitWait < 0:
		return "InitWait", negative(a.InitWait)
	case a.VLAN != nil && *a.VLAN > mostVLAN:
		return "VLAN", fmt.Sprintf("%d is not in 0…%d", *a.VLAN, mostVLAN)
	}
	return "", ""
}

// source returns the sender's address.
func (a ARPPing) source() netip.Addr {
	if !a.Source.IsValid() {
		return netip.IPv4Unspecified()
	}
	return a.Source.Unmap()
}

// start opens a socket on the port. The kernel is to use the result of the watch.
// Until there is one, the result of the previous program remains.
func (a ARPPing) start(r *runner, p *port) (watch, error) {
	if len(p.address) != macLen {
		return nil, errors.New("arp_ping is for ports with an Ethernet address")
	}
	w := &arpWatch{r: r, p: p, config: a, found: r.userLinkUp(p)}
	w.config.Interval = cmp.Or(a.Interval, defaultInterval)
	w.allowed = defaultMissedMax
	if a.MissedMax != nil {
		w.allowed = *a.MissedMax
	}
	var err error
	w.prober, err = r.kernel.probe(p.Index, a.VLAN, func(m arpMessage) {
		r.post(func() { w.heard(m) })
	})
	if err != nil {
		return nil, err
	}
	if err := r.set(optionOf(p, "user_linkup_enabled", true)); err != nil {
		w.prober.close()
		return nil, err
	}
	w.next = time.Now().Add(a.InitWait)
	w.timer = r.after(a.InitWait, w.tick)
	return w, nil
}

type arpWatch struct {
	r       *runner
	p       *port
	config  ARPPing
	prober  prober
	timer   *timer
	next    time.Time // time at which the timer fires
	found   bool
	stopped bool
	replied bool   // since the last tick
	missed  uint32 // ticks in a row without a reply
	allowed uint32
}

func (w *arpWatch) up() bool     { return w.found }
func (w *arpWatch) portChanged() {}

func (w *arpWatch) state() WatchState {
	return WatchState{Name: "arp_ping", Up: w.found, Missed: w.missed}
}

func (w *arpWatch) stop() {
	w.stopped = true
	w.timer.stop()
	w.prober.close()
}

// tick evaluates an interval and begins the next one with a probe.
func (w *arpWatch) tick() {
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
		w.r.watchChanged(w.p, "arp_ping", found)
	}
	if !w.stopped && (w.config.SendAlways || w.r.probes(w.p)) {
		w.send()
	}
}

// wait sets the timer relative to its scheduled time, rather than to the time at
// which it fired, so that delays do not add up. Intervals that were missed entirely
// are skipped: no probe was sent in them, so there can be no reply.
func (w *arpWatch) wait() {
	now := time.Now()
	passed := max(now.Sub(w.next), 0) / w.config.Interval
	w.next = w.next.Add((passed + 1) * w.config.Interval)
	w.timer = w.r.after(w.next.Sub(now), w.tick)
}

// send sends a probe. A failure because the link is down is not reported, since the
// watch detects that state anyway.
func (w *arpWatch) send() {
	m := arpMessage{
		sender:   w.p.address,
		senderIP: w.config.source(),
		targetIP: w.config.Target.Unmap(),
	}
	err := w.prober.send(m)
	if err != nil && !errors.Is(err, syscall.ENETDOWN) && !errors.Is(err, syscall.ENXIO) {
		w.r.log.Warn("probe was not sent", "port", w.p.name, "error", err)
	}
}

func (w *arpWatch) heard(m arpMessage) {
	if !w.stopped && w.counts(m) {
		w.replied = true
	}
}

// counts reports whether a message shows that the link works.
func (w *arpWatch) counts(m arpMessage) bool {
	validate := w.config.ValidateInactive
	if w.r.enabled(w.p) {
		validate = w.config.ValidateActive
	}
	source, target := w.config.source(), w.config.Target.Unmap()
	between := m.senderIP == target && m.targetIP == source || m.senderIP == source && m.targetIP == target
	return !validate || between
}
