package pfcp_test

import (
	"fmt"

	"github.com/iplink-go/iplink/pfcp"
)

// A link for the messages of a user plane function.
func ExampleNew() {
	fmt.Println(pfcp.New("pfcp0").Up())
	// Output: ip link add pfcp0 up type pfcp
}
