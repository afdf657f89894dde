package virtwifi_test

import (
	"fmt"

	"github.com/iplink-go/iplink/virtwifi"
)

// A program that connects wlan0 to the network VirtWifi reaches what is behind eth0.
func ExampleNew() {
	fmt.Println(virtwifi.New("wlan0").Parent("eth0").Up())
	// Output: ip link add wlan0 link eth0 up type virt_wifi
}
