package sit_test

import (
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/sit"
)

func ExampleNew() {
	fmt.Println(sit.New("t0").Remote(netip.MustParseAddr("192.0.2.2")).Dev("eth0").TTL(17).Up())
	// Output: ip link add t0 up type sit mode ip6ip remote 192.0.2.2 dev eth0 ttl 17
}
