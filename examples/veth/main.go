// Veth connects two namespaces with a cable, sends packets through it, and
// disconnects it.
//
//	go run ./examples/veth
package main

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/veth"
)

const about = `Veth joins two namespaces by a cable, sends through it, and pulls it out.`

func main() { lab.Main(about, run) }

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("net1", "net2")
	if err != nil {
		return err
	}
	net1, net2 := all[0], all[1]
	cable := veth.New("veth1").NetNS(net1).Addr(netip.MustParsePrefix("10.0.0.1/24")).Up().
		Peer(veth.New("veth2").NetNS(net2).Addr(netip.MustParsePrefix("10.0.0.2/24")).Up())
	l.Say("$ %s", cable)
	link, err := cable.Create(ctx)
	if err != nil {
		return err
	}
	info, _ := veth.Info(link)
	l.Say("veth1 has index %d; its peer has index %d there", link.Index, info.Peer)
	if err := l.Show(ctx); err != nil {
		return err
	}
	far := netip.MustParseAddr("10.0.0.2")
	took, err := packet.Ping(ctx, net1, far)
	if err != nil {
		return err
	}
	l.Say("net1 reaches net2 in %v", took)
	return unplug(ctx, l, net1, net2, far)
}

// unplug takes one end down, which the other end detects. It then deletes one end,
// which also deletes the other.
func unplug(ctx context.Context, l *lab.Lab, net1, net2 *iplink.NetNS, far netip.Addr) error {
	if err := l.Update(ctx, net2, iplink.Device("veth2").Down()); err != nil {
		return err
	}
	link, err := lab.Get(ctx, net1, "veth1")
	if err != nil {
		return err
	}
	l.Say("veth1 has a carrier: %v", link.Carrier)
	if err := packet.NoPing(ctx, net1, far); err != nil {
		return err
	}
	l.Say("net1 does not reach net2 any more")
	if err := net2.Do(func() error { return iplink.Delete(ctx, "veth2") }); err != nil {
		return err
	}
	if _, err := lab.Get(ctx, net1, "veth1"); err == nil {
		return fmt.Errorf("veth1 is still there")
	}
	l.Say("veth2 is deleted, and veth1 with it")
	return nil
}
