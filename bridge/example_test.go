package bridge_test

import (
	"fmt"
	"time"

	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/veth"
)

// A switch that knows VLANs and takes part in the spanning tree protocol.
func ExampleNew() {
	fmt.Println(bridge.New("br0").STP(true).ForwardDelay(4 * time.Second).VLANFiltering(true).Up())
	// Output:
	// ip link add br0 up type bridge stp_state 1 forward_delay 400 vlan_filtering 1

}

// A port that leads to a guest, which must not speak the spanning tree protocol
// and does not see the other guests.
func ExamplePort() {
	guest := bridge.Port().Guard(true).Isolated(true)
	fmt.Println(veth.New("to-guest").Master("br0").PortSettings(guest).Up())
	// Output:
	// ip link add name to-guest master br0 up type veth && ip link set dev to-guest type bridge_slave guard on isolated on

}
