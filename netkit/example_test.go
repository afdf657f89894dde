package netkit_test

import (
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/netkit"
)

// The container may not send before a BPF program lets it.
func ExampleNew() {
	host, guest := netip.MustParsePrefix("10.0.0.1/32"), netip.MustParsePrefix("10.0.0.2/32")
	fmt.Println(netkit.New("nk1").PeerPolicy(netkit.Blackhole).Addr(host).Up().
		Peer(netkit.New("nk2").Addr(guest).Up()))
	// Output:
	// ip link add nk1 up type netkit peer blackhole nk2 && ip address add 10.0.0.1/32 dev nk1 && ip link set dev nk2 up && ip address add 10.0.0.2/32 dev nk2
}

// Both ends keep the marks of packets, and have link-layer addresses.
func ExampleBuilder_Scrub() {
	fmt.Println(netkit.New("nk1").Mode(netkit.L2).Scrub(netkit.None).PeerScrub(netkit.None).Headroom(64).
		Peer(netkit.New("nk2").ARP(false)))
	// Output:
	// ip link add nk1 type netkit mode l2 scrub none peer scrub none nk2 && ip link set dev nk2 arp off # ip has no word for: headroom
}
