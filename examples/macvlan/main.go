// Macvlan gives two containers their own links on a shared cable, and shows the
// modes in which they can reach each other.
//
//	go run ./examples/macvlan
package main

import (
	"context"
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/veth"
)

const about = `Macvlan gives two containers links of their own on a cable that they share, and
shows which mode lets them reach each other.`

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
	links := []iplink.Spec{
		veth.New("eth0").Up().Peer(veth.New("eth0").NetNS(all[0]).Addr(router).Up()),
		macvlan.New("mv0").Parent("eth0").Mode(macvlan.Bridge).NetNS(c1).Addr(first).Up(),
		macvlan.New("mv0").Parent("eth0").Mode(macvlan.Bridge).NetNS(c2).Addr(second).Up(),
	}
	if _, err := l.Create(ctx, host, links...); err != nil {
		return err
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	for _, mode := range []struct {
		iplink.MacvlanMode
		lets bool
	}{{macvlan.Bridge, true}, {macvlan.Private, false}, {macvlan.VEPA, false}} {
		for _, ns := range []*iplink.NetNS{c1, c2} {
			if err := l.Update(ctx, ns, macvlan.New("mv0").Mode(mode.MacvlanMode)); err != nil {
				return err
			}
		}
		if err := try(ctx, l, c1, mode.MacvlanMode, mode.lets); err != nil {
			return err
		}
	}
	return nil
}

// try pings the router from the first container, which every mode allows, and then
// the second container. In mode vepa, an external switch must send these frames back
// through the port on which they arrived; this one does not.
func try(ctx context.Context, l *lab.Lab, c1 *iplink.NetNS, mode iplink.MacvlanMode, lets bool) error {
	if _, err := packet.Ping(ctx, c1, router.Addr()); err != nil {
		return err
	}
	if !lets {
		l.Say("mode %s: c1 reaches the router, not c2", mode)
		return packet.NoPing(ctx, c1, second.Addr())
	}
	l.Say("mode %s: c1 reaches the router and c2", mode)
	_, err := packet.Ping(ctx, c1, second.Addr())
	return err
}
