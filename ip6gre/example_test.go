package ip6gre_test

import (
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/ip6gre"
)

func ExampleNew() {
	fmt.Println(ip6gre.New("t0").Remote(netip.MustParseAddr("2001:db8::2")).Key(7).NoEncapLimit().Up())
	// Output: ip link add t0 up type ip6gre remote 2001:db8::2 ikey 7 okey 7 hoplimit 0 encaplimit 0 encaplimit none
}
