package ipvlan_test

import (
	"fmt"

	"github.com/iplink-go/iplink/ipvlan"
)

func ExampleNew() {
	fmt.Println(ipvlan.New("ipvl0").Parent("eth0").Mode(ipvlan.L2))
	// Output:
	// ip link add ipvl0 link eth0 type ipvlan mode l2
}

func ExampleNew_private() {
	fmt.Println(ipvlan.New("ipvl0").Parent("eth0").Mode(ipvlan.L3S).Flags(ipvlan.Private))
	// Output:
	// ip link add ipvl0 link eth0 type ipvlan mode l3s private
}
