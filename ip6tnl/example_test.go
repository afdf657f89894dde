package ip6tnl_test

import (
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/ip6tnl"
)

func ExampleNew() {
	fmt.Println(ip6tnl.New("t0").Remote(netip.MustParseAddr("2001:db8::2")).HopLimit(64).TClassInherit().Mode(ip6tnl.IPIP6).Up())
	// Output: ip link add t0 up type ip6tnl mode ipip6 remote 2001:db8::2 hoplimit 64 encaplimit 0 tclass inherit
}
