// Container attaches containers to a bridge and detaches them, like a plugin of the
// Container Network Interface: all or nothing, and repeatably.
//
//	go run ./examples/container
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/veth"
)

const about = `Container attaches containers to a bridge and detaches them, as a plugin of the
Container Network Interface does: all or nothing, and again without harm.`

func main() { lab.Main(about, run) }

// attach makes a cable from the bridge to the container. On an error at either end,
// it leaves no links behind.
func attach(ctx context.Context, host *iplink.Conn, container *iplink.NetNS, id string, addr netip.Prefix) error {
	_, err := host.Create(ctx, veth.New("c-"+id).Master("br0").PortSettings(bridge.Port().Hairpin(true)).Up().
		Peer(veth.New("eth0").NetNS(container).Addr(addr).Up()))
	return err
}

// detach removes the cable. It succeeds if the cable no longer exists.
func detach(ctx context.Context, host *iplink.Conn, id string) error {
	return host.DeleteIfExists(ctx, "c-"+id)
}

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("host", "c1", "c2")
	if err != nil {
		return err
	}
	gateway, first, second := netip.MustParsePrefix("10.0.0.254/24"), netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("10.0.0.2/24")
	if _, err := l.Create(ctx, all[0], bridge.New("br0").Addr(gateway).Up()); err != nil {
		return err
	}
	host, err := all[0].Dial()
	if err != nil {
		return err
	}
	defer host.Close()
	if err := errors.Join(attach(ctx, host, all[1], "c1", first), attach(ctx, host, all[2], "c2", second)); err != nil {
		return err
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	for _, to := range []netip.Prefix{gateway, second} {
		took, err := packet.Ping(ctx, all[1], to.Addr())
		if err != nil {
			return err
		}
		l.Say("c1 reaches %s in %v", to.Addr(), took)
	}
	if err := attachTwice(ctx, l, host, all[1]); err != nil {
		return err
	}
	for range 2 {
		if err := detach(ctx, host, "c1"); err != nil {
			return err
		}
	}
	l.Say("detached c1, twice")
	if _, err := lab.Get(ctx, all[1], "eth0"); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("c1 still has its eth0: %v", err)
	}
	return nil
}

// attachTwice attaches a container that already has an eth0. The far end fails, and
// the near end must not stay behind.
func attachTwice(ctx context.Context, l *lab.Lab, host *iplink.Conn, container *iplink.NetNS) error {
	err := attach(ctx, host, container, "again", netip.MustParsePrefix("10.0.0.3/24"))
	if !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("attached twice: %v", err)
	}
	l.Say("attached again: %v", err)
	if _, err := host.Get(ctx, "c-again"); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("c-again was left behind: %v", err)
	}
	l.Say("nothing was left behind")
	return nil
}
