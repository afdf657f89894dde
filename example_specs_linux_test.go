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
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
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

// A builder prints as the commands of `ip` that do the same.
func ExampleSpec() {
	links := []iplink.Spec{
		bridge.New("br0").Up(),
		veth.New("veth1").Master("br0").Up().Peer(veth.New("veth2").Up()),
		iplink.Device("eth0").Master("br0"),
	}
	for _, link := range links {
		fmt.Println(link)
	}
	// Output:
	// ip link add br0 up type bridge
	// ip link add veth1 master br0 up type veth peer veth2 && ip link set dev veth2 up
	// ip link set dev eth0 master br0
}

// What `ip` has no word for is in a comment.
func ExampleCommon_String() {
	fmt.Println(vxlan.New("vx0").VNI(100).LabelPolicy(vxlan.LabelInherit))
	// Output:
	// ip link add vx0 type vxlan id 100 # ip has no word for: label_policy
}

// A builder can be a template: Clone copies it with all its settings. These are
// for two hosts, which are each other's remote end.
func ExampleCommon_Clone() {
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	template := vxlan.New("vx0").VNI(100).Port(4789)
	fmt.Println(template.Clone().Local(a).Remote(b))
	fmt.Println(template.Clone().Local(b).Remote(a))
	fmt.Println(template)
	// Output:
	// ip link add vx0 type vxlan id 100 remote 192.0.2.2 local 192.0.2.1 dstport 4789
	// ip link add vx0 type vxlan id 100 remote 192.0.2.1 local 192.0.2.2 dstport 4789
	// ip link add vx0 type vxlan id 100 dstport 4789
}

// A device is a link that exists already, hardware for example. Update changes
// it; setting a MasterIndex of 0, or NoMaster, takes it out of its master.
func ExampleDevice() {
	fmt.Println(iplink.Device("eth0").Master("br0").Up())
	fmt.Println(iplink.Device("eth0").NoMaster())
	fmt.Println(iplink.Device("eth0").Rename("uplink").MTU(9000).Alias("to the router"))
	// Output:
	// ip link set dev eth0 master br0 up
	// ip link set dev eth0 nomaster
	// ip link set dev eth0 name uplink mtu 9000 && ip link set dev uplink alias 'to the router'
}

func ExampleSpec_bridge() {
	fmt.Println(bridge.New("br0").VLANFiltering(true))
	// Output:
	// ip link add br0 type bridge vlan_filtering 1
}

// Settings of a port go along with the link that becomes one.
func ExampleCommon_PortSettings() {
	port := bridge.Port().Cost(200).Hairpin(true)
	fmt.Println(veth.New("veth1").Master("br0").PortSettings(port))
	// Output:
	// ip link add veth1 master br0 type veth && ip link set dev veth1 type bridge_slave cost 200 hairpin on
}

func ExampleSpec_dummy() {
	fmt.Println(dummy.New("service0").Addr(netip.MustParsePrefix("192.0.2.53/32")).Up())
	// Output:
	// ip link add service0 up type dummy && ip address add 192.0.2.53/32 dev service0
}

func ExampleSpec_macvlan() {
	mac := net.HardwareAddr{0x02, 0x12, 0x34, 0x56, 0x78, 0x9a}
	fmt.Println(macvlan.New("macvlan1").Parent("eth0").Mode(macvlan.Bridge).Address(mac))
	// Output:
	// ip link add macvlan1 link eth0 address 02:12:34:56:78:9a type macvlan mode bridge
}

func ExampleSpec_macvtap() {
	fmt.Println(macvtap.New("macvtap0").Parent("eth0"))
	// Output:
	// ip link add macvtap0 link eth0 type macvtap
}

func ExampleSpec_veth() {
	fmt.Println(veth.New("veth1").MTU(1400).Peer(veth.New("veth2").MTU(1400)))
	// Output:
	// ip link add veth1 mtu 1400 type veth peer veth2 mtu 1400
}

func ExampleSpec_vxlan() {
	local, remote := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	fmt.Println(vxlan.New("vx0").VNI(100).Local(local).Remote(remote).Dev("eth0").Port(4789).Up())
	// Output:
	// ip link add vx0 up type vxlan id 100 remote 192.0.2.2 local 192.0.2.1 dev eth0 dstport 4789
}

// The settings of IP on a link are part of its description.
func ExampleCommon_Sysctls() {
	fmt.Println(veth.New("to-web1").Up().
		Sysctls(inet.IPv4().RPFilter(inet.RPFilterLoose).ProxyARP(true), inet.IPv6().AcceptRA(0)))
	// Output:
	// ip link add to-web1 up type veth && sysctl -w net.ipv4.conf.to-web1.rp_filter=2 net.ipv4.conf.to-web1.proxy_arp=1 net.ipv6.conf.to-web1.accept_ra=0
}
