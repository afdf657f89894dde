package iplink_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/veth"
)

// Ensure makes what is missing and changes what differs. If nothing does, it
// only looks. The order does not matter.
func ExampleConn_Ensure() {
	inScratch(func(ctx context.Context) error {
		conn, err := iplink.Dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := conn.Create(ctx, bridge.New("br0")); err != nil {
			return err
		}
		for range 2 {
			changes, err := conn.Ensure(ctx, veth.New("port").Master("br0"), bridge.New("br0").Priority(0x1234).Up())
			if err != nil {
				return err
			}
			for _, change := range changes {
				fmt.Println(change.Link.Name, change.Created, change.Differences)
			}
		}
		return nil
	})
	// Output:
	// port true []
	// br0 false [priority: have 32768, want 4660 state: have down, want up]
	// port false []
	// br0 false []
}

// What cannot change is an error, unless the builder has the link made anew.
func ExampleCommon_Recreate() {
	inScratch(func(ctx context.Context) error {
		if _, err := veth.New("br0").Peer(veth.New("end")).Create(ctx); err != nil {
			return err
		}
		br0 := bridge.New("br0")
		_, err := br0.Ensure(ctx)
		fmt.Println(err, errors.Is(err, iplink.ErrKind))
		change, err := br0.Recreate().Ensure(ctx)
		if err != nil {
			return err
		}
		fmt.Println(change.Recreated, change.Link.Kind)
		return nil
	})
	// Output:
	// ensure bridge br0: the link is of another kind (it is a veth link) true
	// true bridge
}

// Diff tells in what a link is not as described, and changes nothing.
func ExampleConn_Diff() {
	inScratch(func(ctx context.Context) error {
		conn, err := iplink.Dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := conn.Create(ctx, bridge.New("br0").MTU(1400)); err != nil {
			return err
		}
		differences, err := conn.Diff(ctx, bridge.New("br0").MTU(9000).MulticastSnooping(true))
		for _, d := range differences {
			fmt.Println(d)
		}
		return err
	})
	// Output:
	// mtu: have 1400, want 9000
}

// DeleteIfExists does not mind links that are gone.
func ExampleConn_DeleteIfExists() {
	inScratch(func(ctx context.Context) error {
		conn, err := iplink.Dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := conn.Create(ctx, bridge.New("br0")); err != nil {
			return err
		}
		fmt.Println(conn.DeleteIfExists(ctx, "br0", "br1"))
		fmt.Println(conn.Delete(ctx, "br1"))
		return nil
	})
	// Output:
	// <nil>
	// delete br1: no such device
}

// Update moves a Device to another namespace, where it is found from then on.
func ExampleNetNS_Dial() {
	inScratch(func(ctx context.Context) error {
		container, err := iplink.NewNetNS()
		if err != nil {
			return err
		}
		defer container.Close()
		if _, err := veth.New("eth0").Peer(veth.New("host")).Create(ctx); err != nil {
			return err
		}
		if _, err := iplink.Device("eth0").NetNS(container).Update(ctx); err != nil {
			return err
		}
		conn, err := container.Dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		links, err := conn.List(ctx)
		for _, link := range links {
			fmt.Println(link.Name)
		}
		return err
	})
	// Output:
	// lo
	// eth0
}

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
	// default via 192.0.2.1
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
