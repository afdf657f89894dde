package amt_test

import (
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/amt"
)

// A gateway, which asks the relay at an address for multicast.
func ExampleNew() {
	local, relay := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.1")
	fmt.Println(amt.New("amt0").Mode(amt.Gateway).Dev("eth0").Local(local).Discovery(relay).Up())
	// Output:
	// ip link add amt0 up type amt mode gateway dev eth0 local 192.0.2.1 discovery 198.51.100.1
}

// A relay for 500 gateways.
func ExampleNew_relay() {
	fmt.Println(amt.New("amt0").Mode(amt.Relay).Dev("eth0").Local(netip.MustParseAddr("198.51.100.1")).MaxTunnels(500).Up())
	// Output:
	// ip link add amt0 up type amt mode relay dev eth0 local 198.51.100.1 max_tunnels 500
}
