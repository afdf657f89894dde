package bridge_test

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink/bridge"
)

// A port that takes part in VLANs: one without tags, others with.
func ExampleVLANRange() {
	vlans := append(bridge.VLANRange(100, 102), bridge.VLAN{ID: 10, PVID: true, Untagged: true}, bridge.VLAN{ID: 20, Tunnel: 5000})
	for _, v := range vlans {
		fmt.Println(v)
	}
	fmt.Println(vlans[4].TunnelString())
	// Output:
	// vid 100
	// vid 101
	// vid 102
	// vid 10 pvid untagged
	// vid 20
	// vid 20 tunnel_info id 5000
}

// Settings of VLANs on a port.
func ExampleForPort() {
	fmt.Println(bridge.ForPort().State(bridge.PortBlocking).MulticastRouter(bridge.RouterPermanent).NeighSuppress(true))
	// Output:
	// state blocking mcast_router 2 neigh_suppress on
}

// Settings of VLANs on the whole bridge.
func ExampleForBridge() {
	fmt.Println(bridge.ForBridge().MulticastQuerier(true).MulticastIGMPVersion(3).MulticastQueryInterval(30 * time.Second))
	// Output:
	// mcast_querier 1 mcast_igmp_version 3 mcast_query_interval 3000
}

// A port where somebody listens to two senders of a group.
func ExampleMDBEntry() {
	fmt.Println(bridge.MDBEntry{
		Port:      "to-guest",
		Group:     netip.MustParseAddr("239.1.2.3"),
		Sources:   []bridge.MDBSource{{Addr: netip.MustParseAddr("192.0.2.1")}, {Addr: netip.MustParseAddr("192.0.2.2")}},
		Include:   true,
		VLAN:      100,
		Permanent: true,
	})
	// Output:
	// port to-guest grp 239.1.2.3 permanent vid 100 filter_mode include source_list 192.0.2.1,192.0.2.2
}
