package iplink_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/macvlan"
)

// TestMacvlanSourceTwice names source addresses twice, which are a set to the
// kernel.
func TestMacvlanSourceTwice(t *testing.T) {
	testutil.Need(t, iplink.KindMacvlan)
	c, ns := scratch(t)
	ns.ip("link", "add", "under", "type", "veth", "peer", "name", "other")
	spec := macvlan.New("mv0").Parent("under").Mode(macvlan.Source).Sources(macs(7, 5, 7, 7, 5)...).AltName("other-name")
	got := created(t, c, spec)[0].Info.(*iplink.MacvlanInfo)
	if len(got.Sources) != 2 || strings.Count(ns.ip("-d", "link", "show", "mv0"), "02:00:00:00:12:") != 2 {
		t.Errorf("sources %v; %s", got.Sources, ns.ip("-d", "link", "show", "mv0"))
	}
	ensured(t, c, spec, false)
	updated(t, c, macvlan.New("mv0").Sources(macs(9, 9, 3)...))
	if said := ns.ip("-d", "link", "show", "mv0"); strings.Count(said, "02:00:00:00:12:") != 2 || !strings.Contains(said, "02:00:00:00:12:09") {
		t.Error(said)
	}
	change := ensured(t, c, macvlan.New("mv0").AltName("further-name", "further-name"), false, "altname")
	if !slices.Contains(change.Link.AltNames, "further-name") {
		t.Errorf("names %v", change.Link.AltNames)
	}
}
