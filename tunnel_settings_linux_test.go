package iplink_test

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/geneve"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/uapi"
)

func TestGeneveSettings(t *testing.T) {
	subject[*geneve.Builder]{
		kind: iplink.KindGeneve,
		rows: iplink.KindRows(iplink.KindGeneve),
		start: func(bool) (*geneve.Builder, iplink.Spec) {
			v := geneve.New(link)
			return v, v
		},
		settings: append(geneveAddresses, geneveOuter...),
	}.test(t)
}

// geneve4 and geneve6 make the link one over IPv4 or IPv6.
func geneve4(v *geneve.Builder) { v.VNI(42).Remote(lab.Addr("192.0.2.7")) }
func geneve6(v *geneve.Builder) { v.VNI(42).Remote(lab.Addr("2001:db8::7")) }
func geneve0(v *geneve.Builder) { v.VNI(42) }

var geneveAddresses = []setting[*geneve.Builder]{
	set(uapi.IFLA_GENEVE_ID, (*geneve.Builder).VNI, 0x123456, 0x654321, "Info.VNI", inData("id", 1193046, 6636321)),
	set(uapi.IFLA_GENEVE_REMOTE, (*geneve.Builder).Remote, lab.Addr("192.0.2.17"), lab.Addr("198.51.100.3"), "Info.Remote",
		inData("remote", "192.0.2.17", "198.51.100.3")).needs(geneve0),
	set(uapi.IFLA_GENEVE_REMOTE, (*geneve.Builder).Remote, lab.Addr("2001:db8::17"), lab.Addr("2001:db8:1::3"), "Info.Remote",
		inData("remote6", "2001:db8::17", "2001:db8:1::3")).needs(geneve0).variant("ipv6"),
	set(uapi.IFLA_GENEVE_LOCAL, (*geneve.Builder).Local, lab.Addr("192.0.2.17"), lab.Addr("198.51.100.3"), "Info.Local",
		rawData([]byte{192, 0, 2, 17}, []byte{198, 51, 100, 3}, uapi.IFLA_GENEVE_LOCAL)).needs(geneve4),
	set(uapi.IFLA_GENEVE_LOCAL, (*geneve.Builder).Local, lab.Addr("2001:db8::17"), lab.Addr("2001:db8:1::3"), "Info.Local",
		rawData([]byte{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x17}, []byte{0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3},
			uapi.IFLA_GENEVE_LOCAL6)).needs(geneve6).variant("ipv6"),
	set(uapi.IFLA_GENEVE_PORT, (*geneve.Builder).Port, 0x1234, 0x4321, "Info.Port", inData("port", 4660, 17185)).needs(geneve0),
	set(uapi.IFLA_GENEVE_PORT_RANGE, genevePortRange, [2]uint16{0x1234, 0x5678}, [2]uint16{0x2345, 0x6789}, "Info.PortHigh",
		rawData([]byte{0x12, 0x34, 0x56, 0x78}, []byte{0x23, 0x45, 0x67, 0x89}, uapi.IFLA_GENEVE_PORT_RANGE)).
		needs(geneve0).reads(uint16(0x5678), uint16(0x6789)),
}

func genevePortRange(v *geneve.Builder, p [2]uint16) *geneve.Builder { return v.PortRange(p[0], p[1]) }

var geneveOuter = []setting[*geneve.Builder]{
	set(uapi.IFLA_GENEVE_TTL, (*geneve.Builder).TTL, 17, 33, "Info.TTL", inData("ttl", 17, 33)).needs(geneve4),
	present(uapi.IFLA_GENEVE_TTL_INHERIT, (*geneve.Builder).TTLInherit, "Info.TTLInherit",
		rawData([]byte{1}, nil, uapi.IFLA_GENEVE_TTL_INHERIT)).needs(geneve4),
	set(uapi.IFLA_GENEVE_TOS, (*geneve.Builder).TOS, 0x14, 0x28, "Info.TOS", inData("tos", "0x14", "0x28")).needs(geneve4),
	set(uapi.IFLA_GENEVE_DF, (*geneve.Builder).DF, geneve.DFSet, geneve.DFInherit, "Info.DF", inData("df", "set", "inherit")).needs(geneve4),
	set(uapi.IFLA_GENEVE_LABEL, (*geneve.Builder).Label, 0x12345, 0x54321, "Info.Label",
		inData("label", "0x12345", "0x54321")).needs(geneve6),
	set(uapi.IFLA_GENEVE_UDP_CSUM, (*geneve.Builder).UDPChecksum, true, false, "Info.UDPChecksum",
		inData("udp_csum", true, false)).needs(geneve4),
	set(uapi.IFLA_GENEVE_UDP_ZERO_CSUM6_TX, (*geneve.Builder).UDPZeroCSum6Tx, true, false, "Info.UDPZeroCSum6Tx",
		inData("udp_zero_csum6_tx", true, false)).needs(geneve6),
	set(uapi.IFLA_GENEVE_UDP_ZERO_CSUM6_RX, (*geneve.Builder).UDPZeroCSum6Rx, true, false, "Info.UDPZeroCSum6Rx",
		inData("udp_zero_csum6_rx", true, false)).needs(geneve6),
	present(uapi.IFLA_GENEVE_COLLECT_METADATA, (*geneve.Builder).External, "Info.External", mentioned("external")).
		needs(func(v *geneve.Builder) { v.VNI(0) }),
	present(uapi.IFLA_GENEVE_INNER_PROTO_INHERIT, (*geneve.Builder).InnerProtoInherit, "Info.InnerProtoInherit",
		rawFlag(uapi.IFLA_GENEVE_INNER_PROTO_INHERIT)).needs(geneve4),
	present(uapi.IFLA_GENEVE_GRO_HINT, (*geneve.Builder).GROHint, "Info.GROHint", rawFlag(uapi.IFLA_GENEVE_GRO_HINT)).needs(geneve4),
}
