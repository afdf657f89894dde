package iplink_test

import (
	"testing"
	"time"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/vxlan"
)

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
func overIPv6(v *vxlan.Builder) { v.Remote(addr("2001:db8::7")) }

// external is what a link needs whose tunnel parameters come from elsewhere.
func external(v *vxlan.Builder) { v.External(true).Learning(false) }

var vxlanAddresses = []setting[*vxlan.Builder]{
	set(uapi.IFLA_VXLAN_ID, (*vxlan.Builder).VNI, 0x123456, 0x654321, "Info.VNI", inData("id", 1193046, 6636321)),
	set(uapi.IFLA_VXLAN_GROUP, (*vxlan.Builder).Remote, addr("192.0.2.17"), addr("198.51.100.3"), "Info.Remote",
		inData("remote", "192.0.2.17", "198.51.100.3")),
	set(uapi.IFLA_VXLAN_GROUP, (*vxlan.Builder).Remote, addr("2001:db8::17"), addr("2001:db8:1::3"), "Info.Remote",
		inData("remote6", "2001:db8::17", "2001:db8:1::3")).variant("ipv6"),
	set(uapi.IFLA_VXLAN_GROUP, (*vxlan.Builder).Remote, addr("239.1.2.3"), addr("239.3.2.1"), "Info.Remote",
		inData("group", "239.1.2.3", "239.3.2.1")).needs(func(v *vxlan.Builder) { v.Dev("under") }).variant("group"),
	set(uapi.IFLA_VXLAN_GROUP, (*vxlan.Builder).Remote, addr("ff05::123"), addr("ff05::321"), "Info.Remote",
		inData("group6", "ff05::123", "ff05::321")).needs(func(v *vxlan.Builder) { v.DevIndex(77) }).variant("group-ipv6"),
	set(uapi.IFLA_VXLAN_LOCAL, (*vxlan.Builder).Local, addr("192.0.2.17"), addr("198.51.100.3"), "Info.Local",
		inData("local", "192.0.2.17", "198.51.100.3")),
	set(uapi.IFLA_VXLAN_LOCAL, (*vxlan.Builder).Local, addr("2001:db8::17"), addr("2001:db8:1::3"), "Info.Local",
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
