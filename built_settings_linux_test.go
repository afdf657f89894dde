package iplink_test

import (
	"slices"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/amt"
	"github.com/iplink-go/iplink/bareudp"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/rmnet"
)

func TestBareUDPSettings(t *testing.T) {
	subject[*bareudp.Builder]{
		kind: iplink.KindBareUDP,
		rows: iplink.KindRows(iplink.KindBareUDP),
		start: func(bool) (*bareudp.Builder, iplink.Spec) {
			b := bareudp.New(link).Port(0x1111).EtherType(bareudp.IPv4)
			return b, b
		},
		settings: []setting[*bareudp.Builder]{
			set(uapi.IFLA_BAREUDP_PORT, (*bareudp.Builder).Port, 0x1234, 0x4321, "Info.Port", inData("dstport", 4660, 17185)),
			set(uapi.IFLA_BAREUDP_ETHERTYPE, (*bareudp.Builder).EtherType, bareudp.MPLSUnicast, bareudp.MPLSMulticast, "Info.EtherType",
				inData("ethertype", "mpls_uc", "mpls_mc"), rawData([]byte{0x88, 0x47}, []byte{0x88, 0x48}, uapi.IFLA_BAREUDP_ETHERTYPE)),
			set(uapi.IFLA_BAREUDP_ETHERTYPE, (*bareudp.Builder).EtherType, 0x894f, bareudp.IPv6, "Info.EtherType",
				inData("ethertype", "[35151]", "ipv6"), rawData([]byte{0x89, 0x4f}, []byte{0x86, 0xdd}, uapi.IFLA_BAREUDP_ETHERTYPE)).variant("number"),
			set(uapi.IFLA_BAREUDP_SRCPORT_MIN, (*bareudp.Builder).SourcePortMin, 0x1234, 0x4321, "Info.SourcePortMin",
				inData("srcportmin", 4660, 17185)),
			present(uapi.IFLA_BAREUDP_MULTIPROTO_MODE, (*bareudp.Builder).MultiProto, "Info.MultiProto", inData("multiproto", true, false)),
		},
	}.test(t)
}

// amtEnd makes a link that is one of both ends.
func amtEnd(a *amt.Builder)   { a.Mode(amt.Gateway).Discovery(lab.Addr("192.0.2.7")) }
func amtRelay(a *amt.Builder) { a.Mode(amt.Relay) }

// amtMode sets the mode, and the address that a gateway needs.
func amtMode(a *amt.Builder, mode iplink.AMTMode) *amt.Builder {
	if mode == amt.Gateway {
		a.Discovery(lab.Addr("192.0.2.7"))
	}
	return a.Mode(mode)
}

func TestAMTSettings(t *testing.T) {
	four := func(first, second string) oracle { return inData("local", first, second) }
	subject[*amt.Builder]{
		kind:    iplink.KindAMT,
		rows:    iplink.KindRows(iplink.KindAMT),
		prepare: underlays,
		start: func(update bool) (*amt.Builder, iplink.Spec) {
			a := amt.New(link)
			if !update {
				a.Dev("under").Local(lab.Addr("192.0.2.1"))
			}
			return a, a
		},
		settings: []setting[*amt.Builder]{
			set(uapi.IFLA_AMT_MODE, amtMode, amt.Relay, amt.Gateway, "Info.Mode", inData("mode", "relay", "gateway")),
			set(uapi.IFLA_AMT_RELAY_PORT, (*amt.Builder).RelayPort, 0x1234, 0x4321, "Info.RelayPort", inData("relay_port", 4660, 17185)).needs(amtRelay),
			set(uapi.IFLA_AMT_GATEWAY_PORT, (*amt.Builder).GatewayPort, 0x1234, 0x4321, "Info.GatewayPort",
				inData("gateway_port", 4660, 17185)).needs(amtEnd),
			set(uapi.IFLA_AMT_LINK, (*amt.Builder).Dev, "other", "third", "Info.Dev", inData("link", "other", "third")).needs(amtRelay).reads(78, 79),
			set(uapi.IFLA_AMT_LINK, (*amt.Builder).DevIndex, 78, 79, "Info.Dev", inData("link", "other", "third")).needs(amtRelay).variant("index"),
			set(uapi.IFLA_AMT_LOCAL_IP, (*amt.Builder).Local, lab.Addr("192.0.2.17"), lab.Addr("198.51.100.3"), "Info.Local",
				four("192.0.2.17", "198.51.100.3")).needs(amtRelay),
			set(uapi.IFLA_AMT_DISCOVERY_IP, (*amt.Builder).Discovery, lab.Addr("192.0.2.17"), lab.Addr("198.51.100.3"), "Info.Discovery",
				inData("discovery", "192.0.2.17", "198.51.100.3")).needs(amtEnd),
			set(uapi.IFLA_AMT_MAX_TUNNELS, (*amt.Builder).MaxTunnels, 0x12345, 0x54321, "Info.MaxTunnels",
				inData("max_tunnels", 74565, 344865)).needs(amtRelay),
		},
	}.test(t)
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
