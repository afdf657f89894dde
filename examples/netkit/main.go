// Netkit connects a container by a netkit pair. The container can send only once the host
// lets it.
//
//	go run ./examples/netkit
package main

import (
	"context"
	"net/netip"

	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/netkit"
)

const about = `Netkit connects a container, and lets its packets out when the host is ready.`

func main() { lab.Main(about, run) }

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("host", "container")
	if err != nil {
		return err
	}
	host, container := all[0], all[1]
	near, far := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	pair := netkit.New("nk1").Mode(netkit.L3).PeerPolicy(netkit.Blackhole).Up().
		Addr(netip.PrefixFrom(near, 32)).Routes(inet.Route{Dst: netip.PrefixFrom(far, 32)}).
		Peer(netkit.New("eth0").NetNS(container).Addr(netip.PrefixFrom(far, 32)).Routes(inet.Route{Dst: netip.PrefixFrom(near, 32)}).Up())
	links, err := l.Create(ctx, host, pair)
	if err != nil {
		return err
	}
	info, _ := netkit.Info(links[0])
	l.Say("nk1 is the primary end: %v, mode %v, policy %v, policy of the peer %v", info.Primary, info.Mode, info.Policy, info.PeerPolicy)
	if err := l.Show(ctx); err != nil {
		return err
	}
	if err := packet.NoPing(ctx, container, near); err != nil {
		return err
	}
	l.Say("the container does not reach the host")
	if err := l.Update(ctx, host, netkit.New("nk1").PeerPolicy(netkit.Forward)); err != nil {
		return err
	}
	took, err := packet.Ping(ctx, container, near)
	if err != nil {
		return err
	}
	l.Say("with policy forward it reaches the host in %v", took)
	return nil
}
