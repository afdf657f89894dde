package wireguard_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink/wireguard"
)

func ExampleNew() {
	private, err := wireguard.ParsePrivateKey("dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=")
	if err != nil {
		log.Fatal(err)
	}
	peer, err := wireguard.ParseKey("3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(private.PublicKey())
	fmt.Println(wireguard.New("wg0").PrivateKey(private).ListenPort(51820).Peer(wireguard.Peer{
		Key:        peer,
		Endpoint:   netip.MustParseAddrPort("192.0.2.2:51820"),
		AllowedIPs: []netip.Prefix{netip.MustParsePrefix("10.0.0.2/32")},
		Keepalive:  25 * time.Second,
	}))
	// Output:
	// hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=
	// ip link add wg0 type wireguard # and, with keys that are not shown: wg set wg0 private-key redacted listen-port 51820 peer 3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08= endpoint 192.0.2.2:51820 persistent-keepalive 25 allowed-ips 10.0.0.2/32
}

func ExampleBuilder_DelPeer() {
	peer, err := wireguard.ParseKey("3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(wireguard.New("wg0").DelPeer(peer))
	// Output:
	// ip link add wg0 type wireguard && wg set wg0 peer 3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08= remove
}

func ExampleOpen() {
	ctx := context.Background()
	d, err := wireguard.Open(ctx, "wg0")
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close()
	status, err := d.Status(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range status.Peers {
		fmt.Println(p.Key, p.Endpoint, p.LastHandshake, p.RxBytes, p.TxBytes)
	}
}
