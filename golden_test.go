package iplink_test

import (
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
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/can"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/golden"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/ipoib"
	"github.com/iplink-go/iplink/ipvlan"
	"github.com/iplink-go/iplink/ipvtap"
	"github.com/iplink-go/iplink/macsec"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/nlmon"
	"github.com/iplink-go/iplink/team"
	"github.com/iplink-go/iplink/vcan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vxcan"
	"github.com/iplink-go/iplink/vxlan"
)

// goldenIndexes are the indexes of the links that golden requests refer to.
// Where they are recorded, links with these indexes are made first.
var goldenIndexes = map[string]int{"under": 77, "spare0": 78, "br0": 88, "backup": 99}

// goldenIndex is the index of the link in every golden request, so that the
// commands after the first name it as well.
const goldenIndex = 0x1234

// A goldenCase is a builder, and the file that holds what `ip` sent when it was
// given the builder's String as its command.
type goldenCase struct {
	kind, name string
	spec       iplink.Spec
}

func (c goldenCase) path() string {
	return filepath.Join("testdata", "golden", c.kind, c.name+".txt")
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

// TestGolden compares the requests of the library with those of iproute2, as
// they were recorded (see TestGoldenUpdate): the same messages in the same
// order, with the same attributes and payloads. The order of attributes and
// NLA_F_NESTED mean nothing to the kernel.
func TestGolden(t *testing.T) {
	for _, c := range goldenCases() {
		t.Run(c.kind+"/"+c.name, func(t *testing.T) {
			want, err := os.ReadFile(c.path())
			if err != nil {
				t.Fatalf("%v: go test -run TestGoldenUpdate -update records it", err)
			}
			if diff := cmp.Diff(strings.Split(deviations.Replace(string(want)), "\n"), strings.Split(c.ours(), "\n")); diff != "" {
				t.Errorf("- iproute2, + iplink:\n%s", diff)
			}
		})
	}
}

// TestGoldenIsComplete demands that each row that can be set is in a golden
// request, or in one that is written by hand because this iproute2 lacks the
// word.
func TestGoldenIsComplete(t *testing.T) {
	sent := map[string]bool{}
	for _, c := range goldenCases() {
		for _, path := range golden.Paths(iplink.Requests(c.spec, goldenIndexes)) {
			sent[c.kind+" "+path] = true
		}
	}
	for _, c := range slices.Concat(handWritten(), handWrittenBond()) {
		sent[c.kind+" "+c.path] = true
	}
	for kind, rows := range map[string][]attr.Row{
		"bridge 18.2.": iplink.KindRows(iplink.KindBridge), "port 18.5.": iplink.PortRows(iplink.KindBridge),
		"vxlan 18.2.": iplink.KindRows(iplink.KindVXLAN), "macvlan 18.2.": iplink.KindRows(iplink.KindMacvlan),
		"macvtap 18.2.": iplink.KindRows(iplink.KindMacvtap), "ipvlan 18.2.": iplink.KindRows(iplink.KindIPvlan),
		"macsec 18.2.": iplink.KindRows(iplink.KindMACsec), "can 18.2.": iplink.KindRows(iplink.KindCAN),
		"ipoib 18.2.": iplink.KindRows(iplink.KindIPoIB), "common ": iplink.CommonRows(),
		"bond 18.2.": iplink.KindRows(iplink.KindBond), "bondport 18.5.": iplink.PortRows(iplink.KindBond),
		"vlan 18.2.": iplink.KindRows(iplink.KindVLAN),
	} {
		for _, r := range rows {
			typ := r.Type
			if typ >= attr.Bit(0) {
				typ = r.Type6
			}
			if r.Settable() && !sent[kind+golden.Number(typ)] {
				t.Errorf("%s%s: no request has %q", kind, golden.Number(typ), r.Name)
			}
		}
	}
}

// handWritten are requests for which the recording iproute2, 6.1, has no word,
// with the payload that the kernel's headers ask for.
func handWritten() []written {
	b, v, m, p := bridge.New("t0"), vxlan.New("t0"), macvlan.New("t0"), macvtap.New("t0")
	port := func(p *bridge.PortBuilder) iplink.Spec { return iplink.Device("backup").PortSettings(p) }
	return append(handWrittenCAN(), []written{
		{"bridge", "18.2.50", b.Clone().STPMode(iplink.BridgeSTPKernel), "02 00 00 00"},
		{"bridge", "18.2.49", b.Clone().FDBMaxLearned(0x1234), "34 12 00 00"},
		{"bridge", "18.2.46", b.Clone().MST(true).NoLinkLocalLearn(false), "04 00 00 00 05 00 00 00"},
		{"bridge", "18.2.46", b.Clone().MDBOffloadFailNotification(true).FDBLocalVLAN0(true), "18 00 00 00 18 00 00 00"},
		{"port", "18.5.37", port(bridge.Port().MulticastEHTHostsLimit(0x1234)), "34 12 00 00"},
		{"port", "18.5.40", port(bridge.Port().MAB(true)), "01"},
		{"port", "18.5.42", port(bridge.Port().MulticastMaxGroups(0x1234)), "34 12 00 00"},
		{"port", "18.5.43", port(bridge.Port().NeighVLANSuppress(true)), "01"},
		{"port", "18.5.44", port(bridge.Port().BackupNextHop(0x1234)), "34 12 00 00"},
		{"port", "18.5.45", port(bridge.Port().NeighForwardGratuitous(true)), "01"},
		{"vxlan", "18.2.24", v.Clone().RemCSumNoPartial(), ""},
		{"vxlan", "18.2.31", v.Clone().LocalBypass(true), "01"},
		{"vxlan", "18.2.32", v.Clone().LabelPolicy(iplink.VXLANLabelInherit), "01 00 00 00"},
		{"vxlan", "18.2.33", v.Clone().ReservedBits(0x123456789abcdef0), "12 34 56 78 9a bc de f0"},
		{"vxlan", "18.2.34", v.Clone().MCRoute(true), "01"},
		{"macvlan", "18.2.9", m.Clone().Parent("under").BCCutoff(-2), "fe ff ff ff"},
		{"macvtap", "18.2.9", p.Clone().Parent("under").BCCutoff(0x1234), "34 12 00 00"},
		{"common", golden.Number(uapi.IFLA_GSO_IPV4_MAX_SIZE), b.Clone().GSOMaxIPv4Size(0x1234), "34 12 00 00"},
		{"common", golden.Number(uapi.IFLA_GRO_IPV4_MAX_SIZE), b.Clone().GROMaxIPv4Size(0x1234), "34 12 00 00"},
	}...)
}

// written is a request whose one attribute is known by hand.
type written struct {
	kind, path string
	spec       iplink.Spec
	payload    string
}

func TestHandWrittenRequests(t *testing.T) {
	for _, w := range slices.Concat(handWritten(), handWrittenBond()) {
		got, found := golden.Payload(iplink.Requests(w.spec, goldenIndexes), w.path)
		if !found || got != w.payload {
			t.Errorf("%v: attribute %s is %q (there: %v), want %q", w.spec, w.path, got, found, w.payload)
		}
	}
}

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

func goldenCommon() []goldenCase {
	base := func() *macvlan.Builder { return macvlan.New("t0").Index(goldenIndex).Parent("under") }
	return []goldenCase{
		{"common", "identity", base().Address(lab.MAC).Broadcast(lab.OtherMAC).Group(0x1234)},
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
		{"vxlan", "unicast", base().Local(lab.Addr("192.0.2.17")).Remote(lab.Addr("198.51.100.3")).Dev("under").Port(4789)},
		{"vxlan", "unicast-ipv6", base().Local(lab.Addr("2001:db8::17")).Remote(lab.Addr("2001:db8:1::3")).FlowLabel(0x12345)},
		{"vxlan", "group", base().Remote(lab.Addr("239.1.2.3")).Dev("under")},
		{"vxlan", "group-ipv6", base().Remote(lab.Addr("ff05::123")).Dev("under")},
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
			Peer(veth.New("t1").Index(0x4321).Address(lab.MAC).MTU(1281).TxQueueLen(0x123).Queues(3, 5).Group(7))},
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
		{kind, "source-add", source().AddSource(lab.MAC)},
		{kind, "source-del", source().DelSource(lab.MAC)},
		{kind, "source-set", source().Sources(lab.MAC, lab.OtherMAC)},
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

func goldenBond() []goldenCase {
	base := func(mode iplink.BondMode) *bond.Builder { return bond.New("t0").Index(goldenIndex).Mode(mode) }
	addrs := func(texts ...string) (all []netip.Addr) {
		for _, text := range texts {
			all = append(all, lab.Addr(text))
		}
		return all
	}
	return []goldenCase{
		{"bond", "plain", bond.New("t0").Index(goldenIndex)},
		{"bond", "ports", base(bond.ActiveBackup).Primary("under").PrimaryReselect(bond.ReselectBetter).ClearActiveSlave().
			FailOverMAC(bond.FailOverFollow).AllSlavesActive(true).MinLinks(0x1234)},
		{"bond", "miimon", base(bond.BalanceXOR).MIIMon(50 * time.Millisecond).UpDelay(150 * time.Millisecond).
			DownDelay(350 * time.Millisecond).PeerNotifDelay(450 * time.Millisecond).UseCarrier(true)},
		{"bond", "arp", base(bond.ActiveBackup).ARPInterval(1234 * time.Millisecond).ARPIPTargets(addrs("192.0.2.18", "198.51.100.52")...).
			ARPValidate(bond.ValidateFilterBackup).ARPAllTargets(bond.ARPAll).ARPMissedMax(7)},
		{"bond", "ns", base(bond.ActiveBackup).NSIP6Targets(addrs("2001:db8::12", "fe80::1234")...)},
		{"bond", "no-targets", base(bond.ActiveBackup).NSIP6Targets().ARPIPTargets().MinLinks(3)},
		{"bond", "traffic", base(bond.BalanceRR).XmitHashPolicy(bond.HashEncap34).ResendIGMP(0x12).NumPeerNotif(0x34).
			LPInterval(0x1234 * time.Second).PacketsPerSlave(0x4321)},
		{"bond", "tlb", base(bond.BalanceTLB).TLBDynamicLB(false)},
		{"bond", "lacp", base(bond.IEEE8023AD).LACPRate(bond.LACPFast).LACPActive(false).ADSelect(bond.ADCount).
			ADActorSysPrio(0x1234).ADUserPortKey(0x321).ADActorSystem(lab.MAC)},
		{"team", "plain", team.New("t0").Index(goldenIndex)},
	}
}

func goldenVLAN() []goldenCase {
	base := func() *vlan.Builder { return vlan.New("t0").Index(goldenIndex).Parent("under").ID(0x123) }
	return []goldenCase{
		{"vlan", "plain", base()},
		{"vlan", "protocol", base().Protocol(vlan.IEEE8021AD)},
		{"vlan", "flags", base().ReorderHdr(false).GVRP(true).MVRP(false).LooseBinding(true)},
		{"vlan", "bridge-binding", vlan.New("t0").Index(goldenIndex).Parent("br0").ID(0x123).BridgeBinding(true)},
		{"vlan", "priorities", base().IngressQoSMap(map[uint32]uint32{1: 0x12345678, 5: 3}).
			EgressQoSMap(map[uint32]uint32{0x12: 1, 0x34: 5})},
	}
}

// handWrittenBond are requests about bonds and their ports: `ip` gives a port's
// settings only to a link that the kernel knows as one.
func handWrittenBond() []written {
	port := func(p *bond.PortBuilder) iplink.Spec { return iplink.Device("backup").PortSettings(p) }
	b := bond.New("t0")
	return []written{
		{"bond", "18.2.32", b.Clone().CoupledControl(true), "01"},
		{"bond", "18.2.33", b.Clone().BroadcastNeighbor(true), "01"},
		{"bond", "18.2.34", b.Clone().LACPStrict(true), "01"},
		{"bondport", "18.5.5", port(bond.Port().QueueID(0x1234)), "34 12"},
		{"bondport", "18.5.9", port(bond.Port().Prio(-0x1234)), "cc ed ff ff"},
		{"bondport", "18.5.10", port(bond.Port().ActorPortPrio(0x4321)), "21 43"},
	}
}

func goldenIPvlan() []goldenCase {
	base := func() *ipvlan.Builder { return ipvlan.New("t0").Index(goldenIndex).Parent("under") }
	return []goldenCase{
		{"ipvlan", "plain", base()},
		{"ipvlan", "vepa", base().Mode(ipvlan.L3S).Flags(ipvlan.VEPA)},
		{"ipvlan", "bridge", base().Mode(ipvlan.L2).Flags(ipvlan.Bridge)},
		{"ipvtap", "private", ipvtap.New("t0").Index(goldenIndex).Parent("under").Mode(ipvtap.L3).Flags(ipvtap.Private)},
	}
}

func goldenMACsec() []goldenCase {
	base := func() *macsec.Builder { return macsec.New("t0").Index(goldenIndex).Parent("under") }
	return []goldenCase{
		{"macsec", "plain", base()},
		{"macsec", "sci", base().SCI(macsec.SCIOf(lab.MAC, 0x1234)).Cipher(macsec.GCMAES128).ICVLen(12)},
		{"macsec", "port", base().Port(0x1234).Encrypt(true).Protect(false).Validate(macsec.Check).EncodingSA(3)},
		{"macsec", "xpn", base().Cipher(macsec.GCMAESXPN256).Replay(true).Window(0x12345678)},
		{"macsec", "end-station", base().EndStation(true)},
		{"macsec", "scb", base().SCB(true).Offload(macsec.OffloadMAC)},
	}
}

func goldenCAN() []goldenCase {
	return []goldenCase{
		{"vcan", "plain", vcan.New("t0").Index(goldenIndex).MTU(72)},
		{"vxcan", "plain", vxcan.New("t0").Index(goldenIndex)},
		{"vxcan", "peer", vxcan.New("t0").Index(goldenIndex).Up().Peer(vxcan.New("t1").Index(0x4321).MTU(16))},
		{"can", "bitrate", can.New("backup").Bitrate(500000).SamplePoint(875).RestartDelay(0x1234 * time.Millisecond)},
		{"can", "segments", can.New("backup").BitTiming(can.BitTiming{TQ: 125, PropSeg: 6, PhaseSeg1: 7, PhaseSeg2: 2, SJW: 3})},
		{"can", "modes", can.New("backup").Loopback(true).ListenOnly(false).TripleSampling(true).OneShot(false).
			BerrReporting(true).PresumeAck(true).FDNonISO(false).CCLen8DLC(true)},
		{"can", "fd", can.New("backup").FD(true).Bitrate(500000).DataBitrate(2000000).DataSamplePoint(750)},
		{"can", "tdc-off", can.New("backup").FD(true).Bitrate(500000).DataBitrate(2000000).TDC(can.TDC{})},
		{"can", "restart", can.New("backup").Restart()},
		{"can", "termination", can.New("backup").Termination(0x1234)},
		{"can", "up", can.New("backup").Bitrate(250000).Up()},
	}
}

func goldenIPoIB() []goldenCase {
	base := func() *ipoib.Builder { return ipoib.New("t0").Index(goldenIndex).Parent("under") }
	return []goldenCase{
		{"ipoib", "plain", base()},
		{"ipoib", "pkey", base().PKey(0x1234).Mode(ipoib.Datagram)},
		{"ipoib", "connected", base().Mode(ipoib.Connected).UMCast(true)},
		{"nlmon", "plain", nlmon.New("t0").Index(goldenIndex).Up()},
	}
}

// handWrittenCAN are requests for controllers that `ip` has no word for, or says
// less about: of the two bits of the compensation it names one.
func handWrittenCAN() []written {
	fd := func() *can.Builder { return can.New("backup").FD(true).Bitrate(500000).DataBitrate(2000000) }
	xl := func() *can.Builder { return can.New("backup").XL(true).Bitrate(500000).XLDataBitrate(8000000) }
	return []written{
		{"can", "18.2.5", fd().TDC(can.TDC{Mode: can.TDCManual, TDCV: 5, TDCO: 7}), "20 06 00 00 20 04 00 00"},
		{"can", "18.2.16", fd().TDC(can.TDC{Mode: can.TDCManual, TDCV: 0x12, TDCO: 0x34, TDCF: 5}),
			"08 00 07 00 12 00 00 00 08 00 08 00 34 00 00 00 08 00 09 00 05 00 00 00"},
		{"can", "18.2.5", xl().TMS(true).Restricted(true), "00 98 00 00 00 98 00 00"},
		{"can", "18.2.18", xl(), "00 12 7a 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"},
		{"can", "18.2.21", xl().XLTDC(can.TDC{Mode: can.TDCAuto, TDCO: 0x34}), "08 00 08 00 34 00 00 00"},
		{"can", "18.2.22", xl().TMS(true).XLPWM(can.PWM{PWMS: 2, PWML: 6}), "08 00 07 00 02 00 00 00 08 00 08 00 06 00 00 00"},
	}
}

// goldenLayer3 are links with all that there is to addresses, routes and
// neighbours, which this iproute2 has words for.
func goldenLayer3() []goldenCase {
	base := func() *macvlan.Builder { return macvlan.New("t0").Index(goldenIndex).Parent("under").Up() }
	return []goldenCase{
		{"layer3", "inet", base().Addrs(
			inet.Addr{Prefix: lab.Prefix("192.0.2.17/28"), Peer: lab.Addr("192.0.2.18"), Broadcast: lab.Addr("192.0.2.31"), Label: "t0:lab",
				Scope: inet.ScopeLink, Flags: inet.AddrNoPrefixRoute, ValidLifetime: 0x1234 * time.Second,
				PreferredLifetime: 0x123 * time.Second, Metric: 0x12345},
			inet.Addr{Prefix: lab.Prefix("127.1.2.3/24")},
			inet.Addr{Prefix: lab.Prefix("239.1.2.3/32"), Flags: inet.AddrMCAutoJoin},
			inet.Addr{Prefix: lab.Prefix("198.51.100.1/25"), Scope: inet.ScopeSite, ValidLifetime: 300 * time.Second})},
		{"layer3", "inet6", base().Addrs(
			inet.Addr{Prefix: lab.Prefix("2001:db8::17/64"), Flags: inet.AddrNoDAD | inet.AddrHome | inet.AddrManageTemp,
				ValidLifetime: 0x1234 * time.Second, PreferredLifetime: 0x123 * time.Second, Metric: 0x12345},
			inet.Addr{Prefix: lab.Prefix("2001:db8:1::17/65"), Peer: lab.Addr("2001:db8:2::18"), Flags: inet.AddrNoPrefixRoute | inet.AddrDeprecated},
			inet.Addr{Prefix: lab.Prefix("2001:db8:3::17/66"), Flags: inet.AddrOptimistic, ValidLifetime: inet.Forever, PreferredLifetime: 77 * time.Second})},
		{"layer3", "routes", base().Addr(lab.Prefix("192.0.2.17/28"), lab.Prefix("2001:db8::17/64")).
			DefaultRoute(lab.Addr("192.0.2.18")).DefaultRoute(lab.Addr("2001:db8::18")).Routes(
			inet.Route{Dst: lab.Prefix("198.51.100.0/25"), Via: lab.Addr("203.0.113.1"), OnLink: true, Src: lab.Addr("192.0.2.17"), Metric: 0x12345, Table: 0x4321, Proto: inet.RouteProtoStatic},
			inet.Route{Dst: lab.Prefix("0.0.0.0/0"), Metric: 7, Table: 77},
			inet.Route{Dst: lab.Prefix("10.0.0.0/9"), Via: lab.Addr("fe80::7")},
			inet.Route{Dst: lab.Prefix("0.0.0.0/0"), Via: lab.Addr("fe80::8"), Metric: 8},
			inet.Route{Dst: lab.Prefix("::/0"), Metric: 7, Proto: 0x42},
			inet.Route{Dst: lab.Prefix("2001:db8:4::/49"), Via: lab.Addr("2001:db8::19")})},
		{"layer3", "neighs", base().Neighs(
			inet.Neigh{Addr: lab.Addr("192.0.2.19"), LLAddr: lab.OtherMAC},
			inet.Neigh{Addr: lab.Addr("192.0.2.20"), LLAddr: lab.MAC, State: inet.NeighStale},
			inet.Neigh{Addr: lab.Addr("192.0.2.21"), LLAddr: lab.MAC, State: inet.NeighReachable},
			inet.Neigh{Addr: lab.Addr("2001:db8::19"), LLAddr: net.HardwareAddr{2, 0, 0, 0, 0x12, 0x34}, State: inet.NeighNoARP, Router: true})},
	}
}
