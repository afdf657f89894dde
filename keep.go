package iplink

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// Times of Keep.
const (
	keepQuiet    = 5 * time.Millisecond   // changes that follow each other sooner are one
	keepPatience = 50 * time.Millisecond  // the longest wait for such a pause
	keepLeast    = 100 * time.Millisecond // between the beginnings of two calls of Ensure
	keepLook     = 500 * time.Millisecond // between looks at namespaces that are given by name
	keepRetry    = time.Second            // between a failed call of Ensure and the next one
)

// Keep ensures the links in specs now, and again whenever something that they may describe
// has changed: links, addresses, routes, neighbours, forwarding databases, VLANs and
// multicast databases, in the namespace of the Conn and in those that the specs name. It
// yields the changes of each call of Ensure that changed something. The first pair has the
// changes of the first call, which may be none.
//
// An error of Ensure is yielded, too, with no changes, and Keep goes on: it tries again
// after the next change, and at the latest after a second. So the specs may name parents
// and namespaces that come later. A namespace given by name (NetNSName) may be removed and
// made again; this is noticed within half a second. The iteration ends when the consumer
// leaves the loop or when ctx ends; the last pair then has the error of ctx.
//
// Changes that follow each other within 5 ms are treated as one, for 50 ms at most, and
// Ensure is called ten times a second at most. Keep has a socket in each namespace and a
// goroutine for each socket, which end with the iteration. The specs are copied when Keep
// is called.
func Keep(ctx context.Context, c *Conn, specs ...Spec) iter.Seq2[[]*Change, error] {
	specs = slices.Clone(specs)
	for i, s := range specs {
		if !isNil(s) {
			specs[i] = s.clone()
		}
	}
	return func(yield func([]*Change, error) bool) {
		k := &keeper{conn: c, specs: specs, changed: make(chan struct{}, 1), deaf: make(chan error, 1)}
		k.run(ctx, yield)
	}
}

// A keeper is an iteration of Keep.
type keeper struct {
	conn  *Conn
	specs []Spec

	changed chan struct{} // has room for one
	deaf    chan error    // why a socket can be read no more; has room for one
	socks   []*keepSocket
	tasks   sync.WaitGroup
	stop    context.CancelFunc
}

// A keepSocket listens to a namespace. The Conn's has none.
type keepSocket struct {
	ns     *NetNS
	cancel context.CancelFunc
}

func (k *keeper) run(ctx context.Context, yield func([]*Change, error) bool) {
	if err := k.conn.unready(ctx, "keep"); err != nil {
		yield(nil, err)
		return
	}
	ctx, k.stop = context.WithCancel(ctx)
	defer k.close()
	err := k.listen(ctx, nil)
	for first := true; err == nil; first = false {
		begun := time.Now()
		k.listenNamed(ctx)
		changes, failed := k.conn.Ensure(ctx, k.specs...)
		if ctx.Err() != nil {
			break
		}
		changes = onlyChanged(changes)
		if (first || failed != nil || len(changes) > 0) && !yield(changes, failed) {
			return
		}
		if k.listenNamed(ctx) { // earlier changes in a namespace that Ensure has made were not heard
			k.signal()
		}
		err = k.wait(ctx, begun, failed != nil)
	}
	if err == nil || ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	yield(nil, kernelError(&Error{Op: "keep"}, err))
}

func onlyChanged(all []*Change) (some []*Change) {
	for _, c := range all {
		if c.Changed() {
			some = append(some, c)
		}
	}
	return some
}

// wait waits until something has changed and no more follows, or until it is time to try
// again.
func (k *keeper) wait(ctx context.Context, begun time.Time, failed bool) error {
	look := keepLook
	if failed {
		look = keepRetry
	}
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case err := <-k.deaf:
			return err
		case <-k.changed:
			return k.settle(ctx, begun)
		case <-time.After(look):
			if failed || k.namesMoved() {
				return nil
			}
		}
	}
}

// settle waits for a pause between changes, and until Ensure may be called again.
func (k *keeper) settle(ctx context.Context, begun time.Time) error {
	pause := time.NewTimer(keepPatience)
	defer pause.Stop()
	for quiet := false; !quiet; {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-k.changed:
		case <-time.After(keepQuiet):
			quiet = true
		case <-pause.C:
			quiet = true
		}
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(keepLeast - time.Since(begun)):
		return nil
	}
}

func (k *keeper) signal() {
	select {
	case k.changed <- struct{}{}:
	default:
	}
}

// listen has changes in a namespace, the Conn's if it is nil, signalled.
func (k *keeper) listen(ctx context.Context, ns *NetNS) error {
	how := rtnl.Listening{Buffer: watchBuffer, Groups: []uint32{
		uapi.RTNLGRP_NEIGH, uapi.RTNLGRP_IPV4_IFADDR, uapi.RTNLGRP_IPV4_ROUTE, uapi.RTNLGRP_IPV6_IFADDR,
		uapi.RTNLGRP_IPV6_ROUTE, uapi.RTNLGRP_MDB, uapi.RTNLGRP_NEXTHOP, uapi.RTNLGRP_BRVLAN, uapi.RTNLGRP_TUNNEL,
	}}
	ctx, cancel := context.WithCancel(ctx)
	socket, err := k.open(ctx, ns, how)
	if err != nil {
		cancel()
		return err
	}
	k.socks = append(k.socks, &keepSocket{ns, cancel})
	k.tasks.Go(func() {
		defer socket.Close()
		k.hear(ctx, socket)
	})
	return nil
}

// hear signals each announcement until ctx ends.
func (k *keeper) hear(ctx context.Context, socket *rtnl.Listener) {
	for {
		_, _, err := socket.Receive(true)
		if errors.Is(err, rtnl.ErrOverrun) {
			err = socket.Drain()
		}
		switch {
		case err == nil:
			k.signal()
			continue
		case ctx.Err() == nil:
			select {
			case k.deaf <- err:
			default:
			}
		}
		return
	}
}

func (k *keeper) open(ctx context.Context, ns *NetNS, how rtnl.Listening) (*rtnl.Listener, error) {
	if ns == nil {
		return k.conn.listen(ctx, how)
	}
	return ns.listen(ctx, how)
}

// listenNamed listens to the namespaces of the specs, and no longer to those that are not
// theirs any more. It reports whether one is new. A namespace that is not there, or cannot
// be listened to, is left out: Ensure reports it.
func (k *keeper) listenNamed(ctx context.Context) (opened bool) {
	all := k.namespaces()
	k.leave(all)
	for _, ns := range all {
		if k.known(ns) || k.listen(ctx, ns) != nil {
			_ = ns.Close()
			continue
		}
		opened = true
	}
	return opened
}

// leave closes the sockets in namespaces that are not among all, which they would keep
// alive.
func (k *keeper) leave(all []*NetNS) {
	k.socks = slices.DeleteFunc(k.socks, func(s *keepSocket) bool {
		if s.ns == nil || slices.ContainsFunc(all, s.ns.Equal) {
			return false
		}
		s.cancel()
		_ = s.ns.Close()
		return true
	})
}

func (k *keeper) known(ns *NetNS) bool {
	for _, s := range k.socks {
		if s.ns != nil && s.ns.Equal(ns) {
			return true
		}
	}
	return false
}

// namespaces returns the namespaces of the specs that are there, opened.
func (k *keeper) namespaces() (all []*NetNS) {
	for _, ns := range k.places() {
		if opened := reopened(ns); opened != nil {
			all = append(all, opened)
		}
	}
	return all
}

// places returns the namespaces of the specs, some by name only; nil is the Conn's.
func (k *keeper) places() (all []*NetNS) {
	for _, s := range k.specs {
		if isNil(s) {
			continue
		}
		d := s.description()
		all = append(all, d.netns, d.linkNetNS)
		if d.isNetNS {
			all = append(all, unopenedNetNS(d.Name))
		}
		if other := d.other(); other != nil {
			all = append(all, other.netns)
		}
	}
	return all
}

// reopened opens a namespace once more, or returns nil.
func reopened(ns *NetNS) *NetNS {
	if ns == nil {
		return nil
	}
	var opened *NetNS
	var err error
	if ns.isUnopened() {
		opened, err = OpenNetNS(ns.name)
	} else {
		err = ns.use(func(fd int) (err error) {
			opened, err = NetNSFromFD(fd)
			return err
		})
	}
	if err != nil {
		return nil
	}
	return opened
}

// namesMoved reports whether the namespaces of the specs are others than before.
func (k *keeper) namesMoved() bool {
	if !slices.ContainsFunc(k.places(), (*NetNS).isUnopened) {
		return false
	}
	all := k.namespaces()
	moved := false
	for _, ns := range all {
		moved = moved || !k.known(ns)
	}
	for _, s := range k.socks {
		moved = moved || s.ns != nil && !slices.ContainsFunc(all, s.ns.Equal)
	}
	for _, ns := range all {
		_ = ns.Close()
	}
	return moved
}

// close ends the goroutines and closes the sockets.
func (k *keeper) close() {
	k.stop()
	k.tasks.Wait()
	for _, s := range k.socks {
		s.cancel()
		if s.ns != nil {
			_ = s.ns.Close()
		}
	}
}
