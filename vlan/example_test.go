package vlan_test

import (
	"fmt"

	"github.com/iplink-go/iplink/vlan"
)

func ExampleNew() {
	fmt.Println(vlan.New("eth0.2").Parent("eth0").ID(2))
	// Output:
	// ip link add eth0.2 link eth0 type vlan id 2
}

func ExampleNew_qinq() {
	fmt.Println(vlan.New("eth0.100").Parent("eth0").Protocol(vlan.IEEE8021AD).ID(100))
	fmt.Println(vlan.New("eth0.100.2").Parent("eth0.100").ID(2))
	// Output:
	// ip link add eth0.100 link eth0 type vlan protocol 802.1ad id 100
	// ip link add eth0.100.2 link eth0.100 type vlan id 2
}

func ExampleNew_priorities() {
	fmt.Println(vlan.New("eth0.2").Parent("eth0").ID(2).EgressQoSMap(map[uint32]uint32{0: 1, 6: 7}))
	// Output:
	// ip link add eth0.2 link eth0 type vlan id 2 egress-qos-map 0:1 6:7
}
