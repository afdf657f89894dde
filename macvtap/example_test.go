package macvtap_test

import (
	"fmt"

	"github.com/iplink-go/iplink/macvtap"
)

// A network card for a virtual machine, next to eth0.
func ExampleNew() {
	fmt.Println(macvtap.New("macvtap0").Parent("eth0").Mode(macvtap.Bridge).Up())
	// Output:
	// ip link add macvtap0 link eth0 up type macvtap mode bridge

}
