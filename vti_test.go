package iplink_test

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
	"github.com/iplink-go/iplink/vti"
	"github.com/iplink-go/iplink/vti6"
)

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
