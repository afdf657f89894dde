package iplink_test

import (
	"net"
	"net/netip"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/erspan"
	"github.com/iplink-go/iplink/geneve"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
	"github.com/iplink-go/iplink/ip6erspan"
	"github.com/iplink-go/iplink/ip6tnl"
	"github.com/iplink-go/iplink/ipip"
	"github.com/iplink-go/iplink/sit"
	"github.com/iplink-go/iplink/vti"
	"github.com/iplink-go/iplink/vti6"
)

// TestWholeChange changes one setting where a request has to carry the others: all that
// the kernel has reported, except those that cannot change, and the MTU.
func TestWholeChange(t *testing.T) {
	littleEndian(t)
	have := decoded(t, "07000300 67310000"+
		"08000400 01050000"+ // MTU 1281
		"44001200"+
		"0a000100 67656e65 76650000"+
		"34000200"+
		"08000100 56341200 08000200 c0000207 05000300 21000000 05000400 14000000 06000500 17c10000 08000b00 00012345")
	data, mtu := iplink.WholeChange(geneve.New("g1").TTL(0x11).Port(0x17c1), have)
	found := map[uint16]string{}
	for a, err := range wire.Attrs(wire.Find(data, uapi.IFLA_INFO_DATA)) {
		if err != nil {
			t.Fatal(err)
		}
		found[a.Type] = string(a.Data)
	}
	want := map[uint16]string{
		uapi.IFLA_GENEVE_REMOTE: "\xc0\x00\x02\x07", uapi.IFLA_GENEVE_TTL: "\x11", uapi.IFLA_GENEVE_TOS: "\x14", uapi.IFLA_GENEVE_LABEL: "\x00\x01\x23\x45",
	}
	if len(found) != len(want) {
		t.Errorf("the request has %v, want %v", found, want)
	}
	for typ, value := range want {
		if found[typ] != value {
			t.Errorf("attribute %d is % x, want % x", typ, found[typ], value)
		}
	}
	if mtu != 1281 {
		t.Errorf("the request sets the MTU to %d", mtu)
	}
	if _, mtu = iplink.WholeChange(geneve.New("g1").TTL(0x11).MTU(0x567), have); mtu != 0x567 {
		t.Errorf("the request sets the MTU to %d, not to the wanted one", mtu)
	}
	if data, mtu = iplink.WholeChange(geneve.New("g1").Up(), have); len(data) > 0 || mtu != 0 {
		t.Errorf("a change of other settings carries % x and the MTU %d", data, mtu)
	}
}

var (
	fou = iplink.TunnelEncap{Type: iplink.TunnelEncapFOU, SourcePort: 0x1234, DestPort: 0x5678, Checksum: true, RemoteChecksum: true}
	gue = iplink.TunnelEncap{Type: iplink.TunnelEncapGUE, SourcePort: 0x2345, DestPort: 0x6789, Checksum6: true}
)

// golden4 sets all that `ip` sends of a tunnel over IPv4.
func golden4[B lab.TunnelOver4[B]](b B) B {
	return b.Index(goldenIndex).Local(lab.Addr("192.0.2.17")).Remote(lab.Addr("198.51.100.3")).Dev("under").
		TTL(17).TOS(0x14).PMTUDiscovery(true).FwMark(0x1234).Encap(fou)
}

// golden6 sets all that `ip` sends of a tunnel over IPv6.
func golden6[B lab.TunnelOver6[B]](b B) B {
	return b.Index(goldenIndex).Local(lab.Addr("2001:db8::17")).Remote(lab.Addr("2001:db8:1::3")).Dev("under").
		HopLimit(17).EncapLimit(5).TClass(0x14).FlowLabel(0x12345).FwMark(0x1234).Encap(gue)
}

func goldenIPIP() []goldenSpec {
	return []goldenSpec{
		{"unicast", golden4(ipip.New("t0").Mode(ipip.MPLSIP))},
		{"external", ipip.New("t0").Index(goldenIndex).Mode(ipip.Any).External()},
	}
}

func goldenSIT() []goldenSpec {
	return []goldenSpec{
		{"isatap", golden4(sit.New("t0").Mode(sit.IP6IP).ISATAP().
			SixRD(netip.MustParsePrefix("2001:db8:1200::/40"), netip.MustParsePrefix("192.168.0.0/18")))},
	}
}

func goldenIP6Tnl() []goldenSpec {
	return []goldenSpec{
		{"unicast", golden6(ip6tnl.New("t0").Mode(ip6tnl.IPIP6))},
		{"inherit", golden6(ip6tnl.New("t0").Mode(ip6tnl.IP6IP6)).TClassInherit().TClass(7).FlowLabelInherit().FlowLabel(7).DSCPInherit().AllowLocalRemote(true)},
		{"external", ip6tnl.New("t0").Index(goldenIndex).Mode(ip6tnl.Any).External()},
	}
}

func goldenGRE[B interface {
	lab.TunnelOver4[B]
	lab.WithKeys[B]
	lab.WithExternal[B]
	lab.WithIgnoreDF[B]
}](build func(string) B) []goldenSpec {
	return []goldenSpec{
		{"keys", golden4(build("t0")).IKey(0x1234).OKey(0x87654321).ISeq(true).OCsum(true)},
		{"ignore-df", golden4(build("t0")).NoKey().OSeq(true).ICsum(true).PMTUDiscovery(false).IgnoreDF(true)},
		{"external", build("t0").Index(goldenIndex).External()},
	}
}

func goldenIP6GRE[B interface {
	lab.TunnelOver6[B]
	lab.WithKeys[B]
	lab.WithExternal[B]
}](build func(string) B) []goldenSpec {
	return []goldenSpec{
		{"keys", golden6(build("t0")).IKey(0x1234).OKey(0x87654321).ISeq(true).OCsum(true)},
		{"external", build("t0").Index(goldenIndex).External()},
	}
}

func goldenERSPAN() []goldenSpec {
	return []goldenSpec{
		{"version-1", golden4(erspan.New("t0").Key(0x123).Version(1).SessionIndex(0x12345))},
		{"version-2", golden4(erspan.New("t0").IKey(0x123).OKey(0x321).Version(2).Direction(erspan.Egress).HWID(17))},
		{"plain", golden4(erspan.New("t0").Key(0x123).Version(1)).PMTUDiscovery(false).IgnoreDF(true)},
		{"external", erspan.New("t0").Index(goldenIndex).External()},
	}
}

func goldenIP6ERSPAN() []goldenSpec {
	return []goldenSpec{
		{"version-1", golden6(ip6erspan.New("t0").Key(0x123).Version(1).SessionIndex(0x12345))},
		{"version-2", golden6(ip6erspan.New("t0").IKey(0x123).OKey(0x321).Version(2).Direction(ip6erspan.Egress).HWID(17))},
		{"external", ip6erspan.New("t0").Index(goldenIndex).External()},
	}
}

func TestTunnelFaults(t *testing.T) {
	four, six := lab.Addr("192.0.2.7"), lab.Addr("2001:db8::7")
	for _, r := range []badSpec{
		{spec: ipip.New("a").Remote(six), message: "remote: 2001:db8::7 is of the other family: the link has addresses of 4 bytes"},
		{spec: ip6tnl.New("a").Local(four), message: "local: 192.0.2.7 is of the other family: the link has addresses of 16 bytes"},
		{spec: ip6tnl.New("a").FlowLabel(1 << 20), message: "flowlabel: 1048576 is not in 0…1048575"},
		{spec: ipip.New("a").Remote(four).External(), message: "remote: cannot go with External, where it comes with each packet"},
		{spec: ipip.New("a").TTL(7).PMTUDiscovery(false), message: "pmtudisc: the kernel turns it off only with TTL(0), which copies the TTL of the inner packet"},
		{spec: sit.New("a").PMTUDiscovery(false), message: "pmtudisc: the kernel turns it off only with TTL(0), which copies the TTL of the inner packet"},
		{spec: ipip.New("a").Encap(ipip.FOU(0)), message: "encap-dport: 0 is not a UDP port: the receiver needs one"},
		{spec: sit.New("a").SixRD(netip.MustParsePrefix("2001:db8::/40"), netip.Prefix{}),
			message: "6rd-prefix: 2001:db8::/40 leaves no room for the IPv4 address after the 0 bits of the relay prefix"},
		{spec: erspan.New("a").Remote(four), message: "key: there is no default for it: set Key, the session ID"},
		{spec: erspan.New("a").Remote(four).Key(1024), message: "ikey: 1024 is not in 0…1023"},
		{spec: erspan.New("a").Remote(four).Key(7).HWID(3), message: "erspan_hwid: only version 2 has it, and the version is 1"},
	} {
		r.test(t)
	}
	accepted(t, "create", sit.New("a").TTL(0).PMTUDiscovery(false), erspan.New("a").External(), ipip.New("a").External(),
		erspan.New("a").Key(7).Version(2).HWID(63))
}

// TestFallback knows the device that a driver makes by its name and its lack of addresses.
func TestFallback(t *testing.T) {
	for _, c := range []struct {
		link iplink.Link
		want bool
	}{
		{iplink.Link{Name: "tunl0", Kind: "ipip", Info: new(iplink.IPIPInfo)}, true},
		{iplink.Link{Name: "tunl1", Kind: "ipip", Info: new(iplink.IPIPInfo)}, false},
		{iplink.Link{Name: "tunl0", Kind: "ipip", Info: &iplink.IPIPInfo{Tunnel: iplink.Tunnel{Remote: lab.Addr("192.0.2.7")}}}, false},
		{iplink.Link{Name: "tunl0", Kind: "dummy"}, false},
		{iplink.Link{Name: "ip6tnl0", Kind: "ip6tnl", Info: &iplink.IP6TnlInfo{Tunnel: iplink.Tunnel{Local: netip.IPv6Unspecified()}}}, true},
	} {
		if got := c.link.Fallback(); got != c.want {
			t.Errorf("%s %q: %v", c.link.Kind, c.link.Name, got)
		}
	}
}

func TestAddressText(t *testing.T) {
	for _, c := range []struct {
		typ     iplink.HardwareType
		address net.HardwareAddr
		want    string
	}{
		{iplink.HardwareTunnel, net.HardwareAddr{192, 0, 2, 17}, "192.0.2.17"},
		{iplink.HardwareGRE6, net.HardwareAddr(lab.Addr("2001:db8::17").AsSlice()), "2001:db8::17"},
		{iplink.HardwareEther, net.HardwareAddr{2, 0, 0, 0, 0x12, 0x34}, "02:00:00:00:12:34"},
		{iplink.HardwareSIT, net.HardwareAddr{1, 2, 3}, "01:02:03"},
		{iplink.HardwareGRE, nil, ""},
	} {
		if got := (&iplink.Link{Type: c.typ, Address: c.address}).AddressText(); got != c.want {
			t.Errorf("type %v: %q, want %q", c.typ, got, c.want)
		}
	}
}

// vtiBuilder has the setters of vti and vti6 links.
type vtiBuilder[B any] interface {
	lab.EndsBuilder[B]
	Key(uint32) B
	IKey(uint32) B
	OKey(uint32) B
}

// goldenVTI sets the keys and the mark of all links: `ip` always does.
func goldenVTI[B vtiBuilder[B]](build func(string) B, local, remote string) []goldenSpec {
	base := func() B { return build("t0").Index(goldenIndex).Local(lab.Addr(local)).Remote(lab.Addr(remote)) }
	return []goldenSpec{
		{"keys", base().Dev("under").IKey(0x1234).OKey(0x87654321).FwMark(0x1234)},
		{"key", base().Key(0x12345).FwMark(0)},
	}
}

func TestVTIEncoding(t *testing.T) {
	encoded(t, vti.New("a").Local(lab.Addr("192.0.2.17")).Remote(lab.Addr("198.51.100.3")).DevIndex(0x1234).IKey(0x1234).OKey(0x87654321).FwMark(0x12345678),
		"08000500 c6336403 08000400 c0000211 08000100 34120000 08000200 00001234 08000300 87654321 08000600 78563412")
	encoded(t, vti6.New("a").Local(lab.Addr("2001:db8::17")).Key(0x1234),
		"14000400 20010db8000000000000000000000017 08000200 00001234 08000300 00001234")
}

// vti1 is a vti link as the kernel reports it: its index is 0x3167 and its MTU 1281.
const vti1 = "07000300 76310000" + "08000400 01050000" +
	"48001200" + "08000100 76746900" + "3c000200" +
	"08000100 34120000 08000200 00001234 08000300 87654321 08000400 c0000211 08000500 c6336403 08000600 78563412 08006400 00000000"

func TestVTIDecoding(t *testing.T) {
	got, ok := vti.Info(decoded(t, vti1))
	want := iplink.VTIInfo{Local: lab.Addr("192.0.2.17"), Remote: lab.Addr("198.51.100.3"), Dev: 0x1234, IKey: 0x1234, OKey: 0x87654321, FwMark: 0x12345678}
	if !ok || *got != want {
		t.Errorf("%v %+v, want %+v", ok, got, want)
	}
	if _, ok := vti6.Info(decoded(t, vti1)); ok {
		t.Error("a vti link is taken for a vti6 link")
	}
}

// TestVTIWholeChange changes one setting: the request carries the others, and the MTU.
func TestVTIWholeChange(t *testing.T) {
	data, mtu := iplink.WholeChange(vti.New("v1").OKey(0x4321), decoded(t, vti1))
	found := map[uint16]string{}
	for a, err := range wire.Attrs(wire.Find(data, uapi.IFLA_INFO_DATA)) {
		if err != nil {
			t.Fatal(err)
		}
		found[a.Type] = string(a.Data)
	}
	want := map[uint16]string{
		uapi.IFLA_VTI_LINK: "\x34\x12\x00\x00", uapi.IFLA_VTI_IKEY: "\x00\x00\x12\x34", uapi.IFLA_VTI_OKEY: "\x00\x00\x43\x21",
		uapi.IFLA_VTI_LOCAL: "\xc0\x00\x02\x11", uapi.IFLA_VTI_REMOTE: "\xc6\x33\x64\x03", uapi.IFLA_VTI_FWMARK: "\x78\x56\x34\x12",
	}
	if len(found) != len(want) || mtu != 1281 {
		t.Errorf("the request has %v and the MTU %d, want %v and 1281", found, mtu, want)
	}
	for typ, value := range want {
		if found[typ] != value {
			t.Errorf("attribute %d is % x, want % x", typ, found[typ], value)
		}
	}
}

// TestVTIFixed has a Remote of another class immutable, which only the driver of vti does.
func TestVTIFixed(t *testing.T) {
	six := decoded(t, "07000300 76310000"+"28001200"+"09000100 76746936 00000000"+"18000200"+"14000500 20010db8000000000000000000000007")
	for _, c := range []struct {
		spec      iplink.Spec
		have      *iplink.Link
		immutable bool
	}{
		{vti.New("v1").Remote(lab.Addr("0.0.0.0")), decoded(t, vti1), true},
		{vti.New("v1").Remote(lab.Addr("203.0.113.7")), decoded(t, vti1), false},
		{vti6.New("v1").Remote(lab.Addr("::")), six, false},
	} {
		diffs := iplink.PlanUpdate(t.Context(), c.spec, c.have).Differences
		if len(diffs) != 1 || diffs[0].Attr != "remote" || diffs[0].Immutable != c.immutable {
			t.Errorf("%v: %+v", c.spec, diffs)
		}
	}
}

func TestVTIFaults(t *testing.T) {
	for _, r := range []badSpec{
		{spec: vti.New("a").Remote(lab.Addr("2001:db8::7")), message: "remote: 2001:db8::7 is of the other family: the link has addresses of 4 bytes"},
		{spec: vti6.New("a").Local(lab.Addr("192.0.2.7")), message: "local: 192.0.2.7 is of the other family: the link has addresses of 16 bytes"},
		{spec: vti.New("a").DevIndex(-3), message: "dev: -3 is not an interface index"},
		{spec: vti.New("a").Address([]byte{2, 0, 0, 0, 0x12, 0x34}), message: "address: the link-layer address of such a tunnel is its Local"},
	} {
		r.test(t)
	}
	accepted(t, "create", vti.New("a"), vti6.New("a").Key(7).Dev("under"))
}

// TestVTIFallback knows the devices of the drivers by their names and lack of addresses.
func TestVTIFallback(t *testing.T) {
	with := iplink.VTIInfo{Remote: lab.Addr("2001:db8::7")}
	for _, c := range []struct {
		link iplink.Link
		want bool
	}{
		{iplink.Link{Name: "ip_vti0", Kind: "vti", Info: new(iplink.VTIInfo)}, true},
		{iplink.Link{Name: "ip_vti0", Kind: "vti", Info: &iplink.VTIInfo{Dev: 7}}, false},
		{iplink.Link{Name: "ip6_vti0", Kind: "vti6", Info: &iplink.VTI6Info{VTIInfo: iplink.VTIInfo{IKey: 7}}}, true},
		{iplink.Link{Name: "ip6_vti0", Kind: "vti6", Info: &iplink.VTI6Info{VTIInfo: with}}, false},
		{iplink.Link{Name: "vti0", Kind: "vti", Info: new(iplink.VTIInfo)}, false},
	} {
		if got := c.link.Fallback(); got != c.want {
			t.Errorf("%s %q: %v", c.link.Kind, c.link.Name, got)
		}
	}
}
