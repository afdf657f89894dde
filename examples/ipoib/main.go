// Ipoib makes a link for a partition of an InfiniBand network. The machine must have
// an InfiniBand adapter.
//
//	go run ./examples/ipoib -parent ib0 -addr 10.0.0.1/24 -ping 10.0.0.2
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/ipoib"
)

const about = `Ipoib makes a link for a partition of an InfiniBand network, with an adapter that
the machine must have: without one, or without root, it says so. The link goes to
a namespace of its own, and is deleted at the end.`

// options are the parameters that depend on the machine and its network.
type options struct {
	parent string
	pkey   uint
	addr   string
	ping   string
}

func main() {
	var o options
	flag.StringVar(&o.parent, "parent", "ib0", "the link of the adapter")
	flag.UintVar(&o.pkey, "pkey", 0x8012, "the partition, 0x8000 added for full members")
	flag.StringVar(&o.addr, "addr", "10.0.0.1/24", "the IP address of the link")
	flag.StringVar(&o.ping, "ping", "", "an IP address in the partition to ping")
	lab.Main(about, o.run) // lab.Main parses the flags
}

func (o *options) run(ctx context.Context, l *lab.Lab) error {
	addr, err := netip.ParsePrefix(o.addr)
	if err != nil {
		return err
	}
	switch _, err := iplink.Get(ctx, o.parent); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("this machine, or this user, has no InfiniBand link %s: name one with -parent, as root", o.parent)
	case err != nil:
		return err
	}
	all, err := l.NetNS("partition")
	if err != nil {
		return err
	}
	home, err := iplink.CurrentNetNS()
	if err != nil {
		return err
	}
	defer home.Close()
	child := ipoib.New("ipoib0").Parent(o.parent).LinkNetNS(home).PKey(uint16(o.pkey)).Mode(ipoib.Datagram).Addr(addr).Up()
	links, err := l.Create(ctx, all[0], child)
	if err != nil {
		return err
	}
	// Deleting the namespace would move the link back home.
	defer all[0].Do(func() error { return iplink.Delete(context.WithoutCancel(ctx), "ipoib0") })
	info, _ := ipoib.Info(links[0])
	l.Say("ipoib0 is in partition %#04x, mode %s, MTU %d, address %s", info.PKey, info.Mode, links[0].MTU, links[0].Address)
	if err := l.Show(ctx); err != nil {
		return err
	}
	return o.tryPing(ctx, l, all[0])
}

func (o *options) tryPing(ctx context.Context, l *lab.Lab, from *iplink.NetNS) error {
	if o.ping == "" {
		l.Say("no packet was sent: name an address with -ping")
		return nil
	}
	to, err := netip.ParseAddr(o.ping)
	if err != nil {
		return err
	}
	took, err := packet.Ping(ctx, from, to)
	if err == nil {
		l.Say("%s answered in %v", to, took)
	}
	return err
}
