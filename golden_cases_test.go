package iplink_test

import (
	"net"
	"net/netip"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// goldenCases are the builders whose requests are compared with those of `ip`.
func goldenCases() []goldenCase {
	var all []goldenCase
	for _, cases := range [][]goldenCase{goldenCommon(), goldenBridge(), goldenPort(), goldenVXLAN(), goldenPairs(),
		goldenIPvlan(), goldenMACsec(), goldenCAN(), goldenIPoIB(), goldenBond(), goldenVLAN(), goldenLayer3()} {
		all = append(all, cases...)
	}
	all = append(all, goldenMacvlan("macvlan", func() *macvlan.Builder { return macvlan.New("t0").Index(goldenIndex).Parent("under") })...)
	return append(all, goldenMacvlan("macvtap", func() *macvtap.Builder { return macvtap.New("t0").Index(goldenIndex).Parent("under") })...)
}

var (
	goldenMAC = net.HardwareAddr{2, 0x12, 0x34, 0x56, 0x78, 0x9a}
	otherMAC  = net.HardwareAddr{2, 0xa9, 0x87, 0x65, 0x43, 0x21}
)

func goldenCommon() []goldenCase {
	base := func() *macvlan.Builder { return macvlan.New("t0").Index(goldenIndex).Parent("under") }
	return []goldenCase{
		{"common", "identity", base().Address(goldenMAC).Broadcast(otherMAC).Group(0x1234)},
		{"common", "sizes", base().MTU(1281).TxQueueLen(0x123).GSOMaxSize(0x1234).GSOMaxSegs(0x123).GROMaxSize(0x4321)},
		{"common", "queues", base().Queues(3, 5)},
		{"common", "master", base().Master("br0")},
		{"common", "flags", base().ARP(false).Multicast(false).AllMulticast(true).Promiscuous(true).Dynamic(true)},
		{"common", "flags-off", base().ARP(true).Multicast(true).AllMulticast(false).Promiscuous(false).Dynamic(false)},
		{"common", "up", base().Up()},
		{"common", "alias", base().Alias("to the lab; rack 7")},
		{"common", "altname", base().AltName("a-much-longer-name-than-15")},
		{"common", "protodown", base().ProtoDown(true)},
		{"common", "addrgenmode", base().AddrGenMode(iplink.AddrGenNone)},
		{"common", "addresses", base().Addr(netip.MustParsePrefix("192.0.2.17/25"), netip.MustParsePrefix("2001:db8::17/65"))},
		{"common", "state", base().OperState(iplink.OperDormant)},
		{"common", "mode", base().LinkMode(iplink.LinkModeDormant)},
		{"common", "carrier", iplink.Device("backup").Carrier(false)},
		{"common", "rename", iplink.Device("backup").Rename("spare")},
		{"common", "nomaster", iplink.Device("backup").NoMaster()},
		{"common", "device", iplink.Device("backup").MTU(1281).Group(7).Down()},
		{"common", "device-alias", iplink.Device("backup").Alias("spare")},
	}
}

func goldenBridge() []goldenCase {
	base := func() *bridge.Builder { return bridge.New("t0").Index(goldenIndex) }
	return []goldenCase{
		{"bridge", "plain", base()},
		{"bridge", "stp", base().STP(true).Priority(0x1234).ForwardDelay(4 * time.Second).HelloTime(3 * time.Second).MaxAge(13 * time.Second)},
		{"bridge", "forwarding", base().AgeingTime(123 * time.Second).FlushFDB().GroupForwardMask(0x1238).
			GroupAddress(net.HardwareAddr{1, 0x80, 0xc2, 0, 0, 5})},
		{"bridge", "vlans", base().VLANFiltering(true).VLANProtocol(bridge.VLAN8021AD).VLANDefaultPVID(0x123).
			VLANStats(true).VLANStatsPerPort(true)},
		{"bridge", "options", base().VLANFiltering(true).NoLinkLocalLearn(true).MulticastVLANSnooping(true)},
		{"bridge", "multicast", base().MulticastSnooping(false).MulticastRouter(bridge.RouterPermanent).MulticastQueryUseIfAddr(true).
			MulticastQuerier(true).MulticastStats(true).MulticastIGMPVersion(3).MulticastMLDVersion(2)},
		{"bridge", "multicast-counts", base().MulticastHashElasticity(16).MulticastHashMax(0x1234).MulticastLastMemberCount(17).
			MulticastStartupQueryCount(19)},
		{"bridge", "multicast-intervals", base().MulticastLastMemberInterval(3 * time.Second).
			MulticastMembershipInterval(123 * time.Second).MulticastQuerierInterval(122 * time.Second).
			MulticastQueryInterval(23 * time.Second).MulticastQueryResponseInterval(5 * time.Second).
			MulticastStartupQueryInterval(11 * time.Second)},
		{"bridge", "netfilter", base().CallIPTables(true).CallIP6Tables(true).CallARPTables(true)},
	}
}

func goldenPort() []goldenCase {
	port := func(p *bridge.PortBuilder) iplink.Spec { return iplink.Device("backup").PortSettings(p) }
	return []goldenCase{
		{"port", "state", port(bridge.Port().State(bridge.PortLearning))},
		{"port", "stp", port(bridge.Port().Priority(13).Cost(0x1234).Guard(true).RootBlock(true))},
		{"port", "forwarding", port(bridge.Port().Hairpin(true).Learning(false).Flood(false).BroadcastFlood(false).
			GroupForwardMask(0x1235).Isolated(true).Locked(true).FlushFDB())},
		{"port", "neighbours", port(bridge.Port().ProxyARP(true).ProxyARPWiFi(true).NeighSuppress(true))},
		{"port", "multicast", port(bridge.Port().FastLeave(true).MulticastRouter(bridge.RouterPermanent).MulticastFlood(false).
			MulticastToUnicast(true))},
		{"port", "vlan-tunnel", port(bridge.Port().VLANTunnel(true))},
		{"port", "backup", port(bridge.Port().BackupPort("spare0"))},
		{"port", "no-backup", port(bridge.Port().BackupPortIndex(0))},
		{"port", "created", veth.New("t0").Index(goldenIndex).Peer(veth.New("t1")).Master("br0").PortSettings(bridge.Port().Hairpin(true))},
	}
}

// goldenVXLAN says of all links whether they learn, and of GPE its port: `ip`
// always does, with what the kernel would choose.
func goldenVXLAN() []goldenCase {
	base := func() *vxlan.Builder { return vxlan.New("t0").Index(goldenIndex).VNI(0x123456).Learning(true) }
	return []goldenCase{
		{"vxlan", "unicast", base().Local(addr("192.0.2.17")).Remote(addr("198.51.100.3")).Dev("under").Port(4789)},
		{"vxlan", "unicast-ipv6", base().Local(addr("2001:db8::17")).Remote(addr("2001:db8:1::3")).FlowLabel(0x12345)},
		{"vxlan", "group", base().Remote(addr("239.1.2.3")).Dev("under")},
		{"vxlan", "group-ipv6", base().Remote(addr("ff05::123")).Dev("under")},
		{"vxlan", "outer", base().SourcePorts(0x1234, 0x5678).TTL(17).TOS(0x14).DF(vxlan.DFSet)},
		{"vxlan", "ttl-inherit", base().TTLInherit()},
		{"vxlan", "fdb", vxlan.New("t0").Index(goldenIndex).VNI(7).Learning(false).Ageing(123 * time.Second).Limit(0x1234)},
		{"vxlan", "neighbours", base().Proxy(true).RSC(true).L2Miss(true).L3Miss(true)},
		{"vxlan", "checksums", base().UDPCSum(false).UDPZeroCSum6Tx(true).UDPZeroCSum6Rx(true).RemCSumTx(true).RemCSumRx(true)},
		{"vxlan", "gbp", base().GBP()},
		{"vxlan", "external", vxlan.New("t0").Index(goldenIndex).External(true).Learning(false).VNIFilter(true)},
		{"vxlan", "gpe", vxlan.New("t0").Index(goldenIndex).External(true).Learning(false).GPE().Port(4790)},
	}
}

func goldenPairs() []goldenCase {
	return []goldenCase{
		{"dummy", "plain", dummy.New("t0").Index(goldenIndex)},
		{"veth", "plain", veth.New("t0").Index(goldenIndex)},
		{"veth", "peer", veth.New("t0").Index(goldenIndex).Peer(veth.New("t1"))},
		{"veth", "peer-settings", veth.New("t0").Index(goldenIndex).MTU(1433).
			Peer(veth.New("t1").Index(0x4321).Address(goldenMAC).MTU(1281).TxQueueLen(0x123).Queues(3, 5).Group(7))},
		{"veth", "peer-up", veth.New("t0").Index(goldenIndex).Up().Peer(veth.New("t1").Index(0x4321).Up())},
		{"veth", "peer-later", veth.New("t0").Index(goldenIndex).Peer(veth.New("t1").Index(0x4321).Alias("the other end"))},
	}
}

// macvlanBuilder is what the golden requests need of macvlan and macvtap.
type macvlanBuilder[B any] interface {
	macvlans[B]
	iplink.Spec
}

func goldenMacvlan[B macvlanBuilder[B]](kind string, base func() B) []goldenCase {
	source := func() B { return base().Mode(macvlan.Source) }
	return []goldenCase{
		{kind, "plain", base()},
		{kind, "bridge", base().Mode(macvlan.Bridge)},
		{kind, "passthru", base().Mode(macvlan.Passthru).Flags(macvlan.NoPromisc)},
		{kind, "bcqueuelen", base().BCQueueLen(0x123)},
		{kind, "source", source().Flags(macvlan.NoDst)},
		{kind, "source-add", source().AddSource(goldenMAC)},
		{kind, "source-del", source().DelSource(goldenMAC)},
		{kind, "source-set", source().Sources(goldenMAC, otherMAC)},
		{kind, "source-flush", source().FlushSources()},
	}
}

// macvlans is what the builders for macvlan and macvtap links can do.
type macvlans[B any] interface {
	Mode(iplink.MacvlanMode) B
	Flags(iplink.MacvlanFlags) B
	BCQueueLen(uint32) B
	BCCutoff(int32) B
	Sources(...net.HardwareAddr) B
	AddSource(net.HardwareAddr) B
	DelSource(net.HardwareAddr) B
	FlushSources() B
}

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }
