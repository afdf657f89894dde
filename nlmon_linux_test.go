package iplink_test

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/nlmon"
)

// TestNlmon makes a link of a kind without settings of its own, and changes what
// every link has.
func TestNlmon(t *testing.T) {
	testutil.Need(t, iplink.KindNlmon)
	ns := testutil.NetNS(t)
	mustDo(t, ns, (*iplink.Conn).Create, nlmon.New(link).MTU(1281).Up())
	for _, want := range []int{1281, 1300} {
		j := testutil.LinkJSON(t, ns, link)
		if !sameJSON(j["mtu"], want) || within(j, "linkinfo", "info_kind") != "nlmon" || j["link_type"] != "netlink" {
			t.Errorf("the link is %v, want MTU %d", j, want)
		}
		mustDo(t, ns, (*iplink.Conn).Update, nlmon.New(link).MTU(1300))
	}
}
