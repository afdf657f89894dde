package dummy_test

import (
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/dummy"
)

// An address of a service, which is there whatever hardware comes and goes.
func ExampleNew() {
	fmt.Println(dummy.New("service0").Addr(netip.MustParsePrefix("192.0.2.53/32")).Up())
	// Output:
	// ip link add service0 up type dummy && ip address add 192.0.2.53/32 dev service0

}
