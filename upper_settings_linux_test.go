package iplink_test

import (
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/ipvlan"
	"github.com/iplink-go/iplink/ipvtap"
	"github.com/iplink-go/iplink/macsec"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/rmnet"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vxlan"
)

// Bits of IFLA_VLAN_FLAGS (include/uapi/linux/if_vlan.h).
const (
	reorderHdr = iota
	gvrp
	looseBinding
	mvrp
	bridgeBinding
)

func TestVLANSettings(t *testing.T) {
	flag := func(bit uint, setter func(*vlan.Builder, bool) *vlan.Builder, field, word string, first bool) setting[*vlan.Builder] {
		return set(attr.Bit(bit), setter, first, !first, "Info."+field, vlanFlag(word, first))
	}
	subject[*vlan.Builder]{
		kind:    iplink.KindVLAN,
		rows:    iplink.KindRows(iplink.KindVLAN),
		prepare: []string{"link add under index 77 type dummy", "link add br0 type bridge vlan_filtering 1"},
		start: func(bool) (*vlan.Builder, iplink.Spec) {
			v := vlan.New(link).Parent("under").ID(7)
			return v, v
		},
		settings: []setting[*vlan.Builder]{
			set(uapi.IFLA_VLAN_ID, (*vlan.Builder).ID, 0x123, 0x321, "Info.ID", inData("id", 0x123, 0x321)),
			set(uapi.IFLA_VLAN_PROTOCOL, (*vlan.Builder).Protocol, vlan.IEEE8021AD, vlan.IEEE8021Q, "Info.Protocol",
				inData("protocol", "802.1ad", "802.1Q")),
			flag(reorderHdr, (*vlan.Builder).ReorderHdr, "ReorderHdr", "REORDER_HDR", false),
			flag(gvrp, (*vlan.Builder).GVRP, "GVRP", "GVRP", true).option("VLAN_8021Q_GVRP"),
			flag(mvrp, (*vlan.Builder).MVRP, "MVRP", "MVRP", true).option("VLAN_8021Q_MVRP"),
			flag(looseBinding, (*vlan.Builder).LooseBinding, "LooseBinding", "LOOSE_BINDING", true),
			flag(bridgeBinding, (*vlan.Builder).BridgeBinding, "BridgeBinding", "BRIDGE_BINDING", true).
				needs(func(v *vlan.Builder) { v.Parent("br0") }),
			set(uapi.IFLA_VLAN_INGRESS_QOS, (*vlan.Builder).IngressQoSMap,
				map[uint32]uint32{1: 0x12345678, 5: 3}, map[uint32]uint32{1: 0, 6: 4}, "Info.IngressQoSMap",
				inData("ingress_qos", mappings{{1, 0x12345678}, {5, 3}}, mappings{{5, 3}, {6, 4}})).
				reads(map[uint32]uint32{1: 0x12345678, 5: 3}, map[uint32]uint32{5: 3, 6: 4}),
			set(uapi.IFLA_VLAN_EGRESS_QOS, (*vlan.Builder).EgressQoSMap,
				map[uint32]uint32{0x12: 1, 0x34: 5}, map[uint32]uint32{0x12: 0, 0x56: 6}, "Info.EgressQoSMap",
				inData("egress_qos", mappings{{0x12, 1}, {0x34, 5}}, mappings{{0x34, 5}, {0x56, 6}})).
				reads(map[uint32]uint32{0x12: 1, 0x34: 5}, map[uint32]uint32{0x34: 5, 0x56: 6}),
		},
	}.test(t)
}

// mappings are entries as `ip` prints them.
type mappings []struct {
	From uint32 `json:"from"`
	To   uint32 `json:"to"`
}

// vlanFlag looks for a word among the flags of the VLAN that `ip` prints.
func vlanFlag(word string, first bool) oracle {
	o := inData("flags", first, !first)
	o.same = hasFlag(word, first, !first).same
	o.name += " " + word
	return o
}

func TestVXLANSettings(t *testing.T) {
	subject[*vxlan.Builder]{
		kind:     iplink.KindVXLAN,
		rows:     iplink.KindRows(iplink.KindVXLAN),
		prepare:  underlays,
		start:    newVXLAN,
		settings: append(append(vxlanAddresses, vxlanOuter...), vxlanFeatures...),
	}.test(t)
}

// underlays make links with known indexes for others to sit on.
var underlays = []string{
	"link add under index 77 type veth peer name under1",
	"link add other index 78 type veth peer name other1",
	"link add third index 79 type veth peer name third1",
}

func newVXLAN(bool) (*vxlan.Builder, iplink.Spec) {
	v := vxlan.New(link).VNI(42)
	return v, v
}

// overIPv6 makes the link one over IPv6.
func overIPv6(v *vxlan.Builder) { v.Remote(lab.Addr("2001:db8::7")) }

// external is what a link needs whose tunnel parameters come from elsewhere.
func external(v *vxlan.Builder) { v.External(true).Learning(false) }

var vxlanAddresses = []setting[*vxlan.Builder]{
	set(uapi.IFLA_VXLAN_ID, (*vxlan.Builder).VNI, 0x123456, 0x654321, "Info.VNI", inData("id", 1193046, 6636321)),
	set(uapi.IFLA_VXLAN_GROUP, (*vxlan.Builder).Remote, lab.Addr("192.0.2.17"), lab.Addr("198.51.100.3"), "Info.Remote",
		inData("remote", "192.0.2.17", "198.51.100.3")),
	set(uapi.IFLA_VXLAN_GROUP, (*vxlan.Builder).Remote, lab.Addr("2001:db8::17"), lab.Addr("2001:db8:1::3"), "Info.Remote",
		inData("remote6", "2001:db8::17", "2001:db8:1::3")).variant("ipv6"),
	set(uapi.IFLA_VXLAN_GROUP, (*vxlan.Builder).Remote, lab.Addr("239.1.2.3"), lab.Addr("239.3.2.1"), "Info.Remote",
		inData("group", "239.1.2.3", "239.3.2.1")).needs(func(v *vxlan.Builder) { v.Dev("under") }).variant("group"),
	set(uapi.IFLA_VXLAN_GROUP, (*vxlan.Builder).Remote, lab.Addr("ff05::123"), lab.Addr("ff05::321"), "Info.Remote",
		inData("group6", "ff05::123", "ff05::321")).needs(func(v *vxlan.Builder) { v.DevIndex(77) }).variant("group-ipv6"),
	set(uapi.IFLA_VXLAN_LOCAL, (*vxlan.Builder).Local, lab.Addr("192.0.2.17"), lab.Addr("198.51.100.3"), "Info.Local",
		inData("local", "192.0.2.17", "198.51.100.3")),
	set(uapi.IFLA_VXLAN_LOCAL, (*vxlan.Builder).Local, lab.Addr("2001:db8::17"), lab.Addr("2001:db8:1::3"), "Info.Local",
		inData("local6", "2001:db8::17", "2001:db8:1::3")).variant("ipv6"),
	set(uapi.IFLA_VXLAN_LINK, (*vxlan.Builder).Dev, "under", "other", "Info.Dev", inData("link", "under", "other")).reads(77, 78),
	set(uapi.IFLA_VXLAN_LINK, (*vxlan.Builder).DevIndex, 77, 78, "Info.Dev", inData("link", "under", "other")).variant("index"),
	set(uapi.IFLA_VXLAN_PORT_RANGE, vxlanSourcePorts, [2]uint16{0x1234, 0x5678}, [2]uint16{0x2345, 0x6789}, "Info.PortHigh",
		inData("port_range.low", 4660, 9029), inData("port_range.high", 22136, 26505)).reads(uint16(0x5678), uint16(0x6789)),
	set(uapi.IFLA_VXLAN_PORT, (*vxlan.Builder).Port, 0x1234, 0x4321, "Info.Port", inData("port", 4660, 17185)),
}

func vxlanSourcePorts(v *vxlan.Builder, p [2]uint16) *vxlan.Builder { return v.SourcePorts(p[0], p[1]) }

var vxlanOuter = []setting[*vxlan.Builder]{
	set(uapi.IFLA_VXLAN_TTL, (*vxlan.Builder).TTL, 17, 33, "Info.TTL", inData("ttl", 17, 33)),
	present(uapi.IFLA_VXLAN_TTL_INHERIT, (*vxlan.Builder).TTLInherit, "Info.TTLInherit", rawData([]byte{1}, nil, uapi.IFLA_VXLAN_TTL_INHERIT)),
	set(uapi.IFLA_VXLAN_TOS, (*vxlan.Builder).TOS, 0x14, 0x28, "Info.TOS", inData("tos", "0x14", "0x28")),
	set(uapi.IFLA_VXLAN_DF, (*vxlan.Builder).DF, vxlan.DFSet, vxlan.DFInherit, "Info.DF", inData("df", "set", "inherit")),
	set(uapi.IFLA_VXLAN_LABEL, (*vxlan.Builder).FlowLabel, 0x12345, 0x54321, "Info.FlowLabel",
		inData("label", "0x12345", "0x54321")).needs(overIPv6),
	set(uapi.IFLA_VXLAN_LABEL_POLICY, (*vxlan.Builder).LabelPolicy, vxlan.LabelInherit, vxlan.LabelFixed, "Info.LabelPolicy",
		rawData([]byte{1, 0, 0, 0}, []byte{0, 0, 0, 0}, uapi.IFLA_VXLAN_LABEL_POLICY)).needs(overIPv6),
	set(uapi.IFLA_VXLAN_LEARNING, (*vxlan.Builder).Learning, false, true, "Info.Learning", inData("learning", false, true)),
	set(uapi.IFLA_VXLAN_AGEING, (*vxlan.Builder).Ageing, 123*time.Second, 321*time.Second, "Info.Ageing",
		inData("ageing", 123, 321)),
	set(uapi.IFLA_VXLAN_LIMIT, (*vxlan.Builder).Limit, 0x1234, 0x4321, "Info.Limit", inData("limit", 4660, 17185)),
}

var vxlanFeatures = []setting[*vxlan.Builder]{
	set(uapi.IFLA_VXLAN_PROXY, (*vxlan.Builder).Proxy, true, false, "Info.Proxy", inData("proxy", true, false)),
	set(uapi.IFLA_VXLAN_RSC, (*vxlan.Builder).RSC, true, false, "Info.RSC", inData("rsc", true, false)),
	set(uapi.IFLA_VXLAN_L2MISS, (*vxlan.Builder).L2Miss, true, false, "Info.L2Miss", inData("l2miss", true, false)),
	set(uapi.IFLA_VXLAN_L3MISS, (*vxlan.Builder).L3Miss, true, false, "Info.L3Miss", inData("l3miss", true, false)),
	set(uapi.IFLA_VXLAN_UDP_CSUM, (*vxlan.Builder).UDPCSum, false, true, "Info.UDPCSum", inData("udp_csum", false, true)),
	set(uapi.IFLA_VXLAN_UDP_ZERO_CSUM6_TX, (*vxlan.Builder).UDPZeroCSum6Tx, true, false, "Info.UDPZeroCSum6Tx",
		inData("udp_zero_csum6_tx", true, false)),
	set(uapi.IFLA_VXLAN_UDP_ZERO_CSUM6_RX, (*vxlan.Builder).UDPZeroCSum6Rx, true, false, "Info.UDPZeroCSum6Rx",
		inData("udp_zero_csum6_rx", true, false)),
	set(uapi.IFLA_VXLAN_REMCSUM_TX, (*vxlan.Builder).RemCSumTx, true, false, "Info.RemCSumTx", inData("remcsum_tx", true, false)),
	set(uapi.IFLA_VXLAN_REMCSUM_RX, (*vxlan.Builder).RemCSumRx, true, false, "Info.RemCSumRx", inData("remcsum_rx", true, false)),
	present(uapi.IFLA_VXLAN_REMCSUM_NOPARTIAL, (*vxlan.Builder).RemCSumNoPartial, "Info.RemCSumNoPartial",
		rawFlag(uapi.IFLA_VXLAN_REMCSUM_NOPARTIAL)),
	present(uapi.IFLA_VXLAN_GBP, (*vxlan.Builder).GBP, "Info.GBP", mentioned("gbp")),
	present(uapi.IFLA_VXLAN_GPE, (*vxlan.Builder).GPE, "Info.GPE", mentioned("gpe")).needs(external),
	set(uapi.IFLA_VXLAN_COLLECT_METADATA, (*vxlan.Builder).External, true, false, "Info.External", inData("external", true, false)),
	set(uapi.IFLA_VXLAN_VNIFILTER, (*vxlan.Builder).VNIFilter, true, false, "Info.VNIFilter", inData("vnifilter", true, false)).
		needs(external),
	set(uapi.IFLA_VXLAN_LOCALBYPASS, (*vxlan.Builder).LocalBypass, false, true, "Info.LocalBypass",
		inData("localbypass", false, true).from(6, 5), rawData([]byte{0}, []byte{1}, uapi.IFLA_VXLAN_LOCALBYPASS)),
	set(uapi.IFLA_VXLAN_MC_ROUTE, (*vxlan.Builder).MCRoute, true, false, "").unread("the kernel takes it and does not report it"),
	set(uapi.IFLA_VXLAN_RESERVED_BITS, (*vxlan.Builder).ReservedBits, 0x1234000000000056, 0x6100000000000078, "Info.ReservedBits",
		inData("reserved_bits", "0x1234000000000056", "0x6100000000000078").from(6, 14),
		rawData([]byte{0x12, 0x34, 0, 0, 0, 0, 0, 0x56}, []byte{0x61, 0, 0, 0, 0, 0, 0, 0x78}, uapi.IFLA_VXLAN_RESERVED_BITS)),
}

func TestMacvlanSettings(t *testing.T) {
	subject[*macvlan.Builder]{
		kind:     iplink.KindMacvlan,
		rows:     iplink.KindRows(iplink.KindMacvlan),
		prepare:  underlays,
		start:    newMacvlan,
		settings: macvlanSettings[*macvlan.Builder](),
	}.test(t)
}

func TestMacvtapSettings(t *testing.T) {
	subject[*macvtap.Builder]{
		kind:     iplink.KindMacvtap,
		rows:     iplink.KindRows(iplink.KindMacvtap),
		prepare:  underlays,
		start:    newMacvtap,
		settings: macvlanSettings[*macvtap.Builder](),
	}.test(t)
}

func newMacvlan(bool) (*macvlan.Builder, iplink.Spec) {
	m := macvlan.New(link).Parent("under")
	return m, m
}

func newMacvtap(bool) (*macvtap.Builder, iplink.Spec) {
	m := macvtap.New(link).Parent("under")
	return m, m
}

func macvlanSettings[B macvlans[B]]() []setting[B] {
	const one, two, three = "02:00:00:00:12:01", "02:00:00:00:12:02", "02:00:00:00:12:03"
	none := []net.HardwareAddr(nil)
	source := func(b B) { b.Mode(macvlan.Source) }
	sources := func(b B, macs []net.HardwareAddr) B { return b.Sources(macs...) }
	flush := func(b B, _ bool) B { return b.FlushSources() }
	return []setting[B]{
		set(uapi.IFLA_MACVLAN_MODE, B.Mode, macvlan.Bridge, macvlan.Private, "Info.Mode", inData("mode", "bridge", "private")),
		set(uapi.IFLA_MACVLAN_FLAGS, B.Flags, macvlan.NoDst, macvlan.NoPromisc, "Info.Flags",
			rawData([]byte{2, 0}, []byte{1, 0}, uapi.IFLA_MACVLAN_FLAGS)).needs(source),
		set(uapi.IFLA_MACVLAN_MACADDR_MODE, flush, true, true, "Info.Sources", inData("macaddr_count", 0, 0)).
			needs(source).reads(none, none),
		set(uapi.IFLA_MACVLAN_MACADDR, B.AddSource, lab.MACs(1)[0], lab.MACs(2)[0], "Info.Sources",
			sorted(inData("macaddr_data", []string{one}, []string{one, two})), inData("macaddr_count", 1, 2)).
			needs(source).reads(lab.MACs(1), lab.MACs(1, 2)),
		set(uapi.IFLA_MACVLAN_MACADDR_DATA, sources, lab.MACs(3, 1), lab.MACs(2), "Info.Sources",
			sorted(inData("macaddr_data", []string{one, three}, []string{two}))).needs(source).reads(lab.MACs(1, 3), lab.MACs(2)),
		set(uapi.IFLA_MACVLAN_BC_QUEUE_LEN, B.BCQueueLen, 123, 321, "Info.BCQueueLen", inData("bcqueuelen", 123, 321)),
		set(uapi.IFLA_MACVLAN_BC_CUTOFF, B.BCCutoff, 17, -3, "Info.BCCutoff",
			rawData([]byte{17, 0, 0, 0}, []byte{0xfd, 0xff, 0xff, 0xff}, uapi.IFLA_MACVLAN_BC_CUTOFF)),
	}
}

// sorted compares lists of texts regardless of their order, which is that of
// the kernel's hash.
func sorted(o oracle) oracle {
	o.same = func(got, want any) bool {
		list, _ := got.([]any)
		slices.SortFunc(list, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		return lab.SameJSON(list, want)
	}
	return o
}

// TestMacvlanSources changes the list of sources in every way there is, on one
// link.
func TestMacvlanSources(t *testing.T) {
	testutil.Need(t, iplink.KindMacvlan)
	s := subject[*macvlan.Builder]{prepare: underlays, start: newMacvlan}
	e := exercise[*macvlan.Builder]{subject: s}
	ns := e.namespace(t)
	e.mustCreate(t, ns, func(m *macvlan.Builder) { m.Mode(macvlan.Source).Sources(lab.MACs(1, 2, 3)...) })
	for _, step := range []struct {
		name string
		set  func(*macvlan.Builder)
		want []string
	}{
		{"nothing", func(*macvlan.Builder) {}, []string{"02:00:00:00:12:01", "02:00:00:00:12:02", "02:00:00:00:12:03"}},
		{"del", func(m *macvlan.Builder) { m.DelSource(lab.MACs(2)[0]) }, []string{"02:00:00:00:12:01", "02:00:00:00:12:03"}},
		{"del unknown", func(m *macvlan.Builder) { m.DelSource(lab.MACs(9)[0]) }, []string{"02:00:00:00:12:01", "02:00:00:00:12:03"}},
		{"add", func(m *macvlan.Builder) { m.AddSource(lab.MACs(7)[0]) }, []string{"02:00:00:00:12:01", "02:00:00:00:12:03", "02:00:00:00:12:07"}},
		{"set", func(m *macvlan.Builder) { m.Sources(lab.MACs(8)...) }, []string{"02:00:00:00:12:08"}},
		{"set to none", func(m *macvlan.Builder) { m.Sources() }, []string{}},
		{"add to none", func(m *macvlan.Builder) { m.AddSource(lab.MACs(5)[0]) }, []string{"02:00:00:00:12:05"}},
		{"flush", func(m *macvlan.Builder) { m.FlushSources() }, []string{}},
	} {
		if err := e.update(t, ns, step.set); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
		have := sorted(inData("macaddr_data", step.want, nil))
		if len(step.want) == 0 {
			have = inData("macaddr_data", nil, nil)
		}
		have.name = step.name
		have.ask(t, &witness{ns: ns, ip: e.ip}, 0)
	}
}

func TestIPvlanSettings(t *testing.T) {
	subject[*ipvlan.Builder]{
		kind:     iplink.KindIPvlan,
		rows:     iplink.KindRows(iplink.KindIPvlan),
		prepare:  underlays,
		start:    newIPvlan,
		settings: ipvlanSettings[*ipvlan.Builder](),
	}.test(t)
}

func TestIPvtapSettings(t *testing.T) {
	subject[*ipvtap.Builder]{
		kind:     iplink.KindIPvtap,
		rows:     iplink.KindRows(iplink.KindIPvtap),
		prepare:  underlays,
		start:    newIPvtap,
		settings: ipvlanSettings[*ipvtap.Builder](),
	}.test(t)
}

func newIPvlan(bool) (*ipvlan.Builder, iplink.Spec) {
	i := ipvlan.New(link).Parent("under")
	return i, i
}

func newIPvtap(bool) (*ipvtap.Builder, iplink.Spec) {
	i := ipvtap.New(link).Parent("under")
	return i, i
}

// ipvlans is what the builders for ipvlan and ipvtap links can do.
type ipvlans[B any] interface {
	Mode(iplink.IPvlanMode) B
	Flags(iplink.IPvlanFlags) B
	MTU(uint32) B
}

func ipvlanSettings[B ipvlans[B]]() []setting[B] {
	return []setting[B]{
		set(uapi.IFLA_IPVLAN_MODE, B.Mode, ipvlan.L3S, ipvlan.L2, "Info.Mode", inData("mode", "l3s", "l2")),
		set(uapi.IFLA_IPVLAN_MODE, B.Mode, ipvlan.L2, ipvlan.L3, "Info.Mode", inData("mode", "l2", "l3")).variant("l3"),
		set(uapi.IFLA_IPVLAN_FLAGS, B.Flags, ipvlan.VEPA, ipvlan.Private, "Info.Flags",
			rawData([]byte{2, 0}, []byte{1, 0}, uapi.IFLA_IPVLAN_FLAGS)),
		set(uapi.IFLA_IPVLAN_FLAGS, B.Flags, ipvlan.Private, ipvlan.Bridge, "Info.Flags",
			rawData([]byte{1, 0}, []byte{0, 0}, uapi.IFLA_IPVLAN_FLAGS)).variant("bridge"),
		extra("mtu", B.MTU, 1281, 1300, "MTU", inLink("mtu", 1281, 1300)),
	}
}

func TestMACsecSettings(t *testing.T) {
	subject[*macsec.Builder]{
		kind:     iplink.KindMACsec,
		rows:     iplink.KindRows(iplink.KindMACsec),
		prepare:  underlays,
		start:    newMACsec,
		settings: macsecSettings,
	}.test(t)
}

func newMACsec(bool) (*macsec.Builder, iplink.Spec) {
	m := macsec.New(link).Parent("under")
	return m, m
}

var macsecSettings = []setting[*macsec.Builder]{
	set(uapi.IFLA_MACSEC_SCI, (*macsec.Builder).SCI, macsec.SCIOf(lab.MACs(7)[0], 0x1234), macsec.SCIOf(lab.MACs(8)[0], 0x4321), "Info.SCI",
		inData("sci", "0200000012071234", "0200000012084321"),
		rawData([]byte{2, 0, 0, 0, 0x12, 7, 0x12, 0x34}, []byte{2, 0, 0, 0, 0x12, 8, 0x43, 0x21}, uapi.IFLA_MACSEC_SCI)),
	set(uapi.IFLA_MACSEC_PORT, (*macsec.Builder).Port, 0x1234, 0x4321, "Info.Port", inData("sci", "0200000012091234", "0200000012094321")).
		needs(func(m *macsec.Builder) { m.Address(lab.MACs(9)[0]) }),
	set(uapi.IFLA_MACSEC_CIPHER_SUITE, (*macsec.Builder).Cipher, macsec.GCMAES256, macsec.GCMAESXPN128, "Info.Cipher",
		inData("cipher_suite", "GCM-AES-256", "GCM-AES-XPN-128")),
	set(uapi.IFLA_MACSEC_CIPHER_SUITE, (*macsec.Builder).Cipher, macsec.GCMAES128, macsec.GCMAESXPN256, "Info.Cipher",
		inData("cipher_suite", "GCM-AES-128", "GCM-AES-XPN-256"),
		rawData([]byte{1, 0, 0, 1, 0, 2, 0x80, 0}, []byte{4, 0, 0, 1, 0, 0xc2, 0x80, 0}, uapi.IFLA_MACSEC_CIPHER_SUITE)).variant("128"),
	set(uapi.IFLA_MACSEC_ICV_LEN, (*macsec.Builder).ICVLen, 12, 15, "Info.ICVLen", inData("icv_len", 12, 15)),
	set(uapi.IFLA_MACSEC_ENCRYPT, (*macsec.Builder).Encrypt, true, false, "Info.Encrypt", inData("encrypt", true, false)),
	set(uapi.IFLA_MACSEC_INC_SCI, (*macsec.Builder).SendSCI, false, true, "Info.SendSCI", inData("inc_sci", false, true)),
	set(uapi.IFLA_MACSEC_ES, (*macsec.Builder).EndStation, true, false, "Info.EndStation", inData("es", true, false),
		inData("inc_sci", false, false)).needs(func(m *macsec.Builder) { m.SendSCI(false) }),
	set(uapi.IFLA_MACSEC_SCB, (*macsec.Builder).SCB, true, false, "Info.SCB", inData("scb", true, false)),
	set(uapi.IFLA_MACSEC_PROTECT, (*macsec.Builder).Protect, false, true, "Info.Protect", inData("protect", false, true)),
	set(uapi.IFLA_MACSEC_REPLAY_PROTECT, (*macsec.Builder).Replay, true, false, "Info.Replay", inData("replay_protect", true, false)).
		needs(func(m *macsec.Builder) { m.Window(0x123) }),
	set(uapi.IFLA_MACSEC_WINDOW, (*macsec.Builder).Window, 0x12345678, 0x3210, "Info.Window", inData("window", 0x12345678, 0x3210)).
		needs(func(m *macsec.Builder) { m.Replay(true) }),
	set(uapi.IFLA_MACSEC_WINDOW, (*macsec.Builder).Window, 0x123, 0x321, "Info.Window", inData("window", nil, nil)).
		reads(uint32(0), uint32(0)).variant("without replay"),
	set(uapi.IFLA_MACSEC_VALIDATION, (*macsec.Builder).Validate, macsec.Check, macsec.Disabled, "Info.Validate",
		inData("validation", "check", "disabled")),
	set(uapi.IFLA_MACSEC_ENCODING_SA, (*macsec.Builder).EncodingSA, 3, 2, "Info.EncodingSA", inData("encoding_sa", 3, 2)),
	set(uapi.IFLA_MACSEC_OFFLOAD, (*macsec.Builder).Offload, macsec.OffloadPHY, macsec.OffloadMAC, "Info.Offload").
		refused(syscall.EOPNOTSUPP),
	extra("mtu", (*macsec.Builder).MTU, 1281, 1300, "MTU", inLink("mtu", 1281, 1300)),
}

func TestRMNetSettings(t *testing.T) {
	// `ip` has words for the flags since 6.15, and the kernel's bytes are asked in any case.
	flag := func(n uint, setter func(*rmnet.Builder, bool) *rmnet.Builder, field, word string, first bool) setting[*rmnet.Builder] {
		o := inData("flags", first, !first)
		o.same = func(got, want any) bool {
			words, _ := got.([]any)
			return slices.Contains(words, any(word)) == want
		}
		o.name += " " + word
		bytes := map[bool][]byte{}
		for _, on := range []bool{true, false} {
			value := byte(1) // the default
			if value &^= 1 << n; on {
				value |= 1 << n
			}
			bytes[on] = []byte{value, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}
		}
		return set(attr.Bit(n), setter, first, !first, "Info."+field, o.from(6, 15), rawData(bytes[first], bytes[!first], uapi.IFLA_RMNET_FLAGS))
	}
	subject[*rmnet.Builder]{
		kind:    iplink.KindRMNet,
		rows:    iplink.KindRows(iplink.KindRMNet),
		prepare: underlays,
		start: func(update bool) (*rmnet.Builder, iplink.Spec) {
			b := rmnet.New(link)
			if !update {
				b.Parent("under").MuxID(0x77)
			}
			return b, b
		},
		settings: []setting[*rmnet.Builder]{
			set(uapi.IFLA_RMNET_MUX_ID, (*rmnet.Builder).MuxID, 0x21, 0xfe, "Info.MuxID", inData("mux_id", 33, 254)),
			flag(uapi.RMNET_INGRESS_DEAGGREGATION_BIT, (*rmnet.Builder).IngressDeaggregation, "IngressDeaggregation", "INGRESS_DEAGGREGATION", false),
			flag(uapi.RMNET_INGRESS_MAP_COMMANDS_BIT, (*rmnet.Builder).IngressCommands, "IngressCommands", "INGRESS_MAP_COMMANDS", true),
			flag(uapi.RMNET_INGRESS_MAP_CKSUMV4_BIT, (*rmnet.Builder).IngressChecksumV4, "IngressChecksumV4", "INGRESS_MAP_CKSUMV4", true),
			flag(uapi.RMNET_EGRESS_MAP_CKSUMV4_BIT, (*rmnet.Builder).EgressChecksumV4, "EgressChecksumV4", "EGRESS_MAP_CKSUMV4", true),
			flag(uapi.RMNET_INGRESS_MAP_CKSUMV5_BIT, (*rmnet.Builder).IngressChecksumV5, "IngressChecksumV5", "INGRESS_MAP_CKSUMV5", true),
			flag(uapi.RMNET_EGRESS_MAP_CKSUMV5_BIT, (*rmnet.Builder).EgressChecksumV5, "EgressChecksumV5", "EGRESS_MAP_CKSUMV5", true),
		},
	}.test(t)
}
