// Bond connects two hosts with two cables that act as one, and takes down the cable
// in use while the hosts ping each other.
//
//	go run ./examples/bond
package main

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/veth"
)

const about = `Bond joins two hosts by two cables that act as one, and pulls out the one in use
while the hosts ping each other.`

func main() { lab.Main(about, run) }

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("left", "right")
	if err != nil {
		return err
	}
	left, right := all[0], all[1]
	if err := build(ctx, l, left, right); err != nil {
		return err
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	far := netip.MustParseAddr("10.0.0.2")
	if _, err := packet.Ping(ctx, left, far); err != nil {
		return err
	}
	before, err := active(ctx, left)
	if err != nil {
		return err
	}
	l.Say("left reaches right through %s; it goes down on the other side at the 6th of 20 pings:\n", before)
	answered, err := packet.Pings(ctx, left, far, 20, func(sent int) error {
		if sent != 5 {
			return nil
		}
		return l.Update(ctx, right, iplink.Device(before).Down())
	})
	if err != nil {
		return err
	}
	after, err := active(ctx, left)
	if err != nil {
		return err
	}
	l.Say("%d of 20 pings were answered, now through %s", answered, after)
	if after == before || answered < 15 {
		return fmt.Errorf("the bond did not change over from %s: %d of 20 pings were answered", before, answered)
	}
	return nil
}

// build makes the bonds, and the cables whose ends join them.
func build(ctx context.Context, l *lab.Lab, left, right *iplink.NetNS) error {
	template := bond.New("bond0").Mode(bond.ActiveBackup).MIIMon(50 * time.Millisecond).Up()
	if _, err := l.Create(ctx, left, template.Clone().Addr(netip.MustParsePrefix("10.0.0.1/24"))); err != nil {
		return err
	}
	if _, err := l.Create(ctx, right, template.Clone().Addr(netip.MustParsePrefix("10.0.0.2/24"))); err != nil {
		return err
	}
	for _, name := range []string{"eth0", "eth1"} {
		if _, err := l.Create(ctx, left, veth.New(name).Master("bond0").Peer(veth.New(name).NetNS(right).Master("bond0"))); err != nil {
			return err
		}
	}
	return nil
}

// active returns the name of the port in use.
func active(ctx context.Context, ns *iplink.NetNS) (name string, err error) {
	err = ns.Do(func() error {
		b, err := bond.Open(ctx, "bond0")
		if err != nil {
			return err
		}
		defer b.Close()
		name, err = b.Active(ctx)
		return err
	})
	return name, err
}
