package macsec_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"time"

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

// A link with its keys: all of it is made, or nothing. The keys are read when
// Create is called, and are not printed.
func ExampleNew_associations() {
	ours, _ := macsec.ParseKey("09876543210987654321098765432109")
	theirs, _ := macsec.ParseKey("12345678901234567890123456789012")
	peer, _ := net.ParseMAC("02:00:00:00:00:0b")
	m := macsec.New("macsec0").Parent("eth1").Encrypt(true).
		TxSA(macsec.SA{AN: 0, PN: 1, Active: true, KeyID: macsec.KeyID{1}, Key: ours}).
		RxSC(macsec.SCIOf(peer, 1), macsec.SA{AN: 0, PN: 1, Active: true, Key: theirs})
	fmt.Println(m)
	// Output:
	// ip link add macsec0 link eth1 type macsec encrypt on # and, with keys that are not shown: ip macsec add macsec0 tx sa 0 pn 1 on key 01000000000000000000000000000000 redacted && ip macsec add macsec0 rx sci 02000000000b0001 on && ip macsec add macsec0 rx sci 02000000000b0001 sa 0 pn 1 on key 00000000000000000000000000000000 redacted
}

func ExampleKey() {
	key := macsec.NewKey([]byte("sixteen bytes ok"))
	fmt.Printf("%v %+v %#v %x %q, %d bytes\n", key, key, key, key, key, key.Len())
	key.Wipe()
	fmt.Printf("%v, %d bytes\n", key, key.Len())
	// Output:
	// redacted redacted redacted redacted redacted, 16 bytes
	// none, 0 bytes
}

func ExampleMACsec() {
	ctx := context.Background()
	m, err := macsec.Open(ctx, "macsec0")
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	key, err := macsec.ParseKey("09876543210987654321098765432109")
	if err != nil {
		log.Fatal(err)
	}
	defer key.Wipe()
	if err := m.AddTxSA(ctx, macsec.SA{AN: 0, PN: 1, Active: true, KeyID: macsec.KeyID{1}, Key: key}); err != nil {
		log.Fatal(err)
	}
	s, err := m.Status(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.TxStats.OutPktsEncrypted, "frames sent,", s.Stats.InPktsNoSCI, "from strangers")
}

// Both ends replace their keys. First they see to it that each can receive by
// the other's new key.
func ExampleMACsec_Rotate() {
	var (
		m            *macsec.MACsec // opened before
		ours, theirs macsec.Key
		peer         macsec.SCI
		meet         func(context.Context) error // comes back when the other end calls its own
	)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := m.Rotate(ctx, macsec.Rotation{
		Tx:    macsec.SA{AN: 1, PN: 1, KeyID: macsec.KeyID{2}, Key: ours},
		Rx:    map[macsec.SCI]macsec.SA{peer: {AN: 1, PN: 1, KeyID: macsec.KeyID{3}, Key: theirs}},
		Ready: meet,
	})
	if err != nil {
		log.Fatal(err) // and the link is as it was
	}
}
