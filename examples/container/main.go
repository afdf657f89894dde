// Container attaches containers to a bridge, checks and detaches them, like a plugin of
// the Container Network Interface: ADD, CHECK and DEL with one call each.
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
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/veth"
)

const about = `Container attaches containers to a bridge, checks and detaches them, as a plugin of the
Container Network Interface does: all or nothing, and again without harm.`

func main() { lab.Main(about, run) }

// An attachment is the network of one container.
type attachment struct {
	host      *iplink.Conn
	container *iplink.NetNS
	id        string
	addr      netip.Prefix
	vlans     bool // the bridge separates VLANs
}

var gateway = netip.MustParsePrefix("10.0.0.254/24")

// spec describes the cable from the bridge to the container: the port's VLAN, the address,
// the default route, and the settings of IP at both ends.
func (a attachment) spec() iplink.Spec {
	port := bridge.Port().Hairpin(true)
	if a.vlans {
		port.OnlyVLANs(bridge.VLAN{ID: 100, PVID: true, Untagged: true})
	}
	return veth.New("c-" + a.id).Master("br0").PortSettings(port).Sysctls(inet.IPv6().DisableIPv6(true)).Up().
		Peer(veth.New("eth0").NetNS(a.container).Addr(a.addr).Up().
			Routes(inet.Route{Via: gateway.Addr()}).
			Sysctls(inet.IPv4().ARPNotify(true), inet.IPv6().AcceptRA(0)))
}

// add makes the cable. On an error at either end, it leaves no links behind.
func (a attachment) add(ctx context.Context) error {
	_, err := a.host.Create(ctx, a.spec())
	return err
}

// check returns an error that names each difference from the description.
func (a attachment) check(ctx context.Context) error {
	different, err := a.host.Diff(ctx, a.spec())
	if err != nil {
		return err
	}
	var all []error
	for _, d := range different {
		all = append(all, errors.New(d.String()))
	}
	return errors.Join(all...)
}

// del removes the cable. It succeeds if the cable no longer exists.
func (a attachment) del(ctx context.Context) error {
	return a.host.DeleteIfExists(ctx, "c-"+a.id)
}

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("host", "c1", "c2")
	if err != nil {
		return err
	}
	vlans, err := makeBridge(ctx, l, all[0])
	if err != nil {
		return err
	}
	host, err := all[0].Dial()
	if err != nil {
		return err
	}
	defer host.Close()
	first := attachment{host, all[1], "c1", netip.MustParsePrefix("10.0.0.1/24"), vlans}
	second := attachment{host, all[2], "c2", netip.MustParsePrefix("10.0.0.2/24"), vlans}
	if err := errors.Join(first.add(ctx), second.add(ctx)); err != nil {
		return err
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	for _, to := range []netip.Addr{gateway.Addr(), second.addr.Addr()} {
		took, err := packet.Ping(ctx, all[1], to)
		if err != nil {
			return err
		}
		l.Say("c1 reaches %s in %v", to, took)
	}
	for _, step := range []func(context.Context, *lab.Lab, attachment) error{addTwice, damage, remove} {
		if err := step(ctx, l, first); err != nil {
			return err
		}
	}
	return nil
}

// makeBridge makes the bridge, which is the gateway of all containers in VLAN 100. On a
// kernel whose bridges do not filter VLANs, it has none.
func makeBridge(ctx context.Context, l *lab.Lab, host *iplink.NetNS) (vlans bool, err error) {
	br0 := func() *bridge.Builder { return bridge.New("br0").Addr(gateway).Up() }
	own := bridge.VLAN{ID: 100, PVID: true, Untagged: true}
	_, err = l.Create(ctx, host, br0().VLANFiltering(true).OnlyVLANs(own))
	if errors.Is(err, errors.ErrUnsupported) {
		l.Say("without VLANs: %v", err)
		_, err = l.Create(ctx, host, br0())
		return false, err
	}
	return true, err
}

// addTwice attaches a container that already has an eth0. The far end fails, and the near
// end must not stay behind.
func addTwice(ctx context.Context, l *lab.Lab, a attachment) error {
	again := a
	again.id = "again"
	err := again.add(ctx)
	if !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("attached twice: %v", err)
	}
	l.Say("attached again: %v", err)
	if _, err := a.host.Get(ctx, "c-again"); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("c-again was left behind: %v", err)
	}
	l.Say("nothing was left behind")
	return nil
}

// damage removes the route of a container, which a check finds.
func damage(ctx context.Context, l *lab.Lab, a attachment) error {
	if err := a.check(ctx); err != nil {
		return fmt.Errorf("not as described: %w", err)
	}
	l.Say("c1 is as described")
	if err := l.Update(ctx, a.container, iplink.Device("eth0").DelRoute(inet.Route{Via: gateway.Addr()})); err != nil {
		return err
	}
	err := a.check(ctx)
	if err == nil {
		return errors.New("the check has not found the missing route")
	}
	l.Say("the check finds: %v", err)
	return nil
}

// remove detaches a container twice.
func remove(ctx context.Context, l *lab.Lab, a attachment) error {
	for range 2 {
		if err := a.del(ctx); err != nil {
			return err
		}
	}
	l.Say("detached c1, twice")
	if _, err := lab.Get(ctx, a.container, "eth0"); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("c1 still has its eth0: %v", err)
	}
	return nil
}
