package iplink_test

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/amt"
	"github.com/iplink-go/iplink/bareudp"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/pfcp"
	"github.com/iplink-go/iplink/rmnet"
)

// These kinds are in no kernel of Debian. The host of a guest builds their drivers.

func goldenBareUDP() []goldenSpec {
	base := func() *bareudp.Builder { return bareudp.New("t0").Index(goldenIndex).Port(0x1234) }
	return []goldenSpec{
		{"mpls", base().EtherType(bareudp.MPLSUnicast).SourcePortMin(0x4321).MultiProto()},
		{"multicast", base().EtherType(bareudp.MPLSMulticast).MTU(1281)},
		{"ipv6", base().EtherType(bareudp.IPv6)},
		{"number", base().EtherType(0x894f)},
	}
}

func goldenAMT() []goldenSpec {
	base := func() *amt.Builder {
		return amt.New("t0").Index(goldenIndex).Dev("under").Local(lab.Addr("192.0.2.17")).RelayPort(0x1234)
	}
	return []goldenSpec{
		{"gateway", base().Mode(amt.Gateway).Discovery(lab.Addr("198.51.100.3")).GatewayPort(0x4321)},
		{"relay", base().Mode(amt.Relay).MaxTunnels(0x12345)},
	}
}

func goldenRMNet() []goldenSpec {
	return []goldenSpec{{"plain", rmnet.New("t0").Index(goldenIndex).Parent("under").MuxID(0x21)}}
}

// byHandRMNet has the flags: values, and a mask.
func byHandRMNet() []written {
	b := rmnet.New("t0").Parent("under").MuxID(0x21)
	return []written{
		{2, b.Clone().IngressDeaggregation(false).EgressChecksumV4(true), "08 00 00 00 09 00 00 00"},
		{2, b.Clone().IngressCommands(true).IngressChecksumV4(false).IngressChecksumV5(true).EgressChecksumV5(false), "12 00 00 00 36 00 00 00"},
	}
}

func TestBareUDPRefusals(t *testing.T) {
	b := func() *bareudp.Builder { return bareudp.New("a").Port(7).EtherType(bareudp.IPv4) }
	for _, r := range []badSpec{
		{spec: bareudp.New("a").EtherType(bareudp.IPv4), message: "dstport: there is no default for it"},
		{spec: bareudp.New("a").Port(7), message: "ethertype: there is no default for it"},
		{spec: b().Port(0), message: "dstport: 0 is not in 1…65535"},
		{spec: b().EtherType(bareudp.IPv6).MultiProto(), message: "multiproto: goes with EtherType ipv4 or mpls_uc, not ipv6"},
		{spec: b().EtherType(0x894f).MultiProto(), message: "multiproto: goes with EtherType ipv4 or mpls_uc, not 0x894f"},
		{spec: b().MTU(65528), message: "mtu: 65528 is not in 68…65527"},
		{spec: b().Address(lab.MAC), message: "address: a bareudp link has no link-layer address"},
		{spec: b().Parent("b"), message: "link: a bareudp sits on no other link"},
	} {
		r.test(t)
	}
	accepted(t, "create", b().MultiProto(), b().EtherType(bareudp.MPLSUnicast).MultiProto())
}

func TestAMTRefusals(t *testing.T) {
	b := func(m iplink.AMTMode) *amt.Builder { return amt.New("a").Mode(m).Dev("b").Local(lab.Addr("192.0.2.1")) }
	gateway := func() *amt.Builder { return b(amt.Gateway).Discovery(lab.Addr("192.0.2.2")) }
	for _, r := range []badSpec{
		{spec: amt.New("a").Dev("b").Local(lab.Addr("192.0.2.1")), message: "mode: there is no default for it"},
		{spec: amt.New("a").Mode(amt.Relay).Local(lab.Addr("192.0.2.1")), message: "dev: there is no default for it"},
		{spec: amt.New("a").Mode(amt.Relay).Dev("b"), message: "local: there is no default for it"},
		{spec: b(amt.Gateway), message: "discovery: a Gateway has no default for it"},
		{spec: b(2), message: "mode: 2 is not one of gateway, relay"},
		{spec: b(amt.Relay).Discovery(lab.Addr("192.0.2.2")), message: "discovery: only a Gateway has it"},
		{spec: b(amt.Relay).GatewayPort(7), message: "gateway_port: only a Gateway has it"},
		{spec: gateway().MaxTunnels(7), message: "max_tunnels: only a Relay has it"},
		{spec: b(amt.Relay).MaxTunnels(0), message: "max_tunnels: 0 is not in 1…4294967295"},
		{spec: gateway().RelayPort(0), message: "relay_port: 0 is not in 1…65535"},
		{spec: gateway().GatewayPort(0), message: "gateway_port: 0 is not in 1…65535"},
		{spec: gateway().Local(lab.Addr("127.0.0.1")), message: "local: 127.0.0.1 is not an address of a host"},
		{spec: gateway().Local(lab.Addr("0.1.2.3")), message: "local: 0.1.2.3 is not an address of a host"},
		{spec: gateway().Discovery(lab.Addr("239.1.2.3")), message: "discovery: 239.1.2.3 is not an address of a host"},
		{spec: gateway().Discovery(lab.Addr("2001:db8::1")), message: "discovery: 2001:db8::1 is of the other family: the link has addresses of 4 bytes"},
	} {
		r.test(t)
	}
}

func TestRMNetRefusals(t *testing.T) {
	for _, r := range []badSpec{
		{spec: rmnet.New("a").MuxID(7), message: "link: a rmnet sits on another link: name it with Parent"},
		{spec: rmnet.New("a").Parent("b"), message: "mux_id: there is no default for it"},
		{spec: rmnet.New("a").Parent("b").MuxID(255), message: "mux_id: 255 is not in 0…254"},
		{spec: rmnet.New("a").Parent("b").MuxID(7).MTU(16385), message: "mtu: 16385 is not in 0…16384"},
		{spec: rmnet.New("a").MuxID(7).Address(lab.MAC), op: "update", message: "address: an rmnet link has no link-layer address"},
		{spec: pfcp.New("a").MTU(68), message: "mtu: with 68, IP sends on the link, the driver cannot, and the kernel crashes: up to 67 it only receives"},
		{spec: pfcp.New("a").Address(lab.MAC), message: "address: a pfcp link has no link-layer address"},
	} {
		r.test(t)
	}
}
