package iplink_test

import (
	"slices"
	"strings"
	"testing"

	"net"
	"net/netip"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
)

// commonSettings are the settings of all links that say who they are and what
// they belong to.
func commonSettings[B shared[B]]() []setting[B] {
	mac1, mac2 := net.HardwareAddr{2, 0x12, 0x34, 0x56, 0x78, 0x9a}, net.HardwareAddr{2, 0xa9, 0x87, 0x65, 0x43, 0x21}
	queues := func(b B, n [2]uint32) B { return b.Queues(n[0], n[1]) }
	altName := func(b B, names []string) B { return b.AltName(names...) }
	addr := func(b B, p netip.Prefix) B { return b.Addr(p) }
	return []setting[B]{
		set(uapi.IFLA_LINK, B.Parent, "other", "third", "Parent", inLink("link", "other", "third")).reads(78, 79),
		set(uapi.IFLA_LINK, B.ParentIndex, 78, 79, "Parent", inLink("link", "other", "third")).variant("index"),
		set(uapi.IFLA_MASTER, B.Master, "m0", "m1", "Master", inLink("master", "m0", "m1")).reads(88, 89),
		set(uapi.IFLA_MASTER, B.MasterIndex, 89, 0, "Master", inLink("master", "m1", nil)).variant("index"),
		set(uapi.IFLA_ADDRESS, B.Address, mac1, mac2, "Address", inLink("address", "02:12:34:56:78:9a", "02:a9:87:65:43:21")),
		set(uapi.IFLA_BROADCAST, B.Broadcast, mac2, mac1, "Broadcast", inLink("broadcast", "02:a9:87:65:43:21", "02:12:34:56:78:9a")),
		set(uapi.IFLA_NUM_TX_QUEUES, queues, [2]uint32{3, 5}, [2]uint32{7, 6}, "TxQueues",
			inLink("num_tx_queues", 3, 7)).reads(uint32(3), uint32(7)),
		set(uapi.IFLA_NUM_RX_QUEUES, queues, [2]uint32{1, 5}, [2]uint32{1, 6}, "RxQueues",
			inLink("num_rx_queues", 5, 6)).reads(uint32(5), uint32(6)),
		set(uapi.IFLA_GROUP, B.Group, 0x12345, 0x54321, "Group", inLink("group", "74565", "344865")),
		set(uapi.IFLA_IFALIAS, B.Alias, "to the lab; rack 7", "müde", "Alias", inLink("ifalias", "to the lab; rack 7", "müde")),
		extra("altname", altName, []string{"a-much-longer-name-than-15", "another"}, []string{"a-third-name"}, "AltNames",
			inLink("altnames", []string{"a-much-longer-name-than-15", "another"}, []string{"a-much-longer-name-than-15", "another", "a-third-name"})).
			reads([]string{"a-much-longer-name-than-15", "another"}, []string{"a-much-longer-name-than-15", "another", "a-third-name"}),
		extra("index", B.Index, 0x1234, 0x1234, "Index", inLink("ifindex", 4660, 4660)),
		extra("addr", addr, netip.MustParsePrefix("192.0.2.17/25"), netip.MustParsePrefix("192.0.2.33/28"), "",
			hasAddress("192.0.2.17/25", "192.0.2.33/28")),
		extra("addr", addr, netip.MustParsePrefix("2001:db8::17/65"), netip.MustParsePrefix("2001:db8::33/127"), "",
			hasAddress("2001:db8::17/65", "2001:db8::33/127")).variant("ipv6"),
	}
}

// commonSizes are the settings of all links that are sizes.
func commonSizes[B shared[B]]() []setting[B] {
	return []setting[B]{
		set(uapi.IFLA_MTU, B.MTU, 1281, 1433, "MTU", inLink("mtu", 1281, 1433)),
		set(uapi.IFLA_TXQLEN, B.TxQueueLen, 0x123, 0x321, "TxQueueLen", inLink("txqlen", 291, 801)),
		set(uapi.IFLA_GSO_MAX_SIZE, B.GSOMaxSize, 0x1234, 0x4321, "Offload.GSOMaxSize", inLink("gso_max_size", 4660, 17185)),
		set(uapi.IFLA_GSO_MAX_SEGS, B.GSOMaxSegs, 0x123, 0x321, "Offload.GSOMaxSegs", inLink("gso_max_segs", 291, 801)),
		set(uapi.IFLA_GRO_MAX_SIZE, B.GROMaxSize, 0x1234, 0x4321, "Offload.GROMaxSize", inLink("gro_max_size", 4660, 17185)),
		set(uapi.IFLA_GSO_IPV4_MAX_SIZE, B.GSOMaxIPv4Size, 0x1234, 0x4321, "Offload.GSOMaxIPv4Size",
			inLink("gso_ipv4_max_size", 4660, 17185).from(6, 3),
			raw([]byte{0x34, 0x12, 0, 0}, []byte{0x21, 0x43, 0, 0}, uapi.IFLA_GSO_IPV4_MAX_SIZE)),
		set(uapi.IFLA_GRO_IPV4_MAX_SIZE, B.GROMaxIPv4Size, 0x1234, 0x4321, "Offload.GROMaxIPv4Size",
			inLink("gro_ipv4_max_size", 4660, 17185).from(6, 3),
			raw([]byte{0x34, 0x12, 0, 0}, []byte{0x21, 0x43, 0, 0}, uapi.IFLA_GRO_IPV4_MAX_SIZE)),
	}
}

// commonFlags are the settings of all links that are interface flags.
func commonFlags[B shared[B]]() []setting[B] {
	up := func(b B, _ bool) B { return b.Up() }
	return []setting[B]{
		extra("up", up, true, true, "", hasFlag("UP", true, true)),
		extra("arp", B.ARP, false, true, "", hasFlag("NOARP", true, false)),
		extra("multicast", B.Multicast, false, true, "", hasFlag("MULTICAST", false, true)),
		extra("allmulticast", B.AllMulticast, true, false, "AllMulti", inLink("allmulti", 1, 0)).reads(uint32(1), uint32(0)),
		extra("promisc", B.Promiscuous, true, false, "Promiscuity", inLink("promiscuity", 1, 0)).reads(uint32(1), uint32(0)),
		extra("dynamic", B.Dynamic, true, false, "", hasFlag("DYNAMIC", true, false)),
	}
}

// commonStates are the settings of all links that say in what state they are.
func commonStates[B shared[B]]() []setting[B] {
	return []setting[B]{
		extra("addrgenmode", B.AddrGenMode, iplink.AddrGenNone, iplink.AddrGenRandom, "INET6.AddrGenMode",
			inLink("inet6_addr_gen_mode", "none", "random")),
		set(uapi.IFLA_CARRIER, B.Carrier, false, true, "Carrier", raw([]byte{0}, []byte{1}, uapi.IFLA_CARRIER)),
		set(uapi.IFLA_PROTO_DOWN, B.ProtoDown, true, false, "ProtoDown", inLink("proto_down", true, false)),
		set(uapi.IFLA_LINKMODE, B.LinkMode, iplink.LinkModeDormant, iplink.LinkModeDefault, "LinkMode",
			inLink("linkmode", "DORMANT", "DEFAULT")),
		set(uapi.IFLA_LINKMODE, B.LinkMode, iplink.LinkModeTesting, iplink.LinkModeDormant, "LinkMode",
			raw([]byte{2}, []byte{1}, uapi.IFLA_LINKMODE)).variant("testing"),
		set(uapi.IFLA_OPERSTATE, B.OperState, iplink.OperDormant, iplink.OperUp, "OperState",
			inLink("operstate", "DORMANT", "UP")).after("link set dev t0 up"),
	}
}

// hasAddress looks for an address among those of the link.
func hasAddress(first, second string) oracle {
	return oracle{name: "ip address", want: [2]any{first, second},
		read: func(t testing.TB, w *witness) any { return testutil.IP(t, w.ns, "-o", "address", "show", "dev", link) },
		same: func(got, want any) bool {
			return slices.Contains(strings.Fields(got.(string)), want.(string))
		}}
}
