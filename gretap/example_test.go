package gretap_test

import (
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/gretap"
)

func ExampleNew() {
	fmt.Println(gretap.New("t0").Remote(netip.MustParseAddr("192.0.2.2")).Encap(gretap.FOU(5555)).Up())
	// Output: ip link add t0 up type gretap remote 192.0.2.2 encap fou noencap-csum noencap-udp6-csum noencap-remcsum encap-sport 0 encap-dport 5555
}
