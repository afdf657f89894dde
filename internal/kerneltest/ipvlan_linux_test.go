package kerneltest_test

import (
	"os"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/ipvlan"
	"github.com/iplink-go/iplink/ipvtap"
)

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
		lab.MustDo(t, ns, (*iplink.Conn).Create, specs...)
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
	lab.MustDo(t, ns, (*iplink.Conn).Create, ipvlan.New("alone").Parent("under"))
	if got := lab.Within(testutil.LinkJSON(t, ns, "alone"), "linkinfo", "info_data", "mode"); got != "l3" {
		t.Errorf("mode %v, want l3", got)
	}
	if got := lab.Within(testutil.LinkJSON(t, ns, "elsewhere"), "linkinfo", "info_data", "mode"); got != "l2" {
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
