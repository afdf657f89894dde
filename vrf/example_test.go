package vrf_test

import (
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vrf"
)

// The routes of the port go into the table of its VRF, and are no routes of others.
func ExampleNew() {
	fmt.Println(vrf.New("blue").Table(10).Up())
	fmt.Println(veth.New("to-blue").Master("blue").Addr(netip.MustParsePrefix("10.0.0.1/24")).Up())
	// Output:
	// ip link add name blue up type vrf table 10
	// ip link add name to-blue master blue up type veth && ip address add 10.0.0.1/24 dev to-blue
}

// PortInfo finds the table of a port.
func ExamplePortInfo() {
	link := &iplink.Link{PortInfo: &iplink.VRFPortInfo{Table: 10}} // as Get returns it
	if port, ok := vrf.PortInfo(link); ok {
		fmt.Println(port.Table)
	}
	// Output: 10
}
