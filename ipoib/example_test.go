package ipoib_test

import (
	"fmt"

	"github.com/iplink-go/iplink/ipoib"
)

func ExampleNew() {
	fmt.Println(ipoib.New("ipoib0").Parent("ib0").PKey(0x8001).Mode(ipoib.Connected))
	// Output:
	// ip link add ipoib0 link ib0 type ipoib pkey 0x8001 && ip link set dev ipoib0 type ipoib mode connected
}
