package ipip_test

import (
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/ipip"
)

func ExampleNew() {
	fmt.Println(ipip.New("t0").Local(netip.MustParseAddr("192.0.2.1")).Remote(netip.MustParseAddr("192.0.2.2")).TTL(64).Mode(ipip.Any).Up())
	// Output: ip link add t0 up type ipip mode any remote 192.0.2.2 local 192.0.2.1 ttl 64
}
