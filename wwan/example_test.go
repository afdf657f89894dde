package wwan_test

import (
	"fmt"

	"github.com/iplink-go/iplink/wwan"
)

// A second session of the modem wwan0 has a link of its own.
func ExampleNew() {
	fmt.Println(wwan.New("wwan0.2").ParentDev("wwan0").LinkID(2).Up())
	// Output: ip link add wwan0.2 parentdev wwan0 up type wwan linkid 2
}
