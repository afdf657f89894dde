// Vrf connects a router to two customers that have the same addresses, with a VRF for
// each, and shows which of them a packet reaches.
//
//	go run ./examples/vrf
package main

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vrf"
)

const about = `Vrf joins a router to two customers that have the same addresses, with a VRF for each.`

func main() { lab.Main(about, run) }

var (
	near = netip.MustParsePrefix("10.0.0.1/24") // of the router, in both networks
	far  = netip.MustParsePrefix("10.0.0.2/24") // of both customers
)

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("router", "red", "blue")
	if err != nil {
		return err
	}
	router := all[0]
	for i, name := range []string{"red", "blue"} {
		cable := veth.New("to-" + name).Master("vrf-" + name).Addr(near).Up().
			Peer(veth.New("eth0").NetNS(all[i+1]).Addr(far).Up())
		if _, err := l.Create(ctx, router, vrf.New("vrf-"+name).Table(uint32(10+i)).Up(), cable); err != nil {
			return err
		}
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	for i, name := range []string{"red", "blue"} {
		if err := send(ctx, l, router, "vrf-"+name, all[i+1], all[2-i]); err != nil {
			return err
		}
	}
	if err := packet.NoPing(ctx, router, far.Addr()); err != nil {
		return err
	}
	l.Say("outside of the VRFs, router does not reach %s", far.Addr())
	return nil
}

// send sends a datagram from a socket of a VRF to the address of both customers, and
// waits for it at one of them. The other must not receive it.
func send(ctx context.Context, l *lab.Lab, router *iplink.NetNS, link string, to, not *iplink.NetNS) error {
	const port = 4660
	inbox, err := packet.ListenUDP(ctx, to, port)
	if err != nil {
		return err
	}
	defer inbox.Close()
	other, err := packet.ListenUDP(ctx, not, port)
	if err != nil {
		return err
	}
	defer other.Close()
	if err := packet.SendUDP(ctx, router, link, netip.AddrPortFrom(far.Addr(), port), "hello "+link); err != nil {
		return err
	}
	text, err := packet.Datagram(inbox, 10*time.Second)
	if err != nil {
		return err
	}
	l.Say("by %s, %s receives %q at %s", link, to, text, far.Addr())
	if text, err := packet.Datagram(other, 100*time.Millisecond); err == nil {
		return fmt.Errorf("%s receives %q as well", not, text)
	}
	return nil
}
