package nlmon_test

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/nlmon"
)

// TestNlmon makes a link of a kind without settings of its own, and changes what
// every link has.
func TestNlmon(t *testing.T) {
	testutil.Need(t, iplink.KindNlmon)
	ns := testutil.NetNS(t)
	lab.MustDo(t, ns, (*iplink.Conn).Create, nlmon.New("t0").MTU(1281).Up())
	for _, want := range []int{1281, 1300} {
		j := testutil.LinkJSON(t, ns, "t0")
		if !lab.SameJSON(j["mtu"], want) || lab.Within(j, "linkinfo", "info_kind") != "nlmon" || j["link_type"] != "netlink" {
			t.Errorf("the link is %v, want MTU %d", j, want)
		}
		lab.MustDo(t, ns, (*iplink.Conn).Update, nlmon.New("t0").MTU(1300))
	}
}
