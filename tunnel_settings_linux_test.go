package iplink_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/amt"
	"github.com/iplink-go/iplink/bareudp"
	"github.com/iplink-go/iplink/erspan"
	"github.com/iplink-go/iplink/geneve"
	"github.com/iplink-go/iplink/gre"
	"github.com/iplink-go/iplink/gretap"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/ip6erspan"
	"github.com/iplink-go/iplink/ip6gre"
	"github.com/iplink-go/iplink/ip6gretap"
	"github.com/iplink-go/iplink/ip6tnl"
	"github.com/iplink-go/iplink/ipip"
	"github.com/iplink-go/iplink/sit"
	"github.com/iplink-go/iplink/vti"
	"github.com/iplink-go/iplink/vti6"
	"github.com/iplink-go/iplink/xfrm"
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

// tunnelSubject is the subject for a kind of tunnel whose links have the given ends.
func tunnelSubject[B lab.TunnelBuilder[B]](t *testing.T, kind string, build func(string) B, local, remote string, settings ...[]setting[B]) {
	loadFOU(t)
	endsSubject(t, kind, build, local, remote, settings...)
}

// endsSubject is tunnelSubject for tunnels that may have no encapsulation.
func endsSubject[B lab.EndsBuilder[B]](t *testing.T, kind string, build func(string) B, local, remote string, settings ...[]setting[B]) {
	subject[B]{
		kind:    kind,
		rows:    iplink.KindRows(kind),
		prepare: underlays,
		start: func(bool) (B, iplink.Spec) {
			b := build(link).Local(lab.Addr(local)).Remote(lab.Addr(remote))
			return b, b
		},
		settings: slices.Concat(settings...),
	}.test(t)
}

// onlyIf looks for a flag that `ip` prints only if it is set.
func onlyIf(key string, first, second bool) oracle {
	o := mentioned(key)
	o.want = [2]any{first, second}
	return o
}

// endSettings are the settings of the ends over either family, whose numbers are those of
// the given attributes.
func endSettings[B lab.EndsBuilder[B]](local, remote, dev, fwMark uint16, first, second string) []setting[B] {
	return []setting[B]{
		set(local, B.Local, lab.Addr(first), lab.Addr(second), "Info.Local", inData("local", first, second)),
		set(remote, B.Remote, lab.Addr(first), lab.Addr(second), "Info.Remote", inData("remote", first, second)),
		set(dev, B.Dev, "under", "other", "Info.Dev", inData("link", "under", "other")).reads(77, 78),
		set(dev, B.DevIndex, 78, 0, "Info.Dev", inData("link", "other", nil)).variant("index"),
		set(fwMark, B.FwMark, 0x1234, 0x43210000, "Info.FwMark", inData("fwmark", "0x1234", "0x43210000")),
	}
}

func ipTunnelEnds[B lab.TunnelBuilder[B]](first, second string) []setting[B] {
	return endSettings[B](uapi.IFLA_IPTUN_LOCAL, uapi.IFLA_IPTUN_REMOTE, uapi.IFLA_IPTUN_LINK, uapi.IFLA_IPTUN_FWMARK, first, second)
}

func greEnds[B lab.TunnelBuilder[B]](first, second string) []setting[B] {
	return endSettings[B](uapi.IFLA_GRE_LOCAL, uapi.IFLA_GRE_REMOTE, uapi.IFLA_GRE_LINK, uapi.IFLA_GRE_FWMARK, first, second)
}

// encapSettings are the settings of a UDP encapsulation: the four attributes from first on.
func encapSettings[B lab.TunnelBuilder[B]](first uint16) []setting[B] {
	one := func(row uint16, o oracle) setting[B] { return set(row, B.Encap, fou, gue, "Info.Encap", o) }
	return []setting[B]{
		one(first, inData("encap.type", "fou", "gue")),
		one(own.TunnelEncapCsum, inData("encap.csum", true, false)),
		one(own.TunnelEncapCsum6, inData("encap.csum6", false, true)),
		one(own.TunnelEncapRemCsum, inData("encap.remcsum", true, false)),
		one(first+2, inData("encap.sport", 0x1234, 0x2345)),
		one(first+3, inData("encap.dport", 0x5678, 0x6789)),
	}
}

func externalSetting[B interface {
	lab.TunnelBuilder[B]
	lab.WithExternal[B]
}](row uint16, any netip.Addr) []setting[B] {
	return []setting[B]{present(row, B.External, "Info.External", mentioned("external")).needs(func(b B) { b.Local(any).Remote(any) })}
}

func outer4[B lab.TunnelOver4[B]](ttl, tos, pmtuDisc uint16) []setting[B] {
	return []setting[B]{
		set(ttl, B.TTL, 17, 33, "Info.TTL", inData("ttl", 17, 33)),
		set(tos, B.TOS, 0x14, 0x28, "Info.TOS", inData("tos", "0x14", "0x28")),
		set(pmtuDisc, B.PMTUDiscovery, false, true, "Info.PMTUDiscovery", inData("pmtudisc", false, true)).needs(func(b B) { b.TTL(0) }),
	}
}

func outer6[B lab.TunnelOver6[B]](ttl, encapLimit uint16) []setting[B] {
	return []setting[B]{
		set(ttl, B.HopLimit, 17, 33, "Info.HopLimit", inData("ttl", 17, 33)),
		set(encapLimit, B.EncapLimit, 5, 7, "Info.EncapLimit", inData("encap_limit", 5, 7)),
		present(own.TunnelNoEncapLimit, B.NoEncapLimit, "Info.NoEncapLimit", mentioned("ip6_tnl_f_ign_encap_limit")),
		set(own.TunnelTClass, B.TClass, 0x14, 0xa8, "Info.TClass", inData("tclass", "0x14", "0xa8")),
		present(own.TunnelTClassInherit, B.TClassInherit, "Info.TClassInherit", mentioned("ip6_tnl_f_use_orig_tclass")),
		set(own.TunnelFlowLabel, B.FlowLabel, 0x12345, 0x54321, "Info.FlowLabel", inData("flowlabel", "0x12345", "0x54321")),
		present(own.TunnelLabelInherit, B.FlowLabelInherit, "Info.FlowLabelInherit", mentioned("ip6_tnl_f_use_orig_flowlabel")),
		present(own.TunnelFwMarkInherit, B.FwMarkInherit, "Info.FwMarkInherit", mentioned("ip6_tnl_f_use_orig_fwmark")),
		present(own.TunnelDSCPInherit, B.DSCPInherit, "Info.DSCPInherit", mentioned("ip6_tnl_f_rcv_dscp_copy")),
		set(own.TunnelAllowLocalRemote, B.AllowLocalRemote, true, false, "Info.AllowLocalRemote", onlyIf("ip6_tnl_f_allow_local_remote", true, false)),
	}
}

func keySettings[B interface {
	lab.WithKeys[B]
	lab.TunnelBuilder[B]
}]() []setting[B] {
	keyed := func(b B, on bool) B {
		if on {
			return b.Key(7)
		}
		return b.NoKey()
	}
	return []setting[B]{
		set(uapi.IFLA_GRE_IKEY, B.IKey, 0x1234, 0x87654321, "Info.IKey", inData("ikey", "0.0.18.52", "135.101.67.33")),
		set(uapi.IFLA_GRE_OKEY, B.OKey, 0x1234, 0x87654321, "Info.OKey", inData("okey", "0.0.18.52", "135.101.67.33")),
		set(own.TunnelIKeyed, keyed, true, false, "Info.IKeyed", inData("ikey", "0.0.0.7", nil)),
		set(own.TunnelOKeyed, keyed, true, false, "Info.OKeyed", inData("okey", "0.0.0.7", nil)),
		set(own.TunnelISeq, B.ISeq, true, false, "Info.ISeq", onlyIf("iseq", true, false)),
		set(own.TunnelOSeq, B.OSeq, true, false, "Info.OSeq", onlyIf("oseq", true, false)),
		set(own.TunnelICsum, B.ICsum, true, false, "Info.ICsum", onlyIf("icsum", true, false)),
		set(own.TunnelOCsum, B.OCsum, true, false, "Info.OCsum", onlyIf("ocsum", true, false)),
	}
}

func ignoreDF[B interface {
	lab.TunnelOver4[B]
	lab.WithIgnoreDF[B]
}]() []setting[B] {
	return []setting[B]{
		set(uapi.IFLA_GRE_IGNORE_DF, B.IgnoreDF, true, false, "Info.IgnoreDF", inData("ignore_df", true, false)).needs(func(b B) { b.PMTUDiscovery(false) }),
	}
}

// mip6 has its oracle in the bytes of the flags.
func mip6[B lab.TunnelOver6[B]](flags uint16) []setting[B] {
	return []setting[B]{set(own.TunnelMIP6, B.MIP6, true, false, "Info.MIP6", inBits(0x8, flags))}
}

// inBits looks for a bit of the flags as the kernel sends them.
func inBits(bit byte, path uint16) oracle {
	o := rawData(nil, nil, path)
	o.want = [2]any{true, false}
	o.same = func(got, want any) bool { return len(got.([]byte)) > 0 && got.([]byte)[0]&bit != 0 == want.(bool) }
	return o
}

const (
	local4, remote4 = "192.0.2.1", "192.0.2.7"
	local6, remote6 = "2001:db8::1", "2001:db8::7"
	first4, second4 = "192.0.2.17", "198.51.100.3"
	first6, second6 = "2001:db8::17", "2001:db8:1::3"
)

func TestIPIPSettings(t *testing.T) {
	tunnelSubject(t, iplink.KindIPIP, ipip.New, local4, remote4,
		ipTunnelEnds[*ipip.Builder](first4, second4), encapSettings[*ipip.Builder](uapi.IFLA_IPTUN_ENCAP_TYPE),
		outer4[*ipip.Builder](uapi.IFLA_IPTUN_TTL, uapi.IFLA_IPTUN_TOS, uapi.IFLA_IPTUN_PMTUDISC),
		externalSetting[*ipip.Builder](uapi.IFLA_IPTUN_COLLECT_METADATA, netip.IPv4Unspecified()),
		[]setting[*ipip.Builder]{
			set(uapi.IFLA_IPTUN_PROTO, (*ipip.Builder).Mode, ipip.MPLSIP, ipip.Any, "Info.Mode", inData("proto", "mplsip", "any"))})
}

func TestSITSettings(t *testing.T) {
	sixRD := func(b *sit.Builder, p [2]netip.Prefix) *sit.Builder { return b.SixRD(p[0], p[1]) }
	one := [2]netip.Prefix{netip.MustParsePrefix("2001:db8:1200::/40"), netip.MustParsePrefix("192.168.0.0/18")}
	two := [2]netip.Prefix{netip.MustParsePrefix("2001:db8:3400::/39"), netip.MustParsePrefix("10.32.0.0/11")}
	prefix := func(row uint16, field string, of int, o oracle) setting[*sit.Builder] {
		return set(row, sixRD, one, two, field, o).reads(one[of], two[of])
	}
	tunnelSubject(t, iplink.KindSIT, sit.New, local4, remote4,
		ipTunnelEnds[*sit.Builder](first4, second4), encapSettings[*sit.Builder](uapi.IFLA_IPTUN_ENCAP_TYPE),
		outer4[*sit.Builder](uapi.IFLA_IPTUN_TTL, uapi.IFLA_IPTUN_TOS, uapi.IFLA_IPTUN_PMTUDISC),
		[]setting[*sit.Builder]{
			set(uapi.IFLA_IPTUN_PROTO, (*sit.Builder).Mode, sit.IPIP, sit.Any, "Info.Mode", inData("proto", "ipip", "any")),
			present(own.TunnelISATAP, (*sit.Builder).ISATAP, "Info.ISATAP", mentioned("isatap")),
			prefix(uapi.IFLA_IPTUN_6RD_PREFIX, "Info.SixRDPrefix", 0, inData("prefix", "2001:db8:1200::", "2001:db8:3400::")),
			prefix(uapi.IFLA_IPTUN_6RD_PREFIXLEN, "Info.SixRDPrefix", 0, inData("prefixlen", 40, 39)).variant("len"),
			prefix(uapi.IFLA_IPTUN_6RD_RELAY_PREFIX, "Info.SixRDRelay", 1, inData("relay_prefix", "192.168.0.0", "10.32.0.0")),
			prefix(uapi.IFLA_IPTUN_6RD_RELAY_PREFIXLEN, "Info.SixRDRelay", 1, inData("relay_prefixlen", 18, 11)).variant("len"),
		})
}

func TestIP6TnlSettings(t *testing.T) {
	tunnelSubject(t, iplink.KindIP6Tnl, ip6tnl.New, local6, remote6,
		ipTunnelEnds[*ip6tnl.Builder](first6, second6), encapSettings[*ip6tnl.Builder](uapi.IFLA_IPTUN_ENCAP_TYPE),
		outer6[*ip6tnl.Builder](uapi.IFLA_IPTUN_TTL, uapi.IFLA_IPTUN_ENCAP_LIMIT), mip6[*ip6tnl.Builder](uapi.IFLA_IPTUN_FLAGS),
		externalSetting[*ip6tnl.Builder](uapi.IFLA_IPTUN_COLLECT_METADATA, netip.IPv6Unspecified()),
		[]setting[*ip6tnl.Builder]{
			set(uapi.IFLA_IPTUN_PROTO, (*ip6tnl.Builder).Mode, ip6tnl.IPIP6, ip6tnl.IP6IP6, "Info.Mode", inData("proto", "ipip6", "ip6ip6"))})
}

func greSettings[B interface {
	lab.TunnelOver4[B]
	lab.WithKeys[B]
	lab.WithExternal[B]
	lab.WithIgnoreDF[B]
}](t *testing.T, kind string, build func(string) B) {
	tunnelSubject(t, kind, build, local4, remote4, greEnds[B](first4, second4), encapSettings[B](uapi.IFLA_GRE_ENCAP_TYPE), keySettings[B](),
		outer4[B](uapi.IFLA_GRE_TTL, uapi.IFLA_GRE_TOS, uapi.IFLA_GRE_PMTUDISC), ignoreDF[B](),
		externalSetting[B](uapi.IFLA_GRE_COLLECT_METADATA, netip.IPv4Unspecified()))
}

func ip6greSettings[B interface {
	lab.TunnelOver6[B]
	lab.WithKeys[B]
	lab.WithExternal[B]
}](t *testing.T, kind string, build func(string) B) {
	tunnelSubject(t, kind, build, local6, remote6, greEnds[B](first6, second6), encapSettings[B](uapi.IFLA_GRE_ENCAP_TYPE), keySettings[B](),
		outer6[B](uapi.IFLA_GRE_TTL, uapi.IFLA_GRE_ENCAP_LIMIT), mip6[B](uapi.IFLA_GRE_FLAGS),
		externalSetting[B](uapi.IFLA_GRE_COLLECT_METADATA, netip.IPv6Unspecified()))
}

func TestGRESettings(t *testing.T)       { greSettings(t, iplink.KindGRE, gre.New) }
func TestGRETapSettings(t *testing.T)    { greSettings(t, iplink.KindGRETap, gretap.New) }
func TestIP6GRESettings(t *testing.T)    { ip6greSettings(t, iplink.KindIP6GRE, ip6gre.New) }
func TestIP6GRETapSettings(t *testing.T) { ip6greSettings(t, iplink.KindIP6GRETap, ip6gretap.New) }

func erspanSettings[B lab.Mirroring[B]]() []setting[B] {
	second := func(b B) { b.Version(2) }
	return []setting[B]{
		set(uapi.IFLA_GRE_IKEY, B.IKey, 0x123, 0x321, "Info.IKey", inData("ikey", "0.0.1.35", "0.0.3.33")),
		set(uapi.IFLA_GRE_OKEY, B.OKey, 0x123, 0x321, "Info.OKey", inData("okey", "0.0.1.35", "0.0.3.33")),
		set(own.TunnelIKeyed, B.IKey, 0x123, 0x321, "Info.IKeyed", onlyIf("ikey", true, true)).reads(true, true),
		set(own.TunnelOKeyed, B.OKey, 0x123, 0x321, "Info.OKeyed", onlyIf("okey", true, true)).reads(true, true),
		set(own.TunnelISeq, B.IKey, 0x123, 0x321, "Info.ISeq", onlyIf("iseq", true, true)).reads(true, true),
		set(own.TunnelOSeq, B.OKey, 0x123, 0x321, "Info.OSeq", onlyIf("oseq", true, true)).reads(true, true),
		set(uapi.IFLA_GRE_ERSPAN_VER, B.Version, 2, 1, "Info.Version", inData("erspan_ver", 2, 1)),
		set(uapi.IFLA_GRE_ERSPAN_INDEX, B.SessionIndex, 0x12345, 0x54321, "Info.Index", inData("erspan_index", 74565, 344865)),
		set(uapi.IFLA_GRE_ERSPAN_DIR, B.Direction, erspan.Egress, erspan.Ingress, "Info.Direction", inData("erspan_dir", "egress", "ingress")).needs(second),
		set(uapi.IFLA_GRE_ERSPAN_HWID, B.HWID, 17, 33, "Info.HWID", inData("erspan_hwid", "0x11", "0x21")).needs(second),
	}
}

func TestERSPANSettings(t *testing.T) {
	build := func(name string) *erspan.Builder { return erspan.New(name).Key(7) }
	tunnelSubject(t, iplink.KindERSPAN, build, local4, remote4,
		greEnds[*erspan.Builder](first4, second4), encapSettings[*erspan.Builder](uapi.IFLA_GRE_ENCAP_TYPE),
		outer4[*erspan.Builder](uapi.IFLA_GRE_TTL, uapi.IFLA_GRE_TOS, uapi.IFLA_GRE_PMTUDISC), ignoreDF[*erspan.Builder](),
		externalSetting[*erspan.Builder](uapi.IFLA_GRE_COLLECT_METADATA, netip.IPv4Unspecified()), erspanSettings[*erspan.Builder]())
}

func TestIP6ERSPANSettings(t *testing.T) {
	build := func(name string) *ip6erspan.Builder { return ip6erspan.New(name).Key(7) }
	tunnelSubject(t, iplink.KindIP6ERSPAN, build, local6, remote6,
		greEnds[*ip6erspan.Builder](first6, second6), encapSettings[*ip6erspan.Builder](uapi.IFLA_GRE_ENCAP_TYPE),
		outer6[*ip6erspan.Builder](uapi.IFLA_GRE_TTL, uapi.IFLA_GRE_ENCAP_LIMIT), mip6[*ip6erspan.Builder](uapi.IFLA_GRE_FLAGS),
		externalSetting[*ip6erspan.Builder](uapi.IFLA_GRE_COLLECT_METADATA, netip.IPv6Unspecified()), erspanSettings[*ip6erspan.Builder]())
}

func vtiSettings[B vtiBuilder[B]](t *testing.T, kind string, build func(string) B, local, remote, first, second string) {
	ends := endSettings[B](uapi.IFLA_VTI_LOCAL, uapi.IFLA_VTI_REMOTE, uapi.IFLA_VTI_LINK, uapi.IFLA_VTI_FWMARK, first, second)
	endsSubject(t, kind, build, local, remote, slices.Concat(ends, []setting[B]{
		set(uapi.IFLA_VTI_IKEY, B.IKey, 0x1234, 0x87654321, "Info.IKey", inData("ikey", "0.0.18.52", "135.101.67.33")),
		set(uapi.IFLA_VTI_OKEY, B.OKey, 0x1234, 0x87654321, "Info.OKey", inData("okey", "0.0.18.52", "135.101.67.33")),
		set(uapi.IFLA_VTI_IKEY, B.Key, 0x123, 0x4321, "Info.IKey", inData("ikey", "0.0.1.35", "0.0.67.33")).variant("key"),
		set(uapi.IFLA_VTI_OKEY, B.Key, 0x123, 0x4321, "Info.OKey", inData("okey", "0.0.1.35", "0.0.67.33")).variant("key"),
	}))
}

func TestVTISettings(t *testing.T) {
	vtiSettings(t, iplink.KindVTI, vti.New, local4, remote4, first4, second4)
}

func TestVTI6Settings(t *testing.T) {
	vtiSettings(t, iplink.KindVTI6, vti6.New, local6, remote6, first6, second6)
}

func TestXfrmSettings(t *testing.T) {
	numbered := func(x *xfrm.Builder) { x.IfID(7) }
	subject[*xfrm.Builder]{
		kind:    iplink.KindXfrm,
		rows:    iplink.KindRows(iplink.KindXfrm),
		prepare: underlays,
		start: func(bool) (*xfrm.Builder, iplink.Spec) {
			x := xfrm.New(link).IfID(9)
			return x, x
		},
		settings: []setting[*xfrm.Builder]{
			set(uapi.IFLA_XFRM_IF_ID, (*xfrm.Builder).IfID, 0x12345678, 0x7654321, "Info.IfID", inData("if_id", "0x12345678", "0x7654321")),
			set(uapi.IFLA_XFRM_IF_ID, (*xfrm.Builder).IfID, 0x1234, 0x4321, "Info.IfID", inData("if_id", "0x1234", "0x4321"),
				inLink("link", "other", "other")).needs(func(x *xfrm.Builder) { x.Dev("other") }).variant("dev"),
			set(uapi.IFLA_XFRM_LINK, (*xfrm.Builder).Dev, "under", "other", "Info.Dev", inLink("link", "under", "other")).
				needs(numbered).reads(77, 78),
			set(uapi.IFLA_XFRM_LINK, (*xfrm.Builder).DevIndex, 77, 78, "Info.Dev", inLink("link", "under", "other")).variant("index"),
			present(uapi.IFLA_XFRM_COLLECT_METADATA, xfrmExternal, "Info.External", mentioned("external")),
		},
	}.test(t)
}

// xfrmExternal takes back the number that the link of each test has.
func xfrmExternal(x *xfrm.Builder) *xfrm.Builder {
	x.Own(x).Set.Remove(uapi.IFLA_XFRM_IF_ID)
	return x.External()
}

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
func amtEnd(a *amt.Builder) { a.Mode(amt.Gateway).Discovery(lab.Addr("192.0.2.7")) }

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
