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

// A runner runs a team. One goroutine, the one that calls loop, owns all of it;
// others hand it what to do, by post.
type runner struct {
	ctx     context.Context // ends the loop
	ops     context.Context // of requests, which the end of ctx does not interrupt halfway
	kernel  kernel
	index   int // of the team
	config  Runner
	log     *slog.Logger
	policy  policy
	publish func()

	inbox  chan func()
	closed chan struct{}

	address net.HardwareAddr         // of the team
	origin  map[int]net.HardwareAddr // of links that are no ports; nil if the team adopts none
	ports   []*port                  // the one that joined last at the end
	seen    map[optionKey]any        // the options, as the kernel has told
	changed []teamnl.Option          // by this runner while it begins, with their former values
	failure error                    // ends the loop
}

// A policy is what a runner does in a mode of its own.
type policy interface {
	// options are those to be set before anything else.
	options() []teamnl.Option
	// added is called for a port that is new, or was there before the runner.
	added(*port) error
	removed(*port)
	// decide is called when what is known of the port has changed.
	decide(*port)
	// addressChanged is called when the team has another link-layer address, and
	// portAddressChanged when somebody else has given one to a port.
	addressChanged()
	portAddressChanged(*port)
	optionsChanged([]teamnl.Option)
}

// optionKey finds an option.
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
	default:
		r.policy = leaveToKernel{}
	}
	return r
}

// loop runs the team until something ends it, and returns that.
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

// post has the loop call f, unless it has ended.
func (r *runner) post(f func()) {
	select {
	case r.inbox <- f:
	case <-r.closed:
	}
}

// close stops all that could post.
func (r *runner) close() {
	close(r.closed)
	for _, p := range r.ports {
		p.stop()
	}
}

// A timer has the loop call something later, once. A nil timer is one that was
// stopped.
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

// notice takes what the kernel says: first of links, then of ports, then of
// options, as what is decided of a port may depend on the first.
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

// resync looks at everything anew when it is not known what has changed.
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

// relink looks at a link anew. That it is gone will be told.
func (r *runner) relink(index int) {
	if l, err := r.kernel.link(r.ops, index); err == nil {
		r.linkChanged(l)
	}
}

// linkChanged takes what is said of a link, of which there may be many that have
// nothing to do with the team.
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
	if now.master == r.index { // or else it has left, which is yet to be told
		r.policy.portAddressChanged(p)
	}
}

func (r *runner) teamChanged(l linkState) {
	if l.removed {
		r.failure = syscall.ENODEV
		return
	}
	if now := r.linkNow(l, r.address); len(now.address) > 0 && !slices.Equal(now.address, r.address) {
		r.address = now.address
		r.policy.addressChanged()
	}
}

// linkNow returns what a link is now if it has another address than the known
// one: what is told may be late. Of a link that has gone nothing is known.
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
		}
	}
}

// optionsChanged notes the options' values and tells the policy.
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

// look reads the options anew: what was seen of them may be an echo, which came
// late, of what the runner itself has set.
func (r *runner) look() {
	n, err := r.kernel.snapshot(r.ops)
	if err != nil {
		r.failure = err
		return
	}
	r.seen = nil
	r.note(n.options)
}

// set changes options: all at once if the kernel takes them, as most of the time
// it does, or else one after another up to the one that is at fault.
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

// An optionError says which option could not be set.
type optionError struct {
	name string
	err  error
}

func (e *optionError) Error() string { return e.name + ": " + e.err.Error() }
func (e *optionError) Unwrap() error { return e.err }

// findOrigins takes down the addresses of the links that are no ports.
func (r *runner) findOrigins() error {
	links, err := r.kernel.links(r.ops)
	r.origin = map[int]net.HardwareAddr{}
	for _, l := range links {
		r.noteOrigin(l)
	}
	return err
}

// noteOrigin keeps the addresses up to date. In some modes the kernel gives a
// port the team's address, and tells of that, before it is one.
func (r *runner) noteOrigin(l linkState) {
	switch {
	case r.origin == nil:
	case l.removed:
		delete(r.origin, l.index)
	case l.master == 0 && !slices.Equal(l.address, r.address):
		r.origin[l.index] = l.address
	}
}
