package team

import (
	"context"
	"errors"
	"sync"
	"syscall"

	"github.com/mdlayher/netlink"

	"github.com/iplink-go/iplink/internal/genl"
	"github.com/iplink-go/iplink/internal/teamnl"
	"github.com/iplink-go/iplink/internal/uapi"
)

// A notice is what the kernel says of its own accord, in one go.
type notice struct {
	options []teamnl.Option
	ports   []teamnl.Port
	links   []linkState
	lost    bool  // something was lost before
	err     error // nothing more will come
}

// eventBuffer bounds what may wait unread of links' events. The kernel doubles
// it.
const eventBuffer = 2 << 20

// listener hands on the events of the team, and of all links.
type listener struct {
	notices chan notice
	family  *genl.Conn
	links   *netlink.Conn
	team    int
	stop    context.CancelFunc
	readers sync.WaitGroup
}

// listen begins to listen; what happens from now on will be told. After the end
// of ctx, or after close, nothing is.
func (t *Team) listen(ctx context.Context) (*listener, error) {
	l := &listener{notices: make(chan notice), team: t.link.Index}
	if err := t.in(func() error { return l.open(ctx) }); err != nil {
		return nil, err
	}
	ctx, l.stop = context.WithCancel(ctx)
	l.readers.Go(func() { l.read(ctx, l.readFamily) })
	l.readers.Go(func() { l.read(ctx, l.readLinks) })
	context.AfterFunc(ctx, func() { l.links.Close() })
	return l, nil
}

func (l *listener) open(ctx context.Context) (err error) {
	if l.family, err = teamnl.Dial(ctx, 0); err != nil {
		return err
	}
	if err := l.family.Join(uapi.TEAM_GENL_CHANGE_EVENT_MC_GRP); err != nil {
		return errors.Join(err, l.family.Close())
	}
	const groupLink = 1 << 0 // RTMGRP_LINK
	l.links, err = netlink.Dial(routeFamily, &netlink.Config{Groups: groupLink})
	if err != nil {
		return errors.Join(err, l.family.Close())
	}
	_ = l.links.SetReadBuffer(eventBuffer) // without privilege it stays as it is, which does mostly
	return nil
}

// routeFamily is NETLINK_ROUTE.
const routeFamily = 0

// close ends the readers, and awaits that.
func (l *listener) close() {
	l.stop()
	l.readers.Wait()
	l.family.Close()
}

// read hands on what next returns, until it fails or ctx ends.
func (l *listener) read(ctx context.Context, next func(context.Context) (notice, error)) {
	for {
		n, err := next(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, syscall.ENOBUFS):
			n.lost = true
		case err != nil:
			n.err = err
		}
		select {
		case l.notices <- n:
		case <-ctx.Done():
			return
		}
		if n.err != nil {
			return
		}
	}
}

func (l *listener) readFamily(ctx context.Context) (n notice, err error) {
	events, err := l.family.Receive(ctx)
	for _, m := range events {
		if teamnl.Team(m.Data) == l.team {
			n.options = append(n.options, teamnl.ParseOptions(m.Data)...)
			n.ports = append(n.ports, teamnl.ParsePorts(m.Data)...)
		}
	}
	return n, err
}

func (l *listener) readLinks(context.Context) (n notice, err error) {
	messages, err := l.links.Receive()
	for _, m := range messages {
		s := parseLinkState(m.Data)
		s.removed = m.Header.Type == uapi.RTM_DELLINK
		if s.index != 0 {
			n.links = append(n.links, s)
		}
	}
	return n, err
}
