package veth_test

import (
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/veth"
)

// Both ends have settings, addresses and, if they are to be apart, namespaces of
// their own.
func ExampleNew() {
	host, guest := netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("192.0.2.2/24")
	fmt.Println(veth.New("veth1").Addr(host).Up().Peer(veth.New("veth2").Addr(guest).Up()))
	// Output:
	// ip link add veth1 up type veth peer veth2 && ip address add 192.0.2.1/24 dev veth1 && ip link set dev veth2 up && ip address add 192.0.2.2/24 dev veth2

}
