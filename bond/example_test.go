package bond_test

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
)

func ExampleNew() {
	fmt.Println(bond.New("bond0").Mode(bond.ActiveBackup).MIIMon(100 * time.Millisecond).UpDelay(200 * time.Millisecond))
	// Output:
	// ip link add bond0 type bond mode active-backup miimon 100 updelay 200
}

func ExampleNew_lacp() {
	fmt.Println(bond.New("bond0").Mode(bond.IEEE8023AD).LACPRate(bond.LACPFast).XmitHashPolicy(bond.HashLayer34).Up())
	// Output:
	// ip link add bond0 up type bond mode 802.3ad xmit_hash_policy layer3+4 lacp_rate fast
}

func ExampleNew_arp() {
	fmt.Println(bond.New("bond0").Mode(bond.ActiveBackup).ARPInterval(time.Second).
		ARPIPTargets(netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")))
	// Output:
	// ip link add bond0 type bond mode active-backup arp_interval 1000 arp_ip_target 192.0.2.1,192.0.2.2
}

func ExamplePort() {
	fmt.Println(iplink.Device("eth0").DownFirst().Master("bond0").PortSettings(bond.Port().Prio(10)))
	// Output:
	// ip link set dev eth0 master bond0 down && ip link set dev eth0 type bond_slave prio 10
}
