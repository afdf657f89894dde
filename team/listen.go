package team

import (
	"context"
	"errors"
	"sync"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/teamnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A notice is one group of unsolicited reports from the kernel.
type notice struct {
	options []teamnl.Option
	ports   []teamnl.Port
	links   []linkState
	lost    bool  // reports were lost before this one
	err     error // there will be no more notices
}

// empty reports whether a notice contains no report.
func (n *notice) empty() bool {
	return len(n.options)+len(n.ports)+len(n.links) == 0 && !n.lost && n.err == nil
}

// eventBuffer limits the unread events of the generic netlink family, and also those
// of links.
const eventBuffer = 2 << 20

// listener passes on the events of the team, and of all links.
type listener struct {
	notices chan notice
	sources []*rtnl.Listener
	team    int
	stop    context.CancelFunc
	readers sync.WaitGroup
}

// listen starts to listen; all events from now on are reported. After the end of
// ctx, or after close, no more are.
func (t *Team) listen(ctx context.Context) (*listener, error) {
	l := &listener{notices: make(chan notice), team: t.link.Index}
	ctx, l.stop = context.WithCancel(ctx)
	var family, links *rtnl.Listener
	err := t.in(func() (err error) {
		how := rtnl.Listening{Buffer: t.buffer}
		if family, err = l.open(t.nl.Listen(ctx, rtnl.Here, uapi.TEAM_GENL_CHANGE_EVENT_MC_GRP, how)); err == nil {
			links, err = l.open(rtnl.Listen(ctx, rtnl.Here, how))
		}
		return err
	})
	if err != nil {
		l.close()
		return nil, err
	}
	l.readers.Go(func() { l.read(ctx, family, l.takeEvent) })
	l.readers.Go(func() { l.read(ctx, links, takeLink) })
	return l, nil
}

// open records a source that was opened, for close.
func (l *listener) open(source *rtnl.Listener, err error) (*rtnl.Listener, error) {
	if err == nil {
		l.sources = append(l.sources, source)
	}
	return source, err
}

// close stops the readers, and waits for them to end.
func (l *listener) close() {
	l.stop()
	l.readers.Wait()
	for _, source := range l.sources {
		source.Close()
	}
}

// read passes on the messages of a source, until that fails or ctx ends.
func (l *listener) read(ctx context.Context, source *rtnl.Listener, take func(*notice, wire.Message)) {
	for {
		n := receive(source, take)
		if ctx.Err() != nil {
			return
		}
		if n.empty() {
			continue
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

// receive waits for a datagram. If some were lost, it discards the waiting ones,
// which are older: the kernel drops new ones until then.
func receive(source *rtnl.Listener, take func(*notice, wire.Message)) (n notice) {
	datagram, _, err := source.Receive(true)
	if errors.Is(err, rtnl.ErrOverrun) {
		n.lost, err = true, source.Drain()
	}
	n.err = err
	for m, err := range wire.Messages(datagram) {
		if err != nil {
			break
		}
		take(&n, m)
	}
	return n
}

// takeEvent adds the options and ports of the team in a message of the family.
func (l *listener) takeEvent(n *notice, m wire.Message) {
	if attrs := rtnl.GenericAttrs(m); teamnl.Team(attrs) == l.team {
		n.options = append(n.options, teamnl.ParseOptions(attrs)...)
		n.ports = append(n.ports, teamnl.ParsePorts(attrs)...)
	}
}

// takeLink adds the state of a link in a message.
func takeLink(n *notice, m wire.Message) {
	if s := parseLinkState(m.Data); s.index != 0 {
		s.removed = m.Type == uapi.RTM_DELLINK
		n.links = append(n.links, s)
	}
}
