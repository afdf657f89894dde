package main

import (
	"context"
	"fmt"

	"github.com/iplink-go/iplink/examples/internal/packet"
)

// check pings every container of the second host from every container of the first,
// and checks that the packets went through the VXLAN.
func (l *lab) check(ctx context.Context) error {
	l.heading("Pings from the containers of %s to those of %s (a new IPv6 address is usable after two seconds):",
		l.hosts[0].ns, l.hosts[1].ns)
	before, err := l.traffic(ctx)
	if err != nil {
		return err
	}
	pings, err := l.pingAll(ctx)
	if err != nil {
		return err
	}
	after, err := l.traffic(ctx)
	if err != nil {
		return err
	}
	l.heading("Meanwhile the hosts sent, as frames of the containers and as packets between the hosts:")
	return l.compare(before, after, pings)
}

// pingAll returns the number of pings.
func (l *lab) pingAll(ctx context.Context) (pings uint64, err error) {
	for _, from := range l.hosts[0].containers {
		for _, to := range l.hosts[1].containers {
			for _, addr := range to.addrs {
				took, err := packet.Ping(ctx, from.ns, addr.Addr())
				if err != nil {
					return pings, err
				}
				pings++
				l.line("%-42s %9s", fmt.Sprintf("%s to %s, %s", from.ns, to.ns, addr.Addr()), ms(took))
			}
		}
	}
	return pings, nil
}

// traffic holds the numbers of packets sent by each host's VXLAN and underlay.
type traffic [2]struct{ inside, outside uint64 }

func (l *lab) traffic(ctx context.Context) (t traffic, err error) {
	for i, h := range l.hosts {
		if t[i].inside, t[i].outside, err = h.sent(ctx); err != nil {
			return t, err
		}
	}
	return t, nil
}

func (h host) sent(ctx context.Context) (inside, outside uint64, err error) {
	conn, err := h.ns.Dial()
	if err != nil {
		return 0, 0, err
	}
	defer conn.Close()
	vxlan, err := conn.Get(ctx, "vx4242")
	if err != nil {
		return 0, 0, err
	}
	underlay, err := conn.Get(ctx, "underlay")
	if err != nil {
		return 0, 0, err
	}
	return vxlan.Stats.TxPackets, underlay.Stats.TxPackets, nil
}

// compare checks that each host sent at least one packet per ping on both links.
func (l *lab) compare(before, after traffic, pings uint64) error {
	for i, h := range l.hosts {
		inside, outside := after[i].inside-before[i].inside, after[i].outside-before[i].outside
		l.line("%s: %d through vx4242, %d through underlay", h.ns, inside, outside)
		if min(inside, outside) < pings {
			return fmt.Errorf("%d pings were answered, but not through the VXLAN of %s", pings, h.ns)
		}
	}
	return nil
}
