package team

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/iplink-go/iplink/internal/lacp"
	"github.com/iplink-go/iplink/internal/teamnl"
)

// lacpPolicy speaks the protocol on all ports, and enables the ports of the selected
// aggregator. The kernel's mode is loadbalance.
type lacpPolicy struct {
	*loadBalance
	group   *lacp.Group
	timer   *timer
	carrier *bool // as set last; nil before
}

// lacpPort is the part of a port that only this policy uses.
type lacpPort struct {
	conn packetConn
	// inherited ports were in use by a previous runner. They stay in use until the
	// partner answers, or does not.
	inherited bool
	last      lacp.PortState // as logged
}

func newLACP(r *runner) *lacpPolicy {
	c := r.config.LACP
	config := lacp.Config{
		Passive:        c.Passive,
		FastRate:       c.FastRate,
		SystemPriority: valueOr(c.SystemPriority, defaultSystemPriority),
		MinPorts:       cmp.Or(c.MinPorts, defaultMinPorts),
		Policy:         lacp.Policy(c.Select),
	}
	return &lacpPolicy{loadBalance: newLoadBalance(r), group: lacp.NewGroup(config, lacp.System{})}
}

func valueOr(n *uint16, other uint16) uint16 {
	if n == nil {
		return other
	}
	return *n
}

// slowFrames is the socket of a port. Its frames are received even if the port is
// disabled.
func slowFrames() packetKind {
	return packetKind{purpose: "lacp", raw: true, protocol: lacp.EtherType, group: lacp.Address}
}

// added begins with the port disabled, because the kernel enables new ones.
func (l *lacpPolicy) added(p *port) error {
	if len(p.address) != macLen {
		return errors.New("lacp is for ports with an Ethernet address")
	}
	var err error
	p.lacp.conn, err = l.r.kernel.open(p.Index, slowFrames(), func(frame []byte) {
		l.r.post(func() { l.heard(p, frame) })
	})
	if err != nil {
		return err
	}
	l.group.SetSystem(l.system())
	l.group.Add(p.Index, l.portConfig(p))
	l.group.SetLink(p.Index, l.link(p), time.Now())
	p.lacp.inherited = l.carrier == nil && p.told && l.r.enabled(p)
	if !p.lacp.inherited {
		if err := l.r.set(optionOf(p, "enabled", false)); err != nil {
			return err
		}
	}
	return l.r.setAddress(p, l.r.address)
}

func (l *lacpPolicy) system() (s lacp.System) {
	copy(s[:], l.r.address)
	return s
}

// portConfig has the port's own address as the source of its frames.
func (l *lacpPolicy) portConfig(p *port) lacp.PortConfig {
	own := p.address
	if known := l.r.origin[p.Index]; len(known) == macLen {
		own = known
	}
	return lacp.PortConfig{
		Source:   lacp.System(own),
		Number:   uint16(p.Index),
		Priority: valueOr(p.config.LACPPriority, defaultPortPriority),
		Key:      p.config.LACPKey,
		Sticky:   p.config.Sticky,
	}
}

// link returns the state of a link. Drivers that report neither speed nor duplex, as
// some virtual ones, do not count as half duplex.
func (l *lacpPolicy) link(p *port) lacp.Link {
	return lacp.Link{
		Up:         p.LinkUp,
		Speed:      knownSpeed(p.Speed),
		HalfDuplex: p.Duplex == 0 && p.Speed != 0,
		Preference: l.r.priority(p),
	}
}

func (l *lacpPolicy) removed(p *port) {
	l.group.Remove(p.Index, time.Now())
	l.apply()
}

func (l *lacpPolicy) heard(p *port, frame []byte) {
	if l.r.port(p.Index) == p {
		l.group.Receive(p.Index, frame, time.Now())
		l.apply()
	}
}

func (l *lacpPolicy) portChanged(p *port) {
	l.group.SetLink(p.Index, l.link(p), time.Now())
	l.apply()
}

// decide ignores the link watches, as teamd: the protocol is one itself. But the link of
// a port may be down or up, which counts before the kernel knows the watches' result.
func (l *lacpPolicy) decide(p *port) { l.portChanged(p) }

func (l *lacpPolicy) teamChanged() {
	l.group.SetSystem(l.system())
	l.group.SetUp(l.r.up, time.Now())
	l.carrier = cmp.Or(l.carrier, new(bool(!l.hasCarrier()))) // set it at first
	l.apply()
}

func (l *lacpPolicy) addressChanged() {
	l.loadBalance.addressChanged()
	l.teamChanged()
}

// optionsChanged reacts to priorities, and restores the decisions about which ports
// are enabled.
func (l *lacpPolicy) optionsChanged(options []teamnl.Option) {
	if slices.ContainsFunc(options, func(o teamnl.Option) bool { return o.Name == "enabled" && l.differs(o) }) {
		l.r.look()
	}
	for _, p := range l.r.ports {
		l.group.SetLink(p.Index, l.link(p), time.Now())
	}
	l.apply()
	if l.balancer != nil {
		l.balancer.take(options)
	}
}

func (l *lacpPolicy) differs(o teamnl.Option) bool {
	p := l.r.port(o.Port)
	return p != nil && p.begun && o.Value != l.inUse(p)
}

func (l *lacpPolicy) inUse(p *port) bool {
	if p.lacp.inherited && l.group.Status(p.Index).State != lacp.StateExpired {
		p.lacp.inherited = false
	}
	return p.err == nil && (p.lacp.inherited || l.group.InUse(p.Index))
}

func (l *lacpPolicy) hasCarrier() bool {
	n := 0
	for _, p := range l.r.ports {
		if l.inUse(p) {
			n++
		}
	}
	return l.group.HasCarrier(n)
}

// apply carries out the decisions: first which ports are in use, then the carrier,
// then the frames that announce it.
func (l *lacpPolicy) apply() {
	if l.carrier == nil {
		return // not all ports are known yet
	}
	for _, p := range l.r.ports {
		if now := l.group.Status(p.Index).State; now != p.lacp.last {
			l.r.log.Info("port state", "port", p.name, "state", LACPPortState(now))
			p.lacp.last = now
		}
	}
	l.enable()
	l.setCarrier(l.hasCarrier())
	for _, f := range l.group.Frames() {
		l.send(l.r.port(f.Port), f.Data)
	}
	l.wait()
}

// enable enables the ports in use and disables the others. One request does both, because
// frames are lost in between; if the kernel rejects it, each port has its own.
func (l *lacpPolicy) enable() {
	if all := l.changes(); len(all) > 1 && l.r.set(all...) == nil {
		return
	}
	for _, o := range l.changes() {
		l.r.attempt(l.r.port(o.Port), l.r.set(o))
	}
}

// changes returns the options of the ports to be enabled, then of those to be disabled.
func (l *lacpPolicy) changes() []teamnl.Option {
	var enable, disable []teamnl.Option
	for _, p := range l.r.ports {
		switch use := l.inUse(p); {
		case !p.begun || p.err != nil || use == l.r.enabled(p):
		case use:
			enable = append(enable, optionOf(p, "enabled", true))
		default:
			disable = append(disable, optionOf(p, "enabled", false))
		}
	}
	return append(enable, disable...)
}

func (l *lacpPolicy) setCarrier(on bool) {
	if *l.carrier == on {
		return
	}
	if err := l.r.kernel.setCarrier(l.r.ops, l.r.index, on); err != nil {
		l.r.failure = err
		return
	}
	l.carrier = &on
	l.r.log.Info("carrier", "on", on)
}

// send sends a frame. A failure changes nothing: the next frame follows in time.
func (l *lacpPolicy) send(p *port, frame []byte) {
	if p == nil || p.lacp.conn == nil {
		return
	}
	err := p.lacp.conn.send(frame, lacp.EtherType, lacp.Address)
	if err != nil && !isDown(err) {
		l.r.log.Warn("frame was not sent", "port", p.name, "error", err)
	}
}

// wait sets the timer for the next step of the protocol.
func (l *lacpPolicy) wait() {
	l.timer.stop()
	l.timer = nil
	if next := l.group.Next(); !next.IsZero() {
		l.timer = l.r.after(time.Until(next), func() {
			l.group.Tick(time.Now())
			l.apply()
		})
	}
}

func (l *lacpPolicy) close() { l.timer.stop() }
