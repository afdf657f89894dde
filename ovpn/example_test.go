package ovpn_test

import (
	"fmt"

	"github.com/iplink-go/iplink/ovpn"
)

// A server, whose link has a peer for each client.
func ExampleNew() {
	fmt.Println(ovpn.New("ovpn0").Mode(ovpn.MP).Up())
	// Output: ip link add ovpn0 up type ovpn mode mp
}
