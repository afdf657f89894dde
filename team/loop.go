package team

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"syscall"
	"time"

	"github.com/iplink-go/iplink/internal/teamnl"
)

// A runner runs a team. A single goroutine, the one that calls loop, owns all of it;
// other goroutines hand work to it with post.
type runner struct {
	ctx     context.Context // ends the loop
	ops     context.Context // of requests, not interrupted halfway by the end of ctx
	kernel  kernel
	index   int // of the team
	config  Runner
	log     *slog.Logger
	policy  policy
	publish func()
	control *control // nil unless asked for

	inbox  chan func()
	closed chan struct{}

	name    string                   // of the team
	address net.HardwareAddr         // of the team
	up      bool                     // whether the team is, administratively
	origin  map[int]net.HardwareAddr // of links that are not ports; nil if the team adopts no address
	ports   []*port                  // in the order in which they joined
	seen    map[optionKey]any        // the options, as reported by the kernel
	changed []teamnl.Option          // former values of the options that this runner changed while it began
	failure error                    // ends the loop
}

// A policy is the behaviour of a runner in one mode.
type policy interface {
	// options returns the options to be set before any other.
	options() []teamnl.Option
	// added is called for a port that is new, or that existed before the runner.
	added(*port) error
	removed(*port)
	// decide is called when a known property of the port has changed.
	decide(*port)
	// portChanged is called when the kernel reports a change of the port.
	portChanged(*port)
	// teamChanged is called when all existing ports are known, and when the team has
	// been brought up or down.
	teamChanged()
	// addressChanged is called when the link-layer address of the team has changed,
	// and portAddressChanged when another program has changed the address of a port.
	addressChanged()
	portAddressChanged(*port)
	optionsChanged([]teamnl.Option)
	close()
}

// optionKey identifies an option.
type optionKey struct {
	name        string
	port, index int
}

func keyOf(o teamnl.Option) optionKey { return optionKey{o.Name, o.Port, o.Index} }

func newRunner(ctx context.Context, k kernel, index int, config Runner) *runner {
	r := &runner{
		ctx: ctx, ops: context.WithoutCancel(ctx), kernel: k, index: index, config: config, log: config.Log,
		inbox: make(chan func()), closed: make(chan struct{}), publish: func() {},
	}
	if r.log == nil {
		r.log = discard
	}
	switch config.Mode {
	case ActiveBackup:
		r.policy = &activeBackup{r: r}
	case LoadBalance:
		r.policy = newLoadBalance(r)
	case LACP:
		r.policy = newLACP(r)
	default:
		r.policy = leaveToKernel{}
	}
	return r
}

// loop runs the team until an error or the end of ctx, and returns the cause.
func (r *runner) loop(notices <-chan notice) error {
	for r.failure == nil {
		r.publish()
		select {
		case <-r.ctx.Done():
			return context.Cause(r.ctx)
		case f := <-r.inbox:
			f()
		case n := <-notices:
			r.notice(n)
		}
	}
	return r.failure
}

// post makes the loop call f, unless the loop has ended.
func (r *runner) post(f func()) {
	select {
	case r.inbox <- f:
	case <-r.closed:
	}
}

// close stops everything that could post.
func (r *runner) close() {
	close(r.closed)
	r.policy.close()
	for _, p := range r.ports {
		p.stop()
	}
}

// A timer makes the loop call a function later, once. A nil timer is a stopped one.
type timer struct {
	inner   *time.Timer
	stopped bool
}

func (r *runner) after(d time.Duration, f func()) *timer {
	t := new(timer)
	t.inner = time.AfterFunc(d, func() {
		r.post(func() {
			if !t.stopped {
				f()
			}
		})
	})
	return t
}

func (t *timer) stop() {
	if t != nil {
		t.stopped = true
		t.inner.Stop()
	}
}

// notice processes a notice: first links, then ports, then options, since decisions
// about a port may depend on its link.
func (r *runner) notice(n notice) {
	if n.err != nil {
		r.failure = n.err
		return
	}
	for _, l := range n.links {
		r.linkChanged(l)
	}
	if n.lost {
		r.resync()
		return
	}
	r.portsChanged(n.ports)
	r.optionsChanged(n.options)
}

// resync reads everything again after events were lost.
func (r *runner) resync() {
	n, err := r.kernel.snapshot(r.ops)
	if err != nil {
		r.failure = err
		return
	}
	r.log.Warn("events were lost")
	r.seen = nil
	for _, p := range slices.Clone(r.ports) {
		if !slices.ContainsFunc(n.ports, func(q teamnl.Port) bool { return q.Index == p.Index }) {
			r.remove(p)
		}
	}
	r.optionsChanged(n.options)
	r.portsChanged(n.ports)
	for _, p := range r.ports {
		r.relink(p.Index)
	}
	r.relink(r.index)
	if r.origin != nil {
		if err := r.findOrigins(); err != nil {
			r.failure = err
		}
	}
}

// relink reads a link again. If it is gone, another notice reports that.
func (r *runner) relink(index int) {
	if l, err := r.kernel.link(r.ops, index); err == nil {
		r.linkChanged(l)
	}
}

// linkChanged processes the state of a link, which may be unrelated to the team.
func (r *runner) linkChanged(l linkState) {
	if l.index == r.index {
		r.teamChanged(l)
		return
	}
	if p := r.port(l.index); p != nil && !l.removed {
		r.portLinkChanged(p, l)
	}
	r.noteOrigin(l)
}

func (r *runner) portLinkChanged(p *port, l linkState) {
	p.name = l.name
	now := r.linkNow(l, p.address)
	if len(now.address) == 0 || slices.Equal(now.address, p.address) {
		return
	}
	p.address = now.address
	if now.master == r.index { // otherwise it has left, which another notice reports
		r.policy.portAddressChanged(p)
	}
}

func (r *runner) teamChanged(l linkState) {
	if l.removed {
		r.failure = syscall.ENODEV
		return
	}
	r.name = l.name
	if now := r.linkNow(l, r.address); len(now.address) > 0 && !slices.Equal(now.address, r.address) {
		r.address = now.address
		r.policy.addressChanged()
	}
	if l.up != r.up {
		r.up = l.up
		r.policy.teamChanged()
	}
}

// linkNow returns the present state of a link if its address differs from the known
// one, because a report may be late. For a link that no longer exists it returns no
// state.
func (r *runner) linkNow(l linkState, known net.HardwareAddr) linkState {
	if slices.Equal(l.address, known) {
		return l
	}
	now, err := r.kernel.link(r.ops, l.index)
	if err != nil {
		return linkState{}
	}
	return now
}

func (r *runner) portsChanged(ports []teamnl.Port) {
	for _, q := range ports {
		p := r.port(q.Index)
		switch {
		case p == nil && !q.Removed:
			r.add(q)
		case p != nil && q.Removed:
			r.remove(p)
		case p != nil:
			p.Port = q
			p.err = nil
			r.refresh(p)
			r.policy.portChanged(p)
		}
	}
}

// optionsChanged records the values of the options and notifies the policy.
func (r *runner) optionsChanged(options []teamnl.Option) {
	r.note(options)
	r.policy.optionsChanged(options)
}

func (r *runner) note(options []teamnl.Option) {
	if r.seen == nil {
		r.seen = map[optionKey]any{}
	}
	for _, o := range options {
		if o.Removed {
			delete(r.seen, keyOf(o))
		} else {
			r.seen[keyOf(o)] = o.Value
		}
	}
}

// look reads the options again: the recorded values may come from a late echo of the
// runner's own changes.
func (r *runner) look() {
	n, err := r.kernel.snapshot(r.ops)
	if err != nil {
		r.failure = err
		return
	}
	r.seen = nil
	r.note(n.options)
}

// set changes options: all at once if the kernel accepts them, as it usually does,
// or else one after another up to the one at fault.
func (r *runner) set(options ...teamnl.Option) error {
	if len(options) > 1 && r.kernel.set(r.ops, options...) == nil {
		r.note(options)
		return nil
	}
	for _, o := range options {
		if err := r.kernel.set(r.ops, o); err != nil {
			return &optionError{o.Name, err}
		}
		r.note([]teamnl.Option{o})
	}
	return nil
}

// An optionError names the option that could not be set.
type optionError struct {
	name string
	err  error
}

func (e *optionError) Error() string { return e.name + ": " + e.err.Error() }
func (e *optionError) Unwrap() error { return e.err }

// findOrigins records the addresses of the links that are not ports.
func (r *runner) findOrigins() error {
	links, err := r.kernel.links(r.ops)
	r.origin = map[int]net.HardwareAddr{}
	for _, l := range links {
		r.noteOrigin(l)
	}
	return err
}

// noteOrigin updates the recorded addresses. In some modes the kernel gives a link
// the team's address, and announces that, before the link is a port.
func (r *runner) noteOrigin(l linkState) {
	switch {
	case r.origin == nil:
	case l.removed:
		delete(r.origin, l.index)
	case l.master == 0 && !slices.Equal(l.address, r.address):
		r.origin[l.index] = l.address
	}
}
