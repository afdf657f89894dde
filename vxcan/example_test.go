package vxcan_test

import (
	"fmt"

	"github.com/iplink-go/iplink/vxcan"
)

func ExampleNew() {
	fmt.Println(vxcan.New("vxcan1").Up().Peer(vxcan.New("vxcan2").Up()))
	// Output:
	// ip link add vxcan1 up type vxcan peer vxcan2 && ip link set dev vxcan2 up
}
