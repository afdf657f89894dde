package team

import (
	"net"
	"slices"

	"github.com/iplink-go/iplink/internal/teamnl"
)

// activeBackup keeps one port enabled: the one in use.
type activeBackup struct {
	leaveToKernel
	r      *runner
	active *port
	own    net.HardwareAddr // address of the port in use before it got the team's
}

func (a *activeBackup) options() []teamnl.Option { return nil }

// added disables a port, because the kernel enables new ones, unless a previous
// runner has left that port in use.
func (a *activeBackup) added(p *port) error {
	if !p.begun && a.active == nil && a.inUse() == p.Index && a.r.enabled(p) {
		a.active = p
		return a.activated(p)
	}
	if err := a.r.set(optionOf(p, "enabled", false)); err != nil {
		return err
	}
	if a.r.config.HWAddr == SameAll {
		return a.r.setAddress(p, a.r.address)
	}
	return nil
}

var activePort = optionKey{name: "activeport", index: -1}

// inUse returns the index of the port in use, as reported by the kernel, or 0 if
// there is none.
func (a *activeBackup) inUse() int {
	index, _ := a.r.seen[activePort].(uint32)
	return int(index)
}

// usurped reports whether another program has put another port to use.
func (a *activeBackup) usurped() bool {
	if a.inUse() == a.active.Index {
		return false
	}
	a.r.look()
	return a.inUse() != a.active.Index
}

func (a *activeBackup) removed(p *port) {
	if a.active == p {
		a.active = nil
	}
	a.decide(nil)
}

// decide puts the best port to use. A port for which that fails is not considered
// again.
func (a *activeBackup) decide(*port) {
	for range len(a.r.ports) + 1 {
		if a.try() {
			return
		}
	}
}

// try reports whether no further step is necessary.
func (a *activeBackup) try() bool {
	former := a.active
	if former != nil && (!former.up() || a.usurped()) {
		a.active = nil
	}
	best := a.best()
	switch {
	case best != nil && best != a.active && (a.active == nil || !a.active.config.Sticky):
		return a.use(best, former)
	case a.active == nil && former != nil:
		a.disable(former)
	}
	return true
}

// best returns the port to be used. The port in use is considered first, so another
// one must be better, not equal. If one port is faster and another has the higher
// priority, the result depends on the order, as in teamd.
func (a *activeBackup) best() *port {
	var best *port
	consider := func(p *port) {
		if p.begun && p != best && p.up() && (best == nil || a.better(p, best)) {
			best = p
		}
	}
	if a.active != nil {
		consider(a.active)
	}
	for _, p := range slices.Backward(a.r.ports) {
		consider(p)
	}
	return best
}

func (a *activeBackup) better(p, than *port) bool {
	return a.r.priority(p) > a.r.priority(than) || p.Speed > than.Speed ||
		p.Speed == than.Speed && p.Duplex > than.Duplex
}

// disable takes a port out of use.
func (a *activeBackup) disable(p *port) {
	if a.r.attempt(p, a.r.set(optionOf(p, "enabled", false))) {
		a.disabled(p)
	}
}

// disabled updates the addresses after a port was taken out of use.
func (a *activeBackup) disabled(p *port) {
	if a.r.config.HWAddr == OnlyActive && len(a.own) > 0 {
		a.r.attempt(p, a.r.setAddress(p, a.own))
	}
}

// use puts a port to use in place of another, if there was one, and reports whether
// that succeeded.
func (a *activeBackup) use(p, former *port) bool {
	a.active = nil
	err := a.swap(p, former)
	if err == nil {
		err = a.activated(p)
	}
	switch {
	case a.r.attempt(p, err):
		a.active = p
		a.r.log.Info("port in use", "port", p.name)
		return true
	case isGone(err):
		p.begun = false // it is leaving
	default:
		a.r.attempt(p, a.r.set(optionOf(p, "enabled", false)))
	}
	return a.r.ctx.Err() != nil
}

// name returns the name of the port in use, empty without one.
func (a *activeBackup) name() string {
	if a.active == nil {
		return ""
	}
	return a.active.name
}

// prefer puts a port to use until the next decision, even if its link is down.
func (a *activeBackup) prefer(name string) error {
	p := a.r.named(name)
	if p == nil {
		return errItemSet
	}
	if p != a.active && !a.use(p, a.active) {
		a.decide(nil)
	}
	return nil
}

// swap makes the kernel use a port in place of another. It uses one request, because
// frames are lost in between, unless the other port is about to leave.
func (a *activeBackup) swap(p, former *port) error {
	enable := []teamnl.Option{optionOf(p, "enabled", true), {Name: activePort.name, Value: uint32(p.Index), Index: -1}}
	if former == nil {
		return a.r.set(enable...)
	}
	if a.r.set(append([]teamnl.Option{optionOf(former, "enabled", false)}, enable...)...) == nil {
		a.disabled(former)
		return nil
	}
	a.disable(former)
	return a.r.set(enable...)
}

// activated updates the addresses when a port comes into use.
func (a *activeBackup) activated(p *port) error {
	switch a.r.config.HWAddr {
	case ByActive:
		return a.lead(p)
	case OnlyActive:
		a.own = p.address
	}
	return a.r.setAddress(p, a.r.address)
}

// lead gives the team the address of a port.
func (a *activeBackup) lead(p *port) error {
	if slices.Equal(p.address, a.r.address) {
		return nil
	}
	if err := a.r.kernel.setAddress(a.r.ops, a.r.index, p.address); err != nil {
		return err
	}
	a.r.address = p.address
	return nil
}

func (a *activeBackup) addressChanged() {
	for _, p := range a.r.ports {
		if a.r.config.HWAddr == SameAll || a.r.config.HWAddr == OnlyActive && p == a.active {
			a.r.attempt(p, a.r.setAddress(p, a.r.address))
		}
	}
}

// portAddressChanged restores the team's address. The other policies apply only when
// a port comes into use, as in teamd.
func (a *activeBackup) portAddressChanged(p *port) {
	if a.r.config.HWAddr == SameAll {
		a.r.attempt(p, a.r.setAddress(p, a.r.address))
	}
}

// optionsChanged decides again after a change of a priority.
func (a *activeBackup) optionsChanged(options []teamnl.Option) {
	if slices.ContainsFunc(options, func(o teamnl.Option) bool { return o.Name == "priority" }) {
		a.decide(nil)
	}
}
