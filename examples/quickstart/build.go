package main

import (
	"context"
	"strings"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// build makes the namespaces and their links.
func (l *lab) build(ctx context.Context) error {
	l.heading("A namespace for each host and each container:")
	if err := l.createAllNetNS(ctx); err != nil {
		return err
	}
	a, b := &l.hosts[0], &l.hosts[1]
	l.heading("A cable between the hosts, the underlay:")
	if err := l.connect(ctx, a, b); err != nil {
		return err
	}
	l.heading("On each host a bridge, a VXLAN to the other host, and a cable to each container:")
	if err := l.equip(ctx, a, b); err != nil {
		return err
	}
	return l.equip(ctx, b, a)
}

func (l *lab) createAllNetNS(ctx context.Context) (err error) {
	for i := range l.hosts {
		h := &l.hosts[i]
		if h.ns, err = l.createNetNS(ctx, h.name); err != nil {
			return err
		}
		for j := range h.containers {
			c := &h.containers[j]
			if c.ns, err = l.createNetNS(ctx, c.name); err != nil {
				return err
			}
		}
	}
	return nil
}

// connect makes the underlay. Its MTU has room for the containers' packets of up to
// 1500 bytes and the 50 bytes of VXLAN encapsulation.
func (l *lab) connect(ctx context.Context, a, b *host) error {
	cable := veth.New("underlay").NetNS(a.ns).MTU(1550).Addr(a.addr).Up().
		Peer(veth.New("underlay").NetNS(b.ns).MTU(1550).Addr(b.addr).Up())
	return l.step(ctx, "", cable.String(), func() error {
		_, err := cable.Create(ctx)
		return err
	})
}

// equip makes all links that a host needs for its containers, or none.
func (l *lab) equip(ctx context.Context, h, other *host) error {
	links := []iplink.Spec{
		bridge.New("br0").Up(),
		vxlan.New("vx4242").VNI(4242).Local(h.addr.Addr()).Remote(other.addr.Addr()).Port(4789).
			Dev("underlay").Master("br0").Up(),
	}
	for _, c := range h.containers {
		cable := veth.New("to-" + c.name).Master("br0").Up().
			Peer(veth.New("eth0").NetNS(c.ns).Addr(c.addrs...).Up())
		links = append(links, cable)
	}
	conn, err := h.ns.Dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	return l.step(ctx, h.ns.Name(), commands(links), func() error {
		_, err := conn.Create(ctx, links...)
		return err
	})
}

// commands returns the `ip` commands that make the links.
func commands(links []iplink.Spec) string {
	var all []string
	for _, link := range links {
		all = append(all, link.String())
	}
	return strings.Join(all, " && ")
}
