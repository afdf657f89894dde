package xfrm_test

import (
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/xfrm"
)

// Packets to 10.0.0.0/24 are protected by the states and policies with if_id 42.
func ExampleNew() {
	fmt.Println(xfrm.New("xfrm0").IfID(42).Dev("eth0").Addr(netip.MustParsePrefix("10.0.0.1/24")).Up())
	// Output:
	// ip link add xfrm0 up type xfrm dev eth0 if_id 0x2a && ip address add 10.0.0.1/24 dev xfrm0
}

// Routes say which number a packet has: ip route add 10.0.0.0/24 dev xfrm1 encap xfrm if_id 42.
func ExampleBuilder_External() {
	fmt.Println(xfrm.New("xfrm1").External().Up())
	// Output: ip link add xfrm1 up type xfrm external
}
