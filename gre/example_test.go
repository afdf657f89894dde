package gre_test

import (
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/gre"
)

func ExampleNew() {
	fmt.Println(gre.New("t0").Remote(netip.MustParseAddr("192.0.2.2")).Key(7).Seq().TTL(64).Up())
	// Output: ip link add t0 up type gre remote 192.0.2.2 ikey 7 okey 7 iseq oseq ttl 64
}
