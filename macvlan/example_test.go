package macvlan_test

import (
	"fmt"
	"net"

	"github.com/iplink-go/iplink/macvlan"
)

// Links in mode Bridge reach each other and, through the parent, the network, but
// not the parent itself.
func ExampleNew() {
	fmt.Println(macvlan.New("macvlan1").Parent("eth0").Mode(macvlan.Bridge).Up())
	// Output:
	// ip link add macvlan1 link eth0 up type macvlan mode bridge

}

// A link in mode Source takes the frames of the senders it is told.
func ExampleNew_source() {
	sender := net.HardwareAddr{0x02, 0x12, 0x34, 0x56, 0x78, 0x9a}
	fmt.Println(macvlan.New("macvlan1").Parent("eth0").Mode(macvlan.Source).Sources(sender))
	// Output:
	// ip link add macvlan1 link eth0 type macvlan mode source macaddr set 02:12:34:56:78:9a

}
