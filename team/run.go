package team

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"syscall"

	"github.com/iplink-go/iplink/internal/teamnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

const opRun = "run"

// Run runs the team until ctx ends or the team is removed, and returns why: the
// error always is one. It does what the daemon teamd does, in the same cases,
// and must be the only one that does: two of them, or one and teamd, would undo
// each other's work.
//
// The mode is set if it is another, which is refused while the team has ports.
// Ports that there are, and options, are taken over, so that a Run can go on
// where another one, or teamd, has left off, without a gap: the port in use
// stays in use as long as it is as good as any. Ports may come and go, by
// AddPort or otherwise. Run brings the team itself neither up nor down.
//
// When ctx ends, Run first finishes what it is about, such as the change from one
// port to another. A fault of one port, such as a link-layer address that it refuses, is noted in
// its State, and another is used. If what a Runner says cannot be right, Run
// returns an error that matches fs.ErrInvalid before anything is sent. If it
// fails to begin, the options are what they were; a mode that was set stays if
// there was none before.
func (t *Team) Run(ctx context.Context, config Runner) error {
	if err := t.check(config); err != nil {
		return err
	}
	if !t.running.CompareAndSwap(false, true) {
		return t.failed(opRun, "", &refusal{syscall.EBUSY, "this Team is being run already"})
	}
	defer t.running.Store(false)
	begun, err := t.run(ctx, config.withDefaults())
	t.finish()
	if !begun || !config.Destroy || errors.Is(err, syscall.ENODEV) {
		return err
	}
	if left := t.destroy(ctx); left != nil {
		return errors.Join(err, left)
	}
	return err
}

// run reports whether it has begun to run the team, and why it has ended. It
// listens before it looks, so that nothing goes unseen in between.
func (t *Team) run(ctx context.Context, config Runner) (begun bool, err error) {
	ctx, stop := t.whileOpen(ctx)
	defer stop()
	l, err := t.listen(ctx)
	if err != nil {
		return false, t.notBegun(err)
	}
	defer l.close()
	r := newRunner(ctx, &teamKernel{t: t}, t.link.Index, config)
	defer r.close()
	r.publish = func() { t.state.Store(r.state()) }
	if err := r.begin(); err != nil {
		return false, t.notBegun(err)
	}
	return true, t.failed(opRun, "", r.loop(l.notices))
}

// notBegun says which option is to blame, if one is, and what could not be
// undone.
func (t *Team) notBegun(err error) error {
	e := t.failed(opRun, "", err)
	if fault, ok := errors.AsType[*optionError](err); ok {
		e = t.failed(opRun, fault.name, fault.err)
	}
	if undo, ok := errors.AsType[*undoError](err); ok {
		e = errors.Join(e, t.failed("undo "+opRun, "", undo.err))
	}
	return e
}

// finish leaves the last state, as one that is past.
func (t *Team) finish() {
	last := t.State()
	last.Running = false
	t.state.Store(&last)
}

// destroy takes out the ports and removes the team, also when ctx has ended.
func (t *Team) destroy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	ports, err := t.Ports(ctx)
	if err != nil {
		return err
	}
	for _, p := range ports {
		err = errors.Join(err, t.setMaster(ctx, opRemove, p.Name, p.Index, 0))
	}
	return errors.Join(err, t.link.Write(ctx, "delete", "", uapi.RTM_DELLINK, 0, func(b []byte) []byte {
		return wire.AppendLink(b, wire.Link{Index: int32(t.link.Index)})
	}))
}

// kernel is what a runner asks of the kernel.
type kernel interface {
	// set sets options, in order, up to the first that is refused.
	set(ctx context.Context, options ...teamnl.Option) error
	snapshot(ctx context.Context) (notice, error)
	link(ctx context.Context, index int) (linkState, error)
	links(ctx context.Context) ([]linkState, error)
	setAddress(ctx context.Context, index int, address net.HardwareAddr) error
	probe(port int, vlan *uint16, heard func(arpMessage)) (prober, error)
}

// teamKernel is the kernel of a Team.
type teamKernel struct{ t *Team }

func (k *teamKernel) set(ctx context.Context, options ...teamnl.Option) error {
	return teamnl.Set(ctx, k.t.nl, k.t.link.Index, options...)
}

func (k *teamKernel) snapshot(ctx context.Context) (notice, error) { return k.t.snapshot(ctx) }

func (k *teamKernel) link(ctx context.Context, index int) (linkState, error) {
	return k.t.readLink(ctx, opRun, "", index)
}

func (k *teamKernel) links(ctx context.Context) ([]linkState, error) { return k.t.listLinks(ctx) }

func (k *teamKernel) setAddress(ctx context.Context, index int, address net.HardwareAddr) error {
	return k.t.setAddress(ctx, index, address)
}

// probe opens a socket, and reads from it until it is closed.
func (k *teamKernel) probe(port int, vlan *uint16, heard func(arpMessage)) (prober, error) {
	var s *arpSocket
	err := k.t.in(func() (err error) {
		s, err = openARP(port, vlan)
		return err
	})
	if errors.Is(err, syscall.EPERM) {
		return nil, &refusal{syscall.EPERM, "arp_ping needs CAP_NET_RAW"}
	} else if err != nil {
		return nil, err
	}
	go s.receive(heard)
	return s, nil
}

// discard is where nobody listens.
var discard = slog.New(slog.DiscardHandler)
