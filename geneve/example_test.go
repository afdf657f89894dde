package geneve_test

import (
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/geneve"
)

// A tunnel to one other end.
func ExampleNew() {
	remote := netip.MustParseAddr("192.0.2.2")
	fmt.Println(geneve.New("gnv0").VNI(100).Remote(remote).TTL(64).TOSInherit().DF(geneve.DFSet).Up())
	// Output:
	// ip link add gnv0 up type geneve id 100 remote 192.0.2.2 ttl 64 tos 0x1 df set
}

// One link for all tunnels: routes or tc give the other end of each packet.
func ExampleNew_external() {
	fmt.Println(geneve.New("gnv1").External().Up())
	// Output:
	// ip link add gnv1 up type geneve external
}
