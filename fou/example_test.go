package fou_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"

	"github.com/iplink-go/iplink/fou"
	"github.com/iplink-go/iplink/ipip"
)

func ExamplePort_String() {
	fmt.Println(fou.Port{Port: 5555, Protocol: 4})
	fmt.Println(fou.Port{Port: 5556, Type: fou.GUE, Family: fou.IPv6, Local: netip.MustParseAddr("2001:db8::1"), Dev: "eth0"})
	fmt.Println(fou.Port{Port: 5557, Protocol: 47, Peer: netip.MustParseAddrPort("192.0.2.2:4660")})
	// Output:
	// port 5555 ipproto 4
	// port 5556 gue -6 local 2001:db8::1 dev eth0
	// port 5557 ipproto 47 peer 192.0.2.2 peer_port 4660
}

// A tunnel over UDP: both ends receive on port 5555, and send there.
func ExampleConn_Add() {
	ctx := context.Background()
	ports, err := fou.Open(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer ports.Close()
	if err := ports.Add(ctx, fou.Port{Port: 5555, Protocol: 4}); err != nil {
		log.Fatal(err)
	}
	tunnel := ipip.New("t0").Local(netip.MustParseAddr("192.0.2.1")).Remote(netip.MustParseAddr("192.0.2.2")).Encap(ipip.FOU(5555))
	if _, err := tunnel.Create(ctx); err != nil {
		log.Fatal(err)
	}
}
