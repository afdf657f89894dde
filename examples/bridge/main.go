// Bridge makes an Ethernet switch with three hosts, shows the addresses that it has
// learned and their ports, and then isolates two of the ports.
//
//	go run ./examples/bridge
package main

import (
	"context"
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/veth"
)

const about = `Bridge makes an Ethernet switch with three hosts on it, shows which address it
has learned behind which port, and then isolates two of the ports.`

func main() { lab.Main(about, run) }

var addrs = map[string]netip.Prefix{
	"a":      netip.MustParsePrefix("10.0.0.1/24"),
	"b":      netip.MustParsePrefix("10.0.0.2/24"),
	"router": netip.MustParsePrefix("10.0.0.254/24"),
}

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("switch", "a", "b", "router")
	if err != nil {
		return err
	}
	sw, a := all[0], all[1]
	links := []iplink.Spec{bridge.New("br0").Up()}
	for i, name := range []string{"a", "b", "router"} {
		ns := all[i+1]
		links = append(links, veth.New("to-"+name).Master("br0").Up().Peer(veth.New("eth0").NetNS(ns).Addr(addrs[name]).Up()))
	}
	if _, err := l.Create(ctx, sw, links...); err != nil {
		return err
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	for _, to := range []string{"b", "router"} {
		if err := ping(ctx, l, a, to); err != nil {
			return err
		}
	}
	if err := sw.Do(func() error { return showFDB(ctx, l) }); err != nil {
		return err
	}
	l.Say("\nPorts that are isolated only reach those that are not:\n")
	isolated := bridge.Port().Isolated(true)
	if err := l.Update(ctx, sw, iplink.Device("to-a").PortSettings(isolated), iplink.Device("to-b").PortSettings(isolated)); err != nil {
		return err
	}
	if err := packet.NoPing(ctx, a, addrs["b"].Addr()); err != nil {
		return err
	}
	l.Say("a does not reach b any more")
	return ping(ctx, l, a, "router")
}

func ping(ctx context.Context, l *lab.Lab, from *iplink.NetNS, to string) error {
	took, err := packet.Ping(ctx, from, addrs[to].Addr())
	if err == nil {
		l.Say("a reaches %s in %v", to, took)
	}
	return err
}

// showFDB prints the addresses that the bridge has learned.
func showFDB(ctx context.Context, l *lab.Lab) error {
	br, err := bridge.Open(ctx, "br0")
	if err != nil {
		return err
	}
	defer br.Close()
	entries, err := br.ListFDB(ctx, fdb.Filter{})
	for _, e := range entries {
		if e.State == fdb.Dynamic {
			l.Say("learned: %s", e)
		}
	}
	return err
}
