package iplink_test

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/internal/testutil"
)

// TestPortMoves takes a port, which is up because its master opened it, to another
// master.
func TestPortMoves(t *testing.T) {
	testutil.Need(t, iplink.KindBond)
	testutil.Need(t, iplink.KindTeam)
	testutil.Need(t, iplink.KindDummy)
	c, ns := scratch(t)
	testutil.IPBatch(t, ns.file, "link add b1 type bond", "link add b2 type bond mode active-backup", "link add t1 type team",
		"link add br1 type bridge", "link add p1 type dummy", "link set p1 master b1")
	for _, test := range []struct {
		to   any
		spec iplink.Spec
		up   bool
	}{
		{"b2", iplink.Device("p1").Master("b2"), true},
		{"t1", iplink.Device("p1").Master("t1").Up(), true},
		{"b1", dummy.New("p1").Master("b1"), true},
		{"br1", iplink.Device("p1").Master("br1").Up(), true},
		{"b2", iplink.Device("p1").Master("b2").DownFirst(), true},
		{nil, iplink.Device("p1").NoMaster().Up(), true},
		{"t1", iplink.Device("p1").Master("t1").Down(), true},
		{"b1", iplink.Device("p1").Master("b1").Down().TxQueueLen(123), true},
		{"br1", iplink.Device("p1").Master("br1").Down(), false},
		{"b1", dummy.New("p1").Master("b1").Up(), true},
	} {
		updated(t, c, test.spec)
		if l := ns.link("p1"); l["master"] != test.to || ns.up("p1") != test.up {
			t.Errorf("%v: %v", test.spec, l)
		}
	}
	ensured(t, c, dummy.New("p1").Master("b2"), false, "master")
	ensured(t, c, dummy.New("p1").Master("t1").Up(), false, "master")
	ensured(t, c, dummy.New("p1").MasterIndex(0).Up(), false, "master")
	if l := ns.link("p1"); l["master"] != nil || !ns.up("p1") {
		t.Errorf("%v", l)
	}
	ns.ip("link", "set", "p1", "master", "br1")
	_, err := c.Update(t.Context(), iplink.Device("p1").Master("b2"))
	refused(t, err, "master", "takes only links that are down: DownFirst")
	if l := ns.link("p1"); l["master"] != "br1" {
		t.Errorf("p1 has left its bridge: %v", l)
	}
}
