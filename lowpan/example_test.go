package lowpan_test

import (
	"fmt"

	"github.com/iplink-go/iplink/lowpan"
)

// IPv6 packets to lowpan0 leave by the radio wpan0.
func ExampleNew() {
	fmt.Println(lowpan.New("lowpan0").Parent("wpan0").Up())
	// Output: ip link add lowpan0 link wpan0 up type lowpan
}
