package vti_test

import (
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/vti"
)

func ExampleNew() {
	fmt.Println(vti.New("vti0").Local(netip.MustParseAddr("192.0.2.1")).Remote(netip.MustParseAddr("192.0.2.2")).Key(7).Up())
	// Output: ip link add vti0 up type vti remote 192.0.2.2 local 192.0.2.1 ikey 7 okey 7
}
