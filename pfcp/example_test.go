package pfcp_test

import (
	"fmt"

	"github.com/iplink-go/iplink/pfcp"
)

// A link for the messages of a user plane function.
func ExampleNew() {
	fmt.Println(pfcp.New("pfcp0").MTU(1500).Up())
	// Output: ip link add pfcp0 mtu 1500 up type pfcp
}
