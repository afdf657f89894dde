package rtnldriver_test

import (
	"fmt"

	"github.com/jsimonetti/rtnetlink/v2"

	"github.com/iplink-go/iplink/rtnldriver"
	"github.com/iplink-go/iplink/vxlan"
)

// A builder encodes the settings of its kind for package rtnetlink.
func ExampleDriver() {
	d := rtnldriver.Driver(vxlan.New("").VNI(100).Port(4789).DevIndex(7))
	message := &rtnetlink.LinkMessage{Attributes: &rtnetlink.LinkAttributes{
		Name: "vx0",
		Info: &rtnetlink.LinkInfo{Kind: d.Kind(), Data: d},
	}}
	data, err := message.MarshalBinary() // as the New of a LinkService does
	fmt.Println(len(data), "bytes,", err)
	// Output:
	// 68 bytes, <nil>
}

// A driver of package rtnetlink is a kind, with all that builders have.
func ExampleFromDriver() {
	var driver rtnetlink.LinkDriver = &rtnetlink.LinkData{Name: "ifb"}
	fmt.Println(rtnldriver.FromDriver("ifb0", driver).MTU(1400).Up())
	// Output:
	// ip link add ifb0 mtu 1400 up type ifb
}
