package ipvtap_test

import (
	"fmt"

	"github.com/iplink-go/iplink/ipvtap"
)

func ExampleNew() {
	fmt.Println(ipvtap.New("ipvtap0").Parent("eth0").Mode(ipvtap.L3).Flags(ipvtap.VEPA))
	// Output:
	// ip link add ipvtap0 link eth0 type ipvtap mode l3 vepa
}
