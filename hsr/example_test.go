package hsr_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"

	"github.com/iplink-go/iplink/hsr"
)

// A node of a ring.
func ExampleNew() {
	fmt.Println(hsr.New("hsr0").Slave1("eth0").Slave2("eth1").Version(1).Supervision(45).Addr(netip.MustParsePrefix("10.0.0.1/24")).Up())
	// Output:
	// ip link add hsr0 up type hsr slave1 eth0 slave2 eth1 supervision 45 version 1 && ip address add 10.0.0.1/24 dev hsr0
}

// A node of two separate networks.
func ExampleBuilder_Protocol() {
	fmt.Println(hsr.New("prp0").Slave1("eth0").Slave2("eth1").Protocol(hsr.PRP).Up())
	// Output: ip link add prp0 up type hsr slave1 eth0 slave2 eth1 proto 1
}

// A RedBox connects hosts behind eth2, which do not know HSR.
func ExampleBuilder_Interlink() {
	fmt.Println(hsr.New("hsr0").Slave1("eth0").Slave2("eth1").Interlink("eth2").Version(1))
	// Output: ip link add hsr0 type hsr slave1 eth0 slave2 eth1 interlink eth2 version 1
}

// A node whose frames arrive at one port only is behind a broken cable.
func ExampleOpen() {
	ctx := context.Background()
	ring, err := hsr.Open(ctx, "hsr0")
	if err != nil {
		log.Fatal(err)
	}
	defer ring.Close()
	nodes, err := ring.Nodes(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, n := range nodes {
		fmt.Printf("%v: last heard %v ago at slave 1, %v ago at slave 2\n", n.Addr, n.Port1.Age, n.Port2.Age)
	}
}
