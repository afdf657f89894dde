package ip6gretap_test

import (
	"fmt"
	"net/netip"

	"github.com/iplink-go/iplink/ip6gretap"
)

func ExampleNew() {
	fmt.Println(ip6gretap.New("t0").Remote(netip.MustParseAddr("2001:db8::2")).FlowLabel(0x12345).Up())
	// Output: ip link add t0 up type ip6gretap remote 2001:db8::2 hoplimit 0 encaplimit 0 flowlabel 0x12345
}
