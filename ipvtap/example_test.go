package ipvtap_test

import (
	"context"
	"fmt"
	"log"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/ipvtap"
)

func ExampleNew() {
	fmt.Println(ipvtap.New("ipvtap0").Parent("eth0").Mode(ipvtap.L3).Flags(ipvtap.VEPA))
	// Output:
	// ip link add ipvtap0 link eth0 type ipvtap mode l3 vepa
}

// The tap of a link in another namespace.
func ExampleOpen() {
	ns, err := iplink.OpenNetNS("net1")
	if err != nil {
		log.Fatal(err)
	}
	defer ns.Close()
	files, err := ipvtap.Open(context.Background(), "ipvtap0", iplink.In(ns))
	if err != nil {
		log.Fatal(err)
	}
	defer files[0].Close()
}

// A link has at most 256 queues.
func ExampleQueues() {
	_, err := ipvtap.Open(context.Background(), "ipvtap0", ipvtap.Queues(257))
	fmt.Println(err)
	// Output:
	// open ipvtap ipvtap0: queues: invalid argument (257 is not in 1 to 256)
}
