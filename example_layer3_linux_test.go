package iplink_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/veth"
)

// A container's cable with an address, its default route and its gateway's
// link-layer address, all or nothing.
func ExampleRoute() {
	container, err := iplink.NewNetNS()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer container.Close()
	inScratch(func(ctx context.Context) error {
		gateway := netip.MustParseAddr("192.0.2.1")
		mac := net.HardwareAddr{0x02, 0, 0, 0, 0, 0x01}
		cable := veth.New("cable").Address(mac).Addr(netip.PrefixFrom(gateway, 24)).Up().
			Peer(veth.New("eth0").NetNS(container).Addr(netip.MustParsePrefix("192.0.2.7/24")).Up().
				DefaultRoute(gateway).Neighs(inet.Neigh{Addr: gateway, LLAddr: mac}))
		if _, err := cable.Create(ctx); err != nil {
			return err
		}
		conn, err := container.Dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		eth0, err := conn.Get(ctx, "eth0")
		if err != nil {
			return err
		}
		routes, err := conn.Routes(ctx, eth0)
		if err != nil {
			return err
		}
		for _, route := range routes {
			if route.Dst.Bits() == 0 {
				fmt.Println(route)
			}
		}
		neighs, err := conn.Neighs(ctx, eth0)
		if err != nil {
			return err
		}
		for _, neigh := range neighs {
			if neigh.State == inet.NeighPermanent {
				fmt.Println(neigh)
			}
		}
		change, err := cable.Ensure(ctx)
		if err == nil {
			fmt.Println("something to do:", change.Changed())
		}
		return err
	})
	// Output:
	// default via 192.0.2.1 table 254 proto boot
	// 192.0.2.1 lladdr 02:00:00:00:00:01 nud permanent
	// something to do: false
}

// An address that is there for five minutes, and for new connections only one.
func ExampleAddr() {
	inScratch(func(ctx context.Context) error {
		br0, err := bridge.New("br0").Up().Addrs(inet.Addr{
			Prefix:            netip.MustParsePrefix("192.0.2.1/24"),
			Broadcast:         netip.MustParseAddr("192.0.2.255"),
			ValidLifetime:     5 * time.Minute,
			PreferredLifetime: time.Minute,
			Metric:            100,
		}).Create(ctx)
		if err != nil {
			return err
		}
		addrs, err := br0.Addrs(ctx)
		for _, addr := range addrs {
			if addr.Prefix.Addr().Is4() {
				fmt.Println(addr.Prefix, addr.Broadcast, addr.Metric, addr.PreferredLifetime <= time.Minute)
			}
		}
		return err
	})
	// Output:
	// 192.0.2.1/24 192.0.2.255 100 true
}
