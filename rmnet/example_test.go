package rmnet_test

import (
	"fmt"

	"github.com/iplink-go/iplink/rmnet"
)

// Channel 1 of the modem behind wwan0, with checksums computed by the modem.
func ExampleNew() {
	fmt.Println(rmnet.New("rmnet0").Parent("wwan0").MuxID(1).IngressChecksumV4(true).EgressChecksumV4(true).Up())
	// Output:
	// ip link add rmnet0 link wwan0 up type rmnet mux_id 1 ingress-mapv4-checksum on egress-mapv4-checksum on
}
