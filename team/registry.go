package team

import (
	"net"
	"slices"

	"github.com/iplink-go/iplink/internal/teamnl"
)

// A port is the runner's view of a port.
type port struct {
	teamnl.Port
	name    string
	address net.HardwareAddr
	config  PortConfig
	watches []watch
	using   []LinkWatch // of each watch
	needed  LinkWatchPolicy
	begun   bool  // it may be subject to decisions
	told    bool  // link state last reported to the kernel
	err     error // reason why it cannot be used
	lacp    lacpPort
}

// up reports the combined result of the watches.
func (p *port) up() bool {
	if p.err != nil {
		return false
	}
	if p.needed == AllWatches {
		return !slices.ContainsFunc(p.watches, func(w watch) bool { return !w.up() })
	}
	return slices.ContainsFunc(p.watches, watch.up)
}

func (p *port) stop() {
	for _, w := range p.watches {
		w.stop()
	}
	p.watches = nil
	if p.lacp.conn != nil {
		p.lacp.conn.close()
	}
}

func (r *runner) port(index int) *port {
	for _, p := range r.ports {
		if p.Index == index {
			return p
		}
	}
	return nil
}

// named returns the port with a name; nil for an unknown name.
func (r *runner) named(name string) *port {
	for _, p := range r.ports {
		if p.name == name {
			return p
		}
	}
	return nil
}

func optionOf(p *port, name string, value any) teamnl.Option {
	return teamnl.Option{Name: name, Value: value, Port: p.Index, Index: -1}
}

// enabled, userLinkUp and priority return the recorded options of a port.
func (r *runner) enabled(p *port) bool {
	on, told := r.seen[keyOf(optionOf(p, "enabled", nil))].(bool)
	return on || !told // the kernel enables new ports
}

func (r *runner) userLinkUp(p *port) bool {
	up, _ := r.seen[keyOf(optionOf(p, "user_linkup", nil))].(bool)
	return up
}

func (r *runner) priority(p *port) int32 {
	priority, _ := r.seen[keyOf(optionOf(p, "priority", nil))].(int32)
	return priority
}

// add registers a port that has joined.
func (r *runner) add(q teamnl.Port) {
	p := r.meet(q)
	if p == nil {
		return
	}
	if len(r.ports) == 1 {
		r.attempt(p, r.adopt(p))
	}
	r.equip(p)
	for _, w := range p.watches {
		w.portChanged()
	}
	p.begun = true
	r.decide(p)
}

// meet registers a port. It returns nil for a port that has left already.
func (r *runner) meet(q teamnl.Port) *port {
	l, err := r.kernel.link(r.ops, q.Index)
	if err != nil {
		if !isGone(err) {
			r.failure = err
		}
		return nil
	}
	p := &port{Port: q, name: l.name, address: l.address, config: r.config.Ports[l.name], needed: r.config.LinkWatchPolicy}
	p.told = r.userLinkUp(p)
	r.ports = append(r.ports, p)
	r.log.Info("port joined", "port", p.name)
	return p
}

// equip sets a port's options, and starts its watches.
func (r *runner) equip(p *port) {
	r.attempt(p, r.setPortOptions(p))
	r.attempt(p, r.startWatches(p))
	r.attempt(p, r.policy.added(p))
}

// adopt gives the team the address of its only port.
func (r *runner) adopt(p *port) error {
	if r.origin == nil {
		return nil
	}
	address := p.address
	if known := r.origin[p.Index]; len(known) > 0 {
		address = known
	}
	if slices.Equal(address, r.address) {
		return nil
	}
	if err := r.kernel.setAddress(r.ops, r.index, address); err != nil {
		return err
	}
	r.address = address
	return nil
}

// setPortOptions sets the configured options of the port.
func (r *runner) setPortOptions(p *port) error {
	if _, named := r.config.Ports[p.name]; !named {
		return nil
	}
	if p.config.QueueID != nil {
		if err := r.set(optionOf(p, "queue_id", uint32(*p.config.QueueID))); err != nil {
			return err
		}
	}
	return r.set(optionOf(p, "priority", p.config.Priority))
}

// startWatches starts the port's own watches and the watches for all ports.
func (r *runner) startWatches(p *port) error {
	all := slices.Concat(p.config.LinkWatches, r.config.LinkWatches)
	if len(all) == 0 {
		all = []LinkWatch{Ethtool{}}
		r.control.usesDefaultWatch(p)
	}
	for _, config := range all {
		w, err := config.start(r, p)
		if err != nil {
			return err
		}
		p.watches, p.using = append(p.watches, w), append(p.using, config)
	}
	return nil
}

// remove forgets a port that has left.
func (r *runner) remove(p *port) {
	r.log.Info("port left", "port", p.name)
	p.stop()
	r.ports = slices.DeleteFunc(r.ports, func(q *port) bool { return q == p })
	for key := range r.seen {
		if key.port == p.Index {
			delete(r.seen, key)
		}
	}
	r.policy.removed(p)
}

// refresh makes the watches of a port examine its state in the kernel.
func (r *runner) refresh(p *port) {
	for _, w := range p.watches {
		w.portChanged()
	}
}

// watchChanged is called when a watch finds that a port's link has changed.
func (r *runner) watchChanged(p *port, watch string, up bool) {
	r.log.Info("link changed", "port", p.name, "watch", watch, "up", up)
	if p.begun {
		r.decide(p)
	}
}

// decide reports the result of the watches to the kernel, and lets the policy react.
// If the port is down, the policy comes first, as the port may have to be replaced.
func (r *runner) decide(p *port) {
	if !p.up() {
		r.policy.decide(p)
		r.tell(p)
		return
	}
	r.tell(p)
	r.policy.decide(p)
}

// tell reports the link state to the kernel unless the kernel has it. The recorded
// option may be a late echo of an earlier change by the runner.
func (r *runner) tell(p *port) {
	up := p.up()
	if up == p.told && up == r.userLinkUp(p) {
		return
	}
	if r.attempt(p, r.set(optionOf(p, "user_linkup", up))) {
		p.told = up
	}
}

// attempt records that an operation on a port failed; the port then counts as down.
// It returns true if err is nil. An error because the port is leaving is not
// recorded, since another notice reports that.
func (r *runner) attempt(p *port, err error) bool {
	switch {
	case err == nil:
		return true
	case r.ctx.Err() != nil:
	case !isGone(err):
		p.err = err
		r.log.Error("port cannot be used", "port", p.name, "error", err)
	}
	return false
}

// probes reports whether a port should send probes: an enabled port, or any port if
// none is enabled.
func (r *runner) probes(p *port) bool {
	return r.enabled(p) || !slices.ContainsFunc(r.ports, r.enabled)
}

// setAddress gives a port a link-layer address if its own differs.
func (r *runner) setAddress(p *port, address net.HardwareAddr) error {
	if slices.Equal(p.address, address) {
		return nil
	}
	if err := r.kernel.setAddress(r.ops, p.Index, address); err != nil {
		return err
	}
	p.address = address
	return nil
}

// leaveToKernel is the policy for the modes in which the kernel selects ports. Other
// policies embed it for the events that do not concern them.
type leaveToKernel struct{}

func (leaveToKernel) options() []teamnl.Option       { return nil }
func (leaveToKernel) added(*port) error              { return nil }
func (leaveToKernel) removed(*port)                  {}
func (leaveToKernel) decide(*port)                   {}
func (leaveToKernel) portChanged(*port)              {}
func (leaveToKernel) teamChanged()                   {}
func (leaveToKernel) close()                         {}
func (leaveToKernel) addressChanged()                {}
func (leaveToKernel) portAddressChanged(*port)       {}
func (leaveToKernel) optionsChanged([]teamnl.Option) {}
