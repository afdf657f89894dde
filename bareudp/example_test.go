package bareudp_test

import (
	"fmt"

	"github.com/iplink-go/iplink/bareudp"
)

// MPLS in UDP: the route of a label gives the other end.
func ExampleNew() {
	fmt.Println(bareudp.New("bu0").Port(6635).EtherType(bareudp.MPLSUnicast).SourcePortMin(49152).Up())
	// Output:
	// ip link add bu0 up type bareudp dstport 6635 ethertype mpls_uc srcportmin 49152
}
