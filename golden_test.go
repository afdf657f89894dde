package iplink_test

import (
	"flag"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/geneve"
	"github.com/iplink-go/iplink/gtp"
	"github.com/iplink-go/iplink/hsr"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/golden"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/ipvlan"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/netkit"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vxlan"
	"github.com/iplink-go/iplink/wwan"
)

var recordGolden = flag.Bool("update", false, "record the golden requests anew")

// goldenIndexes are the indexes of the links that golden requests refer to.
// Where they are recorded, links with these indexes are made first.
var goldenIndexes = map[string]int{"under": 77, "spare0": 78, "free": 79, "br0": 88, "backup": 99}

// goldenIndex is the index of the link in every golden request, so that the
// commands after the first name it as well.
const goldenIndex = 0x1234

// A goldenSpec is a builder whose requests are compared with those of `ip`, and its
// name among the builders of the same kind.
type goldenSpec struct {
	name string
	spec iplink.Spec
}

// A goldenCase is a builder for a kind of kindTests or of sharedRequests.
type goldenCase struct {
	kind kindTest
	goldenSpec
}

// path is the file that holds what `ip` sent when it was given the builder's String
// as its command.
func (c goldenCase) path() string {
	return filepath.Join("testdata", "golden", c.kind.dir(), c.name+".txt")
}

// dir is the directory for the requests of a kind.
func (k kindTest) dir() string {
	return strings.ReplaceAll(k.name, " ", "-")
}

// ours is what the library sends: the command, and the requests.
func (c goldenCase) ours() string {
	return c.spec.String() + "\n\n" + golden.Text(iplink.Requests(c.spec, goldenIndexes))
}

// deviations are where iplink means the same as `ip` and says it otherwise: the
// kind of a port's master goes where the kernel reports it, in
// IFLA_INFO_SLAVE_KIND, which the kernel does not look at; `ip` tells
// IFLA_INFO_KIND a name that no driver has.
var deviations = strings.NewReplacer(
	"\t\t1: 62 72 69 64 67 65 5f 73 6c 61 76 65\n", "\t\t4: 62 72 69 64 67 65\n",
)

// greDeviations are those of ip6gre and ip6gretap, to which `ip` sends the version of
// ERSPAN, too; the kernel ignores it.
var greDeviations = strings.NewReplacer("\t\t\t22: 01\n", "")

func (c goldenCase) deviations() *strings.Replacer {
	if c.kind.name == iplink.KindIP6GRE || c.kind.name == iplink.KindIP6GRETap {
		return greDeviations
	}
	return deviations
}

// TestGolden compares the requests of the library with those of iproute2, as
// they were recorded (see TestGoldenUpdate): the same messages in the same
// order, with the same attributes and payloads. The order of attributes and
// NLA_F_NESTED mean nothing to the kernel.
func TestGolden(t *testing.T) {
	for _, c := range goldenCases() {
		t.Run(c.kind.dir()+"/"+c.name, func(t *testing.T) {
			want, err := os.ReadFile(c.path())
			if err != nil {
				t.Fatalf("%v: go test -run TestGoldenUpdate -update records it", err)
			}
			if diff := cmp.Diff(strings.Split(c.deviations().Replace(string(want)), "\n"), strings.Split(c.ours(), "\n")); diff != "" {
				t.Errorf("- iproute2, + iplink:\n%s", diff)
			}
		})
	}
}

// sharedRequests are requests with settings that links of any kind have.
func sharedRequests() []kindTest {
	return []kindTest{
		{name: "common", golden: goldenCommon(), byHand: byHandCommon()},
		{name: "layer3", golden: goldenLayer3()},
	}
}

// rows returns the rows that requests for the kind may carry.
func (k kindTest) rows() []attr.Row {
	if k.name == "common" {
		return iplink.CommonRows()
	}
	return iplink.TableRows()[k.name]
}

// nest is the path to the attributes of the kind in a request.
func (k kindTest) nest() string {
	switch {
	case k.name == "common":
		return ""
	case strings.HasSuffix(k.name, " port"):
		return "18.5."
	}
	return "18.2."
}

// TestGoldenIsComplete demands that each row that can be set is in a golden
// request, or in one that is written by hand because this iproute2 lacks the
// word. Route netlink does not set the rows of a maker.
func TestGoldenIsComplete(t *testing.T) {
	for _, k := range slices.Concat(kindTests, sharedRequests()) {
		sent := map[string]bool{}
		for _, c := range k.golden {
			for _, path := range golden.Paths(iplink.Requests(c.spec, goldenIndexes)) {
				sent[path] = true
			}
		}
		for _, w := range k.byHand {
			sent[k.nest()+golden.Number(w.typ)] = true
		}
		for _, r := range k.rows() {
			typ := r.Type
			if typ >= attr.Bit(0) {
				typ = r.Type6
			}
			if r.Settable() && !iplink.HasMaker(k.name) && !sent[k.nest()+golden.Number(typ)] {
				t.Errorf("%s: no request has %q", k.name, r.Name)
			}
		}
	}
}

// written is a request for which the recording iproute2, 6.1, has no word: one
// attribute of the kind, with the payload that the kernel's headers ask for.
type written struct {
	typ     uint16
	spec    iplink.Spec
	payload string
}

func TestHandWrittenRequests(t *testing.T) {
	for _, k := range slices.Concat(kindTests, sharedRequests()) {
		for _, w := range k.byHand {
			got, found := golden.Payload(iplink.Requests(w.spec, goldenIndexes), k.nest()+golden.Number(w.typ))
			if !found || got != w.payload {
				t.Errorf("%v: attribute %d is %q (there: %v), want %q", w.spec, w.typ, got, found, w.payload)
			}
		}
	}
}

// goldenCases are the builders whose requests are compared with those of `ip`.
func goldenCases() (all []goldenCase) {
	for _, k := range slices.Concat(kindTests, sharedRequests()) {
		for _, c := range k.golden {
			all = append(all, goldenCase{k, c})
		}
	}
	return all
}

func goldenCommon() []goldenSpec {
	base := func() *macvlan.Builder { return macvlan.New("t0").Index(goldenIndex).Parent("under") }
	return []goldenSpec{
		{"identity", base().Address(lab.MAC).Broadcast(lab.OtherMAC).Group(0x1234)},
		{"sizes", base().MTU(1281).TxQueueLen(0x123).GSOMaxSize(0x1234).GSOMaxSegs(0x123).GROMaxSize(0x4321)},
		{"queues", base().Queues(3, 5)},
		{"txqueues", base().NumTxQueues(3)},
		{"rxqueues", base().NumRxQueues(5)},
		{"master", base().Master("br0")},
		{"flags", base().ARP(false).Multicast(false).AllMulticast(true).Promiscuous(true).Dynamic(true)},
		{"flags-off", base().ARP(true).Multicast(true).AllMulticast(false).Promiscuous(false).Dynamic(false)},
		{"up", base().Up()},
		{"alias", base().Alias("to the lab; rack 7")},
		{"altname", base().AltName("a-much-longer-name-than-15")},
		{"protodown", base().ProtoDown(true)},
		{"protodown_reason", base().ProtoDownReason(17, true)},
		{"addrgenmode", base().AddrGenMode(iplink.AddrGenNone)},
		{"addresses", base().Addr(netip.MustParsePrefix("192.0.2.17/25"), netip.MustParsePrefix("2001:db8::17/65"))},
		{"state", base().OperState(iplink.OperDormant)},
		{"mode", base().LinkMode(iplink.LinkModeDormant)},
		{"carrier", iplink.Device("backup").Carrier(false)},
		{"rename", iplink.Device("backup").Rename("spare")},
		{"nomaster", iplink.Device("backup").NoMaster()},
		{"device", iplink.Device("backup").MTU(1281).Group(7).Down()},
		{"device-alias", iplink.Device("backup").Alias("spare")},
	}
}

func byHandCommon() []written {
	b := bridge.New("t0")
	return []written{
		{uapi.IFLA_GSO_IPV4_MAX_SIZE, b.Clone().GSOMaxIPv4Size(0x1234), "34 12 00 00"},
		{uapi.IFLA_GRO_IPV4_MAX_SIZE, b.Clone().GROMaxIPv4Size(0x1234), "34 12 00 00"},
		{uapi.IFLA_PARENT_DEV_NAME, wwan.New("t0").ParentDev("wwan7").LinkID(3), "77 77 61 6e 37 00"},
	}
}

func goldenBridge() []goldenSpec {
	base := func() *bridge.Builder { return bridge.New("t0").Index(goldenIndex) }
	return []goldenSpec{
		{"plain", base()},
		{"stp", base().STP(true).Priority(0x1234).ForwardDelay(4 * time.Second).HelloTime(3 * time.Second).MaxAge(13 * time.Second)},
		{"forwarding", base().AgeingTime(123 * time.Second).FlushFDB().GroupForwardMask(0x1238).
			GroupAddress(net.HardwareAddr{1, 0x80, 0xc2, 0, 0, 5})},
		{"vlans", base().VLANFiltering(true).VLANProtocol(bridge.VLAN8021AD).VLANDefaultPVID(0x123).
			VLANStats(true).VLANStatsPerPort(true)},
		{"options", base().VLANFiltering(true).NoLinkLocalLearn(true).MulticastVLANSnooping(true)},
		{"multicast", base().MulticastSnooping(false).MulticastRouter(bridge.RouterPermanent).MulticastQueryUseIfAddr(true).
			MulticastQuerier(true).MulticastStats(true).MulticastIGMPVersion(3).MulticastMLDVersion(2)},
		{"multicast-counts", base().MulticastHashElasticity(16).MulticastHashMax(0x1234).MulticastLastMemberCount(17).
			MulticastStartupQueryCount(19)},
		{"multicast-intervals", base().MulticastLastMemberInterval(3 * time.Second).
			MulticastMembershipInterval(123 * time.Second).MulticastQuerierInterval(122 * time.Second).
			MulticastQueryInterval(23 * time.Second).MulticastQueryResponseInterval(5 * time.Second).
			MulticastStartupQueryInterval(11 * time.Second)},
		{"netfilter", base().CallIPTables(true).CallIP6Tables(true).CallARPTables(true)},
	}
}

func byHandBridge() []written {
	b := bridge.New("t0")
	return []written{
		{50, b.Clone().STPMode(iplink.BridgeSTPKernel), "02 00 00 00"},
		{49, b.Clone().FDBMaxLearned(0x1234), "34 12 00 00"},
		{46, b.Clone().MST(true).NoLinkLocalLearn(false), "04 00 00 00 05 00 00 00"},
		{46, b.Clone().MDBOffloadFailNotification(true).FDBLocalVLAN0(true), "18 00 00 00 18 00 00 00"},
	}
}

func goldenBridgePort() []goldenSpec {
	port := func(p *bridge.PortBuilder) iplink.Spec { return iplink.Device("backup").PortSettings(p) }
	return []goldenSpec{
		{"state", port(bridge.Port().State(bridge.PortLearning))},
		{"stp", port(bridge.Port().Priority(13).Cost(0x1234).Guard(true).RootBlock(true))},
		{"forwarding", port(bridge.Port().Hairpin(true).Learning(false).Flood(false).BroadcastFlood(false).
			GroupForwardMask(0x1235).Isolated(true).Locked(true).FlushFDB())},
		{"neighbours", port(bridge.Port().ProxyARP(true).ProxyARPWiFi(true).NeighSuppress(true))},
		{"multicast", port(bridge.Port().FastLeave(true).MulticastRouter(bridge.RouterPermanent).MulticastFlood(false).
			MulticastToUnicast(true))},
		{"vlan-tunnel", port(bridge.Port().VLANTunnel(true))},
		{"backup", port(bridge.Port().BackupPort("spare0"))},
		{"no-backup", port(bridge.Port().BackupPortIndex(0))},
		{"created", veth.New("t0").Index(goldenIndex).Peer(veth.New("t1")).Master("br0").PortSettings(bridge.Port().Hairpin(true))},
	}
}

func byHandBridgePort() []written {
	port := func(p *bridge.PortBuilder) iplink.Spec { return iplink.Device("backup").PortSettings(p) }
	return []written{
		{37, port(bridge.Port().MulticastEHTHostsLimit(0x1234)), "34 12 00 00"},
		{40, port(bridge.Port().MAB(true)), "01"},
		{42, port(bridge.Port().MulticastMaxGroups(0x1234)), "34 12 00 00"},
		{43, port(bridge.Port().NeighVLANSuppress(true)), "01"},
		{44, port(bridge.Port().BackupNextHop(0x1234)), "34 12 00 00"},
		{45, port(bridge.Port().NeighForwardGratuitous(true)), "01"},
	}
}

// goldenVXLAN says of all links whether they learn, and of GPE its port: `ip`
// always does, with what the kernel would choose.
func goldenVXLAN() []goldenSpec {
	base := func() *vxlan.Builder { return vxlan.New("t0").Index(goldenIndex).VNI(0x123456).Learning(true) }
	return []goldenSpec{
		{"unicast", base().Local(lab.Addr("192.0.2.17")).Remote(lab.Addr("198.51.100.3")).Dev("under").Port(4789)},
		{"unicast-ipv6", base().Local(lab.Addr("2001:db8::17")).Remote(lab.Addr("2001:db8:1::3")).FlowLabel(0x12345)},
		{"group", base().Remote(lab.Addr("239.1.2.3")).Dev("under")},
		{"group-ipv6", base().Remote(lab.Addr("ff05::123")).Dev("under")},
		{"outer", base().SourcePorts(0x1234, 0x5678).TTL(17).TOS(0x14).DF(vxlan.DFSet)},
		{"ttl-inherit", base().TTLInherit()},
		{"fdb", vxlan.New("t0").Index(goldenIndex).VNI(7).Learning(false).Ageing(123 * time.Second).Limit(0x1234)},
		{"neighbours", base().Proxy(true).RSC(true).L2Miss(true).L3Miss(true)},
		{"checksums", base().UDPCSum(false).UDPZeroCSum6Tx(true).UDPZeroCSum6Rx(true).RemCSumTx(true).RemCSumRx(true)},
		{"gbp", base().GBP()},
		{"external", vxlan.New("t0").Index(goldenIndex).External(true).Learning(false).VNIFilter(true)},
		{"gpe", vxlan.New("t0").Index(goldenIndex).External(true).Learning(false).GPE().Port(4790)},
	}
}

func byHandVXLAN() []written {
	v := vxlan.New("t0")
	return []written{
		{24, v.Clone().RemCSumNoPartial(), ""},
		{31, v.Clone().LocalBypass(true), "01"},
		{32, v.Clone().LabelPolicy(iplink.VXLANLabelInherit), "01 00 00 00"},
		{33, v.Clone().ReservedBits(0x123456789abcdef0), "12 34 56 78 9a bc de f0"},
		{34, v.Clone().MCRoute(true), "01"},
	}
}

func goldenVeth() []goldenSpec {
	return []goldenSpec{
		{"plain", veth.New("t0").Index(goldenIndex)},
		{"peer", veth.New("t0").Index(goldenIndex).Peer(veth.New("t1"))},
		{"peer-settings", veth.New("t0").Index(goldenIndex).MTU(1433).
			Peer(veth.New("t1").Index(0x4321).Address(lab.MAC).MTU(1281).TxQueueLen(0x123).Queues(3, 5).Group(7))},
		{"peer-up", veth.New("t0").Index(goldenIndex).Up().Peer(veth.New("t1").Index(0x4321).Up())},
		{"peer-later", veth.New("t0").Index(goldenIndex).Peer(veth.New("t1").Index(0x4321).Alias("the other end"))},
	}
}

func goldenHSR() []goldenSpec {
	base := func() *hsr.Builder { return hsr.New("t0").Index(goldenIndex).Slave1("under").Slave2("free") }
	return []goldenSpec{
		{"plain", base()},
		{"version", base().Supervision(0x2d).Version(1).Protocol(hsr.HSR).Up()},
		{"prp", base().Supervision(0x71).Protocol(hsr.PRP)},
	}
}

func goldenNetkit() []goldenSpec {
	base := func() *netkit.Builder { return netkit.New("t0").Index(goldenIndex) }
	return []goldenSpec{
		{"plain", base()},
		{"policies", base().Mode(netkit.L3).Policy(netkit.Blackhole).PeerPolicy(netkit.Forward)},
		{"scrub", base().Mode(netkit.L2).Scrub(netkit.None).PeerPolicy(netkit.Blackhole).PeerScrub(netkit.None).
			Peer(netkit.New("t1").Index(0x4321).Address(lab.MAC).MTU(1281).Group(7))},
		{"peer-flags", base().Peer(netkit.New("t1").Index(0x4321).Promiscuous(true).ARP(false))},
		{"peer-up", base().Up().Peer(netkit.New("t1").Index(0x4321).Up())},
	}
}

func byHandNetkit() []written {
	v := netkit.New("t0")
	return []written{
		{8, v.Clone().Headroom(0x1234), "34 12"},
		{9, v.Clone().Tailroom(0x1234), "34 12"},
		{10, v.Clone().Pairing(netkit.Single), "01 00 00 00"},
	}
}

// macvlanBuilder is what the golden requests need of macvlan and macvtap.
type macvlanBuilder[B any] interface {
	macvlans[B]
	Index(int) B
	Parent(string) B
	iplink.Spec
}

func goldenMacvlan[B macvlanBuilder[B]](build func(name string) B) []goldenSpec {
	base := func() B { return build("t0").Index(goldenIndex).Parent("under") }
	source := func() B { return base().Mode(macvlan.Source) }
	return []goldenSpec{
		{"plain", base()},
		{"bridge", base().Mode(macvlan.Bridge)},
		{"passthru", base().Mode(macvlan.Passthru).Flags(macvlan.NoPromisc)},
		{"bcqueuelen", base().BCQueueLen(0x123)},
		{"source", source().Flags(macvlan.NoDst)},
		{"source-add", source().AddSource(lab.MAC)},
		{"source-del", source().DelSource(lab.MAC)},
		{"source-set", source().Sources(lab.MAC, lab.OtherMAC)},
		{"source-flush", source().FlushSources()},
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

func goldenVLAN() []goldenSpec {
	base := func() *vlan.Builder { return vlan.New("t0").Index(goldenIndex).Parent("under").ID(0x123) }
	return []goldenSpec{
		{"plain", base()},
		{"protocol", base().Protocol(vlan.IEEE8021AD)},
		{"flags", base().ReorderHdr(false).GVRP(true).MVRP(false).LooseBinding(true)},
		{"bridge-binding", vlan.New("t0").Index(goldenIndex).Parent("br0").ID(0x123).BridgeBinding(true)},
		{"priorities", base().IngressQoSMap(map[uint32]uint32{1: 0x12345678, 5: 3}).
			EgressQoSMap(map[uint32]uint32{0x12: 1, 0x34: 5})},
	}
}

func goldenIPvlan() []goldenSpec {
	base := func() *ipvlan.Builder { return ipvlan.New("t0").Index(goldenIndex).Parent("under") }
	return []goldenSpec{
		{"plain", base()},
		{"vepa", base().Mode(ipvlan.L3S).Flags(ipvlan.VEPA)},
		{"bridge", base().Mode(ipvlan.L2).Flags(ipvlan.Bridge)},
	}
}

// goldenLayer3 are links with all that there is to addresses, routes and
// neighbours, which this iproute2 has words for.
func goldenLayer3() []goldenSpec {
	base := func() *macvlan.Builder { return macvlan.New("t0").Index(goldenIndex).Parent("under").Up() }
	return []goldenSpec{
		{"inet", base().Addrs(
			inet.Addr{Prefix: lab.Prefix("192.0.2.17/28"), Peer: lab.Addr("192.0.2.18"), Broadcast: lab.Addr("192.0.2.31"), Label: "t0:lab",
				Scope: inet.ScopeLink, Flags: inet.AddrNoPrefixRoute, ValidLifetime: 0x1234 * time.Second,
				PreferredLifetime: 0x123 * time.Second, Metric: 0x12345},
			inet.Addr{Prefix: lab.Prefix("127.1.2.3/24")},
			inet.Addr{Prefix: lab.Prefix("239.1.2.3/32"), Flags: inet.AddrMCAutoJoin},
			inet.Addr{Prefix: lab.Prefix("198.51.100.1/25"), Scope: inet.ScopeSite, ValidLifetime: 300 * time.Second})},
		{"inet6", base().Addrs(
			inet.Addr{Prefix: lab.Prefix("2001:db8::17/64"), Flags: inet.AddrNoDAD | inet.AddrHome | inet.AddrManageTemp,
				ValidLifetime: 0x1234 * time.Second, PreferredLifetime: 0x123 * time.Second, Metric: 0x12345},
			inet.Addr{Prefix: lab.Prefix("2001:db8:1::17/65"), Peer: lab.Addr("2001:db8:2::18"), Flags: inet.AddrNoPrefixRoute | inet.AddrDeprecated},
			inet.Addr{Prefix: lab.Prefix("2001:db8:3::17/66"), Flags: inet.AddrOptimistic, ValidLifetime: inet.Forever, PreferredLifetime: 77 * time.Second})},
		{"routes", base().Addr(lab.Prefix("192.0.2.17/28"), lab.Prefix("2001:db8::17/64")).
			DefaultRoute(lab.Addr("192.0.2.18")).DefaultRoute(lab.Addr("2001:db8::18")).Routes(
			inet.Route{Dst: lab.Prefix("198.51.100.0/25"), Via: lab.Addr("203.0.113.1"), OnLink: true, Src: lab.Addr("192.0.2.17"), Metric: 0x12345, Table: 0x4321, Proto: inet.RouteProtoStatic},
			inet.Route{Dst: lab.Prefix("0.0.0.0/0"), Metric: 7, Table: 77},
			inet.Route{Dst: lab.Prefix("10.0.0.0/9"), Via: lab.Addr("fe80::7")},
			inet.Route{Dst: lab.Prefix("0.0.0.0/0"), Via: lab.Addr("fe80::8"), Metric: 8},
			inet.Route{Dst: lab.Prefix("::/0"), Metric: 7, Proto: 0x42},
			inet.Route{Dst: lab.Prefix("2001:db8:4::/49"), Via: lab.Addr("2001:db8::19")})},
		{"neighs", base().Neighs(
			inet.Neigh{Addr: lab.Addr("192.0.2.19"), LLAddr: lab.OtherMAC},
			inet.Neigh{Addr: lab.Addr("192.0.2.20"), LLAddr: lab.MAC, State: inet.NeighStale},
			inet.Neigh{Addr: lab.Addr("192.0.2.21"), LLAddr: lab.MAC, State: inet.NeighReachable},
			inet.Neigh{Addr: lab.Addr("2001:db8::19"), LLAddr: net.HardwareAddr{2, 0, 0, 0, 0x12, 0x34}, State: inet.NeighNoARP, Flags: inet.NeighRouter})},
	}
}

// byHandGTP has the attributes without a word. The files are not open: nothing is sent.
func byHandGTP() []written {
	v := gtp.New("t0")
	return []written{
		{1, v.Clone().FD0(os.NewFile(0x1234, "fd0")), "34 12 00 00"},
		{2, v.Clone().FD1(os.NewFile(0x4321, "fd1")), "21 43 00 00"},
		{5, v.Clone().Sockets(), "01"},
		{7, v.Clone().Sockets().LocalIP(lab.Addr("192.0.2.17")), "c0 00 02 11"},
		{8, v.Clone().Sockets().LocalIP(lab.Addr("2001:db8::17")), "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 17"},
	}
}

// goldenGeneve sets the TTL, the TOS and the label of all links: `ip` always does, to 0.
func goldenGeneve() []goldenSpec {
	base := func() *geneve.Builder {
		return geneve.New("t0").Index(goldenIndex).VNI(0x123456).TTL(0).TOS(0).Label(0)
	}
	over4 := func() *geneve.Builder { return base().Remote(lab.Addr("198.51.100.3")) }
	return []goldenSpec{
		{"unicast", over4().Port(0x1234).TTL(17).TOS(0x14).DF(geneve.DFSet).UDPChecksum(true)},
		{"unicast-ipv6", base().Remote(lab.Addr("2001:db8:1::3")).Label(0x12345).UDPZeroCSum6Tx(true).UDPZeroCSum6Rx(true)},
		{"inner", over4().InnerProtoInherit()},
	}
}

func byHandGeneve() []written {
	v := geneve.New("t0").VNI(7)
	return []written{
		{6, geneve.New("t0").External(), ""},
		{12, v.Clone().TTLInherit(), "01"},
		{15, v.Clone().PortRange(0x1234, 0x5678), "12 34 56 78"},
		{16, v.Clone().GROHint(), ""},
		{17, v.Clone().Local(lab.Addr("192.0.2.17")), "c0 00 02 11"},
		{18, v.Clone().Local(lab.Addr("2001:db8::17")), "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 17"},
	}
}
