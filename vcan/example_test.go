package vcan_test

import (
	"fmt"

	"github.com/iplink-go/iplink/vcan"
)

func ExampleNew() {
	fmt.Println(vcan.New("vcan1").MTU(72).Up())
	// Output:
	// ip link add vcan1 mtu 72 up type vcan
}
