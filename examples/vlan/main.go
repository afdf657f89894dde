// Vlan runs two networks over one cable. The networks are separate, although all
// hosts have addresses in the same subnet.
//
//	go run ./examples/vlan
package main

import (
	"context"
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
)

const about = `Vlan runs two networks over one cable. They keep apart, although all hosts have
addresses of the same subnet.`

func main() { lab.Main(about, run) }

// A host is a namespace with one VLAN of the cable.
type host struct {
	name string
	id   uint16
	addr string
}

// hosts lists the hosts of both sides.
var hosts = [2][2]host{
	{{"red1", 10, "10.0.0.1"}, {"blue1", 20, "10.0.0.2"}},
	{{"red2", 10, "10.0.0.3"}, {"blue2", 20, "10.0.0.4"}},
}

func run(ctx context.Context, l *lab.Lab) error {
	sides, err := l.NetNS("left", "right")
	if err != nil {
		return err
	}
	cable := veth.New("trunk").Up().Peer(veth.New("trunk").NetNS(sides[1]).Up())
	if _, err := l.Create(ctx, sides[0], cable); err != nil {
		return err
	}
	var red1 *iplink.NetNS
	for i, side := range sides {
		first, err := addHosts(ctx, l, side, hosts[i][:])
		if err != nil {
			return err
		}
		if i == 0 {
			red1 = first
		}
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	red2, blue2 := hosts[1][0], hosts[1][1]
	took, err := packet.Ping(ctx, red1, netip.MustParseAddr(red2.addr))
	if err != nil {
		return err
	}
	l.Say("red1 reaches red2 in %v", took)
	for _, other := range []host{hosts[0][1], blue2} {
		if err := packet.NoPing(ctx, red1, netip.MustParseAddr(other.addr)); err != nil {
			return err
		}
		l.Say("red1 does not reach %s", other.name)
	}
	return nil
}

// addHosts makes the hosts of a side and returns the first one.
func addHosts(ctx context.Context, l *lab.Lab, side *iplink.NetNS, hosts []host) (first *iplink.NetNS, err error) {
	for _, h := range hosts {
		ns, err := l.NetNS(h.name)
		if err != nil {
			return nil, err
		}
		if first == nil {
			first = ns[0]
		}
		addr := netip.PrefixFrom(netip.MustParseAddr(h.addr), 24)
		if _, err := l.Create(ctx, side, vlan.New("eth0").Parent("trunk").ID(h.id).NetNS(ns[0]).Addr(addr).Up()); err != nil {
			return nil, err
		}
	}
	return first, nil
}
