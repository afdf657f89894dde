package macsec_test

import (
	"fmt"
	"net"

	"github.com/iplink-go/iplink/macsec"
)

func ExampleNew() {
	fmt.Println(macsec.New("macsec0").Parent("eth1").Encrypt(true))
	// Output:
	// ip link add macsec0 link eth1 type macsec encrypt on
}

func ExampleNew_replay() {
	fmt.Println(macsec.New("macsec0").Parent("eth1").Cipher(macsec.GCMAESXPN256).Encrypt(true).
		Replay(true).Window(128).Validate(macsec.Strict))
	// Output:
	// ip link add macsec0 link eth1 type macsec cipher gcm-aes-xpn-256 encrypt on replay on window 128 validate strict
}

// A link whose frames bear no SCI, as those of a station at the end of the
// network.
func ExampleNew_endStation() {
	fmt.Println(macsec.New("macsec0").Parent("eth1").Port(11).EndStation(true))
	// Output:
	// ip link add macsec0 link eth1 type macsec port 11 send_sci off end_station on
}

func ExampleSCIOf() {
	mac, _ := net.ParseMAC("02:00:00:00:00:0b")
	fmt.Println(macsec.SCIOf(mac, 1))
	// Output:
	// 02000000000b0001
}
