package dsa_test

import (
	"fmt"

	"github.com/iplink-go/iplink/dsa"
)

// The frames of the port lan1 leave and enter the processor through eth1.
func ExampleNew() {
	fmt.Println(dsa.New("lan1").Conduit("eth1"))
	// Output: ip link set dev lan1 type dsa conduit eth1
}
