// Ipvlan gives two containers their own IP addresses on a cable whose link-layer
// address they share, and then prevents traffic between them.
//
//	go run ./examples/ipvlan
package main

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/ipvlan"
	"github.com/iplink-go/iplink/veth"
)

const about = `Ipvlan gives two containers IP addresses of their own on a cable whose
link-layer address they share, and then keeps them from each other.`

func main() { lab.Main(about, run) }

var (
	router = netip.MustParsePrefix("10.0.0.254/24")
	first  = netip.MustParsePrefix("10.0.0.1/24")
	second = netip.MustParsePrefix("10.0.0.2/24")
)

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("router", "host", "c1", "c2")
	if err != nil {
		return err
	}
	host, c1, c2 := all[1], all[2], all[3]
	links, err := l.Create(ctx, host,
		veth.New("eth0").Up().Peer(veth.New("eth0").NetNS(all[0]).Addr(router).Up()),
		ipvlan.New("ipvl0").Parent("eth0").Mode(ipvlan.L2).NetNS(c1).Addr(first).Up(),
		ipvlan.New("ipvl0").Parent("eth0").Mode(ipvlan.L2).NetNS(c2).Addr(second).Up())
	if err != nil {
		return err
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	for _, link := range links[1:] {
		if link.Address.String() != links[0].Address.String() {
			return fmt.Errorf("%s has address %s, its parent %s", link.Name, link.Address, links[0].Address)
		}
	}
	l.Say("all three links have the address %s", links[0].Address)
	for _, to := range []netip.Prefix{router, second} {
		took, err := packet.Ping(ctx, c1, to.Addr())
		if err != nil {
			return err
		}
		l.Say("c1 reaches %s in %v", to.Addr(), took)
	}
	if err := l.Update(ctx, c1, ipvlan.New("ipvl0").Flags(ipvlan.Private)); err != nil {
		return err
	}
	if err := packet.NoPing(ctx, c1, second.Addr()); err != nil {
		return err
	}
	l.Say("private: c1 does not reach c2 any more")
	_, err = packet.Ping(ctx, c1, router.Addr())
	return err
}
