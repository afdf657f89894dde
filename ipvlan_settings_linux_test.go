package iplink_test

import (
	"os"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/ipvlan"
	"github.com/iplink-go/iplink/ipvtap"
)

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

// TestIPvlanSiblings makes links on a parent whose links have a mode, and says
// nothing of modes: by the kernel's rules, all would fall back to l3.
func TestIPvlanSiblings(t *testing.T) {
	testutil.Need(t, iplink.KindIPvlan)
	testutil.Need(t, iplink.KindIPvtap)
	ns := testutil.NetNS(t)
	testutil.IP(t, ns, "link", "add", "under", "type", "veth", "peer", "name", "under1")
	testutil.IP(t, ns, "link", "add", "first", "link", "under", "type", "ipvlan", "mode", "l2")
	for _, specs := range [][]iplink.Spec{
		{ipvlan.New("second").Parent("under")},
		{ipvtap.New("third").Parent("under")},
		{ipvlan.New("fourth").Parent("second")},
		{ipvtap.New("fifth").Parent("under").Mode(ipvtap.L3S), ipvlan.New("sixth").Parent("under")},
	} {
		mustDo(t, ns, (*iplink.Conn).Create, specs...)
		want := "l2"
		if len(specs) > 1 {
			want = "l3s"
		}
		modesAre(t, ns, want)
	}
}

// TestIPvlanAlone makes a link on a parent without any.
func TestIPvlanAlone(t *testing.T) {
	testutil.Need(t, iplink.KindIPvlan)
	ns := testutil.NetNS(t)
	testutil.IP(t, ns, "link", "add", "under", "type", "veth", "peer", "name", "under1")
	testutil.IP(t, ns, "link", "add", "other", "type", "veth", "peer", "name", "other1")
	testutil.IP(t, ns, "link", "add", "elsewhere", "link", "other", "type", "ipvlan", "mode", "l2")
	mustDo(t, ns, (*iplink.Conn).Create, ipvlan.New("alone").Parent("under"))
	if got := within(testutil.LinkJSON(t, ns, "alone"), "linkinfo", "info_data", "mode"); got != "l3" {
		t.Errorf("mode %v, want l3", got)
	}
	if got := within(testutil.LinkJSON(t, ns, "elsewhere"), "linkinfo", "info_data", "mode"); got != "l2" {
		t.Errorf("the link on another parent has mode %v, want l2", got)
	}
}

// modesAre demands that all ipvlan and ipvtap links have a mode.
func modesAre(t *testing.T, ns *os.File, want string) {
	t.Helper()
	for _, kind := range []string{"ipvlan", "ipvtap"} {
		for line := range strings.Lines(testutil.IP(t, ns, "-d", "-o", "link", "show", "type", kind)) {
			if !strings.Contains(line, " "+kind+"  mode "+want+" ") && !strings.Contains(line, " "+kind+" mode "+want+" ") {
				t.Errorf("want mode %s: %s", want, line)
			}
		}
	}
}

// mustDo makes or changes links.
func mustDo(t *testing.T, ns *os.File, verb verb, specs ...iplink.Spec) []*iplink.Link {
	t.Helper()
	links, err := inNetNS(t, ns, func(c *iplink.Conn) ([]*iplink.Link, error) { return verb(c, t.Context(), specs...) })
	if err != nil {
		t.Fatal(err)
	}
	return links
}

// within walks maps that came from JSON.
func within(m map[string]any, path ...string) any {
	var at any = m
	for _, key := range path {
		inner, _ := at.(map[string]any)
		at = inner[key]
	}
	return at
}
