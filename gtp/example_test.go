package gtp_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"

	"github.com/iplink-go/iplink/gtp"
)

// A node that serves mobiles, with the tunnel of one of them.
func ExampleNew() {
	mobile := gtp.PDP{Version: 1, LocalTEI: 0x123, PeerTEI: 0x321,
		Peer: netip.MustParseAddr("192.0.2.2"), MS: netip.MustParseAddr("10.0.0.1")}
	fmt.Println(gtp.New("gtp0").Role(gtp.SGSN).HashSize(4096).RestartCount(0x12).Sockets().PDP(mobile).Up())
	fmt.Println(mobile)
	// Output:
	// ip link add gtp0 up type gtp role sgsn hsize 4096 restart_count 18 # ip has no word for: pdp
	// v1 tei 0x123/0x321 ms 10.0.0.1 peer 192.0.2.2
}

func ExampleOpen() {
	ctx := context.Background()
	d, err := gtp.Open(ctx, "gtp0")
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close()
	err = d.AddPDP(ctx, gtp.PDP{Version: 1, LocalTEI: 0x124, PeerTEI: 0x421,
		Peer: netip.MustParseAddr("192.0.2.2"), MS: netip.MustParseAddr("10.0.0.2")})
	if err != nil {
		log.Fatal(err)
	}
	all, err := d.PDPs(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range all {
		fmt.Println(p)
	}
}
