package vti6_test

import (
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/vti6"
)

func ExampleNew() {
	fmt.Println(vti6.New("vti1").Local(netip.MustParseAddr("2001:db8::1")).Remote(netip.MustParseAddr("2001:db8::2")).Key(7).Up())
	// Output: ip link add vti1 up type vti6 remote 2001:db8::2 local 2001:db8::1 ikey 7 okey 7
}
