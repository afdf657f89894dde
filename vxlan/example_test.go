package vxlan_test

import (
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/vxlan"
)

// A tunnel to one other end.
func ExampleNew() {
	local, remote := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	fmt.Println(vxlan.New("vx0").VNI(100).Local(local).Remote(remote).Dev("eth0").Port(4789).Up())
	// Output:
	// ip link add vx0 up type vxlan id 100 remote 192.0.2.2 local 192.0.2.1 dev eth0 dstport 4789

}

// A network among all that have joined a multicast group.
func ExampleNew_multicast() {
	group := netip.MustParseAddr("239.1.2.3")
	fmt.Println(vxlan.New("vx0").VNI(100).Remote(group).Dev("eth0").TTL(5).Port(4789))
	// Output:
	// ip link add vx0 type vxlan id 100 group 239.1.2.3 dev eth0 dstport 4789 ttl 5

}

// One link for all networks: routes or tc say which one a packet belongs to.
func ExampleNew_external() {
	fmt.Println(vxlan.New("vx0").External(true).Learning(false).Port(4789).DF(vxlan.DFInherit))
	// Output:
	// ip link add vx0 type vxlan dstport 4789 df inherit nolearning external

}
