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

// Run runs the team until ctx ends or the team is removed, and returns the cause:
// the error is never nil. It does the work of the daemon teamd, in the same cases.
// There must be only one runner: two of them, or one and teamd, would undo each
// other's work.
//
// The mode is set if it differs, which is an error while the team has ports.
// Existing ports and options are taken over, so that Run can continue after another
// Run, or teamd, without a gap: the port in use stays in use as long as no other is
// better. Ports may come and go, by AddPort or otherwise. Run brings the team itself
// neither up nor down.
//
// When ctx ends, Run first completes its present operation, such as the change from
// one port to another. A fault of one port, such as a rejected link-layer address,
// is recorded in its State, and another port is used. If the Runner is invalid, Run
// returns an error that matches fs.ErrInvalid before a request is sent. If Run fails
// to begin, the former options are restored, except that a new mode remains if there
// was none before.
func (t *Team) Run(ctx context.Context, config Runner) error {
	if err := t.check(config); err != nil {
		return err
	}
	if !t.running.CompareAndSwap(false, true) {
		return t.failed(opRun, "", &refusal{syscall.EBUSY, "this Team is being run already"})
	}
	defer t.running.Store(false)
	begun, err := t.run(ctx, config)
	t.finish()
	if !begun || !config.Destroy || errors.Is(err, syscall.ENODEV) {
		return err
	}
	if left := t.destroy(ctx); left != nil {
		return errors.Join(err, left)
	}
	return err
}

// run reports whether it has begun to run the team, and the reason for its end. It
// listens before it reads, so that no change is missed in between.
func (t *Team) run(ctx context.Context, config Runner) (begun bool, err error) {
	ctx, stop := t.whileOpen(ctx)
	defer stop()
	s, err := t.openControl(ctx, config)
	if err != nil {
		return false, t.notBegun(err)
	}
	defer s.close()
	l, err := t.listen(ctx)
	if err != nil {
		return false, t.notBegun(err)
	}
	defer l.close()
	r := newRunner(ctx, &teamKernel{t: t}, t.link.Index, config.withDefaults())
	defer r.close()
	r.control = s.attach(t, r)
	r.publish = func() { t.state.Store(r.state()) }
	if err := r.begin(); err != nil {
		return false, t.notBegun(err)
	}
	s.serve(ctx)
	return true, t.failed(opRun, "", r.loop(l.notices))
}

// notBegun names the option at fault, if there is one, and the errors of the
// undoing.
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

// finish keeps the last state, marked as no longer running.
func (t *Team) finish() {
	last := t.State()
	last.Running = false
	t.state.Store(&last)
}

// destroy removes the ports and the team, even if ctx has ended.
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

// kernel has the operations that a runner needs from the kernel.
type kernel interface {
	// set sets options, in order, up to the first that is rejected.
	set(ctx context.Context, options ...teamnl.Option) error
	snapshot(ctx context.Context) (notice, error)
	link(ctx context.Context, index int) (linkState, error)
	links(ctx context.Context) ([]linkState, error)
	setAddress(ctx context.Context, index int, address net.HardwareAddr) error
	setCarrier(ctx context.Context, index int, on bool) error
	// open opens a socket on a port, and passes packets to heard until it is closed.
	open(port int, kind packetKind, heard func([]byte)) (packetConn, error)
}

// teamKernel implements kernel for a Team.
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

func (k *teamKernel) setCarrier(ctx context.Context, index int, on bool) error {
	return k.t.setCarrier(ctx, index, on)
}

func (k *teamKernel) open(port int, kind packetKind, heard func([]byte)) (packetConn, error) {
	var s *packetSocket
	err := k.t.in(func() (err error) {
		s, err = openPacket(port, kind)
		return err
	})
	if errors.Is(err, syscall.EPERM) {
		return nil, &refusal{syscall.EPERM, kind.purpose + " needs CAP_NET_RAW"}
	} else if err != nil {
		return nil, err
	}
	go s.receive(heard)
	return s, nil
}

// discard is the default log.
var discard = slog.New(slog.DiscardHandler)
