package erspan_test

import (
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/erspan"
)

func ExampleNew() {
	fmt.Println(erspan.New("t0").Remote(netip.MustParseAddr("192.0.2.2")).Key(3).SessionIndex(123).Up())
	// Output: ip link add t0 up type erspan remote 192.0.2.2 ikey 3 okey 3 iseq oseq erspan 123
}
