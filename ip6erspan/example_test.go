package ip6erspan_test

import (
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/ip6erspan"
)

func ExampleNew() {
	fmt.Println(ip6erspan.New("t0").Remote(netip.MustParseAddr("2001:db8::2")).Key(3).Version(2).HWID(17).Up())
	// Output: ip link add t0 up type ip6erspan remote 2001:db8::2 ikey 3 okey 3 iseq oseq hoplimit 0 encaplimit 0 erspan_ver 2 erspan_hwid 17
}
