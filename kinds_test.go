package iplink_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/amt"
	"github.com/iplink-go/iplink/bareudp"
	"github.com/iplink-go/iplink/batadv"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/can"
	"github.com/iplink-go/iplink/dsa"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/erspan"
	"github.com/iplink-go/iplink/fdb"
	"github.com/iplink-go/iplink/geneve"
	"github.com/iplink-go/iplink/gre"
	"github.com/iplink-go/iplink/gretap"
	"github.com/iplink-go/iplink/gtp"
	"github.com/iplink-go/iplink/hsr"
	"github.com/iplink-go/iplink/ifb"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
	"github.com/iplink-go/iplink/ip6erspan"
	"github.com/iplink-go/iplink/ip6gre"
	"github.com/iplink-go/iplink/ip6gretap"
	"github.com/iplink-go/iplink/ip6tnl"
	"github.com/iplink-go/iplink/ipip"
	"github.com/iplink-go/iplink/ipoib"
	"github.com/iplink-go/iplink/ipvlan"
	"github.com/iplink-go/iplink/ipvtap"
	"github.com/iplink-go/iplink/lowpan"
	"github.com/iplink-go/iplink/macsec"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/netkit"
	"github.com/iplink-go/iplink/nlmon"
	"github.com/iplink-go/iplink/ovpn"
	"github.com/iplink-go/iplink/pfcp"
	"github.com/iplink-go/iplink/ppp"
	"github.com/iplink-go/iplink/rmnet"
	"github.com/iplink-go/iplink/sit"
	"github.com/iplink-go/iplink/team"
	"github.com/iplink-go/iplink/tun"
	"github.com/iplink-go/iplink/vcan"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/virtwifi"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vrf"
	"github.com/iplink-go/iplink/vsockmon"
	"github.com/iplink-go/iplink/vti"
	"github.com/iplink-go/iplink/vti6"
	"github.com/iplink-go/iplink/vxcan"
	"github.com/iplink-go/iplink/vxlan"
	"github.com/iplink-go/iplink/wireguard"
	"github.com/iplink-go/iplink/wwan"
	"github.com/iplink-go/iplink/xfrm"
)

// A kindTest has everything that the tests of every kind need to know of one, or of
// the ports of one. The tests of *_settings_linux_test.go have what is special.
type kindTest struct {
	name     string // the kind, or for its ports the kind and " port"
	build    any    // New, or Port; nil for ports without settings
	figure   figure
	hardware bool         // the links need hardware
	golden   []goldenSpec // see TestGolden
	byHand   []written    // see TestHandWrittenRequests
}

// figure is how many attributes of a nest the kernel takes when it makes a link
// or later, takes for a link that exists, in whatever state, and reports. The figures
// of kindTests are those of the drivers in Linux 7.3, without the members of nests.
// So IFLA_MACVLAN_MACADDR counts among what is told and not among what is
// reported, where it is a member of IFLA_MACVLAN_MACADDR_DATA.
type figure struct{ settable, changeable, readable int }

// kindTests are all kinds, and all ports that have settings.
var kindTests = []kindTest{
	{name: "amt", build: amt.New, figure: figure{7, 0, 8}, golden: goldenAMT()},
	{name: "bareudp", build: bareudp.New, figure: figure{4, 0, 4}, golden: goldenBareUDP()},
	{name: "batadv", build: batadv.New, figure: figure{1, 0, 0}, golden: []goldenSpec{{"plain", batadv.New("t0").Index(goldenIndex).Algorithm(batadv.V)}}},
	{name: "bond", build: bond.New, figure: figure{33, 33, 34}, golden: goldenBond(), byHand: byHandBond()},
	{name: "bond port", build: bond.Port, figure: figure{3, 3, 12}, byHand: byHandBondPort()},
	{name: "bridge", build: bridge.New, figure: figure{37, 37, 48}, golden: goldenBridge(), byHand: byHandBridge()},
	{name: "bridge port", build: bridge.Port, figure: figure{28, 28, 42}, golden: goldenBridgePort(), byHand: byHandBridgePort()},
	{name: "can", build: can.New, figure: figure{10, 10, 21}, hardware: true, golden: goldenCAN(), byHand: byHandCAN()},
	{name: "dsa", build: dsa.New, figure: figure{1, 1, 1}, hardware: true, golden: goldenDSA()},
	{name: "dummy", build: dummy.New, golden: []goldenSpec{{"plain", dummy.New("t0").Index(goldenIndex)}}},
	{name: "erspan", build: erspan.New, figure: figure{21, 20, 21}, golden: goldenERSPAN()},
	{name: "geneve", build: geneve.New, figure: figure{18, 7, 18}, golden: goldenGeneve(), byHand: byHandGeneve()},
	{name: "gre", build: gre.New, figure: figure{17, 16, 17}, golden: goldenGRE(gre.New)},
	{name: "gretap", build: gretap.New, figure: figure{17, 16, 17}, golden: goldenGRE(gretap.New)},
	{name: "gtp", build: gtp.New, figure: figure{8, 0, 3}, golden: []goldenSpec{
		{"plain", gtp.New("t0").Index(goldenIndex).Role(gtp.SGSN).HashSize(0x1234).RestartCount(0x12).Sockets()}}, byHand: byHandGTP()},
	{name: "hsr", build: hsr.New, figure: figure{6, 0, 7}, golden: goldenHSR(),
		byHand: []written{{8, hsr.New("t0").Slave1Index(77).Slave2Index(78).InterlinkIndex(0x1234), "34 12 00 00"}}},
	{name: "ifb", build: ifb.New, golden: []goldenSpec{{"plain", ifb.New("t0").Index(goldenIndex).Queues(3, 5)}}},
	{name: "ip6erspan", build: ip6erspan.New, figure: figure{21, 20, 21}, golden: goldenIP6ERSPAN()},
	{name: "ip6gre", build: ip6gre.New, figure: figure{17, 16, 17}, golden: goldenIP6GRE(ip6gre.New)},
	{name: "ip6gretap", build: ip6gretap.New, figure: figure{17, 16, 17}, golden: goldenIP6GRE(ip6gretap.New)},
	{name: "ip6tnl", build: ip6tnl.New, figure: figure{14, 13, 14}, golden: goldenIP6Tnl()},
	{name: "ipip", build: ipip.New, figure: figure{13, 11, 13}, golden: goldenIPIP()},
	{name: "ipoib", build: ipoib.New, figure: figure{3, 2, 3}, hardware: true, golden: goldenIPoIB()},
	{name: "ipvlan", build: ipvlan.New, figure: figure{2, 2, 2}, golden: goldenIPvlan()},
	{name: "ipvtap", build: ipvtap.New, figure: figure{2, 2, 2}, golden: []goldenSpec{
		{"private", ipvtap.New("t0").Index(goldenIndex).Parent("under").Mode(ipvtap.L3).Flags(ipvtap.Private)}}},
	{name: "lowpan", build: lowpan.New, hardware: true, golden: []goldenSpec{{"plain", lowpan.New("t0").Index(goldenIndex).Parent("under").Up()}}},
	{name: "macsec", build: macsec.New, figure: figure{14, 10, 13}, golden: goldenMACsec()},
	{name: "macvlan", build: macvlan.New, figure: figure{7, 7, 7}, golden: goldenMacvlan(macvlan.New),
		byHand: []written{{9, macvlan.New("t0").Parent("under").BCCutoff(-2), "fe ff ff ff"}}},
	{name: "macvtap", build: macvtap.New, figure: figure{7, 7, 7}, golden: goldenMacvlan(macvtap.New),
		byHand: []written{{9, macvtap.New("t0").Parent("under").BCCutoff(0x1234), "34 12 00 00"}}},
	{name: "netdevsim"},
	{name: "netkit", build: netkit.New, figure: figure{8, 2, 9}, golden: goldenNetkit(), byHand: byHandNetkit()},
	{name: "nlmon", build: nlmon.New, golden: []goldenSpec{{"plain", nlmon.New("t0").Index(goldenIndex).Up()}}},
	{name: "openvswitch"},
	{name: "ovpn", build: ovpn.New, figure: figure{1, 0, 1}, golden: []goldenSpec{{"plain", ovpn.New("t0").Index(goldenIndex).MTU(1281)}},
		byHand: []written{{1, ovpn.New("t0").Mode(ovpn.MP), "01"}}},
	{name: "pfcp", build: pfcp.New, golden: []goldenSpec{{"plain", pfcp.New("t0").Index(goldenIndex).MTU(67)}}},
	{name: "ppp", build: ppp.New, figure: figure{1, 0, 0}, hardware: true, byHand: []written{{1, ppp.New("t0").File(os.NewFile(0x1234, "/dev/ppp")), "34 12 00 00"}}},
	{name: "rmnet", build: rmnet.New, figure: figure{2, 2, 2}, golden: goldenRMNet(), byHand: byHandRMNet()},
	{name: "sit", build: sit.New, figure: figure{17, 15, 17}, golden: goldenSIT()},
	{name: "team", build: team.New, golden: []goldenSpec{{"plain", team.New("t0").Index(goldenIndex)}}},
	{name: "tun", build: tun.New, figure: figure{7, 5, 9}},
	{name: "vcan", build: vcan.New, golden: []goldenSpec{{"plain", vcan.New("t0").Index(goldenIndex).MTU(72)}}},
	{name: "veth", build: veth.New, golden: goldenVeth()},
	{name: "virt_wifi", build: virtwifi.New, hardware: true, golden: []goldenSpec{
		{"plain", virtwifi.New("t0").Index(goldenIndex).Parent("under").MTU(0x123)}}},
	{name: "vlan", build: vlan.New, figure: figure{5, 3, 5}, golden: goldenVLAN()},
	{name: "vrf", build: vrf.New, figure: figure{1, 0, 1}, golden: []goldenSpec{
		{"plain", vrf.New("t0").Index(goldenIndex).Table(0x12345678)}}},
	{name: "vrf port", figure: figure{0, 0, 1}},
	{name: "vsockmon", build: vsockmon.New, golden: []goldenSpec{{"plain", vsockmon.New("t0").Index(goldenIndex).Up()}}},
	{name: "vti", build: vti.New, figure: figure{6, 6, 6}, golden: goldenVTI(vti.New, "192.0.2.17", "198.51.100.3")},
	{name: "vti6", build: vti6.New, figure: figure{6, 6, 6}, golden: goldenVTI(vti6.New, "2001:db8::17", "2001:db8:1::3")},
	{name: "vxcan", build: vxcan.New, golden: []goldenSpec{
		{"plain", vxcan.New("t0").Index(goldenIndex)},
		{"peer", vxcan.New("t0").Index(goldenIndex).Up().Peer(vxcan.New("t1").Index(0x4321).MTU(16))}}},
	{name: "vxlan", build: vxlan.New, figure: figure{34, 14, 33}, golden: goldenVXLAN(), byHand: byHandVXLAN()},
	{name: "wireguard", build: wireguard.New, golden: []goldenSpec{{"plain", wireguard.New("t0").Index(goldenIndex)}}},
	{name: "wwan", build: wwan.New, figure: figure{1, 0, 1}, hardware: true, golden: []goldenSpec{
		{"plain", wwan.New("t0").Index(goldenIndex).ParentDev("wwan7").LinkID(0x12345678)}}},
	{name: "xfrm", build: xfrm.New, figure: figure{3, 1, 3}, golden: []goldenSpec{
		{"dev", xfrm.New("t0").Index(goldenIndex).IfID(0x12345678).Dev("under")},
		{"external", xfrm.New("t0").Index(goldenIndex).External()}}},
}

// TestKindTests demands one entry for each kind and for each table.
func TestKindTests(t *testing.T) {
	want := slices.Concat(iplink.KindNames(), slices.Collect(maps.Keys(iplink.TableRows())))
	want = slices.DeleteFunc(want, func(name string) bool { return name == "link" || name == "inet6" }) // of all links
	slices.Sort(want)
	var got []string
	for _, k := range kindTests {
		got = append(got, k.name)
	}
	if want = slices.Compact(want); !slices.Equal(got, want) {
		t.Errorf("kindTests has %q, want %q", got, want)
	}
}

func TestCodecFigures(t *testing.T) {
	for _, k := range kindTests {
		if got := figureOf(k.rows()); got != k.figure {
			t.Errorf("%s: %+v, want %+v", k.name, got, k.figure)
		}
	}
}

// TestTotals counts the attributes of all kinds. Kinds that share a table with another
// count once, and what only ioctls set does not. Of IFLA_MACVLAN_MACADDR, which the kernel
// reports as a member, and of the description of netkit's other end, which has no row,
// there is one each; the latter stands for the conduit, which a new dsa link cannot have.
func TestTotals(t *testing.T) {
	total, hardware := figure{readable: 1}, figure{}
	for _, k := range kindTests {
		sum := &total
		switch k.name {
		case "macvtap", "ipvtap":
			continue
		case "tun":
			k.figure.settable, k.figure.changeable = 0, 0
		case "can":
			sum = &hardware
		}
		sum.settable += k.figure.settable
		sum.changeable += k.figure.changeable
		sum.readable += k.figure.readable
	}
	t.Logf("%d settable, %d changeable, %d readable attributes, and of CAN %d, %d, %d",
		total.settable, total.changeable, total.readable, hardware.settable, hardware.changeable, hardware.readable)
	if want := (figure{394, 307, 434}); total != want {
		t.Errorf("%+v, want %+v", total, want)
	}
}

// figureOf counts attributes: the two of an address by family as two, and one
// whose bits have a row each as one.
func figureOf(rows []attr.Row) (n figure) {
	bits := map[uint16]bool{}
	for _, r := range rows {
		attrs := 1
		switch {
		case r.Format == "ip" && r.Type6 != 0:
			attrs = 2
		case r.Type6 != 0 && bits[r.Type6]:
			attrs = 0
		case r.Type6 != 0:
			bits[r.Type6] = true
		}
		for _, c := range []struct {
			counts bool
			n      *int
		}{{r.Settable(), &n.settable}, {r.Changeable(), &n.changeable}, {r.Readable(), &n.readable}} {
			if c.counts {
				*c.n += attrs
			}
		}
	}
	return n
}

// encoded compares the settings of a kind, as they go out, with bytes in base
// 16; spaces are for the reader.
func encoded(t *testing.T, s iplink.Spec, want string) {
	t.Helper()
	littleEndian(t)
	got := hex.EncodeToString(iplink.InfoData(s))
	if want = strings.ReplaceAll(want, " ", ""); got != want {
		t.Errorf("%v\n goes out as %s\n       want %s", s, got, want)
	}
}

// decoded returns the Link of an answer that holds the given attributes, in
// base 16.
func decoded(t *testing.T, attrs string) *iplink.Link {
	t.Helper()
	littleEndian(t)
	b, err := hex.DecodeString(strings.ReplaceAll(attrs, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	l := iplink.ParseLink(b)
	if l.Err != nil {
		t.Fatal(l.Err)
	}
	return l
}

// littleEndian skips the test on hosts whose bytes it does not spell out.
func littleEndian(t *testing.T) {
	t.Helper()
	if wire.Order.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the expected bytes are those of a little-endian host")
	}
}

// A badSpec is a description that must be refused before anything is sent.
type badSpec struct {
	spec    iplink.Spec
	op      string // empty for create
	message string // with the setting's name
}

func (r badSpec) test(t *testing.T) {
	t.Helper()
	op := r.op
	if op == "" {
		op = "create"
	}
	err := iplink.CheckSpec(r.spec, op)
	bad, ok := errors.AsType[*iplink.Error](err)
	if !ok || !errors.Is(err, fs.ErrInvalid) || bad.Attr+": "+bad.Message != r.message {
		t.Errorf("%v\n gives error %v\n       want %s", r.spec, err, r.message)
	}
}

// accepted are descriptions that must not be refused.
func accepted(t *testing.T, op string, specs ...iplink.Spec) {
	t.Helper()
	for _, s := range specs {
		if err := iplink.CheckSpec(s, op); err != nil {
			t.Errorf("%v: %v", s, err)
		}
	}
}

// refusedChange compares what is said of a change of the link have with a
// message; an empty one says that the change is to be made.
func refusedChange(t *testing.T, s iplink.Spec, have *iplink.Link, message string) iplink.Plan {
	t.Helper()
	p := iplink.PlanUpdate(t.Context(), s, have)
	got := ""
	if p.Err != nil {
		got = p.Err.Attr + ": " + p.Err.Message
	}
	if got != message {
		t.Errorf("%v\n gives error %q\n       want %q", s, got, message)
	}
	return p
}

// TestCodecSetters calls every setter of every builder: each settable row of a
// table must be among what they set.
func TestCodecSetters(t *testing.T) {
	for _, k := range kindTests {
		set := setBy(k.build)
		for _, r := range k.rows() {
			if r.Settable() && !set.Has(r.Type) {
				t.Errorf("%s: there is no setter for %s", k.name, r.Name)
			}
		}
	}
	var common attr.Set
	for _, s := range builders(dummy.New) {
		_, set, inet6 := iplink.SetOf(s.Interface().(iplink.Spec))
		common = common.Or(set)
		if !inet6.Empty() && inet6 != attr.SetOf(uapi.IFLA_INET6_ADDR_GEN_MODE) {
			t.Errorf("inet6: %v", inet6)
		}
	}
	for _, r := range iplink.CommonRows() {
		if r.Settable() && !common.Has(r.Type) && r.Type != uapi.IFLA_IFNAME {
			t.Errorf("link: there is no setter for %s", r.Name)
		}
	}
}

// setBy returns the rows that the setters of a builder set.
func setBy(constructor any) (set attr.Set) {
	if constructor == nil {
		return set
	}
	for _, b := range builders(constructor) {
		switch b := b.Interface().(type) {
		case iplink.Spec:
			kind, _, _ := iplink.SetOf(b)
			set = set.Or(kind)
		case iplink.PortSpec:
			set = set.Or(b.Own().Set)
		}
	}
	return set
}

// builders returns builders after a call of one setter each, with 1 and with 2
// where it takes a number.
func builders(constructor any) (all []reflect.Value) {
	build := reflect.ValueOf(constructor)
	self := build.Type().Out(0)
	for i := range 2 * self.NumMethod() {
		m := self.Method(i / 2)
		if m.Type.NumOut() == 1 && m.Type.Out(0) == self && m.Name != "Clone" {
			b := build.Call(samples(build.Type(), 0, 1))[0]
			m.Func.Call(append([]reflect.Value{b}, samples(m.Type, 1, 1+i%2)...))
			all = append(all, b)
		}
	}
	return all
}

// samples returns a value for each parameter of a function from skip on.
func samples(f reflect.Type, skip, number int) (values []reflect.Value) {
	for i := skip; i < f.NumIn(); i++ {
		in := f.In(i)
		if f.IsVariadic() && i == f.NumIn()-1 {
			in = in.Elem()
		}
		values = append(values, sample(in, number))
	}
	return values
}

// sample returns a value of type t, filled with numbers.
func sample(t reflect.Type, number int) reflect.Value {
	for _, v := range []any{net.HardwareAddr{2, 0, 0, 0, 0, 1}, netip.MustParseAddr("192.0.2.1"), fdb.Entry{MAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}}, bridge.Port(), os.Stdin} {
		if reflect.TypeOf(v).AssignableTo(t) {
			return reflect.ValueOf(v)
		}
	}
	v := reflect.New(t).Elem()
	switch {
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(int64(number))
	case v.CanUint():
		v.SetUint(uint64(number))
	case v.Kind() == reflect.String:
		v.SetString("x")
	case v.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(t))
		v.SetMapIndex(sample(t.Key(), number), sample(t.Elem(), number))
	case v.Kind() == reflect.Struct && t.PkgPath() == reflect.TypeFor[iplink.Link]().PkgPath():
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				v.Field(i).Set(sample(v.Field(i).Type(), number))
			}
		}
	}
	return v
}

// unshown are setters that have no effect on the commands: `ip` adds addresses, routes and
// neighbours as Exclusive does, makes persistent tun links and sockets of GTP anyway, and
// has no word for the default of DSCPInherit; the test gives Name the name that is there, and
// PortSettings no settings; an Update finds hardware by its name, and needs no other link.
var unshown = []string{"Exclusive", "Name", "PortSettings", "NoDSCPInherit", "*gtp.Builder.Sockets", "*tun.Builder.Persist", "*tun.Builder.LinkNetNSID",
	"*iplink.DeviceUpdate.Index", "*iplink.DeviceUpdate.LinkNetNSID", "*can.Builder.Index", "*can.Builder.LinkNetNSID", "*dsa.Builder.Index", "*dsa.Builder.LinkNetNSID"}

// TestStringShowsSetters calls each setter of each builder: the commands or their comment
// must change.
func TestStringShowsSetters(t *testing.T) {
	constructors := []any{iplink.Device}
	for _, k := range kindTests {
		if k.build != nil {
			constructors = append(constructors, k.build)
		}
	}
	for _, constructor := range constructors {
		build := reflect.ValueOf(constructor)
		self := build.Type().Out(0)
		for i := range self.NumMethod() {
			m := self.Method(i)
			if m.Type.NumOut() != 1 || m.Type.Out(0) != self || m.Name == "Clone" ||
				slices.Contains(unshown, m.Name) || slices.Contains(unshown, fmt.Sprintf("%v.%s", self, m.Name)) {
				continue
			}
			b := build.Call(samples(build.Type(), 0, 1))[0]
			before := shown(b)
			m.Func.Call(append([]reflect.Value{b}, samples(m.Type, 1, 2)...))
			if after := shown(b); after == before {
				t.Errorf("%v.%s leaves %q as it is", self, m.Name, after)
			}
		}
	}
}

// shown returns the commands of a builder.
func shown(b reflect.Value) string {
	if port, ok := b.Interface().(iplink.PortSpec); ok {
		return iplink.Device("eth0").PortSettings(port).String()
	}
	return fmt.Sprint(b.Interface())
}
